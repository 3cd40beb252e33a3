//! What holds for any input.

use proptest::prelude::*;

use super::*;

const SCHEMA: &str = "| 段 | 说明 |\n|---|---|\n| 主诉 | |\n\n| 名称 | 类型 | 单位或选项 | 说明 |\n|---|---|---|---|\n\
    | 年龄 | 数字 | 岁 | |\n| 性别 | 单选 | 女、男 | |\n| 用药 | 组 | | |\n| 用药.药名 | 文字 | | |\n\n\
    | 症状 | 属性 |\n|---|---|\n| 发热 | |\n| 头痛 | |\n";
const HEAD: &str = "---\n编号: x\n名称: 名\n种类: 质控\n类别: 完整性\n级别: 警告\n位置: 主诉\n时机: 提交\n状态: 草稿\n来源: 自拟\n---\n";

/// Pieces of pages, in any order.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("```规则\n".to_owned()),
        Just("\n```\n".to_owned()),
        Just("\n## 命中\n- ".to_owned()),
        Just("\n## 不命中\n".to_owned()),
        Just("当: ".to_owned()),
        Just("\n提示: {".to_owned()),
        Just("用药[1].药名 = \"".to_owned()),
        Just("发热 且 (".to_owned()),
        Just("非 ".to_owned()),
        Just("; 头痛 = 是".to_owned()),
        Just("| 名称 | 类型 |\n".to_owned()),
        Just("年龄 介于 ".to_owned()),
        "[a-z0-9（）()「」“”\"、；=＝。.\\[\\]{}\u{3000} \n且或非年龄]{0,12}",
        ".{0,8}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn facts() -> Vec<(&'static str, Fact)> {
    vec![
        ("主诉.文", Fact::Text("头痛3天".into())),
        ("年龄", Fact::Number(30.0)),
        ("性别", Fact::Choice("男".into())),
        ("发热", Fact::Truth(true)),
        ("头痛", Fact::Truth(false)),
        ("用药[2].药名", Fact::Text("乙".into())),
        ("用药[1].药名", Fact::Text("甲".into())),
    ]
}

proptest! {
    #[test]
    fn no_page_panics(text in soup(), headed: bool) {
        let schema = Schema::read("record.md", SCHEMA).unwrap();
        let text = if headed { format!("{HEAD}{text}") } else { text };
        let _ = Schema::read("record.md", &text);
        if let Ok(book) = Book::compile(schema, &[("x.md".into(), text)]) {
            let _ = book.mutants();
        }
    }

    #[test]
    fn no_condition_panics_when_changed(text in soup()) {
        for mutant in super::mutant::mutants(&text, true) {
            prop_assert!(mutant.at <= text.chars().count());
        }
        let _ = super::mutant::clash(&text);
    }

    #[test]
    fn the_order_of_facts_and_files_changes_nothing(
        order in Just(facts()).prop_shuffle(),
        files in Just(vec![0_usize, 1, 2, 3]).prop_shuffle(),
    ) {
        let conditions = ["发热 且 年龄 > 18岁", "非 头痛", "主诉.字数 >= 4", "性别 = 男 或 头痛"];
        let pages: Vec<(String, String)> = conditions
            .iter()
            .enumerate()
            .map(|(index, condition)| {
                let head = HEAD.replace("编号: x", &format!("编号: x{index}"));
                (format!("{index}.md"), format!("{head}```规则\n当: {condition}\n提示: {{用药.药名}}{{性别}}\n```\n"))
            })
            .collect();
        let run = |order: &[(&str, Fact)], pages: &[(String, String)]| {
            let book = Book::compile(Schema::read("record.md", SCHEMA).unwrap(), pages).unwrap();
            let mut sheet = book.sheet();
            for (name, fact) in order {
                sheet.set(name, fact.clone()).unwrap();
            }
            book.run(Point::Submission, &sheet, &NoScores)
        };
        let usual = run(&facts(), &pages);
        prop_assert_eq!(usual.len(), 4);
        prop_assert_eq!(&usual[0].message, "甲；乙男");
        let shuffled: Vec<_> = files.iter().map(|index| pages[*index].clone()).collect();
        prop_assert_eq!(usual, run(&order, &shuffled));
    }
}

#[test]
fn long_junk_is_refused_quickly() {
    let junk = [
        "(".repeat(100_000),
        "非 ".repeat(30_000),
        "\n甲".repeat(30_000),
        "\n- 甲 = 是".repeat(8_000),
        "{甲}".repeat(20_000),
        "“".repeat(33_000),
        "发热 且 ".repeat(8_000),
    ];
    for junk in &junk {
        for text in [
            format!("{HEAD}```规则\n当: {junk}\n提示: x\n```\n## 命中\n"),
            format!("{HEAD}```规则\n当: 发热\n提示: {junk}\n```\n"),
            format!("{HEAD}```规则\n当: 发热\n提示: x\n```\n## 命中\n{junk}\n```\n{junk}\n```\n"),
        ] {
            let schema = Schema::read("record.md", SCHEMA).unwrap();
            let _ = Book::compile(schema, &[("x.md".into(), text)]);
        }
    }
    // Twenty-one pages, unoptimised and with other work on the machine: far from quadratic.
}
