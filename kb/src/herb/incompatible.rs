//! Pairs that must not stand in one prescription: 十八反, 十九畏.

use super::{HerbId, Herbs, Stated};
use crate::Review;

/// Which verses a pair comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleSet {
    /// 十八反
    Eighteen,
    /// 十九畏
    Nineteen,
}

impl RuleSet {
    /// Both with their names.
    pub const NAMES: [(&'static str, Self); 2] = [("十八反", Self::Eighteen), ("十九畏", Self::Nineteen)];

    /// Its name.
    pub fn label(self) -> &'static str {
        Self::NAMES.iter().find(|(_, set)| *set == self).map_or("", |(name, _)| name)
    }
}

/// How sure it is that the pair belongs to the rule, surest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Some review systems warn, the pharmacopoeia does not.
    Low,
    /// Customary.
    Medium,
    /// Undisputed.
    High,
}

impl Confidence {
    /// Every degree with its word in the files.
    pub const NAMES: [(&'static str, Self); 3] =
        [("low", Self::Low), ("medium", Self::Medium), ("high", Self::High)];
}

/// Whether the pharmacopoeia's entry of one side names the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entry {
    /// 列明: it does.
    Listed,
    /// 同生品: as the entry of the raw piece does.
    AsRaw,
    /// 未列: it does not.
    Silent,
    /// 无条目: there is no entry.
    Absent,
}

impl Entry {
    /// Every state with its word in the files.
    pub const NAMES: [(&'static str, Self); 4] =
        [("列明", Self::Listed), ("同生品", Self::AsRaw), ("未列", Self::Silent), ("无条目", Self::Absent)];
}

/// Two pieces that the verses keep apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incompatibility {
    /// Stable key, e.g. `inc:chuanwu-banxia`.
    pub key: String,
    /// One piece.
    pub left: HerbId,
    /// The other.
    pub right: HerbId,
    /// Which verses.
    pub rule_set: RuleSet,
    /// The line of the verses, for the screen.
    pub verse: String,
    /// What the pharmacopoeia's entry of the left piece says.
    pub left_entry: Option<Stated<Entry>>,
    /// What the pharmacopoeia's entry of the right piece says.
    pub right_entry: Option<Stated<Entry>>,
    /// How sure it is.
    pub confidence: Confidence,
    /// A remark; may be empty.
    pub note: String,
    /// Key of its source.
    pub source: String,
    /// Editorial state; a rejected pair is never found.
    pub review: Review,
}

/// Why a pair holds for the two pieces asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// The pair names both pieces.
    Named,
    /// The pair names what one or both are processed from.
    Processed,
}

/// A pair found between two pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clash<'a> {
    /// The pair.
    pub pair: &'a Incompatibility,
    /// Why it holds here.
    pub basis: Basis,
    /// False where the pair's confidence is not high or a piece's family is in doubt: warn, don't refuse.
    pub is_verified: bool,
}

impl Herbs {
    /// What the verses say of two pieces, whichever comes first. A pair that names both goes before one
    /// that names what they are processed from.
    pub(crate) fn clashes(&self, a: HerbId, b: HerbId) -> Vec<Clash<'_>> {
        let (left, right) = (self.forms(a), self.forms(b));
        for distance in 0..left.len() + right.len() {
            let mut found = Vec::new();
            for (at, one) in left.iter().enumerate() {
                let Some(other) = distance.checked_sub(at).and_then(|rest| right.get(rest)) else { continue };
                found.extend(self.pair(*one, *other));
            }
            if !found.is_empty() {
                let basis = if distance == 0 { Basis::Named } else { Basis::Processed };
                let is_sure = |id: HerbId| self.list[id.index()].groups.iter().all(|g| g.is_verified);
                let is_sure = distance == 0 || (is_sure(a) && is_sure(b));
                let clash = |pair: &'_ Incompatibility| is_sure && pair.confidence == Confidence::High;
                return found
                    .into_iter()
                    .map(|pair| Clash { pair, basis, is_verified: clash(pair) })
                    .collect();
            }
        }
        Vec::new()
    }

    fn pair(&self, a: HerbId, b: HerbId) -> Option<&Incompatibility> {
        self.by_pair.get(&(a.min(b), a.max(b))).map(|at| &self.pairs[*at])
    }

    /// A piece and what it is processed from, nearest first; circles were refused before.
    fn forms(&self, id: HerbId) -> Vec<HerbId> {
        let mut forms = vec![id];
        let mut next = self.list[id.index()].processed_of;
        while let Some(raw) = next.filter(|raw| !forms.contains(raw)) {
            forms.push(raw);
            next = self.list[raw.index()].processed_of;
        }
        forms
    }
}
