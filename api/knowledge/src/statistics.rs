//! What is in a release, what is covered and what lacks review.

use std::collections::BTreeMap;

use engine::Engine;
use kb::{ConceptKind, Frequency, Kb, Review};
use serde::Serialize;
use utoipa::ToSchema;

/// Counts of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Statistics {
    /// Hash of the release.
    pub release: String,
    /// Classes of the graph and files beside it.
    pub classes: Vec<ClassCount>,
    /// Names besides the preferred ones, by class.
    pub n_names: usize,
    /// Disease–symptom relations.
    pub n_edges: usize,
    pub n_articles: usize,
    /// Diseases that no article is about.
    pub without_article: Vec<Named>,
    /// Departments with how many diseases they treat first, or also.
    pub departments: Vec<DepartmentCount>,
    /// Relations by frequency, most frequent first.
    pub frequencies: Vec<(String, usize)>,
    /// Diseases with few symptoms or without a differential.
    pub thin: Vec<Named>,
    /// Findings that do not stop a release.
    pub n_warnings: usize,
}

/// How many of a kind, by editorial state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClassCount {
    pub name: String,
    pub n_draft: usize,
    pub n_reviewed: usize,
    pub n_rejected: usize,
}

/// A concept by key and label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Named {
    pub key: String,
    pub label: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DepartmentCount {
    pub code: String,
    pub label: String,
    pub n_first: usize,
    pub n_also: usize,
    /// Of those it treats first: how many no clinician has reviewed.
    pub n_unreviewed: usize,
    /// Of those it treats first: how many have an article.
    pub n_articles: usize,
}

/// Fewest symptoms of a disease that is told apart well.
const FEW_SYMPTOMS: usize = 5;

impl ClassCount {
    fn of(name: &str, reviews: impl Iterator<Item = Review>) -> Self {
        let mut count = Self { name: name.to_owned(), n_draft: 0, n_reviewed: 0, n_rejected: 0 };
        for review in reviews {
            match review {
                Review::Draft => count.n_draft += 1,
                Review::Reviewed => count.n_reviewed += 1,
                Review::Rejected => count.n_rejected += 1,
            }
        }
        count
    }

    /// In all states.
    pub fn n_all(&self) -> usize {
        self.n_draft + self.n_reviewed + self.n_rejected
    }

    /// Share that a clinician has reviewed, 0–100.
    pub fn percent_reviewed(&self) -> usize {
        (self.n_reviewed * 100).checked_div(self.n_all()).unwrap_or(0)
    }
}

impl Statistics {
    pub fn of(engine: &Engine) -> Self {
        let kb = engine.kb();
        let of_kind = |kind| kb.concepts.iter().filter(move |concept| concept.kind == kind);
        let concepts = [
            ("疾病", ConceptKind::Disease),
            ("症状与体征", ConceptKind::Symptom),
            ("危险因素与个人情况", ConceptKind::Risk),
            ("药物与治疗", ConceptKind::Drug),
            ("过敏原", ConceptKind::Allergen),
        ];
        let mut classes: Vec<ClassCount> = concepts
            .into_iter()
            .map(|(name, kind)| ClassCount::of(name, of_kind(kind).map(|concept| concept.review)))
            .collect();
        classes.push(ClassCount::of("疾病—症状关系", kb.edges.iter().map(|edge| edge.review)));
        classes.push(ClassCount::of("红旗", kb.red_flags.iter().map(|flag| flag.review)));
        classes.push(ClassCount::of("健康文章", kb.articles().iter().map(|article| article.review)));
        classes.extend(other_classes(kb));
        Self {
            release: kb.release.clone(),
            classes,
            n_names: kb.concepts.iter().map(|concept| concept.names.len()).sum(),
            n_edges: kb.edges.len(),
            n_articles: kb.articles().len(),
            without_article: kb.without_article().into_iter().map(|id| named(kb, id)).collect(),
            departments: departments(kb),
            frequencies: frequencies(kb),
            thin: thin(kb),
            n_warnings: kb.warnings.len(),
        }
    }
}

/// Classes that are no concepts of the dialogue, as the graph has them.
fn other_classes(kb: &Kb) -> Vec<ClassCount> {
    let query = "SELECT ?name ?review (COUNT(?x) AS ?n) {
            ?x a ?class . ?class skos:prefLabel ?name . OPTIONAL { ?x jy:review ?review }
            FILTER(?class NOT IN (jy:Disease, jy:Symptom, jy:Risk, jy:Drug, jy:Allergen, jy:RedFlag, jy:Term, jy:Source))
        } GROUP BY ?name ?review ORDER BY ?name";
    let limits = kb::sparql::Limits { rows: 1_000, bytes: 1 << 20 };
    let answer = kb.query(query, limits, kb::sparql::CancellationToken::new());
    let Ok(kb::sparql::Answer::Table(table)) = answer else {
        tracing::error!("the classes of the graph cannot be counted");
        return Vec::new();
    };
    let mut counts: BTreeMap<String, ClassCount> = BTreeMap::new();
    for row in table.rows() {
        let [name, review, n] = row.as_slice() else { continue };
        let empty = || ClassCount::of(name, std::iter::empty());
        let count = counts.entry(name.clone()).or_insert_with(empty);
        let n: usize = n.parse().unwrap_or(0);
        match review.as_str() {
            "jy:reviewed" => count.n_reviewed += n,
            "jy:rejected" => count.n_rejected += n,
            _ => count.n_draft += n,
        }
    }
    counts.into_values().collect()
}

fn named(kb: &Kb, id: kb::ConceptId) -> Named {
    let concept = kb.concept(id);
    Named { key: concept.key.clone(), label: concept.label.clone() }
}

fn departments(kb: &Kb) -> Vec<DepartmentCount> {
    let told: std::collections::BTreeSet<_> = kb.articles().iter().map(|article| article.about).collect();
    let mut counts: Vec<DepartmentCount> = kb
        .departments
        .iter()
        .map(|department| DepartmentCount {
            code: department.code.clone(),
            label: department.label.clone(),
            n_first: 0,
            n_also: 0,
            n_unreviewed: 0,
            n_articles: 0,
        })
        .collect();
    for disease in &kb.diseases {
        for (rank, department) in disease.departments.iter().enumerate() {
            let count = &mut counts[*department];
            if rank > 0 {
                count.n_also += 1;
                continue;
            }
            count.n_first += 1;
            count.n_unreviewed += usize::from(kb.concept(disease.id).review != Review::Reviewed);
            count.n_articles += usize::from(told.contains(&disease.id));
        }
    }
    counts
}

fn frequencies(kb: &Kb) -> Vec<(String, usize)> {
    let count = |class| kb.edges.iter().filter(|edge| edge.frequency == class).count();
    Frequency::NAMES.iter().rev().map(|(_, class)| (class.label().to_owned(), count(*class))).collect()
}

fn thin(kb: &Kb) -> Vec<Named> {
    let mut n_symptoms = vec![0usize; kb.concepts.len()];
    for edge in kb.edges.iter().filter(|edge| edge.frequency > Frequency::Excluded) {
        n_symptoms[edge.disease.index()] += 1;
    }
    let is_thin = |disease: &&kb::Disease| {
        n_symptoms[disease.id.index()] < FEW_SYMPTOMS || disease.differentials.is_empty()
    };
    kb.diseases.iter().filter(is_thin).map(|disease| named(kb, disease.id)).collect()
}
