//! Reading on the shipped words; whole texts stand as case files in `tests/cases/extract`.

use std::{path::Path, sync::LazyLock};

use kb::{Choice, ConceptId, Kb, Sources};
use proptest::prelude::*;
use rstest::rstest;

use crate::{Expected, Extractor, Kin, MeasureKind, Speaker, Status, Verdict, Whose};

static READER: LazyLock<(Kb, Extractor)> = LazyLock::new(|| {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let sources = Sources::read(data, &["graph", "lexicon"], &["ttl", "tsv"]).unwrap();
    let kb = Kb::compile(&sources).unwrap_or_else(|faults| panic!("{faults:?}"));
    let extractor = Extractor::new(&kb).unwrap_or_else(|faults| panic!("{faults:?}"));
    (kb, extractor)
});

fn concept(label: &str) -> ConceptId {
    READER.0.concepts.iter().find(|concept| concept.label == label).expect(label).id
}

fn status(text: &str, label: &str) -> Option<Status> {
    let found = READER.1.extract(text, Speaker::Patient).findings;
    found.iter().find(|finding| finding.concept == concept(label)).map(|finding| finding.status)
}

#[rstest]
#[case("拉肚子三天了", "腹泻", Some(Status::Yes))]
#[case("不发烧", "发热", Some(Status::No))]
#[case("好像有点喘", "喘息", Some(Status::Unsure))]
#[case("没有发烧、咳嗽和流鼻涕", "流涕", Some(Status::No))]
#[case("没有发烧，咳嗽两天", "咳嗽", Some(Status::Yes))]
#[case("没有发烧但是咳嗽", "咳嗽", Some(Status::Yes))]
#[case("咳个不停", "咳嗽", Some(Status::Yes))]
#[case("发烧好了", "发热", Some(Status::No))]
#[case("怕发烧", "发热", None)]
#[case("我怕以后也会发烧", "发热", None)]
#[case("对头孢过敏", "药物过敏", Some(Status::Yes))]
#[case("吃了头孢", "药物过敏", None)]
#[case("今天天气不错", "发热", None)]
fn presence(#[case] text: &str, #[case] label: &str, #[case] expected: Option<Status>) {
    assert_eq!(status(text, label), expected, "{text}");
}

#[test]
fn a_relative_s_disease_is_not_the_patient_s() {
    let found = READER.1.extract("我妈有高血压，我头晕", Speaker::Patient).findings;
    let whose: Vec<Whose> = found.iter().map(|finding| finding.whose).collect();
    assert_eq!(whose, [Whose::Kin(Kin::Mother), Whose::Patient]);
    let child = READER.1.extract("孩子发烧", Speaker::Parent).findings;
    assert_eq!(child[0].whose, Whose::Patient);
}

#[rstest]
#[case("体温39度2", MeasureKind::Temperature, 39.2)]
#[case("烧到38.5℃", MeasureKind::Temperature, 38.5)]
#[case("三十九度半", MeasureKind::Temperature, 39.5)]
#[case("血压150/95", MeasureKind::Diastolic, 95.0)]
#[case("血压一百八", MeasureKind::Systolic, 180.0)]
#[case("血氧93", MeasureKind::OxygenSaturation, 93.0)]
fn measures(#[case] text: &str, #[case] kind: MeasureKind, #[case] expected: f32) {
    let measures = READER.1.extract(text, Speaker::Patient).measures;
    let value = measures.iter().find(|measure| measure.kind == kind).map(|measure| measure.value);
    assert!(value.is_some_and(|value| (value - expected).abs() < 0.01), "{text}: {measures:?}");
}

#[rstest]
#[case("咳嗽三天了", 72.0)]
#[case("三天前开始咳嗽", 72.0)]
#[case("咳嗽，有两个星期了", 336.0)]
#[case("昨天开始咳嗽", 24.0)]
#[case("咳嗽半个多月", 360.0)]
#[case("咳嗽三天了，昨天开始发烧，有痰", 72.0)]
fn since_when(#[case] text: &str, #[case] hours: f32) {
    let found = READER.1.extract(text, Speaker::Patient).findings;
    let since =
        found.iter().find(|finding| finding.concept == concept("咳嗽")).and_then(|finding| finding.since);
    assert!(since.is_some_and(|since| (since.hours - hours).abs() < 1.0), "{text}: {since:?}");
}

