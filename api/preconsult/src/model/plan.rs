use engine::About;
use serde::{Deserialize, Serialize};

/// What a consultation asks, as it was decided when it was begun.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// In the order they are gone through; none where the AI dialogue asks alone.
    pub questionnaires: Vec<Chosen>,
    pub intake: Intake,
    /// The day it was begun, in days since 1970-01-01.
    pub today: Option<i32>,
    /// Why these: the rules that were applied and what they looked at.
    pub reasons: Vec<String>,
    /// What would have to be known for other rules to apply.
    pub open: Vec<String>,
}

/// A questionnaire of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// Under which its answers are kept: id in the release, or [`Chosen::OWN`] with the version of a template.
    pub key: String,
    pub title: String,
}

/// What is known of a visit before the first question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intake {
    /// What it is about, in the words of the matching rules.
    pub complaint: Option<String>,
    pub is_first: Option<bool>,
    pub is_pregnant: Option<bool>,
    /// Known chronic diseases, in the words of the matching rules; an empty list says there are none.
    pub chronic: Option<Vec<String>>,
}

impl Chosen {
    /// What the key of an institution's own template begins with.
    pub const OWN: &str = "template:";
}

impl Plan {
    pub fn about(&self) -> About {
        About { today: self.today, is_first: self.intake.is_first, is_pregnant: self.intake.is_pregnant }
    }
}
