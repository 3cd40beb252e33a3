//! Quality rules: what they find, what is refused.

use std::{fs, path::Path};

use rstest::rstest;

use super::*;

const SCHEMA: &str = "| 段 | 说明 |\n|---|---|\n| 主诉 | |\n\n| 名称 | 类型 | 单位或选项 | 说明 |\n|---|---|---|---|\n\
    | 年龄 | 数字 | 岁 | |\n| 性别 | 单选 | 女、男 | |\n| 体温 | 数字 | ℃ | |\n\n\
    | 属性 | 类型 | 单位或选项 | 说明 |\n|---|---|---|---|\n| 天数 | 数字 | 天 | |\n\n\
    | 症状 | 属性 |\n|---|---|\n| 发热 | 天数 |\n| 头痛 | 天数 |\n\n\
    | 模型 | 读的文 | 说明 |\n|---|---|---|\n| 规范 | 主诉.文 | |\n";

fn schema() -> Schema {
    Schema::read("record.md", SCHEMA).unwrap()
}

fn page(id: &str, rule: &str, examples: &str) -> (String, String) {
    let text = format!(
        "---\n编号: {id}\n名称: 名\n种类: 质控\n类别: 完整性\n级别: 警告\n位置: 体温\n时机: 提交\n状态: 草稿\n来源: 自拟\n---\n\
         ```规则\n{rule}\n```\n{examples}"
    );
    (format!("{id}.md"), text)
}

const FEVER: &str = "当: 发热 且 非 已知(体温)\n提示: 发热 {发热.天数}，体温 {体温}";
const TRIED: &str =
    "## 命中\n- 发热 = 是\n## 不命中\n- 发热 = 是; 体温 = 38℃\n- 发热 = 否\n## 未评\n- 年龄 = 30岁\n";

fn book(files: &[(String, String)]) -> Book {
    Book::compile(schema(), files).unwrap()
}

fn refused(files: &[(String, String)]) -> Vec<(u32, u32, &'static str)> {
    let faults = Book::compile(schema(), files).unwrap_err();
    faults.iter().map(|fault| (fault.line, fault.column, fault.code)).collect()
}

#[test]
fn a_rule_finds_quotes_and_names_its_facts() {
    let book = book(&[page("fever", FEVER, TRIED)]);
    assert_eq!(book.warnings(), []);
    let mut sheet = book.sheet();
    sheet.set("发热", Fact::Truth(true)).unwrap();
    sheet.set("发热.天数", Fact::Number(3.0)).unwrap();
    let findings = book.run(Point::Submission, &sheet, &NoScores);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].message, "发热 3天，体温 未填");
    assert_eq!((findings[0].level, findings[0].place.as_str()), (Level::Warn, "体温"));
    let used: Vec<_> =
        findings[0].facts.iter().map(|used| (used.name.as_str(), used.value.as_str())).collect();
    assert_eq!(used, [("发热", "是"), ("体温", "未填")]);
    assert_eq!(book.run(Point::Answer, &sheet, &NoScores), [], "the rule looks at another point");
}

#[test]
fn unknown_is_not_no() {
    let book = book(&[page("fever", FEVER, TRIED)]);
    let sheet = book.sheet();
    assert_eq!(book.run(Point::Submission, &sheet, &NoScores), []);
    let open = book.unsettled(Point::Submission, &sheet, &NoScores);
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].missing, ["发热"]);
}

struct Half;

impl Scores for Half {
    fn score(&self, model: &str, text: &str) -> Option<f64> {
        (model == "规范" && !text.is_empty()).then_some(0.5)
    }
}

#[test]
fn a_model_is_asked_for_its_text_and_may_be_silent() {
    let rule = "当: 主诉.字数 > 0\n模型: 规范 <= 0.5\n提示: 评分 {模型.规范}";
    let tried =
        "## 命中\n- 主诉.文 = \"痛\"; 模型.规范 = 0.1\n## 不命中\n- 主诉.文 = \"痛\"; 模型.规范 = 0.9\n";
    let book = book(&[page("model", rule, tried)]);
    let mut sheet = book.sheet();
    sheet.set("主诉.文", Fact::Text("痛".into())).unwrap();
    assert_eq!(book.run(Point::Submission, &sheet, &Half)[0].message, "评分 0.5");
    assert_eq!(book.run(Point::Submission, &sheet, &NoScores), []);
    assert_eq!(book.unsettled(Point::Submission, &sheet, &NoScores)[0].missing, ["模型.规范"]);
}

