//! A draft as a FHIR Questionnaire, without what only we have.

use serde_json::{Map, Value, json};

use crate::{
    expr::{Expr, typed::Cond},
    form::draft::{Choice, Draft, Flag, Item, Kind, Row},
};

use super::{
    super::{
        Loss,
        branch::Branch,
        coding::{self, UCUM},
        names::{Directory, codes, is_whole},
        term::date_days,
    },
    Publication,
    address::{CONTEXT, CONTROL, core, own, sdc},
    jumps::{Passed, arrow, condition},
    when::{self, Show, coding_json, decimal, quantity},
};

/// The document of a draft, and what other programs will not see in it.
pub(super) fn written(
    draft: &Draft,
    branches: &[Branch],
    directory: &Directory,
    passed: &Passed,
    publication: &Publication,
) -> (Value, Vec<Loss>) {
    let mut writer = Writer { directory, passed, losses: Vec::new() };
    let mut document = head(draft, publication);
    writer.constraints(branches, None, &mut document);
    let items = writer.items(branches, None);
    if !items.is_empty() {
        document.insert("item".to_owned(), Value::Array(items));
    }
    (Value::Object(document), writer.losses)
}

fn head(draft: &Draft, publication: &Publication) -> Map<String, Value> {
    let mut head = Map::new();
    let mut put = |key: &str, value: Value| head.insert(key.to_owned(), value);
    let value = |key: &str| {
        draft
            .properties
            .iter()
            .find(|property| property.key.text == key)
            .map(|property| property.value.text.clone())
    };
    put("resourceType", json!("Questionnaire"));
    let id = &draft.id.text;
    let is_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if !id.is_empty() && id.len() <= 64 && id.chars().all(is_id) {
        put("id", json!(id));
    }
    put("url", json!(format!("{}{}", publication.base, id)));
    if !id.is_empty() {
        put("identifier", json!([{"system": own("id"), "value": id}]));
    }
    if let Some(version) = value("版本").filter(|version| !version.is_empty()) {
        put("version", json!(version));
    }
    if !draft.title.text.is_empty() {
        put("title", json!(draft.title.text));
    }
    let status = match value("状态").as_deref() {
        Some("已发布" | "published" | "active") => "active",
        Some("停用" | "retired") => "retired",
        _ => "draft",
    };
    put("status", json!(status));
    put("subjectType", json!(["Patient"]));
    for (key, value) in [("date", &publication.date), ("publisher", &publication.publisher)] {
        if let Some(value) = value {
            put(key, json!(value));
        }
    }
    let diseases = value("病种").unwrap_or_default();
    let focus = |disease: &str| json!({"code": {"system": CONTEXT, "code": "focus"}, "valueCodeableConcept": {"text": disease}});
    let contexts: Vec<Value> =
        diseases.split([',', '，', '、']).map(str::trim).filter(|d| !d.is_empty()).map(focus).collect();
    if !contexts.is_empty() {
        put("useContext", Value::Array(contexts));
    }
    head
}

struct Writer<'a> {
    directory: &'a Directory,
    passed: &'a Passed,
    losses: Vec<Loss>,
}

/// An item being written.
#[derive(Default)]
struct Parts {
    fields: Map<String, Value>,
    extensions: Vec<Value>,
    inner: Vec<Value>,
}

impl Parts {
    fn put(&mut self, key: &str, value: Value) {
        self.fields.insert(key.to_owned(), value);
    }

    fn extend(&mut self, url: String, key: &str, value: Value) {
        self.extensions.push(extension(url, key, value));
    }

    fn whole(mut self) -> Value {
        if !self.extensions.is_empty() {
            self.fields.insert("extension".to_owned(), Value::Array(self.extensions));
        }
        if !self.inner.is_empty() {
            self.fields.insert("item".to_owned(), Value::Array(self.inner));
        }
        Value::Object(self.fields)
    }
}

/// An extension with a value.
pub(super) fn extension(url: String, key: &str, value: Value) -> Value {
    let mut extension = Map::new();
    extension.insert("url".to_owned(), Value::String(url));
    extension.insert(key.to_owned(), value);
    Value::Object(extension)
}

fn expression(path: &str) -> Value {
    json!({"language": "text/fhirpath", "expression": path})
}

