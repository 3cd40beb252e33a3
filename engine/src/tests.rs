//! The decisions on the shipped knowledge, as properties that must hold of every dialogue.

use std::{path::Path, sync::LazyLock};

use proptest::prelude::*;

use crate::{Act, Dialogue, Engine, Outcome, Profile, SectionKind, Sex, State, Turn};

pub(crate) static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    Engine::load(data).unwrap_or_else(|faults| panic!("{faults:?}"))
});

fn person(age_years: u32, sex: Sex) -> Profile {
    Profile { age_months: age_years * 12, sex: Some(sex) }
}

fn finished(profile: Profile, opening: &str, mut answer: impl FnMut(&crate::Question) -> String) -> Dialogue {
    let mut dialogue = ENGINE.open(profile);
    ENGINE.answer(&mut dialogue, opening);
    while let Some(question) = dialogue.pending() {
        let text = answer(question);
        ENGINE.answer(&mut dialogue, &text);
        assert!(dialogue.turns().len() < 60, "a dialogue ends");
    }
    dialogue
}

fn last_option(question: &crate::Question) -> String {
    question.options.last().cloned().unwrap_or_else(|| "不清楚".to_owned())
}

#[test]
fn chest_pain_with_sweating_is_warned_within_two_turns_and_help_can_be_chosen() {
    let mut dialogue = ENGINE.open(person(58, Sex::Male));
    ENGINE.answer(&mut dialogue, "胸口疼，出冷汗");
    let question = dialogue.pending().expect("a warning waits");
    assert!(matches!(question.act, Act::Warn { .. }), "{question:?}");
    assert!(question.text.contains("120"));
    let stop = question.options[0].clone();
    assert!(matches!(ENGINE.answer(&mut dialogue, &stop), Outcome::Finished { .. }));
    assert_eq!(dialogue.state(), State::Emergency);
    assert_eq!(ENGINE.triage(&dialogue).level, 2);
}

#[test]
fn nothing_is_asked_twice_and_unknown_is_written_as_unknown() {
    let dialogue = finished(person(35, Sex::Female), "咳嗽", |_| "不知道".to_owned());
    let mut keys: Vec<&str> = dialogue.turns().iter().map(|turn| turn.question.key.as_str()).collect();
    let n_asked = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), n_asked);
    let record = ENGINE.record(&dialogue);
    let past = record.sections.iter().find(|section| section.kind == SectionKind::PastHistory).unwrap();
    assert_eq!(past.text(), "既往史不详。");
    assert!(record.chief_complaint.text.contains("时间不详"));
}

#[test]
fn a_contradiction_is_noticed_and_the_doctor_sees_both() {
    let mut dialogue = ENGINE.open(person(35, Sex::Male));
    ENGINE.answer(&mut dialogue, "发烧两天了，咳嗽");
    let outcome = ENGINE.answer(&mut dialogue, "没有发烧");
    let Outcome::Next { notes } = outcome else { panic!("{outcome:?}") };
    assert!(notes.iter().any(|note| note.contains("发热")), "{notes:?}");
    let record = ENGINE.record(&dialogue);
    assert_eq!(record.contradictions.len(), 1);
    let turns: Vec<usize> = record.contradictions[0].evidence.iter().map(|said| said.turn).collect();
    assert_eq!(turns, [0, 1]);
}

#[test]
fn every_sentence_about_the_patient_names_its_answers() {
    let dialogue = finished(person(3, Sex::Female), "孩子咳嗽三天，发烧39度", last_option);
    for section in ENGINE.record(&dialogue).sections {
        for sentence in section.sentences {
            let says_unknown = ["未询问", "不适用"].iter().any(|word| sentence.text.contains(word));
            assert!(says_unknown || !sentence.evidence.is_empty(), "{}", sentence.text);
            assert!(sentence.evidence.iter().all(|said| said.turn < dialogue.turns().len()));
        }
    }
}

