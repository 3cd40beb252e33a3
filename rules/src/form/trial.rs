//! Forms compiled from drafts and answered.

use super::draft::{Choice, Draft, Item, Kind, Place, Property, Row, Written};
use super::{Answer, Form, NoConcepts, Patient, Session};

pub(super) fn written(text: &str, line: u32) -> Written {
    Written { text: text.to_owned(), place: Place { line, column: 1 } }
}

/// An item from a terse description: properties are `key: value` or `key(condition): value`, options `- label`.
pub(super) fn item(kind: Kind, id: &str, line: u32, lines: &[&str]) -> Item {
    let mut item =
        Item { kind, id: written(id, line), text: written(&format!("{id}？"), line), ..Item::default() };
    for (at, text) in (line + 1..).zip(lines) {
        if let Some(option) = text.strip_prefix("- ") {
            let mut parts = option.split(" ; ");
            let mut choice =
                Choice { label: written(parts.next().unwrap_or_default(), at), ..Choice::default() };
            for part in parts {
                match part.split_once(' ') {
                    Some(("分", score)) => choice.score = Some(written(score, at)),
                    Some(("显示", when)) => choice.when = Some(written(when, at)),
                    Some(("概念", concept)) => choice.concept = Some(written(concept, at)),
                    _ if part == "独占" => choice.exclusive = true,
                    _ => choice.fill_in = true,
                }
            }
            item.options.push(choice);
        } else if let Some(row) = text.strip_prefix("行 ") {
            item.rows.push(Row { id: written(row, at), text: written(row, at), ..Row::default() });
        } else if *text == "必答" {
            item.flags.push(super::draft::Flag::Required);
        } else {
            let (key, value) = text.split_once(": ").expect("a property");
            let (key, when) = match key.split_once('(') {
                Some((key, when)) => (key, Some(written(when.strip_suffix(')').unwrap_or(when), at))),
                None => (key, None),
            };
            item.properties.push(Property { key: written(key, at), when, value: written(value, at) });
        }
    }
    item
}

pub(super) fn draft(items: Vec<Item>) -> Draft {
    Draft { id: written("trial", 1), title: written("试", 1), items, ..Draft::default() }
}

pub(super) fn form(items: Vec<Item>) -> Form {
    Form::compile("trial.form", &draft(items), &NoConcepts).unwrap_or_else(|faults| {
        panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

fn open(items: Vec<Item>) -> Session {
    form(items).open(&Patient::default())
}

fn codes(items: Vec<Item>) -> Vec<(u32, &'static str)> {
    let faults = Form::compile("trial.form", &draft(items), &NoConcepts).expect_err("faults");
    faults.iter().map(|fault| (fault.line, fault.code)).collect()
}

fn next(session: &Session) -> String {
    session.next().map_or_else(|| "完".to_owned(), |next| next.path)
}

fn yes(session: &mut Session, path: &str) {
    session.answer(path, Answer::Truth(true)).expect("taken");
}

fn no(session: &mut Session, path: &str) {
    session.answer(path, Answer::Truth(false)).expect("taken");
}

#[test]
fn a_question_is_asked_when_its_condition_holds() {
    let mut session = open(vec![
        item(Kind::YesNo, "甲", 1, &[]),
        item(Kind::YesNo, "乙", 3, &["显示: 甲 = 是"]),
        item(Kind::YesNo, "丙", 5, &["显示: 乙 = 是"]),
    ]);
    assert_eq!(next(&session), "甲");
    yes(&mut session, "甲");
    assert_eq!(next(&session), "乙");
    yes(&mut session, "乙");
    assert!(session.visible("丙"));
    no(&mut session, "甲");
    assert!(!session.visible("丙"), "a hidden answer counts as unknown");
    assert_eq!(next(&session), "完");
    yes(&mut session, "甲");
    assert!(session.visible("丙"), "it comes back");
    let refusal = session.answer("丁", Answer::Truth(true)).expect_err("no such question");
    assert!(refusal.message.contains("没有“丁”"), "{refusal}");
    no(&mut session, "甲");
    assert_eq!(
        session.answer("乙", Answer::Truth(true)).expect_err("hidden").why,
        super::accept::Why::Hidden
    );
}

#[test]
fn jumps_pass_over_what_lies_between() {
    let mut session = open(vec![
        item(Kind::YesNo, "甲", 1, &["跳转: 是 => 丁", "跳转: 否则 => 丙"]),
        item(Kind::YesNo, "乙", 4, &[]),
        item(Kind::YesNo, "丙", 5, &["跳转: 否 => 结束"]),
        item(Kind::YesNo, "丁", 7, &[]),
        item(Kind::YesNo, "戊", 8, &[]),
    ]);
    assert!(session.visible("乙"), "an unknown guard passes over nothing");
    yes(&mut session, "甲");
    assert_eq!(
        (session.visible("乙"), session.visible("丙"), next(&session)),
        (false, false, "丁".to_owned())
    );
    let why = session.explain("丙").expect("known").to_string();
    assert_eq!(why, "丙不显示：被“甲”的跳转“是 => 丁”（第 2 行）跳过（甲 = 是）");
    no(&mut session, "甲");
    assert_eq!((session.visible("乙"), next(&session)), (false, "丙".to_owned()));
    no(&mut session, "丙");
    assert_eq!(next(&session), "完");
    assert!(session.complete());
}

#[test]
fn a_cycle_is_named_with_its_places() {
    let items = vec![
        item(Kind::YesNo, "甲", 1, &["显示: 丙 = 是"]),
        item(Kind::YesNo, "乙", 3, &["显示: 甲 = 是"]),
        item(Kind::YesNo, "丙", 5, &["显示: 乙 = 是"]),
    ];
    let faults = Form::compile("trial.form", &draft(items), &NoConcepts).expect_err("a cycle");
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].line, faults[0].code), (1, "FM210"));
    let route = "循环：甲（第 1 行，显示） → 乙（第 3 行，显示） → 丙（第 5 行，显示） → 甲";
    assert!(faults[0].message.starts_with(route), "{}", faults[0].message);
}

