//! Who owns a name: the graph first, then what the import made, in the order it was made.

use std::collections::{BTreeMap, BTreeSet};

use oxrdf::{NamedNodeRef, Term};

use super::{Outcome, mapping::folded};
use crate::{ConceptKind, Kb};

/// Names that may mean either of two concepts.
const AMBIGUOUS: &str = "urn:jiuyi:ontology:ambiguous";

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
    ambiguous: BTreeSet<String>,
}

impl Claims {
    pub(super) fn of(base: &Kb) -> Self {
        let mut claims = Self { exact: BTreeMap::new(), folded: BTreeMap::new(), ambiguous: ambiguous(base) };
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

    /// Whether the graph says that a name may mean different things.
    pub(super) fn is_ambiguous(&self, name: &str) -> bool {
        self.ambiguous.contains(name)
    }

    /// Gives a name to a concept; whoever has it keeps it.
    pub(super) fn add(&mut self, name: &str, key: &str, kind: ConceptKind, how: Outcome) {
        let owner = || Owner { key: key.to_owned(), kind, how };
        self.exact.entry(name.to_owned()).or_insert_with(owner);
        self.folded.entry(folded(name)).or_insert_with(owner);
    }
}

fn ambiguous(base: &Kb) -> BTreeSet<String> {
    let property = NamedNodeRef::new_unchecked(AMBIGUOUS);
    let quads = base.store.quads_for_pattern(None, Some(property), None, None);
    let texts = quads.filter_map(|quad| match quad.ok()?.object {
        Term::Literal(literal) => Some(literal.value().to_owned()),
        Term::NamedNode(_) | Term::BlankNode(_) => None,
    });
    texts.collect()
}
