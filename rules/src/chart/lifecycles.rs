//! Life cycles that run: the categories of the SCXML tests that need no data.

use super::{
    Chart, Events, Reading,
    cases::{NOTHING, Names, Values},
    cover::Coverage,
};
use crate::expr::Value;

/// A category, the body of a life cycle, the events fired, and the states it is in after each: `state@outer@…`.
pub(super) struct Run {
    pub(super) category: &'static str,
    body: &'static str,
    events: &'static [&'static str],
    states: &'static [&'static str],
}

const fn run(
    category: &'static str,
    body: &'static str,
    events: &'static [&'static str],
    states: &'static [&'static str],
) -> Run {
    Run { category, body, events, states }
}

const NESTED: &str = "[*] --> a\nstate a {\n[*] --> b\nstate b {\n[*] --> c\nc --> d : go\nd --> c : back\nd --> [*] : done\n}\nb --> e\ne --> [*] : stop\n}\na --> z\na --> x : out\nx --> a : in\nx --> d : deep\nz --> [*] : close\n";

/// Life cycles in which 红旗 is yes, 付款 is no and everything else unknown.
pub(super) const RUNS: [Run; 30] = [
    run("简单迁移", "[*] --> a\na --> b : t\nb --> [*] : u", &["t"], &["a", "b"]),
    run("简单迁移", "[*] --> a\na --> b : t\nb --> [*] : u", &["t", "u"], &["a", "b", "[end]"]),
    run(
        "简单迁移",
        "[*] --> a : 开始\na --> b : t\na --> c : u\nb --> [*] : v\nc --> [*] : v",
        &["u"],
        &["a", "c"],
    ),
    run("不认识的事件", "[*] --> a\na --> b : t\nb --> [*] : u", &["x"], &["a", "a"]),
    run("不认识的事件", "[*] --> a\na --> [*] : t", &["t", "t"], &["a", "[end]", "[end]"]),
    run(
        "次序与条件",
        "[*] --> a\na --> b : t [红旗]\na --> c : t [否则]\nb --> [*] : u\nc --> [*] : u",
        &["t"],
        &["a", "b"],
    ),
    run(
        "次序与条件",
        "[*] --> a\na --> b : t [付款]\na --> c : t [否则]\nb --> [*] : u\nc --> [*] : u",
        &["t"],
        &["a", "c"],
    ),
    run(
        "次序与条件",
        "[*] --> a\na --> b : t [有主诉]\na --> c : t [非 有主诉]\na --> [*] : u\nb --> [*] : u\nc --> [*] : u",
        &["t"],
        &["a", "a"],
    ),
    run(
        "次序与条件",
        "[*] --> a\na --> b : t [分级 > 3]\na --> c : u\nb --> [*] : u\nc --> [*] : v",
        &["t", "u"],
        &["a", "a", "c"],
    ),
    run("默认进入", NESTED, &[], &["c@b@a"]),
    run("默认进入", NESTED, &["out", "in"], &["c@b@a", "x", "c@b@a"]),
    run(
        "默认进入",
        "[*] --> a\nstate a {\n[*] --> k\nstate k <<choice>>\nk --> b : [付款]\nk --> c : 否则\nb --> [*] : t\nc --> [*] : t\n}\na --> [*]",
        &[],
        &["c@a"],
    ),
    run("层次", NESTED, &["go"], &["c@b@a", "d@b@a"]),
    run("层次", NESTED, &["go", "back"], &["c@b@a", "d@b@a", "c@b@a"]),
    run(
        "层次",
        "[*] --> a\nstate a {\n[*] --> b\nb --> c : t\nc --> b : t\n}\na --> [*] : t",
        &["t", "t"],
        &["b@a", "c@a", "b@a"],
    ),
    run("事件上浮", NESTED, &["out"], &["c@b@a", "x"]),
    run("事件上浮", NESTED, &["go", "out"], &["c@b@a", "d@b@a", "x"]),
    run(
        "事件上浮",
        "[*] --> a\nstate a {\n[*] --> b\nb --> c : t [付款]\nc --> [*] : t\n}\na --> d : t\nd --> [*] : u\na --> [*]",
        &["t"],
        &["b@a", "d"],
    ),
    run(
        "内部优先",
        "[*] --> a\nstate a {\n[*] --> b\nb --> c : t\nc --> [*] : u\n}\na --> d : t\nd --> [*] : u\na --> d",
        &["t"],
        &["b@a", "c@a"],
    ),
    run(
        "内部优先",
        "[*] --> a\nstate a {\n[*] --> b\nb --> c : t\nc --> [*] : u\n}\na --> d : t\nd --> [*] : u\na --> d",
        &["t", "t"],
        &["b@a", "c@a", "d"],
    ),
    run("到自身", "[*] --> a\na --> a : t\na --> [*] : u", &["t"], &["a", "a"]),
    run(
        "到自身",
        "[*] --> a\nstate a {\n[*] --> b\nb --> c : t\n}\na --> a : r\na --> [*] : u",
        &["t", "r"],
        &["b@a", "c@a", "b@a"],
    ),
    run("跨层", NESTED, &["out", "deep"], &["c@b@a", "x", "d@b@a"]),
    run(
        "跨层",
        "[*] --> a\nstate a {\n[*] --> b\n}\nstate p {\n[*] --> q\n}\nb --> q : t\nq --> b : t\np --> [*] : u",
        &["t", "t"],
        &["b@a", "q@p", "b@a"],
    ),
    run("内部结束", NESTED, &["go", "done"], &["c@b@a", "d@b@a", "e@a"]),
    run("内部结束", NESTED, &["go", "done", "stop"], &["c@b@a", "d@b@a", "e@a", "z"]),
    run(
        "内部结束",
        "[*] --> a\nstate a {\n[*] --> b\nb --> [*] : t\n}\na --> c : [付款]\na --> [*] : u\nc --> [*] : u",
        &["t", "u"],
        &["b@a", "a/[end]@a", "[end]"],
    ),
    run(
        "分支点",
        "[*] --> a\na --> k : t\nstate k <<choice>>\nk --> b : [红旗]\nk --> c : 否则\nb --> [*] : u\nc --> [*] : u",
        &["t"],
        &["a", "b"],
    ),
    run(
        "分支点",
        "[*] --> k\nstate k <<choice>>\nk --> l : [红旗]\nk --> a : 否则\nstate l <<choice>>\nl --> a : [付款]\nl --> b : 否则\na --> [*] : u\nb --> [*] : u",
        &[],
        &["b"],
    ),
    run("做完即走", "[*] --> a\na --> b\nb --> [*] : u", &["", "u"], &["a", "b", "[end]"]),
];

