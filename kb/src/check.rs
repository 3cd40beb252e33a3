//! Checks across subjects that no shape can say: keys, names, hierarchy, diseases.

mod hierarchy;
mod keys;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Article, Concept, ConceptId, ConceptKind, Disease, Fault, Frequency, Review, Severity, Sex, Sources,
    graph::{Graph, Place},
    model::Edge,
};
pub(crate) use hierarchy::hierarchy;
pub(crate) use keys::keys;
pub(crate) use names::names;

/// Fewest symptoms that let a disease take part in a differential.
const MIN_SYMPTOMS: usize = 3;
/// Fewest symptoms that tell a disease well; below it an editor is reminded.
const GOOD_SYMPTOMS: usize = 5;
/// Parts of the body, by label key, that only one sex has.
const FEMALE_ONLY: [&str; 4] =
    ["sym:dysmenorrhea", "sym:vaginal-bleeding", "sym:leukorrhea", "sym:amenorrhea"];
/// How bad it is that a disease has no article.
const WITHOUT_ARTICLE: Severity = Severity::Warning;
const MALE_ONLY: [&str; 3] = ["sym:scrotal-pain", "sym:scrotal-swelling", "sym:erectile-dysfunction"];

fn fault(sources: &Sources, place: Place, code: &'static str, message: String) -> Fault {
    Fault::error(&sources.files()[place.file].name, place.line, code, message)
}

/// A disease needs enough symptoms, each once, that fit the sex it is limited to.
pub(crate) fn diseases(
    sources: &Sources,
    graph: &Graph,
    concepts: &[Concept],
    diseases: &[Disease],
    edges: &[Edge],
    faults: &mut Vec<Fault>,
) {
    let mut by_disease: BTreeMap<ConceptId, Vec<&Edge>> = BTreeMap::new();
    for edge in edges {
        by_disease.entry(edge.disease).or_default().push(edge);
    }
    for disease in diseases {
        let concept = &concepts[disease.id.index()];
        let key = &concept.key;
        let place = graph.nodes[key].place;
        let own = by_disease.get(&disease.id).map(Vec::as_slice).unwrap_or_default();
        if concept.review != Review::Rejected {
            faults.extend(few_symptoms(sources, place, key, own));
        }
        let mut seen = BTreeSet::new();
        for edge in own {
            let symptom = &concepts[edge.symptom.index()];
            if symptom.kind != ConceptKind::Symptom {
                faults.push(fault(sources, place, "KB010", format!("{key} 的症状 {} 不是症状", symptom.key)));
            }
            if !seen.insert(edge.symptom) {
                faults.push(fault(sources, place, "KB010", format!("{key} 的症状 {} 写了两次", symptom.key)));
            }
            let wrong = match disease.sex {
                Some(Sex::Female) => MALE_ONLY.contains(&symptom.key.as_str()),
                Some(Sex::Male) => FEMALE_ONLY.contains(&symptom.key.as_str()),
                None => false,
            };
            if wrong && edge.frequency != Frequency::Excluded {
                faults.push(fault(
                    sources,
                    place,
                    "KB011",
                    format!("{key} 限定的性别不会有症状 {}", symptom.key),
                ));
            }
        }
        if disease.age_weights.iter().all(|weight| *weight <= 0.0) {
            faults.push(fault(sources, place, "KB006", format!("{key} 的五个年龄段权重都是 0")));
        }
    }
}

fn few_symptoms(sources: &Sources, place: Place, key: &str, edges: &[&Edge]) -> Option<Fault> {
    let is_used = |edge: &&&Edge| edge.frequency > Frequency::Excluded && edge.review != Review::Rejected;
    let positive = edges.iter().filter(is_used).count();
    if positive >= GOOD_SYMPTOMS {
        return None;
    }
    let severity = if positive < MIN_SYMPTOMS { Severity::Error } else { Severity::Warning };
    let message =
        format!("{key} 只有 {positive} 个症状，应有 {GOOD_SYMPTOMS} 个，少于 {MIN_SYMPTOMS} 个不能发布");
    let hint = "补上 jy:hasSymptom；拿不准的宁可不写，把疾病的 jy:review 改为 jy:rejected 即停用";
    Some(Fault { severity, ..fault(sources, place, "KB008", message) }.with_hint(hint))
}

/// Every disease has its article, once there are articles at all.
pub(crate) fn articles(
    sources: &Sources,
    graph: &Graph,
    concepts: &[Concept],
    diseases: &[Disease],
    articles: &[Article],
    faults: &mut Vec<Fault>,
) {
    let told: BTreeSet<ConceptId> = articles.iter().map(|article| article.about).collect();
    for disease in diseases.iter().filter(|disease| !articles.is_empty() && !told.contains(&disease.id)) {
        let concept = &concepts[disease.id.index()];
        let message = format!("“{}”还没有健康文章", concept.label);
        let name = concept.key.trim_start_matches("dis:");
        faults.push(Fault {
            severity: WITHOUT_ARTICLE,
            ..fault(sources, graph.nodes[&concept.key].place, "KB039", message)
                .with_hint(format!("写 articles/{name}.md，文件头里 about: {}", concept.key))
        });
    }
}
