//! From checked files to the immutable knowledge base.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    thread,
};

use oxigraph::store::Store;
use oxrdf::Triple;

use crate::{
    Article, Attribute, Concept, ConceptId, ConceptKind, Cue, Department, Disease, Examination, Fault,
    Population, RedFlag, Review, Severity, Sources, Symptom, TcmDisease, TcmSyndrome, article, check,
    graph::Graph,
    herb::Herbs,
    index::{self, Edges},
    lexicon,
    model::Edge,
    shape,
};

mod herbs;
mod read;

pub(crate) use read::Reader;

/// One knowledge release: everything compiled, nothing changes after.
pub struct Kb {
    /// SM3 over all files: the release's name.
    pub release: String,
    /// Every concept; its [`ConceptId`] is its position.
    pub concepts: Vec<Concept>,
    /// Symptoms in the order of their keys.
    pub symptoms: Vec<Symptom>,
    /// Diseases in the order of their keys.
    pub diseases: Vec<Disease>,
    /// Departments in the order of their codes.
    pub departments: Vec<Department>,
    /// Attributes of symptoms in asking order.
    pub attributes: Vec<Attribute>,
    /// Red flags in the order of their keys.
    pub red_flags: Vec<RedFlag>,
    /// Examinations in the order of their keys.
    pub examinations: Vec<Examination>,
    /// Groups of people in the order of their keys.
    pub populations: Vec<Population>,
    /// Diseases of Chinese medicine in the order of their keys; no differential ranks them.
    pub tcm_diseases: Vec<TcmDisease>,
    /// Syndromes of Chinese medicine in the order of their keys.
    pub tcm_syndromes: Vec<TcmSyndrome>,
    /// Cue words of the lexicon.
    pub cues: Vec<Cue>,
    /// What words mean to a search, from `lexicon/search.tsv`.
    pub search_words: Vec<Cue>,
    /// The edges as written.
    pub edges: Vec<Edge>,
    /// The edges compiled, closed over broader symptoms.
    pub index: Edges,
    /// Share of each disease among first contacts, before age and sex are known.
    pub priors: Vec<f32>,
    /// Findings that do not stop the release.
    pub warnings: Vec<Fault>,
    /// The same triples for SPARQL.
    pub store: Store,
    articles: Vec<Article>,
    herbs: Herbs,
    source_labels: BTreeMap<String, String>,
    by_key: HashMap<String, ConceptId>,
    positions: Vec<u32>,
}