impl Writer<'_> {
    fn lose(&mut self, place: &str, what: &str, why: &str) {
        self.losses.push(Loss::new("EXC201", place, what, why));
    }

    fn items(&mut self, branches: &[Branch], group: Option<u32>) -> Vec<Value> {
        let items = branches.iter().filter(|branch| branch.item.kind != Kind::Constraint);
        items.map(|branch| self.item(branch, group)).collect()
    }

    fn item(&mut self, branch: &Branch, group: Option<u32>) -> Value {
        let item = &branch.item;
        let mut parts = Parts::default();
        parts.put("linkId", json!(branch.link));
        if !item.text.text.is_empty() {
            parts.put("text", json!(item.text.text));
        }
        parts.put("type", json!(fhir_type(item)));
        let is_question = !matches!(item.kind, Kind::Page | Kind::Group | Kind::Grid | Kind::Note);
        if item.has(Flag::Required) && item.kind != Kind::Note {
            parts.put("required", json!(true));
        }
        if matches!(item.kind, Kind::Multiple | Kind::Group) {
            parts.put("repeats", json!(true));
        }
        if is_question && (item.has(Flag::ReadOnly) || item.kind == Kind::Computed) {
            parts.put("readOnly", json!(true));
        }
        if item.has(Flag::Hidden) {
            parts.extend(core("questionnaire-hidden"), "valueBoolean", json!(true));
        }
        let control = match item.kind {
            Kind::Page => Some("page"),
            Kind::Grid => Some("table"),
            _ => None,
        };
        if let Some(control) = control {
            let value = json!({"coding": [{"system": CONTROL, "code": control}]});
            parts.extend(core("questionnaire-itemControl"), "valueCodeableConcept", value);
        }
        if let Some(code) = item.first("编码").filter(|_| item.kind != Kind::Note) {
            let (system, code) = coding::system_code(&code.value.text);
            let coding = system
                .map_or_else(|| json!({"code": code}), |system| json!({"system": system, "code": code}));
            parts.put("code", json!([coding]));
        }
        bounds(item, &mut parts);
        if matches!(item.kind, Kind::Single | Kind::Multiple) {
            options(item, &mut parts);
        }
        self.initial(branch, group, &mut parts);
        self.show(branch, group, &mut parts);
        if item.kind == Kind::Computed {
            self.formula(branch, group, &mut parts);
        }
        if is_question {
            self.own_constraints(branch, group, &mut parts);
        }
        if item.kind != Kind::Note {
            let hints = item.all("提示").filter(|hint| !hint.value.text.is_empty());
            for (index, hint) in hints.enumerate() {
                let control = json!({"coding": [{"system": CONTROL, "code": "help"}]});
                let control = extension(core("questionnaire-itemControl"), "valueCodeableConcept", control);
                let link = format!("{}/help{}", branch.link, index + 1);
                parts.inner.push(
                    json!({"linkId": link, "text": hint.value.text, "type": "display", "extension": [control]}),
                );
            }
        }
        // Rows without columns ask nothing.
        for (row, link) in item.rows.iter().zip(&branch.rows).filter(|_| !item.options.is_empty()) {
            let row = self.row(item, row, link, group);
            parts.inner.push(row);
        }
        let inner = if item.kind == Kind::Group { self.directory.slot(&branch.link) } else { group };
        let items = self.items(&branch.inner, inner);
        parts.inner.extend(items);
        let mut fields = Map::new();
        self.constraints(&branch.inner, inner, &mut fields);
        if let Some(Value::Array(constraints)) = fields.remove("extension") {
            parts.extensions.extend(constraints);
        }
        parts.whole()
    }

    fn row(&mut self, grid: &Item, row: &Row, link: &str, group: Option<u32>) -> Value {
        let mut parts = Parts::default();
        parts.put("linkId", json!(link));
        if !row.text.text.is_empty() {
            parts.put("text", json!(row.text.text));
        }
        let is_open = grid.options.iter().any(|option| option.fill_in);
        parts.put("type", json!(if is_open { "open-choice" } else { "choice" }));
        if grid.has(Flag::Required) {
            parts.put("required", json!(true));
        }
        if grid.has(Flag::RowsMultiple) {
            parts.put("repeats", json!(true));
        }
        options(grid, &mut parts);
        if let Some(reads) = &row.reads {
            parts.extend(own("reads"), "valueString", json!(reads.text));
        }
        if let Some(when) = &row.when {
            let conditions = condition(&when.text, self.directory, group).map(|cond| vec![cond]);
            self.enable(conditions, link, group, &mut parts);
        }
        parts.whole()
    }

    fn show(&mut self, branch: &Branch, group: Option<u32>, parts: &mut Parts) {
        let own: Option<Vec<Cond>> =
            branch.item.all("显示").map(|show| condition(&show.value.text, self.directory, group)).collect();
        let passed = self.passed.get(&branch.link).cloned().unwrap_or_else(|| Some(Vec::new()));
        let conditions = own.zip(passed).map(|(mut own, passed)| {
            own.extend(passed);
            own
        });
        self.enable(conditions, &branch.link, group, parts);
    }

    fn enable(&mut self, of: Option<Vec<Cond>>, link: &str, group: Option<u32>, parts: &mut Parts) {
        if of.as_ref().is_some_and(Vec::is_empty) {
            return;
        }
        let shown = of.and_then(|mut of| {
            let cond = if of.len() == 1 { of.remove(0) } else { Cond::And(of) };
            when::show(&cond, self.directory.scope(group))
        });
        match shown {
            Some(Show::Tests { any, tests }) => {
                if tests.len() > 1 {
                    parts.put("enableBehavior", json!(if any { "any" } else { "all" }));
                }
                if !tests.is_empty() {
                    parts.put("enableWhen", Value::Array(tests));
                }
            }
            Some(Show::Path(path)) => {
                parts.extend(sdc("enableWhenExpression"), "valueExpression", expression(&path));
            }
            None => self.lose(
                link,
                "显示条件",
                "FHIR 里写不出这个条件，别的程序会一直显示它；本项目读回时不受影响",
            ),
        }
    }

    fn formula(&mut self, branch: &Branch, group: Option<u32>, parts: &mut Parts) {
        let Some(formula) = branch.item.first("公式") else { return };
        let scope = self.directory.scope(group);
        let path = Expr::compute(&formula.value.text, &scope).ok().and_then(|(expr, _)| {
            match (expr.num(), expr.cond()) {
                (Some(num), _) => when::number(num, scope),
                (None, Some(cond)) => {
                    let no = when::yes(&Cond::Not(Box::new(cond.clone())), scope)?;
                    Some(format!("iif({}, true, iif({no}, false))", when::yes(cond, scope)?))
                }
                _ => None,
            }
        });
        match path {
            Some(path) => {
                parts.extend(sdc("calculatedExpression"), "valueExpression", expression(&path));
            }
            None => self.lose(&branch.link, "公式", "FHIRPath 里写不出这个公式，别的程序不会算它"),
        }
    }

    fn initial(&mut self, branch: &Branch, group: Option<u32>, parts: &mut Parts) {
        let item = &branch.item;
        let Some(initial) = item
            .first("初值")
            .filter(|_| !matches!(item.kind, Kind::Page | Kind::Group | Kind::Grid | Kind::Note))
        else {
            return;
        };
        let text = initial.value.text.as_str();
        if let Some(values) = initial_values(item, text) {
            parts.put("initial", Value::Array(values));
            return;
        }
        let scope = self.directory.scope(group);
        let path = Expr::compute(text, &scope).ok().and_then(|(expr, _)| when::number(expr.num()?, scope));
        match path {
            Some(path) => parts.extend(sdc("initialExpression"), "valueExpression", expression(&path)),
            None => self.lose(&branch.link, "初值", "FHIR 里写不出这个初值"),
        }
    }

    fn own_constraints(&mut self, branch: &Branch, group: Option<u32>, parts: &mut Parts) {
        for (index, constraint) in branch.item.all("约束").enumerate() {
            let scope = self.directory.scope(group);
            let path = arrow(&constraint.value.text).and_then(|(cond, message)| {
                let path = when::not_no(&condition(cond, self.directory, group)?, scope)?;
                Some((path, message))
            });
            match path {
                Some((path, message)) => {
                    let key = format!("c{}", index + 1);
                    parts.extensions.push(constraint_extension(
                        &core("questionnaire-constraint"),
                        &key,
                        message,
                        Some(&path),
                    ));
                }
                None => self.lose(&branch.link, "约束", "FHIRPath 里写不出这个条件，别的程序不会查它"),
            }
        }
    }

    /// Constraints over several answers stand at the group they are in, or at the questionnaire.
    fn constraints(&mut self, branches: &[Branch], group: Option<u32>, into: &mut Map<String, Value>) {
        let mut extensions = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            let item = &branch.item;
            if item.kind != Kind::Constraint {
                continue;
            }
            let scope = self.directory.scope(group);
            let path = item
                .first("条件")
                .and_then(|when| when::not_no(&condition(&when.value.text, self.directory, group)?, scope));
            let url = if path.is_some() { core("questionnaire-constraint") } else { own("constraint") };
            if path.is_none() {
                self.lose(&branch.link, "约束", "FHIRPath 里写不出这个条件，别的程序不会查它");
            }
            let mut extension = constraint_extension(&url, &branch.link, &item.text.text, path.as_deref());
            if let Some(Value::Array(inner)) = extension.get_mut("extension") {
                inner.push(super::write::extension(own("position"), "valueInteger", json!(index)));
            }
            extensions.push(extension);
        }
        if !extensions.is_empty() {
            into.insert("extension".to_owned(), Value::Array(extensions));
        }
    }
}

