//! What must hold for every table: findings agree with trying all values, decisions with what they say is open.

use std::collections::BTreeSet;

use kb::Fault;
use proptest::prelude::*;

use super::{
    Datum, Matcher, Visit,
    cases::{targets, writeln_to},
};

const INPUTS: &str = "## 输入\n| 名称 | 类型 | 取值/范围 | 单位 |\n|---|---|---|---|\n| 整 | 整数 | 0~4 | |\n\
    | 数 | 数字 | 0~3 | |\n| 选 | 单选 | 子、丑、寅 | |\n| 是非 | 是否 | | |\n";
const HITS: [&str; 5] = ["唯一", "首条", "优先", "任意", "收集"];
const RESULTS: [&str; 3] = ["甲", "乙", "丙"];
const WHOLE_CELLS: [&str; 9] = ["-", "-", "< 2", ">= 2", "[1..3]", "(0..3)", "4", "0, 3~4", "非 2"];
const NUMBER_CELLS: [&str; 9] = ["-", "-", "< 1", ">= 1", "[1..2]", "(1..2)", "(0..3]", "2", "非 [1..2)"];
const LABEL_CELLS: [&str; 6] = ["-", "-", "子", "子, 丑", "非 寅", "寅"];
const TRUTH_CELLS: [&str; 4] = ["-", "-", "是", "否"];

type Rows = Vec<(usize, usize, usize, usize, usize)>;

fn rows() -> impl Strategy<Value = Rows> {
    let row = (
        0..WHOLE_CELLS.len(),
        0..NUMBER_CELLS.len(),
        0..LABEL_CELLS.len(),
        0..TRUTH_CELLS.len(),
        0..RESULTS.len(),
    );
    prop::collection::vec(row, 1..7)
}

fn head(front: &str) -> String {
    format!("---\n编号: t\n名称: 试\n种类: 匹配\n来源: 自拟\n状态: 草稿\n{front}\n---\n{INPUTS}")
}

fn table(hit: &str, rows: &Rows) -> Matcher {
    let mut text = head(&format!("方式: 决策表\n命中: {hit}\n次序: 甲, 乙, 丙"));
    text.push_str("## 规则\n| 编号 | 整 | 数 | 选 | 是非 | => 结果 |\n|---|---|---|---|---|---|\n");
    for (index, (whole, number, label, truth, result)) in rows.iter().enumerate() {
        let cells = [
            WHOLE_CELLS[*whole],
            NUMBER_CELLS[*number],
            LABEL_CELLS[*label],
            TRUTH_CELLS[*truth],
            RESULTS[*result],
        ];
        writeln_to(&mut text, format_args!("| r{index} | {} |\n", cells.join(" | ")));
    }
    Matcher::compile("t.md", &text, &targets()).unwrap()
}

/// Every value that can be told apart.
fn all_visits() -> Vec<Visit> {
    let mut visits = Vec::new();
    for whole in 0..5 {
        for half in 0..7 {
            for label in ["子", "丑", "寅"] {
                for truth in [true, false] {
                    let visit = Visit::default()
                        .with("整", Datum::Number(f64::from(whole)))
                        .with("数", Datum::Number(f64::from(half) / 2.0))
                        .with("选", Datum::Choice(label.to_owned()))
                        .with("是非", Datum::Truth(truth));
                    visits.push(visit);
                }
            }
        }
    }
    visits
}

/// Rows that hold, by their index.
fn hits(collecting: &Matcher, visit: &Visit) -> Vec<usize> {
    let steps = collecting.decide(visit).trace.steps;
    steps.iter().enumerate().filter(|(_, step)| step.holds == Some(true)).map(|(index, _)| index).collect()
}

/// Lines of the findings of a code, as indices of rows.
fn found(matcher: &Matcher, faults: &[Fault], code: &str) -> BTreeSet<usize> {
    let first = matcher.labels().iter().map(|label| label.line).min().unwrap();
    faults.iter().filter(|fault| fault.code == code).map(|fault| (fault.line - first) as usize).collect()
}

