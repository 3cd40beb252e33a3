//! From written names, units and notes to what they mean; exactly, after tidying how they are typed.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use kb::{
    Kb,
    herb::{HerbId, Method, Named},
};

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// This piece.
    One(HerbId),
    /// One of these, not said which.
    Ambiguous(Vec<HerbId>),
    /// All of these under one name (并开).
    Combined(Vec<HerbId>),
}

/// The names of the graph and of the tables 并开.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    known: HashMap<String, Meaning>,
}

impl Names {
    pub(super) fn of(kb: &Kb, combined: &BTreeMap<String, Vec<HerbId>>) -> Self {
        let mut known = HashMap::new();
        for herb in kb.herbs() {
            let own = std::iter::once(&herb.label);
            for name in own.chain(&herb.names).chain(&herb.ambiguous).chain(&herb.unverified_names) {
                let meaning = match kb.herb_named(name) {
                    Named::One(id) => Meaning::One(id),
                    Named::Ambiguous(ids) => Meaning::Ambiguous(ids),
                    Named::None => continue,
                };
                known.insert(tidy(name).into_owned(), meaning);
            }
        }
        for (name, ids) in combined {
            known.entry(tidy(name).into_owned()).or_insert_with(|| Meaning::Combined(ids.clone()));
        }
        Self { known }
    }

    /// The listed name a written one is, with what it means, and the note that stood in brackets behind it.
    pub(super) fn find(&self, written: &str) -> (Option<(&str, &Meaning)>, Option<Note>) {
        let name = tidy(written);
        let listed =
            |name: &str| self.known.get_key_value(name).map(|(name, meaning)| (name.as_str(), meaning));
        if let Some(found) = listed(&name) {
            return (Some(found), None);
        }
        let Some((outer, inner)) = name.strip_suffix('）').and_then(|open| open.split_once('（')) else {
            return (None, None);
        };
        if let Some(note) = note(inner) {
            return (listed(outer), Some(note));
        }
        ([format!("{inner}{outer}"), format!("{outer}{inner}")].iter().find_map(|name| listed(name)), None)
    }
}

/// A name as it is compared: without blanks, full-width letters as plain ones, every bracket as （ ）.
pub(super) fn tidy(name: &str) -> Cow<'_, str> {
    let is_odd = |sign: char| {
        sign.is_whitespace() || sign.is_ascii() || ('！'..='～').contains(&sign) || "【】〔〕".contains(sign)
    };
    if !name.contains(is_odd) {
        return Cow::Borrowed(name);
    }
    let plain = |sign: char| match sign {
        '(' | '（' | '[' | '［' | '【' | '〔' => Some('（'),
        ')' | '）' | ']' | '］' | '】' | '〕' => Some('）'),
        sign if sign.is_whitespace() => None,
        '！'..='～' => char::from_u32(u32::from(sign) - 0xFEE0).map(|sign| sign.to_ascii_lowercase()),
        sign => Some(sign.to_ascii_lowercase()),
    };
    Cow::Owned(name.chars().filter_map(plain).collect())
}

/// What a unit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// So many milligrams.
    Weight(u32),
    /// Pieces are counted.
    Count,
    /// Nothing we know.
    Unknown,
    /// Not written.
    Missing,
}

impl Unit {
    /// As rules call them.
    pub(super) const LABELS: [&'static str; 4] = ["克", "计数", "不认识", "未写"];

    pub(super) fn read(written: &str) -> Self {
        match tidy(written).as_ref() {
            "" => Self::Missing,
            "g" | "克" => Self::Weight(1000),
            "mg" | "毫克" => Self::Weight(1),
            "kg" | "千克" | "公斤" => Self::Weight(1_000_000),
            "枚" | "条" | "只" | "片" | "个" | "粒" | "对" | "张" | "支" | "根" | "扎" | "朵" | "瓣"
            | "头" => Self::Count,
            _ => Self::Unknown,
        }
    }

    pub(super) fn label(self) -> u16 {
        match self {
            Self::Weight(_) => 0,
            Self::Count => 1,
            Self::Unknown => 2,
            Self::Missing => 3,
        }
    }
}

/// What a note says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// A way of decocting or taking.
    Method(Method),
    /// Something the dispensary does, of no weight for the rules.
    Neutral,
}

/// The meaning of a note; none when we do not know it.
pub(super) fn note(written: &str) -> Option<Note> {
    let word = tidy(written);
    if let Some((_, method)) = Method::NAMES.iter().find(|(name, _)| *name == word) {
        return Some(Note::Method(*method));
    }
    Some(Note::Method(match word.as_ref() {
        "先下" | "先入" => Method::First,
        "后入" => Method::Late,
        "布包" | "布包煎" | "纱布包煎" => Method::Wrapped,
        "另煎兑服" | "单煎" => Method::Apart,
        "隔水炖" => Method::Stewed,
        "烊化兑服" | "烊冲" => Method::Melted,
        "溶化" | "溶入药汁" => Method::Dissolved,
        "兑服" | "研末冲服" | "研粉冲服" => Method::Infused,
        "吞服" | "研末吞服" | "研末" | "研粉" => Method::Powder,
        "打碎" | "捣碎" | "去心" | "去皮" | "自备" | "同煎" => return Some(Note::Neutral),
        _ => return None,
    }))
}

/// The position of a method among [`Method::NAMES`], as a bit.
pub(super) fn bit(method: Method) -> u64 {
    let at = Method::NAMES.iter().position(|(_, other)| *other == method);
    at.map_or(0, |at| 1 << at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_name_is_typed_does_not_matter() {
        assert_eq!(tidy(" 半 夏(姜) "), "半夏（姜）");
        assert_eq!(tidy("半夏【姜】"), "半夏（姜）");
        assert_eq!(tidy("Ｇ"), "g");
        assert!(matches!(tidy("附子"), Cow::Borrowed("附子")));
    }

    #[test]
    fn units_and_notes_are_known_or_not() {
        assert_eq!(Unit::read(" Ｇ "), Unit::Weight(1000));
        assert_eq!(Unit::read("条"), Unit::Count);
        assert_eq!(Unit::read("钱"), Unit::Unknown, "an old measure is asked");
        assert_eq!(note("布包"), Some(Note::Method(Method::Wrapped)));
        assert_eq!(note("打碎"), Some(Note::Neutral));
        assert_eq!(note("随便"), None);
    }
}
