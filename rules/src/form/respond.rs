//! A whole questionnaire as editors write it, answered by the cases beside it.

use super::case_text::read_cases;
use super::cases::{Report, run};
use super::read::read;
use super::record::sections;
use super::{Answer, Form, NoConcepts, Patient, Session, Why};

const HEADACHE: &str = r"问卷 headache-first 头痛初诊
版本: 1
状态: 草稿
适用: 年龄 >= 14岁

页 疼痛 疼痛本身
时长 头痛时长 从什么时候开始疼的？
单位: 天
范围: 0~3650
必答
现病史: 头痛{头痛时长}

多选 部位 疼在哪些地方？
- 前额
- 太阳穴 => 颞部
- 整个头 ; 独占
- 眼眶 ; 显示 头痛时长 <= 7天
- 其他 ; 填写
个数: 1~3
现病史(部位 含 前额): ，以{部位}为主
现病史(部位 不含 前额): ，在{部位}

是否 突发 是突然一下子疼到最厉害吗？
概念: 雷击样头痛
跳转: 突发 = 是 => 急诊提示
跳转: 否则 => 诱因
约束: 非 突发 或 头痛时长 <= 3天 => 突然发作的头痛请从这一次算起，您填的是{头痛时长}
现病史(是): ，起病突然

文字 经过 慢慢疼起来的经过是怎样的？

文字 诱因 有什么诱因吗？
长度: 2~20
显示: 已知(部位)

页 评估 评一评
表格 GAD 最近两周有多少天……
行 紧张 感到紧张、焦虑
行 停不下 不能停止担心
行 易怒 容易发火 ; 显示 GAD.紧张 ≠ 没有
- 没有 ; 分 0
- 好几天 ; 分 1
- 几乎每天 ; 分 3
计算 总分 GAD 总分
公式: GAD.分
单位: 分
分级: 0~2 => 无明显焦虑
分级: 3~ => 需要评估
组 用药 正在吃的药
次数: 0~3
文字 药名 药的名字
必答
数字 剂量 一次几片{药名}？
单位: 片
范围: 0.5~10
小数: 1
显示: 已知(药名)
用药史: 服用{药名}，每次{剂量}；
组完
计算 日总量 一共几片
公式: 求和(用药.剂量)
单位: 片
约束 互斥 突然疼起来的，不会已经疼了很久
条件: 非 (突发 = 是 且 头痛时长 > 30天)
说明 急诊提示 头痛突然加重请马上到急诊。
显示: 突发 = 是
日期 上次检查 上一次检查是哪天？
范围: 今天-1年~今天
显示: 计数(用药) >= 2
";

