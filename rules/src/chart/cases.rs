//! Charts that are refused, one reason each, and charts that run.

use proptest::{collection::vec, prelude::*, sample::select};
use rstest::rstest;

use super::{Chart, Guard, Shape};
use crate::expr::{Facts, Kind, Value, Variable, Vocabulary};

const NAMES: [&str; 4] = ["红旗", "有主诉", "付款", "分级"];

pub(super) struct Names;

impl Vocabulary for Names {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let (slot, _) = (0u32..).zip(NAMES).find(|(_, known)| *known == name)?;
        Some(Variable { slot, kind: if slot == 3 { Kind::Number { unit: None } } else { Kind::Truth } })
    }

    fn names(&self) -> Vec<String> {
        NAMES.map(str::to_owned).to_vec()
    }
}

pub(super) struct Values(pub(super) [Value<'static>; 4]);

impl Facts for Values {
    fn value(&self, slot: u32) -> Value<'_> {
        self.0[slot as usize]
    }
}

pub(super) const NOTHING: Values = Values([Value::Unknown; 4]);

fn compiled(text: &str) -> Chart {
    Chart::compile("f.mmd", text, &Names).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn faults(text: &str) -> Vec<String> {
    let faults = Chart::compile("f.mmd", text, &Names).unwrap_err();
    faults
        .iter()
        .map(|fault| format!("{}:{} {} {}", fault.line, fault.column, fault.code, fault.message))
        .collect()
}

/// Lines between a start and an end.
fn between(lines: &str) -> String {
    format!("flowchart TD\ns([始]) --> q[/问/]\ne([终])\n{lines}")
}

#[rstest]
#[case("q --- e", "4:3 FC001 这条线没有箭头，看不出往哪边走，请写成 -->，写的是“--- e”")]
#[case("q -.- e", "4:3 FC001 这条线没有箭头，看不出往哪边走，请写成 -->，写的是“-.- e”")]
#[case("q -- 红旗 --- e", "4:5 FC001 条件后面缺“-->”")]
#[case("q --o e", "4:3 FC001 线的两端只能一端有箭头 >，请写成 -->，写的是“--o e”")]
#[case("q <--> e", "4:3 FC001 线的两端只能一端有箭头 >，请写成 -->，写的是“<--> e”")]
#[case("q ~~~ e", "4:3 FC001 不支持看不见的线，写的是“~~~ e”")]
#[case("q ->> e", "4:3 FC001 这里应是 -->、-->|条件| 或 -- 条件 -->，写的是“->> e”")]
#[case("q -->", "4:6 FC001 这里应是节点，写的是“”")]
#[case("q & x --> e", "4:5 FC004 节点 x 没有写形状和文字，例如 x[步骤]")]
#[case("q & --> e", "4:5 FC001 这里应是节点，写的是“--> e”")]
#[case("q --> x((圆)) --> e", "4:8 FC001 不支持这种形状，可用：([起止])、[步骤]、[/提问/]、{判断}、[[服务]]")]
#[case(
    "q --> x{{六边}} --> e",
    "4:8 FC001 不支持这种形状，可用：([起止])、[步骤]、[/提问/]、{判断}、[[服务]]"
)]
#[case("q --> x(圆角) --> e", "4:8 FC001 不支持这种形状，可用：([起止])、[步骤]、[/提问/]、{判断}、[[服务]]")]
#[case("q --> x[(库)] --> e", "4:8 FC001 不支持这种形状，可用：([起止])、[步骤]、[/提问/]、{判断}、[[服务]]")]
#[case("q --> x[步骤 --> e", "4:8 FC001 “[”没有配上“]”")]
#[case("q --> x[] --> e", "4:9 FC001 这里的文字是空的")]
#[case("q --> x[问(一)] --> e", "4:10 FC001 文字里有“(”，请把整段文字放进英文双引号")]
#[case("q --> x[\"问\" 一] --> e", "4:13 FC001 引号后面应是“]”，写的是“一] --> e”")]
#[case("q -->|红旗 e", "4:6 FC001 条件后面缺“|”")]
#[case("subgraph 组", "4:1 FC001 subgraph 没有配上 end")]
#[case("end", "4:1 FC001 这个 end 没有对应的 subgraph")]
#[case("subgraph q\nend", "4:1 FC003 名称 q 已经用过，框要另起一个名称")]
#[case("subgraph a [甲]\nend\nq --> a", "6:7 FC001 “a”是框的名称，框不能作节点，线要连到框里的节点")]
#[case("q --> end([完])", "4:7 FC001 “end”是 Mermaid 的保留字，不能作节点名，也不支持这种写法")]
#[case("classDef red fill:#f00", "4:1 FC001 不支持 classDef：颜色由程序按节点种类画，请删去这一行")]
#[case("%%{init: {}}%%", "4:1 FC001 不支持 %%{…}%% 设置：样子由程序决定，请删去这一行")]
#[case("q --> e\nq[/另问/]", "5:1 FC003 节点 q 写了两次，形状或文字不同")]
#[case("q --> x --> e", "4:7 FC004 节点 x 没有写形状和文字，例如 x[步骤]")]
#[case("q --> e\nx[孤步] --> e", "5:1 FC010 从开始走不到节点 x")]
#[case("q --> d{判}\nd -->|红旗| e\nd -->|否则| x[步]", "6:11 FC007 节点 x 没有出路，又不是结束")]
#[case(
    "q --> d{判}\nd -->|红旗| e",
    "4:7 FC008 节点 d 的出路都带条件，缺 否则：条件不成立或不清楚时无路可走"
)]
#[case("q --> e\nq --> q", "5:3 FC009 节点 q 有几条不带条件的出路")]
#[case("q -->|红旗| q\nq --> e", "5:3 FC009 节点 q 既有带条件又有不带条件的出路，请把不带条件的写成 否则")]
#[case("q -->|红旗| q\nq -->|否则| e\nq -->|else| q", "6:3 FC009 节点 q 有几条 否则")]
#[case(
    "q --> d{判}\nd -->|红旗| e\nd -->|否则| x[步]\nx --> d",
    "4:7 FC011 这一圈不经过提问，会停不下来：d → x → d"
)]
#[case(
    "q -->|红旗| e\nq -->|否则| p[/再问/]\np --> r[/又问/]\nr --> p",
    "5:11 FC012 从节点 p 走不到任何结束"
)]
#[case(
    "q -->|红旗| e\nq -- 红旗 --> q\nq -->|否则| e",
    "5:3 FC013 节点 q 的条件“红旗”写了两次，后一条永远走不到"
)]
#[case("q -->|红旗| f([另终])\nq -->|否则| e\ne --> q", "3:1 FC014 起止节点 e 既有来路又有去路")]
#[case(
    "q -->|分级 > 2| q\nq -->|分级 > 5| q\nq -->|否则| e",
    "5:3 FC013 节点 q 的条件“分级 > 5”成立时，前面的条件一定已经成立，这条线永远走不到"
)]
#[case(
    "q -->|红旗 或 付款| q\nq -->|付款 且 有主诉| q\nq -->|否则| e",
    "5:3 FC013 节点 q 的条件“付款 且 有主诉”成立时，前面的条件一定已经成立，这条线永远走不到"
)]
#[case("q -->|  红期| q\nq -->|否则| e", "4:9 EX002 没有“红期”这个名称；是不是“红旗”？")]
#[case("q -- 分级 --> q\nq -->|否则| e", "4:6 EX003 “分级”是数值，要写比较，例如 分级 >= 1")]
#[case("q -->|\"(红旗\"| q\nq -->|否则| e", "4:11 EX001 这里应是比较符号、“且”或“或”、右括号，已经结束")]
fn a_flowchart_is_refused(#[case] lines: &str, #[case] first: &str) {
    assert_eq!(faults(&between(lines)).first().map(String::as_str), Some(first));
}