fn facts() -> Values {
    Values([Value::Truth(true), Value::Unknown, Value::Truth(false), Value::Unknown])
}

fn chart(body: &str) -> Chart {
    let text = format!("stateDiagram-v2\n{body}\n");
    Chart::compile_with("f.mmd", &text, &Reading { vocabulary: &Names, events: Events::Any, prover: None })
        .unwrap_or_else(|faults| panic!("{body}\n{faults:#?}"))
}

#[test]
fn life_cycles_run_as_listed() {
    for run in &RUNS {
        let chart = chart(run.body);
        let spelt = |at| {
            let keys: Vec<&str> =
                chart.configuration(at).iter().map(|id| chart.node(*id).key.as_str()).collect();
            keys.join("@")
        };
        let mut at = chart.open(&facts()).node;
        let mut states = vec![spelt(at)];
        for event in run.events {
            at = chart.fire(at, event, &facts()).node;
            states.push(spelt(at));
        }
        assert_eq!(states, run.states, "{}: {}", run.category, run.body);
    }
}

#[test]
fn states_are_left_from_the_inside_and_entered_from_the_outside() {
    let chart = chart(NESTED);
    let keys = |ids: &[super::NodeId]| ids.iter().map(|id| chart.node(*id).key.clone()).collect::<Vec<_>>();
    let at = chart.open(&NOTHING);
    assert_eq!(keys(&at.entered), ["[start]", "a", "a/[start]", "b", "b/[start]", "c"]);
    let out = chart.fire(at.node, "out", &NOTHING);
    assert_eq!(keys(&out.left), ["c", "b", "a"]);
    assert_eq!(keys(&out.entered), ["x"]);
    let deep = chart.fire(out.node, "deep", &NOTHING);
    assert_eq!(keys(&deep.entered), ["a", "b", "d"]);
    assert_eq!(chart.events(deep.node), ["back", "done", "out"]);
    let nothing = chart.fire(deep.node, "unheard", &NOTHING);
    assert!(nothing.edges.is_empty() && nothing.left.is_empty());
}

#[test]
fn coverage_counts_and_merges() {
    let chart = chart(NESTED);
    let mut one = Coverage::of(&chart);
    let at = chart.open(&NOTHING);
    one.moved(&at);
    let mut two = Coverage::of(&chart);
    two.moved(&chart.fire(at.node, "go", &NOTHING));
    assert!(one.merge(&two));
    assert_eq!(one.node(chart.find("c").unwrap()), 1);
    assert_eq!(one.node(chart.find("d").unwrap()), 1);
    let missed: Vec<&str> = one.missed_nodes().map(|id| chart.node(id).key.as_str()).collect();
    assert_eq!(missed, ["b/[end]", "e", "a/[end]", "z", "x", "[end]"]);
    assert_eq!(one.missed_edges().count(), chart.edges().len() - 4);
    assert!(!one.merge(&Coverage::of(&self::chart("[*] --> a\na --> [*] : t"))));
}
