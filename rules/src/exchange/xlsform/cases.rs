//! Workbooks of the kinds in use, and what becomes of them.

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

use super::*;
use crate::form::draft::{Flag, Item, Kind};

type Rows<'a> = &'a [&'a [&'a str]];

fn book(sheets: &[(&str, Rows<'_>)]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, rows) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(*name).expect("a name");
        for (row, cells) in (0u32..).zip(rows.iter()) {
            for (column, text) in (0u16..).zip(cells.iter()).filter(|(_, text)| !text.is_empty()) {
                sheet.write_string(row, column, *text).expect("a cell");
            }
        }
    }
    workbook.save_to_buffer().expect("a workbook")
}

fn read(sheets: &[(&str, Rows<'_>)]) -> (Draft, Vec<Loss>) {
    import("form.xlsx", &book(sheets)).expect("a workbook that can be read")
}

fn refused(sheets: &[(&str, Rows<'_>)]) -> Vec<String> {
    let faults = import("form.xlsx", &book(sheets)).expect_err("refused");
    faults.iter().map(|fault| format!("{} {}", fault.code, fault.message)).collect()
}

fn named<'d>(items: &'d [Item], id: &str) -> &'d Item {
    fn inside<'d>(items: &'d [Item], id: &str) -> Option<&'d Item> {
        items.iter().find_map(|item| if item.id.text == id { Some(item) } else { inside(&item.items, id) })
    }
    inside(items, id).unwrap_or_else(|| panic!("no item {id}"))
}

fn said<'d>(item: &'d Item, key: &str) -> &'d str {
    item.first(key).map_or("", |property| property.value.text.as_str())
}

const YES_NO: Rows<'_> = &[
    &["list_name", "name", "label::English", "label::中文 (zh)"],
    &["yn", "yes", "Yes", "有"],
    &["yn", "no", "No", "没有"],
    &["where", "head", "Head", "头"],
    &["where", "chest", "Chest", "胸"],
    &["where", "belly", "Belly", "肚子"],
];

#[test]
fn types_labels_and_bounds() {
    let survey: Rows<'_> = &[
        &[
            "type",
            "name",
            "label::English",
            "label::中文 (zh)",
            "hint",
            "required",
            "default",
            "appearance",
            "parameters",
        ],
        &["text", "name", "Name", "姓名", "身份证上的", "yes", "", "multiline", ""],
        &["integer", "age", "Age", "几岁", "", "true()", "30", "", ""],
        &["decimal", "temp", "Temperature", "体温", "", "", "", "", ""],
        &["date", "since", "Since", "哪天开始", "", "", "2026-11-01", "", ""],
        &["select_one yn", "cough", "Cough", "咳嗽吗", "", "no", "no", "minimal", ""],
        &["select_multiple where or_other", "pain", "Pain", "哪里疼", "", "", "head belly", "", ""],
        &["range", "score", "How bad", "几分", "", "", "", "", "start=0 end=10 step=1"],
        &["note", "bye", "Thanks", "谢谢", "", "", "", "", ""],
        &["acknowledge", "ok", "OK?", "看明白了吗", "", "", "", "", ""],
        &["image", "photo", "Photo", "拍照", "", "", "", "", ""],
        &["start", "start", "", "", "", "", "", "", ""],
    ];
    let settings: Rows<'_> =
        &[&["form_title", "form_id", "version", "style"], &["初诊", "First_Visit", "7", "pages"]];
    let (draft, losses) = read(&[("survey", survey), ("choices", YES_NO), ("settings", settings)]);
    assert_eq!((draft.id.text.as_str(), draft.title.text.as_str()), ("first-visit", "初诊"));
    assert_eq!(draft.properties.iter().map(|p| p.value.text.as_str()).collect::<Vec<_>>(), ["7", "草稿"]);
    let kinds: Vec<Kind> = draft.items.iter().map(|item| item.kind).collect();
    assert_eq!(
        kinds,
        [
            Kind::Text,
            Kind::Number,
            Kind::Number,
            Kind::Date,
            Kind::Single,
            Kind::Multiple,
            Kind::Number,
            Kind::Note,
            Kind::YesNo
        ]
    );
    let name = named(&draft.items, "name");
    assert_eq!((name.text.text.as_str(), said(name, "提示")), ("姓名", "身份证上的"));
    assert_eq!(name.flags, [Flag::Required, Flag::Multiline]);
    let age = named(&draft.items, "age");
    assert_eq!((said(age, "小数"), said(age, "初值"), age.has(Flag::Required)), ("0", "30", true));
    assert_eq!(said(named(&draft.items, "cough"), "初值"), "没有");
    let pain = named(&draft.items, "pain");
    assert_eq!(said(pain, "初值"), "头、肚子");
    let options: Vec<(&str, Option<&str>, bool)> = pain
        .options
        .iter()
        .map(|o| (o.label.text.as_str(), o.code.as_ref().map(|c| c.text.as_str()), o.fill_in))
        .collect();
    assert_eq!(
        options,
        [
            ("头", Some("head"), false),
            ("胸", Some("chest"), false),
            ("肚子", Some("belly"), false),
            ("其他", None, true)
        ]
    );
    assert_eq!(said(named(&draft.items, "score"), "范围"), "0~10");
    let places: Vec<(&str, &str)> = losses.iter().map(|loss| (loss.code, loss.place.as_str())).collect();
    assert_eq!(
        places,
        [
            ("EXC351", "choices!C2"),
            ("EXC351", "settings!D2"),
            ("EXC351", "survey!C2"),
            ("EXC109", "survey!H6"),
            ("EXC351", "survey!A11"),
            ("EXC351", "survey!A12"),
        ]
    );
}

