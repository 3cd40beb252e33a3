//! The shipped rules over the shipped graph: every pair, every alias, both orders; nothing else.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use kb::{
    Kb, Sources,
    herb::{Basis, Named},
};
use proptest::prelude::*;

use super::*;
use crate::quality::Level;

fn data() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data")).to_path_buf()
}

static GRAPH: LazyLock<Kb> = LazyLock::new(|| {
    let sources = Sources::read(&data(), &["graph", "herbs", "lexicon"], &["ttl", "tsv"]).unwrap();
    Kb::compile(&sources).unwrap_or_else(|faults| panic!("{faults:#?}"))
});

static BOOK: LazyLock<Book> =
    LazyLock::new(|| Book::compile(&GRAPH, &files()).unwrap_or_else(|faults| panic!("{}", told(&faults))));

fn told(faults: &[kb::Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn files() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(data().join("rules/prescription"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn policy() -> Policy {
    Policy::of(&BOOK, &Settings::default(), None)
}

fn found(text: &str) -> Report {
    review(&BOOK, &Prescription::parse(text).unwrap(), &policy())
}

fn rules_of(text: &str) -> BTreeSet<String> {
    found(text).findings.into_iter().map(|finding| finding.rule).collect()
}

/// Every name of a piece and whether it means it beyond doubt.
fn names() -> Vec<(kb::herb::HerbId, String)> {
    let mut names = Vec::new();
    for herb in GRAPH.herbs() {
        let own = std::iter::once(&herb.label);
        for name in own.chain(&herb.names).chain(&herb.ambiguous).chain(&herb.unverified_names) {
            names.push((herb.id, name.clone()));
        }
    }
    names
}

#[test]
fn the_shipped_rules_stand_every_check() {
    assert_eq!(BOOK.warnings(), []);
    assert!(BOOK.rules().len() >= 45, "{} rules", BOOK.rules().len());
    for rule in BOOK.rules() {
        assert!(!rule.manual.is_empty() && !rule.source.is_empty(), "{}", rule.id);
    }
}

#[test]
fn every_pair_is_found_in_both_orders_through_every_name() {
    let (names, policy) = (names(), policy());
    let (mut n_tried, mut n_pairs) = (0, 0);
    for pair in GRAPH.incompatibilities() {
        let of = |id| names.iter().filter(move |(own, _)| *own == id).map(|(_, name)| name);
        n_pairs += 1;
        for (left, right) in of(pair.left).flat_map(|left| of(pair.right).map(move |right| (left, right))) {
            let line = |name: &String| Line { name: name.clone(), ..Line::default() };
            for lines in [[line(left), line(right)], [line(right), line(left)]] {
                let order = Prescription { lines: lines.to_vec(), ..Prescription::default() };
                let report = review(&BOOK, &order, &policy);
                let hit = report.findings.iter().find(|finding| finding.rule.starts_with("antagonism-"));
                let hit = hit.unwrap_or_else(|| panic!("{left} + {right} ({}) not found", pair.key));
                assert_eq!(hit.lines, [0, 1], "{left} + {right}");
                assert!(hit.rows.iter().any(|row| row == &pair.key), "{left} + {right}: {:?}", hit.rows);
                n_tried += 1;
            }
        }
    }
    assert_eq!(n_pairs, 122);
    assert!(n_tried > 2_000, "{n_tried}");
}

#[test]
fn every_two_pieces_are_found_exactly_when_the_graph_has_their_pair() {
    let policy = policy();
    let mut n_found = 0;
    for a in GRAPH.herbs() {
        for b in GRAPH.herbs().iter().skip(a.id.index() + 1) {
            // All pieces without a pair of their own say the same; a third of a million reviews is enough.
            if (a.id.index() + b.id.index()) % 5 != 0 && GRAPH.clashes(a.id, b.id).is_empty() {
                continue;
            }
            let line = |name: &String| Line { name: name.clone(), ..Line::default() };
            let order =
                Prescription { lines: vec![line(&a.label), line(&b.label)], ..Prescription::default() };
            let report = review(&BOOK, &order, &policy);
            let hits: Vec<&Finding> =
                report.findings.iter().filter(|finding| finding.rule.starts_with("antagonism-")).collect();
            let clashes = GRAPH.clashes(a.id, b.id);
            assert_eq!(hits.len(), usize::from(!clashes.is_empty()), "{} + {}", a.label, b.label);
            if let (Some(hit), Some(clash)) = (hits.first(), clashes.first()) {
                n_found += 1;
                let is_doubtful = !clashes.iter().any(|clash| clash.is_verified);
                assert_eq!(hit.rule == "antagonism-doubtful", is_doubtful, "{} + {}", a.label, b.label);
                assert!(matches!(clash.basis, Basis::Named | Basis::Processed));
            }
        }
    }
    assert!(n_found > 122, "processed forms go with their raw piece: {n_found}");
}

#[test]
fn near_names_are_not_taken_for_each_other() {
    for (a, b) in [
        ("白附子", "半夏"),
        ("禹白附", "瓜蒌"),
        ("土贝母", "附子"),
        ("黄芪", "川乌"),
        ("昆布", "甘草"),
        ("党参", "五灵脂"),
        ("牡丹皮", "藜芦"),
        ("桂枝", "赤石脂"),
        ("姜黄", "丁香"),
        ("莪术", "丁香"),
        ("水牛角", "川乌"),
        ("赤芍", "附子"),
        ("木通", "甘草"),
    ] {
        let hits = rules_of(&format!("方 = {a} 1g、{b} 1g"));
        assert!(!hits.iter().any(|rule| rule.starts_with("antagonism-")), "{a} + {b}: {hits:?}");
    }
    for name in ["附", "参", "土贝", "半夏片儿", "生", "白附", "法半夏夏"] {
        if GRAPH.herb_named(name) == Named::None {
            assert!(rules_of(&format!("方 = {name} 1g")).contains("name-unknown"), "{name}");
        }
    }
    assert!(!rules_of("方 = 南沙参 10g、苦参 6g").iter().any(|rule| rule.starts_with("duplicate-")));
    assert!(!rules_of("方 = 川贝 6g、土贝母 6g").iter().any(|rule| rule.starts_with("duplicate-")));
}

#[test]
fn a_name_in_doubt_is_asked_and_still_checked() {
    let report = found("方 = 贝母 10g、附子 10g 先煎");
    let rules: Vec<&str> = report.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert!(rules.contains(&"name-ambiguous") && rules.contains(&"antagonism-18"), "{rules:?}");
    let asked = report.findings.iter().find(|finding| finding.rule == "name-ambiguous").unwrap();
    assert!(asked.message.contains("请写明") && asked.remedy.contains("浙贝母"), "{}", asked.remedy);
    assert!(
        rules_of("方 = 花粉 10g、制川乌 3g")
            .is_superset(&BTreeSet::from(["name-ambiguous".to_owned(), "antagonism-18".to_owned()]))
    );
}

#[test]
fn a_finding_says_what_why_and_what_would_clear_it() {
    let report = found("性别 = 女; 年龄 = 30; 妊娠 = 是; 方 = 黑附子 30g、法夏 9g");
    let finding = |rule: &str| report.findings.iter().find(|finding| finding.rule == rule).unwrap();
    let pair = finding("antagonism-18");
    assert_eq!((pair.level, pair.can_sign, pair.comment.as_str()), (Level::Block, true, "2-8"));
    assert_eq!((pair.herbs.len(), pair.lines.as_slice()), (2, [0, 1].as_slice()));
    assert!(
        pair.message.contains("黑附子（附子）") && pair.message.contains("半蒌贝蔹及攻乌"),
        "{}",
        pair.message
    );
    assert_eq!(
        (pair.release.as_str(), report.release.as_str()),
        (GRAPH.release.as_str(), GRAPH.release.as_str())
    );
    let dose = finding("dose-toxic");
    assert_eq!(dose.message, "黑附子（附子）（有毒）每剂 30g，药典上限 15g");
    assert_eq!(
        (dose.rows.as_slice(), dose.lines.as_slice()),
        (["herb:fuzi".to_owned()].as_slice(), [0].as_slice())
    );
    assert!(dose.facts.iter().any(|used| used.name == "药.剂量" && used.value == "30g"), "{:?}", dose.facts);
    assert!(dose.remedy.contains("15g") && dose.source.contains("药典"));
    assert!(report.is_blocked());
    assert_eq!(finding("pregnancy-caution").herbs, ["附子"]);
}

#[test]
fn a_sound_prescription_finds_nothing() {
    let report = found(
        "性别 = 女; 年龄 = 40; 妊娠 = 否; 诊断 = 感冒; 证候 = 风寒束表证; 剂数 = 5; 用法 = 水煎服; \
         方 = 荆芥 10g、防风 10g、紫苏叶 9g、甘草 6g、薄荷 6g 后下、陈皮 6g",
    );
    assert_eq!(report.findings, []);
}

#[test]
fn settings_change_levels_but_not_below_a_floor_without_a_reason() {
    let change = |rule: &str, is_on, level, reason: &str| Override {
        rule: rule.to_owned(),
        is_on,
        level,
        reason: reason.to_owned(),
    };
    let settings = Settings {
        hospital: vec![
            change("duplicate-processed", false, None, ""),
            change("antagonism-18", true, Some(Level::Warn), ""),
            change("no-such", true, None, ""),
        ],
        departments: [(
            "50".to_owned(),
            vec![
                change("duplicate-processed", true, Some(Level::Hint), ""),
                change("antagonism-18", true, Some(Level::Warn), "风湿科专家共识，院药事会同意"),
            ],
        )]
        .into(),
    };
    let order = Prescription::parse("方 = 甘草 6g、炙甘草 6g、海藻 10g").unwrap();
    let level = |policy: &Policy, rule: &str| {
        let report = review(&BOOK, &order, policy);
        report.findings.iter().find(|finding| finding.rule == rule).map(|finding| finding.level)
    };
    let hospital = Policy::of(&BOOK, &settings, None);
    assert_eq!(level(&hospital, "duplicate-processed"), None);
    assert_eq!(level(&hospital, "antagonism-18"), Some(Level::Block), "no reason, no change");
    let refused: Vec<&str> = hospital.refusals().iter().map(|refusal| refusal.rule.as_str()).collect();
    assert_eq!(refused, ["antagonism-18", "no-such"]);
    let department = Policy::of(&BOOK, &settings, Some("50"));
    assert_eq!(level(&department, "duplicate-processed"), Some(Level::Hint));
    assert_eq!(level(&department, "antagonism-18"), Some(Level::Warn));
}

fn page(front: &str, block: &str, rest: &str) -> String {
    format!(
        "---\n编号: x\n名称: 甲\n种类: 处方\n类别: 配伍\n{front}双签: 可\n状态: 草稿\n来源: 自拟\n---\n```规则\n{block}```\n{rest}"
    )
}

fn codes(text: &str) -> Vec<(u32, u32, &'static str)> {
    let Err(faults) = Book::compile(&GRAPH, &[("x.md".to_owned(), text.to_owned())]) else {
        return Vec::new();
    };
    faults.iter().map(|fault| (fault.line, fault.column, fault.code)).collect()
}

#[test]
fn what_is_wrong_with_a_rule_is_told_with_its_place() {
    let (level, told) = ("级别: 警告\n", "提示: 甲\n改法: 乙\n");
    let of = |block: &str, rest: &str| codes(&page(level, &format!("{block}\n{told}"), rest));
    assert_eq!(of("每味: 药.剂里 > 3g", ""), [(12, 5, "EX002")]);
    assert_eq!(of("每味: 药.剂量 > 3天", ""), [(12, 5, "EX005")]);
    assert_eq!(of("若: 药.剂量 > 3g", ""), [(11, 1, "RX005"), (12, 1, "RX005")]);
    assert_eq!(of("成对: 配伍(十七反)", ""), [(12, 5, "RX005")]);
    assert_eq!(of("成对: 重复(同名)\n对象: 甘草、附紫", ""), [(13, 8, "RX007")]);
    assert_eq!(of("成对: 重复(同名)\n对象: 贝母", ""), [(13, 5, "RX007")]);
    assert_eq!(of("成对: 名单", ""), [(11, 1, "RX012")]);
    assert_eq!(
        of("成对: 名单", "| 甲 | 丁 |\n|---|---|\n| 甘草 | 海藻 |\n"),
        [(11, 1, "RX012"), (16, 3, "RX012")]
    );
    assert_eq!(
        of("每味: 药.剂量 > 药.限量", "| 药 | 限量 |\n|---|---|\n| 甘草 | 三克 |\n"),
        [(18, 8, "RX012")]
    );
    assert_eq!(of("每味: 药.剂量 > 3g", "## 命中\n- 方 = 甘草 1g\n"), [(11, 1, "RX010"), (17, 3, "RX009")]);
    assert_eq!(of("每味: 药.剂量 > 3g", "## 命中\n- 药 = 甘草 1g\n"), [(11, 1, "RX010"), (17, 3, "RX011")]);
    assert_eq!(codes(&page("", &format!("每味: 药.剂量 > 3g\n{told}"), "")), [(1, 1, "RX001")]);
    assert_eq!(
        codes(&page("级另: 警告\n", &format!("每味: 药.剂量 > 3g\n{told}"), "")),
        [(1, 1, "RX001"), (6, 1, "RX003")]
    );
    assert_eq!(codes(&page("级别: 警示\n", &format!("每味: 药.剂量 > 3g\n{told}"), "")), [(6, 5, "RX002")]);
    assert_eq!(
        codes(&page(level, "每味: 药.剂量 > 3g\n提示: {药.剂里}\n改法: 乙\n", "")),
        [(13, 5, "RX008")]
    );
}

#[test]
fn an_editor_adds_a_pair_a_limit_and_a_condition_without_a_programmer() {
    let rest = "| 甲 | 乙 | 说明 |\n|---|---|---|\n| 甘草类 | 昆布 | 本院规定 |\n\
                ## 命中\n- 方 = 昆布 10g、蜜甘草 6g\n## 不命中\n- 方 = 昆布 10g、黄芪 6g\n";
    assert_eq!(codes(&page("级别: 警告\n", "成对: 名单\n提示: {药} {说明}\n改法: 去一味\n", rest)), []);
    let rest = "| 药 | 限量 |\n|---|---|\n| 黄芪 | 60g |\n\
                ## 命中\n- 方 = 炙黄芪 90g; 年龄 = 70\n## 不命中\n- 方 = 炙黄芪 90g; 年龄 = 30\n";
    let block = "每味: 药.剂量 > 药.限量\n适用: 年龄 >= 65岁\n提示: {药} 超过 {药.限量}\n改法: 减量\n";
    assert_eq!(codes(&page("级别: 警告\n", block, rest)), []);
}

/// What a report says, positions left out.
fn said(report: &Report) -> Vec<Finding> {
    let mut findings = report.findings.clone();
    for finding in &mut findings {
        finding.lines.clear();
    }
    findings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_order_of_lines_does_not_matter(
        picked in prop::collection::vec((0usize..5000, 0u32..400, 0usize..5, 0usize..6), 1..30),
        seed in prop::collection::vec(any::<u32>(), 30),
        age in prop::option::of(0u32..1200),
        pregnant in prop::option::of(any::<bool>()),
    ) {
        let names = names();
        let lines: Vec<Line> = picked.iter().map(|(name, dose, unit, note)| Line {
            name: names[name % names.len()].1.clone(),
            dose: Some(f64::from(*dose) / 10.0),
            unit: ["g", "克", "枚", "钱", ""][*unit].to_owned(),
            notes: [vec![], vec!["先煎".to_owned()], vec!["后下".to_owned()], vec!["包煎".to_owned()], vec!["甲".to_owned()], vec![]][*note].clone(),
        }).collect();
        let patient = Patient { age_months: age, sex: Some(Sex::Female), pregnant, lactating: None };
        let order = Prescription { patient, lines, ..Prescription::default() };
        let mut keyed: Vec<(u32, Line)> = seed.into_iter().zip(order.lines.clone()).collect();
        keyed.sort_by_key(|(key, _)| *key);
        let shuffled = Prescription { lines: keyed.into_iter().map(|(_, line)| line).collect(), ..order.clone() };
        let policy = policy();
        let (one, other) = (review(&BOOK, &order, &policy), review(&BOOK, &shuffled, &policy));
        prop_assert_eq!(said(&one), said(&other));
        prop_assert_eq!(review(&BOOK, &order, &policy), one);
    }

    #[test]
    fn no_text_brings_it_down(name in ".{0,12}", unit in ".{0,4}", note in ".{0,6}", dose in any::<f64>(), text in ".{0,60}") {
        let line = Line { name, unit, notes: vec![note], dose: Some(dose) };
        let order = Prescription { lines: vec![line.clone(), line], ..Prescription::default() };
        review(&BOOK, &order, &policy());
        let _ = Prescription::parse(&text);
        let _ = Book::compile(&GRAPH, &[("x.md".to_owned(), text)]);
    }
}
