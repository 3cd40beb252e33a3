//! The names conditions may use, and the slots behind them.

use kb::{Kb, herb::Method};

use super::names::Unit;
use crate::expr::{Kind, Variable, Vocabulary};

/// Names of the whole prescription; the slot is the position.
pub(super) const WHOLE: [&str; 18] = [
    "年龄",
    "月龄",
    "性别",
    "妊娠",
    "哺乳",
    "剂数",
    "味数",
    "总量",
    "急诊",
    "有理由",
    "诊断数",
    "证候数",
    "剂型",
    "开具天数",
    "有效天数",
    "代煎",
    "有用法",
    "药",
];
/// Names of a line; the slot is the position and [`FIRST`].
pub(super) const LINE: [&str; 17] = [
    "品名",
    "写名",
    "剂量",
    "下限",
    "上限",
    "合计",
    "合计上限",
    "毒性",
    "孕妇",
    "脚注",
    "应注",
    "名称",
    "单位",
    "脚注不明",
    "家族",
    "注意",
    "限量",
];
/// Slot of the first name of a line.
pub(super) const FIRST: u32 = 32;
/// Slot of the group of lines.
pub(super) const LINES: u32 = 17;

/// Values of 剂型.
pub(super) const FORMS: [&str; 5] = ["汤剂", "颗粒", "膏方", "丸散", "外用"];
/// Values of 性别.
pub(super) const SEXES: [&str; 2] = ["男", "女"];
/// Values of 药.毒性.
pub(super) const TOXICITIES: [&str; 4] = ["无", "小毒", "有毒", "大毒"];
/// Values of 药.孕妇.
pub(super) const PREGNANCIES: [&str; 4] = ["无", "慎用", "忌用", "禁用"];
/// Values of 药.名称.
pub(super) const STATES: [&str; 5] = ["已识别", "有歧义", "并开", "并开之一", "不认识"];

/// What conditions are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// One line after the other.
    Line,
    /// The whole prescription.
    Whole,
}

/// The labels that come from the graph.
#[derive(Debug, Clone, Default)]
pub(super) struct Labels {
    pub(super) herbs: Vec<String>,
    pub(super) families: Vec<String>,
    pub(super) cautions: Vec<String>,
}

impl Labels {
    pub(super) fn of(kb: &Kb) -> Self {
        let of = |herb: &kb::herb::Herb| {
            let sure = herb.cautions.iter().filter(|caution| caution.is_verified);
            sure.map(|caution| caution.value.when.clone()).filter(|when| !when.is_empty()).collect::<Vec<_>>()
        };
        let mut cautions: Vec<String> = kb.herbs().iter().flat_map(of).collect();
        cautions.sort();
        cautions.dedup();
        Self {
            herbs: kb.herbs().iter().map(|herb| herb.label.clone()).collect(),
            families: kb.herb_groups().iter().map(|group| group.label.clone()).collect(),
            cautions,
        }
    }
}

/// The vocabulary of one scope.
pub(super) struct Terms<'a> {
    pub(super) labels: &'a Labels,
    pub(super) scope: Scope,
}

impl Terms<'_> {
    /// The kind of a slot, as a line has it.
    pub(super) fn kind(&self, slot: u32) -> Option<Kind> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let number = |unit| Kind::Number { unit };
        if let Some(name) = slot.checked_sub(FIRST).and_then(|at| LINE.get(at as usize)) {
            return Some(match *name {
                "品名" => Kind::Choice(self.labels.herbs.clone()),
                "写名" => Kind::Text,
                "毒性" => Kind::Choice(words(&TOXICITIES)),
                "孕妇" => Kind::Choice(words(&PREGNANCIES)),
                "脚注" | "应注" => Kind::Set(words(&Method::NAMES.map(|(name, _)| name))),
                "名称" => Kind::Choice(words(&STATES)),
                "单位" => Kind::Choice(words(&Unit::LABELS)),
                "脚注不明" => Kind::Truth,
                "家族" => Kind::Set(self.labels.families.clone()),
                "注意" => Kind::Set(self.labels.cautions.clone()),
                _ => number(Some("g")),
            });
        }
        Some(match *WHOLE.get(slot as usize)? {
            "年龄" => number(Some("岁")),
            "月龄" => number(Some("月")),
            "总量" => number(Some("g")),
            "开具天数" | "有效天数" => number(Some("天")),
            "剂数" | "味数" | "诊断数" | "证候数" => number(None),
            "性别" => Kind::Choice(words(&SEXES)),
            "剂型" => Kind::Choice(words(&FORMS)),
            "药" => Kind::Rows,
            _ => Kind::Truth,
        })
    }
}

impl Vocabulary for Terms<'_> {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let slot = slot(name)?;
        let kind = self.kind(slot)?;
        match self.scope {
            Scope::Line if slot == LINES => None,
            Scope::Whole if slot >= FIRST => {
                Some(Variable { slot, kind: Kind::Item { group: LINES, of: Box::new(kind) } })
            }
            _ => Some(Variable { slot, kind }),
        }
    }

    fn names(&self) -> Vec<String> {
        let lines = LINE.iter().map(|name| format!("药.{name}"));
        WHOLE.iter().map(|name| (*name).to_owned()).chain(lines).collect()
    }
}

/// The slot of a name.
pub(super) fn slot(name: &str) -> Option<u32> {
    let at = match name.strip_prefix("药.") {
        Some(item) => LINE.iter().position(|own| *own == item).and_then(|at| u32::try_from(at).ok())? + FIRST,
        None => WHOLE.iter().position(|own| *own == name).and_then(|at| u32::try_from(at).ok())?,
    };
    Some(at)
}

/// The name of a slot.
pub(super) fn name(slot: u32) -> String {
    match slot.checked_sub(FIRST).and_then(|at| LINE.get(at as usize)) {
        Some(item) => format!("药.{item}"),
        None => WHOLE.get(slot as usize).map_or_else(String::new, |name| (*name).to_owned()),
    }
}