#[test]
fn expressions_mean_the_same() {
    let survey: Rows<'_> = &[
        &["type", "name", "label", "relevant", "constraint", "constraint_message", "calculation", "default"],
        &["select_one yn", "cough", "咳嗽", "", "", "", "", ""],
        &[
            "select_multiple where",
            "pain",
            "疼",
            "${cough} = 'yes'",
            "count-selected(.) <= 2",
            "最多两处",
            "",
            "",
        ],
        &[
            "integer",
            "n",
            "几天",
            "selected(${pain}, 'head') and not(${cough} = 'no')",
            ". >= 0 and . < 100",
            "",
            "",
            "",
        ],
        &["text", "why", "为什么", "${n} > 3 or ${cough} != 'yes'", "regex(., '[a-z]+')", "", "", ""],
        &["calculate", "twice", "", "", "", "", "${n} * 2 + if(${cough} = 'yes', 1, 0)", ""],
        &[
            "date",
            "day",
            "哪天",
            "${why} != '' and ${twice} >= 4",
            ". <= today()",
            "不能晚于今天",
            "",
            "today()",
        ],
        &["note", "x", "提醒", "count-selected(${pain}) > 1", "", "", "", ""],
        &["note", "y", "提醒", "jr:choice-name(${cough}, 'x') = 'a'", "", "", "", ""],
        &["note", "z", "提醒", "position(..) = 1", "", "", "", ""],
        &["note", "u", "提醒", "${nobody} = 1", "", "", "", ""],
    ];
    let (draft, losses) = read(&[("survey", survey), ("choices", YES_NO)]);
    let show = |id: &str| said(named(&draft.items, id), "显示");
    assert_eq!(show("pain"), "cough = 有");
    assert_eq!(show("n"), "pain 含 头 且 (非 已知(cough) 或 cough ≠ 没有)");
    assert_eq!(show("why"), "n > 3 或 非 已知(cough) 或 cough ≠ 有");
    assert_eq!(show("day"), "已知(why) 且 twice >= 4");
    assert_eq!(show("x"), "如果(已知(pain), 计数(pain), 0) > 1");
    assert_eq!(said(named(&draft.items, "n"), "约束"), "n >= 0 且 n < 100 => 这里填得不对，请再看一下");
    assert_eq!(said(named(&draft.items, "why"), "约束"), "why 匹配 \"[a-z]+\" => 这里填得不对，请再看一下");
    assert_eq!(said(named(&draft.items, "day"), "约束"), "day <= 今天 => 不能晚于今天");
    assert_eq!(said(named(&draft.items, "day"), "初值"), "今天");
    assert_eq!(said(named(&draft.items, "twice"), "公式"), "n * 2 + 如果(已知(cough) 且 cough = 有, 1, 0)");
    let lost: Vec<(&str, &str)> = losses.iter().map(|loss| (loss.place.as_str(), loss.code)).collect();
    assert_eq!(
        lost,
        [
            ("choices!C2", "EXC351"),
            ("survey!D9", "EXC352"),
            ("survey!D10", "EXC352"),
            ("survey!D11", "EXC352")
        ]
    );
    assert!(losses.iter().all(|loss| !loss.why.is_empty()));
}

