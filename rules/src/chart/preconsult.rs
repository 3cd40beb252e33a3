//! The dialogue chart that ships, walked as the engine walks it.

use std::collections::BTreeMap;

use rstest::rstest;

use super::{Chart, Shape};
use crate::expr::{Facts, Kind, Value, Variable, Vocabulary};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/flows/preconsult.mmd");
/// What the engine gives a value to.
const NAMES: [&str; 15] = [
    "有主诉",
    "红旗",
    "继续",
    "急症分级",
    "待问特征",
    "待查红旗",
    "待鉴别",
    "待问诊治",
    "待问一般情况",
    "待问既往",
    "待问过敏",
    "待问个人",
    "待问婚育",
    "待问家族",
    "待补充",
];
const LEVEL: u32 = 3;

pub(super) struct Engine;

impl Vocabulary for Engine {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let (slot, _) = (0u32..).zip(NAMES).find(|(_, known)| *known == name)?;
        Some(Variable { slot, kind: if slot == LEVEL { Kind::Number { unit: None } } else { Kind::Truth } })
    }

    fn names(&self) -> Vec<String> {
        NAMES.map(str::to_owned).to_vec()
    }
}

/// The named truths hold, the others do not.
struct Holding(BTreeMap<u32, Value<'static>>);

impl Holding {
    fn of(names: &[&str]) -> Self {
        let slots = (0u32..).zip(NAMES).filter(|(_, name)| names.contains(name));
        Self(slots.map(|(slot, _)| (slot, Value::Truth(true))).collect())
    }
}

impl Facts for Holding {
    fn value(&self, slot: u32) -> Value<'_> {
        self.0.get(&slot).copied().unwrap_or(Value::Truth(false))
    }
}

pub(super) fn shipped() -> Chart {
    let text = std::fs::read_to_string(PATH).unwrap();
    Chart::compile("flows/preconsult.mmd", &text, &Engine).unwrap_or_else(|faults| {
        panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// From a node to the next question or end.
fn walk(from: &str, facts: &Holding) -> String {
    let chart = shipped();
    let mut at = chart.find(from).unwrap();
    for _ in 0..chart.nodes().count() {
        at = chart.next(at, facts).node;
        let node = chart.node(at);
        if matches!(node.shape, Shape::Question | Shape::End) {
            return node.key.clone();
        }
    }
    panic!("no question after {from}");
}

#[rstest]
#[case("start", &[], "complaint")]
#[case("complaint", &[], "complaint")]
#[case("complaint", &["有主诉"], "confirm")]
#[case("complaint", &["有主诉", "红旗", "待查红旗"], "warn")]
#[case("complaint", &["有主诉", "待查红旗", "待问特征", "待鉴别", "待问既往"], "safety")]
#[case("safety", &["有主诉", "待问特征", "待鉴别"], "features")]
#[case("features", &["有主诉", "待鉴别", "待问诊治"], "differential")]
#[case("differential", &["待问诊治", "待问一般情况"], "treatment")]
#[case("treatment", &["待问一般情况", "待问既往"], "general")]
#[case("general", &["待问既往", "待问过敏"], "past")]
#[case("past", &["待问过敏", "待问个人"], "allergy")]
#[case("allergy", &["待问个人", "待问婚育"], "personal")]
#[case("personal", &["待问婚育", "待问家族"], "marital")]
#[case("marital", &["待问家族", "待补充"], "family")]
#[case("family", &["待补充"], "extra")]
#[case("extra", &[], "confirm")]
#[case("extra", &["红旗"], "warn")]
#[case("extra", &["待查红旗"], "safety")]
#[case("warn", &["继续", "待问特征"], "features")]
#[case("warn", &["待问特征"], "end_emergency")]
#[case("confirm", &[], "done")]
fn the_dialogue_goes_on_to(#[case] from: &str, #[case] holding: &[&str], #[case] next: &str) {
    assert_eq!(walk(from, &Holding::of(holding)), next);
}

#[test]
fn every_question_is_followed_by_the_look_at_red_flags() {
    let chart = shipped();
    for (id, node) in chart.nodes().filter(|(_, node)| node.shape == Shape::Question) {
        if !["complaint", "warn", "confirm"].contains(&node.key.as_str()) {
            let next = chart.next(id, &Holding::of(&[])).node;
            assert_eq!(chart.node(next).key, "flags", "after {}", node.key);
        }
    }
}

#[test]
fn unknown_is_not_yes() {
    struct Unknown;
    impl Facts for Unknown {
        fn value(&self, _: u32) -> Value<'_> {
            Value::Unknown
        }
    }
    let chart = shipped();
    let next = |key| chart.node(chart.next(chart.find(key).unwrap(), &Unknown).node).key.clone();
    assert_eq!(next("heard"), "complaint");
    assert_eq!(next("flags"), "next");
    assert_eq!(next("warn"), "end_emergency");
}
