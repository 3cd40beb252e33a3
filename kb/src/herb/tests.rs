//! The shipped pieces: every row of the table is there, names are exact, pairs reach processed forms.

use std::path::Path;

use super::*;
use crate::{Kb, Sources};

fn kb() -> Kb {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let sources = Sources::read(data, &["graph", "herbs", "lexicon"], &["ttl", "tsv"]).unwrap();
    Kb::compile(&sources).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn one(kb: &Kb, name: &str) -> HerbId {
    match kb.herb_named(name) {
        Named::One(id) => id,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn names_match_exactly_and_ambiguous_ones_are_asked() {
    let kb = kb();
    assert_eq!((kb.herbs().len(), kb.incompatibilities().len()), (866, 122));
    assert_ne!(one(&kb, "白附子"), one(&kb, "附子"));
    assert_eq!(one(&kb, " 黑附子 "), one(&kb, "附子"));
    assert_eq!(one(&kb, "金钱草"), kb.herb_id("herb:jinqiancao").unwrap(), "its own name is never in doubt");
    for (name, expected) in
        [("乌头", ["川乌", "草乌"].as_slice()), ("大戟", &["红大戟", "京大戟"]), ("高丽参", &["红参"])]
    {
        let Named::Ambiguous(ids) = kb.herb_named(name) else { panic!("{name}") };
        let mut labels: Vec<&str> = ids.iter().map(|id| kb.herb(*id).label.as_str()).collect();
        labels.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(labels, expected, "{name}");
    }
    for name in ["附", "附子片儿", "", "生", "头痛"] {
        assert_eq!(kb.herb_named(name), Named::None, "{name}");
    }
    assert_eq!(kb.id("herb:fuzi"), None, "no text mentions a piece as a finding");
}

#[test]
fn values_in_doubt_are_marked_and_open_questions_are_not_absent() {
    let kb = kb();
    let herb = |name: &str| kb.herb(one(&kb, name));
    let aconite = herb("附子");
    assert_eq!(aconite.dose_max_mg, Some(Stated { value: 15_000, is_verified: true }));
    assert_eq!(aconite.toxicity, Some(Stated { value: Toxicity::Toxic, is_verified: true }));
    assert_eq!(aconite.pregnancy.map(|stated| stated.value), Some(Pregnancy::Caution));
    assert_eq!(aconite.methods.iter().map(|m| m.value).collect::<Vec<_>>(), [Method::First, Method::Long]);
    let mock_strawberry = herb("蛇莓");
    assert_eq!(mock_strawberry.dose_max_mg, Some(Stated { value: 30_000, is_verified: false }));
    assert!(mock_strawberry.toxicity.is_none() && mock_strawberry.is_open("jy:toxicity"));
    assert!(!aconite.is_open("jy:toxicity"));
    let cinnamon = herb("肉桂");
    assert!(cinnamon.methods.iter().all(|method| !method.is_verified), "the table has 后下?|冲服?");
    assert_eq!(cinnamon.cautions[0].value, Caution { when: "出血倾向".into(), what: "慎用".into() });
    let slices = herb("黑顺片");
    assert_eq!(slices.processed_of, Some(one(&kb, "附子")));
    assert_eq!(kb.herb_groups()[slices.groups[0].value].label, "乌头类");
    assert!(kb.source_label(&aconite.source).unwrap().contains("药典"));
}

#[test]
fn pairs_hold_both_ways_and_for_processed_forms() {
    let kb = kb();
    let clash = |a: &str, b: &str| kb.clashes(one(&kb, a), one(&kb, b));
    let named = clash("半夏", "川乌");
    assert_eq!(named.len(), 1);
    assert_eq!((named[0].basis, named[0].is_verified), (Basis::Named, true));
    assert_eq!(named[0].pair.verse, "半蒌贝蔹及攻乌");
    assert_eq!(clash("川乌", "半夏"), named);
    let processed = clash("黑顺片", "半夏");
    assert_eq!((processed[0].basis, processed[0].is_verified), (Basis::Processed, true));
    assert!(!clash("川乌", "半夏曲")[0].is_verified, "its family is in doubt");
    assert!(!clash("藜芦", "太子参")[0].is_verified, "the pharmacopoeia does not name it");
    assert_eq!(clash("山参", "五灵脂")[0].pair.rule_set, RuleSet::Nineteen);
    let free =
        [("白附子", "半夏"), ("党参", "五灵脂"), ("甘草", "昆布"), ("甘草", "炙甘草"), ("川乌", "川乌")];
    for (a, b) in free {
        assert!(clash(a, b).is_empty(), "{a} {b}");
    }
}
