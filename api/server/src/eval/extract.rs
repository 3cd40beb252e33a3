//! `eval extract`: symptoms and their status in dialogues.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use nlp::Status;
use nlp::learn::{Dialogue, LabelledDialogue, Mark, MarkedSentence, Model, Source, Term, Training, Turn};
use serde::{Deserialize, Serialize};

use super::lines::read_jsonl;

/// Options of `eval extract`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ExtractArgs {
    /// Vocabulary: name, kind and synonyms, apart by tabs, below a header line
    #[arg(long, value_name = "FILE")]
    pub vocab: Vec<PathBuf>,
    /// Labelled dialogues, marked sentences, and pairs of mention and name
    #[arg(long, value_name = "FILE")]
    pub train: Vec<PathBuf>,
}

/// Learns from the files, then answers each line of `input` with one line on `output`.
pub fn run(args: &ExtractArgs, input: impl BufRead, mut output: impl Write) -> anyhow::Result<()> {
    let mut training = Training::default();
    for path in &args.vocab {
        training.vocabulary.extend(read_vocabulary(path)?);
    }
    for path in &args.train {
        training.sources.push(source(path)?);
    }
    let model = Model::new(&training);
    drop(training);
    for (i, line) in input.lines().enumerate() {
        let place = || format!("标准输入:{}", i + 1);
        let line = line.with_context(place)?;
        if line.trim().is_empty() {
            continue;
        }
        let case: Case = serde_json::from_str(&line).with_context(place)?;
        let dialogue = Dialogue { turns: case.turns.into_iter().map(turn).collect() };
        let found = model.extract(&dialogue);
        let answer =
            Answer { id: case.id, utterances: found.turns, global: found.symptoms, spans: found.spans };
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Case {
    id: String,
    turns: Vec<TurnRow>,
}

#[derive(Serialize)]
struct Answer {
    id: String,
    utterances: Vec<BTreeMap<String, Status>>,
    global: BTreeMap<String, Status>,
    spans: Vec<Vec<(usize, usize)>>,
}

/// A training line; its keys tell which kind it is.
#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
    Dialogue {
        turns: Vec<TurnRow>,
        #[serde(default)]
        global: BTreeMap<String, Status>,
    },
    Sentence {
        text: String,
        spans: Vec<(usize, usize, String)>,
    },
    Pair {
        mention: String,
        norm: String,
    },
}

#[derive(Deserialize)]
struct TurnRow {
    speaker: String,
    text: String,
    #[serde(default)]
    symptoms: Option<BTreeMap<String, Status>>,
    #[serde(default)]
    spans: Option<Vec<(usize, usize, String, Status)>>,
}

fn turn(row: TurnRow) -> Turn {
    Turn { patient: row.speaker == "患者", text: row.text }
}

fn source(path: &Path) -> anyhow::Result<Source> {
    let mut source = Source::default();
    for row in read_jsonl(path)? {
        match row {
            Row::Dialogue { turns, global } => source.dialogues.push(labelled(turns, global)),
            Row::Sentence { text, spans } => {
                let spans = spans.into_iter().filter(|s| s.2 == "Symptom").map(|s| (s.0, s.1)).collect();
                source.sentences.push(MarkedSentence { text, spans });
            }
            Row::Pair { mention, norm } => source.pairs.push((mention, norm)),
        }
    }
    Ok(source)
}

fn labelled(turns: Vec<TurnRow>, symptoms: BTreeMap<String, Status>) -> LabelledDialogue {
    let known = turns.iter().any(|t| t.symptoms.is_some() || t.spans.is_some());
    let mut dialogue = LabelledDialogue { symptoms, ..LabelledDialogue::default() };
    for mut t in turns {
        let marks = t.spans.take().map(|spans| {
            spans.into_iter().map(|(start, end, name, status)| Mark { start, end, name, status }).collect()
        });
        // Where the set labels turns, a turn without labels names nothing.
        let silent = known && t.symptoms.is_none();
        dialogue.marks.push(if silent { Some(marks.unwrap_or_default()) } else { marks });
        dialogue.dialogue.turns.push(turn(t));
    }
    dialogue
}

fn read_vocabulary(path: &Path) -> anyhow::Result<Vec<Term>> {
    let text = fs::read_to_string(path).with_context(|| format!("读不了文件 {}", path.display()))?;
    Ok(text
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut cells = line.split('\t');
            let name = cells.next().filter(|n| !n.is_empty())?.to_owned();
            let synonyms = cells.nth(1).unwrap_or_default().split('|').filter(|s| !s.is_empty());
            Some(Term { name, synonyms: synonyms.map(str::to_owned).collect() })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &Path, name: &str, text: &str) -> PathBuf {
        let path = dir.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn answers_each_line_and_names_bad_ones() {
        let dir = std::env::temp_dir().join(format!("jiuyi-eval-extract-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let vocab = file(&dir, "vocab.tsv", "norm\tkind\tsynonyms\n咳嗽\t症状\t\n发热\t症状\t发烧|烧\n");
        let train = file(
            &dir,
            "train.jsonl",
            concat!(
                r#"{"id":"a","turns":[{"speaker":"患者","text":"老咳嗽","symptoms":{"咳嗽":"yes"},"spans":[[1,3,"咳嗽","yes"]]},{"speaker":"医生","text":"好"}],"global":{"咳嗽":"yes"}}"#,
                "\n",
                r#"{"text":"发烧了","spans":[[0,2,"Symptom"]]}"#,
                "\n",
                r#"{"mention":"烧得厉害","norm":"发热"}"#,
                "\n"
            ),
        );
        let args = ExtractArgs { vocab: vec![vocab], train: vec![train] };
        let input = "{\"id\":\"1\",\"turns\":[{\"speaker\":\"患者\",\"text\":\"\"}]}\n\n{\"id\":\"2\",\"turns\":[]}\n";
        let mut output = vec![];
        run(&args, input.as_bytes(), &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        assert_eq!(
            text,
            "{\"id\":\"1\",\"utterances\":[{}],\"global\":{},\"spans\":[[]]}\n{\"id\":\"2\",\"utterances\":[],\"global\":{},\"spans\":[]}\n"
        );
        let error = run(&args, "{\n".as_bytes(), vec![]).unwrap_err();
        assert!(format!("{error:#}").starts_with("标准输入:1"), "{error:#}");
        let bad = file(&dir, "bad.jsonl", "{\"mention\":1}\n");
        let error = run(&ExtractArgs { vocab: vec![], train: vec![bad] }, "".as_bytes(), vec![]).unwrap_err();
        assert!(format!("{error:#}").contains("bad.jsonl:1"), "{error:#}");
        fs::remove_dir_all(&dir).unwrap();
    }
}
