//! Names and labels, and what was probably meant by a wrong one.

use super::{
    super::{error::At, suggest::nearest, vocabulary::Variable},
    Checker,
};

impl Checker<'_> {
    pub(super) fn variable(&mut self, at: At, name: &str) -> Option<Variable> {
        let variable = self.vocabulary.resolve(name);
        if let Some(variable) = &variable {
            if !self.variables.iter().any(|(slot, _)| *slot == variable.slot) {
                self.variables.push((variable.slot, variable.kind.clone()));
            }
        } else {
            let message = self.unknown(name);
            self.errors.push(at.error("EX002", message));
        }
        variable
    }

    /// Position of a label.
    pub(super) fn label(&mut self, at: At, name: &str, labels: &[String], label: &str) -> Option<u16> {
        let position = labels.iter().position(|known| known == label);
        if let Some(index) = position.and_then(|position| u16::try_from(position).ok()) {
            return Some(index);
        }
        let similar = nearest(label, labels).map_or_else(String::new, |other| format!("；是不是“{other}”？"));
        let known = labels.join("、");
        self.refuse(at, "EX004", format!("“{name}”没有“{label}”这种取值，可用：{known}{similar}"))
    }

    fn unknown(&self, name: &str) -> String {
        if let Some(spaced) = self.spaced(name) {
            return format!("没有“{name}”这个名称；关键词两边要空格：{spaced}");
        }
        let names = self.vocabulary.names();
        let suggestion = match name.split_once('.') {
            Some((concept, attribute)) if self.vocabulary.resolve(concept).is_some() => {
                let own: Vec<String> =
                    names.iter().filter(|other| other.starts_with(&format!("{concept}."))).cloned().collect();
                match nearest(name, &own).or_else(|| own.first().cloned()) {
                    None => return format!("“{concept}”没有“{attribute}”这一项"),
                    found => found,
                }
            }
            Some((concept, attribute)) => nearest(concept, &names)
                .map(|concept| format!("{concept}.{attribute}"))
                .filter(|full| self.vocabulary.resolve(full).is_some())
                .or_else(|| nearest(name, &names)),
            None => nearest(name, &names),
        };
        let suggestion = suggestion.map_or_else(String::new, |other| format!("；是不是“{other}”？"));
        format!("没有“{name}”这个名称{suggestion}")
    }

    /// `发热且咳嗽` was meant as two names.
    fn spaced(&self, name: &str) -> Option<String> {
        if let Some(rest) = name.strip_prefix('非').filter(|rest| self.vocabulary.resolve(rest).is_some()) {
            return Some(format!("非 {rest}"));
        }
        name.char_indices().filter(|(_, c)| matches!(c, '且' | '或')).find_map(|(index, sign)| {
            let (left, right) = (&name[..index], &name[index + sign.len_utf8()..]);
            let is_known = |part| self.vocabulary.resolve(part).is_some();
            (is_known(left) && is_known(right)).then(|| format!("{left} {sign} {right}"))
        })
    }
}
