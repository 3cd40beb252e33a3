//! Knowledge files as they lie in the data folder.

use std::{fs, io, path::Path};

use sm3::{Digest, Sm3};

/// One file of the data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path relative to the data folder, with `/`.
    pub name: String,
    /// Whole text.
    pub text: String,
}

/// All files of one kind of knowledge, in the order of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Reads every file below `data/<folder>` for each folder whose name ends in one of `extensions`.
    pub fn read(data: &Path, folders: &[&str], extensions: &[&str]) -> io::Result<Self> {
        let mut files = Vec::new();
        for folder in folders {
            let mut pending = vec![data.join(folder)];
            while let Some(path) = pending.pop() {
                let entries = fs::read_dir(&path).map_err(|error| named(&path, &error))?;
                for entry in entries {
                    let path = entry?.path();
                    if path.is_dir() {
                        pending.push(path);
                    } else if extensions.iter().any(|wanted| path.extension().is_some_and(|e| e == *wanted)) {
                        let text = text(&path)?;
                        files.push(Source { name: relative(data, &path), text });
                    }
                }
            }
        }
        Ok(Self::from_files(files))
    }

    /// Files that are at hand already, e.g. a draft.
    pub fn from_files(mut files: Vec<Source>) -> Self {
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Self { files }
    }

    /// The files in the order of their names.
    pub fn files(&self) -> &[Source] {
        &self.files
    }

    /// SM3 over names and texts: the name of the release these files make.
    pub fn hash(&self) -> String {
        let mut hasher = Sm3::new();
        for file in &self.files {
            for part in [&file.name, &file.text] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part.as_bytes());
            }
        }
        hex::encode(hasher.finalize())
    }
}

/// The text of a file; one that is not UTF-8 is an error that names the line.
pub fn text(path: &Path) -> io::Result<String> {
    let bytes = fs::read(path).map_err(|error| named(path, &error))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        let message = format!("{}:{line}：这一行起不是 UTF-8 文字，请另存为 UTF-8 编码", path.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}

fn relative(data: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(data).unwrap_or(path);
    relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}：{error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_another_encoding_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.form");
        fs::write(&path, b"\xe9\x97\xae\n\xce\xca\xbe\xed\n").unwrap();
        let error = text(&path).unwrap_err();
        assert!(error.to_string().contains("a.form:2：这一行起不是 UTF-8"), "{error}");
    }

    #[test]
    fn the_hash_depends_on_every_byte_but_not_on_the_order_given() {
        let file = |name: &str, text: &str| Source { name: name.into(), text: text.into() };
        let one = Sources::from_files(vec![file("a", "1"), file("b", "2")]);
        let two = Sources::from_files(vec![file("b", "2"), file("a", "1")]);
        let three = Sources::from_files(vec![file("a", "12"), file("b", "")]);
        assert_eq!(one.hash(), two.hash());
        assert_ne!(one.hash(), three.hash());
    }
}