fn constraint_extension(url: &str, key: &str, message: &str, path: Option<&str>) -> Value {
    let mut inner = vec![
        extension("key".to_owned(), "valueId", json!(key)),
        extension("severity".to_owned(), "valueCode", json!("error")),
    ];
    if !message.is_empty() {
        inner.push(extension("human".to_owned(), "valueString", json!(message)));
    }
    if let Some(path) = path {
        inner.push(extension("expression".to_owned(), "valueString", json!(path)));
    }
    json!({"url": url, "extension": inner})
}

/// The type of an item.
pub(super) fn fhir_type(item: &Item) -> &'static str {
    let is_open = item.options.iter().any(|option| option.fill_in);
    match item.kind {
        Kind::Page | Kind::Group | Kind::Grid | Kind::Constraint => "group",
        Kind::Note => "display",
        Kind::YesNo => "boolean",
        Kind::Single | Kind::Multiple => {
            if is_open {
                "open-choice"
            } else {
                "choice"
            }
        }
        Kind::Text => {
            if item.has(Flag::Multiline) {
                "text"
            } else {
                "string"
            }
        }
        Kind::Number | Kind::Computed => {
            if is_whole(item) {
                "integer"
            } else {
                "decimal"
            }
        }
        Kind::Date => "date",
        Kind::Duration => "quantity",
    }
}

