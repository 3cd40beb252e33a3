//! Which health articles fit a person now: from what they told, what they have, the season and what they read.
//!
//! What a consultation suspects is no ground: an article that is shown because of it would tell the patient of a
//! suspicion no doctor has looked at. Grounds are what the person said, in their own words.

mod score;
#[cfg(test)]
mod tests;

use kb::{Audience, ConceptId, ConceptKind, Kb, Season};
use nlp::Status;

use crate::{Dialogue, Engine, Profile};

/// The person articles are chosen for.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Age and sex.
    pub profile: Profile,
    /// Month of the year, 1–12.
    pub month: u32,
    /// What they told of late.
    pub told: Told,
    /// What they read and what they thought of it.
    pub read: Vec<Read>,
}

/// What a person said of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Symptoms they have, complaints first.
    pub symptoms: Vec<ConceptId>,
    /// Diseases and risks they have or had.
    pub history: Vec<ConceptId>,
}

/// An article somebody opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its id.
    pub article: String,
    /// Whole days ago.
    pub days_ago: u32,
    /// Whether it was of use; none when not said.
    pub was_useful: Option<bool>,
}

/// What everybody thought of an article; known of many only, never of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// People who found it useful.
    pub useful: u32,
    /// People who did not.
    pub useless: u32,
}

/// A recommended article.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommendation {
    /// Position in [`Kb::articles`].
    pub article: usize,
    /// For the order.
    pub score: f32,
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
}

/// A reason with its share of the score.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// What it rests on.
    pub ground: Ground,
    /// Its share.
    pub points: f32,
}

/// What a recommendation rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// The person has or had it.
    Has(ConceptId),
    /// The person told of it.
    Told(ConceptId),
    /// It matters most in this season.
    Season(Season),
    /// It is written for people like them.
    For(Audience),
    /// They found others of this department useful: position in [`Kb::departments`].
    Liked(usize),
    /// Many found it useful.
    Praised,
    /// It is common at this age.
    Common,
}

impl Ground {
    /// As the person reads it.
    pub fn text(&self, kb: &Kb) -> String {
        match self {
            Self::Has(concept) => format!("您的病史里有{}", kb.concept(*concept).label),
            Self::Told(symptom) => format!("您说到{}", kb.concept(*symptom).label),
            Self::Season(season) => {
                let name = Season::NAMES.iter().find(|(_, of)| of == season).map_or("", |(name, _)| name);
                format!("{name}季要留心")
            }
            Self::For(audience) => format!("写给{}", audience.label()),
            Self::Liked(department) => format!("您觉得{}的文章有用", kb.departments[*department].label),
            Self::Praised => "很多人觉得有用".to_owned(),
            Self::Common => "这个年龄常见".to_owned(),
        }
    }
}

impl Engine {
    /// What the patient of a dialogue said they have.
    pub fn told(&self, dialogue: &Dialogue) -> Told {
        let case = &dialogue.case;
        let mut told = Told { symptoms: case.complaints.clone(), history: Vec::new() };
        for &id in &case.order {
            let is_there = case.known(id).is_some_and(|known| known.status == Status::Yes);
            let into = match self.kb().concept(id).kind {
                ConceptKind::Symptom => &mut told.symptoms,
                ConceptKind::Disease | ConceptKind::Risk => &mut told.history,
                ConceptKind::Drug | ConceptKind::Allergen => continue,
            };
            if is_there && !into.contains(&id) {
                into.push(id);
            }
        }
        told
    }

    /// Articles for a person, best first, no two alike; nothing read within the last [`AGAIN`] days, nothing they
    /// found useless. `tally` tells what everybody thought of an article.
    pub fn recommend(
        &self,
        reader: &Reader,
        tally: &dyn Fn(&str) -> Tally,
        limit: usize,
    ) -> Vec<Recommendation> {
        let kb = self.kb();
        let scored = score::all(kb, reader, tally);
        diverse(kb, scored, limit)
    }
}

/// Days before an article that was read may come again.
pub const AGAIN: u32 = 30;
/// What an article loses for being about the same disease, being easily taken for it, or for its department.
const ALIKE: [f32; 3] = [100.0, 1.2, 0.8];

/// One after the other the best that is least like what is already there.
fn diverse(kb: &Kb, mut scored: Vec<Recommendation>, limit: usize) -> Vec<Recommendation> {
    let mut chosen: Vec<Recommendation> = Vec::new();
    while chosen.len() < limit {
        let worth = |one: &Recommendation| -> f32 {
            one.score - chosen.iter().map(|other| likeness(kb, one.article, other.article)).sum::<f32>()
        };
        let best = (0..scored.len()).max_by(|&a, &b| {
            worth(&scored[a]).total_cmp(&worth(&scored[b])).then(scored[b].article.cmp(&scored[a].article))
        });
        let Some(best) = best.filter(|&at| worth(&scored[at]) > 0.0) else { break };
        chosen.push(scored.remove(best));
    }
    chosen
}

fn likeness(kb: &Kb, a: usize, b: usize) -> f32 {
    let about = |article: usize| kb.articles()[article].about;
    if about(a) == about(b) {
        return ALIKE[0];
    }
    let disease = |article: usize| kb.disease_position(about(article)).map(|at| &kb.diseases[at]);
    let (Some(first), Some(second)) = (disease(a), disease(b)) else { return 0.0 };
    let names = |one: &kb::Disease, other: &kb::Disease| {
        one.differentials.iter().any(|differential| differential.disease == other.id)
    };
    let confused = names(first, second) || names(second, first);
    let together = first.departments.first() == second.departments.first();
    let mut likeness = 0.0;
    if confused {
        likeness += ALIKE[1];
    }
    if together {
        likeness += ALIKE[2];
    }
    likeness
}
