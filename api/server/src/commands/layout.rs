//! `jiuyi check --fix`: Turtle files in their canonical layout.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use kb::{Fault, Source, Sources, canonical, text};

use super::say;

/// Folders of the data folder that hold Turtle.
const FOLDERS: [&str; 2] = ["graph", "herbs"];

/// Rewrites the Turtle files of a data folder, or one file, and tells which changed. A file that cannot be
/// read as Turtle is left as it is; its fault is returned.
pub(super) fn fix(path: &Path) -> anyhow::Result<Vec<Fault>> {
    let (sources, base) = if path.is_file() {
        let text = text(path)?;
        (Sources::from_files(vec![Source { name: path.display().to_string(), text }]), PathBuf::new())
    } else {
        (turtle(path)?, path.to_path_buf())
    };
    let mut faults = Vec::new();
    let mut n_changed = 0;
    for file in sources.files() {
        match canonical::canonical(file) {
            Ok(text) if text == file.text => {}
            Ok(text) => {
                replace(&base.join(&file.name), &text)?;
                say(&format!("已排好 {}", file.name))?;
                n_changed += 1;
            }
            Err(fault) => faults.push(fault),
        }
    }
    say(&format!("{} 个 Turtle 文件，{n_changed} 个有改动。", sources.files().len()))?;
    Ok(faults)
}

/// A reminder for each file that is not in canonical layout.
pub(super) fn reminders(data: &Path) -> anyhow::Result<Vec<Fault>> {
    Ok(canonical::check(&turtle(data)?))
}

fn turtle(data: &Path) -> anyhow::Result<Sources> {
    let folders: Vec<&str> = FOLDERS.into_iter().filter(|folder| data.join(folder).is_dir()).collect();
    Sources::read(data, &folders, &["ttl"]).with_context(|| format!("读不到知识文件夹 {}", data.display()))
}

/// Whole or not at all: an interrupted run leaves the old file.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let new = path.with_extension("ttl.new");
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("写不了文件 {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_laid_out_once_and_broken_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let graph = folder.path().join("graph");
        fs::create_dir(&graph).unwrap();
        let head = "@prefix sym: <urn:jiuyi:symptom:> .\n";
        fs::write(graph.join("a.ttl"), format!("{head}sym:b a sym:c .\nsym:a a sym:c .\n")).unwrap();
        let broken = format!("{head}sym:b a 咳 .\n");
        fs::write(graph.join("b.ttl"), &broken).unwrap();
        let faults = fix(folder.path()).unwrap();
        assert_eq!(
            faults.iter().map(|f| (f.file.as_str(), f.line, f.code)).collect::<Vec<_>>(),
            [("graph/b.ttl", 2, "KB001")]
        );
        assert_eq!(fs::read_to_string(graph.join("b.ttl")).unwrap(), broken);
        let fixed = fs::read_to_string(graph.join("a.ttl")).unwrap();
        assert_eq!(fixed, format!("{head}\nsym:a a sym:c .\n\nsym:b a sym:c .\n"));
        assert_eq!(reminders(folder.path()).unwrap(), []);
        assert_eq!(fs::read_dir(&graph).unwrap().count(), 2, "nothing else is left behind");
    }
}
