//! Herbal pieces (饮片) and which must not stand together.
//!
//! Herbs are a namespace of their own: no text of a patient mentions them as findings. A name means a piece
//! only when it is written exactly so (白附子 is not 附子); a name that may mean two pieces is
//! [`Named::Ambiguous`] and must be asked. What the sources leave in doubt is kept apart as not verified
//! ([`Stated::is_verified`]) and is never a ground to refuse a prescription by itself.

mod doubt;
mod incompatible;
mod names;
mod read;
#[cfg(test)]
mod tests;

pub(crate) use self::read::Herbs;
use crate::Review;
pub use incompatible::{Basis, Clash, Confidence, Entry, Incompatibility, RuleSet};

/// Index of a piece within one release; not stable between releases (keys are).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HerbId(pub u32);

impl HerbId {
    /// The index as a slice position.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a name on a prescription means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// This piece.
    One(HerbId),
    /// It may mean one of these; with a single one, even that is not verified. Ask.
    Ambiguous(Vec<HerbId>),
    /// No piece has this name.
    None,
}

/// A value with whether its source states it beyond doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated<T> {
    /// The value.
    pub value: T,
    /// False where the table it came from marks it as doubtful.
    pub is_verified: bool,
}

/// How toxic a piece is, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Toxicity {
    /// 小毒
    Slight,
    /// 有毒
    Toxic,
    /// 大毒
    Severe,
}

impl Toxicity {
    /// Every degree with its word in the pharmacopoeia.
    pub const NAMES: [(&'static str, Self); 3] =
        [("小毒", Self::Slight), ("有毒", Self::Toxic), ("大毒", Self::Severe)];
}

/// What the pharmacopoeia says to pregnant women, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pregnancy {
    /// 慎用
    Caution,
    /// 忌用
    Avoid,
    /// 禁用
    Forbidden,
}

impl Pregnancy {
    /// Every degree with its word in the pharmacopoeia.
    pub const NAMES: [(&'static str, Self); 3] =
        [("慎用", Self::Caution), ("忌用", Self::Avoid), ("禁用", Self::Forbidden)];
}

/// How a piece is decocted or taken (脚注) where it differs from plain boiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// 先煎: boiled ahead.
    First,
    /// 久煎: boiled long.
    Long,
    /// 后下: added late.
    Late,
    /// 包煎: boiled in a bag.
    Wrapped,
    /// 另煎: boiled apart.
    Apart,
    /// 另炖: stewed apart.
    Stewed,
    /// 同煎: boiled together.
    Together,
    /// 烊化: melted in.
    Melted,
    /// 溶入药汁冲服: dissolved in the decoction.
    Dissolved,
    /// 冲服: taken with the decoction.
    Infused,
    /// 泡服: steeped.
    Steeped,
    /// 研粉吞服: swallowed as powder.
    Powder,
    /// 煎汤代水: its decoction replaces the water.
    AsWater,
    /// 入丸散: only in pills and powders.
    Pills,
    /// 外用: on the skin.
    External,
    /// 可制酒剂: also steeped in spirit.
    Wine,
    /// 炮制后用: only after processing.
    Processed,
    /// 不宜久煎: not boiled long.
    NotLong,
    /// 不入煎剂: never boiled.
    NotBoiled,
}

impl Method {
    /// Every method with its word in the files.
    pub const NAMES: [(&'static str, Self); 19] = [
        ("先煎", Self::First),
        ("久煎", Self::Long),
        ("后下", Self::Late),
        ("包煎", Self::Wrapped),
        ("另煎", Self::Apart),
        ("另炖", Self::Stewed),
        ("同煎", Self::Together),
        ("烊化", Self::Melted),
        ("溶入药汁冲服", Self::Dissolved),
        ("冲服", Self::Infused),
        ("泡服", Self::Steeped),
        ("研粉吞服", Self::Powder),
        ("煎汤代水", Self::AsWater),
        ("入丸散", Self::Pills),
        ("外用", Self::External),
        ("可制酒剂", Self::Wine),
        ("炮制后用", Self::Processed),
        ("不宜久煎", Self::NotLong),
        ("不入煎剂", Self::NotBoiled),
    ];

    /// Its word in the files and on the screen.
    pub fn label(self) -> &'static str {
        Self::NAMES.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| name)
    }
}

/// Another caution: for whom or when, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caution {
    /// E.g. 运动员, 青光眼, 久服; empty where it holds for everybody.
    pub when: String,
    /// E.g. 慎用.
    pub what: String,
}

/// A family of pieces that the incompatibility verses treat alike, e.g. 乌头类.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HerbGroup {
    /// Stable key, e.g. `grp:wutoulei`.
    pub key: String,
    /// Name.
    pub label: String,
}

/// A herbal piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Herb {
    /// Its index.
    pub id: HerbId,
    /// Stable key, e.g. `herb:fuzi`.
    pub key: String,
    /// Name in the pharmacopoeia or in prescriptions.
    pub label: String,
    /// Other names that mean this piece only.
    pub names: Vec<String>,
    /// Names that may mean this or another piece.
    pub ambiguous: Vec<String>,
    /// Names that may mean this piece; the sources are in doubt.
    pub unverified_names: Vec<String>,
    /// The piece it is a processed form of.
    pub processed_of: Option<HerbId>,
    /// Families in the verses, by index into [`crate::Kb::herb_groups`].
    pub groups: Vec<Stated<usize>>,
    /// Smallest usual dose in a decoction, milligrams a day.
    pub dose_min_mg: Option<Stated<u32>>,
    /// Largest usual dose in a decoction, milligrams a day.
    pub dose_max_mg: Option<Stated<u32>>,
    /// What else is said of the dose; may be empty.
    pub dose_note: String,
    /// Toxicity; none where the source has no word for it.
    pub toxicity: Option<Stated<Toxicity>>,
    /// Pregnancy; none where the source has no word for it.
    pub pregnancy: Option<Stated<Pregnancy>>,
    /// How it is decocted or taken.
    pub methods: Vec<Stated<Method>>,
    /// Other cautions.
    pub cautions: Vec<Stated<Caution>>,
    /// Properties whose value is an open question, e.g. `jy:toxicity`: unknown, not absent.
    pub open: Vec<String>,
    /// Key of its source.
    pub source: String,
    /// Editorial state.
    pub review: Review,
}

impl Herb {
    /// Whether nothing is known of a property but that it needs to be looked up.
    pub fn is_open(&self, property: &str) -> bool {
        self.open.iter().any(|open| open == property)
    }
}
