//! What is wrong with a knowledge file, and where.

use std::fmt;

/// How a fault affects a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The release is refused.
    Error,
    /// The release may serve; an editor should look.
    Warning,
}

/// One finding of a check, with its place and what would clear it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// File, relative to the data folder.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1; 1 where only the line is known.
    pub column: u32,
    /// Whether the release is refused.
    pub severity: Severity,
    /// Stable code, e.g. `KB004`.
    pub code: &'static str,
    /// What is wrong, in Chinese.
    pub message: String,
    /// Answers that show it, or why it can't be otherwise.
    pub witness: Option<String>,
    /// What would clear it.
    pub hint: Option<String>,
}

impl Fault {
    /// An error at a line.
    pub fn error(file: &str, line: u32, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            column: 1,
            severity: Severity::Error,
            code,
            message: message.into(),
            witness: None,
            hint: None,
        }
    }

    /// A warning at a line.
    pub fn warning(file: &str, line: u32, code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(file, line, code, message) }
    }

    /// The same fault with answers that show it, or with its proof.
    #[must_use]
    pub fn with_witness(mut self, witness: impl Into<String>) -> Self {
        self.witness = Some(witness.into());
        self
    }

    /// The same fault with what would clear it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same fault at a known column.
    #[must_use]
    pub fn at_column(mut self, column: u32) -> Self {
        self.column = column;
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "错误",
            Severity::Warning => "提醒",
        };
        write!(f, "{}:{}:{}: {severity} {}: {}", self.file, self.line, self.column, self.code, self.message)?;
        for (name, text) in [("例", &self.witness), ("改法", &self.hint)] {
            if let Some(text) = text {
                write!(f, "\n    {name}：{text}")?;
            }
        }
        Ok(())
    }
}
