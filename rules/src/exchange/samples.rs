//! Drafts for tests.

use crate::form::draft::{Choice, Draft, Flag, Item, Kind, Property, Row};

pub(super) fn item(kind: Kind, id: &str, text: &str) -> Item {
    Item { kind, id: id.to_owned().into(), text: text.to_owned().into(), ..Item::default() }
}

pub(super) fn property(key: &str, value: &str) -> Property {
    let (key, when) = match key.split_once('(') {
        Some((key, when)) => (key, Some(when.trim_end_matches(')').to_owned().into())),
        None => (key, None),
    };
    Property { key: key.to_owned().into(), when, value: value.to_owned().into() }
}

impl Item {
    pub(super) fn with(mut self, key: &str, value: &str) -> Self {
        self.properties.push(property(key, value));
        self
    }

    pub(super) fn flag(mut self, flag: Flag) -> Self {
        self.flags.push(flag);
        self
    }

    /// `标签 => 写法 ; 独占 ; 填写 ; 分 2 ; 显示 条件 ; 概念 名称 ; 编码 系统|码`
    pub(super) fn option(mut self, line: &str) -> Self {
        let mut parts = line.split(';').map(str::trim);
        let first = parts.next().unwrap_or_default();
        let (label, reads) = match first.split_once("=>") {
            Some((label, reads)) => (label.trim(), Some(reads.trim().to_owned().into())),
            None => (first, None),
        };
        let mut option = Choice { label: label.to_owned().into(), reads, ..Choice::default() };
        for part in parts {
            let (word, rest) = part.split_once(' ').unwrap_or((part, ""));
            let rest = Some(rest.to_owned().into());
            match word {
                "独占" => option.exclusive = true,
                "填写" => option.fill_in = true,
                "分" => option.score = rest,
                "显示" => option.when = rest,
                "概念" => option.concept = rest,
                _ => option.code = rest,
            }
        }
        self.options.push(option);
        self
    }

    pub(super) fn row(mut self, id: &str, text: &str) -> Self {
        self.rows.push(Row { id: id.to_owned().into(), text: text.to_owned().into(), ..Row::default() });
        self
    }

    pub(super) fn holds(mut self, items: impl IntoIterator<Item = Item>) -> Self {
        self.items.extend(items);
        self
    }
}

/// The headache questionnaire of the language's description, with all it can say.
pub(super) fn headache() -> Draft {
    let pain = item(Kind::Page, "疼痛", "疼痛本身").holds([
        item(Kind::Duration, "头痛时长", "从什么时候开始疼的？")
            .flag(Flag::Required)
            .with("单位", "天")
            .with("范围", "0~3650")
            .with("提示", "从这一次开始疼算起")
            .with("现病史", "头痛{头痛时长}"),
        item(Kind::Multiple, "部位", "疼在哪些地方？")
            .option("前额")
            .option("太阳穴 => 颞部")
            .option("整个头 ; 独占")
            .option("其他 ; 填写")
            .with("个数", "1~3")
            .with("初值", "前额")
            .with("现病史(部位 含 前额)", "，以{部位}为主"),
        item(Kind::YesNo, "突发", "是突然一下子疼到最厉害吗？")
            .with("概念", "雷击样头痛")
            .with("跳转", "突发 = 是 => 急诊提示")
            .with("跳转", "否则 => 诱因")
            .with("约束", "头痛时长 <= 3天 => 突然发作的头痛请从这一次算起")
            .with("现病史(是)", "起病突然"),
        item(Kind::Single, "程度", "有多疼？").option("不影响做事 ; 分 1").option("疼得做不了事 ; 分 3"),
        item(Kind::Text, "诱因", "疼之前有什么事吗？")
            .with("长度", "0~200")
            .with("显示", "程度 = 疼得做不了事 或 部位 不含 整个头")
            .flag(Flag::Multiline),
        item(Kind::Note, "急诊提示", "头痛突然加重请马上到急诊。").with("显示", "突发"),
    ]);
    let other = item(Kind::Page, "其他情况", "").holds([
        item(Kind::Number, "体温", "最近量的体温？")
            .with("单位", "℃")
            .with("范围", "34~43")
            .with("小数", "1"),
        item(Kind::Date, "末次月经", "末次月经是哪天？")
            .with("范围", "2020-01-01~今天")
            .with("显示", "性别 = 女"),
        item(Kind::Grid, "GAD", "最近两周……")
            .flag(Flag::Required)
            .row("紧张", "感到紧张、焦虑")
            .row("停不下", "不能停止担心")
            .option("完全没有 ; 分 0")
            .option("好几天 ; 分 1"),
        item(Kind::Computed, "总分", "GAD-7 总分")
            .with("公式", "GAD.分")
            .with("单位", "分")
            .with("分级", "0~0 => 无")
            .with("分级", "1~ => 需要评估")
            .flag(Flag::Hidden),
        item(Kind::Number, "次数", "一周疼几次？")
            .with("小数", "0")
            .with("显示", "体温 >= 38.5℃ 且 GAD.紧张 = 好几天 且 已知(突发)"),
        item(Kind::Group, "用药", "正在吃的药").with("次数", "0~10").holds([
            item(Kind::Text, "药名", "药的名字"),
            item(Kind::Number, "剂量", "一次几片").with("单位", "片").with("显示", "已知(药名)"),
        ]),
        item(Kind::Constraint, "互斥", "疼痛说没有，部位就不用选")
            .with("条件", "非 (突发 = 否 且 部位 含 整个头)"),
        item(Kind::Text, "补充", "还有什么要说的？")
            .with("显示", "任一(用药, 用药.剂量 > 5) 或 计数(突发, 体温 > 38, 程度 = 疼得做不了事) >= 2"),
    ]);
    Draft {
        id: "headache-first".to_owned().into(),
        title: "头痛初诊".to_owned().into(),
        properties: vec![
            property("版本", "1"),
            property("状态", "待审"),
            property("科室", "神经内科, 全科医疗科"),
            property("病种", "头痛"),
            property("来源", "自拟，参照门诊病历书写规范"),
            property("适用", "年龄 >= 14岁"),
        ],
        items: vec![pain, other],
        ..Draft::default()
    }
}
