//! Many clean forms: every way to ask, combined with every way to lead on, gives no finding.

use rstest::rstest;

use super::{Form, NoConcepts, paths::paths, prove::prove, read::read};

/// A question and a condition on it that some answers meet and others do not.
const QUESTIONS: [(&str, &str); 10] = [
    ("是否 甲 有吗？\n", "甲 = 是"),
    ("单选 甲 哪一种？\n- 轻\n- 中\n- 重\n", "甲 属于 (中, 重)"),
    ("多选 甲 哪几种？\n- 左\n- 右\n- 都没有 ; 独占\n", "甲 含任一 (左, 右)"),
    ("数字 甲 多少？\n单位: ℃\n范围: 34~43\n小数: 1\n", "甲 >= 38.5℃"),
    ("时长 甲 多久？\n单位: 天\n范围: 0~60\n", "甲 > 1周"),
    ("日期 甲 哪天？\n范围: 2020-01-01~今天\n", "甲 < 2024-06-01"),
    ("文字 甲 说说看\n长度: 0~40\n", "甲 含 \"疼\""),
    ("表格 甲 多不多？\n行 一 第一\n行 二 第二\n- 没有 ; 分 0\n- 有时 ; 分 1\n- 常常 ; 分 2\n", "甲.分 >= 3"),
    ("单选 甲 几分？\n- 少 ; 分 1\n- 多 ; 分 4\n", "甲.分 * 2 > 5"),
    (
        "数字 甲 体重\n单位: kg\n范围: 2~150\n数字 身高 身高\n单位: cm\n范围: 50~220\n",
        "甲 / (身高 / 100 * 身高 / 100) >= 28",
    ),
];

/// What follows; `◇` stands for the condition.
const SEQUELS: [&str; 12] = [
    "是否 乙 还有吗？\n显示: ◇\n",
    "页 乙页 再问几句\n显示: ◇\n是否 乙 还有吗？\n必答\n",
    "单选 乙 选一个\n- 一\n- 二 ; 显示 ◇\n- 三\n",
    "是否 乙 先停吗？\n显示: ◇\n跳转: 乙 = 是 => 结束\n是否 丙 还有吗？\n",
    "是否 乙 跳吗？\n跳转: 乙 = 是 且 ◇ => 丁\n是否 丙 中间的\n说明 丁 到这里\n",
    "约束 乙 请再看看\n条件: 非 (◇)\n",
    "计算 乙 算\n公式: 如果(◇, 1, 0)\n分级: 0~0 => 低\n分级: 1~1 => 高\n是否 丙 高才问\n显示: 乙.级 = 高\n",
    "是否 乙 一\n现病史(◇): 成立时这样写\n",
    "说明 乙 请注意\n显示: 非 (◇)\n",
    "组 乙 用药\n显示: ◇\n次数: 1~3\n文字 名 药名\n必答\n组完\n",
    "是否 乙 另一问\n是否 丙 两样都要\n显示: ◇ 且 乙 = 是\n",
    "计算 乙 几项\n公式: 计数(◇, 年龄 >= 60岁)\n是否 丙 两项才问\n显示: 乙 >= 2\n",
];

#[rstest]
fn clean_forms_have_no_finding(#[values(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)] which: usize) {
    let (question, condition) = QUESTIONS[which];
    for sequel in SEQUELS {
        let text = format!("问卷 a 表\n状态: 草稿\n来源: 自拟\n{question}{}", sequel.replace('◇', condition));
        let form = read("a.form", &text).and_then(|draft| Form::compile("a.form", &draft, &NoConcepts));
        let form = form.unwrap_or_else(|faults| panic!("{text}\n{faults:#?}"));
        assert_eq!(prove(&form), [], "{text}");
        assert!(!paths(&form).is_empty(), "no way through\n{text}");
    }
}