#[rstest]
#[case("", "1:1 FC002 文件是空的，第一行应是 flowchart TD 或 stateDiagram-v2")]
#[case("pie\na([始])", "1:1 FC002 第一行应是 flowchart TD（或 TB、BT、LR、RL）或 stateDiagram-v2")]
#[case("flowchart XY\n", "1:1 FC002 第一行应是 flowchart TD（或 TB、BT、LR、RL）或 stateDiagram-v2")]
#[case("flowchart TD\nq[/问/] --> e([终])", "1:1 FC005 没有开始：要有一个只出不进的起止节点")]
#[case("flowchart TD\ns([始]) --> e([终])\nt([又始]) --> e", "3:1 FC005 开始多于一个：t")]
#[case("flowchart TD\ns([始]) --> q[/问/]\nq --> q", "1:1 FC006 没有结束：要有一个只进不出的起止节点")]
#[case(
    "stateDiagram-v2\nstate a <<history>>",
    "2:9 FC001 只支持 state \"文字\" as 名称、state 名称 { 和 state 名称 <<choice>>"
)]
#[case(
    "stateDiagram-v2\n[*] --> a\nstate a {\nb\n}\na --> [*] : 走 [付款]",
    "3:7 FC005 组合状态 a 里没有开始：进入它以后不知道先到哪个状态"
)]
#[case("stateDiagram-v2\nstate a {\n[*] --> b", "2:7 FC001 这个组合状态没有配上“}”")]
#[case(
    "stateDiagram-v2\n[*] --> a\nstate a {\n[*] --> b\nb --> [*]\n}",
    "1:1 FC006 没有结束：要有一个只进不出的起止节点"
)]
#[case(
    "stateDiagram-v2\n[*] --> a\na --> [*]\nstate a {\n[*] --> b\nb --> [*]\n}\nc --> [*]\nstate d {\n[*] --> b\n}",
    "8:1 FC010 从开始走不到节点 c"
)]
#[case(
    "stateDiagram-v2\n[*] --> c\nstate c <<choice>>\nc --> a : [红旗]\na --> [*]",
    "3:7 FC008 分支点 c 的出路都带条件，缺 否则：条件不成立或不清楚时无路可走"
)]
#[case(
    "stateDiagram-v2\n[*] --> c\nstate c <<choice>>\nc --> a : 走 [红旗]\nc --> a : 否则\na --> [*]",
    "4:1 FC016 分支点 c 不会停下来等事件"
)]
#[case("stateDiagram-v2\n[*] --> a\na --> [*]\nnote right of a", "4:1 FC001 这条注释没有配上 end note")]
#[case(
    "stateDiagram-v2\n[*] --> a\na --> b : 付宽\nb --> [*]",
    "3:11 EX002 没有“付宽”这个名称；是不是“付款”？"
)]
#[case("stateDiagram-v2\n[*] --> a\na --> b : 付款", "1:1 FC006 没有结束：要有一个只进不出的起止节点")]
#[case("stateDiagram-v2\n[*] --> a b\n", "2:11 FC001 这里应是“: 条件”，写的是“b”")]
#[case("stateDiagram-v2\na : 甲\na : 乙\n[*] --> a\na --> [*]", "3:1 FC003 节点 a 写了两次，形状或文字不同")]
fn a_chart_is_refused(#[case] text: &str, #[case] first: &str) {
    assert_eq!(faults(text).first().map(String::as_str), Some(first));
}

