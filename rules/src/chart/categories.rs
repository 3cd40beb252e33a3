//! What of Mermaid is taken and what is refused, by the categories of its parser tests, as a table kept beside.

use std::{collections::BTreeSet, fmt::Write};

use expect_test::expect_file;

use super::{Chart, Events, Reading, cases::Names, lifecycles::RUNS};

/// Lines between `s([始]) --> q[/问/]` and `e([终])`.
const FLOW: [(&str, &[&str]); 14] = [
    (
        "流程图：节点",
        &[
            "q --> e",
            "q --> x[步] --> e",
            "q --> 中文名[步] --> e",
            "q --> a_1[步] --> e",
            "q --> x1 --> e\nx1[后写形状]",
            "q --> a-b[步] --> e",
            "q --> end[步] --> e",
            "q --> 1a[步] --> e",
            "q --> a.b[步] --> e",
        ],
    ),
    (
        "流程图：形状",
        &[
            "q --> x[步] --> e",
            "q --> x[/问/] --> e",
            "q --> x{判} --> e",
            "q --> x[[服务]] --> e",
            "q --> e\ne([终])",
            "q --> x(圆角) --> e",
            "q --> x((圆)) --> e",
            "q --> x(((双圆))) --> e",
            "q --> x[(库)] --> e",
            "q --> x>旗] --> e",
            "q --> x{{六边}} --> e",
            "q --> x[\\反斜\\] --> e",
            "q --> x[/梯形\\] --> e",
        ],
    ),
    (
        "流程图：形状名 @{ }",
        &[
            "q --> x@{ shape: rect, label: \"步\" } --> e",
            "q --> x@{ shape: diam, label: 判 } --> e",
            "q --> x@{ shape: lean-r } --> e",
            "q --> x@{ shape: subproc, label: \"服\" } --> e",
            "x@{ shape: process, label: \"步\" }\nq --> x --> e",
            "q --> x@{ shape: cloud, label: \"云\" } --> e",
            "q --> x@{ icon: \"heart\" } --> e",
            "q --> x@{ shape: rect",
            "e1@{ animate: true }\nq --> e",
        ],
    ),
    (
        "流程图：文字",
        &[
            "q --> x[\"有 (括号)\"] --> e",
            "q --> x[\"第一行<br/>第二行\"] --> e",
            "q --> x[两 个 词] --> e",
            "q --> x[\"竖|线\"] --> e",
            "q --> x[有(括号)] --> e",
            "q --> x[] --> e",
            "q --> x[\"`**粗**`\"] --> e",
            "q --> x[\"不配 --> e",
            "q --> x[不配 --> e",
        ],
    ),
    (
        "流程图：箭头",
        &[
            "q --> e",
            "q-->e",
            "q ---> e",
            "q ------> e",
            "q ==> e",
            "q ====> e",
            "q -.-> e",
            "q -..-> e",
            "q --- e",
            "q === e",
            "q -.- e",
            "q --x e",
            "q --o e",
            "q <--> e",
            "q o--o e",
            "q ~~~ e",
            "q -> e",
            "q e1@--> e",
        ],
    ),
    (
        "流程图：线上的条件",
        &[
            "q -->|红旗| q\nq -->|否则| e",
            "q -- 红旗 --> q\nq -- 否则 --> e",
            "q == 红旗 ==> q\nq == 否则 ==> e",
            "q -. 红旗 .-> q\nq -. 否则 .-> e",
            "q -->|\"计数(红旗, 付款) >= 1\"| q\nq -->|else| e",
            "q-->|红旗|q\nq-->|否则|e",
            "q -- 红旗 ---> q\nq ---->|否则| e",
            "q -->|红旗 e",
            "q -- 红旗 e",
            "q -->|| e",
            "q -- 红旗 --- e",
        ],
    ),
    (
        "流程图：连写与并列",
        &[
            "q --> a[甲] --> b[乙] --> e",
            "q --> x[步] & y[步]\nx & y --> e\nq",
            "q -->|红旗| x[步] & y[步]\nq -->|否则| e\nx & y --> e",
            "x[甲] & y[乙] --> e\nq -->|红旗| x\nq -->|否则| y",
            "q & --> e",
        ],
    ),
    (
        "流程图：分号与空行",
        &["q --> e;", "q --> x[步]; x --> e", "\n\nq --> e\n\n", "   q --> e   ", "q --> e;;"],
    ),
    (
        "流程图：注释",
        &[
            "%% 注释\nq --> e",
            "q --> e\n%%",
            "  %% 缩进的注释\nq --> e",
            "q --> e %% 行尾",
            "%%{init: {\"theme\": \"dark\"}}%%\nq --> e",
        ],
    ),
    (
        "流程图：框 subgraph",
        &[
            "subgraph 甲\nq --> e\nend",
            "subgraph a [标题]\nq --> e\nend",
            "subgraph \"带 空格\"\nq --> e\nend",
            "subgraph 两 个词\nq --> e\nend",
            "subgraph a [外]\nsubgraph b [里]\nq --> x[步]\nend\nx --> e\nend",
            "subgraph a [甲]\nx[步]\nend\nq --> x --> e",
            "subgraph a [甲]\ndirection LR\nq --> e\nend",
            "subgraph a [甲]\nx[步]\nend\nq --> a\na --> e",
            "subgraph a [甲]\nq --> e",
            "q --> e\nend",
            "subgraph\nq --> e\nend",
        ],
    ),
    (
        "流程图：样式",
        &[
            "classDef red fill:#f00\nq --> e",
            "q --> e\nclass q red",
            "q --> e\nstyle q fill:#f9f",
            "q --> e\nlinkStyle 0 stroke:#f00",
            "q:::red --> e",
            "q --> e\nlinkStyle default stroke:#f00",
        ],
    ),
    (
        "流程图：交互",
        &[
            "q --> e\nclick q \"https://example.org\"",
            "q --> e\nclick q call f()",
            "q --> e\nclick q href \"https://example.org\" _blank",
        ],
    ),
    (
        "流程图：标题与说明",
        &[
            "accTitle: 标题\nq --> e",
            "accDescr: 说明\nq --> e",
            "accTitle: 甲\naccTitle: 乙\nq --> e",
            "accDescr {\n多行\n}\nq --> e",
        ],
    ),
    (
        "流程图：可否运行",
        &[
            "q --> q",
            "q -->|红旗| q",
            "q --> x[孤] --> e\ny[没人来] --> e",
            "q --> x{判} --> x",
            "q -->|红旗| e\nq -->|红旗| q\nq -->|否则| e",
        ],
    ),
];

