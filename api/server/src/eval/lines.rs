//! Files and streams with one JSON object a line.

use std::io::{BufRead, Write};
use std::{fs, path::Path};

use anyhow::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads all objects of a file; an error names file, line and column.
pub fn read_jsonl<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let text = fs::read_to_string(path).with_context(|| format!("读不了文件 {}", path.display()))?;
    (1usize..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| {
                anyhow::anyhow!("{}:{number}:{}：不是所要的 JSON：{error}", path.display(), error.column())
            })
        })
        .collect()
}

/// Answers each line of `input` with one line on `output`, at once; an error names the line.
pub(super) fn answer_each<Q: DeserializeOwned, A: Serialize>(
    input: impl BufRead,
    mut output: impl Write,
    answer: impl Fn(Q) -> A,
) -> anyhow::Result<()> {
    for (number, line) in (1usize..).zip(input.lines()) {
        let place = || format!("标准输入:{number}");
        let line = line.with_context(place)?;
        if line.trim().is_empty() {
            continue;
        }
        let question = serde_json::from_str(&line).with_context(place)?;
        serde_json::to_writer(&mut output, &answer(question))?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_named() {
        let path = std::env::temp_dir().join(format!("jiuyi-lines-{}.jsonl", std::process::id()));
        fs::write(&path, "{\"a\":1}\n\n{\"a\":}\n").unwrap();
        let error = read_jsonl::<serde_json::Value>(&path).unwrap_err().to_string();
        fs::remove_file(&path).unwrap();
        assert!(error.contains(":3:"), "{error}");
    }
}
