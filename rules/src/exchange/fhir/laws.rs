//! What holds for all drafts, conditions and documents.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{super::samples, *};
use crate::{
    expr::{Expr, Facts, Kind as Type, Truth, Value as Held},
    form::draft::{Choice, Flag, Row, Written},
};

fn publication() -> Publication {
    Publication { base: "https://example.org/Questionnaire/".to_owned(), date: None, publisher: None }
}

/// The document as a program that drops our extensions would give it back.
fn bare(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Array(list)) = fields.get_mut("extension") {
                list.retain(|extension| {
                    let url = extension["url"].as_str().unwrap_or_default();
                    !matches!(url, "urn:jiuyi:form:field" | "urn:jiuyi:form:property")
                });
            }
            fields.values_mut().for_each(bare);
        }
        Value::Array(list) => list.iter_mut().for_each(bare),
        _ => {}
    }
}

/// Answers, by slot.
#[derive(Debug)]
struct Case(BTreeMap<u32, Answer>);

#[derive(Debug)]
enum Answer {
    Truth(bool),
    Number(f64),
    Choice(u16),
    Set([u64; 1]),
    Text(&'static str),
    Date(i32),
}

impl Facts for Case {
    fn value(&self, slot: u32) -> Held<'_> {
        match self.0.get(&slot) {
            None => Held::Unknown,
            Some(Answer::Truth(value)) => Held::Truth(*value),
            Some(Answer::Number(value)) => Held::Number(*value),
            Some(Answer::Choice(value)) => Held::Choice(*value),
            Some(Answer::Set(value)) => Held::Set(value),
            Some(Answer::Text(value)) => Held::Text(value),
            Some(Answer::Date(value)) => Held::Date(*value),
        }
    }
}

/// A case from as many numbers as there are variables; every fourth is unanswered.
fn case(directory: &Directory, seeds: &[u8]) -> Case {
    let mut answers = BTreeMap::new();
    for (slot, (entry, seed)) in (0u32..).zip(directory.entries.iter().zip(seeds)) {
        if seed % 4 == 0 {
            continue;
        }
        let pick = seed / 4;
        let answer = match &entry.kind {
            Type::Truth => Answer::Truth(pick % 2 == 0),
            Type::Number { .. } if entry.name == ["体温"] => Answer::Number(f64::from(pick % 4) + 36.5),
            Type::Number { .. } => Answer::Number(f64::from(pick % 5)),
            Type::Choice(labels) => {
                Answer::Choice(u16::from(pick) % u16::try_from(labels.len()).unwrap_or(1))
            }
            Type::Set(labels) => Answer::Set([u64::from(pick) % ((1 << labels.len()) - 1) + 1]),
            Type::Text => Answer::Text(["甲", "乙甲"][usize::from(pick % 2)]),
            Type::Date => Answer::Date(20_770 + i32::from(pick % 4)),
            _ => continue,
        };
        // The sum of a grid follows from its rows.
        if entry.sum_of.is_empty() {
            answers.insert(slot, answer);
        }
    }
    let sums: Vec<(u32, Option<f64>)> = (0u32..)
        .zip(&directory.entries)
        .filter(|(_, entry)| !entry.sum_of.is_empty())
        .map(|(slot, entry)| {
            let points = entry.sum_of.iter().map(|row| match answers.get(row) {
                Some(Answer::Choice(index)) => {
                    directory.entry(*row)?.points.get(usize::from(*index)).copied()
                }
                _ => None,
            });
            (slot, points.sum::<Option<f64>>())
        })
        .collect();
    for (slot, sum) in sums {
        if let Some(sum) = sum {
            answers.insert(slot, Answer::Number(sum));
        }
    }
    Case(answers)
}

fn order() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["=", "≠", ">", ">=", "<", "<="])
}

fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("次数".to_owned()),
        Just("程度.分".to_owned()),
        Just("GAD.分".to_owned()),
        Just("总分".to_owned()),
        (0..4u8).prop_map(|n| n.to_string()),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), proptest::sample::select(vec!["+", "-", "*"]), inner.clone())
                .prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            (atom(), inner.clone(), inner.clone()).prop_map(|(c, a, b)| format!("如果({c}, {a}, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("最大({a}, {b})")),
            inner.prop_map(|a| format!("绝对值({a})")),
        ]
    })
}

