//! Cases beside a questionnaire (`*.cases`): text ↔ steps.
//!
//! - FM031 a line that begins with no known step
//! - FM032 a step without what it needs
//! - FM033 a step outside of a case, a case without a name or steps, or two cases of the same name

use std::collections::BTreeMap;

use kb::Fault;

use crate::expr::nearest;

use super::{
    draft::{Place, Written},
    escape,
    line::Line,
    read::MAX_FAULTS,
    value, words,
};

/// A case: what a patient does and what must come of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseDraft {
    /// What it shows; unique in the file.
    pub name: Written,
    /// In order.
    pub steps: Vec<Step>,
    /// Comment lines above it, without their marks.
    pub comments: Vec<String>,
}

/// One line of a case.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it does or demands.
    pub action: Action,
    /// Where it begins.
    pub place: Place,
    /// Comment lines above it, without their marks.
    pub comments: Vec<String>,
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        (&self.action, &self.comments) == (&other.action, &other.comments)
    }
}

impl Eq for Step {}

/// What a step does or demands. Paths are as in expressions: `部位`, `部位.其他`, `GAD.紧张`, `用药[1].药名`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `答 题 = 值`; several chosen labels stand in one value, see [`value::list`].
    Answer(Written, Written),
    /// `设 变量 = 值`: a variable of the patient.
    Set(Written, Written),
    /// `撤 题`
    Clear(Written),
    /// `见 题, 题`
    Visible(Vec<Written>),
    /// `不见 题, 题`
    Hidden(Vec<Written>),
    /// `值 题 = 值`; none: `值 题 未知`.
    Value(Written, Option<Written>),
    /// `不收 题 = 值`
    Refused(Written, Written),
    /// `违反 题或约束`
    Broken(Written),
    /// `选项 题 = 甲, 乙`
    Options(Written, Vec<Written>),
    /// `写 现病史 含 文字`: canonical section and what it contains.
    Writes(Written, Written),
    /// `下一题 题`
    Next(Written),
    /// `完成`
    Complete,
    /// `未完成`
    Incomplete,
}

const CASE: (&str, &str) = ("用例", "case");
/// Steps: canonical word, ASCII word, how it is written.
const STEPS: [(&str, &str, &str); 13] = [
    ("答", "answer", "答 题 = 值"),
    ("设", "set", "设 变量 = 值"),
    ("撤", "clear", "撤 题"),
    ("见", "visible", "见 题, 题"),
    ("不见", "hidden", "不见 题, 题"),
    ("值", "value", "值 题 = 值，或 值 题 未知"),
    ("不收", "refused", "不收 题 = 值"),
    ("违反", "broken", "违反 题或约束"),
    ("选项", "options", "选项 题 = 甲, 乙"),
    ("写", "writes", "写 现病史 含 文字"),
    ("下一题", "next", "下一题 题"),
    ("完成", "complete", "完成"),
    ("未完成", "incomplete", "未完成"),
];

