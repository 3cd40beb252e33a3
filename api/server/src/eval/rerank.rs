//! `eval rerank`: how well each title answers a question.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use engine::learn::rank::{Graded, Ranker};
use serde::{Deserialize, Serialize};

use super::lines::{answer_each, read_jsonl};

/// Options of `eval rerank`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RerankArgs {
    /// Questions with graded titles to learn from, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub train: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Lesson {
    query: String,
    documents: Vec<GradedTitle>,
}

#[derive(Deserialize)]
struct GradedTitle {
    title: String,
    label: u8,
}

#[derive(Deserialize)]
struct Question {
    id: String,
    query: String,
    documents: Vec<Title>,
}

#[derive(Deserialize)]
struct Title {
    title: String,
}

#[derive(Serialize)]
struct Answer {
    id: String,
    scores: Vec<f32>,
    labels: Vec<u8>,
}

/// Learns from the files, then answers each line of `input` with one line on `output`.
pub fn run(args: &RerankArgs, input: impl BufRead, output: impl Write) -> anyhow::Result<()> {
    let mut graded = Vec::new();
    for path in &args.train {
        graded.extend(read_jsonl::<Lesson>(path)?.into_iter().map(|lesson| Graded {
            query: lesson.query,
            titles: lesson.documents.into_iter().map(|one| (one.title, one.label)).collect(),
        }));
    }
    let ranker = Ranker::learn(&graded);
    drop(graded);
    answer_each(input, output, |question: Question| {
        let titles = question.documents.iter().map(|document| document.title.as_str());
        let judged = ranker.judge(&question.query, titles);
        Answer {
            id: question.id,
            scores: judged.iter().map(|one| one.score).collect(),
            labels: judged.iter().map(|one| one.label).collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn learns_and_answers() {
        let folder = tempfile::tempdir().unwrap();
        let train = folder.path().join("train.jsonl");
        let mut text = String::new();
        for what in ["胃炎", "肝炎", "鼻炎", "肠炎", "肺炎", "咽炎", "关节炎", "皮炎"] {
            for ask in ["怎么治", "吃什么药", "是什么原因", "会传染吗"] {
                let documents = format!(
                    r#"[{{"title":"{what}{ask}？","label":2}},{{"title":"手机怎么充电","label":0}}]"#
                );
                writeln!(text, r#"{{"id":"t","query":"{what}{ask}","documents":{documents}}}"#).unwrap();
            }
        }
        std::fs::write(&train, text).unwrap();
        let input = concat!(
            r#"{"id":"1","query":"牙龈炎怎么治","documents":[{"title":"电脑怎么充电"},{"title":"牙龈炎怎么治呢"}]}"#,
            "\n",
            r#"{"id":"2","query":"","documents":[]}"#,
            "\n"
        );
        let mut output = Vec::new();
        run(&RerankArgs { train: vec![train.clone()] }, input.as_bytes(), &mut output).unwrap();
        let lines: Vec<serde_json::Value> =
            String::from_utf8(output).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert!(lines[0]["scores"][0].as_f64() < lines[0]["scores"][1].as_f64(), "{}", lines[0]);
        assert_eq!(lines[1]["scores"].as_array().unwrap().len(), 0);
        std::fs::write(&train, "{\"query\":1}\n").unwrap();
        let error = run(&RerankArgs { train: vec![train] }, "".as_bytes(), Vec::new()).unwrap_err();
        assert!(format!("{error:#}").contains("train.jsonl:1"), "{error:#}");
    }
}
