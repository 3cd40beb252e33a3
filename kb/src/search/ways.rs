//! What goes with the hits: names that may have been meant, and what to do next.

use super::{
    Search,
    answer::{Answer, Hit, Near, Way},
    graph::{self, Diseases},
    names::What,
    question::Question,
    score::FITTING,
};
use crate::{Incidence, Kb, Urgency};

const N_NEAR: usize = 5;
const N_DEPARTMENTS: usize = 3;
/// Department that sees everybody first.
const FIRST_CONTACT: &str = "02";

/// Makes the answer whole: it is never a dead end.
pub(super) fn complete(
    search: &Search,
    kb: &Kb,
    question: Question,
    diseases: &Diseases,
    hits: Vec<Hit>,
) -> Answer {
    let is_loose = hits.first().is_none_or(|hit| hit.score < FITTING);
    let near = near(search, kb, &question, is_loose);
    let weighted = weighted(kb, &question, diseases, &hits);
    let mut ways: Vec<Way> = Vec::new();
    let is_urgent = |disease: &usize| kb.diseases[*disease].urgency == Urgency::Emergency;
    let first = hits.first().and_then(|hit| graph::disease(kb, kb.articles()[hit.article].about));
    if !is_loose && first.as_ref().is_some_and(is_urgent) {
        ways.push(Way::Emergency);
    }
    let departments = graph::departments(kb, &weighted, &question.audience);
    ways.extend(departments.into_iter().take(N_DEPARTMENTS).map(Way::Department));
    if weighted.is_empty() {
        let first_contact = kb.departments.iter().position(|department| department.code == FIRST_CONTACT);
        ways.extend(first_contact.map(Way::Department));
    }
    ways.push(Way::Consult);
    if is_loose {
        ways.push(Way::Rephrase);
    }
    Answer {
        heard: question.heard,
        audience: question.audience,
        parts: question.parts,
        hits,
        is_loose,
        near,
        ways,
    }
}

/// Names that may have been meant: misspellings first; where nothing fits, names with the same characters, and where
/// there are none, what most people come with.
fn near(search: &Search, kb: &Kb, question: &Question, is_loose: bool) -> Vec<Near> {
    let mut indices = question.perhaps.clone();
    if is_loose {
        indices.extend(search.names.sharing_characters(&question.core, &question.typed, N_NEAR));
    }
    let mut near: Vec<Near> = Vec::new();
    let heard = |concept| question.heard.iter().any(|heard| heard.concept == concept);
    for index in indices {
        let surface = search.names.surface(index);
        if let What::Concept(concept) = surface.what
            && !heard(concept)
            && !near.iter().any(|near| near.concept == concept)
        {
            near.push(Near { concept, name: surface.text.clone() });
        }
    }
    if near.is_empty() && is_loose {
        let mut common: Vec<usize> = (0..kb.diseases.len())
            .filter(|at| kb.diseases[*at].incidence == Incidence::VeryCommon)
            .filter(|at| !graph::is_impossible(kb, *at, &question.audience))
            .collect();
        common.sort_by_key(|at| (search.about(kb.diseases[*at].id).is_empty(), *at));
        let concepts = common.into_iter().map(|at| kb.concept(kb.diseases[at].id));
        near.extend(concepts.map(|concept| Near { concept: concept.id, name: concept.label.clone() }));
    }
    near.truncate(N_NEAR);
    near
}

/// Diseases of the question with what they weigh: named, by symptoms, else those of the hits.
fn weighted(kb: &Kb, question: &Question, diseases: &Diseases, hits: &[Hit]) -> Vec<(usize, f32)> {
    let named = question.heard.iter().filter_map(|heard| {
        let disease = graph::disease(kb, heard.concept)?;
        Some((disease, 2.0 * heard.how.certainty()))
    });
    let shown = diseases.best.iter().map(|at| {
        let common = graph::common(kb, *at, &question.audience);
        (*at, diseases.shares[*at] * (0.2 + common))
    });
    let weighted: Vec<(usize, f32)> = named.chain(shown).collect();
    if !weighted.is_empty() {
        return weighted;
    }
    let of_hits = hits
        .iter()
        .take(3)
        .filter_map(|hit| Some((graph::disease(kb, kb.articles()[hit.article].about)?, hit.score)));
    of_hits.collect()
}