/// The cases of a text, or everything that is wrong with it.
pub fn read_cases(file: &str, text: &str) -> Result<Vec<CaseDraft>, Vec<Fault>> {
    let mut cases: Vec<CaseDraft> = Vec::new();
    let mut faults = Vec::new();
    let mut comments = Vec::new();
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    for (number, text) in Line::all(text) {
        let mut line = Line::new(file, number, text);
        if line.is_at_end() {
            continue;
        }
        if let Some(comment) = line.comment() {
            comments.push(comment);
            continue;
        }
        if faults.len() >= MAX_FAULTS {
            faults.push(line.fault(0, "FM026", "错误太多，后面的行没有再读"));
            break;
        }
        let from = line.at;
        let place = line.place(from);
        let word = line.word();
        line.blanks();
        if words::is(&word, CASE) {
            let name = line.text(line.at, line.chars.len());
            if name.text.is_empty() {
                faults.push(
                    line.fault(from, "FM033", "用例没有名称").with_hint("写成 用例 说明这个用例的一句话"),
                );
            } else if let Some(first) = names.insert(name.text.clone(), number) {
                let message = format!("用例 {} 在第 {first} 行已经有了", name.text);
                faults.push(Fault::error(file, number, "FM033", message).at_column(name.place.column));
            }
            cases.push(CaseDraft { name, steps: Vec::new(), comments: std::mem::take(&mut comments) });
            continue;
        }
        let action = match action(&mut line, from, &word) {
            Ok(action) => action,
            Err(fault) => {
                faults.push(*fault);
                continue;
            }
        };
        let comments = std::mem::take(&mut comments);
        if let Some(case) = cases.last_mut() {
            case.steps.push(Step { action, place, comments });
        } else {
            faults.push(line.fault(from, "FM033", "这一步前面没有 用例").with_hint("先写一行 用例 名称"));
            // A stand-in takes the steps that follow.
            cases.push(CaseDraft::default());
        }
    }
    let bare = cases.iter().find(|case| case.steps.is_empty() && faults.is_empty());
    if let Some(CaseDraft { name, .. }) = bare {
        let message = format!("用例 {} 没有步骤", name.text);
        return Err(vec![Fault::error(file, name.place.line, "FM033", message).at_column(name.place.column)]);
    }
    if faults.is_empty() { Ok(cases) } else { Err(faults) }
}

fn action(line: &mut Line<'_>, from: usize, word: &str) -> Result<Action, Box<Fault>> {
    let Some((name, _, form)) = STEPS.into_iter().find(|step| words::is(word, (step.0, step.1))) else {
        return Err(Box::new(unknown(line, from, word)));
    };
    let wrong = |at: usize, message: &str| {
        Box::new(line.fault(at, "FM032", message).with_hint(format!("写成 {form}")))
    };
    let end = line.chars.len();
    let rest = line.text(line.at, end);
    if matches!(name, "完成" | "未完成") {
        if !rest.text.is_empty() {
            return Err(wrong(line.at, &format!("{name} 后面不写别的")));
        }
        return Ok(if name == "完成" { Action::Complete } else { Action::Incomplete });
    }
    if rest.text.is_empty() {
        return Err(wrong(end, &format!("{name} 后面没有写内容")));
    }
    let pair = || {
        let at = escape::find(&line.chars, line.at, |rest| matches!(rest[0], '=' | '＝'))
            .ok_or_else(|| wrong(end, &format!("{name} 里没有等号")))?;
        let (left, right) = (line.written(line.at, at), line.text(at + 1, end));
        if left.text.is_empty() {
            return Err(wrong(at, "等号左边没有名称"));
        }
        if right.text.is_empty() {
            return Err(wrong(end, "等号右边没有值"));
        }
        Ok((left, right))
    };
    let raw = line.written(line.at, end);
    Ok(match name {
        "答" => pair().map(|(path, value)| Action::Answer(path, value))?,
        "设" => pair().map(|(path, value)| Action::Set(path, value))?,
        "不收" => pair().map(|(path, value)| Action::Refused(path, value))?,
        "选项" => pair().map(|(path, labels)| Action::Options(path, value::list(&labels)))?,
        "值" => match ["未知", "unknown"].iter().find_map(|word| raw.text.strip_suffix(word)) {
            Some(path) if path.ends_with(char::is_whitespace) && !path.contains(['=', '＝']) => {
                Action::Value(Written { text: path.trim().to_owned(), place: raw.place }, None)
            }
            _ => pair().map(|(path, value)| Action::Value(path, Some(value)))?,
        },
        "写" => writes(line).ok_or_else(|| wrong(line.at, "写 后面应是病历的一节、含 和文字"))?,
        "见" => Action::Visible(some(value::list(&raw)).ok_or_else(|| wrong(line.at, "见 后面没有题"))?),
        "不见" => Action::Hidden(some(value::list(&raw)).ok_or_else(|| wrong(line.at, "不见 后面没有题"))?),
        "撤" => Action::Clear(raw),
        "违反" => Action::Broken(raw),
        _ => Action::Next(raw),
    })
}

