//! Health articles: Markdown files under `articles/`, one per file, in six fixed sections of plain Chinese.

mod front;
mod read;
mod sections;
#[cfg(test)]
mod tests;

use crate::{ConceptId, Review};

pub(crate) use read::read;
pub(crate) use sections::is_han;

/// Who an article is for, or who a search is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// 儿童
    Child,
    /// 青少年
    Teenager,
    /// 成人
    Adult,
    /// 老人
    Elder,
    /// 孕妇
    Pregnant,
    /// 女性
    Female,
    /// 男性
    Male,
}

impl Audience {
    /// Every audience with its word in the files.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("儿童", Self::Child),
        ("青少年", Self::Teenager),
        ("成人", Self::Adult),
        ("老人", Self::Elder),
        ("孕妇", Self::Pregnant),
        ("女性", Self::Female),
        ("男性", Self::Male),
    ];

    /// Its word in the files and on the screen.
    pub fn label(self) -> &'static str {
        Self::NAMES.iter().find(|(_, audience)| *audience == self).map_or("", |(name, _)| name)
    }
}

/// Season in which an article matters most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Season {
    /// 春
    Spring,
    /// 夏
    Summer,
    /// 秋
    Autumn,
    /// 冬
    Winter,
}

impl Season {
    /// Every season with its word in the files.
    pub const NAMES: [(&'static str, Self); 4] =
        [("春", Self::Spring), ("夏", Self::Summer), ("秋", Self::Autumn), ("冬", Self::Winter)];

    /// The season of a month, 1–12, as the Shanghai year goes.
    pub fn of_month(month: u32) -> Self {
        match month {
            3..=5 => Self::Spring,
            6..=8 => Self::Summer,
            9..=11 => Self::Autumn,
            _ => Self::Winter,
        }
    }
}

/// The sections of an article, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// 概念: what it is.
    Concept,
    /// 预防: how to avoid it, or to avoid it coming back.
    Prevention,
    /// 饮食: what to eat and drink.
    Diet,
    /// 运动: how to move and rest.
    Exercise,
    /// 睡眠与日常: sleep and daily life.
    Daily,
    /// 何时就医: signs that need a doctor.
    Doctor,
}

impl Part {
    /// Every section with its heading, in the order that files keep.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("概念", Self::Concept),
        ("预防", Self::Prevention),
        ("饮食", Self::Diet),
        ("运动", Self::Exercise),
        ("睡眠与日常", Self::Daily),
        ("何时就医", Self::Doctor),
    ];

    /// Its heading.
    pub fn label(self) -> &'static str {
        Self::NAMES.iter().find(|(_, part)| *part == self).map_or("", |(name, _)| name)
    }
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Which.
    pub part: Part,
    /// Its text: paragraphs and `- ` list items, one a line, no other markup.
    pub text: String,
}

/// A health article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// File name without folder and ending; stable, part of the address of its page.
    pub id: String,
    /// Its file, relative to the data folder.
    pub file: String,
    /// Title.
    pub title: String,
    /// What it is about, usually a disease.
    pub about: ConceptId,
    /// Who is concerned; empty for everybody.
    pub audience: Vec<Audience>,
    /// When it matters most; empty for all year.
    pub seasons: Vec<Season>,
    /// Everyday phrasings people type when they need it.
    pub keywords: Vec<String>,
    /// The six sections in the order of [`Part::NAMES`].
    pub sections: Vec<Section>,
    /// Key of its source, e.g. `src:authored-2026`.
    pub source: String,
    /// Editorial state.
    pub review: Review,
    /// Day it was written, `YYYY-MM-DD`.
    pub written: String,
    /// Day it was last reviewed, `YYYY-MM-DD`; there exactly when it is reviewed.
    pub reviewed: Option<String>,
}

impl Article {
    /// The text of a section.
    pub fn section(&self, part: Part) -> &str {
        self.sections.iter().find(|section| section.part == part).map_or("", |section| &section.text)
    }
}
