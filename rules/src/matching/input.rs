//! Inputs: the names a file of rules may use, their kinds and the values they may have.

use kb::Fault;

use super::{
    datum::{Datum, Held},
    literal,
    space::Domain,
};
use crate::expr::{Kind, Variable, Vocabulary, calendar, unit};

/// A name a file of rules declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Name in conditions and in a [`super::Visit`].
    pub name: String,
    /// What values it has.
    pub kind: Kind,
    /// Least and greatest value of a number or date; open ends are infinite.
    pub range: (f64, f64),
    /// Only whole numbers.
    pub whole: bool,
    /// Line in the file, from 1.
    pub line: u32,
    /// Column of the name, from 1.
    pub column: u32,
}

/// Labels of one input at most.
const MAX_LABELS: usize = 1000;

impl Input {
    /// What its values are, as the file wrote it: type, values or range, unit.
    pub(super) fn parse(name: &str, kind: &str, values: &str, unit: &str) -> Result<Self, String> {
        let labels = || -> Result<Vec<String>, String> {
            let labels: Vec<String> = literal::list(values).into_iter().map(|(_, label)| label).collect();
            if let Some(twice) = (1..labels.len()).find(|at| labels[..*at].contains(&labels[*at])) {
                return Err(format!("“{name}”的取值“{}”写了两次", labels[twice]));
            }
            match labels.len() {
                0 | 1 => Err(format!("“{name}”至少要有两个取值，用逗号或顿号隔开")),
                n if n > MAX_LABELS => Err(format!("“{name}”有 {n} 个取值，最多 {MAX_LABELS} 个")),
                _ => Ok(labels),
            }
        };
        let (kind, whole) = match kind.to_ascii_lowercase().as_str() {
            "是否" | "truth" => (Kind::Truth, false),
            "单选" | "choice" => (Kind::Choice(labels()?), false),
            "多选" | "set" => (Kind::Set(labels()?), false),
            "文字" | "text" => (Kind::Text, false),
            "日期" | "date" => (Kind::Date, true),
            "数字" | "number" => (Kind::Number { unit: known_unit(unit)? }, false),
            "整数" | "integer" => (Kind::Number { unit: known_unit(unit)? }, true),
            other => {
                return Err(format!("类型“{other}”不认识；可用：是否、单选、多选、数字、整数、日期、文字"));
            }
        };
        let mut input = Self {
            name: name.to_owned(),
            kind,
            range: (f64::NEG_INFINITY, f64::INFINITY),
            whole,
            line: 1,
            column: 1,
        };
        if matches!(input.kind, Kind::Number { .. } | Kind::Date) && !matches!(values, "" | "-") {
            input.range = input.read_range(values)?;
        }
        if !unit.is_empty() && unit != "-" && !matches!(input.kind, Kind::Number { .. }) {
            return Err(format!("“{name}”不是数字，不写单位"));
        }
        Ok(input)
    }

    fn read_range(&self, values: &str) -> Result<(f64, f64), String> {
        let wrong = || format!("“{}”的范围写成“0~150”，一头可以不写", self.name);
        let (low, high) = literal::ends(values).ok_or_else(wrong)?;
        let end = |text: &str, open: f64| match text {
            "" => Ok(open),
            text => literal::constant(&self.name, text, self).map_err(|error| error.message),
        };
        let range = (end(low, f64::NEG_INFINITY)?, end(high, f64::INFINITY)?);
        if range.0 <= range.1 { Ok(range) } else { Err(format!("“{}”的范围上下颠倒", self.name)) }
    }

    /// A value as written in an example: `30岁`, `男`, `高血压、糖尿病`, `2026-11-23`; `无` for an empty set.
    pub fn read(&self, text: &str) -> Result<Datum, String> {
        let text = text.trim();
        let of = |labels: &[String], label: &str| match labels.iter().find(|known| *known == label) {
            Some(label) => Ok(label.clone()),
            None => Err(format!("“{}”没有取值“{label}”；可用：{}", self.name, labels.join("、"))),
        };
        match &self.kind {
            Kind::Truth => match literal::truth(text) {
                Some(truth) => Ok(Datum::Truth(truth)),
                None => Err(format!("“{}”写 是 或 否", self.name)),
            },
            Kind::Choice(labels) => of(labels, text).map(Datum::Choice),
            Kind::Set(labels) if labels.iter().all(|label| label != "无") && text == "无" => {
                let none: &[String] = &[];
                Ok(Datum::Set(none.to_vec()))
            }
            Kind::Set(labels) => {
                let chosen: Result<Vec<String>, String> =
                    literal::list(text).into_iter().map(|(_, label)| of(labels, &label)).collect();
                chosen.map(Datum::Set)
            }
            Kind::Date => {
                let days = literal::constant(&self.name, text, self).map_err(|error| error.message)?;
                literal::day(days).map(Datum::Date).ok_or_else(|| format!("“{text}”不是日期"))
            }
            Kind::Text => Ok(Datum::Text(literal::unquoted(text).to_owned())),
            _ => literal::constant(&self.name, text, self).map(Datum::Number).map_err(|error| error.message),
        }
    }

