//! Checks across concepts: names, hierarchy, diseases.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    Article, Concept, ConceptId, ConceptKind, Disease, Fault, Frequency, Severity, Sex, Sources,
    graph::{Graph, Object, Place, Property},
    model::Edge,
};

/// Fewest symptoms that let a disease take part in a differential.
const MIN_SYMPTOMS: usize = 3;
/// Parts of the body, by label key, that only one sex has.
const FEMALE_ONLY: [&str; 4] =
    ["sym:dysmenorrhea", "sym:vaginal-bleeding", "sym:leukorrhea", "sym:amenorrhea"];
/// How bad it is that a disease has no article.
const WITHOUT_ARTICLE: Severity = Severity::Warning;
const MALE_ONLY: [&str; 3] = ["sym:scrotal-pain", "sym:scrotal-swelling", "sym:erectile-dysfunction"];

fn fault(sources: &Sources, place: Place, code: &'static str, message: String) -> Fault {
    Fault::error(&sources.files()[place.file].name, place.line, code, message)
}

/// A name must mean one thing among the concepts that text can mention.
pub(crate) fn names(sources: &Sources, graph: &Graph, concepts: &[Concept], faults: &mut Vec<Fault>) {
    let mut owners: BTreeMap<&str, &Concept> = BTreeMap::new();
    for concept in concepts {
        let node = &graph.nodes[&concept.key];
        if node.all("skos:prefLabel").count() > 1 {
            faults.push(fault(
                sources,
                node.place,
                "KB005",
                format!("{} 有不止一个 skos:prefLabel", concept.key),
            ));
        }
        for property in node.all("skos:prefLabel").chain(node.all("skos:altLabel")) {
            let Object::Text(text) = &property.object else {
                continue;
            };
            name(sources, property, text, faults);
            if let Some(other) = owners.insert(text, concept) {
                let message = if other.id == concept.id {
                    format!("名称“{text}”在 {} 里写了两次", concept.key)
                } else {
                    format!("名称“{text}”同时指 {} 和 {}", other.key, concept.key)
                };
                faults.push(fault(sources, property.place, "KB005", message));
            }
        }
    }
}

fn name(sources: &Sources, property: &Property, text: &str, faults: &mut Vec<Fault>) {
    if text.trim() != text || text.is_empty() || text.chars().any(char::is_control) {
        faults.push(fault(
            sources,
            property.place,
            "KB006",
            format!("名称“{text}”为空、含控制字符或首尾有空白"),
        ));
    }
}

/// `skos:broader` must point to a concept of the same kind and have no cycle.
pub(crate) fn hierarchy(
    sources: &Sources,
    graph: &Graph,
    concepts: &[Concept],
    by_key: &HashMap<String, ConceptId>,
    faults: &mut Vec<Fault>,
) {
    for concept in concepts {
        for property in graph.nodes[&concept.key].all("skos:broader") {
            let Object::Key(key) = &property.object else {
                continue;
            };
            match by_key.get(key).map(|id| &concepts[id.index()]) {
                None => {
                    faults.push(fault(sources, property.place, "KB004", format!("上位概念 {key} 没有定义")));
                }
                Some(other) if other.kind != concept.kind => faults.push(fault(
                    sources,
                    property.place,
                    "KB007",
                    format!("{} 的上位概念 {key} 不是同一类概念", concept.key),
                )),
                Some(_) => {}
            }
        }
        let mut path = vec![concept.key.as_str()];
        if has_cycle(graph, &concept.key, &mut path) {
            let place = graph.nodes[&concept.key].place;
            faults.push(fault(sources, place, "KB007", format!("上位关系成环：{}", path.join(" → "))));
        }
    }
}

fn has_cycle<'a>(graph: &'a Graph, start: &str, path: &mut Vec<&'a str>) -> bool {
    let Some(node) = path.last().and_then(|key| graph.nodes.get(*key)) else {
        return false;
    };
    for property in node.all("skos:broader") {
        let Object::Key(key) = &property.object else {
            continue;
        };
        if key == start {
            path.push(key);
            return true;
        }
        if path.contains(&key.as_str()) {
            continue;
        }
        path.push(key);
        if has_cycle(graph, start, path) {
            return true;
        }
        path.pop();
    }
    false
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
    for disease in diseases {
        let key = &concepts[disease.id.index()].key;
        let place = graph.nodes[key].place;
        let own: Vec<&Edge> = edges.iter().filter(|edge| edge.disease == disease.id).collect();
        let positive = own.iter().filter(|edge| edge.frequency > Frequency::Excluded).count();
        if positive < MIN_SYMPTOMS {
            faults.push(fault(
                sources,
                place,
                "KB008",
                format!("{key} 只有 {positive} 个症状，至少要 {MIN_SYMPTOMS} 个"),
            ));
        }
        let mut seen = BTreeSet::new();
        for edge in &own {
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
