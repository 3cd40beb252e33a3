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
        Fault::error(file, self.line + line_offset, self.code, self.message)
            .at_column(self.column + before)
            .with_hint(hint(self.code))
    }
}

/// What to do about an error, by its code; the manual page `codes/EX.md` has examples.
fn hint(code: &str) -> &'static str {
    match code {
        "EX002" => "改成问卷或图里有的名称；关键词（且、或、含 …）两边空一格",
        "EX003" => "两边换成同一类：是否题写 = 是，单选写 = 选项，多选写 含 选项，数写 >= 数",
        "EX004" => "改成这一题有的选项",
        "EX005" => "换成能比的单位",
        "EX006" => "拆成几个计算（计算 名称 …、公式: …），再用它们的名称",
        "EX007" => "改成列出的函数，并按它要的个数写",
        "EX008" => "日期写成 2026-11-23，数写成 38.5",
        "EX009" => "改好正则表达式，例如 \"[0-9]{11}\"",
        _ => "补上缺的，或删掉多的；例如 发热 = 是 且 体温 >= 38.5℃",
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
