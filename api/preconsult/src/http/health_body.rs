//! Health articles for a patient's app.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A question and what narrows it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// In the patient's words, pinyin or first letters; what goes beyond 100 characters is not read.
    pub(super) q: String,
    /// 儿童、青少年、成人、老人、孕妇、女性或男性.
    #[serde(rename = "for")]
    #[param(rename = "for", pattern = "^(儿童|青少年|成人|老人|孕妇|女性|男性)$")]
    pub(super) audience: Option<String>,
    /// Code of a clinical department; one with subdivisions covers them.
    pub(super) department: Option<String>,
    /// Most hits, 1 to 50.
    #[param(default = 10, maximum = 4_294_967_295_u32)]
    pub(super) limit: Option<usize>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FoundBody {
    pub(super) heard: Vec<HeardBody>,
    /// No article fits well; `near` and `ways` lead on.
    pub(super) is_loose: bool,
    pub(super) hits: Vec<HitBody>,
    /// Names that may have been meant.
    pub(super) near: Vec<String>,
    pub(super) ways: Vec<WayBody>,
}

/// A concept that was understood.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HeardBody {
    #[schema(example = "痛风")]
    pub(super) label: String,
    #[schema(example = "tongfeng")]
    pub(super) said: String,
    /// It was spelt otherwise.
    pub(super) is_guess: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HitBody {
    pub(super) id: String,
    pub(super) title: Marked,
    /// Heading of the section the excerpt stands in.
    pub(super) section: &'static str,
    pub(super) excerpt: Marked,
    /// Why it stands here, strongest first.
    pub(super) reasons: Vec<String>,
}

/// A text in pieces, in order; marked ones are what was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Marked(Vec<Piece>);

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Piece {
    text: String,
    is_marked: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WayBody {
    pub(super) text: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AdviceList {
    pub(super) items: Vec<AdviceBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AdviceBody {
    pub(super) id: String,
    pub(super) title: String,
    /// Strongest first.
    pub(super) reasons: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ArticleBody {
    pub(super) id: String,
    pub(super) title: String,
    /// A clinician has reviewed it.
    pub(super) is_reviewed: bool,
    /// For everybody when empty.
    pub(super) audience: Vec<&'static str>,
    pub(super) sections: Vec<SectionBody>,
    /// What the patient said of it before.
    pub(super) was_useful: Option<bool>,
    pub(super) related: Vec<RelatedBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SectionBody {
    #[schema(example = "何时就医")]
    pub(super) title: &'static str,
    /// Paragraphs and `- ` items, one a line.
    pub(super) text: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RelatedBody {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) reason: String,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct OpinionBody {
    pub(super) was_useful: bool,
}

impl Marked {
    pub(super) fn new(text: &str, marks: &[Range<usize>]) -> Self {
        let pieces = crate::pages::pieces(text, marks).into_iter();
        Self(pieces.map(|(is_marked, text)| Piece { text, is_marked }).collect())
    }
}
