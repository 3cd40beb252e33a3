//! Answers as a FHIR R4 QuestionnaireResponse.
//!
//! `EXC401` an answer to a question that is not there, `EXC402` an answer of another kind than its question.

use std::collections::BTreeMap;

use kb::Fault;
use serde_json::{Map, Value, json};

use crate::form::draft::{Draft, Item, Kind};

use super::{
    branch::{Branch, branches},
    coding,
    fhir::{coding_json, decimal, quantity},
    names::{codes, is_whole},
    term::date_text,
};

/// The answers to one question, in the order given.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// `部位`, `部位.其他` (the text of an option that opens one), `GAD.紧张`, `用药[1].药名` (rows count from 1).
    pub path: String,
    /// One value; several of a multiple choice.
    pub values: Vec<Given>,
}

/// A value that was answered or computed.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// Yes or no.
    Truth(bool),
    /// A number in the unit of the question.
    Number(f64),
    /// The label of an option.
    Label(String),
    /// A text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
}

/// How far the answering is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not finished.
    InProgress,
    /// Finished.
    Completed,
    /// Changed after it was finished.
    Amended,
    /// Given up.
    Stopped,
}

/// What the caller knows about the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circumstances {
    /// What stands before the id in the canonical address of the questionnaire.
    pub base: String,
    /// How far it is.
    pub status: Status,
    /// When the answers were given, `2026-11-23T10:00:00+08:00`.
    pub authored: String,
    /// Whom they are about, e.g. `Patient/17`.
    pub subject: Option<String>,
}

/// The QuestionnaireResponse of the answers of visible questions; hidden ones are left out, as are groups without
/// an answer. Refused when an answer does not belong to the draft.
pub fn export(
    draft: &Draft,
    answers: &[Answered],
    is_visible: &dyn Fn(&str) -> bool,
    circumstances: &Circumstances,
) -> Result<Value, Vec<Fault>> {
    let mut left = BTreeMap::new();
    for answered in answers {
        left.insert(answered.path.as_str(), answered);
    }
    let mut writer = Writer { file: &draft.id.text, left, is_visible, faults: Vec::new() };
    let items = writer.items(&branches(&draft.items), "");
    for path in writer.left.keys().filter(|path| is_visible(path)) {
        writer.faults.push(Fault::error(&draft.id.text, 1, "EXC401", format!("问卷里没有“{path}”这一题")));
    }
    if !writer.faults.is_empty() {
        return Err(writer.faults);
    }
    let version = draft.properties.iter().find(|property| property.key.text == "版本");
    let version = version.map(|property| format!("|{}", property.value.text)).unwrap_or_default();
    let status = match circumstances.status {
        Status::InProgress => "in-progress",
        Status::Completed => "completed",
        Status::Amended => "amended",
        Status::Stopped => "stopped",
    };
    let mut response = Map::new();
    let mut put = |key: &str, value: Value| response.insert(key.to_owned(), value);
    put("resourceType", json!("QuestionnaireResponse"));
    put("questionnaire", json!(format!("{}{}{version}", circumstances.base, draft.id.text)));
    put("status", json!(status));
    put("authored", json!(circumstances.authored));
    if let Some(subject) = &circumstances.subject {
        put("subject", json!({"reference": subject}));
    }
    if !items.is_empty() {
        put("item", Value::Array(items));
    }
    Ok(Value::Object(response))
}

struct Writer<'a> {
    file: &'a str,
    left: BTreeMap<&'a str, &'a Answered>,
    is_visible: &'a dyn Fn(&str) -> bool,
    faults: Vec<Fault>,
}

