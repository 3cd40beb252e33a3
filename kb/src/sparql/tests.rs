use rstest::rstest;

use super::{Answer, CancellationToken, Kind, Limits, Refusal};
use crate::{Kb, sample};

const LIMITS: Limits = Limits { rows: 3, bytes: 1 << 20 };

fn ask(kb: &Kb, text: &str) -> Result<Answer, Refusal> {
    kb.query(text, LIMITS, CancellationToken::new())
}

fn rows(answer: Answer) -> Vec<Vec<String>> {
    let Answer::Table(table) = answer else { panic!("a table: {answer:?}") };
    table.rows().collect()
}

#[test]
fn prefixes_of_the_files_are_known_and_cells_are_short() {
    let kb = sample::kb(3, 4);
    let answer = ask(&kb, "SELECT ?d ?name { ?d a jy:Disease ; skos:prefLabel ?name } ORDER BY ?d LIMIT 1");
    assert_eq!(rows(answer.unwrap()), [["dis:g0", "病0"]]);
    assert_eq!(ask(&kb, "ASK { dis:g0 a jy:Disease }"), Ok(Answer::Boolean(true)));
}

#[test]
fn answers_are_standard_json_or_turtle_and_cut_at_the_limit() {
    let kb = sample::kb(5, 4);
    let answer = ask(&kb, "SELECT ?d { ?d a jy:Disease }").unwrap();
    assert!(answer.is_cut());
    let json = String::from_utf8(answer.serialize().unwrap()).unwrap();
    assert!(
        json.starts_with("{\"head\":{\"vars\":[\"d\"]},\"results\":{\"bindings\":[{\"d\":{\"type\":\"uri\""),
        "{json}"
    );
    let narrow = Limits { bytes: 10, ..LIMITS };
    let answer = kb.query("SELECT ?d { ?d a jy:Disease }", narrow, CancellationToken::new()).unwrap();
    assert!(answer.is_cut() && rows(answer).is_empty());
    let graph = ask(&kb, "CONSTRUCT { ?d a jy:Disease } WHERE { ?d a jy:Disease } LIMIT 1").unwrap();
    assert_eq!(graph.media_type(), "text/turtle");
    assert!(String::from_utf8(graph.serialize().unwrap()).unwrap().contains(" a jy:Disease"));
}

#[rstest]
#[case::syntax("SELECT ?x {\n ?x ?y }", Kind::Syntax, Some((2, 9)))]
#[case::insert("prefix x: <urn:x>\nINSERT DATA { <a:b> <a:b> <a:b> }", Kind::Update, Some((2, 1)))]
#[case::drop("drop all", Kind::Update, Some((1, 1)))]
#[case::service("SELECT * { SERVICE SILENT <http://example.org/> { ?s ?p ?o } }", Kind::Service, Some((1, 12)))]
#[case::hidden_service("SELECT * { ?s ?p '}' . FILTER(?s<?p) service <x:y> {} }", Kind::Service, Some((1, 38)))]
#[case::word("咳嗽", Kind::Syntax, Some((1, 3)))]
fn refusals_name_their_place(#[case] text: &str, #[case] kind: Kind, #[case] place: Option<(u32, u32)>) {
    let refusal = ask(&sample::kb(1, 4), text).unwrap_err();
    assert_eq!((refusal.kind, refusal.place), (kind, place), "{refusal}");
}

#[test]
fn words_inside_strings_names_and_comments_are_no_keywords() {
    let kb = sample::kb(1, 4);
    let text = "# SERVICE\nSELECT ?service { ?service skos:prefLabel 'SERVICE \\' {' , \"\"\"insert \" service\"\"\" ; jy:service ?x }";
    assert_eq!(rows(ask(&kb, text).unwrap()), Vec::<Vec<String>>::new());
}

/// A text that nests as deeply as is let through neither overflows the stack nor runs for long.
#[test]
fn deep_texts_are_refused_or_answered() {
    let kb = std::sync::Arc::new(sample::kb(1, 4));
    let sum = format!("SELECT (1{} AS ?n) {{}}", "+1".repeat(3_900));
    let not = format!("SELECT ({}1 AS ?n) {{}}", "!".repeat(7_900));
    let union = format!("SELECT * {{ {{}}{} }}", " UNION {}".repeat(800));
    let nested = format!("SELECT ({}1{} AS ?n) {{}}", "(".repeat(60), ")".repeat(60));
    let groups = format!("SELECT * {}?s ?p ?o{}", "{".repeat(60), "}".repeat(60));
    let filters = format!("SELECT * {{ FILTER{}1{} }}", "(".repeat(60), ")".repeat(60));
    let unclosed = "(".repeat(7_000);
    let own = std::thread::Builder::new().stack_size(super::STACK_BYTES);
    let thread = own.spawn(move || {
        assert_eq!(rows(ask(&kb, &sum).unwrap()), [["3901"]]);
        for text in [not, union, nested, groups, filters] {
            // Either way is fine, as long as there is an answer.
            let _ = ask(&kb, &text);
        }
        assert_eq!(ask(&kb, &unclosed).unwrap_err().kind, Kind::TooLarge);
        assert_eq!(ask(&kb, &" ".repeat(9_000)).unwrap_err().kind, Kind::TooLarge);
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn a_stopped_query_says_so() {
    let kb = sample::kb(60, 4);
    let stop = CancellationToken::new();
    stop.cancel();
    let text = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }";
    assert_eq!(kb.query(text, LIMITS, stop).unwrap_err().kind, Kind::Cancelled);
}
