//! The files a release is made of, and everything that is checked before one is published.

#[cfg(test)]
mod tests;

use std::path::Path;

use kb::{Fault, Severity, Sources};

use crate::Engine;

/// Folders of the data folder without which there is no release.
const NEEDED: [&str; 3] = ["graph", "lexicon", "flows"];
/// Folders that a release may do without.
const OPTIONAL: [&str; 5] = ["articles", "herbs", "organisations", "questionnaires", "rules"];
/// Endings of the files.
const EXTENSIONS: [&str; 6] = ["ttl", "tsv", "mmd", "md", "form", "cases"];

/// Reads the files of a release from the data folder.
pub fn sources(data: &Path) -> Result<Sources, Vec<Fault>> {
    let there = OPTIONAL.into_iter().filter(|folder| data.join(folder).is_dir());
    let folders: Vec<&str> = NEEDED.into_iter().chain(there).collect();
    Sources::read(data, &folders, &EXTENSIONS).map_err(|error| {
        vec![Fault::error(&data.display().to_string(), 0, "EN000", format!("读不到知识文件：{error}"))]
    })
}

/// Compiles a release with all that lies beside the graph, runs its cases and proofs; slower than
/// [`Engine::compile`].
pub fn check(sources: &Sources) -> Result<Engine, Vec<Fault>> {
    let engine = Engine::compile(sources)?;
    let faults = engine.library().examine();
    let errors: Vec<Fault> = faults.into_iter().filter(|fault| fault.severity == Severity::Error).collect();
    if errors.is_empty() { Ok(engine) } else { Err(errors) }
}
