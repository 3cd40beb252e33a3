//! Names and labels, and what was probably meant by a wrong one.

use super::{
    super::{error::At, suggest::nearest, unit, vocabulary::Variable},
    Checker,
};

/// After so many errors no more likenesses are looked for: it takes all names for each.
const MAX_SUGGESTIONS: usize = 20;
/// Longer names are like no other.
const MAX_CHARS: usize = 64;

impl Checker<'_> {
    pub(super) fn variable(&mut self, at: At, name: &str) -> Option<Variable> {
        let variable = self.vocabulary.resolve(name);
        if let Some(variable) = &variable {
            if !self.variables.iter().any(|(slot, _)| *slot == variable.slot) {
                self.variables.push((variable.slot, variable.kind.clone()));
            }
        } else {
            let (code, message) = self.unknown(name);
            self.errors.push(at.error(code, message));
        }
        variable
    }

    /// Position of a label.
    pub(super) fn label(&mut self, at: At, name: &str, labels: &[String], label: &str) -> Option<u16> {
        let position = labels.iter().position(|known| known == label);
        if let Some(index) = position.and_then(|position| u16::try_from(position).ok()) {
            return Some(index);
        }
        let similar = meant(self.similar(label, labels).as_deref());
        let known = labels.join("、");
        self.refuse(at, "EX004", format!("“{name}”没有“{label}”这种取值，可用：{known}{similar}"))
    }

    fn similar(&self, name: &str, names: &[String]) -> Option<String> {
        let is_worth_it = self.errors.len() < MAX_SUGGESTIONS && name.chars().count() <= MAX_CHARS;
        is_worth_it.then(|| nearest(name, names.iter().map(String::as_str))).flatten().map(str::to_owned)
    }

    fn unknown(&self, name: &str) -> (&'static str, String) {
        if let Some(spaced) = self.spaced(name) {
            let sign = if spaced.contains(" - ") { "减号" } else { "关键词" };
            return ("EX002", format!("没有“{name}”这个名称；{sign}两边要空格：{spaced}"));
        }
        let names = self.vocabulary.names();
        let suggestion = match name.split_once('.') {
            Some((concept, attribute)) if self.vocabulary.resolve(concept).is_some() => {
                let own: Vec<String> =
                    names.iter().filter(|other| other.starts_with(&format!("{concept}."))).cloned().collect();
                match self.similar(name, &own).or_else(|| own.first().cloned()) {
                    None => return ("EX002", format!("“{concept}”没有“{attribute}”这一项")),
                    found => found,
                }
            }
            Some((concept, attribute)) => self
                .similar(concept, &names)
                .map(|concept| format!("{concept}.{attribute}"))
                .filter(|full| self.vocabulary.resolve(full).is_some())
                .or_else(|| self.similar(name, &names)),
            None => self.similar(name, &names),
        };
        match (suggestion, misread(name)) {
            (None, Some(misread)) => misread,
            (suggestion, _) => ("EX002", format!("没有“{name}”这个名称{}", meant(suggestion.as_deref()))),
        }
    }

    /// `发热且咳嗽` was meant as two names.
    fn spaced(&self, name: &str) -> Option<String> {
        if let Some(rest) = name.strip_prefix('非').filter(|rest| self.vocabulary.resolve(rest).is_some()) {
            return Some(format!("非 {rest}"));
        }
        name.char_indices().filter(|(_, c)| matches!(c, '且' | '或' | '-')).find_map(|(index, sign)| {
            let (left, right) = (&name[..index], &name[index + sign.len_utf8()..]);
            let is_known = |part: &str| {
                self.vocabulary.resolve(part).is_some() || sign == '-' && part.parse::<f64>().is_ok()
            };
            let is_name = |part: &str| self.vocabulary.resolve(part).is_some();
            let is_two = is_known(left) && is_known(right) && (is_name(left) || is_name(right));
            is_two.then(|| format!("{left} {sign} {right}"))
        })
    }
}

/// What begins with digits was meant as a number or a date.
fn misread(name: &str) -> Option<(&'static str, String)> {
    let is_digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let rest = name.trim_start_matches(is_digit);
    if rest.len() == name.len() {
        return None;
    }
    let is_dated = |c: char| is_digit(c) || matches!(c, '-' | '年' | '月' | '日');
    if rest.chars().all(is_dated) && !rest.is_empty() {
        return Some(("EX008", format!("“{name}”不是日期，要写全年月日，例如 2026-11-23；减号两边要空格")));
    }
    if rest.chars().all(|c| is_digit(c) || c == '.') {
        return Some(("EX008", format!("“{name}”不是一个数")));
    }
    let units: Vec<String> = unit::all().iter().map(|unit| (*unit).to_owned()).collect();
    let similar = nearest(rest, units.iter().map(String::as_str));
    Some(("EX005", format!("没有“{rest}”这个单位，可用：{}{}", units.join("、"), meant(similar))))
}

fn meant(similar: Option<&str>) -> String {
    similar.map_or_else(String::new, |other| format!("；是不是“{other}”？"))
}