impl Kb {
    /// Parses, checks and compiles; on any error all faults are returned, sorted by place.
    pub fn compile(sources: &Sources) -> Result<Self, Vec<Fault>> {
        let (mut graph, faults) = Graph::parse(sources);
        let triples = std::mem::take(&mut graph.triples);
        // Filling the store takes as long as the checks, and neither needs the other.
        thread::scope(|scope| {
            let store = scope.spawn(|| store(triples));
            Self::checked(sources, &graph, faults, || {
                store.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })
    }

    fn checked(
        sources: &Sources,
        graph: &Graph,
        mut faults: Vec<Fault>,
        store: impl FnOnce() -> Result<Store, String>,
    ) -> Result<Self, Vec<Fault>> {
        shape::check(sources, graph, &mut faults);
        check::classes(sources, graph, &mut faults);
        check::keys(sources, graph, &mut faults);
        check::names(sources, graph, &mut faults);
        check::hierarchy(sources, graph, &mut faults);
        let is_sound = faults.iter().all(|fault| fault.severity != Severity::Error);
        let mut reader = read::Reader::new(sources, graph);
        let concepts = reader.concepts();
        let by_key: HashMap<String, ConceptId> =
            concepts.iter().map(|concept| (concept.key.clone(), concept.id)).collect();
        let attributes = reader.attributes();
        let departments = reader.departments();
        let symptoms = reader.symptoms(&by_key, &attributes);
        let examinations = reader.examinations();
        let populations = reader.populations(&by_key);
        let (diseases, edges) = reader.diseases(&by_key, &departments, &examinations);
        let tcm_syndromes = reader.tcm_syndromes(&by_key);
        let tcm_diseases = reader.tcm_diseases(&by_key, &departments, &tcm_syndromes);
        let red_flags = reader.red_flags();
        let herbs = Herbs::read(&mut reader);
        // What a shape or a key already told is not told again by the reader that misses it.
        if is_sound {
            faults.append(&mut reader.faults);
        }
        let cues = lexicon::read(sources, &mut faults);
        let search_words = lexicon::search_words(sources, &mut faults);
        let is_source =
            |key: &str| graph.nodes.get(key).is_some_and(|n| n.key("rdf:type") == Some("jy:Source"));
        let articles = article::read(sources, &by_key, is_source, &mut faults);
        check::articles(sources, graph, &concepts, &diseases, &articles, &mut faults);
        check::diseases(sources, graph, &concepts, &diseases, &edges, &mut faults);
        faults.sort();
        if faults.iter().any(|fault| fault.severity == Severity::Error) {
            return Err(faults);
        }
        let source_labels = graph
            .of_class("jy:Source")
            .map(|node| (node.key.clone(), node.text("skos:prefLabel").unwrap_or_default().to_owned()))
            .collect();
        let concepts = with_broader(graph, concepts, &by_key);
        let store = store().map_err(|message| vec![Fault::error("graph", 0, "KB099", message)])?;
        let mut kb = Self {
            release: sources.hash(),
            index: Edges::default(),
            priors: priors(&diseases),
            positions: positions(&concepts, &symptoms, &diseases),
            warnings: faults,
            concepts,
            symptoms,
            diseases,
            departments,
            attributes,
            red_flags,
            examinations,
            populations,
            tcm_diseases,
            tcm_syndromes,
            cues,
            search_words,
            edges,
            store,
            articles,
            herbs,
            source_labels,
            by_key,
        };
        kb.index = kb.compiled_edges();
        Ok(kb)
    }

    /// The health articles in the order of their ids; refused ones are among them and never shown to patients.
    pub fn articles(&self) -> &[Article] {
        &self.articles
    }

    /// Diseases that no article is about.
    pub fn without_article(&self) -> Vec<ConceptId> {
        let told: BTreeSet<ConceptId> = self.articles.iter().map(|article| article.about).collect();
        self.diseases.iter().map(|disease| disease.id).filter(|id| !told.contains(id)).collect()
    }

    /// The concept of that key.
    pub fn id(&self, key: &str) -> Option<ConceptId> {
        self.by_key.get(key).copied()
    }

    /// The concept behind an index.
    pub fn concept(&self, id: ConceptId) -> &Concept {
        &self.concepts[id.index()]
    }

    /// Position in [`Kb::symptoms`], for a symptom.
    pub fn symptom_position(&self, id: ConceptId) -> Option<usize> {
        (self.concept(id).kind == ConceptKind::Symptom).then(|| self.positions[id.index()] as usize)
    }

    /// Position in [`Kb::diseases`], for a disease.
    pub fn disease_position(&self, id: ConceptId) -> Option<usize> {
        (self.concept(id).kind == ConceptKind::Disease).then(|| self.positions[id.index()] as usize)
    }

    /// The concept with that preferred label, among the given kinds.
    pub fn by_label(&self, label: &str, kinds: &[ConceptKind]) -> Option<ConceptId> {
        self.concepts
            .iter()
            .find(|concept| concept.label == label && kinds.contains(&concept.kind))
            .map(|concept| concept.id)
    }

    fn compiled_edges(&self) -> Edges {
        let used: Vec<Edge> =
            self.edges.iter().filter(|edge| edge.review != Review::Rejected).copied().collect();
        let closed = index::close_over_broader(&used, |symptom| self.concept(symptom).broader.clone());
        let rows: Vec<_> = closed
            .iter()
            .map(|edge| {
                let at = |id: ConceptId| self.positions[id.index()];
                (at(edge.disease), at(edge.symptom), edge.frequency)
            })
            .collect();
        Edges::compile(self.symptoms.len(), &self.priors, &rows)
    }
}

fn priors(diseases: &[Disease]) -> Vec<f32> {
    let weights: Vec<f32> = diseases.iter().map(|disease| disease.incidence.weight()).collect();
    let total: f32 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

fn positions(concepts: &[Concept], symptoms: &[Symptom], diseases: &[Disease]) -> Vec<u32> {
    let mut positions = vec![u32::MAX; concepts.len()];
    for (position, id) in (0u32..).zip(symptoms.iter().map(|symptom| symptom.id)) {
        positions[id.index()] = position;
    }
    for (position, id) in (0u32..).zip(diseases.iter().map(|disease| disease.id)) {
        positions[id.index()] = position;
    }
    positions
}

/// Fills the transitive broader concepts, nearest first; cycles were refused before.
fn with_broader(
    graph: &Graph,
    mut concepts: Vec<Concept>,
    by_key: &HashMap<String, ConceptId>,
) -> Vec<Concept> {
    let parents: BTreeMap<String, Vec<ConceptId>> = concepts
        .iter()
        .map(|concept| (concept.key.clone(), read::broader_of(&graph.nodes[&concept.key], by_key)))
        .collect();
    let keys: Vec<String> = concepts.iter().map(|concept| concept.key.clone()).collect();
    for concept in &mut concepts {
        let mut next = parents[&concept.key].clone();
        while !next.is_empty() {
            let new: Vec<ConceptId> = next.into_iter().filter(|id| !concept.broader.contains(id)).collect();
            concept.broader.extend(&new);
            next = new.iter().flat_map(|id| parents[&keys[id.index()]].clone()).collect();
        }
    }
    concepts
}

fn store(triples: Vec<Triple>) -> Result<Store, String> {
    let store = Store::new().map_err(|error| error.to_string())?;
    let quads = triples.into_iter().map(|triple| triple.in_graph(oxrdf::GraphName::DefaultGraph));
    let mut loader = store.bulk_loader();
    loader.load_quads(quads).map_err(|error| error.to_string())?;
    loader.commit().map_err(|error| error.to_string())?;
    Ok(store)
}