fn some(list: Vec<Written>) -> Option<Vec<Written>> {
    (!list.is_empty()).then_some(list)
}

fn writes(line: &Line<'_>) -> Option<Action> {
    let section: String = line.rest().iter().take_while(|c| escape::is_name(**c)).collect();
    let key = words::find_key(&section).filter(|key| key.conditional)?;
    let place = line.place(line.at);
    let after = line.at + section.chars().count();
    let rest = line.written(after, line.chars.len());
    let verb = ["含", "contains"].into_iter().find(|verb| rest.text.starts_with(verb))?;
    let from = rest.place.column as usize - 1 + verb.chars().count();
    let text = line.text(from, line.chars.len());
    (!text.text.is_empty()).then(|| Action::Writes(Written { text: key.name.to_owned(), place }, text))
}

fn unknown(line: &Line<'_>, from: usize, word: &str) -> Fault {
    let shown: String = word.chars().take(20).collect();
    let names = STEPS.iter().flat_map(|step| [step.0, step.1]).chain([CASE.0, CASE.1]);
    if let Some(meant) = nearest(word, names) {
        return line
            .fault(from, "FM031", format!("不认识 {shown}，是不是 {meant}？"))
            .with_hint(format!("改成 {meant}"));
    }
    let known: Vec<_> = STEPS.iter().map(|step| step.0).collect();
    line.fault(from, "FM031", format!("不认识 {shown}：一步应以 {} 开头", known.join("、")))
}

/// The text of cases; [`read_cases`] gives the same cases back.
pub fn print_cases(cases: &[CaseDraft]) -> String {
    let mut out = Vec::new();
    for case in cases {
        if !out.is_empty() {
            out.push(String::new());
        }
        let comments = |comments: &[String], out: &mut Vec<String>| {
            out.extend(comments.iter().map(|text| format!("// {text}").trim_end().to_owned()));
        };
        comments(&case.comments, &mut out);
        out.push(format!("{} {}", CASE.0, escape::text(&case.name.text)));
        for step in &case.steps {
            comments(&step.comments, &mut out);
            out.push(step_line(&step.action));
        }
    }
    out.push(String::new());
    out.join("\n")
}

fn step_line(action: &Action) -> String {
    let quoted = |item: &Written| {
        let has_comma = item.text.contains([',', '，', '、']) && !item.text.contains(['「', '」']);
        if has_comma { format!("「{}」", item.text) } else { item.text.clone() }
    };
    let list = |items: &[Written]| items.iter().map(quoted).collect::<Vec<_>>().join(", ");
    match action {
        Action::Answer(path, value) => format!("答 {} = {}", path.text, escape::text(&value.text)),
        Action::Set(path, value) => format!("设 {} = {}", path.text, escape::text(&value.text)),
        Action::Clear(path) => format!("撤 {}", path.text),
        Action::Visible(paths) => format!("见 {}", list(paths)),
        Action::Hidden(paths) => format!("不见 {}", list(paths)),
        Action::Value(path, Some(value)) => format!("值 {} = {}", path.text, escape::text(&value.text)),
        Action::Value(path, None) => format!("值 {} 未知", path.text),
        Action::Refused(path, value) => format!("不收 {} = {}", path.text, escape::text(&value.text)),
        Action::Broken(path) => format!("违反 {}", path.text),
        Action::Options(path, labels) => format!("选项 {} = {}", path.text, escape::text(&list(labels))),
        Action::Writes(section, text) => format!("写 {} 含 {}", section.text, escape::text(&text.text)),
        Action::Next(path) => format!("下一题 {}", path.text),
        Action::Complete => "完成".to_owned(),
        Action::Incomplete => "未完成".to_owned(),
    }
}
