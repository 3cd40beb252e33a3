//! Who owns a name: the graph first, then what the import made, in the order it was made.

use std::collections::BTreeMap;

use super::{Outcome, mapping::folded};
use crate::{ConceptKind, Kb};

/// A concept that a name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) key: String,
    pub(super) kind: ConceptKind,
    pub(super) how: Outcome,
}

/// Every name in use, as written and folded.
pub(super) struct Claims {
    exact: BTreeMap<String, Owner>,
    folded: BTreeMap<String, Owner>,
}

impl Claims {
    pub(super) fn of(base: &Kb) -> Self {
        let mut claims = Self { exact: BTreeMap::new(), folded: BTreeMap::new() };
        for concept in &base.concepts {
            claims.add(&concept.label, &concept.key, concept.kind, Outcome::Exact);
        }
        for concept in &base.concepts {
            for name in &concept.names {
                claims.add(name, &concept.key, concept.kind, Outcome::Alias);
            }
        }
        claims
    }

    /// The owner of a name. As written it must be unique in the graph; folded the first one wins.
    pub(super) fn find(&self, name: &str) -> Option<Owner> {
        if let Some(owner) = self.exact.get(name) {
            return Some(owner.clone());
        }
        let key = folded(name);
        let owner = self.folded.get(&key).filter(|_| !key.is_empty())?;
        Some(Owner { how: Outcome::Normalised, ..owner.clone() })
    }

    /// Gives a name to a concept; whoever has it keeps it.
    pub(super) fn add(&mut self, name: &str, key: &str, kind: ConceptKind, how: Outcome) {
        let owner = || Owner { key: key.to_owned(), kind, how };
        self.exact.entry(name.to_owned()).or_insert_with(owner);
        self.folded.entry(folded(name)).or_insert_with(owner);
    }
}