#[test]
fn suspects_explain_themselves_and_leave_room_for_none_of_them() {
    let dialogue = finished(person(25, Sex::Female), "头疼两天，一跳一跳的，怕光怕吵，恶心", last_option);
    let suspects = ENGINE.differential(&dialogue);
    assert_eq!(suspects[0].label, "偏头痛");
    assert!(
        suspects[0]
            .supporting
            .iter()
            .any(|reason| reason.label.contains("头痛") && !reason.evidence.is_empty())
    );
    let total: f32 = suspects.iter().map(|suspect| suspect.probability).sum();
    assert!(total <= 1.0);
    assert!(suspects.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
    assert!(suspects.iter().all(|suspect| !suspect.is_reviewed), "nothing is reviewed yet");
}

#[test]
fn sex_and_age_limit_what_is_asked_and_suspected() {
    let dialogue = finished(person(58, Sex::Male), "小肚子疼两天", |question| {
        if question.options.iter().any(|option| option == "有") {
            "有".to_owned()
        } else {
            last_option(question)
        }
    });
    for turn in dialogue.turns() {
        assert!(!turn.question.text.contains("月经"), "{}", turn.question.text);
    }
    let kb = ENGINE.kb();
    for suspect in ENGINE.differential(&dialogue) {
        let position = kb.disease_position(kb.id(&suspect.key).unwrap()).unwrap();
        assert_ne!(kb.diseases[position].sex, Some(kb::Sex::Female), "{}", suspect.label);
    }
}

/// The compiled edges say what SPARQL says of the same triples.
#[test]
fn the_compiled_index_agrees_with_sparql() {
    use oxigraph::sparql::{QueryResults, SparqlEvaluator};
    let kb = ENGINE.kb();
    let query = "PREFIX jy: <urn:jiuyi:ontology:>
        SELECT (COUNT(*) AS ?n) WHERE { ?d a jy:Disease ; jy:hasSymptom [ jy:symptom ?s ; jy:frequency ?f ] }";
    let results = SparqlEvaluator::new().parse_query(query).unwrap().on_store(&kb.store).execute().unwrap();
    let QueryResults::Solutions(mut solutions) = results else { panic!("a SELECT gives solutions") };
    let n = solutions.next().unwrap().unwrap().get("n").unwrap().to_string();
    assert!(n.contains(&format!("\"{}\"", kb.edges.len())), "{n} against {}", kb.edges.len());
    for edge in &kb.edges {
        let (symptom, disease) =
            (kb.symptom_position(edge.symptom).unwrap(), kb.disease_position(edge.disease).unwrap());
        let link = kb.index.link(symptom, disease).expect("every edge is compiled");
        assert!(link.probability >= edge.frequency.probability() - 1e-6, "closing over broader only raises");
    }
}

fn any_answer() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("有".to_owned()),
        Just("没有".to_owned()),
        Just("不清楚".to_owned()),
        Just("都没有".to_owned()),
        Just("继续填写".to_owned()),
        Just("前天开始的，有一点".to_owned()),
        Just("没有发烧，但是咳嗽".to_owned()),
        "[a-zA-Z0-9 ]{1,12}",
        "\\PC{1,40}",
        "[头肚子疼痛咳嗽发烧不没有三天，。、？]{1,30}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Any words at all: the dialogue goes on, ends, and is rebuilt from its turns bit for bit.
    #[test]
    fn any_dialogue_ends_and_replays_the_same(
        opening in any_answer(),
        answers in proptest::collection::vec(any_answer(), 50),
        months in 0u32..1200,
        is_female in any::<bool>(),
    ) {
        let profile = Profile { age_months: months, sex: Some(if is_female { Sex::Female } else { Sex::Male }) };
        let mut dialogue = ENGINE.open(profile.clone());
        ENGINE.answer(&mut dialogue, &opening);
        for answer in &answers {
            ENGINE.answer(&mut dialogue, answer);
        }
        while dialogue.pending().is_some() {
            ENGINE.answer(&mut dialogue, "没有");
        }
        prop_assert!(dialogue.state() != State::Asking);
        let turns: Vec<Turn> = dialogue.turns().to_vec();
        let again = ENGINE.resume(profile, turns);
        prop_assert_eq!(ENGINE.record(&dialogue), ENGINE.record(&again));
        prop_assert_eq!(ENGINE.differential(&dialogue), ENGINE.differential(&again));
        prop_assert_eq!(ENGINE.triage(&dialogue), ENGINE.triage(&again));
        prop_assert!(ENGINE.record(&dialogue).chief_complaint.text.chars().count() <= 20);
    }

    /// Leaving out the last turn is the state before it.
    #[test]
    fn undo_gives_back_the_state_before(answers in proptest::collection::vec(any_answer(), 1..12)) {
        let profile = Profile { age_months: 480, sex: Some(Sex::Male) };
        let mut dialogue = ENGINE.open(profile.clone());
        for answer in &answers {
            let before = dialogue.clone();
            let outcome = ENGINE.answer(&mut dialogue, answer);
            if matches!(outcome, Outcome::Again { .. }) {
                continue;
            }
            let mut turns = dialogue.turns().to_vec();
            turns.pop();
            let undone = ENGINE.resume(profile.clone(), turns);
            prop_assert_eq!(undone.pending(), before.pending());
            prop_assert_eq!(ENGINE.record(&undone), ENGINE.record(&before));
        }
    }
}

#[test]
fn a_search_leaves_out_what_is_denied_and_finds_what_stands_apart() {
    let search = |text| {
        let answer =
            ENGINE.search(&crate::search::Query { text, department: None, audience: None, limit: 3 });
        let labels = answer.heard.iter().map(|heard| ENGINE.kb().concept(heard.concept).label.clone());
        labels.collect::<Vec<_>>()
    };
    assert_eq!(search("咳嗽三天，没有发烧"), ["咳嗽"]);
    assert!(search("头这两天有点晕").contains(&"头晕".to_owned()));
}
