//! The extensions of an item, told apart.

use serde_json::Value;

use crate::form::draft::{Item, Kind};

use super::{
    super::{
        coding,
        document::{Element, Findings},
        property,
    },
    address::{OWN, short},
};

/// What the extensions of an item or of a questionnaire say.
#[derive(Debug, Default)]
pub(super) struct Extras {
    pub(super) control: String,
    pub(super) hidden: bool,
    /// Our unit.
    pub(super) unit: Option<String>,
    pub(super) calculated: Option<Said>,
    pub(super) enable: Option<Said>,
    pub(super) initial: Option<Said>,
    pub(super) variables: Vec<(String, Said)>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) open_label: Option<String>,
    pub(super) reads: Option<String>,
    /// What only we have: `field` and `property` extensions.
    pub(super) own: Vec<Own>,
    minimum: Option<String>,
    maximum: Option<String>,
    min_length: Option<String>,
    places: Option<String>,
    regex: Option<String>,
    min_occurs: Option<String>,
    max_occurs: Option<String>,
    entry_format: Option<String>,
}

/// An expression and where it stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) at: String,
    pub(super) language: String,
    pub(super) text: String,
}

/// A constraint.
#[derive(Debug, Default)]
pub(super) struct Constraint {
    pub(super) at: String,
    pub(super) key: String,
    pub(super) human: String,
    pub(super) path: Option<Said>,
    pub(super) position: Option<usize>,
    /// Whether only we can say what it states.
    pub(super) is_ours: bool,
    pub(super) own: Vec<Own>,
}

/// An extension of ours with parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) at: String,
    /// `field` or `property`.
    pub(super) name: String,
    pub(super) key: String,
    pub(super) when: Option<String>,
    pub(super) value: Option<String>,
    pub(super) standard: Option<String>,
    pub(super) dropped: bool,
}

/// Reads extensions; those nobody knows are lost, and said to be.
pub(super) fn extras(list: Vec<Element<'_>>, findings: &mut Findings) -> Extras {
    let mut extras = Extras::default();
    for mut element in list {
        let Some(url) = element.text("url", findings) else {
            findings.fault("EXC003", &element.at, "扩展缺 url");
            continue;
        };
        if let Some(name) = url.strip_prefix(OWN)
            && matches!(name, "field" | "property")
        {
            extras.own.push(own(name, element, findings));
            continue;
        }
        if matches!(short(&url), "constraint") {
            let constraint = constraint(element, findings);
            extras.constraints.push(Constraint { is_ours: url.starts_with(OWN), ..constraint });
            continue;
        }
        let value = element.starting("value").map(|(_, value)| value.clone()).unwrap_or_default();
        extras.take(&url, &value, &element.at, findings);
    }
    extras
}

impl Extras {
    fn take(&mut self, url: &str, value: &Value, at: &str, findings: &mut Findings) {
        let said = || said(value, at);
        match short(url) {
            "itemControl" => {
                let code = value.pointer("/coding/0/code").and_then(Value::as_str);
                code.unwrap_or_default().clone_into(&mut self.control);
            }
            "hidden" => self.hidden = value.as_bool().unwrap_or(false),
            "unit" | "unitOption" => self.measured(value, at, findings),
            "calculatedExpression" => self.calculated = Some(said()),
            "enableWhenExpression" => self.enable = Some(said()),
            "initialExpression" => self.initial = Some(said()),
            "variable" => {
                let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
                self.variables.push((name.to_owned(), said()));
            }
            "targetConstraint" => self.constraints.push(Constraint {
                at: at.to_owned(),
                path: Some(said()),
                human: value.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
                ..Constraint::default()
            }),
            "openLabel" => self.open_label = value.as_str().map(str::to_owned),
            "reads" if url.starts_with(OWN) => self.reads = value.as_str().map(str::to_owned),
            "minValue" => self.minimum = end(value),
            "maxValue" => self.maximum = end(value),
            "minLength" => self.min_length = end(value),
            "maxDecimalPlaces" => self.places = end(value),
            "regex" => self.regex = value.as_str().map(str::to_owned),
            "minOccurs" => self.min_occurs = end(value),
            "maxOccurs" => self.max_occurs = end(value),
            "entryFormat" => self.entry_format = value.as_str().map(str::to_owned),
            // What a program draws and how is not ours to keep.
            "choiceOrientation"
            | "sliderStepValue"
            | "displayCategory"
            | "width"
            | "collapsible"
            | "shortText"
            | "columnCount"
            | "rendering-style"
            | "rendering-xhtml"
            | "rendering-markdown"
            | "rendering-styleSensitive" => {
                findings.lose("EXC109", at, short(url), "只管怎么画，本项目自己排版");
            }
            name => findings.lose("EXC101", at, name, "不认识的扩展"),
        }
    }

