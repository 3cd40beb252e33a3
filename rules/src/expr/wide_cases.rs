//! Cases with numbers, dates, sets, texts and groups, one line each.

use rstest::rstest;

use super::{
    Expr, Kind, Truth,
    clinic::{Clinic, NAMES, Visitor},
};

fn compiled(text: &str) -> Expr {
    Expr::compile(text, &Clinic).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn names(slots: &[u32]) -> String {
    slots.iter().map(|slot| NAMES[*slot as usize]).collect::<Vec<_>>().join(" ")
}

#[rstest]
#[case("体重 / (身高 / 100 × 身高 ÷ 100) >= 24", "体重 / (身高 / 100 * 身高 / 100) >= 24")]
#[case("体温 ＋ 0.5 度 － 1℃ > 38", "体温 + 0.5℃ - 1℃ > 38")]
#[case("(体温 - (1℃ - 体温)) > 38", "体温 - (1℃ - 体温) > 38")]
#[case("-(-体温) > -38", "-(-体温) > -38")]
#[case("体温 between 36 and 38 && 发热", "体温 介于 36 和 38 且 发热")]
#[case("体温 介于 36℃ 到 38℃", "体温 介于 36℃ 和 38℃")]
#[case("今天 - 末次月经 > 2026年1月5日 - 2026-1-1", "今天 - 末次月经 > 2026-01-05 - 2026-01-01")]
#[case("末次月经 + 3 个星期 < 今天", "末次月经 + 3周 < 今天")]
#[case("过敏史 has 青霉素 or 过敏史 lacks 「头孢」", "过敏史 含 青霉素 或 过敏史 不含 头孢")]
#[case("过敏史 has_any（青霉素、头孢）", "过敏史 含任一 (青霉素, 头孢)")]
#[case("疼痛 IN (轻，重)", "疼痛 属于 (轻, 重)")]
#[case("职业 contains \"教师\"", "职业 含 教师")]
#[case("职业 matches “1[0-9]{10}”", "职业 匹配 「1[0-9]{10}」")]
#[case("any(用药, 用药.剂量 > 5 mg)", "任一(用药, 用药.剂量 > 5mg)")]
#[case("SUM(用药.剂量) > max(5, 体重)", "求和(用药.剂量) > 最大(5, 体重)")]
#[case("如果(发热, 1, 2) = round(1.5)", "如果(发热, 1, 2) = 四舍五入(1.5)")]
#[case("answered(用药) 且 known(职业)", "已知(用药) 且 已知(职业)")]
fn spellings_agree(#[case] text: &str, #[case] canonical: &str) {
    let Ok(printed) = super::canonical(text) else { panic!("{text}") };
    assert_eq!(printed, canonical);
    assert_eq!(super::canonical(canonical).unwrap(), canonical);
}

#[rstest]
#[case("体温 + 0.5℃", "体温=38", Some(38.5))]
#[case("时长 + 2周", "时长=3", Some(17.0))]
#[case("时长 + 发作", "时长=3 发作=12", Some(3.5))]
#[case("发作 + 时长", "时长=3 发作=12", Some(84.0))]
#[case("3天 + 2周", "", Some(17.0))]
#[case("体重 / (身高 / 100 * 身高 / 100)", "体重=81 身高=180", Some(25.0))]
#[case("体重 / 身高", "体重=81 身高=0", None)]
#[case("体温 * 2 - 1", "", None)]
#[case("100 / 2 / 5 * 3", "", Some(30.0))]
#[case("2 - (3 - 4) - 5", "", Some(-2.0))]
#[case("-体重 + 1", "体重=80", Some(-79.0))]
#[case("疼痛.分 * 2", "疼痛=重", Some(6.0))]
#[case("疼痛.分", "", None)]
#[case("过敏史.分", "过敏史=青霉素+磺胺", Some(5.0))]
#[case("过敏史.分", "过敏史=没有", Some(0.0))]
#[case("计数(过敏史)", "过敏史=青霉素+磺胺", Some(2.0))]
#[case("计数(体征)", "体征=项0+项63+项64+项69", Some(4.0))]
#[case("计数(发热, 体温 > 38)", "发热=+ 体温=39", Some(2.0))]
#[case("计数(发热, 体温 > 38)", "发热=+", None)]
#[case("最大(体温, 38.5)", "体温=37", Some(38.5))]
#[case("最小(时长, 2周)", "时长=20", Some(14.0))]
#[case("平均(1, 2, 6)", "", Some(3.0))]
#[case("求和(1, 2, 体重)", "体重=3", Some(6.0))]
#[case("绝对值(体重 - 100)", "体重=80", Some(20.0))]
#[case("四舍五入(2.5)", "", Some(3.0))]
#[case("四舍五入(-2.5)", "", Some(-3.0))]
#[case("四舍五入(体重 / 3, 1)", "体重=70", Some(23.3))]
#[case("向下取整(-2.5)", "", Some(-3.0))]
#[case("向上取整(2.1)", "", Some(3.0))]
#[case("向下取整(体重 / 10)", "体重=70", Some(7.0))]
#[case("如果(发热, 体重, 80kg / 2)", "发热=-", Some(40.0))]
#[case("如果(发热, 1, 2)", "", None)]
#[case("今天 - 末次月经", "今天=2026-11-23 末次月经=2026-10-14", Some(40.0))]
#[case("天数(末次月经, 今天)", "今天=2026-11-23 末次月经=2026-10-14", Some(40.0))]
#[case("末次月经 + 280天 - 2026-01-01", "末次月经=2026-01-01", Some(280.0))]
#[case("末次月经 + 1月 - 末次月经", "末次月经=2026-01-31", Some(28.0))]
#[case("末次月经 - 1年 - 末次月经", "末次月经=2024-02-29", Some(-366.0))]
#[case("年龄(末次月经)", "末次月经=1990-11-24 今天=2026-11-23", Some(35.0))]
#[case("年龄(末次月经, 2026-11-24)", "末次月经=1990-11-24", Some(36.0))]
#[case("月龄(末次月经)", "末次月经=2026-01-31 今天=2026-02-28", Some(1.0))]
#[case("年(今天) * 100 + 月(今天)", "今天=2026-11-23", Some(202_611.0))]
#[case("日(今天)", "今天=2026-11-23", Some(23.0))]
#[case("星期(今天)", "今天=2026-11-23", Some(1.0))]
#[case("星期(1969-12-28)", "", Some(7.0))]
#[case("长度(职业)", "职业=小学教师", Some(4.0))]
#[case("计数(用药)", "", Some(0.0))]
#[case("计数(用药)", "| 5 | 6", Some(2.0))]
#[case("计数(用药, 用药.剂量 > 5mg)", "| 5 | 6", Some(1.0))]
#[case("计数(用药, 用药.剂量 > 5mg)", "| ? | 6", None)]
#[case("求和(用药.剂量)", "| 5 | 6.5", Some(11.5))]
#[case("求和(用药.剂量)", "", Some(0.0))]
#[case("求和(用药.剂量)", "| 5 | ?", None)]
#[case("最大(用药.剂量)", "| 5 | 6", Some(6.0))]
#[case("最小(用药.剂量)", "", None)]
#[case("平均(用药.剂量)", "| 5 | 6", Some(5.5))]
#[case("平均(用药.剂量)", "", None)]
#[case("最小(用药.开始) - 2026-11-01", "| 5 甲 2026-11-03 | 5 乙 2026-11-02", Some(1.0))]
fn numbers(#[case] text: &str, #[case] visitor: &'static str, #[case] expected: Option<f64>) {
    let (expr, kind) = Expr::compute(text, &Clinic).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    assert!(matches!(kind, Kind::Number { .. }), "{kind:?}");
    match (expr.number(&Visitor::of(visitor)), expected) {
        (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-9, "{found} {expected}"),
        (found, expected) => assert_eq!(found, expected),
    }
}

#[rstest]
#[case("体温 + 0.5℃", Kind::Number { unit: Some("℃") })]
#[case("体重 / 身高", Kind::Number { unit: None })]
#[case("2 * 时长", Kind::Number { unit: Some("天") })]
#[case("疼痛.分 + 1", Kind::Number { unit: Some("分") })]
#[case("今天 - 末次月经", Kind::Number { unit: Some("天") })]
#[case("末次月经 + 280天", Kind::Date)]
#[case("年龄(末次月经)", Kind::Number { unit: Some("岁") })]
#[case("发热 或 体温 > 38", Kind::Truth)]
#[case("职业", Kind::Text)]
fn results_have_a_kind(#[case] text: &str, #[case] kind: Kind) {
    assert_eq!(Expr::compute(text, &Clinic).unwrap().1, kind);
}

#[rstest]
#[case("过敏史 含 青霉素", "过敏史=青霉素+头孢", Truth::Yes)]
#[case("过敏史 含 磺胺", "过敏史=青霉素", Truth::No)]
#[case("过敏史 不含 磺胺", "过敏史=没有", Truth::Yes)]
#[case("过敏史 不含 磺胺", "", Truth::Unknown)]
#[case("过敏史 含任一 (磺胺, 头孢)", "过敏史=头孢", Truth::Yes)]
#[case("过敏史 含全部 (磺胺, 头孢)", "过敏史=头孢", Truth::No)]
#[case("过敏史 含全部 (青霉素, 头孢)", "过敏史=头孢+青霉素", Truth::Yes)]
#[case("体征 含 项69", "体征=项5+项69", Truth::Yes)]
#[case("体征 含 项64", "体征=项0", Truth::No)]
#[case("疼痛 属于 (轻, 重)", "疼痛=重", Truth::Yes)]
#[case("疼痛 属于 (轻, 重)", "疼痛=无", Truth::No)]
#[case("疼痛 不属于 (轻, 重)", "", Truth::Unknown)]
#[case("疼痛 不属于 (轻)", "疼痛=无", Truth::Yes)]
#[case("职业 = 教师", "职业=教师", Truth::Yes)]
#[case("职业 ≠ \"教师\"", "职业=小学教师", Truth::Yes)]
#[case("职业 含 教师", "职业=小学教师", Truth::Yes)]
#[case("职业 含任一 (医生, 教师)", "职业=小学教师", Truth::Yes)]
#[case("职业 不含 \"教师\"", "职业=小学教师", Truth::No)]
#[case("职业 匹配 \"1[0-9]{10}\"", "职业=13800000000", Truth::Yes)]
#[case("职业 匹配 \"1[0-9]{10}\"", "职业=138000000001", Truth::No)]
#[case("职业 匹配 \"a|b\"", "职业=ab", Truth::No)]
#[case("职业 匹配 \"a\"", "", Truth::Unknown)]
#[case("体温 介于 36 和 38", "体温=36", Truth::Yes)]
#[case("体温 介于 36 和 38", "体温=38", Truth::Yes)]
#[case("体温 介于 36 和 38", "体温=38.01", Truth::No)]
#[case("今天 介于 2026-01-01 和 2026年12月31日", "今天=2026-12-31", Truth::Yes)]
#[case("今天 >= 末次月经 + 6周", "今天=2026-02-12 末次月经=2026-01-01", Truth::Yes)]
#[case("今天 - 末次月经 > 6周", "今天=2026-02-12 末次月经=2026-01-01", Truth::No)]
#[case("2026-01-31 + 1月 = 末次月经", "末次月经=2026-02-28", Truth::Yes)]
#[case("发作 > 时长", "时长=1 发作=25", Truth::Yes)]
#[case("发作 + 时长 > 2天", "时长=1 发作=23", Truth::No)]
#[case("0.1 + 0.2 = 体重", "体重=0.3", Truth::Yes)]
#[case("体重 / 身高 > 1 或 发热", "体重=1 身高=0 发热=+", Truth::Yes)]
#[case("如果(发热, 体温, 37℃) > 38", "发热=-", Truth::No)]
#[case("任一(用药, 用药.剂量 > 5mg)", "| 5 | 6", Truth::Yes)]
#[case("任一(用药, 用药.剂量 > 5mg)", "| 5 | ?", Truth::Unknown)]
#[case("任一(用药, 用药.剂量 > 5mg)", "| ? | 6", Truth::Yes)]
#[case("任一(用药, 用药.剂量 > 5mg)", "", Truth::No)]
#[case("全部(用药, 用药.剂量 > 5mg)", "", Truth::Yes)]
#[case("全部(用药, 用药.剂量 > 5mg)", "| ? | 5", Truth::No)]
#[case("任一(用药, 用药.药名 含 芬 且 发热)", "发热=+ | 5 布洛芬 | 80 氨酚", Truth::Yes)]
#[case("任一(用药, 用药.药名 含 酚 且 用药.剂量 < 10mg)", "| 5 布洛芬 | 80 氨酚", Truth::No)]
#[case("全部(用药, 用药.按时)", "| 5 甲 ? ? + | 5 乙 ? ? +", Truth::Yes)]
#[case(
    "任一(用药, 用药.种类 = 中药 且 今天 - 用药.开始 > 7天)",
    "今天=2026-11-23 | ? 甲 2026-11-01 中药",
    Truth::Yes
)]
#[case("计数(用药, 用药.种类 属于 (中药)) = 1", "| ? ? ? 中药 | ? ? ? 西药", Truth::Yes)]
#[case("计数(用药) >= 2 且 求和(用药.剂量) > 10mg", "| 5 | 6", Truth::Yes)]
#[case("已知(用药)", "", Truth::No)]
#[case("任一(用药, 已知(用药.剂量))", "| ? | 5", Truth::Yes)]
fn verdicts(#[case] text: &str, #[case] visitor: &'static str, #[case] verdict: Truth) {
    assert_eq!(compiled(text).eval(&Visitor::of(visitor)), verdict);
}

