//! Drawings: nothing overlaps, nothing is left out, everything is marked.

use std::fmt::Write;

use proptest::{collection::vec, prelude::*, sample::select};

use super::{Chart, Events, Reading, Shape, cover::Coverage, diff::Diff, svg::Drawing};

pub(super) const ORDER: &str = "stateDiagram-v2\n  accTitle: 一张处方\n  state \"审核中\" as review {\n    [*] --> machine\n    \
    machine : 系统审方\n    pharmacist : 药师审方\n    state graded <<choice>>\n    machine --> graded : 审完\n    \
    graded --> pharmacist : [红旗]\n    graded --> [*] : 否则\n    pharmacist --> [*] : 通过\n    \
    note right of pharmacist : 十分钟内审完\n  }\n  [*] --> draft\n  draft : 草稿\n  draft --> draft : 修改\n  \
    draft --> review : 提交\n  review --> draft : 退回\n  review --> passed\n  passed : 已通过\n  \
    passed --> [*] : 发药 [付款]\n  review --> [*] : 作废\n  passed --> [*] : 作废\n";

fn any(text: &str) -> Chart {
    let reading = Reading { vocabulary: &super::cases::Names, events: Events::Any, prover: None };
    Chart::compile_with("f.mmd", text, &reading).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn shipped(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../data/flows/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Rectangles of nodes, notes and label grounds: x, y, width, height.
fn rectangles(svg: &str, class: &str) -> Vec<[f64; 4]> {
    let number = |element: &str, name: &str| -> f64 {
        let rest = element.split_once(&format!(" {name}=\"")).unwrap().1;
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    svg.lines()
        .filter(|line| line.starts_with(&format!("<g class=\"{class}")) && line.contains("<rect "))
        .map(|line| {
            let element = line.split_once("<rect ").unwrap().1;
            let element = format!(" {element}");
            ["x", "y", "width", "height"].map(|name| number(&element, name))
        })
        .collect()
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    let apart = |low: usize| a[low] + a[low + 2] <= b[low] + 0.2 || b[low] + b[low + 2] <= a[low] + 0.2;
    !apart(0) && !apart(1)
}

#[test]
fn nothing_overlaps() {
    let texts = [
        shipped("preconsult-lifecycle.mmd"),
        ORDER.to_owned(),
        ORDER.replace("accTitle", "direction LR\naccTitle"),
    ];
    let mut charts: Vec<Chart> = texts.iter().map(|text| any(text)).collect();
    charts.push(super::preconsult::shipped());
    for chart in &charts {
        let svg = chart.svg(&Drawing::default());
        let mut all = rectangles(&svg, "label");
        for class in ["node state", "node start", "node end", "note"] {
            all.extend(rectangles(&svg, class));
        }
        assert!(all.len() > 3);
        for (index, a) in all.iter().enumerate() {
            assert!(a[0] >= -18.0 && a[1] >= -18.0, "{a:?} leaves the drawing");
            for b in &all[..index] {
                assert!(!overlap(a, b), "{a:?} over {b:?}\n{svg}");
            }
        }
    }
}

#[test]
fn every_node_and_edge_is_drawn_once_and_always_alike() {
    let chart = super::preconsult::shipped();
    let svg = chart.svg(&Drawing::default());
    assert_eq!(svg.matches("class=\"edge").count(), chart.edges().len());
    assert_eq!(svg.matches("class=\"node ").count(), chart.nodes().count());
    assert_eq!(svg, super::preconsult::shipped().svg(&Drawing::default()));
    assert!(svg.contains("role=\"img\"") && svg.contains("<title>") && svg.contains("<desc>"));
    for (_, node) in chart.nodes() {
        assert!(svg.contains(&format!(">{}<", node.label)), "{}", node.label);
    }
}

#[test]
fn coverage_and_the_current_node_are_drawn() {
    let chart = any(ORDER);
    let mut coverage = Coverage::of(&chart);
    coverage.moved(&chart.open(&super::cases::NOTHING));
    let current = [chart.find("pharmacist").unwrap()];
    let svg = chart.svg(&Drawing { current: &current, coverage: Some(&coverage) });
    assert_eq!(svg.matches("node state current").count(), 1);
    assert_eq!(svg.matches("node composite current").count(), 1);
    assert_eq!(svg.matches("edge covered").count(), 1);
    assert_eq!(svg.matches("edge missed").count(), chart.edges().len() - 1);
    assert!(svg.contains("现在在药师审方"));
}

#[test]
fn a_diff_names_and_draws_what_changed() {
    let old = any("flowchart TD\ns([始]) --> q[/问/]\nq -->|红旗| w[步]\nq -->|否则| e([终])\nw --> e\n");
    let new = any(
        "flowchart TD\ns([始]) --> q[/新问/]\nq -->|红旗 且 付款| v[[服务]]\nq -->|否则| e([终])\nv --> e\n",
    );
    let diff = Diff::of(&old, &new);
    let spelt: Vec<String> = diff.changes.iter().map(ToString::to_string).collect();
    let expected = [
        "改动 q：提问“问” ⇒ 提问“新问”",
        "新增 v",
        "删去 w",
        "新增 q → v",
        "新增 v → e",
        "删去 q → w",
        "删去 w → e",
    ];
    assert_eq!(spelt, expected);
    let svg = diff.svg();
    for class in
        ["node question changed", "node service added", "node step removed", "edge added", "edge removed"]
    {
        assert!(svg.contains(class), "{class}");
    }
    let guard = any("flowchart TD\ns([始]) --> q[/问/]\nq -->|付款| w[步]\nq -->|否则| e([终])\nw --> e\n");
    let spelt: Vec<String> = Diff::of(&old, &guard).changes.iter().map(ToString::to_string).collect();
    assert_eq!(spelt, ["改动 q → w：红旗 ⇒ 付款"]);
    let respaced = any(&old.mermaid());
    assert!(Diff::of(&old, &respaced).is_empty());
}

#[test]
fn loops_and_notes_of_composite_states_are_drawn_beside_them() {
    let chart = any(&ORDER.replace(
        "  review --> passed\n",
        "  review --> passed\n  review --> review : 重审\n  note left of review : 先系统后药师\n",
    ));
    let svg = chart.svg(&Drawing::default());
    assert_eq!(svg.matches("class=\"edge").count(), chart.edges().len());
    let composite = rectangles(&svg, "node composite")[0];
    let note = rectangles(&svg, "note").into_iter().find(|note| overlap(note, &composite));
    assert_eq!(rectangles(&svg, "note").len(), 2);
    assert!(
        note.is_some_and(|inner| inner[0] > composite[0]),
        "only the note of the inner state lies inside"
    );
    assert_eq!(rectangles(&svg, "note").iter().filter(|note| overlap(note, &composite)).count(), 1);
}

#[test]
fn a_large_chart_is_drawn_in_time() {
    let mut text = "flowchart TD\ns([始]) --> n0\ne([终])\n".to_owned();
    for index in 0..600 {
        let next = if index == 599 { "e".to_owned() } else { format!("n{}", index + 1) };
        writeln!(text, "n{index}[/问 {index}/] -->|红旗| {next}\nn{index} -->|否则| n{}", index / 2).unwrap();
    }
    let chart = any(&text);
    assert!(chart.svg(&Drawing::default()).len() > 100_000);
}

#[test]
fn hostile_texts_are_refused_in_time() {
    let n = 100_000;
    let texts = [
        format!("flowchart TD\n{}", "a-->".repeat(n / 4)),
        format!("flowchart TD\n{}", "a & ".repeat(n / 4)),
        format!("flowchart TD\n{} --> {}", "a&".repeat(n / 4) + "a", "b&".repeat(n / 4) + "b"),
        format!("flowchart TD\n{}", "subgraph a\n".repeat(n / 11)),
        format!("flowchart TD\n{}", "[".repeat(n)),
        format!("flowchart TD\na{}", "@{ shape: rect,".repeat(n / 15)),
        format!("stateDiagram-v2\n{}", "state a {\n".repeat(n / 10)),
        format!(
            "stateDiagram-v2\n{}",
            (0..n / 12).fold(String::new(), |text, i| text + format!("state s{i} {{\n").as_str())
        ),
        format!("stateDiagram-v2\n{}", "}\n".repeat(n / 2)),
        format!(
            "stateDiagram-v2\n{}",
            (0..1900).fold(String::new(), |text, i| text
                + format!("a{i} --> a{} : 红旗\n", i * 7 % 1900).as_str())
        ),
        format!(
            "flowchart TD\ns([始]) --> q[/问/]\ne([终])\nq -->|否则| e\n{}",
            (0..1900).fold(String::new(), |text, i| text + format!("q -->|分级 > {i} 且 付款| e\n").as_str())
        ),
        format!("flowchart TD\n{}", "a -- ".repeat(n / 5)),
        format!("flowchart TD\na -->|{}| b", "(".repeat(n)),
    ];
    for text in texts {
        let reading = Reading { vocabulary: &super::cases::Names, events: Events::Conditions, prover: None };
        assert!(Chart::compile_with("f.mmd", &text, &reading).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Random life cycles: what compiles is printed and read back alike, runs, and is drawn whole.
    #[test]
    fn what_compiles_is_printed_run_and_drawn(
        edges in vec((0..6usize, 0..6usize, select(vec![" : t", " : u", "", " : t [红旗]", " : t [否则]"])), 1..12),
        nested in 0..6usize,
        direction in select(vec!["TB", "BT", "LR", "RL"]),
        events in vec(select(vec!["t", "u", ""]), 0..8),
    ) {
        let mut text = format!("stateDiagram-v2\ndirection {direction}\n[*] --> s0\nstate s{nested} {{\n[*] --> i\ni --> j : t\nj --> [*] : u\n}}\n");
        for (from, to, label) in &edges {
            writeln!(text, "s{from} --> s{to}{label}").unwrap();
        }
        for index in 0..6 {
            writeln!(text, "s{index} --> [*] : end").unwrap();
        }
        let reading = Reading { vocabulary: &super::cases::Names, events: Events::Any, prover: None };
        let Ok(chart) = Chart::compile_with("f.mmd", &text, &reading) else { return Ok(()) };
        let printed = chart.mermaid();
        let again = Chart::compile_with("f.mmd", &printed, &reading).unwrap();
        prop_assert_eq!(again.mermaid(), printed);
        prop_assert!(Diff::of(&chart, &again).is_empty());
        let mut at = chart.open(&super::cases::NOTHING).node;
        for event in events {
            at = chart.fire(at, event, &super::cases::NOTHING).node;
            prop_assert!(chart.node(at).shape != Shape::Composite);
        }
        let svg = chart.svg(&Drawing { current: &[at], coverage: None });
        prop_assert_eq!(svg.matches("class=\"edge").count(), chart.edges().len());
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
