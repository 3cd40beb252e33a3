//! The text form by example: what reads how, and which fault stands where.

use rstest::rstest;

use super::{
    case_text::{Action, print_cases, read_cases},
    draft::{Draft, Flag, Kind, Part},
    json::{from_json, to_json},
    print::print,
    read::read,
    value::{arrow, list},
};

const SAMPLES: [(&str, &str, &str); 3] = [
    (
        "headache-first",
        include_str!("../../../data/questionnaires/headache-first.form"),
        include_str!("../../../data/questionnaires/headache-first.cases"),
    ),
    (
        "phq-9",
        include_str!("../../../data/questionnaires/phq-9.form"),
        include_str!("../../../data/questionnaires/phq-9.cases"),
    ),
    (
        "fever-child",
        include_str!("../../../data/questionnaires/fever-child.form"),
        include_str!("../../../data/questionnaires/fever-child.cases"),
    ),
];

fn draft(text: &str) -> Draft {
    match read("f.form", text) {
        Ok(draft) => draft,
        Err(faults) => panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

#[test]
fn the_shipped_questionnaires_read_print_and_keep_their_json() {
    for (name, form, cases) in SAMPLES {
        let read_once = draft(form);
        assert_eq!(read_once.id.text, name);
        assert_eq!(draft(&print(&read_once)), read_once);
        assert_eq!(from_json(name, &to_json(&read_once).unwrap()), Ok(read_once));
        let steps = read_cases(name, cases).unwrap();
        assert!(steps.len() >= 3, "{name}");
        assert_eq!(read_cases(name, &print_cases(&steps)), Ok(steps));
    }
}

#[test]
fn chinese_and_ascii_words_and_full_width_signs_are_the_same() {
    let plain = "问卷 a 标题\n状态: 待审\n\n多选 部位 哪里？\n- 头 => 头部 ; 分 2\n- 其他 ; 填写\n必答\n个数: 1~2\n现病史(部位 含 头): 疼\n\n页 p\n显示: 部位 含 头\n\n组 g\n\n数字 n 几片\n范围: 0~9\n\n组完\n";
    let mixed = "\u{feff}form a 标题\r\nSTATUS：review\r\n  multiple 部位 哪里？\r\n－ 头＝＞头部；score 2\r\n- 其他；fill\r\nRequired\r\ncount：１～２\r\npresent（部位 含 头）：疼\r\npage p\r\nshow: 部位 含 头\r\ngroup g\r\nnumber n 几片\r\nrange: ０～9\r\nendgroup\r\n";
    assert_eq!(draft(mixed), draft(plain));
    assert_eq!(print(&draft(mixed)), plain);
}

#[test]
fn signs_inside_texts_are_escaped_and_names_quoted() {
    let text = "问卷 a b\n单选 「怪 名;」 第一行\\n第二行 // 不是注释\n- 甲\\;乙 \\=> 丙 => 读\\;作\n- 丁 ; 附 「k y」 v\n格\n";
    let text = text.trim_end_matches("格\n");
    let found = draft(text);
    let item = &found.items[0];
    assert_eq!(item.id.text, "怪 名;");
    assert_eq!(item.text.text, "第一行\n第二行 // 不是注释");
    assert_eq!(item.options[0].label.text, "甲;乙 => 丙");
    assert_eq!(item.options[0].reads.as_ref().unwrap().text, "读;作");
    assert_eq!(item.options[1].other["k y"], "v");
    assert_eq!(draft(&print(&found)), found);
}

#[test]
fn comments_stay_above_what_they_stood_above() {
    let text = "// 头\n问卷 a b\n// 版\n版本: 1\n\n// 题\n是否 x 吗？\n// 旗\n必答\n%% 提\n提示: 好\n\n组 g\n\n是否 y 吗？\n\n// 组尾\n组完\n\n// 尾\n";
    let found = draft(text);
    assert_eq!(found.items[0].comments, ["题"]);
    assert_eq!(found.items[0].remarks.len(), 2);
    assert_eq!(found.items[1].remarks[0].part, Part::End);
    assert_eq!(print(&found), text.replace("%%", "//"));
}

#[test]
fn items_after_a_closed_page_stand_on_none() {
    let found = draft("问卷 a b\n页 p 一\n是否 x 吗？\n页完\n计算 c\n公式: 1\n隐藏\n");
    assert_eq!(found.items.len(), 2);
    assert_eq!((found.items[1].kind, found.items[1].flags.as_slice()), (Kind::Computed, &[Flag::Hidden][..]));
    assert_eq!(draft(&print(&found)), found);
}

/// `text` follows the first line; line and column count from there.
#[rstest]
#[case("单远 a 吗\n- 甲\n- 乙", 2, 1, "FM001", "是不是 单选？")]
#[case("  胡言乱语", 2, 3, "FM001", "不认识 胡言乱语")]
#[case("问卷 b c", 2, 1, "FM002", "一份问卷")]
#[case("是否 a.b 吗", 2, 5, "FM003", "「a.b」|里有 .")]
#[case("是否", 2, 3, "FM003", "没有名称")]
#[case("是否 「a 吗", 2, 4, "FM003", "引号")]
#[case("是否 a", 2, 5, "FM004", "没有文字")]
#[case("是否 a 吗\n是否 a 吗", 3, 4, "FM005", "第 2 行第 4 列")]
#[case("是否 a 吗\n 提式: 好", 3, 2, "FM006", "是不是 提示？")]
#[case("是否 a 吗\n必答: 是", 3, 1, "FM006", "单独占一行")]
#[case("说明: 好", 2, 1, "FM006", "不写冒号")]
#[case("是否 a 吗\n单位: 天", 3, 1, "FM007", "是否 没有属性 单位")]
#[case("组 g\n是否 a 吗\n组完\n次数: 1~2", 5, 1, "FM007", "第一道题之前")]
#[case("是否 a 吗\n提示: 好\nhint: 好", 4, 1, "FM008", "第 3 行")]
#[case("是否 a 吗\n提示:", 3, 4, "FM009", "没有写内容")]
#[case("版本: 一", 2, 5, "FM009", "应是数字")]
#[case("覆盖: 120%", 2, 5, "FM009", "0% 到 100%")]
#[case("数字 a 几\n范围: 9~1", 3, 5, "FM010", "下限比上限大")]
#[case("数字 a 几\n范围: 1-9", 3, 5, "FM010", "下限~上限")]
#[case("日期 a 哪天\n范围: 1900-02-30~今天", 3, 5, "FM010", "1900-02-30 不对")]
#[case("数字 a 几\n小数: 9", 3, 5, "FM010", "0 到 6")]
#[case("时长 a 多久\n单位: 片", 3, 5, "FM011", "不能是 片")]
#[case("状态: 草搞", 2, 5, "FM012", "没有状态 草搞")]
#[case("是否 a 吗\n跳转: a = 是", 3, 5, "FM013", "没有 =>")]
#[case("是否 a 吗\n跳转: a = 是 => ", 3, 13, "FM013", "右边没有")]
#[case("单选 a 吗\n- 甲 ; 分 x\n- 乙", 3, 9, "FM014", "应是一个数")]
#[case("文字 a 写\n格式: [", 3, 5, "FM015", "正则")]
#[case("文字 a 写\n每行多选", 3, 1, "FM016", "不能是 每行多选")]
#[case("文字 a 写\n必答 多行", 3, 4, "FM016", "单独占一行")]
#[case("单选 a 吗\n- 甲 ; 独沾\n- 乙", 3, 7, "FM017", "是不是 独占？")]
#[case("单选 a 吗\n- 甲 ; 独占；独占\n- 乙", 3, 10, "FM017", "写了两次")]
#[case("是否 a 吗\n- 甲\n- 乙", 3, 3, "FM018", "没有选项")]
#[case("- 甲", 2, 1, "FM018", "前面没有题")]
#[case("单选 a 吗\n- 甲", 2, 4, "FM019", "至少要两个")]
#[case("单选 a 吗\n- 甲\n- 乙\n行 r 一", 5, 3, "FM020", "只有表格有")]
#[case("表格 a 吗\n- 甲\n- 乙", 2, 4, "FM020", "没有行")]
#[case("组完", 2, 1, "FM021", "前面没有 组")]
#[case("组 g\n是否 a 吗", 2, 1, "FM021", "没有 组完")]
#[case("组 g\n组 h\n是否 a 吗\n组完\n组完", 3, 1, "FM022", "组里不能再有组")]
#[case("是否 a 吗\n现病史(a: 好", 3, 4, "FM023", "没有配对")]
#[case("是否 a 吗\n提示(是): 好", 3, 4, "FM023", "不带括号")]
#[case("单选 a 吗\n- 甲\n- 甲", 4, 3, "FM024", "第 3 行")]
#[case("计算 a", 2, 4, "FM025", "没有 公式")]
#[case("是否 甲 甲\u{0}吗", 2, 7, "FM029", "控制字符 U+0000")]
fn every_fault_has_its_place(
    #[case] text: &str,
    #[case] line: u32,
    #[case] column: u32,
    #[case] code: &str,
    #[case] says: &str,
) {
    let faults = read("f.form", &format!("问卷 a b\n{text}\n")).unwrap_err();
    let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 1, "{shown:#?}");
    assert_eq!((faults[0].line, faults[0].column, faults[0].code), (line, column, code), "{shown:#?}");
    assert!(says.split('|').all(|part| shown[0].contains(part)), "{shown:#?}");
}

#[test]
fn all_faults_of_a_file_come_at_once() {
    let faults = read("f.form", "是否 a 吗\n题示: 好\n单选 b 吗\n- 甲\n范围: 1~2\n").unwrap_err();
    let codes: Vec<_> = faults.iter().map(|fault| (fault.line, fault.code)).collect();
    assert_eq!(codes, [(1, "FM002"), (2, "FM006"), (3, "FM019"), (5, "FM007")]);
}

#[rstest]
#[case(r#"{"id":"a","title":"b","items":[{"kind":"yes_no","id":"x","text":5}]}"#, "/items/0/text", "FM027")]
#[case(r#"{"id":"a","title":"b","items":[{"kind":"yesno","id":"x","text":"t"}]}"#, "/items/0/kind", "FM027")]
#[case(r#"{"id":"a","title":"b","colour":1}"#, "/colour", "FM027")]
#[case(
    r#"{"id":"a","title":"b","items":[{"kind":"single","id":"x","text":"t"}]}"#,
    "/items/0/options",
    "FM019"
)]
#[case(
    r#"{"id":"a","title":"b","items":[{"kind":"number","id":"x","text":"t","properties":[{"key":"范围","value":"1"}]}]}"#,
    "/items/0/properties/0/value",
    "FM010"
)]
#[case(r#"{"id":"a","title":"b""#, "/", "FM027")]
fn json_faults_name_the_pointer(#[case] json: &str, #[case] pointer: &str, #[case] code: &str) {
    let faults = from_json("f.json", json).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].code, code);
    assert!(faults[0].message.starts_with(&format!("{pointer}：")), "{}", faults[0].message);
}