#[test]
fn findings_come_gravest_first_then_as_in_the_record() {
    let page = |id: &str, level: &str, place: &str, status: &str| {
        let (file, text) = page(id, "当: 发热\n除非: 体温 < 38℃\n提示: 有", TRIED_PLAIN);
        let text = text.replace("级别: 警告", &format!("级别: {level}"));
        let text = text.replace("位置: 体温", &format!("位置: {place}"));
        (file, text.replace("状态: 草稿", &format!("状态: {status}")))
    };
    let book = book(&[
        page("a", "提示", "主诉", "草稿"),
        page("d", "警告", "体温", "已发布"),
        page("b", "警告", "体温", "待审"),
        page("c", "warn", "主诉", "draft"),
        page("z", "阻断", "头痛", "草稿"),
        page("y", "阻断", "主诉", "停用"),
    ]);
    assert!(book.warnings().iter().all(|fault| fault.code == "QC012"), "the same conditions over and over");
    let mut sheet = book.sheet();
    sheet.set("发热", Fact::Truth(true)).unwrap();
    sheet.set("体温", Fact::Number(39.0)).unwrap();
    let ids = |book: &Book| -> Vec<String> {
        let sheet = sheet.clone();
        book.run(Point::Submission, &sheet, &NoScores).into_iter().map(|finding| finding.rule).collect()
    };
    assert_eq!(ids(&book), ["z", "c", "b", "d", "a"]);
    assert_eq!(ids(&book.clone().published()), ["d"]);
}

const TRIED_PLAIN: &str =
    "## 命中\n- 发热 = 是; 体温 = 39℃\n## 不命中\n- 发热 = 是; 体温 = 37℃\n- 发热 = 否; 体温 = 39℃\n";

#[rstest]
#[case::key("当: 发热\n若: 头痛\n提示: x", (14, 1, "QC005"))]
#[case::twice("当: 发热\n当: 头痛\n提示: x", (14, 1, "QC005"))]
#[case::no_condition("提示: x", (12, 1, "QC005"))]
#[case::no_message("当: 发热", (12, 1, "QC005"))]
#[case::expression("当: 发热 且 头疼\n提示: x", (13, 9, "EX002"))]
#[case::expression_below("当: 发热 且\n   头疼\n提示: x", (14, 4, "EX002"))]
#[case::quote("当: 发热\n提示: 是{发烧}", (14, 6, "QC007"))]
#[case::open_quote("当: 发热\n提示: 是{发热", (14, 6, "QC007"))]
#[case::constant("当: 是\n提示: x", (13, 4, "QC011"))]
#[case::clash("当: 发热 且 非 发热\n提示: x", (13, 4, "QC011"))]
fn what_is_wrong_in_a_rule_is_named_with_its_place(#[case] rule: &str, #[case] expected: (u32, u32, &str)) {
    let found = refused(&[page("x", rule, "")]);
    assert!(found.contains(&expected), "{found:?}");
}

#[rstest]
#[case::unknown_name("## 命中\n- 发烧 = 是", (17, 3, "QC008"))]
#[case::second_fact("## 命中\n- 发热 = 是; 体温 = 热", (17, 11, "QC008"))]
#[case::label("## 命中\n- 性别 = 南", (17, 3, "QC008"))]
#[case::twice("## 命中\n- 发热 = 是; 发热 = 否", (17, 11, "QC008"))]
#[case::counted("## 命中\n- 主诉.字数 = 3", (17, 3, "QC008"))]
#[case::text("## 命中\n- 主诉.文 = 头痛", (17, 3, "QC008"))]
#[case::block("## 命中\n```\n发热 = 是\n头痛\n```", (19, 1, "QC008"))]
#[case::silent("## 命中\n- 发热 = 否", (17, 3, "QC009"))]
#[case::loud("## 不命中\n- 发热 = 是", (17, 3, "QC009"))]
#[case::settled("## 未评\n- 发热 = 是", (17, 3, "QC009"))]
#[case::heading("## 命中的\n- 发热 = 是", (16, 1, "QC015"))]
fn what_is_wrong_in_examples_is_named_with_its_place(
    #[case] examples: &str,
    #[case] expected: (u32, u32, &str),
) {
    let found = refused(&[page("x", FEVER, examples)]);
    assert!(found.contains(&expected), "{found:?}");
}