    /// A value of a visit in its slot; why it does not fit otherwise.
    pub(super) fn hold(&self, datum: &Datum) -> Result<Held, String> {
        let index = |labels: &[String], label: &String| {
            let index =
                labels.iter().position(|known| known == label).and_then(|index| u16::try_from(index).ok());
            index.ok_or_else(|| format!("没有取值“{label}”"))
        };
        let held = match (&self.kind, datum) {
            (Kind::Truth, Datum::Truth(truth)) => Held::Truth(*truth),
            (Kind::Number { .. }, Datum::Number(number)) if number.is_finite() => Held::Number(*number),
            (Kind::Choice(labels), Datum::Choice(label)) => Held::Choice(index(labels, label)?),
            (Kind::Set(labels), Datum::Set(chosen)) => {
                let chosen: Result<Vec<u16>, String> =
                    chosen.iter().map(|label| index(labels, label)).collect();
                Held::set(chosen?)
            }
            (Kind::Text, Datum::Text(text)) => Held::Text(text.clone()),
            (Kind::Date, Datum::Date(days)) => Held::Date(*days),
            _ => return Err("类型不对".to_owned()),
        };
        match held.number() {
            Some(number) if !(self.range.0..=self.range.1).contains(&number) => Err("超出范围".to_owned()),
            Some(number) if self.whole && number.fract() != 0.0 => Err("应是整数".to_owned()),
            _ => Ok(held),
        }
    }

    /// A value for people.
    pub(super) fn show(&self, held: &Held) -> String {
        show(&self.kind, held)
    }

    pub(super) fn domain(&self) -> Domain {
        Domain { low: self.range.0, high: self.range.1, whole: self.whole }
    }

    pub(super) fn fault(&self, file: &str, code: &'static str, message: impl Into<String>) -> Fault {
        Fault::error(file, self.line, code, message).at_column(self.column)
    }
}

/// A value of a kind for people.
pub(super) fn show(kind: &Kind, held: &Held) -> String {
    let label = |labels: &[String], index: u16| labels.get(usize::from(index)).cloned().unwrap_or_default();
    match (held, kind) {
        (Held::Unknown, _) => "未知".to_owned(),
        (Held::Truth(truth), _) => if *truth { "是" } else { "否" }.to_owned(),
        (Held::Number(number), Kind::Date) => {
            literal::day(*number).map_or_else(String::new, calendar::written)
        }
        (Held::Number(number), Kind::Number { unit: Some(unit) }) => format!("{number}{unit}"),
        (Held::Number(number), _) => number.to_string(),
        (Held::Choice(index), Kind::Choice(labels)) => label(labels, *index),
        (Held::Set(bits), Kind::Set(labels)) => {
            let chosen: Vec<String> = (0u16..)
                .zip(labels)
                .filter(|(index, _)| super::datum::has(bits, *index))
                .map(|(_, label)| label.clone())
                .collect();
            if chosen.is_empty() { "无".to_owned() } else { chosen.join("、") }
        }
        (Held::Text(text), _) => format!("“{text}”"),
        (Held::Date(days), _) => calendar::written(*days),
        (Held::Choice(_) | Held::Set(_), _) => String::new(),
    }
}

fn known_unit(text: &str) -> Result<Option<&'static str>, String> {
    match text {
        "" | "-" => Ok(None),
        text => match unit::known(text) {
            Some(known) => Ok(Some(known)),
            None => Err(format!("单位“{text}”不认识；可用：{}", unit::all().join("、"))),
        },
    }
}

/// An input alone, for reading its own values.
impl Vocabulary for Input {
    fn resolve(&self, name: &str) -> Option<Variable> {
        (name == self.name).then(|| Variable { slot: 0, kind: self.kind.clone() })
    }

    fn names(&self) -> Vec<String> {
        vec![self.name.clone()]
    }
}
