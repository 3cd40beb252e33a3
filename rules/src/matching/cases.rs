//! Cases of matching rules, one line each where they can be.

use std::collections::BTreeSet;

use kb::Fault;
use rstest::rstest;

use super::{Datum, Matcher, Targets, Visit, what_if};

impl Targets for BTreeSet<String> {
    fn has(&self, id: &str) -> bool {
        self.contains(id)
    }

    fn names(&self) -> Vec<String> {
        self.iter().cloned().collect()
    }
}

/// Ids the cases use.
pub(super) fn targets() -> BTreeSet<String> {
    ["ai", "甲", "乙", "丙", "headache-first", "fever-child"].map(str::to_owned).into()
}

/// A file of the given mode and further front matter, with inputs that all cases share.
pub(super) fn page(front: &str, rules: &str) -> String {
    format!(
        "---\n编号: t\n名称: 试\n种类: 匹配\n来源: 自拟\n状态: 草稿\n{front}\n---\n## 输入\n\
         | 名称 | 类型 | 取值/范围 | 单位 |\n|---|---|---|---|\n\
         | 体温 | 数字 | 34~43 | ℃ |\n| 年龄 | 整数 | 0~120 | 岁 |\n| 性别 | 单选 | 男、女 | |\n\
         | 妊娠 | 是否 | | |\n| 病史 | 多选 | 高血压、糖尿病、哮喘 | |\n| 科室 | 单选 | 内科、外科、儿科 | |\n\
         | 日期 | 日期 | | |\n| 主诉 | 文字 | | |\n{rules}"
    )
}

pub(super) fn compiled(text: &str) -> Matcher {
    Matcher::compile("t.md", text, &targets()).unwrap_or_else(|faults| panic!("{}", shown(&faults)))
}

fn shown(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// `体温=38.5; 性别=女`
pub(super) fn visit(matcher: &Matcher, text: &str) -> Visit {
    let mut visit = Visit::default();
    for pair in text.split(';').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once('=').unwrap();
        let input = matcher.inputs().iter().find(|input| input.name == name.trim()).unwrap();
        visit = visit.with(name.trim(), input.read(value).unwrap());
    }
    visit
}

/// Results, `!` for a contradiction, `?名称` for inputs that could change them.
fn said(matcher: &Matcher, given: &str) -> String {
    let decision = matcher.decide(&visit(matcher, given));
    let mut said = decision.results.join("、");
    if decision.trace.problem.is_some() {
        said.push('!');
    }
    for name in &decision.trace.open {
        said.push('?');
        said.push_str(name);
    }
    said
}

/// Codes of the findings, without inputs that no rule uses.
fn codes(matcher: &Matcher) -> String {
    let findings = matcher.findings();
    let codes = findings.iter().filter(|fault| fault.code != "MT032").map(|fault| fault.code);
    codes.collect::<Vec<_>>().join(" ")
}

/// Adds formatted text.
pub(super) fn writeln_to(text: &mut String, more: std::fmt::Arguments<'_>) {
    std::fmt::Write::write_fmt(text, more).unwrap();
}

const ORDERED: &str = "## 规则\n| 编号 | 条件 | 结果 | 理由 |\n|---|---|---|---|\n\
    | r1 | 体温 >= 38.5℃ 且 年龄 < 14岁 | fever-child | 小儿高热 |\n\
    | r2 | 性别 = 女 且 妊娠 | 乙、甲 | 孕妇 |\n\
    | r3 | 科室 = 内科 | 甲 | |\n";

#[rstest]
#[case("首条", "体温=39; 年龄=3; 性别=女; 妊娠=是", "fever-child")]
#[case("首条", "体温=39; 年龄=30; 性别=女; 妊娠=是", "乙、甲")]
#[case("首条", "性别=女; 妊娠=是; 年龄=20", "乙、甲")]
#[case("首条", "性别=女; 妊娠=是", "乙、甲?体温?年龄")]
#[case("首条", "体温=36; 性别=男; 科室=外科", "ai")]
#[case("首条", "体温=36; 科室=内科", "甲?性别?妊娠")]
#[case("首条", "体温=36; 性别=男", "ai?科室")]
#[case("全部", "体温=39; 年龄=3; 性别=女; 妊娠=是; 科室=内科", "fever-child、乙、甲")]
#[case("全部", "体温=36; 性别=女; 妊娠=否; 科室=内科", "甲")]
fn ordered_rules_decide(#[case] take: &str, #[case] given: &str, #[case] expected: &str) {
    let matcher = compiled(&page(&format!("方式: 依次\n取: {take}\n否则: ai"), ORDERED));
    assert_eq!(said(&matcher, given), expected);
}

