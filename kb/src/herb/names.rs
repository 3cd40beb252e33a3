//! From a written name to a piece.

use std::collections::BTreeMap;

use super::{Herb, HerbId, Named};

/// What every name means. A piece's own name always means it; a name declared ambiguous or in doubt never
/// means one piece by itself.
pub(super) fn meanings(herbs: &[Herb]) -> BTreeMap<String, Named> {
    let mut sure: BTreeMap<String, HerbId> = BTreeMap::new();
    let mut unsure: BTreeMap<String, Vec<HerbId>> = BTreeMap::new();
    for herb in herbs {
        for name in &herb.names {
            sure.entry(name.clone()).or_insert(herb.id);
        }
        for name in herb.ambiguous.iter().chain(&herb.unverified_names) {
            unsure.entry(name.clone()).or_default().push(herb.id);
        }
    }
    let mut meanings: BTreeMap<String, Named> = BTreeMap::new();
    for (name, mut ids) in unsure {
        ids.extend(sure.get(&name));
        ids.sort_unstable();
        ids.dedup();
        meanings.insert(name, Named::Ambiguous(ids));
    }
    for (name, id) in sure {
        meanings.entry(name).or_insert(Named::One(id));
    }
    for herb in herbs {
        meanings.insert(herb.label.clone(), Named::One(herb.id));
    }
    meanings
}