fn without(rows: &Rows, dropped: &BTreeSet<usize>) -> Rows {
    rows.iter().enumerate().filter(|(index, _)| !dropped.contains(index)).map(|(_, row)| *row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn gaps_and_overlaps_are_those_of_all_values(rows in rows()) {
        let collecting = table("收集", &rows);
        let visits = all_visits();
        let all: Vec<Vec<usize>> = visits.iter().map(|visit| hits(&collecting, visit)).collect();
        let result = |row: usize| rows[row].4;
        for hit in HITS {
            let matcher = table(hit, &rows);
            let faults = matcher.findings();
            let has = |code| faults.iter().any(|fault: &Fault| fault.code == code);
            prop_assert!(!has("MT029"));
            prop_assert_eq!(has("MT020"), hit != "收集" && all.iter().any(Vec::is_empty), "gap {}", hit);
            let meets = |hits: &&Vec<usize>| hits.len() > 1;
            prop_assert_eq!(has("MT021"), hit == "唯一" && all.iter().any(|hits| meets(&hits)));
            let differs = |hits: &Vec<usize>| hits.iter().any(|row| result(*row) != result(hits[0]));
            prop_assert_eq!(has("MT022"), hit == "任意" && all.iter().any(differs));
            let never: BTreeSet<usize> =
                (0..rows.len()).filter(|row| !all.iter().any(|hits| hits.contains(row))).collect();
            prop_assert_eq!(&found(&matcher, &faults, "MT027"), &never);
            let wins = |row: usize, hits: &Vec<usize>| match hit {
                "首条" => hits.first() == Some(&row),
                "优先" => hits.contains(&row) && hits.iter().all(|other| result(row) <= result(*other)),
                _ => true,
            };
            let masked: BTreeSet<usize> = (0..rows.len())
                .filter(|row| !never.contains(row) && !all.iter().any(|hits| wins(*row, hits)))
                .collect();
            prop_assert_eq!(&found(&matcher, &faults, "MT023"), &masked, "masked {}", hit);
        }
    }

    #[test]
    fn rows_called_redundant_change_nothing_and_others_do(rows in rows()) {
        let visits = all_visits();
        for hit in ["首条", "优先", "任意"] {
            let matcher = table(hit, &rows);
            let faults = matcher.findings();
            let results = |matcher: &Matcher| -> Vec<Vec<String>> {
                visits.iter().map(|visit| matcher.decide(visit).results).collect()
            };
            let before = results(&matcher);
            let mut dropped = found(&matcher, &faults, "MT023");
            dropped.extend(found(&matcher, &faults, "MT024"));
            dropped.extend(found(&matcher, &faults, "MT027"));
            for row in &dropped {
                let fewer = without(&rows, &[*row].into());
                if !fewer.is_empty() {
                    prop_assert_eq!(&results(&table(hit, &fewer)), &before, "{} without {}", hit, row);
                }
            }
            if dropped.len() < rows.len() {
                prop_assert_eq!(&results(&table(hit, &without(&rows, &dropped))), &before, "{}", hit);
            }
            if hit == "首条" && dropped.is_empty() && rows.len() > 1 {
                for row in 0..rows.len() {
                    let fewer = table(hit, &without(&rows, &[row].into()));
                    prop_assert_ne!(&results(&fewer), &before, "row {} does nothing", row);
                }
            }
        }
    }

    #[test]
    fn a_settled_decision_stays_whatever_comes(rows in rows(), known in 0usize..16, at in 0usize..210) {
        let all = all_visits();
        let names = ["整", "数", "选", "是非"];
        let mut partial = all[at % all.len()].clone();
        for (bit, name) in names.iter().enumerate() {
            if known >> bit & 1 == 0 {
                partial.0.remove(*name);
            }
        }
        let agrees = |visit: &&Visit| partial.0.iter().all(|(name, datum)| visit.0.get(name) == Some(datum));
        let mut matchers: Vec<Matcher> = HITS.iter().map(|hit| table(hit, &rows)).collect();
        matchers.extend(lists(&rows));
        for matcher in matchers {
            let decision = matcher.decide(&partial);
            prop_assert_eq!(&decision, &matcher.decide(&partial));
            for name in &decision.trace.open {
                prop_assert!(!partial.0.contains_key(name));
            }
            if decision.trace.open.is_empty() {
                for visit in all.iter().filter(agrees) {
                    let later = matcher.decide(visit).results;
                    prop_assert_eq!(&later, &decision.results, "{:?} {}", visit, decision.trace.mode);
                }
            }
        }
    }

    #[test]
    fn no_text_panics(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "|", " ", "\n", "-", "编号", "条件", "=> 结果", "## 规则", "## 输入", "## 例", "## 推导", "甲", "非 ", "[", "(",
                "..", "~", "3", "℃", ">=", "=", ":=", "给出", "整", "选", "---", "方式: 决策表", "，", "“", "\"", "🩺", "权重", ")", "]",
            ]),
            0..60,
        ),
        mode in prop::sample::select(vec!["依次", "决策表", "加权", "近例"]),
    ) {
        let junk = pieces.concat();
        for text in [
            junk.clone(),
            format!("{}{junk}", head(&format!("方式: {mode}"))),
            format!(
                "{}## 规则\n| 编号 | 整 | 数 | => 结果 |\n|---|---|---|---|\n| a | {} | - | 甲 |\n",
                head(&format!("方式: {mode}\n命中: 首条")),
                junk.replace(['\n', '|'], "")
            ),
        ] {
            match Matcher::compile("t.md", &text, &targets()) {
                Ok(matcher) => {
                    matcher.decide(&Visit::default());
                    matcher.findings();
                    matcher.check_examples();
                }
                Err(faults) => {
                    let lines: Vec<&str> = text.lines().collect();
                    for fault in faults {
                        let length = lines.get(fault.line as usize - 1).map_or(0, |line| line.chars().count());
                        prop_assert!(fault.column as usize <= length + 1, "{} in {}", fault, text);
                    }
                }
            }
        }
    }
}