#[test]
fn a_trace_tells_which_values_decided() {
    let matcher = compiled(&page("方式: 依次\n否则: ai", ORDERED));
    let trace = matcher.decide(&visit(&matcher, "体温=36; 年龄=3; 性别=女; 科室=内科")).trace;
    let steps: Vec<String> = trace
        .steps
        .iter()
        .map(|step| {
            let because: Vec<String> =
                step.because.iter().map(|known| format!("{}={}", known.name, known.value)).collect();
            format!("{} {:?} {}", step.id, step.holds, because.join(" "))
        })
        .collect();
    assert_eq!(steps, ["r1 Some(false) 体温=36℃", "r2 None 妊娠=未知", "r3 Some(true) 科室=内科"]);
    assert_eq!((trace.mode, trace.by_default), ("依次", false));
    assert_eq!(trace.open, ["妊娠"]);
}

#[test]
fn priority_goes_before_place() {
    let rules = "## 规则\n| 编号 | 优先 | 条件 | 结果 |\n|---|---|---|---|\n| a | | 妊娠 | 甲 |\n| b | 5 | 性别 = 女 | 乙 |\n";
    let matcher = compiled(&page("方式: 依次", rules));
    assert_eq!(said(&matcher, "性别=女; 妊娠=是"), "乙");
    assert_eq!(said(&matcher, "性别=男; 妊娠=是"), "甲");
    assert_eq!(said(&matcher, "性别=男; 妊娠=否"), "");
}

/// A table over one input with one result column.
fn one(front: &str, input: &str, rows: &[(&str, &str)]) -> String {
    let mut rules = format!("## 规则\n| 编号 | {input} | => 结果 |\n|---|---|---|\n");
    for (index, (cell, result)) in rows.iter().enumerate() {
        writeln_to(&mut rules, format_args!("| r{} | {cell} | {result} |\n", index + 1));
    }
    page(&format!("方式: 决策表\n{front}"), &rules)
}