#[rstest]
#[case("体重 * 身高 > 200", "体重=80", "身高")]
#[case("如果(发热, 时长, 发作) > 100", "发热=+", "时长")]
#[case("如果(发热, 时长, 发作) > 100", "", "发热 时长 发作")]
#[case("过敏史 含任一 (青霉素, 头孢) 且 发热", "发热=-", "")]
#[case("过敏史 含任一 (青霉素, 头孢) 且 发热", "", "过敏史 发热")]
#[case("过敏史 含 青霉素 或 过敏史 不含 青霉素", "", "过敏史")]
#[case("职业 含 教师 且 今天 > 2026-01-01", "今天=2026-01-02", "职业")]
#[case("任一(用药, 用药.剂量 > 5mg)", "| 5 甲 | ?", "用药.剂量")]
#[case("任一(用药, 用药.剂量 > 5mg) 且 发热", "", "")]
#[case("任一(用药, 用药.剂量 > 5mg 且 用药.按时)", "| 6 甲 ? ? - | 4 | ? ? ? ? +", "用药.剂量")]
fn what_is_worth_asking(#[case] text: &str, #[case] visitor: &'static str, #[case] missing: &str) {
    assert_eq!(names(&compiled(text).missing(&Visitor::of(visitor))), missing);
}

#[rstest]
#[case("体重 / 身高 > 1 且 发热", "体重=2 身高=1 发热=+", "体重 身高 发热")]
#[case("如果(发热, 时长, 发作) > 1", "时长=2 发作=1 发热=+", "发热 时长")]
#[case("过敏史 含任一 (青霉素, 头孢) 或 发热", "过敏史=头孢 发热=-", "过敏史")]
#[case("任一(用药, 用药.剂量 > 5mg 或 用药.按时)", "| 6 甲 ? ? - | 4 ? ? ? -", "用药 用药.剂量")]
#[case("非 任一(用药, 用药.剂量 > 5mg 且 用药.按时)", "| 6 甲 ? ? - | 4 ? ? ? +", "用药 用药.按时 用药.剂量")]
#[case("全部(用药, 用药.按时)", "发热=+", "")]
#[case("求和(用药.剂量) > 10mg", "| 5 | 6", "用药 用药.剂量")]
fn what_a_verdict_rests_on(#[case] text: &str, #[case] visitor: &'static str, #[case] reasons: &str) {
    assert_eq!(names(&compiled(text).reasons(&Visitor::of(visitor))), reasons);
}