/// Both ends of `0~200`; an open end is nothing.
pub(super) fn range(text: &str) -> Option<(Option<&str>, Option<&str>)> {
    let (low, high) = text.split_once(['~', '～'])?;
    let end = |text: &'_ str| if text.trim().is_empty() { None } else { Some(text.trim().len()) };
    Some((end(low).map(|_| low.trim()), end(high).map(|_| high.trim())))
}

fn bounds(item: &Item, parts: &mut Parts) {
    let unit = item.first("单位").and_then(|unit| coding::own_unit(&unit.value.text));
    if let Some((low, high)) = item.first("范围").and_then(|range_of| range(&range_of.value.text)) {
        for (name, end) in [("minValue", low), ("maxValue", high)] {
            if let Some((key, value)) = end.and_then(|end| bound(item, end, unit)) {
                parts.extend(core(name), key, value);
            }
        }
    }
    if matches!(item.kind, Kind::Number | Kind::Computed | Kind::Duration)
        && let Some(unit) = unit
        && let Some(code) = coding::ucum(unit)
    {
        let name =
            if item.kind == Kind::Duration { "questionnaire-unitOption" } else { "questionnaire-unit" };
        parts.extend(core(name), "valueCoding", json!({"system": UCUM, "code": code, "display": unit}));
    }
    let places = item.first("小数").and_then(|places| places.value.text.parse::<u8>().ok());
    if let Some(places) = places.filter(|places| *places > 0) {
        parts.extend(core("maxDecimalPlaces"), "valueInteger", json!(places));
    }
    let whole = |text: &str| text.parse::<u32>().ok();
    if item.kind == Kind::Text {
        if let Some((low, high)) = item.first("长度").and_then(|length| range(&length.value.text)) {
            if let Some(low) = low.and_then(whole) {
                parts.extend(core("minLength"), "valueInteger", json!(low));
            }
            if let Some(high) = high.and_then(whole) {
                parts.put("maxLength", json!(high));
            }
        }
        if let Some(format) = item.first("格式").filter(|format| !format.value.text.is_empty()) {
            parts.extend(core("regex"), "valueString", json!(format.value.text));
        }
    }
    let times = match item.kind {
        Kind::Multiple => item.first("个数"),
        Kind::Group => item.first("次数"),
        _ => None,
    };
    if let Some((low, high)) = times.and_then(|times| range(&times.value.text)) {
        for (name, end) in [("questionnaire-minOccurs", low), ("questionnaire-maxOccurs", high)] {
            if let Some(end) = end.and_then(whole) {
                parts.extend(core(name), "valueInteger", json!(end));
            }
        }
    }
}