#[rstest]
#[case("体温", "38.5", "体温=38.5", true)]
#[case("体温", "38.5℃", "体温=38.4", false)]
#[case("体温", ">= 38.5℃", "体温=38.5", true)]
#[case("体温", "≥38.5", "体温=38.4", false)]
#[case("体温", "> 38.5", "体温=38.5", false)]
#[case("体温", "< 38.5 度", "体温=38.4", true)]
#[case("体温", "<= 38.5", "体温=38.5", true)]
#[case("体温", "[37..38]", "体温=38", true)]
#[case("体温", "[37..38)", "体温=38", false)]
#[case("体温", "(37..38]", "体温=37", false)]
#[case("体温", "]37..38[", "体温=37.5", true)]
#[case("体温", "]37..38[", "体温=38", false)]
#[case("体温", "（37..38）", "体温=37", false)]
#[case("体温", "37~38", "体温=37", true)]
#[case("体温", "37～", "体温=42", true)]
#[case("体温", "~37", "体温=37.1", false)]
#[case("体温", "< 36, > 38", "体温=39", true)]
#[case("体温", "< 36, > 38", "体温=37", false)]
#[case("体温", "36, 37, [39..40]", "体温=39.5", true)]
#[case("体温", "非 [36..37]", "体温=37", false)]
#[case("体温", "非 (36..37)", "体温=37", true)]
#[case("体温", "非 37", "体温=38", true)]
#[case("体温", "not > 38", "体温=39", false)]
#[case("体温", "-", "体温=39", true)]
#[case("体温", "= 38.5℃", "体温=38.5", true)]
#[case("体温", "= 体温 > 38 且 年龄 < 3岁", "体温=39; 年龄=2", true)]
#[case("体温", "= 体温 > 38 且 年龄 < 3岁", "体温=39; 年龄=4", false)]
#[case("年龄", "[24个月..36个月]", "年龄=3", true)]
#[case("性别", "女", "性别=女", true)]
#[case("性别", "男、女", "性别=女", true)]
#[case("性别", "非 女", "性别=女", false)]
#[case("科室", "非 (内科, 外科)", "科室=儿科", true)]
#[case("科室", "“内科”", "科室=内科", true)]
#[case("妊娠", "是", "妊娠=是", true)]
#[case("妊娠", "否", "妊娠=是", false)]
#[case("妊娠", "未知", "", true)]
#[case("妊娠", "未知", "妊娠=是", false)]
#[case("病史", "高血压, 糖尿病", "病史=糖尿病", true)]
#[case("病史", "高血压, 糖尿病", "病史=哮喘", false)]
#[case("病史", "高血压 + 糖尿病", "病史=糖尿病", false)]
#[case("病史", "高血压 + 糖尿病", "病史=糖尿病、高血压", true)]
#[case("病史", "非 哮喘", "病史=无", true)]
#[case("病史", "空", "病史=无", true)]
#[case("病史", "空", "病史=哮喘", false)]
#[case("日期", "2026-11-23", "日期=2026-11-23", true)]
#[case("日期", ">= 2026-11-01", "日期=2026-10-31", false)]
#[case("日期", "[2026-11-01..2026-11-30)", "日期=2026-11-30", false)]
#[case("日期", "2026-11-01~2026年11月30日", "日期=2026-11-30", true)]
#[case("日期", "非 2026-11-23", "日期=2026-11-24", true)]
#[case("年龄 * 2", "[20..30]", "年龄=15", true)]
#[case("年龄 * 2", "> 30", "年龄=15", false)]
#[case("体温 - 37℃", "> 1", "体温=38.5", true)]
#[case("病史 含 哮喘", "是", "病史=哮喘", true)]
#[case("主诉", "= 主诉 含 \"痛\"", "主诉=牙痛", true)]
#[case("主诉", "\"头痛\", 胸痛", "主诉=胸痛", true)]
#[case("主诉", "非 头痛", "主诉=头痛", false)]
fn cells_test_values(#[case] input: &str, #[case] cell: &str, #[case] given: &str, #[case] hit: bool) {
    let matcher = compiled(&one("命中: 首条", input, &[(cell, "甲")]));
    let decision = matcher.decide(&visit(&matcher, given));
    assert_eq!(decision.results, if hit { vec!["甲"] } else { vec![] }, "{cell} on {given}");
}

#[rstest]
#[case("体温", "38.5岁", "EX005", 10, 8)]
#[case("体温", "[38..37]", "MT009", 10, 8)]
#[case("体温", "(38..38)", "MT009", 10, 8)]
#[case("体温", "[38", "MT009", 10, 8)]
#[case("体温", "", "MT009", 10, 9)]
#[case("体温", "36, 高", "EX002", 10, 12)]
#[case("性别", "男, 无", "EX004", 10, 11)]
#[case("妊娠", "也许", "MT009", 10, 8)]
#[case("体温", "= 体文 > 38", "EX002", 10, 10)]
fn wrong_cells_are_named_with_their_place(
    #[case] input: &str,
    #[case] cell: &str,
    #[case] code: &str,
    #[case] line_offset: u32,
    #[case] column: u32,
) {
    let text = one("命中: 首条", input, &[(cell, "甲")]);
    let faults = Matcher::compile("t.md", &text, &targets()).unwrap_err();
    let line = u32::try_from(text.lines().count()).unwrap();
    assert!(line > line_offset);
    let first = &faults[0];
    assert_eq!((first.code, first.line, first.column), (code, line, column), "{first}");
}

const OVERLAPPING: [(&str, &str); 3] = [(">= 38", "甲"), ("[36..39]", "乙"), ("< 36", "甲")];

#[rstest]
#[case("命中: 唯一", "体温=40", "甲")]
#[case("命中: 唯一", "体温=38.5", "!")]
#[case("命中: 唯一\n否则: ai", "体温=38.5", "ai!")]
#[case("命中: 首条", "体温=38.5", "甲")]
#[case("命中: 优先\n次序: 乙, 甲", "体温=38.5", "乙")]
#[case("命中: 优先\n次序: 甲, 乙", "体温=38.5", "甲")]
#[case("命中: 任意", "体温=38.5", "!")]
#[case("命中: 任意", "体温=35", "甲")]
#[case("命中: 收集", "体温=38.5", "甲、乙")]
#[case("命中: 列出", "体温=38.5", "甲、乙")]
#[case("命中: 排序\n次序: 乙, 甲", "体温=38.5", "乙、甲")]
#[case("命中: 收集 #", "体温=38.5", "2")]
#[case("命中: first", "", "?体温")]
fn hit_policies_say_which_rows_count(#[case] front: &str, #[case] given: &str, #[case] expected: &str) {
    let matcher = compiled(&one(front, "体温", &OVERLAPPING));
    assert_eq!(said(&matcher, given), expected);
}

