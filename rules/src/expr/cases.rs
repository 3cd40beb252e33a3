//! Cases of the language, one line each.

use rstest::rstest;

use super::{
    Expr, ExprError, Truth,
    ward::{Patient, Ward, names},
};

fn compiled(text: &str) -> Expr {
    Expr::compile(text, &Ward).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

#[rstest]
#[case("发热 且 咳嗽", "发热 且 咳嗽")]
#[case("发热 and 咳嗽", "发热 且 咳嗽")]
#[case("发热&&咳嗽", "发热 且 咳嗽")]
#[case("发热　AND　咳嗽", "发热 且 咳嗽")]
#[case("发热 || 咳嗽 OR 咳痰", "发热 或 咳嗽 或 咳痰")]
#[case("!发热", "非 发热")]
#[case("！（发热 或 咳嗽）", "非 (发热 或 咳嗽)")]
#[case("not not 发热", "发热")]
#[case("非(非(发热))", "发热")]
#[case("发热=是", "发热 = 是")]
#[case("发热 != yes", "发热 ≠ 是")]
#[case("体温>=38.5", "体温 >= 38.5")]
#[case("体温 ≥ ３８．５ 度", "体温 >= 38.5℃")]
#[case("体温＞＝38.50°C", "体温 >= 38.5℃")]
#[case("38.5 <= 体温", "38.5 <= 体温")]
#[case("咳嗽.天数 > 2 个星期", "咳嗽.天数 > 2周")]
#[case("(((发热)))", "发热")]
#[case("发热 或 咳嗽 且 咳痰", "发热 或 咳嗽 且 咳痰")]
#[case("(发热 或 咳嗽) 且 咳痰", "(发热 或 咳嗽) 且 咳痰")]
#[case("(发热 且 咳嗽) 或 咳痰", "发热 且 咳嗽 或 咳痰")]
#[case("count(发热, 咳嗽，咳痰、气短) >= 2", "计数(发热, 咳嗽, 咳痰, 气短) >= 2")]
#[case("any(发热, 体温 > 38) && known(体温)", "任一(发热, 体温 > 38) 且 已知(体温)")]
#[case("「高血压（孕期）」 且 非霍奇金淋巴瘤", "「高血压（孕期）」 且 非霍奇金淋巴瘤")]
#[case("\"高血压（孕期）\" = 否", "「高血压（孕期）」 = 否")]
#[case("24小时尿量 < 400", "24小时尿量 < 400")]
#[case("非 体温 > 38", "非 (体温 > 38)")]
fn spellings_agree(#[case] text: &str, #[case] canonical: &str) {
    let expr = compiled(text);
    assert_eq!(expr.to_string(), canonical);
    assert_eq!(compiled(canonical), expr);
}

#[rstest]
#[case("发热 且 咳嗽", "发热+ 咳嗽+", Truth::Yes)]
#[case("发热 且 咳嗽", "发热+", Truth::Unknown)]
#[case("发热 且 咳嗽", "发热-", Truth::No)]
#[case("发热 或 咳嗽", "发热+", Truth::Yes)]
#[case("发热 或 咳嗽", "发热-", Truth::Unknown)]
#[case("非 发热", "发热-", Truth::Yes)]
#[case("非 发热", "", Truth::Unknown)]
#[case("发热 = 否", "发热-", Truth::Yes)]
#[case("非 发热 = 否", "发热+", Truth::Yes)]
#[case("发热 ≠ 咳嗽", "发热+ 咳嗽-", Truth::Yes)]
#[case("(发热 或 咳嗽) = 否", "发热- 咳嗽-", Truth::Yes)]
#[case("发热 或 咳嗽 且 咳痰", "发热+ 咳痰-", Truth::Yes)]
#[case("体温 >= 38.5", "体温=38.5", Truth::Yes)]
#[case("38.5 > 体温", "体温=38.5", Truth::No)]
#[case("体温 > 基础体温", "体温=38 基础体温=36.5", Truth::Yes)]
#[case("体温 > 基础体温", "体温=38", Truth::Unknown)]
#[case("体温 > 38 或 发热", "体温=nan 发热-", Truth::Unknown)]
#[case("咳嗽.天数 > 2周", "咳嗽.天数=14", Truth::No)]
#[case("咳嗽.天数 > 2周", "咳嗽.天数=15", Truth::Yes)]
#[case("咳嗽.天数 <= 12小时", "咳嗽.天数=0.5", Truth::Yes)]
#[case("月龄 < 2岁", "月龄=23", Truth::Yes)]
#[case("头痛.起病 = 突发", "头痛.起病=突发", Truth::Yes)]
#[case("突发 = 头痛.起病", "头痛.起病=逐渐", Truth::No)]
#[case("头痛.起病 ≠ 突发", "", Truth::Unknown)]
#[case("计数(发热, 咳嗽, 咳痰) >= 2", "发热+ 咳嗽+", Truth::Yes)]
#[case("计数(发热, 咳嗽, 咳痰) >= 2", "发热+", Truth::Unknown)]
#[case("计数(发热, 咳嗽, 咳痰) >= 2", "发热- 咳嗽-", Truth::No)]
#[case("2 > 计数(发热, 咳嗽, 咳痰)", "发热- 咳嗽-", Truth::Yes)]
#[case("计数(发热, 咳嗽) = 1", "发热+ 咳嗽+", Truth::No)]
#[case("任一(发热, 咳嗽)", "咳嗽+", Truth::Yes)]
#[case("全部(发热, 咳嗽)", "咳嗽-", Truth::No)]
#[case("已知(体温)", "", Truth::No)]
#[case("已知(体温)", "体温=36", Truth::Yes)]
#[case("是", "", Truth::Yes)]
fn verdicts(#[case] text: &str, #[case] patient: &str, #[case] verdict: Truth) {
    assert_eq!(compiled(text).eval(&Patient::of(patient)), verdict);
}

#[rstest]
#[case("发热 且 咳嗽 且 体温 > 38", "发热+", "咳嗽 体温")]
#[case("发热 且 咳嗽", "发热-", "")]
#[case("发热 且 咳嗽 或 咳痰 且 气短", "发热- 咳痰+", "气短")]
#[case("计数(发热, 咳嗽, 咳痰) >= 2", "发热+", "咳嗽 咳痰")]
#[case("计数(发热, 咳嗽, 咳痰) >= 2", "发热+ 咳嗽+", "")]
#[case("体温 > 基础体温", "体温=38", "基础体温")]
#[case("发热 或 非 发热", "", "")]
#[case("发热 且 咳嗽 或 非 发热 且 咳嗽", "", "咳嗽")]
#[case("体温 > 38 或 体温 <= 38 或 发热", "", "")]
#[case("体温 > 38 且 体温 < 37", "", "")]
#[case("头痛.起病 = 突发 或 头痛.起病 = 逐渐", "", "")]
#[case("发热 且 头痛.起病 = 突发 或 咳嗽 且 头痛.起病 = 逐渐", "发热+ 咳嗽-", "头痛.起病")]
#[case("已知(体温) 且 发热", "", "")]
fn what_is_worth_asking(#[case] text: &str, #[case] patient: &str, #[case] missing: &str) {
    assert_eq!(names(&compiled(text).missing(&Patient::of(patient))), missing);
}

#[rstest]
#[case("发热 或 咳嗽 或 咳痰", "发热- 咳嗽+ 咳痰+", "咳嗽 咳痰")]
#[case("发热 且 体温 > 38", "发热+ 体温=39", "发热 体温")]
#[case("发热 且 非 (咳嗽 或 咳痰)", "发热+ 咳嗽- 咳痰-", "发热 咳嗽 咳痰")]
#[case("非 (发热 且 咳嗽)", "发热+ 咳嗽-", "咳嗽")]
#[case("计数(发热, 咳嗽, 咳痰) >= 2", "发热+ 咳嗽- 咳痰+", "发热 咳痰")]
#[case("计数(发热, 咳嗽, 咳痰) < 2", "发热+ 咳嗽- 咳痰-", "咳嗽 咳痰")]
#[case("发热 ≠ 咳嗽", "发热+ 咳嗽-", "发热 咳嗽")]
#[case("发热 且 咳嗽", "发热+", "")]
#[case("发热 且 咳嗽", "发热-", "")]
fn what_a_verdict_rests_on(#[case] text: &str, #[case] patient: &str, #[case] reasons: &str) {
    assert_eq!(names(&compiled(text).reasons(&Patient::of(patient))), reasons);
}

#[test]
fn slots_come_in_order_of_appearance() {
    assert_eq!(
        names(compiled("体温 > 基础体温 且 (发热 或 体温 > 39) 且 已知(年龄)").slots()),
        "体温 基础体温 发热 年龄"
    );
}

#[rstest]
#[case("", "1:1 EX001 这里应是名称、数值或括号，已经结束")]
#[case("发热 且", "1:5 EX001 这里应是名称、数值或括号，已经结束")]
#[case("发热 且 且 咳嗽", "1:6 EX001 这里应是名称、数值或括号，写的是“且”")]
#[case("发热 咳嗽", "1:4 EX001 这里应是比较符号、“且”或“或”、结尾，写的是“咳嗽”")]
#[case("(发热", "1:4 EX001 这里应是比较符号、“且”或“或”、右括号，已经结束")]
#[case("发热\n  且 )", "2:5 EX001 这里应是名称、数值或括号，写的是“)”")]
#[case("37 < 体温 < 38", "1:9 EX001 一处只比较一次，写成两个条件：37 < 体温 且 体温 < 38")]
#[case(
    "次数(发热)",
    "1:1 EX007 没有“次数”这个函数，可用：计数、任一、全部、已知、求和、最大、最小、平均、绝对值、四舍五入、向下取整、向上取整、如果、年龄、月龄、天数、年、月、日、星期、长度；是不是“计数”？"
)]
#[case("发烧", "1:1 EX002 没有“发烧”这个名称；是不是“发热”？")]
#[case("胸骨后疼痛", "1:1 EX002 没有“胸骨后疼痛”这个名称")]
#[case("发热且咳嗽", "1:1 EX002 没有“发热且咳嗽”这个名称；关键词两边要空格：发热 且 咳嗽")]
#[case("咳嗽 且 非发热", "1:6 EX002 没有“非发热”这个名称；关键词两边要空格：非 发热")]
#[case("咳嗽.天 > 3", "1:1 EX002 没有“咳嗽.天”这个名称；是不是“咳嗽.天数”？")]
#[case("发热.起病 = 突发", "1:1 EX002 “发热”没有“起病”这一项")]
#[case("咳漱.天数 > 3", "1:1 EX002 没有“咳漱.天数”这个名称；是不是“咳嗽.天数”？")]
#[case("发热 且 体温", "1:6 EX003 “体温”是数值，要写比较，例如 体温 >= 1")]
#[case("头痛.起病", "1:1 EX003 “头痛.起病”有几种取值，要写明是哪一种，例如 头痛.起病 = 突发")]
#[case("头痛.起病 > 突发", "1:9 EX003 “头痛.起病”的取值不分大小，只能用 = 或 ≠")]
#[case("发热 > 是", "1:1 EX003 是与否不分大小，只能用 = 或 ≠")]
#[case("发热 > 3", "1:1 EX003 比较的两边不是同一类：是否、数值、取值不能互相比较")]
#[case("3 > 2", "1:1 EX003 比较的两边至少要有一个名称")]
#[case("体温 > 体温", "1:1 EX003 “体温”与自己比较，结果总是一样")]
#[case("计数(发热, 咳嗽)", "1:1 EX003 计数的结果是数值，要写比较，例如 计数(…) >= 2")]
#[case("计数(发热, 咳嗽) > 1.5", "1:1 EX003 计数要与 0 到 1000 的整数比较")]
#[case("已知(发热 且 咳嗽)", "1:1 EX003 已知(…) 的括号里只写一个名称")]
#[case("头痛.起病 = 突法", "1:9 EX004 “头痛.起病”没有“突法”这种取值，可用：突发、逐渐；是不是“突发”？")]
#[case("体温 > 3天", "1:1 EX005 “体温”的单位是℃，不能与“天”比较")]
#[case("腹痛.程度 > 3天", "1:1 EX005 “腹痛.程度”没有单位，不能写“天”")]
#[case("年龄 < 6个月", "1:1 EX005 “年龄”按整岁计，6月不是整岁")]
#[case("计数(发热) > 1天", "1:1 EX005 计数没有单位，不能写“天”")]
#[case("体温 > 年龄", "1:1 EX005 “体温”与“年龄”的单位不同，不能直接比较")]
fn refusals(#[case] text: &str, #[case] expected: &str) {
    let errors = Expr::compile(text, &Ward).unwrap_err();
    let written: Vec<String> =
        errors.iter().map(|e| format!("{}:{} {} {}", e.line, e.column, e.code, e.message)).collect();
    assert_eq!(written, [expected]);
}

