//! Laws of the text form: what is printed reads back the same, nothing that is typed panics.

use proptest::prelude::*;

use super::{
    check::check,
    draft::{Choice, Draft, Flag, Item, Kind, Part, Property, Remark, Row, Written},
    json::{from_json, to_json},
    print::print,
    read::read,
    words::{KEYS, KEYWORDS, Sort, takes},
};

fn text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "头痛", "a", "=>", "＝＞", "=", ">", ";", "；", "\\", "\\n", "\n", "\r", "\t", "(", "（", ")", "|",
        "//", "%%", "「", "」", "：", ":", " ", "\u{3000}", "{时长}", "\"", "- ", "\u{7}", "\u{feff}",
        "u{41}", "1", "~", "\u{85}", "😀",
    ]);
    prop::collection::vec(odd, 1..6).prop_map(|parts| {
        let text = parts.concat().trim().to_owned();
        if text.is_empty() { "文".to_owned() } else { text }
    })
}

fn written() -> impl Strategy<Value = Written> {
    text().prop_map(Written::from)
}

fn expression() -> impl Strategy<Value = Written> {
    prop::sample::select(vec![
        "体温 > 38",
        "部位 含 \"a;b\"",
        "f((a))",
        "「怪 名」 = 是",
        "\\d+\\;",
        "a => b",
        "x ; y // z",
    ])
    .prop_map(|text| Written::from(text.to_owned()))
}

fn value(sort: Sort, kind: Option<Kind>) -> BoxedStrategy<Written> {
    let one = |text: &str| Just(Written::from(text.to_owned())).boxed();
    match sort {
        Sort::Text => written().boxed(),
        Sort::Expression => expression().boxed(),
        Sort::Arrow => one("突发 = 是 => 急诊"),
        Sort::Band => one("0~4 => 轻度"),
        Sort::Count => one("0~10"),
        Sort::Range if kind == Some(Kind::Date) => one("1900-01-01~今天"),
        Sort::Range => one("-3.5~"),
        Sort::Unit => one("天"),
        Sort::Decimals => one("1"),
        Sort::Pattern => one("1\\d{10};=>\\\\"),
        Sort::Code => one("ICD-10|R51"),
        Sort::Version => one("1.2"),
        Sort::Status => one("草稿"),
        Sort::Percent => one("90%"),
    }
}

fn property(kind: Option<Kind>) -> impl Strategy<Value = Property> {
    let keys: Vec<_> = KEYS
        .iter()
        .filter(|key| {
            kind.map_or(key.form, |kind| key.kinds.contains(&kind))
                && (key.name, kind) != ("个数", Some(Kind::Grid))
        })
        .collect();
    prop::sample::select(keys).prop_flat_map(move |key| {
        let when = if key.conditional { prop::option::of(expression()).boxed() } else { Just(None).boxed() };
        let name = Written::from(key.name.to_owned());
        (Just(name), when, value(key.sort, kind)).prop_map(|(key, when, value)| Property { key, when, value })
    })
}

fn properties(kind: Option<Kind>) -> impl Strategy<Value = Vec<Property>> {
    prop::collection::vec(property(kind), 0..4).prop_map(move |found| {
        let mut kept: Vec<Property> = Vec::new();
        for property in found {
            let repeats = KEYS.iter().any(|key| key.name == property.key.text && key.repeats);
            if repeats || kept.iter().all(|other| other.key.text != property.key.text) {
                kept.push(property);
            }
        }
        for (needing, name, text) in [(Kind::Computed, "公式", "a + 1"), (Kind::Constraint, "条件", "a = 是")]
        {
            if kind == Some(needing) && kept.iter().all(|other| other.key.text != name) {
                kept.push(Property {
                    key: name.to_owned().into(),
                    when: None,
                    value: text.to_owned().into(),
                });
            }
        }
        kept
    })
}

fn choice() -> impl Strategy<Value = Choice> {
    (
        written(),
        prop::option::of(written()),
        any::<(bool, bool)>(),
        prop::option::of(Just(Written::from("-2.5".to_owned()))),
        prop::option::of(expression()),
        prop::option::of(written()),
        prop::collection::btree_map(text(), text(), 0..2),
    )
        .prop_map(|(label, reads, (exclusive, fill_in), score, when, concept, other)| Choice {
            code: score.clone().map(|_| "ICD 10|R;5=>1".to_owned().into()),
            label,
            reads,
            exclusive,
            fill_in,
            score,
            when,
            concept,
            other,
        })
}

fn comments() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(text().prop_map(|text| text.replace('\n', " ").trim().to_owned()), 0..3)
}

fn remark(part: Part, index: usize) -> Remark {
    Remark { part, index, text: format!("注 {index}") }
}