#[rstest]
#[case("收集 +", "体温=38.5", "7")]
#[case("collect +", "体温=40", "5")]
#[case("收集 <", "体温=38.5", "2")]
#[case("收集 >", "体温=38.5", "5")]
#[case("收集 #", "体温=38.5", "2")]
#[case("收集 #", "体温=34", "0")]
#[case("收集 +", "体温=34", "")]
#[case("收集", "体温=38.5", "5、2")]
fn numbers_are_collected(#[case] hit: &str, #[case] given: &str, #[case] expected: &str) {
    let matcher =
        compiled(&one(&format!("命中: {hit}\n结果: 数字"), "体温", &[(">= 38", "5"), ("[36..39]", "2")]));
    assert_eq!(said(&matcher, given), expected);
}

#[rstest]
#[case(&[("< 38", "甲"), ("> 38", "乙")], "MT020")]
#[case(&[("< 38", "甲"), (">= 38", "乙")], "")]
#[case(&[("[34..38]", "甲"), ("(38..43]", "乙")], "")]
#[case(&[("<= 38", "甲"), (">= 38", "乙")], "MT021")]
#[case(&[("-", "甲")], "MT028")]
#[case(&[("< 38", "甲"), ("-", "乙")], "MT021")]
#[case(&[("< 30", "甲"), ("[34..43]", "乙")], "MT027")]
fn one_column_with_unique_hits(#[case] rows: &[(&str, &str)], #[case] expected: &str) {
    assert_eq!(codes(&compiled(&one("命中: 唯一", "体温", rows))), expected);
}

#[rstest]
#[case("年龄", &[("< 14", "甲"), (">= 15", "乙")], "MT020")]
#[case("年龄", &[("<= 13", "甲"), (">= 14", "乙")], "")]
#[case("体温", &[("<= 37", "甲"), (">= 38", "乙")], "MT020")]
#[case("年龄", &[("< 14", "甲"), ("[5..10]", "乙"), ("-", "丙")], "MT023")]
#[case("年龄", &[("< 14", "甲"), (">= 10", "乙"), ("[12..20]", "丙")], "MT023")]
#[case("年龄", &[("< 14", "甲"), ("[14..20]", "乙"), ("-", "乙")], "MT024")]
#[case("年龄", &[("< 14", "甲"), ("[14..20]", "乙"), ("[16..18]", "丙"), ("-", "乙")], "MT023")]
#[case("年龄", &[("< 14", "甲"), ("[14..20]", "甲"), ("-", "乙")], "MT025")]
#[case("年龄", &[("< 14", "甲"), ("[16..20]", "甲"), ("-", "乙")], "")]
#[case("科室", &[("内科", "甲"), ("外科", "甲"), ("-", "乙")], "MT025")]
#[case("科室", &[("内科, 外科", "甲"), ("儿科", "乙")], "")]
#[case("科室", &[("内科", "甲"), ("非 内科", "乙")], "")]
#[case("科室", &[("内科", "甲"), ("外科", "乙")], "MT020")]
#[case("病史", &[("高血压", "甲"), ("糖尿病", "乙")], "MT020")]
#[case("病史", &[("高血压", "甲"), ("非 高血压", "乙")], "")]
#[case("病史", &[("高血压", "甲"), ("高血压 + 糖尿病", "乙"), ("-", "丙")], "MT023")]
#[case("病史", &[("空", "甲"), ("高血压, 糖尿病, 哮喘", "乙")], "")]
#[case("主诉", &[("头痛", "甲"), ("非 头痛", "乙")], "")]
#[case("主诉", &[("头痛", "甲"), ("胸痛", "乙")], "MT020")]
#[case("妊娠", &[("是", "甲"), ("否", "乙")], "")]
#[case("妊娠", &[("是", "甲"), ("否", "乙"), ("未知", "丙")], "")]
#[case("妊娠", &[("是", "甲"), ("未知", "丙")], "MT020")]
#[case("日期", &[("< 2026-11-01", "甲"), ("> 2026-11-01", "乙")], "MT020")]
#[case("日期", &[("<= 2026-10-31", "甲"), (">= 2026-11-01", "乙")], "")]
#[case("日期", &[("<= 2026-10-31", "甲"), (">= 2026-11-01", "乙"), ("[2026-10-01..2026-12-01]", "丙")], "MT023")]
fn one_column_with_first_hits(#[case] input: &str, #[case] rows: &[(&str, &str)], #[case] expected: &str) {
    assert_eq!(codes(&compiled(&one("命中: 首条", input, rows))), expected);
}