/// First lines.
const HEADERS: [(&str, &[&str]); 2] = [
    (
        "流程图：方向",
        &[
            "flowchart TD",
            "flowchart TB",
            "flowchart BT",
            "flowchart LR",
            "flowchart RL",
            "flowchart",
            "graph TD",
            "graph LR;",
            "flowchart XY",
            "flowchart-elk TD",
        ],
    ),
    (
        "文件头",
        &[
            "%% 注释\nflowchart TD",
            "\n\nflowchart TD",
            "%%{init: {}}%%\nflowchart TD",
            "---\ntitle: 甲\n---\nflowchart TD",
        ],
    ),
];

/// Lines of a life cycle between `[*] --> a` and `a --> [*] : 完`.
const STATE: [(&str, &[&str]); 12] = [
    (
        "状态图：状态",
        &[
            "b\na --> b : t\nb --> a : u",
            "b : 说明\na --> b : t\nb --> a : u",
            "state \"长 名称\" as b\na --> b : t\nb --> a : u",
            "state b\na --> b : t\nb --> a : u",
            "中文\na --> 中文 : t\n中文 --> a : u",
            "state \"没有名称\"",
            "b : 甲\nb : 乙\na --> b : t\nb --> a : u",
            "end --> a",
        ],
    ),
    (
        "状态图：迁移",
        &[
            "a --> b : t\nb --> a : u",
            "a --> a : t",
            "a --> b : t [红旗]\nb --> a : u",
            "a --> b : [红旗]\nb --> a : u",
            "a --> b : t [红旗]\na --> b : t [否则]\nb --> a : u",
            "a --> b: t\nb-->a: u",
            "a --> b : t / 动作\nb --> a : u",
            "a --> b : t [\nb --> a : u",
            "a --> b : t []\nb --> a : u",
            "a -> b",
            "a ---> b",
            "a --> b :",
        ],
    ),
    (
        "状态图：组合状态",
        &[
            "state b {\n[*] --> c\nc --> [*] : t\n}\na --> b : t\nb --> a",
            "state b {\n[*] --> c\nstate c {\n[*] --> d\nd --> [*] : t\n}\nc --> [*] : u\n}\na --> b : t\nb --> a : v\nb --> a",
            "state \"审核\" as b {\n[*] --> c\nc --> [*] : t\n}\na --> b : t\nb --> a",
            "state b {\n[*] --> c\n}\na --> c : t\nb --> a : u",
            "state b {\nc --> d : t\n}\na --> b : t\nb --> a : u",
            "state b {\n[*] --> c",
            "}",
            "state b { [*] --> c }",
            "state b {\n[*] --> a\n}\na --> b : t",
            "state b {\n[*] --> c\nc --> [*] : t\n}\na --> b : t",
        ],
    ),
    (
        "状态图：分支点",
        &[
            "state k <<choice>>\na --> k : t\nk --> b : [红旗]\nk --> a : 否则\nb --> a : u",
            "a --> k : t\nk --> a\nstate k <<choice>>",
            "state k [[choice]]\na --> k : t\nk --> a",
            "state k <<choice>>\na --> k : t\nk --> b : [红旗]\nb --> a : u",
            "state k <<choice>>\na --> k : t\nk --> a : u",
        ],
    ),
    (
        "状态图：分叉汇合",
        &["state f <<fork>>\na --> f : t", "state j <<join>>\na --> j : t", "state f [[fork]]\na --> f : t"],
    ),
    ("状态图：并行", &["state b {\n[*] --> c\n--\n[*] --> d\n}\na --> b : t\nb --> a : u"]),
    (
        "状态图：注释块 note",
        &[
            "note right of a : 说明",
            "note left of a : 说明",
            "note right of a\n第一行\n第二行\nend note",
            "note right of a\n没有结束",
            "note \"浮动\" as N1",
            "note over a : 说明",
        ],
    ),
    (
        "状态图：方向",
        &[
            "direction LR",
            "direction TB",
            "direction BT",
            "direction RL",
            "direction XY",
            "state b {\ndirection LR\n[*] --> c\n}\na --> b : t\nb --> a : u",
        ],
    ),
    ("状态图：注释", &["%% 注释", "a --> b : t %% 行尾\nb --> a : u"]),
    (
        "状态图：样式",
        &[
            "classDef red fill:#f00",
            "class a red",
            "a:::red --> b",
            "style a fill:#f00",
            "hide empty description",
            "scale 350 width",
        ],
    ),
    ("状态图：标题与说明", &["accTitle: 标题", "accDescr: 说明", "title 标题"]),
    (
        "状态图：可否运行",
        &[
            "a --> b : t",
            "b --> a : t",
            "state k <<choice>>\na --> k : t\nk --> k",
            "a --> b : t\na --> b : t\nb --> a : u",
            "state b {\n[*] --> c\n[*] --> a\n}\na --> b : t\nb --> a : u",
        ],
    ),
];

