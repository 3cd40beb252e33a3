//! Why an expression is refused, and where.

use kb::Fault;
use thiserror::Error;

/// One reason why an expression is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{line}:{column}: {code}: {message}")]
pub struct ExprError {
    /// Line in the expression, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// `EX001` syntax, `EX002` unknown name, `EX003` type, `EX004` unknown choice, `EX005` unit, `EX006` too long or
    /// deep, `EX007` unknown function or wrong operands, `EX008` date or number, `EX009` regular expression.
    pub code: &'static str,
    /// What is wrong and what would be right, in Chinese.
    pub message: String,
}

impl ExprError {
    /// The same finding in the file the expression stands in: offsets are the lines above it and, for its first
    /// line, the characters before it.
    #[must_use]
    pub fn into_fault(self, file: &str, line_offset: u32, column_offset: u32) -> Fault {
        let before = if self.line == 1 { column_offset } else { 0 };
        Fault::error(file, self.line + line_offset, self.code, self.message).at_column(self.column + before)
    }
}

/// A place in an expression.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct At {
    pub(super) line: u32,
    pub(super) column: u32,
}

impl At {
    pub(super) fn error(self, code: &'static str, message: impl Into<String>) -> ExprError {
        ExprError { line: self.line, column: self.column, code, message: message.into() }
    }
}