fn atom() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("突发".to_owned()),
        Just("突发 = 否".to_owned()),
        proptest::sample::select(vec![
            "程度 = 不影响做事",
            "程度 ≠ 疼得做不了事",
            "部位 含 前额",
            "部位 含 太阳穴",
            "GAD.紧张 = 好几天",
            "诱因 = \"甲\"",
            "诱因 含 \"甲\""
        ])
        .prop_map(str::to_owned),
        proptest::sample::select(vec!["突发", "程度", "部位", "体温", "诱因"])
            .prop_map(|name| format!("已知({name})")),
        (order(), 36..40u8).prop_map(|(order, n)| format!("体温 {order} {n}.5")),
        (order(), 0..5u8).prop_map(|(order, n)| format!("头痛时长 {order} {n}天")),
        (order(), 0..4u8).prop_map(|(order, n)| format!("次数 {order} {n}")),
        (order(), 12..17u8).prop_map(|(order, n)| format!("末次月经 {order} 2026-11-{n}")),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![4 => atom(), 1 => (number(), order(), number()).prop_map(|(a, order, b)| format!("{a} {order} {b}"))];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} 且 {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} 或 {b})")),
            inner.clone().prop_map(|a| format!("非 ({a})")),
            (proptest::collection::vec(inner, 2..4), order(), 0..3u8)
                .prop_map(|(all, order, n)| format!("计数({}) {order} {n}", all.join(", "))),
        ]
    })
}

/// A property of an item of the headache draft, exported, stripped of what is ours and read back.
fn through(key: &str, kind: Kind, value: &str) -> Option<(Directory, String)> {
    let mut draft = samples::headache();
    let item = samples::item(kind, "试", "试一试").with(key, value);
    draft.items.last_mut()?.items.push(item);
    let (mut document, losses) = export(&draft, &publication());
    if losses.iter().any(|loss| loss.place == "试") {
        return None;
    }
    bare(&mut document);
    let (back, losses) = import("x.json", &document.to_string()).expect("our own document");
    // What is listed as lost is not there; the others must mean the same.
    let at = format!("/item/1/item/{}", draft.items.last()?.items.len() - 2);
    if losses.iter().any(|loss| loss.code == "EXC102" && loss.place.starts_with(&at)) {
        return None;
    }
    let back = back
        .items
        .last()?
        .items
        .iter()
        .find(|item| item.id.text == "试")?
        .first(key)
        .map(|property| property.value.text.clone());
    Some((Directory::of(&branch::branches(&draft.items)), back.unwrap_or_else(|| "是".to_owned())))
}

fn text() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "甲",
        "乙",
        "甲.乙",
        "a-1",
        "3天",
        "是",
        "「怪",
        "甲 = 1",
        "甲 => 乙",
        "",
        "x",
        "0~3",
        "今天",
    ])
    .prop_map(str::to_owned)
}

fn written() -> impl Strategy<Value = Written> {
    text().prop_map(Written::from)
}

fn item() -> impl Strategy<Value = Item> {
    let kinds = vec![
        Kind::Page,
        Kind::Group,
        Kind::Note,
        Kind::YesNo,
        Kind::Single,
        Kind::Multiple,
        Kind::Text,
        Kind::Number,
        Kind::Date,
        Kind::Duration,
        Kind::Grid,
        Kind::Computed,
        Kind::Constraint,
    ];
    let keys = vec![
        "显示",
        "跳转",
        "约束",
        "单位",
        "范围",
        "小数",
        "长度",
        "格式",
        "个数",
        "次数",
        "初值",
        "公式",
        "条件",
        "分级",
        "提示",
        "概念",
        "编码",
        "现病史",
    ];
    let flags = vec![Flag::Required, Flag::Hidden, Flag::ReadOnly, Flag::Multiline, Flag::RowsMultiple];
    let property = (proptest::sample::select(keys), proptest::option::of(written()), written())
        .prop_map(|(key, when, value)| Property { key: key.to_owned().into(), when, value });
    let option = (
        written(),
        proptest::option::of(written()),
        any::<bool>(),
        any::<bool>(),
        proptest::option::of(written()),
        proptest::option::of(written()),
    )
        .prop_map(|(label, reads, exclusive, fill_in, score, code)| Choice {
            label,
            reads,
            exclusive,
            fill_in,
            score,
            code,
            ..Choice::default()
        });
    let row = (written(), written(), proptest::option::of(written())).prop_map(|(id, text, when)| Row {
        id,
        text,
        when,
        reads: None,
    });
    let lists = (
        proptest::collection::vec(proptest::sample::select(flags), 0..3),
        proptest::collection::vec(property, 0..4),
        proptest::collection::vec(option, 0..3),
        proptest::collection::vec(row, 0..3),
    );
    (proptest::sample::select(kinds), written(), written(), lists).prop_map(
        |(kind, id, text, (flags, properties, options, rows))| {
            let rows = if kind == Kind::Grid { rows } else { Vec::new() };
            Item { kind, id, text, flags, properties, options, rows, ..Item::default() }
        },
    )
}