fn outcome(text: &str) -> Result<(), String> {
    let reading = Reading { vocabulary: &Names, events: Events::Any, prover: None };
    match Chart::compile_with("f.mmd", text, &reading) {
        Ok(chart) => {
            let printed = chart.mermaid();
            let again = Chart::compile_with("f.mmd", &printed, &reading)
                .unwrap_or_else(|faults| panic!("{text}\n{printed}\n{faults:#?}"));
            assert_eq!(again.mermaid(), printed, "{text}");
            assert!(super::diff::Diff::of(&chart, &again).is_empty(), "{text}\n{printed}");
            Ok(())
        }
        Err(faults) => {
            let lines: Vec<&str> = text.lines().collect();
            for fault in &faults {
                let line = lines[fault.line as usize - 1];
                assert!((1..=line.chars().count() + 1).contains(&(fault.column as usize)), "{fault}");
            }
            let first = &faults[0];
            let message = first.message.split("，写的是").next().unwrap_or_default();
            Err(format!("`{}` {message}", first.code))
        }
    }
}

#[test]
fn every_category_is_taken_or_refused_as_the_table_says() {
    let mut table = "# What of Mermaid the charts take\n\nOwn cases in the categories of Mermaid's parser tests and of the \
        SCXML tests that need no data. What is taken is also printed and read back. The tests compute this file.\n\n\
        | Category | Cases | Taken | Refused | Why refused |\n|---|---|---|---|---|\n"
        .to_owned();
    let mut totals = (0, 0);
    let flow = FLOW.map(|(category, cases)| {
        let text = |case: &&str| format!("flowchart TD\ns([始]) --> q[/问/]\ne([终])\n{case}\n");
        (category, cases.iter().map(text).collect::<Vec<_>>())
    });
    let headers = HEADERS.map(|(category, cases)| {
        let text = |case: &&str| format!("{case}\ns([始]) --> e([终])\n");
        (category, cases.iter().map(text).collect::<Vec<_>>())
    });
    let state = STATE.map(|(category, cases)| {
        let text = |case: &&str| format!("stateDiagram-v2\n[*] --> a\na --> [*] : 完\n{case}\n");
        (category, cases.iter().map(text).collect::<Vec<_>>())
    });
    for (category, texts) in headers.into_iter().chain(flow).chain(state) {
        let refused: Vec<String> = texts.iter().filter_map(|text| outcome(text).err()).collect();
        let reasons: BTreeSet<String> = refused.iter().map(|reason| reason.replace('|', "\\|")).collect();
        let reasons: Vec<String> = reasons.into_iter().collect();
        let n_taken = texts.len() - refused.len();
        totals = (totals.0 + n_taken, totals.1 + refused.len());
        writeln!(
            table,
            "| {category} | {} | {n_taken} | {} | {} |",
            texts.len(),
            refused.len(),
            reasons.join("<br>")
        )
        .unwrap();
    }
    writeln!(table, "| **Together** | {} | {} | {} | |", totals.0 + totals.1, totals.0, totals.1).unwrap();
    table.push_str("\n| Run category | Cases |\n|---|---|\n");
    let mut categories: Vec<&str> = Vec::new();
    for run in &RUNS {
        if !categories.contains(&run.category) {
            categories.push(run.category);
        }
    }
    for category in categories {
        let n = RUNS.iter().filter(|run| run.category == category).count();
        writeln!(table, "| {category} | {n} |").unwrap();
    }
    writeln!(table, "| **Together** | {} |", RUNS.len()).unwrap();
    table.push_str(
        "\nNot taken on purpose: parallel states, fork and join (a chart is in one state at a time), history, actions on \
         edges (the program acts by state), styles, links and settings (the drawing follows the kind of node).\n",
    );
    expect_file!["COVERAGE.md"].assert_eq(&table);
}
