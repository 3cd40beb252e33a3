//! Examples: the facts a rule is tried with.

use kb::Fault;

use super::{
    read::{Expected, Part, fault},
    schema::Schema,
    sheet::{Fact, Sheet, asked},
    words,
};
use crate::expr::{
    Expr, Kind, Order, Variable, Vocabulary,
    typed::{Cond, Num},
};

/// Facts of an example at most.
const FACTS: usize = 200;
/// Examples of a rule at most.
pub(super) const EXAMPLES: usize = 200;

/// One example, its facts checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Example {
    pub(super) expected: Expected,
    pub(super) facts: Vec<(String, Fact)>,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Example {
    /// Reads `年龄 = 30岁; 现病史.文 = "…"`; what is wrong goes to `faults`.
    pub(super) fn read(
        file: &str,
        expected: Expected,
        part: &Part,
        schema: &Schema,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let mut example = Self { expected, facts: Vec::new(), line: part.line, column: part.column };
        let mut sheet = Sheet::new(schema);
        let pieces = pieces(&part.text);
        if pieces.len() > FACTS {
            let message = format!("一个例子最多写 {FACTS} 项事实，这里有 {} 项", pieces.len());
            faults.push(fault(file, part.line, part.column, "QC008", message));
            return example;
        }
        for (at, piece) in pieces {
            let (line, column) = part.place(at);
            match fact(piece, schema) {
                Ok(None) => {}
                Ok(Some((name, _))) if example.facts.iter().any(|(other, _)| *other == name) => {
                    faults.push(fault(file, line, column, "QC008", format!("“{name}”在一个例子里写了两次")));
                }
                Ok(Some((name, fact))) => match sheet.set(&name, fact.clone()) {
                    Ok(()) => example.facts.push((name, fact)),
                    Err(message) => faults.push(fault(file, line, column, "QC008", message)),
                },
                Err(message) => faults.push(fault(file, line, column, "QC008", message)),
            }
        }
        example
    }

    /// The record the example describes.
    pub(super) fn sheet<'a>(&self, schema: &'a Schema) -> Sheet<'a> {
        let mut sheet = Sheet::new(schema);
        for (name, fact) in &self.facts {
            // Refused facts were reported when the example was read and are not among these.
            let _ = sheet.set(name, fact.clone());
        }
        sheet
    }
}

/// The pieces between semicolons and line ends outside quotes, with the characters before each.
fn pieces(text: &str) -> Vec<(usize, &str)> {
    let (mut pieces, mut start, mut before, mut quote) = (Vec::new(), 0, 0, None);
    for (count, (at, sign)) in text.char_indices().enumerate() {
        match (quote, sign) {
            (Some(end), sign) if sign == end => quote = None,
            (None, '"') => quote = Some('"'),
            (None, '“') => quote = Some('”'),
            (None, ';' | '；' | '\n') => {
                pieces.push((before, &text[start..at]));
                start = at + sign.len_utf8();
                before = count + 1;
            }
            _ => {}
        }
    }
    pieces.push((before, &text[start..]));
    let trimmed = pieces.into_iter().map(|(before, piece)| {
        let gap = piece.chars().take_while(|sign| sign.is_whitespace()).count();
        (before + gap, piece.trim())
    });
    trimmed.filter(|(_, piece)| !piece.is_empty() && *piece != "（空）").collect()
}

/// A fact as written; none when it is said to be unknown.
fn fact(text: &str, schema: &Schema) -> Result<Option<(String, Fact)>, String> {
    let Some((name, literal)) = text.split_once(['=', '＝']) else {
        return Err(format!("事实写成“名称 = 值”，这里是“{text}”"));
    };
    let (name, literal) = (name.trim().to_owned(), literal.trim());
    if literal == "未知" {
        return Ok(None);
    }
    let bare = match (name.find(['[', '［']), name.find([']', '］'])) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{}", name[..open].trim(), name[close..].trim_start_matches([']', '］']))
        }
        _ => name.clone(),
    };
    let field =
        schema.slot(&bare).and_then(|slot| schema.field(slot)).ok_or_else(|| schema.unknown(&bare))?;
    let kind = match &field.kind {
        Kind::Item { of, .. } => of,
        kind => kind,
    };
    Ok(Some((name, value(&bare, kind, literal)?)))
}

fn value(name: &str, kind: &Kind, literal: &str) -> Result<Fact, String> {
    let text = unquoted(literal);
    match kind {
        Kind::Truth => match literal.to_ascii_lowercase().as_str() {
            "是" | "有" | "yes" | "true" => Ok(Fact::Truth(true)),
            "否" | "无" | "no" | "false" => Ok(Fact::Truth(false)),
            _ => Err(format!("“{name}”写 是 或 否，不能写“{literal}”")),
        },
        Kind::Choice(_) => Ok(Fact::Choice(text.unwrap_or(literal).to_owned())),
        Kind::Set(_) if literal == "无" => Ok(Fact::Set(Vec::new())),
        Kind::Set(_) => {
            let inner = literal.trim_start_matches(['(', '（']).trim_end_matches([')', '）']);
            Ok(Fact::Set(words::items(inner).map(str::to_owned).collect()))
        }
        Kind::Text => match text {
            Some(text) => Ok(Fact::Text(text.to_owned())),
            None => Err(format!("“{name}”是文字，要加引号，例如 {name} = \"头痛3天\"")),
        },
        Kind::Number { .. } | Kind::Date => measured(name, kind, literal),
        Kind::Score(_) | Kind::Rows | Kind::Item { .. } => Err(format!("“{name}”要填{}", asked(kind))),
    }
}

fn unquoted(literal: &str) -> Option<&str> {
    let inner = |open: char, close: char| literal.strip_prefix(open)?.strip_suffix(close);
    inner('"', '"').or_else(|| inner('“', '”'))
}

/// A number or date, written as in conditions: what `X = 39℃` compares with.
fn measured(name: &str, kind: &Kind, literal: &str) -> Result<Fact, String> {
    let wanted = || format!("“{name}”要填{}，不能是“{literal}”", asked(kind));
    let expr = Expr::compile(&format!("{NAME} = {literal}"), &One(kind)).map_err(|errors| {
        let told = errors.first().filter(|error| error.code != "EX001");
        told.map_or_else(wanted, |error| error.message.replace(NAME, name))
    })?;
    let number = match expr.cond() {
        Some(Cond::Compare(Num::Var(_), Order::Equal, number)) => constant(number),
        _ => None,
    };
    match (kind, number) {
        #[expect(clippy::cast_possible_truncation, reason = "a date is a whole number of days")]
        (Kind::Date, Some(days)) => Ok(Fact::Date(days as i32)),
        (_, Some(number)) => Ok(Fact::Number(number)),
        _ => Err(wanted()),
    }
}

fn constant(number: &Num) -> Option<f64> {
    match number {
        Num::Const(number) => Some(*number),
        Num::Negative(number) => constant(number).map(|number| -number),
        _ => None,
    }
}

/// What the only name of [`One`] is called.
const NAME: &str = "值";

/// A vocabulary of one name.
struct One<'a>(&'a Kind);

impl Vocabulary for One<'_> {
    fn resolve(&self, name: &str) -> Option<Variable> {
        (name == NAME).then(|| Variable { slot: 0, kind: self.0.clone() })
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}