fn json_value() -> impl Strategy<Value = Value> {
    let words = vec![
        "a",
        "b",
        "group",
        "choice",
        "boolean",
        "display",
        "=",
        "exists",
        "all",
        "urn:jiuyi:form:property",
        "urn:jiuyi:form:field",
        "kind",
        "\"page\"",
        "http://hl7.org/fhir/StructureDefinition/minValue",
        "http://hl7.org/fhir/StructureDefinition/questionnaire-constraint",
        "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression",
        "%resource.item.where(linkId='a').answer.value > 1",
        "text/fhirpath",
        "量",
    ];
    let keys = vec![
        "linkId",
        "type",
        "text",
        "item",
        "extension",
        "url",
        "enableWhen",
        "question",
        "operator",
        "answerBoolean",
        "answerCoding",
        "answerOption",
        "valueCoding",
        "valueString",
        "valueExpression",
        "expression",
        "language",
        "code",
        "display",
        "required",
        "repeats",
        "initial",
        "enableBehavior",
        "valueInteger",
        "maxLength",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f32>().prop_map(|n| json!(n)),
        proptest::sample::select(words).prop_map(|w| json!(w))
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((proptest::sample::select(keys.clone()), inner), 0..6).prop_map(
                |fields| Value::Object(
                    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
                )
            ),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_condition_read_back_is_yes_in_the_same_cases(text in condition(), seeds in proptest::collection::vec(any::<[u8; 40]>(), 24)) {
        let Some((directory, back)) = through("显示", Kind::Note, &text) else { return Ok(()) };
        let scope = directory.scope(None);
        let (own, other) = (Expr::compile(&text, &scope).expect("ours"), Expr::compile(&back, &scope).expect("reads"));
        for seeds in seeds {
            let case = case(&directory, &seeds);
            let (own, other) = (own.eval(&case) == Truth::Yes, other.eval(&case) == Truth::Yes);
            prop_assert_eq!(own, other, "{} / {} / {:?}", text, back, case);
        }
    }

    #[test]
    fn a_constraint_read_back_is_no_in_the_same_cases(text in condition(), seeds in proptest::collection::vec(any::<[u8; 40]>(), 24)) {
        let Some((directory, back)) = through("约束", Kind::YesNo, &format!("{text} => 不对")) else { return Ok(()) };
        let back = back.split(" => ").next().unwrap_or_default().to_owned();
        let scope = directory.scope(None);
        let (own, other) = (Expr::compile(&text, &scope).expect("ours"), Expr::compile(&back, &scope).expect("reads"));
        for seeds in seeds {
            let case = case(&directory, &seeds);
            let (own, other) = (own.eval(&case) == Truth::No, other.eval(&case) == Truth::No);
            prop_assert_eq!(own, other, "{} / {} / {:?}", text, back, case);
        }
    }

    #[test]
    fn a_formula_read_back_has_the_same_value(text in number(), seeds in proptest::collection::vec(any::<[u8; 40]>(), 24)) {
        let Some((directory, back)) = through("公式", Kind::Computed, &text) else { return Ok(()) };
        let scope = directory.scope(None);
        let (own, other) = (Expr::compute(&text, &scope).expect("ours").0, Expr::compute(&back, &scope).expect("reads").0);
        for seeds in seeds {
            let case = case(&directory, &seeds);
            prop_assert_eq!(own.number(&case), other.number(&case), "{} / {} / {:?}", text, back, case);
        }
    }

    #[test]
    fn any_draft_comes_back_the_same(items in proptest::collection::vec((item(), proptest::collection::vec(item(), 0..3)), 0..5), title in written(), version in text()) {
        let items = items.into_iter().map(|(item, inner)| match item.kind {
            Kind::Page | Kind::Group => Item { items: inner, ..item },
            _ => item,
        });
        let draft = Draft { id: "x-1".to_owned().into(), title, properties: vec![samples::property("版本", &version), samples::property("科室", "全科")], items: items.collect(), ..Draft::default() };
        let (document, _) = export(&draft, &publication());
        let (back, losses) = import("x.json", &document.to_string()).expect("our own document");
        prop_assert_eq!(back, draft);
        prop_assert!(losses.iter().all(|loss| loss.code != "EXC106"), "{:?}", losses);
    }

    #[test]
    fn any_document_is_read_or_refused(value in json_value(), items in json_value()) {
        let _ = import("x.json", &value.to_string());
        let document = json!({"resourceType": "Questionnaire", "status": "draft", "item": items});
        if let Ok((draft, _)) = import("x.json", &document.to_string()) {
            let _ = export(&draft, &publication());
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        prop_assert!(import("x.json", &text).is_err());
    }
}
