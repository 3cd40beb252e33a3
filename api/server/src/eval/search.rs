//! `eval search`: the documents that answer a question.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use kb::retrieve::{Library, Plain, Segmenter};
use serde::{Deserialize, Serialize};

use super::lines::{answer_each, read_jsonl};

/// Options of `eval search`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SearchArgs {
    /// Documents with id, title and text, one JSON object a line
    #[arg(long, required = true, value_name = "FILE")]
    pub corpus: Vec<PathBuf>,
    /// Answer by plain BM25 over words instead, to compare with
    #[arg(long)]
    pub plain: bool,
}

#[derive(Deserialize)]
struct Document {
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct Question {
    id: String,
    query: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: String,
    ranked: Vec<(&'a str, f32)>,
}

/// Documents given for each question.
const MOST: usize = 20;

/// Finds the documents for a query: positions with scores, best first.
type Finder<'a> = Box<dyn Fn(&str) -> Vec<(usize, f32)> + 'a>;

/// Indexes the documents, then answers each line of `input` with one line on `output`.
pub fn run(args: &SearchArgs, input: impl BufRead, output: impl Write) -> anyhow::Result<()> {
    let mut ids: Vec<String> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for path in &args.corpus {
        for document in read_jsonl::<Document>(path)? {
            ids.push(document.id);
            texts.push(if document.title.is_empty() {
                document.text
            } else {
                format!("{}。{}", document.title, document.text)
            });
        }
    }
    let segmenter = Segmenter::new();
    let texts = texts.iter().map(String::as_str);
    let search: Finder<'_> = if args.plain {
        let plain = Plain::new(&segmenter, texts);
        Box::new(move |query| plain.search(&segmenter, query, MOST))
    } else {
        let library = Library::new(&segmenter, texts);
        Box::new(move |query| library.search(&segmenter, query, MOST))
    };
    answer_each(input, output, |question: Question| {
        let found = search(&question.query);
        let ranked = found.into_iter().map(|(document, score)| (ids[document].as_str(), score)).collect();
        Answer { id: question.id, ranked }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(plain: bool) -> String {
        let folder = tempfile::tempdir().unwrap();
        let corpus = folder.path().join("corpus.jsonl");
        let text = concat!(
            r#"{"id":"d1","title":"","text":"高血压患者可以少量吃党参。"}"#,
            "\n",
            r#"{"id":"d2","title":"癫痫","text":"发作时不要硬掰牙关。"}"#,
            "\n"
        );
        std::fs::write(&corpus, text).unwrap();
        let input = "{\"id\":\"q1\",\"query\":\"癫痫怎么办\"}\n\n{\"id\":\"q2\",\"query\":\"\"}\n";
        let mut output = Vec::new();
        run(&SearchArgs { corpus: vec![corpus], plain }, input.as_bytes(), &mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn answers_each_line() {
        for plain in [false, true] {
            let text = answers(plain);
            let lines: Vec<serde_json::Value> =
                text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines[0]["id"], "q1");
            assert_eq!(lines[0]["ranked"][0][0], "d2");
            assert_eq!(lines[1]["ranked"].as_array().unwrap().len(), 2);
            assert_eq!(text, answers(plain));
        }
    }
}
