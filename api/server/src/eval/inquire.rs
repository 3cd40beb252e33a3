//! `eval inquire`: ask for symptoms, then rank diseases.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use engine::learn::{Case, Learned, Lesson, Reader, Session, Status};
use serde::{Deserialize, Serialize};

use super::lines::read_jsonl;

/// Options of `eval inquire`.
#[derive(Debug, clap::Args)]
pub struct InquireArgs {
    /// Solved cases to learn from, one JSON object a line
    #[arg(long, required = true)]
    pub train: Vec<PathBuf>,
    /// Symptoms and their synonyms, for cases told in the patient's own words
    #[arg(long)]
    pub vocab: Vec<PathBuf>,
    /// Ask at most this often, then diagnose; left out, stop when enough is known
    #[arg(long)]
    pub max_asks: Option<usize>,
}

type Findings = BTreeMap<String, Status>;

#[derive(Deserialize)]
struct Solved {
    disease: String,
    #[serde(default)]
    explicit: Findings,
    #[serde(default)]
    implicit: Findings,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    explicit: Option<Findings>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Reply {
    answer: Status,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Move<'a> {
    Ask(&'a str),
    Diagnose(Vec<(&'a str, f64)>),
}

/// Learns from the training files, then answers case after case until the input ends.
pub fn run(args: &InquireArgs, input: impl BufRead, mut output: impl Write) -> anyhow::Result<()> {
    let mut solved: Vec<Solved> = Vec::new();
    for path in &args.train {
        solved.extend(read_jsonl::<Solved>(path)?);
    }
    let reader = (!args.vocab.is_empty()).then(|| learnt_reader(&args.vocab, &solved)).transpose()?;
    let cases: Vec<Case> = solved.into_iter().map(|solved| as_asked(solved, reader.as_ref())).collect();
    let learned = Learned::from_cases(&cases);
    let mut requests = Requests { lines: input.lines(), number: 0 };
    while let Some(told) = requests.next::<Told>()? {
        let mut session = learned.open(&explicit(told, reader.as_ref()));
        let mut remaining = args.max_asks;
        while let Some(name) = session.next_ask(remaining) {
            send(&mut output, &Move::Ask(name))?;
            let Some(Reply { answer }) = requests.next()? else { return Ok(()) };
            session.tell(name, answer);
            remaining = remaining.map(|left| left - 1);
        }
        send(&mut output, &Move::Diagnose(diagnosis(&session)))?;
    }
    Ok(())
}

/// Rounded down, so that the probabilities still sum to at most one.
fn diagnosis<'a>(session: &Session<'a>) -> Vec<(&'a str, f64)> {
    session.ranking().into_iter().map(|(disease, p)| (disease, (p * 1e6).floor() / 1e6)).collect()
}

/// What the patient tells: findings where they are given, else what the words say.
fn explicit(told: Told, reader: Option<&Reader>) -> Vec<(String, Status)> {
    let text = told.text.as_deref().zip(reader);
    match told.explicit {
        Some(findings) => {
            let cues = text.map(|(text, reader)| reader.cues(text)).unwrap_or_default();
            findings.into_iter().chain(cues).collect()
        }
        None => text.map(|(text, reader)| reader.read(text)).unwrap_or_default(),
    }
}

/// A training case as the program would meet it. Where patients use their own words, the words are read, and
/// what was told but not understood can still be confirmed by asking.
fn as_asked(solved: Solved, reader: Option<&Reader>) -> Case {
    let Solved { disease, explicit, implicit, text } = solved;
    let (explicit, aside) = match text.as_deref().zip(reader) {
        Some((text, reader)) => {
            let read = reader.read(text);
            (read, explicit.into_iter().collect())
        }
        None => (explicit.into_iter().collect(), Vec::new()),
    };
    Case { disease, explicit, implicit: implicit.into_iter().collect(), aside }
}

fn learnt_reader(vocab: &[PathBuf], solved: &[Solved]) -> anyhow::Result<Reader> {
    let mut forms: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in vocab {
        for (form, name) in synonyms(path)? {
            let names = forms.entry(form).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let lessons: Vec<Lesson<'_>> = solved.iter().filter_map(lesson).collect();
    Ok(Reader::from_lessons(forms, &lessons))
}

fn lesson(solved: &Solved) -> Option<Lesson<'_>> {
    let has = |(name, status): (&'_ String, &Status)| *status == Status::Yes && !name.is_empty();
    let told: BTreeSet<&str> =
        solved.explicit.iter().filter(|pair| has(*pair)).map(|(name, _)| name.as_str()).collect();
    Some(Lesson { text: solved.text.as_deref()?, disease: &solved.disease, told })
}

/// Surface forms and the symptoms they stand for; the symptom's own name is one of its forms.
fn synonyms(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let text = fs::read_to_string(path).with_context(|| format!("读不了文件 {}", path.display()))?;
    let mut pairs = Vec::new();
    for (number, line) in (1usize..).zip(text.lines()).skip(1).filter(|(_, line)| !line.is_empty()) {
        let mut columns = line.split('\t');
        let name = columns.next().unwrap_or_default();
        if name.is_empty() {
            bail!("{}:{number}:1：这一行没有症状名", path.display());
        }
        let forms = columns.nth(1).unwrap_or_default().split('|');
        let forms = std::iter::once(name).chain(forms.filter(|form| !form.is_empty()));
        pairs.extend(forms.map(|form| (form.to_owned(), name.to_owned())));
    }
    Ok(pairs)
}

fn send(output: &mut impl Write, answer: &Move<'_>) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *output, answer)?;
    output.write_all(b"\n")?;
    output.flush()?;
    Ok(())
}

/// Requests line by line; an error names the line of the input.
struct Requests<L> {
    lines: L,
    number: usize,
}

impl<L: Iterator<Item = std::io::Result<String>>> Requests<L> {
    fn next<T: for<'de> Deserialize<'de>>(&mut self) -> anyhow::Result<Option<T>> {
        for line in self.lines.by_ref() {
            self.number += 1;
            let line = line?;
            if !line.trim().is_empty() {
                let request = serde_json::from_str(&line);
                return request
                    .map(Some)
                    .with_context(|| format!("标准输入第 {} 行：不是所要的 JSON", self.number));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(max_asks: Option<usize>, vocab: Option<&str>, input: &str) -> Vec<serde_json::Value> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let pair = concat!(
            r#"{"id":"1","disease":"感冒","explicit":{"咳嗽":"yes"},"implicit":{"流涕":"yes"},"text":"老咳"}"#,
            "\n",
            r#"{"id":"2","disease":"肠炎","explicit":{"腹痛":"yes"},"implicit":{"腹泻":"yes"},"text":"肚子痛"}"#,
            "\n"
        );
        let args = InquireArgs {
            train: vec![write("train.jsonl", &pair.repeat(20))],
            vocab: vocab.map(|text| write("vocab.tsv", text)).into_iter().collect(),
            max_asks,
        };
        let mut output = Vec::new();
        run(&args, input.as_bytes(), &mut output).unwrap();
        String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn asks_then_diagnoses() {
        let input = "{\"id\":\"a\",\"explicit\":{\"腹痛\":\"yes\"}}\n{\"answer\":\"yes\"}\n";
        let answers = answers(Some(1), None, input);
        assert_eq!(answers[0]["ask"], "腹泻");
        assert_eq!(answers[1]["diagnose"][0][0], "肠炎");
        assert_eq!(answers.len(), 2);
    }

    #[test]
    fn reads_the_patients_own_words() {
        let vocab = "norm\tkind\tsynonyms\n咳嗽\t症状\t咳|老咳\n腹痛\t症状\t肚子痛\n";
        let answers = answers(Some(0), Some(vocab), "{\"id\":\"a\",\"text\":\"孩子老咳\"}\n");
        assert_eq!(answers[0]["diagnose"][0][0], "感冒");
    }

    #[test]
    fn a_bad_line_is_named() {
        let mut requests = Requests { lines: "\n{}\n".as_bytes().lines(), number: 0 };
        let error = requests.next::<Reply>().err().unwrap();
        assert!(error.to_string().contains("第 2 行"), "{error}");
    }
}
