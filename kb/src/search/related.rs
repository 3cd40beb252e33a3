//! Articles that belong together, by the graph.

use super::graph::{Weights, disease};
use crate::{ConceptId, Kb, Review};

/// What links two articles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Both are about the same thing.
    Same,
    /// The two diseases are easily taken for each other; what tells them apart.
    TellApart(String),
    /// One is a kind of the other.
    Kin,
    /// They share these symptoms, most telling first.
    Symptoms(Vec<ConceptId>),
}

impl Link {
    /// As a reader of the page understands it.
    pub fn text(&self, kb: &Kb) -> String {
        match self {
            Self::Same => "讲同一个病".to_owned(),
            Self::TellApart(sign) => format!("容易混淆，看{sign}"),
            Self::Kin => "同一类病".to_owned(),
            Self::Symptoms(symptoms) => {
                let labels = symptoms.iter().map(|id| kb.concept(*id).label.as_str());
                format!("都可有{}", labels.collect::<Vec<_>>().join("、"))
            }
        }
    }
}

/// An article that belongs to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// Position in [`Kb::articles`].
    pub article: usize,
    /// How closely, for the order.
    pub score: f32,
    /// What links them, strongest first.
    pub links: Vec<Link>,
}

const SAME: f32 = 2.0;
const TELL_APART: f32 = 1.0;
const KIN: f32 = 0.8;
/// Likeness by symptoms from which on it is a link, and symptoms told.
const ALIKE: f32 = 0.25;
const N_SYMPTOMS: usize = 3;

pub(super) fn related(
    kb: &Kb,
    weights: &Weights,
    about: &[Vec<u32>],
    article: usize,
    limit: usize,
) -> Vec<Related> {
    let Some(article_about) = kb.articles().get(article).map(|article| article.about) else {
        return Vec::new();
    };
    let likeness = disease(kb, article_about).map(|disease| alike(kb, weights, disease));
    let mut all: Vec<Related> = Vec::new();
    for (concept, articles) in kb.concepts.iter().zip(about).filter(|(_, articles)| !articles.is_empty()) {
        let mut links = Vec::new();
        let mut score = 0.0;
        let mut link = |link, points: f32| {
            links.push((link, points));
            score += points;
        };
        if concept.id == article_about {
            link(Link::Same, SAME);
        } else {
            if let Some(tell_apart) = tell_apart(kb, article_about, concept.id) {
                link(Link::TellApart(tell_apart), TELL_APART);
            }
            if concept.broader.contains(&article_about)
                || kb.concept(article_about).broader.contains(&concept.id)
            {
                link(Link::Kin, KIN);
            }
            if let (Some(likeness), Some(from), Some(to)) =
                (&likeness, disease(kb, article_about), disease(kb, concept.id))
                && likeness[to] >= ALIKE
            {
                link(Link::Symptoms(shared(kb, weights, from, to)), likeness[to]);
            }
        }
        links.sort_by(|a, b| b.1.total_cmp(&a.1));
        let links: Vec<Link> = links.into_iter().map(|(link, _)| link).collect();
        let others = articles.iter().map(|other| *other as usize).filter(|other| *other != article);
        let shown = others.filter(|other| kb.articles()[*other].review != Review::Rejected);
        all.extend(shown.filter(|_| score > 0.0).map(|article| Related {
            article,
            score,
            links: links.clone(),
        }));
    }
    all.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.article.cmp(&b.article)));
    all.truncate(limit);
    all
}

/// What tells two diseases apart, written at either.
fn tell_apart(kb: &Kb, a: ConceptId, b: ConceptId) -> Option<String> {
    let written = |from, to| {
        let differentials = &kb.diseases[disease(kb, from)?].differentials;
        let found = differentials.iter().find(|differential| differential.disease == to)?;
        Some(found.tell_apart.clone())
    };
    written(a, b).or_else(|| written(b, a))
}

/// Cosine of the weighted symptoms of one disease with those of every other.
fn alike(kb: &Kb, weights: &Weights, disease: usize) -> Vec<f32> {
    let weight = |symptom: usize, probability: f32| weights.symptoms[symptom] * probability;
    let mut sums = vec![0.0f32; kb.diseases.len()];
    let norm = |of: usize| {
        let links = kb.index.symptoms_of(of).iter();
        links
            .map(|link| weight(link.symptom as usize, link.frequency.probability()).powi(2))
            .sum::<f32>()
            .sqrt()
    };
    for link in kb.index.symptoms_of(disease) {
        let symptom = link.symptom as usize;
        let own = weight(symptom, link.frequency.probability());
        for other in kb.index.diseases_of(symptom) {
            sums[other.disease as usize] += own * weight(symptom, other.probability);
        }
    }
    let own = norm(disease);
    let scaled = |(at, sum): (usize, f32)| if sum > 0.0 { sum / (own * norm(at)) } else { 0.0 };
    sums.into_iter().enumerate().map(scaled).collect()
}

fn shared(kb: &Kb, weights: &Weights, a: usize, b: usize) -> Vec<ConceptId> {
    let mut shared: Vec<(f32, ConceptId)> = kb
        .index
        .symptoms_of(a)
        .iter()
        .filter_map(|link| {
            let symptom = link.symptom as usize;
            let other = kb.index.link(symptom, b)?;
            let weight = weights.symptoms[symptom] * link.frequency.probability() * other.probability;
            Some((weight, kb.symptoms[symptom].id))
        })
        .collect();
    shared.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    shared.into_iter().take(N_SYMPTOMS).map(|(_, id)| id).collect()
}