#[rstest]
#[case("级别: 警告", "级别: 警示", "QC002", "是不是“警告”")]
#[case("级别: 警告\n", "", "QC001", "缺少“级别”")]
#[case("级别:", "级另:", "QC003", "是不是“级别”")]
#[case("种类: 质控", "种类: 审方", "QC002", "种类要写 质控")]
#[case("编号: x", "编号: 一", "QC002", "字母")]
#[case("位置: 体温", "位置: 体湿", "QC007", "是不是“体温”")]
#[case("时机: 提交", "时机: 提交、随时", "QC002", "没有时机“随时”")]
#[case("```规则", "```规矩", "QC004", "没有“规则”块")]
fn what_is_wrong_in_the_head_is_named(
    #[case] from: &str,
    #[case] to: &str,
    #[case] code: &str,
    #[case] says: &str,
) {
    let (file, text) = page("x", FEVER, TRIED);
    let faults = Book::compile(schema(), &[(file, text.replace(from, to))]).unwrap_err();
    assert!(faults.iter().any(|fault| fault.code == code && fault.message.contains(says)), "{faults:#?}");
}

#[test]
fn a_published_rule_needs_examples_and_ids_stand_once() {
    let (file, text) = page("x", FEVER, "");
    assert_eq!(book(&[(file.clone(), text.clone())]).warnings().len(), 2, "a draft may still lack examples");
    let published = text.replace("草稿", "已发布");
    assert_eq!(refused(&[(file.clone(), published)]), [(12, 1, "QC010"), (12, 1, "QC010")]);
    let twice = refused(&[page("x", FEVER, TRIED), ("y.md".into(), page("x", "当: 头痛\n提示: x", "").1)]);
    assert!(twice.contains(&(1, 1, "QC006")), "{twice:?}");
}

#[test]
fn a_change_no_example_notices_is_reported() {
    assert_eq!(book(&[page("x", FEVER, TRIED)]).mutants(), []);
    let few = "## 命中\n- 发热 = 是\n## 不命中\n- 发热 = 否\n";
    let found = book(&[page("x", FEVER, few)]).mutants();
    let found: Vec<_> =
        found.iter().map(|fault| (fault.line, fault.column, fault.message.as_str())).collect();
    assert_eq!(found, [(13, 9, "“非 已知(体温)”去掉，没有一个例子看得出来")]);
}

#[rstest]
#[case("| 名称 | 类型 | 单位或选项 | 说明 |\n|---|---|---|---|\n| 甲 | 数子 | | |\n", (3, 7, "QC014"))]
#[case("| 名称 | 类型 | 单位或选项 | 说明 |\n|---|---|---|---|\n| 甲 | 数字 | 尺 | |\n", (3, 12, "QC014"))]
#[case("| 名称 | 类型 | 单位或选项 | 说明 |\n|---|---|---|---|\n| 甲 | 单选 | | |\n", (3, 12, "QC014"))]
#[case("| 症状 | 属性 |\n|---|---|\n| 头痛 | 天数 |\n", (3, 8, "QC014"))]
#[case("| 症状 | 属性 |\n|---|---|\n| 头痛 | |\n| 头痛 | |\n", (4, 3, "QC014"))]
#[case("| 模型 | 读的文 | 说明 |\n|---|---|---|\n| 甲 | 主诉 | |\n", (3, 3, "QC014"))]
#[case("| 名字 | 类型 |\n|---|---|\n", (1, 3, "QC014"))]
#[case("", (1, 1, "QC014"))]
fn what_is_wrong_in_a_schema_is_named_with_its_place(#[case] text: &str, #[case] expected: (u32, u32, &str)) {
    let faults = Schema::read("record.md", text).unwrap_err();
    let found: Vec<_> = faults.iter().map(|fault| (fault.line, fault.column, fault.code)).collect();
    assert!(found.contains(&expected), "{found:?}");
}

#[test]
fn rows_of_a_group_are_set_by_number() {
    let table = "| 名称 | 类型 | 单位或选项 | 说明 |\n|---|---|---|---|\n| 用药 | 组 | | |\n| 用药.药名 | 文字 | | |\n";
    let schema = Schema::read("record.md", table).unwrap();
    let mut sheet = Sheet::new(&schema);
    sheet.set("用药[2].药名", Fact::Text("甲".into())).unwrap();
    assert_eq!(super::sheet::shown(&schema, &sheet, 0), "2 行");
    assert_eq!(super::sheet::shown(&schema, &sheet, 1), "未填；甲");
    for refused in ["用药.药名", "用药[0].药名", "用药[1001].药名", "用药[1.药名", "用药[1]", "剂量"]
    {
        assert!(sheet.set(refused, Fact::Text("甲".into())).is_err(), "{refused}");
    }
    assert_eq!(sheet.set("用药[1].药名", Fact::Number(1.0)), Err("“用药.药名”要填文字".into()));
}

