//! Reading JSON of elsewhere: every element with its JSON pointer, what was used and what was not.

use kb::Fault;
use serde_json::{Map, Value};

use super::Loss;

/// What is found while a document is read.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) file: String,
    pub(super) faults: Vec<Fault>,
    pub(super) losses: Vec<Loss>,
}

impl Findings {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), faults: Vec::new(), losses: Vec::new() }
    }

    /// Something is wrong with the document at a place.
    pub(super) fn fault(&mut self, code: &'static str, at: &str, message: &str) {
        let place = if at.is_empty() { "/" } else { at };
        self.faults.push(Fault::error(&self.file, 1, code, format!("{place}：{message}")));
    }

    /// Something can't be carried.
    pub(super) fn lose(&mut self, code: &'static str, at: &str, what: &str, why: &str) {
        self.losses.push(Loss::new(code, at, what, why));
    }
}

/// A JSON object at a place; what is read of it is remembered.
#[derive(Debug)]
pub(super) struct Element<'a> {
    pub(super) at: String,
    fields: &'a Map<String, Value>,
    used: Vec<&'static str>,
    /// What follows `value` or `answer` in the name of the field that was read.
    choice: Option<&'a str>,
}

impl<'a> Element<'a> {
    /// The object at a place; a fault when it is something else.
    pub(super) fn of(value: &'a Value, at: String, findings: &mut Findings) -> Option<Self> {
        if let Value::Object(fields) = value {
            return Some(Self { at, fields, used: Vec::new(), choice: None });
        }
        findings.fault("EXC003", &at, &format!("这里应是对象，写的是{}", kind(value)));
        None
    }

    /// A field as it is.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.used.push(key);
        self.fields.get(key).filter(|value| !value.is_null())
    }

    /// A field, without taking note that it was read.
    pub(super) fn peek(&self, key: &str) -> Option<&'a Value> {
        self.fields.get(key)
    }

    /// Whether a field is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// The fields whose name begins with `prefix`, without it.
    pub(super) fn starting(&mut self, prefix: &'static str) -> Option<(&'a str, &'a Value)> {
        let found = self.fields.iter().find_map(|(key, value)| Some((key.strip_prefix(prefix)?, value)))?;
        self.choice = Some(found.0);
        Some(found)
    }

    pub(super) fn text(&mut self, key: &'static str, findings: &mut Findings) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => Some(text.trim().to_owned()),
            other => self.wrong(key, "文字", other, findings),
        }
    }

    pub(super) fn truth(&mut self, key: &'static str, findings: &mut Findings) -> Option<bool> {
        match self.value(key)? {
            Value::Bool(value) => Some(*value),
            other => self.wrong(key, "true 或 false", other, findings),
        }
    }

    pub(super) fn number(&mut self, key: &'static str, findings: &mut Findings) -> Option<f64> {
        match self.value(key)? {
            Value::Number(value) => value.as_f64().filter(|value| value.is_finite()),
            other => self.wrong(key, "数", other, findings),
        }
    }

    /// The objects of a list.
    pub(super) fn list(&mut self, key: &'static str, findings: &mut Findings) -> Vec<Element<'a>> {
        match self.value(key) {
            None => Vec::new(),
            Some(Value::Array(values)) => {
                let at = |index: usize| format!("{}/{key}/{index}", self.at);
                let elements = values.iter().enumerate();
                elements.filter_map(|(index, value)| Element::of(value, at(index), findings)).collect()
            }
            Some(other) => {
                let nothing: Option<()> = self.wrong(key, "列表", other, findings);
                nothing.map_or_else(Vec::new, |()| Vec::new())
            }
        }
    }

    /// What no one asked for is lost, and said to be.
    pub(super) fn close(self, silent: &[&str], findings: &mut Findings) {
        for key in self.fields.keys() {
            let is_choice = self.choice.is_some_and(|choice| !choice.is_empty() && key.ends_with(choice));
            if !is_choice && !self.used.contains(&key.as_str()) && !silent.contains(&key.as_str()) {
                let code = if key == "modifierExtension" { "EXC103" } else { "EXC101" };
                let why = if key == "modifierExtension" {
                    "会改变含义的扩展，不认识就不能照用"
                } else {
                    "本项目的问卷没有对应的内容"
                };
                findings.lose(code, &format!("{}/{}", self.at, escaped(key)), key, why);
            }
        }
    }

    fn wrong<T>(&self, key: &str, wanted: &str, found: &Value, findings: &mut Findings) -> Option<T> {
        let at = format!("{}/{key}", self.at);
        findings.fault("EXC003", &at, &format!("这里应是{wanted}，写的是{}", kind(found)));
        None
    }
}

/// A key as a part of a JSON pointer (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true 或 false",
        Value::Number(_) => "数",
        Value::String(_) => "文字",
        Value::Array(_) => "列表",
        Value::Object(_) => "对象",
    }
}