#[rstest]
#[case("一天拉肚子七八次", "腹泻")]
#[case("10月1号开始咳嗽", "咳嗽")]
#[case("发烧，昨天去看过医生", "发热")]
fn what_is_no_length_leaves_the_time_open(#[case] text: &str, #[case] label: &str) {
    let found = READER.1.extract(text, Speaker::Patient).findings;
    let finding = found.iter().find(|finding| finding.concept == concept(label)).expect(label);
    assert_eq!(finding.since, None, "{text}");
}

#[rstest]
#[case("有", Some(Verdict::Yes))]
#[case("没有", Some(Verdict::No))]
#[case("没错", Some(Verdict::Yes))]
#[case("不清楚", Some(Verdict::Unsure))]
#[case("有一点", Some(Verdict::Yes))]
#[case("前天开始的", Some(Verdict::Yes))]
#[case("不是很厉害", Some(Verdict::Yes))]
#[case("不咳", Some(Verdict::No))]
#[case("咳得厉害", Some(Verdict::Yes))]
#[case("嗯嗯", Some(Verdict::Yes))]
#[case("没有打过疫苗", None)]
#[case("昨天更疼一些", None)]
#[case("没有的呀", Some(Verdict::No))]
#[case("不想说", Some(Verdict::Unsure))]
#[case("有三天了", Some(Verdict::Yes))]
#[case("normal", None)]
#[case("今天天气不错", None)]
fn replies_to_whether_one_coughs(#[case] text: &str, #[case] expected: Option<Verdict>) {
    let accepted = [concept("咳嗽")];
    let reply = READER.1.reply(text, Expected::YesNo { accepted: &accepted }, Speaker::Patient);
    assert_eq!(reply.verdict, expected, "{text}");
}

#[test]
fn choices_are_named_by_label_or_other_name_and_the_longer_wins() {
    let choice = |label: &str, names: &[&str]| Choice {
        label: label.into(),
        term: label.into(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let choices =
        [choice("有痰，咳得出", &["有痰"]), choice("干咳没有痰", &["没有痰", "干咳"]), choice("血", &[])];
    let chosen = |text| READER.1.reply(text, Expected::Choices(&choices), Speaker::Patient).choices;
    assert_eq!(chosen("干咳没有痰"), [1]);
    assert_eq!(chosen("有痰，带血"), [0, 2]);
    assert_eq!(chosen("不知道"), Vec::<usize>::new());
}

proptest! {
    /// Any text is read without a panic, and every span lies on character boundaries of it.
    #[test]
    fn any_text_is_read(text in prop_oneof!["\\PC{0,80}", "[头肚子疼痛不没有三天度0-9.，。年月前39咳烧]{0,60}"]) {
        for speaker in [Speaker::Patient, Speaker::Parent] {
            let extraction = READER.1.extract(&text, speaker);
            for finding in &extraction.findings {
                prop_assert!(!finding.span.of(&text).is_empty());
            }
            for measure in &extraction.measures {
                prop_assert!(measure.kind.range().contains(&measure.value));
            }
            let accepted = [concept("咳嗽")];
            for expected in [Expected::Account, Expected::Number, Expected::Period, Expected::YesNo { accepted: &accepted }] {
                READER.1.reply(&text, expected, speaker);
            }
        }
    }

    /// Sentences are read apart: what one says does not change the next.
    #[test]
    fn sentences_do_not_leak(first in "[头肚子疼痛不没有三天咳烧，、]{0,30}") {
        let alone = READER.1.extract("咳嗽三天", Speaker::Patient).findings;
        let text = format!("{first}。咳嗽三天");
        let after = READER.1.extract(&text, Speaker::Patient).findings;
        let last = after.last().unwrap();
        prop_assert_eq!(last.status, alone[0].status);
        prop_assert_eq!(last.since.map(|since| since.hours), alone[0].since.map(|since| since.hours));
    }
}