#[rstest]
#[case("命中: 任意", &[("< 14", "甲"), (">= 10", "甲")], "MT025")]
#[case("命中: 任意", &[("< 14", "甲"), (">= 10", "乙")], "MT022")]
#[case("命中: 任意", &[("-", "甲"), ("< 14", "甲")], "MT024")]
#[case("命中: 优先\n次序: 甲, 乙", &[("-", "甲"), ("< 14", "乙")], "MT023")]
#[case("命中: 优先\n次序: 乙, 甲", &[("-", "甲"), ("< 14", "乙")], "MT026")]
#[case("命中: 优先\n次序: 乙, 甲", &[("< 14", "乙"), ("-", "甲")], "")]
#[case("命中: 收集", &[("< 14", "甲"), ("< 20", "乙")], "")]
#[case("命中: 收集", &[("< 14", "甲"), ("< 14", "甲")], "")]
#[case("命中: 首条\n否则: ai", &[("< 14", "甲")], "")]
fn findings_follow_the_hit_policy(
    #[case] front: &str,
    #[case] rows: &[(&str, &str)],
    #[case] expected: &str,
) {
    assert_eq!(codes(&compiled(&one(front, "年龄", rows))), expected);
}

#[test]
fn findings_show_values_and_places() {
    let rules = "## 规则\n| 编号 | 体温 | 性别 | => 结果 |\n|---|---|---|---|\n\
                 | r1 | >= 38 | 女 | 甲 |\n| r2 | [37..38] | - | 乙 |\n";
    let matcher = compiled(&page("方式: 决策表", rules));
    let text =
        shown(&matcher.findings().into_iter().filter(|fault| fault.code != "MT032").collect::<Vec<_>>());
    expect_test::expect![[r"
        t.md:21:8: 提醒 MT020: 没有一行管到：体温 [34℃..37℃)
            例：体温 = 34℃，性别 = 男
            改法：补一行，或在文件头写“否则”
        t.md:21:8: 提醒 MT020: 没有一行管到：体温 (38℃..43℃]，性别 男
            例：体温 = 40.5℃，性别 = 男
            改法：补一行，或在文件头写“否则”
        t.md:24:3: 错误 MT021: 第 23 行（r1）和第 24 行（r2）会同时命中，而命中方式是“唯一”
            例：体温 = 38℃，性别 = 女
            改法：把其中一行的条件收窄，或改成“首条”“优先”"]]
    .assert_eq(&text);
}

#[test]
fn dependent_columns_give_no_false_findings() {
    let rules = "## 规则\n| 编号 | 年龄 | 年龄 >= 18岁 | => 结果 |\n|---|---|---|---|\n\
                 | r1 | < 18 | 否 | 甲 |\n| r2 | >= 18 | 是 | 乙 |\n";
    assert_eq!(codes(&compiled(&page("方式: 决策表", rules))), "");
    let rules = rules.replace(">= 18 |", ">= 19 |");
    let matcher = compiled(&page("方式: 决策表", &rules));
    let findings = matcher.findings();
    let gap = findings.iter().find(|fault| fault.code == "MT020").unwrap();
    assert!(gap.message.contains("年龄 = 18岁"), "{gap}");
}

const WEIGHTED: &str = "## 规则\n| 编号 | 候选 | 条件 | 分 | 理由 |\n|---|---|---|---|---|\n\
    | a | 甲 | 体温 >= 38℃ | 3 | |\n| b | 甲 | 科室 = 外科 | 0 | |\n| c | 乙 | 年龄 < 14岁 | 2 | |\n\
    | d | 乙 | 性别 = 女 | 2 | |\n| e | 乙 | 妊娠 | -1 | |\n";

#[rstest]
#[case("体温=39; 年龄=30; 性别=女; 妊娠=否", "甲")]
#[case("体温=39; 年龄=3; 性别=女; 妊娠=否", "乙")]
#[case("体温=39; 年龄=3; 性别=女; 妊娠=是", "甲")]
#[case("体温=36; 年龄=3; 性别=男; 妊娠=否", "乙")]
#[case("体温=36; 年龄=30; 性别=男; 妊娠=否", "ai")]
#[case("体温=39; 年龄=3; 性别=女", "乙?妊娠")]
#[case("体温=36; 性别=男; 妊娠=否", "ai?年龄")]
#[case("年龄=30; 性别=男; 妊娠=是", "ai?体温")]
fn points_add_up(#[case] given: &str, #[case] expected: &str) {
    let matcher = compiled(&page("方式: 加权\n门槛: 2\n否则: ai", WEIGHTED));
    assert_eq!(said(&matcher, given), expected);
}

#[test]
fn a_threshold_out_of_reach_is_found() {
    assert_eq!(codes(&compiled(&page("方式: 加权\n门槛: 3.5", WEIGHTED))), "MT030");
}

const NEAREST: &str = "## 规则\n| 编号 | 年龄 | 性别 | 病史 | => 结果 |\n|---|---|---|---|---|\n\
    | 权重 | 2 | 1 | 1 | - |\n| 例1 | 3 | 男 | 无 | fever-child |\n| 例2 | 60岁 | 女 | 高血压、糖尿病 | 甲 |\n\
    | 例3 | 63 | 男 | 高血压 | 乙 |\n";

#[rstest]
#[case("邻数: 1", "年龄=5; 性别=男; 病史=无", "fever-child")]
#[case("邻数: 1", "年龄=62; 性别=女; 病史=高血压", "甲")]
#[case("邻数: 1", "年龄=64; 性别=男; 病史=高血压", "乙")]
#[case("邻数: 1\n最低相似: 0.99", "年龄=30; 性别=男; 病史=哮喘", "ai")]
#[case("邻数: 3", "年龄=62; 性别=男; 病史=高血压", "乙")]
fn the_nearest_examples_vote(#[case] front: &str, #[case] given: &str, #[case] expected: &str) {
    let matcher = compiled(&page(&format!("方式: 近例\n否则: ai\n{front}"), NEAREST));
    assert_eq!(said(&matcher, given), expected);
}

#[test]
fn unknown_columns_leave_a_near_decision_open() {
    let matcher = compiled(&page("方式: 近例\n否则: ai", NEAREST));
    assert_eq!(said(&matcher, "年龄=62; 病史=高血压"), "乙?性别");
    let decision = matcher.decide(&visit(&matcher, "年龄=3; 性别=男; 病史=无"));
    assert_eq!(decision.trace.steps[0].points, Some(1.0));
    assert!(decision.trace.steps[0].chosen);
}

#[test]
fn examples_and_rows_without_examples_are_told() {
    let rules = format!(
        "{ORDERED}## 例\n| 编号 | 给出 | => 结果 |\n|---|---|---|\n| e1 | 体温 = 39℃; 年龄 = 3岁 | fever-child |\n\
         | e2 | 科室 = 内科; 体温 = 36 | 乙 |\n"
    );
    let checked = compiled(&page("方式: 依次\n否则: ai", &rules)).check_examples();
    assert_eq!((checked.n_examples, checked.n_rows, checked.n_hit), (2, 3, 2));
    let codes: Vec<&str> = checked.faults.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["MT041", "MT040"]);
    assert!(checked.faults[1].message.contains("应得 乙，实得 甲"), "{}", checked.faults[1]);
}

#[test]
fn what_if_counts_the_visits_that_change() {
    let old = compiled(&page("方式: 依次\n否则: ai", ORDERED));
    let new = compiled(&page("方式: 依次\n否则: ai", &ORDERED.replace("< 14岁", "< 18岁")));
    let visits: Vec<Visit> = (10..20)
        .map(|age| {
            Visit::default().with("体温", Datum::Number(39.0)).with("年龄", Datum::Number(f64::from(age)))
        })
        .collect();
    let differences = what_if(&old, &new, &visits);
    assert_eq!((differences.n_visits, differences.changes.len(), differences.moves.len()), (10, 4, 1));
    assert_eq!(differences.moves[0].after, ["fever-child"]);
    assert_eq!(differences.changes[0].because_after, ["r1"]);
}

#[test]
fn values_that_do_not_fit_count_as_unknown_and_are_told() {
    let matcher = compiled(&page("方式: 依次\n否则: ai", ORDERED));
    let visit = Visit::default()
        .with("体温", Datum::Number(99.0))
        .with("年龄", Datum::Number(3.5))
        .with("性别", Datum::Choice("男的".to_owned()))
        .with("科室", Datum::Truth(true))
        .with("别的", Datum::Truth(true));
    let trace = matcher.decide(&visit).trace;
    let refused: Vec<String> =
        trace.refused.iter().map(|known| format!("{} {}", known.name, known.value)).collect();
    assert_eq!(refused, ["体温 超出范围", "年龄 应是整数", "性别 没有取值“男的”", "科室 类型不对"]);
    assert!(trace.known.is_empty());
}

#[rstest]
#[case("---\n编号: a\n---\n", "MT001 MT003")]
#[case(&page("方式: 猜", ORDERED), "MT001")]
#[case(&page("方式: 依次\n门坎: 3", ORDERED), "MT002")]
#[case(&page("方式: 依次", "## 规则\n| 编号 | 条件 | 结果 |\n|---|---|---|\n| a | 体温 > 38 | headache-frst |\n"), "MT007")]
#[case(&page("方式: 依次", "## 规则\n| 编号 | 条件 | 结果 |\n|---|---|---|\n| a | 体温 > 38 | 甲 |\n| a | 妊娠 | 甲 |\n"), "MT008")]
#[case(&page("方式: 依次", "## 规则\n| 编号 | 条件 | 结论 |\n|---|---|---|\n| a | 体温 > 38 | 甲 |\n"), "MT002 MT003")]
#[case(&page("方式: 依次", "## 别的\n| 编号 | 条件 | 结论 |\n|---|---|---|\n| a | 体温 > 38 | 甲 |\n"), "MT002 MT003")]
#[case(&page("方式: 加权\n门槛: 高", WEIGHTED), "MT011")]
#[case(&page("方式: 近例\n邻数: 0", NEAREST), "MT011")]
#[case(&page("方式: 决策表\n命中: 优先", "## 规则\n| 编号 | 妊娠 | => 结果 |\n|---|---|---|\n| a | 是 | 甲 |\n"), "MT010")]
#[case(&page("方式: 决策表\n命中: 收集 +", "## 规则\n| 编号 | 妊娠 | => 结果 |\n|---|---|---|\n| a | 是 | 甲 |\n"), "MT010")]
#[case(&page("方式: 依次", &format!("{ORDERED}## 例\n| 给出 | => 结果 |\n|---|---|\n| 体文 = 3 | 甲 |\n")), "MT012")]
#[case(&page("方式: 依次", &format!("## 推导\n- 甲值 := 乙值\n- 乙值 := 非 丙值\n- 丙值 := 甲值\n{ORDERED}")), "MT006")]
#[case(&page("方式: 依次", &format!("## 推导\n- 年龄 := 妊娠\n{ORDERED}")), "MT005")]
fn faults_have_codes(#[case] text: &str, #[case] expected: &str) {
    let faults = Matcher::compile("t.md", text, &targets()).unwrap_err();
    let mut codes: Vec<&str> = faults.iter().map(|fault| fault.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.join(" "), expected, "{}", shown(&faults));
}

#[test]
fn a_cycle_of_derived_values_is_named() {
    let text = page("方式: 依次", &format!("## 推导\n- 甲值 := 乙值\n- 乙值 := 非 甲值 且 妊娠\n{ORDERED}"));
    let faults = Matcher::compile("t.md", &text, &targets()).unwrap_err();
    assert!(faults[0].message.contains("甲值 → 乙值 → 甲值"), "{}", faults[0]);
}

#[test]
fn derived_values_come_in_order_of_dependency() {
    let rules = "## 推导\n- 要看 := 高热 且 非 妊娠\n- 高热 := 体温 >= 39℃\n\
                 ## 规则\n| 编号 | 条件 | 结果 |\n|---|---|---|\n| a | 要看 | 甲 |\n";
    let matcher = compiled(&page("方式: 依次\n否则: ai", rules));
    assert_eq!(said(&matcher, "体温=39; 妊娠=否"), "甲");
    assert_eq!(said(&matcher, "妊娠=否"), "ai?体温");
    assert_eq!(said(&matcher, "体温=36"), "ai");
    let trace = matcher.decide(&visit(&matcher, "体温=39; 妊娠=否")).trace;
    assert!(trace.known.iter().any(|known| known.name == "高热" && known.value == "是"));
}

#[test]
fn numbers_and_dates_are_derived() {
    let rules = "## 推导\n- 超温 := 体温 - 37℃\n- 加倍 := 超温 * 2\n- 到期 := 日期 + 7天\n\
                 ## 规则\n| 编号 | 加倍 | 到期 | => 结果 |\n|---|---|---|---|\n| a | > 2 | - | = 加倍 + 1 |\n\
                 | b | <= 2 | >= 2026-12-01 | = 年龄 |\n";
    let matcher = compiled(&page("方式: 决策表\n命中: 首条\n结果: 数字\n否则: 0", rules));
    assert_eq!(said(&matcher, "体温=38.5; 日期=2026-11-01"), "4");
    assert_eq!(said(&matcher, "体温=38; 日期=2026-11-24; 年龄=7"), "7");
    assert_eq!(said(&matcher, "体温=38; 日期=2026-11-23; 年龄=7"), "0");
    assert_eq!(said(&matcher, "体温=38; 年龄=7"), "0?日期");
    let trace = matcher.decide(&visit(&matcher, "日期=2026-11-24")).trace;
    assert!(
        trace.known.iter().any(|known| known.name == "到期" && known.value == "2026-12-01"),
        "{:?}",
        trace.known
    );
}

/// Ids of the questionnaires the shipped rules may name.
const SHIPPED: &str = "ai headache-first chest-pain-first abdominal-pain-first fever-child cough-child cough-adult \
    diabetes-return hypertension-return prenatal rash-first back-pain-first vision-loss insomnia phq-9 gad-7 \
    dizziness-first palpitation-first diarrhea-first joint-pain-first urinary-first gynecology-first ear-first \
    sore-throat-first toothache-first injury-first general-first general-return copd-return stroke-return \
    asthma-return thyroid-first";

#[test]
fn the_shipped_rules_are_clean_and_every_row_has_an_example() {
    let ids: BTreeSet<String> = SHIPPED.split_whitespace().map(str::to_owned).collect();
    let text = include_str!("../../../data/rules/template-matching.md");
    let matcher = Matcher::compile("rules/template-matching.md", text, &ids)
        .unwrap_or_else(|faults| panic!("{}", shown(&faults)));
    assert_eq!(shown(&matcher.findings()), "");
    let checked = matcher.check_examples();
    assert_eq!(shown(&checked.faults), "");
    assert_eq!(checked.n_hit, checked.n_rows);
    let others = [
        include_str!("../../../data/rules/screening-weighted.md"),
        include_str!("../../../data/rules/symptom-nearest.md"),
        include_str!("../../../data/rules/child-ordered.md"),
    ];
    for text in others {
        let matcher =
            Matcher::compile("rules", text, &ids).unwrap_or_else(|faults| panic!("{}", shown(&faults)));
        let checked = matcher.check_examples();
        assert_eq!((shown(&matcher.findings()), shown(&checked.faults)), (String::new(), String::new()));
        assert!(checked.n_examples > 0);
    }
    let missing: Vec<&String> = ids
        .iter()
        .filter(|id| !text.contains(&format!(" {id} |")) && !text.contains(&format!("、{id} |")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    // A woman with a stomach ache whose pregnancy is not known: the questionnaire, and the question still to be asked.
    let visit = visit(&matcher, "科室=全科; 就诊=初诊; 主诉=腹痛; 年龄=27; 性别=女");
    let decision = matcher.decide(&visit);
    assert_eq!(
        (decision.results, decision.trace.open),
        (vec!["abdominal-pain-first".to_owned()], vec!["妊娠".to_owned()])
    );
}