fn leaf() -> impl Strategy<Value = Item> {
    let kinds: Vec<Kind> = KEYWORDS
        .iter()
        .map(|keyword| keyword.kind)
        .filter(|kind| !matches!(kind, Kind::Page | Kind::Group))
        .collect();
    prop::sample::select(kinds).prop_flat_map(|kind| {
        let has_options = matches!(kind, Kind::Single | Kind::Multiple | Kind::Grid);
        let options = if has_options { 2..4 } else { 0..1 };
        let rows = if kind == Kind::Grid { 1..4 } else { 0..1 };
        let row = (written(), written(), prop::option::of(written()), prop::option::of(expression()))
            .prop_map(|(id, text, reads, when)| Row { id, text, reads, when });
        (
            (written(), written(), comments(), any::<bool>()),
            properties(Some(kind)),
            prop::collection::vec(choice(), options),
            prop::collection::vec(row, rows),
        )
            .prop_map(move |((id, text, comments, remarked), properties, mut options, mut rows)| {
                options.iter_mut().enumerate().for_each(|(at, choice)| {
                    choice.label.text = format!("{}{at}", choice.label.text);
                    choice.fill_in &= kind != Kind::Grid;
                });
                rows.iter_mut()
                    .enumerate()
                    .for_each(|(at, row)| row.id.text = format!("{at}{}", row.id.text));
                let flags: Vec<Flag> = [Flag::ReadOnly, Flag::Required]
                    .into_iter()
                    .filter(|flag| remarked && takes(kind, *flag))
                    .collect();
                let mut remarks = Vec::new();
                if remarked {
                    remarks.extend((0..rows.len()).map(|at| remark(Part::Row, at)));
                    remarks.extend((0..options.len()).map(|at| remark(Part::Option, at)));
                    remarks.extend((0..flags.len()).map(|at| remark(Part::Flag, at)));
                    remarks.extend((0..properties.len()).map(|at| remark(Part::Property, at)));
                }
                Item {
                    kind,
                    id,
                    text,
                    flags,
                    properties,
                    options,
                    rows,
                    items: Vec::new(),
                    comments,
                    remarks,
                }
            })
    })
}

fn around(kind: Kind, inner: impl Strategy<Value = Item>) -> impl Strategy<Value = Item> {
    (written(), properties(Some(kind)), prop::collection::vec(inner, 0..3), comments(), any::<bool>())
        .prop_map(move |(id, properties, items, comments, remarked)| {
            let remarks = remarked.then(|| remark(Part::End, 0)).into_iter().collect();
            Item { kind, id, properties, items, comments, remarks, ..Item::default() }
        })
}

fn draft() -> impl Strategy<Value = Draft> {
    let inner = prop_oneof![3 => leaf(), 1 => around(Kind::Group, leaf())];
    let item = prop_oneof![2 => leaf(), 1 => around(Kind::Group, leaf()), 2 => around(Kind::Page, inner)];
    (written(), properties(None), prop::collection::vec(item, 0..4), any::<bool>()).prop_map(
        |(title, properties, mut items, remarked)| {
            let mut count = 0;
            for item in &mut items {
                number(item, &mut count);
            }
            let mut remarks = Vec::new();
            if remarked {
                remarks.push(remark(Part::Head, 0));
                remarks.extend((0..properties.len()).map(|at| remark(Part::Property, at)));
                remarks.push(remark(Part::End, 0));
            }
            Draft { id: "a-1".to_owned().into(), title, properties, items, remarks }
        },
    )
}

/// Makes names unique.
fn number(item: &mut Item, count: &mut usize) {
    *count += 1;
    item.id.text = format!("{}·{count}", item.id.text);
    for item in &mut item.items {
        number(item, count);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_printed_reads_back_the_same(draft in draft()) {
        prop_assert_eq!(check("f", &draft), vec![]);
        let text = print(&draft);
        let again = read("f", &text);
        prop_assert_eq!(again.as_ref().map(print), Ok(text.clone()), "printing is idempotent: {}", &text);
        prop_assert_eq!(again, Ok(draft), "{}", text);
    }

    #[test]
    fn json_loses_nothing(draft in draft()) {
        let json = to_json(&draft).unwrap();
        prop_assert_eq!(from_json("f", &json), Ok(draft), "{}", json);
    }

    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = (read("f", &text), from_json("f", &text), super::case_text::read_cases("f", &text));
    }

    #[test]
    fn no_mix_of_words_panics(words in prop::collection::vec(prop::sample::select(vec![
        "问卷 ", "页 ", "组 ", "组完", "页完", "单选 ", "表格 ", "行 ", "- ", "必答", "显示", "显示: ", "现病史(", ")", ":", "：", "「", "」",
        "=>", ";", "；", "分", " 分 ", "编码 ", "附 ", "\n", "\n", "\n", "a", "疼", "\\", "//", "%%", "范围: ", "～", "~", "1", "\"",
        "\u{feff}", "\r\n", "答 ", "设 ", "值 ", "=", "选项 ", "用例 ", "写 ", "含", "\u{3000}", "格式: ", "[",
    ]), 0..60)) {
        let text = words.concat();
        if let Err(faults) = read("f", &text) {
            let lines: Vec<&str> = text.split('\n').collect();
            for fault in faults {
                let line = lines[fault.line as usize - 1];
                prop_assert!(fault.column as usize <= line.chars().count() + 1, "{fault} in {line}");
            }
        }
        let _ = super::case_text::read_cases("f", &text);
    }
}

#[test]
fn large_junk_is_read_to_its_end() {
    let junk = [
        "(((((((",
        "- a;;;;;;;;",
        "单选 「",
        "现病史(((",
        "a\n",
        "必达\n",
        "\\\\\\u{",
        "=>=>=>",
        "分级: =>\n",
        "跳转: \"=>\"\n",
    ];
    for piece in junk {
        let text = piece.repeat(100_000 / piece.len());
        let _ = (read("f", &format!("问卷 a b\n{text}")), super::case_text::read_cases("f", &text));
    }
}
