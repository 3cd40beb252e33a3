//! SPARQL over the triples gives the ranking of the compiled index: an independent way to the same numbers.

use std::{collections::BTreeMap, fmt::Write};

use kb::{
    Frequency, Kb,
    sample::{self, Draw},
    sparql::{Answer, CancellationToken, Limits},
};

const N_QUERIES: usize = 1_000;
const LIMITS: Limits = Limits { rows: 100_000, bytes: 64 << 20 };
/// Weights are compared as integers: sums of floats depend on the order of adding.
const SCALE: f32 = 10_000.0;

#[test]
fn sparql_ranks_a_made_up_graph_like_the_index() {
    assert_same_ranking(&sample::kb(400, 120), 1);
}

#[test]
fn sparql_ranks_the_shipped_graph_like_the_index() {
    assert_same_ranking(super::tests::ENGINE.kb(), 2);
}

fn assert_same_ranking(kb: &Kb, seed: u64) {
    let mut draw = Draw::new(seed);
    let mut n_ranked = 0;
    for _ in 0..N_QUERIES {
        let n = 1 + draw.below(4);
        let symptoms = draw.some(n, kb.symptoms.len());
        let expected = by_index(kb, &symptoms);
        assert_eq!(by_sparql(kb, &symptoms), expected, "{}", query(kb, &symptoms));
        let ranked = kb.index.rank(&symptoms, &[], usize::MAX);
        assert_eq!(ranked.len(), expected.len());
        for pair in ranked.windows(2) {
            assert!(pair[0].score >= pair[1].score);
        }
        let scores: BTreeMap<String, i64> = expected.into_iter().map(|(score, key)| (key, score)).collect();
        for found in &ranked {
            let key = &kb.concept(kb.diseases[found.disease].id).key;
            #[expect(clippy::cast_precision_loss, reason = "a sum of a few weights")]
            let score = scores[key] as f32 / SCALE;
            assert!((score - found.score).abs() < 1e-3, "{key}: {score} against {}", found.score);
        }
        n_ranked += ranked.len();
    }
    assert!(n_ranked > N_QUERIES, "the queries reach diseases: {n_ranked}");
}

/// Best first, ties by key.
fn sorted(scores: impl Iterator<Item = (i64, String)>) -> Vec<(i64, String)> {
    let mut all: Vec<_> = scores.collect();
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    all
}

fn by_index(kb: &Kb, symptoms: &[usize]) -> Vec<(i64, String)> {
    let mut scores: BTreeMap<String, i64> = BTreeMap::new();
    for symptom in symptoms {
        for link in kb.index.diseases_of(*symptom) {
            let key = kb.concept(kb.diseases[link.disease as usize].id).key.clone();
            *scores.entry(key).or_default() += scaled(link.yes);
        }
    }
    sorted(scores.into_iter().map(|(key, score)| (score, key)))
}

fn by_sparql(kb: &Kb, symptoms: &[usize]) -> Vec<(i64, String)> {
    let answer = kb.query(&query(kb, symptoms), LIMITS, CancellationToken::new());
    let Ok(Answer::Table(table)) = answer else { panic!("{answer:?}") };
    assert!(!table.is_cut);
    sorted(table.rows().map(|row| (row[1].parse().unwrap(), row[0].clone())))
}

/// A disease shows a symptom as often as the most frequent of its narrower ones; what a reviewer refused does not
/// count, and an excluded symptom says nothing of a broader one.
fn query(kb: &Kb, symptoms: &[usize]) -> String {
    let key = |symptom: &usize| &kb.concept(kb.symptoms[*symptom].id).key;
    let (mut asked, mut ranks, mut weights) = (String::new(), String::new(), String::new());
    for (rank, (name, _)) in Frequency::NAMES.iter().enumerate() {
        let _ = write!(ranks, "(jy:{name} {rank}) ");
    }
    for symptom in symptoms {
        let _ = write!(asked, "<{}> ", kb::vocabulary::expand(key(symptom)));
        for (rank, (_, class)) in Frequency::NAMES.iter().enumerate() {
            let weight = class.probability().ln() - kb.index.background(*symptom).ln();
            let iri = kb::vocabulary::expand(key(symptom));
            let _ = write!(weights, "(<{iri}> {rank} {}) ", scaled(weight));
        }
    }
    format!(
        "SELECT ?d (SUM(?w) AS ?score) {{
  {{ SELECT ?d ?s (MAX(?rank) AS ?r) {{
      VALUES ?s {{ {asked}}}
      ?x skos:broader* ?s . ?e jy:symptom ?x ; jy:frequency ?f . ?d a jy:Disease ; jy:hasSymptom ?e .
      FILTER(?x = ?s || ?f != jy:excluded)
      FILTER NOT EXISTS {{ ?e jy:review jy:rejected }}
      VALUES (?f ?rank) {{ {ranks}}}
  }} GROUP BY ?d ?s }}
  VALUES (?s ?r ?w) {{ {weights}}}
}} GROUP BY ?d"
    )
}

#[expect(clippy::cast_possible_truncation, reason = "a weight of a few nats")]
fn scaled(weight: f32) -> i64 {
    (weight * SCALE).round() as i64
}