#[test]
fn what_is_wrong_has_its_place_and_code() {
    assert_eq!(codes(vec![item(Kind::YesNo, "甲", 1, &[]), item(Kind::YesNo, "甲", 2, &[])]), [(2, "FM201")]);
    assert_eq!(codes(vec![item(Kind::YesNo, "甲", 1, &["显示: 乙 = 是"])]), [(2, "EX002")]);
    assert_eq!(codes(vec![item(Kind::YesNo, "甲", 1, &["跳转: 是 => 乙"])]), [(2, "FM206")]);
    let back = vec![item(Kind::YesNo, "甲", 1, &[]), item(Kind::YesNo, "乙", 2, &["跳转: 是 => 甲"])];
    assert_eq!(codes(back), [(3, "FM207")]);
    let late = ["跳转: 否则 => 结束", "跳转: 是 => 结束"];
    assert_eq!(codes(vec![item(Kind::YesNo, "甲", 1, &late)]), [(3, "FM209")]);
    assert_eq!(codes(vec![item(Kind::YesNo, "甲", 1, &["现病史: 有{乙}"])]), [(2, "FM208")]);
    assert_eq!(codes(vec![item(Kind::YesNo, "甲", 1, &["现病史: 有{甲"])]), [(2, "FM208")]);
    assert_eq!(codes(vec![item(Kind::Number, "甲", 1, &["范围: 5~3"])]), [(2, "FM203")]);
    assert_eq!(codes(vec![item(Kind::Single, "甲", 1, &[])]), [(1, "FM202")]);
    assert_eq!(codes(vec![item(Kind::Single, "甲", 1, &["- 子", "- 丑", "初值: 寅"])]), [(4, "FM211")]);
}

fn circle(items: Vec<Item>) -> String {
    let faults = Form::compile("trial.form", &draft(items), &NoConcepts).expect_err("a cycle");
    assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), ["FM210"], "{faults:#?}");
    faults[0]
        .message
        .split('，')
        .take(faults[0].message.matches('（').count() + 1)
        .collect::<Vec<_>>()
        .join("，")
}

#[test]
fn cycles_through_jumps_formulas_initial_values_and_options_are_found() {
    let jump = circle(vec![
        item(Kind::YesNo, "甲", 1, &["跳转: 丙 = 是 => 丁"]),
        item(Kind::YesNo, "乙", 3, &[]),
        item(Kind::YesNo, "丙", 4, &[]),
        item(Kind::YesNo, "丁", 5, &[]),
    ]);
    assert!(jump.contains("甲（第 1 行，跳转） → 丙（第 4 行，显示） → 甲"), "{jump}");
    let formula = circle(vec![
        item(Kind::Computed, "甲", 1, &["公式: 乙 + 1"]),
        item(Kind::Computed, "乙", 3, &["公式: 甲 + 1"]),
    ]);
    assert!(formula.contains("甲（第 1 行，公式） → 乙（第 3 行，公式） → 甲"), "{formula}");
    let initial = circle(vec![
        item(Kind::Number, "甲", 1, &["初值: 乙 + 1"]),
        item(Kind::Number, "乙", 3, &["初值: 甲 + 1"]),
    ]);
    assert!(initial.contains("甲（第 1 行，初值） → 乙（第 3 行，初值） → 甲"), "{initial}");
    let option = circle(vec![
        item(Kind::Single, "甲", 1, &["- 子 ; 显示 乙 = 是", "- 丑"]),
        item(Kind::YesNo, "乙", 4, &["显示: 甲 = 子"]),
    ]);
    assert!(option.contains("甲（第 1 行，选项的显示） → 乙（第 4 行，显示） → 甲"), "{option}");
    let own = circle(vec![item(Kind::YesNo, "甲", 1, &["显示: 甲 = 是"])]);
    assert!(own.contains("甲（第 1 行，显示） → 甲"), "{own}");
}