fn listed(faults: &[kb::Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The rules shipped with the project.
fn shipped() -> Result<Book, Vec<kb::Fault>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/rules");
    let schema = Schema::read("rules/record.md", &fs::read_to_string(folder.join("record.md")).unwrap())?;
    let mut files: Vec<(String, String)> = fs::read_dir(folder.join("quality"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy();
            (format!("rules/quality/{name}"), fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    Book::compile(schema, &files)
}

#[test]
fn the_shipped_rules_hold_and_their_examples_notice_every_change() {
    let book = shipped().unwrap_or_else(|faults| panic!("{}", listed(&faults)));
    assert!(book.rules().len() >= 60, "{}", book.rules().len());
    assert_eq!(book.warnings(), []);
    let unnoticed = book.mutants();
    assert!(unnoticed.is_empty(), "{}", listed(&unnoticed));
    for category in Category::ALL {
        assert!(book.rules().iter().any(|rule| rule.category == *category), "{category:?}");
    }
    for rule in book.rules() {
        assert_eq!(rule.status, Status::Draft, "{}: no clinician has reviewed it", rule.id);
        assert!(rule.file.ends_with(&format!("/{}.md", rule.id)), "{}", rule.file);
    }
}

/// Facts as examples write them.
fn filled<'a>(book: &'a Book, facts: &str) -> Sheet<'a> {
    let mut faults = Vec::new();
    let part = super::read::Part { text: facts.to_owned(), line: 1, column: 1 };
    let example =
        super::example::Example::read("facts", super::read::Expected::Hit, &part, book.schema(), &mut faults);
    assert!(faults.is_empty(), "{}", listed(&faults));
    example.sheet(book.schema())
}

const COMPLETE: &str = r#"年龄 = 34岁; 性别 = 女; 出生日期 = 1992-03-01; 就诊日期 = 2026-11-23; 起病日期 = 2026-11-20
    病程 = 3天; 妊娠 = 否; 末次月经 = 2026-11-10; 首诊 = 是; 体温 = 36.6℃; 红旗.提示 = 否
    主诉.文 = "头痛3天"; 现病史.文 = "3天前受凉后头痛，以前额为主，胀痛，5分，无发热呕吐，未诊治。"
    头痛 = 是; 头痛.天数 = 3天; 头痛.部位 = "前额"; 头痛.性质 = "胀痛"; 头痛.程度 = 5; 头痛.起病 = 逐渐; 发热 = 否
    既往史.文 = "既往体健"; 过敏史.文 = "否认药物、食物过敏史"; 过敏原 = 无; 慢性病 = 无; 用药史.文 = "未用药""#;

#[test]
fn a_complete_record_passes_all_shipped_rules() {
    let book = shipped().unwrap();
    let sheet = filled(&book, COMPLETE);
    for point in Point::ALL {
        assert_eq!(book.run(*point, &sheet, &NoScores), [], "{point:?}");
    }
}

#[test]
fn the_shipped_rules_find_what_is_wrong_gravest_first() {
    let book = shipped().unwrap();
    let sheet = filled(
        &book,
        r#"年龄 = 40岁; 性别 = 男; 妊娠 = 是; 就诊日期 = 2026-11-23; 起病日期 = 2026-12-23; 体温 = 37.9℃; 发热 = 否
        主诉.文 = "胸痛"; 胸痛 = 是; 大汗 = 否; 过敏原 = 青霉素; 既往史.已问 = 否; 现病史.文 = "不详""#,
    );
    let findings = book.run(Point::Submission, &sheet, &NoScores);
    let found: Vec<(&str, &str)> =
        findings.iter().map(|finding| (finding.level.word(), finding.rule.as_str())).collect();
    assert_eq!(
        found,
        [
            ("阻断", "male-pregnancy"),
            ("阻断", "onset-after-visit"),
            ("警告", "chief-time"),
            ("警告", "chest-pain-features"),
            ("警告", "chest-pain-flags"),
            ("警告", "present-placeholder"),
            ("警告", "allergy-reaction"),
            ("警告", "allergy-unasked"),
            ("警告", "fever-denied"),
            ("提示", "present-short"),
            ("提示", "past-unasked"),
        ]
    );
    let flags = &findings[4];
    assert_eq!(flags.message, "胸痛没有问全：大汗 否，放射痛 未填");
    let used: Vec<_> = flags.facts.iter().map(|used| (used.name.as_str(), used.value.as_str())).collect();
    assert_eq!(used, [("胸痛", "是"), ("放射痛", "未填")]);
}
