//! Files with one JSON object a line.

use std::{fs, path::Path};

use anyhow::Context;
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
