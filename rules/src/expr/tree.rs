//! An expression as written, and its canonical spelling.

use std::fmt;

use super::{calendar, error::At};

/// A part of an expression and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    pub(super) at: At,
    pub(super) node: Node,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Literal(bool),
    /// Parts of a name: the concept and its attributes.
    Name(Vec<String>),
    Number(f64, Option<String>),
    /// Days since 1970-01-01.
    Date(i32),
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Call(Function, Vec<Tree>),
    Compare(Box<Tree>, Order, Box<Tree>),
    Between(Box<Tree>, Box<Tree>, Box<Tree>),
    Member(Box<Tree>, Membership, Vec<Tree>),
    Matches(Box<Tree>, String),
    /// Added, or taken away where the sign says so.
    Sum(Vec<(bool, Tree)>),
    /// Multiplied, or divided by where the sign says so.
    Product(Vec<(bool, Tree)>),
    Negative(Box<Tree>),
}

/// How labels are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Membership {
    Has,
    Lacks,
    HasAny,
    HasAll,
    In,
    NotIn,
}

impl Membership {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Has => "含",
            Self::Lacks => "不含",
            Self::HasAny => "含任一",
            Self::HasAll => "含全部",
            Self::In => "属于",
            Self::NotIn => "不属于",
        }
    }
}

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Count,
    Any,
    All,
    Known,
    Sum,
    Greatest,
    Least,
    Mean,
    Absolute,
    Round,
    Floor,
    Ceiling,
    If,
    Age,
    AgeInMonths,
    Days,
    Year,
    Month,
    Day,
    Weekday,
    Length,
}

impl Function {
    /// Spellings, the first is canonical.
    pub(super) const NAMES: [(Self, &'static [&'static str]); 21] = [
        (Self::Count, &["计数", "count"]),
        (Self::Any, &["任一", "any"]),
        (Self::All, &["全部", "all"]),
        (Self::Known, &["已知", "known", "已答", "answered"]),
        (Self::Sum, &["求和", "sum"]),
        (Self::Greatest, &["最大", "max"]),
        (Self::Least, &["最小", "min"]),
        (Self::Mean, &["平均", "mean"]),
        (Self::Absolute, &["绝对值", "abs"]),
        (Self::Round, &["四舍五入", "round"]),
        (Self::Floor, &["向下取整", "floor"]),
        (Self::Ceiling, &["向上取整", "ceil"]),
        (Self::If, &["如果", "if"]),
        (Self::Age, &["年龄", "age"]),
        (Self::AgeInMonths, &["月龄", "months"]),
        (Self::Days, &["天数", "days"]),
        (Self::Year, &["年", "year"]),
        (Self::Month, &["月", "month"]),
        (Self::Day, &["日", "day"]),
        (Self::Weekday, &["星期", "weekday"]),
        (Self::Length, &["长度", "length"]),
    ];

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(_, names)| names.iter().any(|n| n.eq_ignore_ascii_case(name)))
            .map(|(f, _)| *f)
    }

    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(function, _)| *function == self).map_or("", |(_, names)| names[0])
    }
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// =
    Equal,
    /// ≠
    Unequal,
    /// >
    Greater,
    /// >=
    AtLeast,
    /// <
    Less,
    /// <=
    AtMost,
}

impl Order {
    /// The same comparison with its sides exchanged.
    pub(super) fn mirrored(self) -> Self {
        match self {
            Self::Greater => Self::Less,
            Self::AtLeast => Self::AtMost,
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::Equal | Self::Unequal => self,
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "≠",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Less => "<",
            Self::AtMost => "<=",
        }
    }
}

