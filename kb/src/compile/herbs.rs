//! What a release says of herbal pieces and sources.

use super::Kb;
use crate::herb::{Clash, Herb, HerbGroup, HerbId, Incompatibility, Named};

impl Kb {
    /// The herbal pieces in the order of their keys; a [`HerbId`] is a position.
    pub fn herbs(&self) -> &[Herb] {
        &self.herbs.list
    }

    /// The piece behind an index.
    pub fn herb(&self, id: HerbId) -> &Herb {
        &self.herbs.list[id.index()]
    }

    /// The piece of a key, e.g. `herb:fuzi`.
    pub fn herb_id(&self, key: &str) -> Option<HerbId> {
        self.herbs.by_key(key)
    }

    /// What a name on a prescription means: exactly as written but for space around it.
    pub fn herb_named(&self, name: &str) -> Named {
        self.herbs.named(name)
    }

    /// The families of the incompatibility verses, in the order of their keys.
    pub fn herb_groups(&self) -> &[HerbGroup] {
        &self.herbs.groups
    }

    /// Every pair of the verses in the order of their keys, rejected ones among them.
    pub fn incompatibilities(&self) -> &[Incompatibility] {
        &self.herbs.pairs
    }

    /// What the verses say of two pieces, whichever comes first; empty when nothing.
    pub fn clashes(&self, a: HerbId, b: HerbId) -> Vec<Clash<'_>> {
        self.herbs.clashes(a, b)
    }

    /// Name of a source, e.g. of `src:chp-2020`.
    pub fn source_label(&self, key: &str) -> Option<&str> {
        self.source_labels.get(key).map(String::as_str)
    }
}