#[test]
fn all_errors_are_found_at_once() {
    let errors = Expr::compile("发烧 且 计数(体温, 咳漱) >= 1\n或 头痛.起病 = 慢", &Ward).unwrap_err();
    let places: Vec<_> = errors.iter().map(|e| (e.line, e.column, e.code)).collect();
    assert_eq!(places, [(1, 1, "EX002"), (1, 9, "EX003"), (1, 13, "EX002"), (2, 11, "EX004")]);
}

#[test]
fn an_error_is_placed_in_its_file() {
    let place = |line, column| {
        let error = ExprError { line, column, code: "EX001", message: String::new() };
        let fault = error.into_fault("graph/flags.ttl", 40, 12);
        (fault.line, fault.column)
    };
    assert_eq!(place(1, 3), (41, 15));
    assert_eq!(place(2, 3), (42, 3));
}

#[test]
fn size_is_limited() {
    let code = |text: &str| Expr::compile(text, &Ward).map_err(|errors| errors[0].code);
    let nested = |n: usize| format!("{}发热{}", "(".repeat(n), ")".repeat(n));
    assert!(code(&nested(64)).is_ok());
    assert_eq!(code(&nested(65)), Err("EX006"));
    assert_eq!(code(&"(".repeat(4000)), Err("EX006"));
    assert_eq!(code(&"发热 且 ".repeat(2000)), Err("EX006"));
    assert!(code(&format!("{}发热", "非 ".repeat(2000))).is_ok());
    assert!(code(&format!("{}发热", "发热 且 ".repeat(500))).is_ok(), "a long row needs no deep stack");
    let count = |n: usize| format!("计数({}) >= 1", vec!["发热"; n].join(", "));
    assert!(code(&count(64)).is_ok());
    assert_eq!(code(&count(65)), Err("EX006"));
    let all = Patient::of("发热+");
    assert_eq!(compiled(&count(64).replace(">= 1", "= 64")).eval(&all), Truth::Yes);
}