fn bound(item: &Item, end: &str, unit: Option<&str>) -> Option<(&'static str, Value)> {
    let number = || end.parse::<f64>().ok().filter(|value| value.is_finite());
    Some(match item.kind {
        Kind::Date => {
            date_days(end)?;
            ("valueDate", json!(end))
        }
        Kind::Duration => ("valueQuantity", quantity(number()?, unit.unwrap_or("天"))),
        Kind::Number | Kind::Computed if is_whole(item) && number()?.fract() == 0.0 => {
            ("valueInteger", decimal(number()?))
        }
        Kind::Number | Kind::Computed => ("valueDecimal", decimal(number()?)),
        _ => return None,
    })
}

fn options(item: &Item, parts: &mut Parts) {
    let options: Vec<Value> = item
        .options
        .iter()
        .zip(codes(item))
        .map(|(option, (system, code))| answer_option(option, system.as_deref(), &code))
        .collect();
    if !options.is_empty() {
        parts.put("answerOption", Value::Array(options));
    }
}

fn answer_option(option: &Choice, system: Option<&str>, code: &str) -> Value {
    let mut extensions = Vec::new();
    if option.exclusive {
        extensions.push(extension(core("questionnaire-optionExclusive"), "valueBoolean", json!(true)));
    }
    if let Some(score) = option
        .score
        .as_ref()
        .and_then(|score| score.text.parse::<f64>().ok())
        .filter(|score| score.is_finite())
    {
        extensions.push(extension(core("ordinalValue"), "valueDecimal", decimal(score)));
    }
    for (name, text) in [("reads", &option.reads), ("when", &option.when), ("concept", &option.concept)] {
        if let Some(text) = text.as_ref().filter(|text| !text.text.is_empty()) {
            extensions.push(extension(own(name), "valueString", json!(text.text)));
        }
    }
    if option.fill_in {
        extensions.push(extension(own("fill"), "valueBoolean", json!(true)));
    }
    let mut whole = Map::new();
    let coding = coding_json(system, code, &option.label.text);
    whole.insert("valueCoding".to_owned(), coding);
    if !extensions.is_empty() {
        whole.insert("extension".to_owned(), Value::Array(extensions));
    }
    Value::Object(whole)
}

fn initial_values(item: &Item, text: &str) -> Option<Vec<Value>> {
    let codes = codes(item);
    let coding = |label: &str| {
        let index = item.options.iter().position(|option| option.label.text == label)?;
        let (system, code) = codes.get(index)?;
        Some(json!({"valueCoding": coding_json(system.as_deref(), code, label)}))
    };
    let number = || text.parse::<f64>().ok().filter(|value| value.is_finite());
    match item.kind {
        Kind::YesNo => match text {
            "是" => Some(vec![json!({"valueBoolean": true})]),
            "否" => Some(vec![json!({"valueBoolean": false})]),
            _ => None,
        },
        Kind::Single => Some(vec![coding(text)?]),
        Kind::Multiple => text.split([',', '，', '、']).map(|label| coding(label.trim())).collect(),
        Kind::Text if !text.is_empty() => Some(vec![json!({"valueString": text})]),
        Kind::Number if is_whole(item) => {
            let value = number().filter(|value| value.fract() == 0.0)?;
            Some(vec![json!({"valueInteger": decimal(value)})])
        }
        Kind::Number => Some(vec![json!({"valueDecimal": decimal(number()?)})]),
        Kind::Duration => {
            let unit = item.first("单位").and_then(|unit| coding::own_unit(&unit.value.text)).unwrap_or("天");
            Some(vec![json!({"valueQuantity": quantity(number()?, unit)})])
        }
        Kind::Date => {
            date_days(text)?;
            Some(vec![json!({"valueDate": text})])
        }
        _ => None,
    }
}