/// The same conditions as ordered rules, all rules, and weighted scores.
fn lists(rows: &Rows) -> Vec<Matcher> {
    const WHOLE: [&str; 9] =
        ["是", "是", "整 < 2", "整 >= 2", "整 >= 1", "整 > 0", "整 = 4", "整 ≠ 1", "非 整 = 2"];
    const LABEL: [&str; 6] = ["是", "是", "选 = 子", "选 ≠ 寅", "选 ≠ 寅", "选 = 寅"];
    const TRUTH: [&str; 4] = ["是", "是", "是非", "非 是非"];
    let mut ordered = String::from("## 规则\n| 编号 | 条件 | 结果 |\n|---|---|---|\n");
    let mut weighted = String::from("## 规则\n| 编号 | 候选 | 条件 | 分 |\n|---|---|---|---|\n");
    for (index, (whole, number, label, truth, result)) in rows.iter().enumerate() {
        let condition = format!("{} 且 {} 且 {}", WHOLE[*whole], LABEL[*label], TRUTH[*truth]);
        writeln_to(&mut ordered, format_args!("| r{index} | {condition} | {} |\n", RESULTS[*result]));
        let points = [3, -1, 2, 1, 0, 4, -2, 1, 2][*number];
        writeln_to(
            &mut weighted,
            format_args!("| r{index} | {} | {condition} | {points} |\n", RESULTS[*result]),
        );
    }
    let compile = |front: &str, rules: &str| {
        Matcher::compile("t.md", &format!("{}{rules}", head(front)), &targets()).unwrap()
    };
    let mut nearest =
        String::from("## 规则\n| 编号 | 整 | 数 | 选 | 是非 | => 结果 |\n|---|---|---|---|---|---|\n");
    for (index, (whole, number, label, truth, result)) in rows.iter().enumerate() {
        let truth = ["-", "-", "是", "否"][*truth];
        let label = ["子", "丑", "寅"][*label % 3];
        let (whole, number, result) = (whole % 5, number % 4, RESULTS[*result]);
        writeln_to(
            &mut nearest,
            format_args!("| n{index} | {whole} | {number} | {label} | {truth} | {result} |\n"),
        );
    }
    vec![
        compile("方式: 依次\n否则: ai", &ordered),
        compile("方式: 依次\n取: 全部\n否则: ai", &ordered),
        compile("方式: 加权\n门槛: 2\n否则: ai", &weighted),
        compile("方式: 加权\n门槛: 1\n取: 全部\n否则: ai", &weighted),
        compile("方式: 近例\n最低相似: 0.7\n否则: ai", &nearest),
        compile("方式: 近例\n邻数: 3\n最低相似: 0.6\n否则: ai", &nearest),
    ]
}

#[test]
fn large_and_odd_files_take_a_bounded_time() {
    let heads = format!(
        "{}## 规则\n| 编号 | 整 | 数 | => 结果 |\n|---|---|---|---|\n",
        head("方式: 决策表\n命中: 首条")
    );
    let mut rows = heads.clone();
    for (index, result) in (0..400).zip(RESULTS.iter().cycle()) {
        let low = f64::from(index * 7 % 300) / 100.0;
        let high = low + 0.05;
        writeln_to(&mut rows, format_args!("| r{index} | {} | [{low}..{high}] | {result} |\n", index % 5));
    }
    let matcher = Matcher::compile("t.md", &rows, &targets()).unwrap();
    assert!(matcher.findings().len() > 3);
    for junk in ["非 ".repeat(30_000), "(".repeat(100_000), "1,".repeat(50_000), "[1..".repeat(20_000)] {
        assert!(Matcher::compile("t.md", &format!("{heads}| a | {junk} | - | 甲 |\n"), &targets()).is_err());
        let ordered = head("方式: 依次");
        let rules = format!("{ordered}## 规则\n| 编号 | 条件 | 结果 |\n|---|---|---|\n| a | {junk} | 甲 |\n");
        assert!(Matcher::compile("t.md", &rules, &targets()).is_err());
    }
}
