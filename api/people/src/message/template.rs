use std::{path::Path, sync::LazyLock};

use crate::{PeopleError, tsv};

/// Blanks that may be filled in texts which leave the house.
const ALLOWED_OUTSIDE: [&str; 4] = ["编号", "机构", "时间", "状态"];

/// The shipped templates, or the fault of their file with its place.
pub static TEMPLATES: LazyLock<Result<Vec<Template>, String>> =
    LazyLock::new(|| parse(include_str!("../../../../data/messages/templates.tsv")));

/// One text with blanks as `{编号}`.
#[derive(Debug, PartialEq, Eq)]
pub struct Template {
    pub key: String,
    pub category: Category,
    pub is_urgent: bool,
    pub title: String,
    pub text: String,
    /// What WeChat and short messages say.
    pub outside: String,
}

/// What residents can switch off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    Feedback,
    Visit,
    Medicine,
}

impl Category {
    pub const ALL: [Self; 3] = [Self::Feedback, Self::Visit, Self::Medicine];

    pub fn name(self) -> &'static str {
        match self {
            Self::Feedback => "feedback",
            Self::Visit => "visit",
            Self::Medicine => "medicine",
        }
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Feedback => "意见反馈",
            Self::Visit => "就诊提醒",
            Self::Medicine => "取药和配送",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

impl Template {
    /// The text with its blanks filled; a blank without a value is a fault of the caller.
    pub(super) fn filled(&self, text: &str, values: &[(&str, &str)]) -> Result<String, PeopleError> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let value = values.iter().find(|(given, _)| *given == name);
            let (_, value) = value.ok_or_else(|| PeopleError::Template(format!("{}: {name}", self.key)))?;
            filled.push_str(before);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

pub(super) fn find(key: &str) -> Result<&'static Template, PeopleError> {
    let all = TEMPLATES.as_ref().map_err(|fault| PeopleError::Template(fault.clone()))?;
    all.iter()
        .find(|template| template.key == key)
        .ok_or_else(|| PeopleError::Template(format!("no template {key}")))
}

pub(super) fn parse(content: &str) -> Result<Vec<Template>, String> {
    let columns = ["key", "category", "urgent", "title", "text", "outside"];
    let rows = tsv::parse(Path::new("data/messages/templates.tsv"), content, columns)
        .map_err(|fault| fault.to_string())?;
    let mut all: Vec<Template> = Vec::new();
    for row in rows {
        let [key, category, urgent, title, text, outside] = row.cells;
        let fault = |what: &str| format!("data/messages/templates.tsv {key}：{what}");
        for name in blanks(&title).into_iter().chain(blanks(&text)).chain(blanks(&outside)) {
            name.ok_or_else(|| fault("花括号不成对"))?;
        }
        let secret = blanks(&outside).into_iter().flatten().find(|name| !ALLOWED_OUTSIDE.contains(name));
        if let Some(name) = secret {
            return Err(fault(&format!("站外文字不能填“{name}”")));
        }
        if !blanks(&title).is_empty() {
            return Err(fault("标题不能有填空"));
        }
        if all.iter().any(|template| template.key == key) {
            return Err(fault("编号重复"));
        }
        let category = Category::named(&category).ok_or_else(|| fault("没有这个类别"))?;
        let is_urgent = match urgent.as_str() {
            "yes" => true,
            "no" => false,
            _ => return Err(fault("是否紧急应为 yes 或 no")),
        };
        all.push(Template { key, category, is_urgent, title, text, outside });
    }
    Ok(all)
}

/// Names of the blanks; None for a brace that is not closed or not opened.
fn blanks(text: &str) -> Vec<Option<&str>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        if rest.as_bytes()[at] == b'}' {
            found.push(None);
            return found;
        }
        rest = &rest[at + 1..];
        match rest.find(['{', '}']) {
            Some(end) if rest.as_bytes()[end] == b'}' && end > 0 => {
                found.push(Some(&rest[..end]));
                rest = &rest[end + 1..];
            }
            _ => {
                found.push(None);
                return found;
            }
        }
    }
    found
}
