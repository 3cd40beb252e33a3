//! The names of a form as expressions see them.

use std::cell::Cell;

use super::slots::{Plan, Role};
use crate::expr::{Kind, Variable, Vocabulary};

/// After so many misspelt names no more suggestions are looked for.
const SUGGESTED: u32 = 20;

/// The names of a form, from outside all groups or from inside one, where its items go by their short names.
pub(super) struct Names<'p> {
    plan: &'p Plan,
    group: Option<u32>,
    patient_only: bool,
    asked: &'p Cell<u32>,
}

impl<'p> Names<'p> {
    pub(super) fn new(plan: &'p Plan, group: Option<u32>, asked: &'p Cell<u32>) -> Self {
        Self { plan, group, patient_only: false, asked }
    }

    /// Only the patient's variables.
    pub(super) fn of_patient(plan: &'p Plan, asked: &'p Cell<u32>) -> Self {
        Self { plan, group: None, patient_only: true, asked }
    }

    /// The slot of a name, and whether its points are meant.
    pub(super) fn slot(&self, name: &str) -> Option<(u32, bool, bool)> {
        if let Some(group) = self.group {
            let full = format!("{}.{name}", self.plan.slot(group).path);
            if let Some(named) = self.plan.named(&full)
                && let Some(slot) = named.slot
            {
                return Some((slot, named.score, true));
            }
        }
        let named = self.plan.named(name)?;
        let slot = named.slot?;
        let allowed = !self.patient_only || matches!(self.plan.slot(slot).role, Role::Patient);
        allowed.then_some((slot, named.score, false))
    }
}

impl Vocabulary for Names<'_> {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let (slot, score, in_row) = self.slot(name)?;
        let info = self.plan.slot(slot);
        let kind = match &info.role {
            Role::Answer(domain) if score => {
                Kind::Score(domain.options.iter().map(|option| option.score.unwrap_or_default()).collect())
            }
            _ => info.kind.clone(),
        };
        let kind = match info.group {
            Some(group) if !in_row => Kind::Item { group, of: Box::new(kind) },
            _ => kind,
        };
        Some(Variable { slot, kind })
    }

    fn names(&self) -> Vec<String> {
        self.asked.set(self.asked.get() + 1);
        if self.asked.get() > SUGGESTED {
            return Vec::new();
        }
        let mut names: Vec<String> = Vec::new();
        for name in self.plan.all_names() {
            if self.plan.names[name].slot.is_none() || self.patient_only && self.slot(name).is_none() {
                continue;
            }
            let short = self
                .group
                .and_then(|group| name.strip_prefix(self.plan.slot(group).path.as_str())?.strip_prefix('.'));
            names.push(short.unwrap_or(name).to_owned());
        }
        names
    }
}
