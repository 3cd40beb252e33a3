//! What an editor reads beside the drafts: a summary, and every cell in a table.

use std::fmt::Write;

use super::{Import, Outcome};
use crate::Source;

/// Examples of each outcome in the summary.
const N_EXAMPLES: usize = 10;

pub(super) fn write(table: &str, import: &Import) -> [Source; 2] {
    [
        Source { name: "report.md".into(), text: summary(table, import) },
        Source { name: "report.tsv".into(), text: rows(import) },
    ]
}

fn rows(import: &Import) -> String {
    let mut text = "outcome\tline\tcolumn\ttext\tkey\tnote\n".to_owned();
    for finding in &import.findings {
        // A cell of the outside table may hold anything.
        let plain = |text: &str| text.replace(['\t', '\n', '\r'], " ");
        let _ = writeln!(
            text,
            "{}\t{}\t{}\t{}\t{}\t{}",
            finding.outcome.name(),
            finding.line,
            plain(&finding.column),
            plain(&finding.text),
            finding.key,
            plain(&finding.note),
        );
    }
    text
}

fn summary(table: &str, import: &Import) -> String {
    let (complete, incomplete, additions) = import.n_diseases;
    let mut text = format!(
        "# 导入报告：{table}\n\n共 {} 行：新疾病 {complete} 个，资料不足 {incomplete} 个（incomplete.ttl），已有疾病得到补充 {additions} 个，新症状 {} 个。\n\n\
         逐格结果在 report.tsv；核对后把 graph/imported 里可用的部分移入 data/graph，再运行 jiuyi check。\n",
        import.n_rows, import.n_symptoms,
    );
    let counts = import.counts();
    for (outcome, name, label) in Outcome::NAMES {
        let Some(count) = counts.get(&outcome) else { continue };
        let _ = writeln!(text, "\n## {label}（{name}）：{count}\n");
        for finding in import.findings.iter().filter(|finding| finding.outcome == outcome).take(N_EXAMPLES) {
            let _ = write!(text, "- 第 {} 行 {}", finding.line, finding.column);
            for (mark, part) in [("：", &finding.text), (" → ", &finding.key), ("，", &finding.note)] {
                if !part.is_empty() {
                    let _ = write!(text, "{mark}{part}");
                }
            }
            text.push('\n');
        }
    }
    text
}