fn form() -> Form {
    let draft = read("headache.form", HEADACHE).unwrap_or_else(|faults| panic!("{faults:#?}"));
    Form::compile("headache.form", &draft, &NoConcepts).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn open() -> Session {
    form().open(&Patient { age: Some(30.0), today: Some(20_000), ..Patient::default() })
}

fn report(cases: &str) -> Report {
    run(
        &form(),
        "headache.cases",
        &read_cases("headache.cases", cases).unwrap_or_else(|faults| panic!("{faults:#?}")),
    )
}

fn why(session: &mut Session, path: &str, answer: Answer) -> (Why, String) {
    let refusal = session.answer(path, answer).expect_err("refused");
    (refusal.why, refusal.message)
}

#[test]
fn refusals_say_what_to_do() {
    let mut session = open();
    let set = |labels: &[&str]| Answer::Set(labels.iter().map(|label| (*label).to_owned()).collect());
    let told = why(&mut session, "头痛时长", Answer::Number(5000.0));
    assert_eq!(told, (Why::Range, "请填 0天 到 3650天 之间的，您填的是 5000天，请再看一下".to_owned()));
    assert_eq!(why(&mut session, "头痛时长", Answer::Truth(true)).1, "这里请填一个数字");
    let told = why(&mut session, "部位", set(&["太阴穴"]));
    assert_eq!(told, (Why::Option, "没有“太阴穴”这个选项，您是不是想选“太阳穴”？".to_owned()));
    assert_eq!(
        why(&mut session, "部位", set(&["眼眶"])).0,
        Why::Option,
        "hidden while the duration is unknown"
    );
    assert_eq!(why(&mut session, "部位", set(&["整个头", "前额"])).0, Why::Exclusive);
    assert_eq!(why(&mut session, "部位", set(&[])).0, Why::Count);
    assert_eq!(why(&mut session, "诱因", Answer::Text("累".to_owned())).0, Why::Hidden);
    assert_eq!(why(&mut session, "总分", Answer::Number(1.0)).0, Why::ReadOnly);
    assert_eq!(why(&mut session, "用药[1].药名", Answer::Text("药".to_owned())).0, Why::Unknown);
    session.answer("部位", set(&["前额"])).expect("taken");
    assert_eq!(why(&mut session, "诱因", Answer::Text("累".to_owned())).1, "请至少写 2 个字");
    assert_eq!(session.options("部位"), ["前额", "太阳穴", "整个头", "其他"]);
}

#[test]
fn the_cases_of_a_form_run() {
    let report = report(
        r"用例 突发剧痛
设 年龄 = 30岁
下一题 头痛时长
答 头痛时长 = 2小时
答 部位 = 眼眶, 其他
见 部位.填写
答 部位.其他 = 后颈
答 突发 = 是
不见 经过, 诱因, GAD, 用药, 日总量
见 急诊提示
写 现病史 含 头痛2小时，在眼眶、后颈，起病突然
完成

用例 慢性
不收 头痛时长 = -1天
答 头痛时长 = 2周
选项 部位 = 前额, 太阳穴, 整个头, 其他
答 部位 = 太阳穴, 前额
写 现病史 含 头痛14天，以前额、颞部为主
答 突发 = 是
违反 突发
答 头痛时长 = 60天
违反 互斥
未完成
撤 突发
见 经过
答 突发 = 否
不见 经过
下一题 诱因
答 诱因 = 熬夜
答 GAD.紧张 = 好几天
见 GAD.易怒
答 GAD.停不下 = 没有
值 总分 未知
答 GAD.易怒 = 几乎每天
值 总分 = 4分
值 总分.级 = 需要评估
答 GAD.紧张 = 没有
不见 GAD.易怒
值 总分 = 0
值 总分.级 = 无明显焦虑
值 日总量 = 0
答 用药 = 1
未完成
下一题 用药[1].药名
答 用药[1].药名 = 布洛芬
答 用药[1].剂量 = 1.5片
不收 用药[1].剂量 = 11片
值 日总量 = 1.5片
答 用药[2].药名 = 氟桂利嗪
值 日总量 未知
答 用药[2].剂量 = 2
值 日总量 = 3.5
写 用药史 含 服用布洛芬，每次1.5片；服用氟桂利嗪，每次2片；
见 上次检查
完成
",
    );
    assert!(report.faults.is_empty(), "{:#?}", report.faults);
    assert_eq!(report.passed, 2);
    assert!((report.coverage.share() - 1.0).abs() < 1e-9);
}

#[test]
fn what_a_case_gets_wrong_has_its_place() {
    let report = report(
        "用例 错\n答 头痛时长 = 2天\n不见 部位\n值 头痛时长 = 3天\n写 现病史 含 发热\n完成\n未完成\n答 诱因 = 熬夜\n用例 错二\n答 头疼时长 = 1天\n",
    );
    let told: Vec<(u32, &str)> = report.faults.iter().map(|fault| (fault.line, fault.code)).take(6).collect();
    assert_eq!(told, [(3, "CS002"), (4, "CS002"), (5, "CS002"), (7, "CS002"), (8, "CS001"), (10, "CS003")]);
    let witness = report.faults[4].witness.as_deref().unwrap_or_default();
    assert_eq!(witness, "诱因不显示：诱因的条件“已知(部位)”（第 34 行）不成立（部位 = 未知）");
    assert!(report.faults[5].message.contains("是不是“头痛时长”"), "{}", report.faults[5].message);
    assert!(report.faults.iter().any(|fault| fault.code == "CS004"));
    let open: Vec<String> = report.coverage.open().map(ToString::to_string).collect();
    assert!(open.contains(&"没有用例走“突发”的跳转“突发 = 是 => 急诊提示”".to_owned()), "{open:#?}");
}

#[test]
fn progress_counts_what_is_visible() {
    let mut session = open();
    let before = session.progress();
    assert_eq!((before.answered, before.visible), (0, 7));
    session.answer("突发", Answer::Truth(true)).expect("taken");
    let after = session.progress();
    assert_eq!((after.answered, after.visible), (1, 3));
}

#[test]
fn rows_come_and_go() {
    let mut session = open();
    for name in ["甲药", "乙药"] {
        let row = session.add_row("用药").expect("room");
        session.answer(&format!("用药[{row}].药名"), Answer::Text(name.to_owned())).expect("taken");
    }
    session.answer("用药[2].剂量", Answer::Number(2.0)).expect("taken");
    assert_eq!(session.text("用药[2].剂量").as_deref(), Some("一次几片乙药？"));
    session.remove_row("用药", 1).expect("there");
    assert_eq!(session.reading("用药[1].药名").as_deref(), Some("乙药"));
    assert_eq!(sections(&session.record()), [("用药史".to_owned(), "服用乙药，每次2片；".to_owned())]);
    let sources: Vec<String> = session.record().into_iter().flat_map(|entry| entry.sources).collect();
    assert_eq!(sources, ["用药[1].药名", "用药[1].剂量"]);
    session.add_row("用药").expect("room");
    session.add_row("用药").expect("room");
    assert_eq!(session.add_row("用药").expect_err("full").why, Why::Count);
    session.clear("用药").expect("known");
    assert_eq!(session.reading("日总量"), Some("0片".to_owned()));
}

#[test]
fn it_is_offered_to_whom_it_is_meant_for() {
    let of = |age: f64| form().applies(&Patient { age: Some(age), ..Patient::default() });
    assert_eq!(of(30.0), crate::expr::Truth::Yes);
    assert_eq!(of(3.0), crate::expr::Truth::No);
}