/// How a name is spoken of and looked up: parts joined by dots.
pub(super) fn full_name(parts: &[String]) -> String {
    parts.join(".")
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Node::Literal(value) => f.write_str(if *value { "是" } else { "否" }),
            Node::Name(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        f.write_str(".")?;
                    }
                    write_part(part, f)?;
                }
                Ok(())
            }
            Node::Number(value, unit) => write!(f, "{value}{}", unit.as_deref().unwrap_or_default()),
            Node::Date(days) => f.write_str(&calendar::written(*days)),
            Node::Not(of) => {
                f.write_str("非 ")?;
                bracketed(of, f)
            }
            Node::And(all) => joined(all, " 且 ", f, |tree, f| match tree.node {
                Node::And(_) | Node::Or(_) => in_brackets(tree, f),
                _ => write!(f, "{tree}"),
            }),
            Node::Or(any) => joined(any, " 或 ", f, |tree, f| match tree.node {
                Node::Or(_) => in_brackets(tree, f),
                _ => write!(f, "{tree}"),
            }),
            Node::Call(function, of) => {
                write!(f, "{}(", function.name())?;
                joined(of, ", ", f, |tree, f| write!(f, "{tree}"))?;
                f.write_str(")")
            }
            Node::Compare(left, order, right) => {
                side(left, f)?;
                write!(f, " {} ", order.sign())?;
                side(right, f)
            }
            Node::Between(of, least, most) => {
                side(of, f)?;
                f.write_str(" 介于 ")?;
                side(least, f)?;
                f.write_str(" 和 ")?;
                side(most, f)
            }
            Node::Member(of, membership, labels) => {
                side(of, f)?;
                write!(f, " {} ", membership.word())?;
                if matches!(membership, Membership::Has | Membership::Lacks) {
                    return joined(labels, ", ", f, |tree, f| write!(f, "{tree}"));
                }
                f.write_str("(")?;
                joined(labels, ", ", f, |tree, f| write!(f, "{tree}"))?;
                f.write_str(")")
            }
            Node::Matches(of, pattern) => {
                side(of, f)?;
                f.write_str(" 匹配 ")?;
                write_quoted(pattern, f)
            }
            Node::Sum(parts) => signed(parts, " + ", " - ", f, |tree, f| match tree.node {
                Node::Sum(_) => in_brackets(tree, f),
                _ => side(tree, f),
            }),
            Node::Product(parts) => signed(parts, " * ", " / ", f, |tree, f| match tree.node {
                Node::Sum(_) | Node::Product(_) => in_brackets(tree, f),
                _ => side(tree, f),
            }),
            Node::Negative(of) => {
                f.write_str("-")?;
                match of.node {
                    Node::Negative(_) | Node::Number(..) => in_brackets(of, f),
                    _ => bracketed(of, f),
                }
            }
        }
    }
}

type Write = fn(&Tree, &mut fmt::Formatter<'_>) -> fmt::Result;

fn joined(trees: &[Tree], sign: &str, f: &mut fmt::Formatter<'_>, write: Write) -> fmt::Result {
    for (index, tree) in trees.iter().enumerate() {
        if index > 0 {
            f.write_str(sign)?;
        }
        write(tree, f)?;
    }
    Ok(())
}

fn signed(
    parts: &[(bool, Tree)],
    plus: &str,
    minus: &str,
    f: &mut fmt::Formatter<'_>,
    write: Write,
) -> fmt::Result {
    for (index, (inverse, tree)) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(if *inverse { minus } else { plus })?;
        }
        write(tree, f)?;
    }
    Ok(())
}

/// In brackets unless it is one word already.
fn bracketed(tree: &Tree, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match tree.node {
        Node::Literal(_) | Node::Name(_) | Node::Number(..) | Node::Date(_) | Node::Call(..) => {
            write!(f, "{tree}")
        }
        _ => in_brackets(tree, f),
    }
}

/// A side of a comparison or a member of a sum: arithmetic needs no brackets there.
fn side(tree: &Tree, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match tree.node {
        Node::Sum(_) | Node::Product(_) | Node::Negative(_) => write!(f, "{tree}"),
        _ => bracketed(tree, f),
    }
}

fn in_brackets(tree: &Tree, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "({tree})")
}

/// A part of a name, quoted when it would not be read back as one word.
fn write_part(part: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if super::parse::is_plain(part) { f.write_str(part) } else { write_quoted(part, f) }
}

fn write_quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if !text.contains(['「', '」']) {
        write!(f, "「{text}」")
    } else if !text.contains('"') {
        write!(f, "\"{text}\"")
    } else {
        write!(f, "“{text}”")
    }
}