#[test]
fn cases_read_with_places() {
    let text = "// 注\n用例 甲\n设 年龄 = 30岁\n 答 部位 ＝ 前额、头顶\n值 总分 未知\nvalue 总分 = 5\n写 present 含 疼\n选项 部位 = 前额, 「甲、乙」\n见 急诊\n完成\n";
    let cases = read_cases("f", text).unwrap();
    assert_eq!(cases[0].comments, ["注"]);
    let steps = &cases[0].steps;
    assert_eq!((steps[1].place.line, steps[1].place.column), (4, 2));
    let Action::Answer(path, value) = &steps[1].action else { panic!("{:?}", steps[1]) };
    assert_eq!((path.text.as_str(), value.place.column), ("部位", 9));
    assert_eq!(
        list(value).iter().map(|label| (label.text.as_str(), label.place.column)).collect::<Vec<_>>(),
        [("前额", 9), ("头顶", 12)]
    );
    assert_eq!(steps[2].action, Action::Value("总分".to_owned().into(), None));
    assert_eq!(steps[4].action, Action::Writes("现病史".to_owned().into(), "疼".to_owned().into()));
    let Action::Options(_, labels) = &steps[5].action else { panic!("{:?}", steps[5]) };
    assert_eq!(labels[1].text, "甲、乙");
    assert_eq!(read_cases("f", &print_cases(&cases)), Ok(cases));
}