    fn measured(&mut self, value: &Value, at: &str, findings: &mut Findings) {
        let word = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        if self.unit.is_some() {
            findings.lose("EXC101", at, &format!("单位 {}", word("code")), "一题只有一个单位");
            return;
        }
        // A display of ours tells years of age from years of time, which share a code.
        let shown = coding::own_unit(word("display")).filter(|own| coding::ucum(own) == Some(word("code")));
        let unit = shown.or_else(|| coding::unit(word("code"))).or_else(|| coding::unit(word("display")));
        match unit {
            Some(unit) => self.unit = Some(unit.to_owned()),
            None => {
                findings.lose(
                    "EXC101",
                    at,
                    &format!("单位 {}{}", word("code"), word("display")),
                    "不认识的单位，答案没有单位",
                );
            }
        }
    }

    /// The properties that say within which bounds an answer is.
    pub(super) fn bounds(
        &self,
        kind: Kind,
        item: &mut Item,
        element: &mut Element<'_>,
        findings: &mut Findings,
    ) {
        let mut put = |key: &str, value: String| item.properties.push(property(key, value));
        let range = |low: &Option<String>, high: &Option<String>| {
            let end = |end: &Option<String>| end.clone().unwrap_or_default();
            (low.is_some() || high.is_some()).then(|| format!("{}~{}", end(low), end(high)))
        };
        if let Some(unit) = &self.unit {
            put("单位", unit.clone());
        }
        if let Some(range) = range(&self.minimum, &self.maximum) {
            if matches!(kind, Kind::Number | Kind::Date | Kind::Duration | Kind::Computed) {
                put("范围", range);
            } else {
                findings.lose("EXC101", &element.at, "minValue、maxValue", "这种题没有范围");
            }
        }
        if let Some(places) = &self.places {
            put("小数", places.clone());
        }
        let longest = element.number("maxLength", findings).map(|length| length.to_string());
        if let Some(length) = range(&self.min_length, &longest) {
            if kind == Kind::Text {
                put("长度", length);
            } else {
                findings.lose("EXC101", &element.at, "maxLength", "这种题没有长度");
            }
        }
        if let Some(regex) = &self.regex {
            if kind == Kind::Text {
                put("格式", regex.clone());
            } else {
                findings.lose("EXC101", &element.at, "regex", "这种题没有格式");
            }
        }
        if let Some(times) = range(&self.min_occurs, &self.max_occurs) {
            match kind {
                Kind::Multiple => put("个数", times),
                Kind::Group => put("次数", times),
                _ => findings.lose("EXC101", &element.at, "minOccurs、maxOccurs", "这种题只答一次"),
            }
        }
        if let Some(format) = &self.entry_format {
            put("提示", format.clone());
        }
    }
}

/// One end of a range.
fn end(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => number.as_f64().map(|number| number.to_string()),
        Value::String(text) => Some(text.get(..10).unwrap_or(text).to_owned()),
        Value::Object(quantity) => quantity.get("value")?.as_f64().map(|number| number.to_string()),
        _ => None,
    }
}

fn said(value: &Value, at: &str) -> Said {
    let field = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    match value {
        Value::String(text) => {
            Said { at: at.to_owned(), language: "text/fhirpath".to_owned(), text: text.trim().to_owned() }
        }
        _ => Said { at: at.to_owned(), language: field("language"), text: field("expression") },
    }
}

fn own(name: &str, mut element: Element<'_>, findings: &mut Findings) -> Own {
    let mut own = Own { at: element.at.clone(), name: name.to_owned(), ..Own::default() };
    for mut part in element.list("extension", findings) {
        let url = part.text("url", findings).unwrap_or_default();
        let value = part.starting("value").map(|(_, value)| value.clone()).unwrap_or_default();
        let text = || value.as_str().unwrap_or_default().to_owned();
        match url.as_str() {
            "key" => own.key = text(),
            "when" => own.when = Some(text()),
            "value" => own.value = Some(text()),
            "standard" => own.standard = Some(text()),
            "dropped" => own.dropped = value.as_bool().unwrap_or(false),
            other => findings.lose("EXC101", &part.at, other, "不认识的扩展"),
        }
    }
    own
}

fn constraint(mut element: Element<'_>, findings: &mut Findings) -> Constraint {
    let mut constraint = Constraint { at: element.at.clone(), ..Constraint::default() };
    for mut part in element.list("extension", findings) {
        let url = part.text("url", findings).unwrap_or_default();
        if let Some(name) = url.strip_prefix(OWN)
            && matches!(name, "field" | "property")
        {
            constraint.own.push(own(name, part, findings));
            continue;
        }
        let value = part.starting("value").map(|(_, value)| value.clone()).unwrap_or_default();
        let text = || value.as_str().unwrap_or_default().trim().to_owned();
        match short(&url) {
            "key" => constraint.key = text(),
            "human" => constraint.human = text(),
            "requirements" if constraint.human.is_empty() => constraint.human = text(),
            "expression" => constraint.path = Some(said(&value, &part.at)),
            "position" => constraint.position = value.as_u64().and_then(|at| usize::try_from(at).ok()),
            "severity" => {
                if value.as_str() == Some("warning") {
                    findings.lose("EXC101", &part.at, "severity: warning", "约束没有轻重，一律要改");
                }
            }
            other => findings.lose("EXC101", &part.at, other, "约束没有对应的内容"),
        }
    }
    constraint
}