#[test]
fn every_line_outside_the_subset_is_named() {
    let found = faults(&between("style q fill:#fff\nq --> e\nq o--o e\nlinkStyle 0 stroke:#f00"));
    let places: Vec<&str> = found.iter().map(|fault| fault.split(' ').next().unwrap()).collect();
    assert_eq!(places, ["4:1", "6:3", "7:1"]);
}

#[test]
fn a_refused_guard_raises_no_false_alarm() {
    assert_eq!(faults(&between("q -->|红期| q\nq -->|有主述| e\nq -->|否则| e")).len(), 2);
}

#[test]
fn a_flowchart_runs() {
    let chart = compiled(
        "%% 注释\nflowchart LR\n\n  s([\"始 (一)\"]) --> q[/问/] --> d{判}\n  d -- 分级 <= 2 且 红旗 --> v[[服务]]\n  \
         d -->|\"任一(红旗, 付款)\"| p[步]\n  d -->|否则| q\n  v --> e([终])\n  p --> e\n",
    );
    let shapes: Vec<(&str, Shape)> = chart.nodes().map(|(_, node)| (node.key.as_str(), node.shape)).collect();
    let expected = [
        ("s", Shape::Start),
        ("q", Shape::Question),
        ("d", Shape::Decision),
        ("v", Shape::Service),
        ("p", Shape::Step),
        ("e", Shape::End),
    ];
    assert_eq!(shapes, expected);
    assert_eq!(chart.node(chart.start()).label, "始 (一)");
    let (yes, no) = (Value::Truth(true), Value::Truth(false));
    let from_d = |values| {
        let step = chart.next(chart.find("d").unwrap(), &Values(values));
        (chart.node(step.node).key.clone(), chart.edge(step.edge.unwrap()).text.clone().unwrap_or_default())
    };
    let taken = |key: &str, text: &str| (key.to_owned(), text.to_owned());
    assert_eq!(from_d([yes, no, no, Value::Number(1.0)]), taken("v", "分级 <= 2 且 红旗"));
    assert_eq!(from_d([yes, no, no, Value::Unknown]), taken("p", "任一(红旗, 付款)"));
    assert_eq!(from_d([no, no, Value::Unknown, Value::Unknown]), taken("q", "否则"));
    let end = chart.find("e").unwrap();
    assert_eq!(chart.next(end, &NOTHING).edge, None);
    assert_eq!(chart.next(end, &NOTHING).node, end);
}

