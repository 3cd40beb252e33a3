use std::{path::Path, sync::LazyLock};

use super::*;
use crate::Sex;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    Engine::load(data).unwrap_or_else(|faults| panic!("{faults:?}"))
});

fn reader(years: u32, sex: Sex) -> Reader {
    let profile = Profile { age_months: years * 12, sex: Some(sex) };
    Reader { profile, month: 11, told: Told::default(), read: Vec::new() }
}

fn id(key: &str) -> ConceptId {
    ENGINE.kb().id(key).unwrap()
}

fn nobody(_: &str) -> Tally {
    Tally::default()
}

fn ids(found: &[Recommendation]) -> Vec<&str> {
    found.iter().map(|one| ENGINE.kb().articles()[one.article].id.as_str()).collect()
}

#[test]
fn what_one_has_comes_first_and_what_one_told_next() {
    let mut person = reader(66, Sex::Male);
    person.told.history.push(id("dis:hypertension"));
    person.told.symptoms.push(id("sym:nocturia"));
    let found = ENGINE.recommend(&person, &nobody, 6);
    assert_eq!(ids(&found)[0], "hypertension", "{:?}", ids(&found));
    assert_eq!(found[0].reasons[0].ground, Ground::Has(id("dis:hypertension")));
    let told = Ground::Told(id("sym:nocturia"));
    let prostate =
        found.iter().find(|one| ENGINE.kb().articles()[one.article].id == "benign-prostatic-hyperplasia");
    assert!(
        prostate.is_some_and(|one| one.reasons.iter().any(|reason| reason.ground == told)),
        "{:?}",
        ids(&found)
    );
    assert_eq!(found[0].reasons[0].ground.text(ENGINE.kb()), "您的病史里有高血压");
}

#[test]
fn nothing_for_the_other_sex_or_another_age() {
    let mut woman = reader(30, Sex::Female);
    woman.told.symptoms.extend([id("sym:urinary-frequency"), id("sym:dysuria")]);
    for one in ENGINE.recommend(&woman, &nobody, 40) {
        let about = ENGINE.kb().articles()[one.article].about;
        let disease = &ENGINE.kb().diseases[ENGINE.kb().disease_position(about).unwrap()];
        assert_ne!(disease.sex, Some(kb::Sex::Male));
        assert!(disease.age_weights[3] > 0.0);
    }
}

#[test]
fn what_was_read_of_late_or_found_useless_does_not_come_again() {
    let mut person = reader(40, Sex::Female);
    person.told.symptoms.push(id("sym:cough"));
    let first = ENGINE.recommend(&person, &nobody, 3);
    let read =
        |article: &str, days_ago, was_useful| Read { article: article.to_owned(), days_ago, was_useful };
    let names: Vec<String> = ids(&first).into_iter().map(str::to_owned).collect();
    person.read =
        vec![read(&names[0], 3, None), read(&names[1], 300, Some(false)), read(&names[2], 300, None)];
    let again = ENGINE.recommend(&person, &nobody, 40);
    assert!(!ids(&again).contains(&names[0].as_str()) && !ids(&again).contains(&names[1].as_str()));
    assert!(ids(&again).contains(&names[2].as_str()));
}

#[test]
fn a_few_opinions_change_nothing_and_many_do() {
    let mut person = reader(40, Sex::Female);
    person.told.symptoms.push(id("sym:cough"));
    let plain = ENGINE.recommend(&person, &nobody, 5);
    let last = ids(&plain)[4].to_owned();
    let of = |useful| {
        let last = last.clone();
        move |article: &str| if article == last { Tally { useful, useless: 0 } } else { Tally::default() }
    };
    assert_eq!(ids(&ENGINE.recommend(&person, &of(4), 5)), ids(&plain));
    let praised = ENGINE.recommend(&person, &of(400), 5);
    let place = |found: &[Recommendation]| ids(found).iter().position(|name| *name == last);
    assert!(place(&praised) < place(&plain), "{:?}", ids(&praised));
}

#[test]
fn no_two_are_alike_and_a_season_is_a_reason() {
    let mut person = reader(30, Sex::Male);
    person.told.symptoms.push(id("sym:fever"));
    let found = ENGINE.recommend(&person, &nobody, 8);
    let mut departments: Vec<usize> = found
        .iter()
        .map(|one| ENGINE.kb().articles()[one.article].about)
        .map(|about| ENGINE.kb().diseases[ENGINE.kb().disease_position(about).unwrap()].departments[0])
        .collect();
    departments.sort_unstable();
    departments.dedup();
    assert!(departments.len() >= 3, "{:?}", ids(&found));
    let winter = Reader { month: 1, ..person };
    let found = ENGINE.recommend(&winter, &nobody, 8);
    let seasonal = |one: &Recommendation| {
        one.reasons.iter().any(|reason| reason.ground == Ground::Season(Season::Winter))
    };
    assert!(found.iter().any(seasonal), "{:?}", ids(&found));
}
