//! Options and initial values of a FHIR Questionnaire.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::form::draft::{Choice, Item, Kind, Written};

use super::{
    super::{
        branch::Links,
        coding,
        document::{Element, Findings},
        term::date_days,
    },
    address::{OWN, short},
};

/// Whether an answer may be typed that is not on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Open {
    No,
    /// Yes, under this label.
    Yes(Option<String>),
}

/// The options of an item, and the labels of those that are chosen from the start.
pub(super) fn options(
    element: &mut Element<'_>,
    open: Open,
    sets: &BTreeMap<String, Vec<Map<String, Value>>>,
    findings: &mut Findings,
) -> (Vec<Choice>, Vec<String>) {
    let mut options: Vec<Choice> = Vec::new();
    let mut chosen = Vec::new();
    let mut labels = Links::default();
    for mut answer in element.list("answerOption", findings) {
        let at = answer.at.clone();
        let extensions = answer.list("extension", findings);
        let is_chosen = answer.truth("initialSelected", findings).unwrap_or(false);
        let Some(mut option) = answer.starting("value").and_then(|(kind, value)| option(kind, value)) else {
            findings.lose("EXC105", &at, "选项", "选项要有编码或文字");
            continue;
        };
        let label = labels.unique(option.label.text.clone());
        if label != option.label.text {
            findings.lose("EXC104", &at, &option.label.text, &format!("选项重名，改名“{label}”"));
            option.label = label.clone().into();
        }
        let of_coding = answer.peek("valueCoding").and_then(|coding| coding.get("extension"));
        if let Some(Value::Array(values)) = of_coding {
            for (index, value) in values.iter().enumerate() {
                let at = format!("{at}/valueCoding/extension/{index}");
                if let Some(element) = Element::of(value, at, findings) {
                    extend(&mut option, element, findings);
                }
            }
        }
        for extension in extensions {
            extend(&mut option, extension, findings);
        }
        if is_chosen {
            chosen.push(label);
        }
        options.push(option);
        answer.close(&["id"], findings);
    }
    if let Some(set) = element.text("answerValueSet", findings) {
        let concepts = set.strip_prefix('#').and_then(|id| sets.get(id));
        if concepts.is_none() {
            let at = format!("{}/answerValueSet", element.at);
            findings.lose("EXC105", &at, &set, "值集不在这个文件里，取不到选项");
        }
        for concept in concepts.into_iter().flatten() {
            if let Some(mut option) = option("Coding", &Value::Object(concept.clone())) {
                option.label = labels.unique(option.label.text.clone()).into();
                options.push(option);
            }
        }
    }
    if let Open::Yes(label) = open
        && !options.iter().any(|option| option.fill_in)
    {
        let label = labels.unique(label.unwrap_or_else(|| "其他".to_owned()));
        options.push(Choice { label: label.into(), fill_in: true, ..Choice::default() });
    }
    (options, chosen)
}

/// An option of one of the types FHIR has for them.
fn option(kind: &str, value: &Value) -> Option<Choice> {
    let field =
        |key: &str| value.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let (label, code) = match (kind, value) {
        ("Coding", Value::Object(_)) => {
            let code = field("code");
            let label = field("display").or(code)?;
            let is_plain = field("system").is_none() && code.is_none_or(|code| code == label);
            let written = code.filter(|_| !is_plain).map(|code| coding::written_code(field("system"), code));
            (label.to_owned(), written)
        }
        ("String" | "Date" | "Time", Value::String(text)) if !text.trim().is_empty() => {
            (text.trim().to_owned(), None)
        }
        ("Integer", Value::Number(number)) => (number.to_string(), None),
        _ => return None,
    };
    let label: String =
        label.chars().map(|c| if matches!(c, '「' | '」') || c.is_control() { '_' } else { c }).collect();
    Some(Choice { label: label.into(), code: code.map(Written::from), ..Choice::default() })
}

fn extend(option: &mut Choice, mut element: Element<'_>, findings: &mut Findings) {
    let url = element.text("url", findings).unwrap_or_default();
    let value = element.starting("value").map(|(_, value)| value.clone()).unwrap_or_default();
    let text = || value.as_str().map(|text| Written::from(text.to_owned()));
    match short(&url) {
        "optionExclusive" => option.exclusive = value.as_bool().unwrap_or(false),
        "ordinalValue" | "itemWeight" => {
            option.score = value.as_f64().map(|score| Written::from(score.to_string()));
        }
        "reads" if url.starts_with(OWN) => option.reads = text(),
        "when" if url.starts_with(OWN) => option.when = text(),
        "concept" if url.starts_with(OWN) => option.concept = text(),
        "fill" if url.starts_with(OWN) => option.fill_in = value.as_bool().unwrap_or(false),
        "optionPrefix" => findings.lose("EXC109", &element.at, "optionPrefix", "只管怎么画，本项目自己排版"),
        other => findings.lose("EXC101", &element.at, other, "不认识的扩展"),
    }
}

/// Whether the items of a group can be the rows of a grid: choices with the same options.
pub(super) fn is_grid(inner: &[Element<'_>]) -> bool {
    let rows: Vec<&Element<'_>> = inner
        .iter()
        .filter(|element| element.peek("type").and_then(Value::as_str) != Some("display"))
        .collect();
    let options = |element: &Element<'_>| {
        let list = element.peek("answerOption").or_else(|| element.peek("answerValueSet"));
        list.cloned()
    };
    let Some(first) = rows.first() else { return false };
    let shape = |element: &Element<'_>| {
        (
            element.peek("type").cloned(),
            element.peek("repeats").and_then(Value::as_bool).unwrap_or(false),
            options(element),
        )
    };
    let own = shape(first);
    let is_choice = matches!(first.peek("type").and_then(Value::as_str), Some("choice" | "open-choice"));
    is_choice
        && own.2.is_some()
        && rows.iter().all(|row| shape(row) == own && !row.has("item") && !row.has("initial"))
}

/// The initial value of an item, as we write it.
pub(super) fn initial(element: &mut Element<'_>, item: &Item, findings: &mut Findings) -> Option<String> {
    let mut texts = Vec::new();
    for mut initial in element.list("initial", findings) {
        let at = initial.at.clone();
        let (kind, value) = initial.starting("value")?;
        let text = match (item.kind, kind, value) {
            (Kind::YesNo, "Boolean", Value::Bool(value)) => Some(if *value { "是" } else { "否" }.to_owned()),
            (Kind::Number, "Integer" | "Decimal", value) => value.as_f64().map(|value| value.to_string()),
            (Kind::Number | Kind::Duration, "Quantity", value) => {
                value.get("value").and_then(Value::as_f64).map(|value| value.to_string())
            }
            (Kind::Date, "Date" | "DateTime", Value::String(text)) => {
                text.get(..10).filter(|text| date_days(text).is_some()).map(str::to_owned)
            }
            (Kind::Text, "String" | "Text" | "Uri" | "Time", Value::String(text)) => {
                Some(text.trim().to_owned())
            }
            (Kind::Single | Kind::Multiple, kind, value) => option(kind, value).and_then(|wanted| {
                let by_code =
                    item.options.iter().find(|option| wanted.code.is_some() && option.code == wanted.code);
                let found =
                    by_code.or_else(|| item.options.iter().find(|option| option.label == wanted.label));
                found.map(|option| option.label.text.clone())
            }),
            _ => None,
        };
        match text.filter(|text| !text.is_empty()) {
            Some(text) => texts.push(text),
            None => findings.lose("EXC101", &at, "initial", "初值与题的类型或选项对不上"),
        }
    }
    (!texts.is_empty()).then(|| texts.join("、"))
}