impl Writer<'_> {
    fn items(&mut self, branches: &[Branch], prefix: &str) -> Vec<Value> {
        branches.iter().flat_map(|branch| self.item(branch, prefix)).collect()
    }

    fn item(&mut self, branch: &Branch, prefix: &str) -> Vec<Value> {
        let item = &branch.item;
        let path = format!("{prefix}{}", item.id.text);
        if matches!(item.kind, Kind::Note | Kind::Constraint) || !(self.is_visible)(&path) {
            self.forget(&path, item.kind == Kind::Page, branch, prefix);
            return Vec::new();
        }
        match item.kind {
            Kind::Page => {
                let inner = self.items(&branch.inner, prefix);
                group(branch, inner)
            }
            Kind::Group => {
                let rows: Vec<usize> = self.rows(&path);
                let rows = rows.into_iter().map(|row| self.items(&branch.inner, &format!("{path}[{row}].")));
                rows.collect::<Vec<_>>().into_iter().flat_map(|inner| group(branch, inner)).collect()
            }
            Kind::Grid => {
                let mut inner = Vec::new();
                for (row, link) in item.rows.iter().zip(&branch.rows) {
                    let path = format!("{path}.{}", row.id.text);
                    if (self.is_visible)(&path) {
                        inner.extend(self.question(item, &path, link, &row.text.text));
                    } else {
                        self.left.remove(path.as_str());
                    }
                }
                group(branch, inner)
            }
            _ => self.question(item, &path, &branch.link, &item.text.text).into_iter().collect(),
        }
    }

    /// The rows of a group that have an answer.
    fn rows(&self, path: &str) -> Vec<usize> {
        let row = |answered: &str| -> Option<usize> {
            answered.strip_prefix(path)?.strip_prefix('[')?.split_once(']')?.0.parse().ok()
        };
        let mut rows: Vec<usize> = self.left.keys().filter_map(|path| row(path)).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// Answers below a hidden item are hidden with it.
    fn forget(&mut self, path: &str, is_page: bool, branch: &Branch, prefix: &str) {
        if is_page {
            for inner in &branch.inner {
                let path = format!("{prefix}{}", inner.item.id.text);
                self.forget(&path, inner.item.kind == Kind::Page, inner, prefix);
            }
        }
        let is_below = |other: &str| {
            other.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.left.retain(|other, _| !is_below(other));
    }

    fn question(&mut self, item: &Item, path: &str, link: &str, text: &str) -> Option<Value> {
        let answered = self.left.remove(path);
        let mut fills = BTreeMap::new();
        for option in item.options.iter().filter(|option| option.fill_in) {
            let fill = self.left.remove(format!("{path}.{}", option.label.text).as_str());
            if let Some(Given::Text(text)) = fill.and_then(|fill| fill.values.first()) {
                fills.insert(option.label.text.as_str(), text.as_str());
            }
        }
        let mut values = Vec::new();
        for given in &answered?.values {
            if let Some((key, value)) = value(item, given, &fills) {
                values.push(json!({key: value}));
            } else {
                let message = format!("“{path}”的答案与题不合：{given:?}");
                self.faults.push(Fault::error(self.file, 1, "EXC402", message));
            }
        }
        if values.is_empty() {
            return None;
        }
        let mut whole = Map::new();
        whole.insert("linkId".to_owned(), json!(link));
        if !text.is_empty() {
            whole.insert("text".to_owned(), json!(text));
        }
        whole.insert("answer".to_owned(), Value::Array(values));
        Some(Value::Object(whole))
    }
}

fn group(branch: &Branch, inner: Vec<Value>) -> Vec<Value> {
    if inner.is_empty() {
        return Vec::new();
    }
    let mut whole = Map::new();
    whole.insert("linkId".to_owned(), json!(branch.link));
    if !branch.item.text.text.is_empty() {
        whole.insert("text".to_owned(), json!(branch.item.text.text));
    }
    whole.insert("item".to_owned(), Value::Array(inner));
    vec![Value::Object(whole)]
}

fn value(item: &Item, given: &Given, fills: &BTreeMap<&str, &str>) -> Option<(&'static str, Value)> {
    let unit = || item.first("单位").and_then(|unit| coding::own_unit(&unit.value.text));
    Some(match (item.kind, given) {
        (Kind::YesNo | Kind::Computed, Given::Truth(value)) => ("valueBoolean", json!(value)),
        (Kind::Duration, Given::Number(value)) => ("valueQuantity", quantity(*value, unit().unwrap_or("天"))),
        (Kind::Number | Kind::Computed, Given::Number(value)) if is_whole(item) && value.fract() == 0.0 => {
            ("valueInteger", decimal(*value))
        }
        (Kind::Number | Kind::Computed, Given::Number(value)) => ("valueDecimal", decimal(*value)),
        (Kind::Date | Kind::Computed, Given::Date(days)) => ("valueDate", json!(date_text(*days))),
        (Kind::Text | Kind::Computed, Given::Text(text)) => ("valueString", json!(text)),
        (Kind::Single | Kind::Multiple | Kind::Grid, Given::Label(label)) => {
            if let Some(text) = fills.get(label.as_str()) {
                return Some(("valueString", json!(text)));
            }
            let index = item.options.iter().position(|option| option.label.text == *label)?;
            let (system, code) = codes(item).into_iter().nth(index)?;
            ("valueCoding", coding_json(system.as_deref(), &code, label))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    fn circumstances() -> Circumstances {
        Circumstances {
            base: "https://example.org/Questionnaire/".to_owned(),
            status: Status::Completed,
            authored: "2026-11-23T10:00:00+08:00".to_owned(),
            subject: Some("Patient/17".to_owned()),
        }
    }

    fn answered(path: &str, values: &[Given]) -> Answered {
        Answered { path: path.to_owned(), values: values.to_vec() }
    }

    fn label(label: &str) -> Given {
        Given::Label(label.to_owned())
    }

    #[test]
    fn answers_are_nested_by_groups_and_typed_by_questions() {
        let answers = [
            answered("头痛时长", &[Given::Number(2.0)]),
            answered("部位", &[label("太阳穴"), label("其他")]),
            answered("部位.其他", &[Given::Text("后脑勺".to_owned())]),
            answered("突发", &[Given::Truth(false)]),
            answered("诱因", &[Given::Text("熬夜".to_owned())]),
            answered("体温", &[Given::Number(36.8)]),
            answered("末次月经", &[Given::Date(20_770)]),
            answered("GAD.紧张", &[label("好几天")]),
            answered("次数", &[Given::Number(3.0)]),
            answered("用药[1].药名", &[Given::Text("布洛芬".to_owned())]),
            answered("用药[2].药名", &[Given::Text("对乙酰氨基酚".to_owned())]),
            answered("用药[2].剂量", &[Given::Number(0.5)]),
        ];
        let is_visible = |path: &str| path != "诱因";
        let response = export(&samples::headache(), &answers, &is_visible, &circumstances()).expect("fits");
        assert_eq!(response["questionnaire"], "https://example.org/Questionnaire/headache-first|1");
        assert_eq!(
            (&response["status"], &response["authored"]),
            (&json!("completed"), &json!("2026-11-23T10:00:00+08:00"))
        );
        assert_eq!(
            response["item"],
            json!([
                {"linkId": "疼痛", "text": "疼痛本身", "item": [
                    {"linkId": "头痛时长", "text": "从什么时候开始疼的？", "answer": [
                        {"valueQuantity": {"value": 2, "unit": "天", "system": "http://unitsofmeasure.org", "code": "d"}}]},
                    {"linkId": "部位", "text": "疼在哪些地方？", "answer": [
                        {"valueCoding": {"code": "太阳穴", "display": "太阳穴"}}, {"valueString": "后脑勺"}]},
                    {"linkId": "突发", "text": "是突然一下子疼到最厉害吗？", "answer": [{"valueBoolean": false}]}]},
                {"linkId": "其他情况", "item": [
                    {"linkId": "体温", "text": "最近量的体温？", "answer": [{"valueDecimal": 36.8}]},
                    {"linkId": "末次月经", "text": "末次月经是哪天？", "answer": [{"valueDate": "2026-11-13"}]},
                    {"linkId": "GAD", "text": "最近两周……", "item": [
                        {"linkId": "GAD.紧张", "text": "感到紧张、焦虑", "answer": [
                            {"valueCoding": {"code": "好几天", "display": "好几天"}}]}]},
                    {"linkId": "次数", "text": "一周疼几次？", "answer": [{"valueInteger": 3}]},
                    {"linkId": "用药", "text": "正在吃的药", "item": [
                        {"linkId": "用药.药名", "text": "药的名字", "answer": [{"valueString": "布洛芬"}]}]},
                    {"linkId": "用药", "text": "正在吃的药", "item": [
                        {"linkId": "用药.药名", "text": "药的名字", "answer": [{"valueString": "对乙酰氨基酚"}]},
                        {"linkId": "用药.剂量", "text": "一次几片", "answer": [{"valueDecimal": 0.5}]}]}]}
            ])
        );
    }

    #[test]
    fn a_hidden_page_takes_its_answers_along() {
        let answers = [
            answered("突发", &[Given::Truth(true)]),
            answered("用药[1].药名", &[Given::Text("阿司匹林".to_owned())]),
        ];
        let response = export(&samples::headache(), &answers, &|path| path != "其他情况", &circumstances())
            .expect("fits");
        assert_eq!(response["item"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn what_does_not_belong_is_refused() {
        let answers = [
            answered("没有的题", &[Given::Truth(true)]),
            answered("突发", &[Given::Number(1.0)]),
            answered("程度", &[label("一般")]),
        ];
        let faults =
            export(&samples::headache(), &answers, &|_| true, &circumstances()).expect_err("refused");
        let codes: Vec<&str> = faults.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["EXC402", "EXC402", "EXC401"]);
    }
}
