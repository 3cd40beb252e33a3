//! What is refused, where, and what is said.

use rstest::rstest;

use super::{Expr, clinic::Clinic};

fn refused(text: &str) -> Vec<String> {
    let errors = Expr::compute(text, &Clinic).expect_err(text);
    errors.iter().map(|e| format!("{}:{} {} {}", e.line, e.column, e.code, e.message)).collect()
}

#[rstest]
#[case("36 <= 体温 <= 38", "1:10 EX001 ")]
#[case("体温 介于 36", "1:9 EX001 ")]
#[case("过敏史 含任一 青霉素", "1:9 EX001 ")]
#[case("体温 + > 3", "1:6 EX001 ")]
#[case("体温 > 38 ℉", "1:9 EX001 ")]
#[case("任一(用药, 用药.剂里 > 5mg)", "1:8 EX002 ")]
#[case("用药.剂量 > 5mg", "1:1 EX003 ")]
#[case("已知(用药.剂量)", "1:4 EX003 ")]
#[case("任一(用药, 任一(用药, 用药.按时))", "1:8 EX003 ")]
#[case("任一(用药, 用药.剂量)", "1:8 EX003 ")]
#[case("过敏史 = 青霉素", "1:7 EX003 ")]
#[case("过敏史 属于 (青霉素)", "1:1 EX003 ")]
#[case("疼痛 含 轻", "1:1 EX003 ")]
#[case("体温 含 轻", "1:1 EX003 ")]
#[case("职业 > 教师", "1:6 EX003 ")]
#[case("职业 = 0102", "1:6 EX003 ")]
#[case("职业 = 体温 + 1", "1:6 EX003 ")]
#[case("职业 含 007", "1:6 EX003 ")]
#[case("职业 = 职业", "1:6 EX003 ")]
#[case("体温 匹配 \"a\"", "1:1 EX003 ")]
#[case("今天 + 末次月经 > 3天", "1:6 EX003 ")]
#[case("今天 * 2 > 3", "1:1 EX003 ")]
#[case("-今天 > 3", "1:1 EX003 ")]
#[case("今天 > 3", "1:1 EX003 ")]
#[case("求和(今天, 末次月经)", "1:1 EX003 ")]
#[case("长度(体温)", "1:4 EX003 ")]
#[case("年(体温)", "1:3 EX003 ")]
#[case("疼痛 = 重度", "1:6 EX004 ")]
#[case("过敏史 含 青梅素", "1:7 EX004 ")]
#[case("今天 + 3 > 末次月经", "1:6 EX005 ")]
#[case("今天 + 3mg > 末次月经", "1:6 EX005 ")]
#[case("体重 + 3天 > 5", "1:6 EX005 ")]
#[case("体温 介于 36天 和 38", "1:1 EX005 ")]
#[case("最大(体重, 身高)", "1:8 EX005 ")]
#[case("体温 > 38摄氏", "1:6 EX005 ")]
#[case("时长 > 3小时间", "1:6 EX005 ")]
#[case("如果(发热, 1)", "1:1 EX007 ")]
#[case("四舍五入(1, 2, 3)", "1:1 EX007 ")]
#[case("四舍五入(1, 9)", "1:9 EX007 ")]
#[case("四舍五入(1, 体温)", "1:9 EX007 ")]
#[case("天数(今天)", "1:1 EX007 ")]
#[case("任一(用药)", "1:1 EX007 ")]
#[case("最达(1, 2)", "1:1 EX007 ")]
#[case("已知(体温, 体重)", "1:1 EX007 ")]
#[case("今天 > 2026-02-30", "1:6 EX008 ")]
#[case("今天 > 2026年13月1日", "1:6 EX008 ")]
#[case("今天 > 2026-11", "1:6 EX008 ")]
#[case("今天 > 2026年11月", "1:6 EX008 ")]
#[case("体重 > 1.2.3", "1:6 EX008 ")]
#[case("职业 匹配 \"[a\"", "1:7 EX009 ")]
#[case("职业 匹配 \"a)|(b\"", "1:7 EX009 ")]
#[case("职业 匹配 \"\\w{99}\"", "1:7 EX009 ")]
fn the_place_and_the_kind_are_named(#[case] text: &str, #[case] place: &str) {
    let found = refused(text);
    assert!(found.len() == 1 && found[0].starts_with(place), "{found:#?}");
}

#[rstest]
#[case("36 <= 体温 <= 38", "体温 介于 36 和 38")]
#[case("38 > 体温 >= 36.5℃", "两个条件")]
#[case("任一(用药, 用药.剂里 > 5mg)", "是不是“用药.剂量”？")]
#[case("疼痛 = 重度", "是不是“重”？")]
#[case("过敏史 含 青梅素", "是不是“青霉素”？")]
#[case("最达(1, 2)", "是不是“最大”？")]
#[case("体重 > 3kq", "是不是“kg”？")]
#[case("时长 > 3小时间", "是不是“小时”？")]
#[case("今天 > 2026-11", "2026-11-23")]
#[case("职业 = 0102", "加引号")]
fn what_is_right_is_said(#[case] text: &str, #[case] hint: &str) {
    let found = refused(text);
    assert!(found[0].contains(hint), "{found:#?}");
}

#[test]
fn a_number_without_end_is_refused() {
    assert!(refused(&format!("体重 > {}", "9".repeat(400)))[0].starts_with("1:6 EX008"));
}

#[test]
fn hostile_texts_are_refused_in_time() {
    let long = |part: &str| part.repeat(100_000 / part.len());
    let full = |part: &str| part.repeat(4000 / part.chars().count());
    let texts = [
        long("("),
        long("非 "),
        long("1+"),
        long("「"),
        long("-"),
        full("体重 / ") + "体重 > 1",
        full("体重 - ") + "体重 > 1",
        format!("今天{} > 今天", full(" + 1月")),
        full("职业 匹配 \"\\w{30}\" 且 ") + "发热",
        full("体文 且 ") + "发热",
        full("计数(") + "发热",
        "文".repeat(4000),
        full("体重 > 1 = "),
        full("任一(用药, "),
        "职业 匹配 \"".to_owned() + &"(".repeat(50) + &")".repeat(50) + "\"",
    ];
    for text in texts {
        let result = Expr::compute(&text, &Clinic);
        if let Ok((expr, _)) = result {
            assert_eq!(Expr::compute(&expr.to_string(), &Clinic).unwrap().0, expr);
        }
    }
}
