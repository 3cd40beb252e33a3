//! Own cases in the categories of the DMN TCK (level 2), the decision tables of ZEN and the table analysis of Drools;
//! `COVERAGE.md` beside this file counts them and names what is not supported.

use std::collections::BTreeMap;

use super::{
    Matcher,
    cases::{compiled, page, visit, writeln_to},
};

/// Category, front matter, heads, rows (cells parted by `;`), given, results.
type Decided =
    (&'static str, &'static str, &'static str, &'static [&'static str], &'static str, &'static str);

const TEXTS: &str = "结果: 文字\n";

const DECIDED: &[Decided] = &[
    ("DMN 唯一", "命中: 唯一", "年龄", &["< 18;少", ">= 18;成"], "年龄=17", "少"),
    ("DMN 唯一", "命中: U", "年龄", &["< 18;少", ">= 18;成"], "年龄=18", "成"),
    ("DMN 唯一", "命中: 唯一", "年龄", &["< 18;少", "> 60;老"], "年龄=30", ""),
    ("DMN 唯一", "命中: 唯一", "年龄", &["< 18;少", "> 10;大"], "年龄=12", "!"),
    ("DMN 首条", "命中: 首条", "年龄;性别", &["< 18;-;少", "-;女;女"], "年龄=12; 性别=女", "少"),
    ("DMN 首条", "命中: F", "年龄;性别", &["< 18;-;少", "-;女;女"], "年龄=20; 性别=女", "女"),
    (
        "DMN 优先",
        "命中: 优先\n次序: 高, 中, 低",
        "体温",
        &["> 37;低", "> 38;中", "> 39;高"],
        "体温=38.5",
        "中",
    ),
    ("DMN 优先", "命中: P\n次序: 高, 中, 低", "体温", &["> 37;低", "> 38;中", "> 39;高"], "体温=39.5", "高"),
    ("DMN 任意", "命中: 任意", "年龄", &["< 18;免", "< 20;免"], "年龄=10", "免"),
    ("DMN 任意", "命中: A", "年龄", &["< 18;免", "< 20;收"], "年龄=10", "!"),
    ("DMN 列出", "命中: 列出", "体温", &["> 37;低", "> 38;中", "> 39;高"], "体温=40", "低、中、高"),
    (
        "DMN 排序",
        "命中: 排序\n次序: 高, 中, 低",
        "体温",
        &["> 37;低", "> 38;中", "> 39;高"],
        "体温=40",
        "高、中、低",
    ),
    ("DMN 收集", "命中: C", "体温", &["> 37;低", "> 38;低"], "体温=40", "低、低"),
    ("DMN 收集", "命中: 收集", "体温", &["> 37;低"], "体温=36", ""),
    ("DMN 收集 +", "命中: C+\n结果: 数字", "体温", &["> 37;1.5", "> 38;2"], "体温=40", "3.5"),
    ("DMN 收集 <", "命中: C<\n结果: 数字", "体温", &["> 37;1.5", "> 38;-2"], "体温=40", "-2"),
    ("DMN 收集 >", "命中: C>\n结果: 数字", "体温", &["> 37;1.5", "> 38;-2"], "体温=40", "1.5"),
    ("DMN 收集 #", "命中: C#\n结果: 数字", "体温", &["> 37;7", "> 38;7", "> 39;8"], "体温=40", "2"),
    ("DMN 空值", "命中: 唯一", "年龄;性别", &["< 18;-;少", ">= 18;-;成"], "性别=女", "?年龄"),
    ("DMN 空值", "命中: 唯一", "年龄;性别", &["< 18;女;甲", ">= 18;-;乙"], "年龄=10", "?性别"),
    ("DMN 空值", "命中: 唯一", "年龄;性别", &["< 18;女;甲", ">= 18;-;乙"], "年龄=20", "乙"),
    ("DMN 空值", "命中: 首条", "妊娠", &["未知;问", "是;孕", "否;无孕"], "", "问?妊娠"),
    ("DMN 空值", "命中: 首条", "妊娠", &["未知;问", "是;孕", "否;无孕"], "妊娠=否", "无孕"),
    ("DMN 默认", "命中: 唯一\n否则: 兜底", "年龄", &["< 18;少"], "年龄=30", "兜底"),
    ("DMN 默认", "命中: 唯一\n否则: 兜底", "年龄", &["< 18;少"], "年龄=3", "少"),
    ("DMN 是否", "命中: 唯一", "妊娠", &["是;甲", "否;乙"], "妊娠=是", "甲"),
    ("DMN 是否", "命中: 唯一", "妊娠", &["true;甲", "false;乙"], "妊娠=否", "乙"),
    ("DMN 文字", "命中: 首条", "主诉", &["\"头痛\", \"头晕\";神", "非 (\"牙痛\");它"], "主诉=头晕", "神"),
    ("DMN 文字", "命中: 首条", "主诉", &["\"头痛\";神", "非 (\"牙痛\");它"], "主诉=牙痛", ""),
    ("DMN 列表", "命中: 首条", "科室", &["内科, 外科;大", "非 (内科, 外科);小"], "科室=儿科", "小"),
    (
        "DMN 列表",
        "命中: 首条",
        "病史",
        &["高血压 + 糖尿病;两", "高血压, 糖尿病;一", "空;无病"],
        "病史=糖尿病",
        "一",
    ),
    (
        "DMN 列表",
        "命中: 首条",
        "病史",
        &["高血压 + 糖尿病;两", "高血压, 糖尿病;一", "空;无病"],
        "病史=无",
        "无病",
    ),
    ("DMN 多个结果列", "命中: 首条", "年龄;=> 急", &["< 18;甲;是", ">= 18;乙;否"], "年龄=3", "甲"),
    ("ZEN 比较", "命中: 首条", "体温", &["> 38;高"], "体温=38", ""),
    ("ZEN 比较", "命中: 首条", "体温", &[">= 38;高"], "体温=38", "高"),
    ("ZEN 比较", "命中: 首条", "体温", &["< 36;低"], "体温=35.9", "低"),
    ("ZEN 比较", "命中: 首条", "体温", &["<= 36;低"], "体温=36", "低"),
    ("ZEN 比较", "命中: 首条", "体温", &["= 36;低"], "体温=36", "低"),
    ("ZEN 比较", "命中: 首条", "体温", &["!= 36;它"], "体温=36", ""),
    ("ZEN 比较", "命中: 首条", "体温", &["≠ 36;它"], "体温=37", "它"),
    ("ZEN 且", "命中: 首条", "体温", &["> 36 且 < 38;中"], "体温=38", ""),
    ("ZEN 且", "命中: 首条", "体温", &["> 36 and <= 38;中"], "体温=38", "中"),
    ("ZEN 且", "命中: 首条", "体温", &[">= 36 && < 38;中"], "体温=36", "中"),
    ("ZEN 区间", "命中: 首条", "体温", &["[36..38];中"], "体温=38", "中"),
    ("ZEN 区间", "命中: 首条", "体温", &["[36..38);中"], "体温=38", ""),
    ("ZEN 区间", "命中: 首条", "体温", &["]36..38];中"], "体温=36", ""),
    ("ZEN 区间", "命中: 首条", "体温", &["(36..38);中"], "体温=37", "中"),
    ("ZEN 区间", "命中: 首条", "体温", &["非 [36..38];外"], "体温=39", "外"),
    ("ZEN 或", "命中: 首条", "体温", &["35, 36, > 39;外"], "体温=36", "外"),
    ("ZEN 或", "命中: 首条", "体温", &["35, 36, > 39;外"], "体温=37", ""),
    ("ZEN 表达式格", "命中: 首条", "体温", &["= 体温 > 38 或 妊娠;看"], "体温=36; 妊娠=是", "看"),
    ("ZEN 表达式列", "命中: 首条", "体温 > 38 且 妊娠", &["是;看", "否;等"], "体温=36; 妊娠=是", "等"),
];

/// Category, front matter, heads, rows, codes of the findings.
type Analysed = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str);

const ANALYSED: &[Analysed] = &[
    ("Drools 缺口", "命中: 唯一", "年龄", &["< 18;甲", "> 18;乙"], "MT020"),
    ("Drools 缺口", "命中: 唯一", "年龄;妊娠", &["< 18;-;甲", ">= 18;是;乙"], "MT020"),
    ("Drools 缺口", "命中: 唯一", "年龄;妊娠", &["< 18;是;甲", "< 18;否;乙", ">= 18;-;丙"], ""),
    ("Drools 缺口", "命中: 收集", "年龄", &["< 18;甲"], ""),
    ("Drools 缺口", "命中: 首条\n否则: 它", "年龄", &["< 18;甲"], ""),
    ("Drools 缺口", "命中: 首条", "体温", &["[34..36];甲", "(36..38);乙", "(38..43];丙"], "MT020"),
    ("Drools 重叠", "命中: 唯一", "年龄", &["<= 18;甲", ">= 18;乙"], "MT021"),
    ("Drools 重叠", "命中: 唯一", "年龄;性别", &["-;女;甲", ">= 18;男;乙", "< 20;男;丙"], "MT021"),
    ("Drools 重叠", "命中: 唯一", "年龄;性别", &["< 18;女;甲", "< 18;男;乙", ">= 18;-;丙"], ""),
    ("Drools 重叠", "命中: 任意", "年龄", &["<= 18;甲", ">= 18;乙"], "MT022"),
    ("Drools 重叠", "命中: 首条", "年龄", &["<= 18;甲", ">= 18;乙"], ""),
    ("Drools 遮住", "命中: 优先\n次序: 乙, 甲", "年龄", &["> 20;甲", "-;乙"], "MT023"),
    ("Drools 遮住", "命中: 首条", "年龄", &["> 10;甲", "> 20;乙", "-;丙"], "MT023"),
    ("Drools 遮住", "命中: 首条", "年龄", &["> 20;甲", "<= 30;乙", "[10..40];丙"], "MT023"),
    ("Drools 误导", "命中: 优先\n次序: 乙, 甲", "年龄", &["-;甲", "> 20;乙"], "MT026"),
    ("Drools 包含", "命中: 任意", "年龄", &["-;甲", "> 20;甲"], "MT024"),
    ("Drools 包含", "命中: 首条", "年龄", &["[20..30];甲", "[10..40];甲", "-;乙"], "MT024"),
    ("Drools 包含", "命中: 首条", "年龄", &["[20..30];甲", "[25..28];乙", "[10..40];甲", "-;丙"], "MT023"),
    ("Drools 收缩", "命中: 唯一", "年龄", &["< 10;甲", "[10..20);甲", ">= 20;乙"], "MT025"),
    ("Drools 收缩", "命中: 唯一", "性别;年龄", &["男;< 10;甲", "女;< 10;甲", "-;>= 10;乙"], "MT025"),
    ("Drools 收缩", "命中: 唯一", "年龄", &["< 10;甲", "[10..20);乙", ">= 20;甲"], ""),
    ("Drools 空行", "命中: 首条", "年龄", &["> 200;甲", "-;乙"], "MT027"),
    ("Drools 空列", "命中: 首条", "年龄;性别", &["< 10;-;甲", ">= 10;-;乙"], "MT028"),
];

fn table(front: &str, heads: &str, rows: &[&str]) -> Matcher {
    let front = match front {
        "命中: U" => "命中: unique",
        "命中: F" => "命中: first",
        "命中: A" => "命中: any",
        "命中: C" => "命中: collect",
        front => front,
    };
    let front = front.replace("命中: P\n", "命中: priority\n").replace("命中: C", "命中: collect ");
    let (inputs, others): (Vec<&str>, Vec<&str>) = heads.split(';').partition(|head| !head.starts_with("=>"));
    let heads: Vec<&str> = inputs.into_iter().chain(["=> 结果"]).chain(others).collect();
    let mut text =
        format!("## 规则\n| 编号 | {} |\n|---{}|\n", heads.join(" | "), "|---".repeat(heads.len()));
    for (index, row) in rows.iter().enumerate() {
        writeln_to(&mut text, format_args!("| r{index} | {} |\n", row.replace(';', " | ")));
    }
    let kind = if front.contains("结果:") { "" } else { TEXTS };
    compiled(&page(&format!("方式: 决策表\n{kind}{front}"), &text))
}

#[test]
fn tables_decide_as_in_their_category() {
    let mut wrong = Vec::new();
    for (category, front, heads, rows, given, expected) in DECIDED {
        let matcher = table(front, heads, rows);
        let decision = matcher.decide(&visit(&matcher, given));
        let mut said = decision.results.join("、");
        if decision.trace.problem.is_some() {
            said.push('!');
        }
        for name in &decision.trace.open {
            writeln_to(&mut said, format_args!("?{name}"));
        }
        if said != *expected {
            wrong.push(format!("{category} {rows:?} {given}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn tables_are_analysed_as_in_their_category() {
    let mut wrong = Vec::new();
    for (category, front, heads, rows, expected) in ANALYSED {
        let findings = table(front, heads, rows).findings();
        let mut codes: Vec<&str> =
            findings.iter().map(|fault| fault.code).filter(|code| *code != "MT032").collect();
        codes.sort_unstable();
        codes.dedup();
        if codes.join(" ") != *expected {
            wrong.push(format!("{category} {rows:?}: {findings:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_table_with_two_result_columns_says_both() {
    let matcher = table("命中: 首条", "年龄;=> 急", &["< 18;甲;是", ">= 18;乙;否"]);
    let outputs = matcher.decide(&visit(&matcher, "年龄=30")).outputs;
    assert_eq!(outputs["结果"], ["乙"]);
    assert_eq!(outputs["急"], ["否"]);
}

#[test]
fn the_coverage_table_counts_the_cases() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for category in DECIDED.iter().map(|case| case.0).chain(ANALYSED.iter().map(|case| case.0)) {
        *counts.entry(category).or_default() += 1;
    }
    let text = include_str!("COVERAGE.md");
    for (category, n) in counts {
        assert!(text.contains(&format!("| {category} | {n} |")), "| {category} | {n} |");
    }
}