#[test]
fn a_life_cycle_runs() {
    let chart = compiled(
        "stateDiagram-v2\n  state \"待支付\" as unpaid\n  paid : 已支付\n  [*] --> unpaid\n  unpaid --> paid : 付款\n  \
         unpaid --> [*] : 红旗\n  paid --> [*]\n",
    );
    let unpaid = chart.next(chart.start(), &NOTHING).node;
    assert_eq!(chart.node(unpaid).label, "待支付");
    assert_eq!(
        chart.next(unpaid, &NOTHING).edge,
        None,
        "a state waits until something is known to have happened"
    );
    let paid = Values([Value::Unknown, Value::Unknown, Value::Truth(true), Value::Unknown]);
    let next = chart.next(unpaid, &paid).node;
    assert_eq!((chart.node(next).key.as_str(), chart.node(next).shape), ("paid", Shape::State));
    assert_eq!(chart.node(chart.next(next, &paid).node).shape, Shape::End);
    assert_eq!(chart.edges().iter().filter(|edge| edge.guard == Guard::Always).count(), 2);
}

#[rstest]
#[case("q -->|分级 > 2| q\nq -->|分级 < 5| q\nq -->|否则| e", &["5 FC017 分级 = 3.5", "6 FC018 "])]
#[case("q -->|分级 > 2| q\nq -->|分级 <= 2| q\nq -->|否则| e", &["6 FC018 "])]
#[case("q -->|分级 > 2| q\nq -->|分级 < 2| q\nq -->|否则| e", &[])]
#[case("q -->|红旗 且 付款| q\nq -->|红旗 且 有主诉| q\nq -->|否则| e", &["5 FC017 红旗 = 是，付款 = 是，有主诉 = 是"])]
#[case("q -->|红旗| q\nq -->|非 红旗| q\nq -->|否则| e", &["6 FC018 "])]
#[case("q -->|红旗| q\nq -->|付款| q\nq -->|否则| e", &[])]
fn what_should_be_looked_at_is_a_warning(#[case] lines: &str, #[case] expected: &[&str]) {
    let chart = compiled(&between(lines));
    let found: Vec<String> = chart
        .warnings()
        .iter()
        .map(|fault| format!("{} {} {}", fault.line, fault.code, fault.witness.clone().unwrap_or_default()))
        .collect();
    assert_eq!(found, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_panics(text in "(flowchart TD|stateDiagram-v2)\n\\PC{0,60}(\n\\PC{0,60}){0,3}") {
        let _ = Chart::compile("f.mmd", &text, &Names);
    }

    #[test]
    fn no_row_of_signs_panics_and_every_fault_lies_in_the_text(
        header in select(vec!["flowchart TD", "stateDiagram-v2"]),
        words in vec(select(vec![
            "a", "b", "c", "e", "([", "])", "[", "]", "[/", "/]", "{", "}", "[[", "]]", "(", "\"", "|", " --> ", " -- ",
            "红旗", "否则", "且", ":", "[*]", "state ", " as ", "\n", "%%", "始",
        ]), 0..40),
    ) {
        let text = format!("{header}\n{}", words.concat());
        let lines: Vec<&str> = text.lines().collect();
        if let Err(faults) = Chart::compile("f.mmd", &text, &Names) {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                let line = lines[fault.line as usize - 1];
                prop_assert!((1..=line.chars().count() + 1).contains(&(fault.column as usize)), "{fault}");
            }
        }
    }

    /// Random charts of questions and decisions: what compiles always reaches a question or an end.
    #[test]
    fn a_checked_chart_never_runs_for_ever(
        nodes in vec((select(vec!["[/问/]", "{判}", "[步]"]), select(vec!["", "红旗", "有主诉"]), 0..9usize, 0..9usize), 1..5),
        truths in vec(any::<bool>(), 4),
    ) {
        let n = nodes.len();
        let target = |to: usize| if to % (n + 1) == n { "e".to_owned() } else { format!("n{}", to % (n + 1)) };
        let mut text = "flowchart TD\ns([始]) --> n0\ne([终])\n".to_owned();
        for (index, (shape, guard, to, other)) in nodes.iter().enumerate() {
            let from = format!("n{index}");
            let lines = match *guard {
                "" => [format!("{from}{shape} --> {}", target(*to)), String::new()],
                guard => [
                    format!("{from}{shape} -->|{guard}| {}", target(*to)),
                    format!("{from} -->|否则| {}", target(*other)),
                ],
            };
            text += &lines.join("\n");
            text.push('\n');
        }
        let Ok(chart) = Chart::compile("f.mmd", &text, &Names) else { return Ok(()) };
        let values: Vec<Value<'_>> = truths.iter().map(|value| Value::Truth(*value)).collect();
        let facts = Values([values[0], values[1], values[2], Value::Unknown]);
        for (id, _) in chart.nodes() {
            let mut at = id;
            let mut n_steps = 0;
            loop {
                at = chart.next(at, &facts).node;
                if matches!(chart.node(at).shape, Shape::Question | Shape::End) {
                    break;
                }
                n_steps += 1;
                prop_assert!(n_steps <= n, "{text}");
            }
        }
    }
}