#[test]
fn a_jump_may_pass_over_thousands() {
    let mut items: Vec<Item> =
        (0..3000).map(|at| item(Kind::YesNo, &format!("题{at}"), at + 1, &["跳转: 是 => 结束"])).collect();
    items.push(item(Kind::YesNo, "末", 9000, &[]));
    let mut session = open(items);
    yes(&mut session, "题1500");
    assert!(session.visible("题1500") && !session.visible("题1501") && !session.visible("末"));
    no(&mut session, "题1500");
    assert!(session.visible("末"));
}

struct Graph;

impl super::Concepts for Graph {
    fn find(&self, name: &str) -> bool {
        name == "雷击样头痛"
    }

    fn names(&self) -> Vec<String> {
        vec!["雷击样头痛".to_owned(), "偏头痛".to_owned()]
    }
}

#[test]
fn unknown_concepts_are_named() {
    let items = vec![
        item(Kind::YesNo, "甲", 1, &["概念: 雷击样头疼"]),
        item(Kind::Single, "乙", 3, &["- 子 ; 概念 雷击样头痛", "- 丑 ; 概念 甲状腺"]),
    ];
    let faults = Form::compile("trial.form", &draft(items), &Graph).expect_err("two faults");
    assert_eq!(
        faults.iter().map(|fault| (fault.line, fault.code)).collect::<Vec<_>>(),
        [(2, "FM205"), (5, "FM205")]
    );
    assert!(faults[0].message.ends_with("是不是“雷击样头痛”？"), "{}", faults[0].message);
}

#[test]
fn computed_values_are_typed() {
    let fahrenheit = ["公式: 温 + 2天", "单位: ℃"];
    let items = |formula: &[&str]| {
        vec![item(Kind::Number, "温", 1, &["单位: ℃"]), item(Kind::Computed, "数", 5, formula)]
    };
    assert_eq!(codes(items(&fahrenheit)), [(6, "EX005")]);
    assert_eq!(codes(items(&["公式: 温 + 1", "单位: 天"])), [(6, "FM213")]);
    assert_eq!(codes(items(&["分级: 0~1 => 低"])), [(5, "FM213")]);
    let mut later = items(&["公式: 温 + 1"]);
    later.push(item(Kind::Computed, "热", 8, &["公式: 烧 或 温 > 40℃"]));
    later.push(item(Kind::Computed, "烧", 10, &["公式: 数 >= 38.5℃"]));
    let mut session = open(later);
    session.answer("温", Answer::Number(37.5)).expect("taken");
    assert_eq!(session.reading("数").as_deref(), Some("38.5℃"));
    assert_eq!(session.reading("热").as_deref(), Some("是"), "a formula may use a later one of another type");
}

#[test]
fn hidden_rows_and_options_are_not_chosen() {
    let grid = ["行 一", "行 二", "- 无 ; 分 0", "- 有 ; 分 2"];
    let mut items = vec![item(Kind::YesNo, "甲", 1, &[]), item(Kind::Grid, "表", 3, &grid)];
    items[1].rows[1].when = Some(written("甲 = 是", 5));
    items.push(item(Kind::Multiple, "多", 9, &["- 子 ; 显示 甲 = 是", "- 丑"]));
    let mut session = open(items);
    session.answer("表.一", Answer::Choice("有".to_owned())).expect("taken");
    assert_eq!(session.reading("表.分").as_deref(), Some("2"));
    yes(&mut session, "甲");
    assert_eq!(session.reading("表.分"), None, "a row that is shown is wanted");
    session.answer("表.二", Answer::Choice("有".to_owned())).expect("taken");
    session.answer("多", Answer::Set(vec!["子".to_owned(), "丑".to_owned()])).expect("taken");
    assert_eq!(
        (session.reading("表.分"), session.reading("多")),
        (Some("4".to_owned()), Some("子、丑".to_owned()))
    );
    no(&mut session, "甲");
    assert_eq!(
        (session.reading("表.分"), session.reading("多")),
        (Some("2".to_owned()), Some("丑".to_owned()))
    );
    let why = session.explain("表.二").expect("known").to_string();
    assert_eq!(why, "表.二不显示：表.二的条件“甲 = 是”（第 5 行）不成立（甲 = 否）");
}