#[rstest]
#[case("答 a = 1", 1, 1, "FM033")]
#[case("用例 x\n达 a = 1", 2, 1, "FM031")]
#[case("用例 x\n答 a", 2, 4, "FM032")]
#[case("用例 x\n写 现在 含 疼", 2, 3, "FM032")]
#[case("用例 x\n完成 了", 2, 4, "FM032")]
#[case("用例 x\n完成\n用例 x\n完成", 3, 4, "FM033")]
#[case("用例 x", 1, 4, "FM033")]
fn faults_of_cases(#[case] text: &str, #[case] line: u32, #[case] column: u32, #[case] code: &str) {
    let faults = read_cases("f", text).unwrap_err();
    assert_eq!(
        (faults.len(), faults[0].line, faults[0].column, faults[0].code),
        (1, line, column, code),
        "{faults:?}"
    );
}

#[test]
fn the_sides_of_an_arrow_have_places() {
    let item = draft("问卷 a b\n是否 x 吗\n跳转: x = 是 =>  结束\n").items.remove(0);
    let (left, right) = arrow(&item.properties[0].value).unwrap();
    assert_eq!((left.text.as_str(), left.place.column), ("x = 是", 5));
    assert_eq!((right.text.as_str(), right.place.column), ("结束", 15));
}