#[test]
fn groups_repeats_and_cascades() {
    let survey: Rows<'_> = &[
        &["type", "name", "label", "relevant", "choice_filter", "repeat_count"],
        &["begin group", "g", "第一组", "", "", ""],
        &["select_one yn", "a", "甲", "", "", ""],
        &["begin_group", "inner", "里面", "${a} = 'yes'", "", ""],
        &["select_one where", "b", "乙", "", "region = ${a}", ""],
        &["end group", "", "", "", "", ""],
        &["end group", "", "", "", "", ""],
        &["text", "loose", "散题", "", "", ""],
        &["begin repeat", "drug", "用药", "${a} = 'yes'", "", "3"],
        &["text", "drug_name", "药名", "", "", ""],
        &["integer", "dose", "几片", "${drug_name} != ''", "", ""],
        &["end repeat", "", "", "", "", ""],
        &["note", "many", "药多", "count(${drug}) > 2", "", ""],
        &["note", "which", "哪一行", "${dose} > 1", "", ""],
    ];
    let (draft, losses) = read(&[("survey", survey), ("choices", YES_NO)]);
    let tree: Vec<(Kind, Vec<&str>)> = draft
        .items
        .iter()
        .map(|item| (item.kind, item.items.iter().map(|item| item.id.text.as_str()).collect()))
        .collect();
    let pages = [vec!["a", "inner", "b"], vec!["loose", "drug", "many", "which"]];
    assert_eq!(tree, pages.map(|page| (Kind::Page, page)));
    assert_eq!(said(named(&draft.items, "b"), "显示"), "a = 有");
    assert_eq!(named(&draft.items, "inner").kind, Kind::Note);
    let drug = named(&draft.items, "drug");
    assert_eq!((drug.kind, said(drug, "次数"), said(drug, "显示")), (Kind::Group, "3~3", "a = 有"));
    assert_eq!(said(named(&draft.items, "dose"), "显示"), "已知(drug.drug_name)");
    assert_eq!(said(named(&draft.items, "many"), "显示"), "计数(drug) > 2");
    let lost: Vec<(&str, &str)> = losses.iter().map(|loss| (loss.place.as_str(), loss.code)).collect();
    assert_eq!(
        lost,
        [
            ("choices!C2", "EXC351"),
            ("survey!A4", "EXC351"),
            ("survey!E5", "EXC352"),
            ("survey!D14", "EXC352")
        ]
    );
}

#[test]
fn faults_name_the_cell() {
    let survey = |rows: Rows<'_>| refused(&[("survey", rows), ("choices", YES_NO)]);
    let head: &[&str] = &["type", "name", "label"];
    assert!(survey(&[head, &["txet", "a", "甲"]])[0].starts_with("EXC303 survey!A2："));
    assert!(survey(&[head, &["begin group", "a", "甲"]])[0].starts_with("EXC304 survey!A2："));
    assert!(survey(&[head, &["end repeat", "", ""]])[0].starts_with("EXC304 survey!A2："));
    assert!(
        survey(&[head, &["begin group", "a", ""], &["end repeat", "", ""]])[0]
            .contains("survey!A2 的 begin group")
    );
    assert!(survey(&[head, &["text", "", "甲"]])[0].starts_with("EXC305 survey!B2："));
    assert!(survey(&[head, &["select_one nolist", "a", "甲"]])[0].starts_with("EXC306 survey!A2："));
    assert!(survey(&[&["kind", "name"], &["text", "a"]])[0].starts_with("EXC302 survey!A1："));
    assert!(refused(&[("Sheet1", &[head])])[0].starts_with("EXC302"));
    let twice: Rows<'_> =
        &[&["list_name", "name", "label"], &["l", "a", "甲"], &["l", "a", "乙"], &["l", "", "丙"]];
    let faults = refused(&[("survey", &[head]), ("choices", twice)]);
    assert!(faults[0].starts_with("EXC305 choices!B3：") && faults[1].starts_with("EXC305 choices!B4："));
    assert_eq!(import("x.xlsx", b"no workbook").expect_err("refused")[0].code, "EXC301");
}

#[test]
fn hostile_workbooks_do_no_harm() {
    let many: Vec<Vec<String>> = (0..200).map(|i| vec!["begin group".to_owned(), format!("g{i}")]).collect();
    let rows: Vec<Vec<&str>> = many.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let mut all: Vec<&[&str]> = vec![&["type", "name"]];
    all.extend(rows.iter().map(Vec::as_slice));
    assert!(refused(&[("survey", &all)]).iter().any(|fault| fault.starts_with("EXC307")));
    let deep = format!("{}1{}", "(".repeat(3000), ")".repeat(3000));
    let (_, losses) = read(&[("survey", &[&["type", "name", "relevant"], &["note", "a", &deep]])]);
    assert!(losses[0].why.contains("太深"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0usize..4000) {
        let _ = import("x.xlsx", &bytes);
        // A workbook with a few bytes overwritten still has its zip directory.
        let mut damaged = book(&[("survey", &[&["type", "name"], &["text", "a"]])]);
        for (offset, byte) in bytes.iter().take(8).enumerate() {
            let length = damaged.len();
            damaged[(at + offset) % length] = *byte;
        }
        let _ = import("x.xlsx", &damaged);
    }

    #[test]
    fn any_cells_are_read_or_refused(cells in proptest::collection::vec(("(text|integer|select_one yn|begin group|end group|calculate|range)", "[a-c ]{0,2}", "\\PC{0,20}|(\\$\\{[ab]\\}|[.'()=<>+ -]|and|not|selected|1){0,9}"), 0..12)) {
        let mut rows: Vec<Vec<&str>> = vec![vec!["type", "name", "relevant", "constraint", "calculation", "default", "parameters"]];
        for (kind, name, text) in &cells {
            rows.push(vec![kind, name, text, text, text, text, text]);
        }
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let _ = import("x.xlsx", &book(&[("survey", &rows), ("choices", YES_NO)]));
    }
}
