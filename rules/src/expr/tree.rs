//! An expression as written, and its canonical spelling.

use std::fmt;

use super::error::At;

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
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Call(Function, Vec<Tree>),
    Compare(Box<Tree>, Order, Box<Tree>),
}

/// A function over conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Count,
    Any,
    All,
    Known,
}

impl Function {
    /// Spellings, the first is canonical.
    pub(super) const NAMES: [(Self, [&'static str; 2]); 4] = [
        (Self::Count, ["计数", "count"]),
        (Self::Any, ["任一", "any"]),
        (Self::All, ["全部", "all"]),
        (Self::Known, ["已知", "known"]),
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
            Node::Not(of) => {
                f.write_str("非 ")?;
                bracketed(of, f)
            }
            Node::And(all) => joined(all, " 且 ", f, |tree, f| match tree.node {
                Node::And(_) | Node::Or(_) => bracketed(tree, f),
                _ => write!(f, "{tree}"),
            }),
            Node::Or(any) => joined(any, " 或 ", f, |tree, f| match tree.node {
                Node::Or(_) => bracketed(tree, f),
                _ => write!(f, "{tree}"),
            }),
            Node::Call(function, of) => {
                write!(f, "{}(", function.name())?;
                joined(of, ", ", f, |tree, f| write!(f, "{tree}"))?;
                f.write_str(")")
            }
            Node::Compare(left, order, right) => {
                bracketed(left, f)?;
                write!(f, " {} ", order.sign())?;
                bracketed(right, f)
            }
        }
    }
}

fn joined(
    trees: &[Tree],
    sign: &str,
    f: &mut fmt::Formatter<'_>,
    write: impl Fn(&Tree, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    for (index, tree) in trees.iter().enumerate() {
        if index > 0 {
            f.write_str(sign)?;
        }
        write(tree, f)?;
    }
    Ok(())
}

/// In brackets unless it is one word already.
fn bracketed(tree: &Tree, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match tree.node {
        Node::Literal(_) | Node::Name(_) | Node::Number(..) | Node::Call(..) => write!(f, "{tree}"),
        Node::Not(_) | Node::And(_) | Node::Or(_) | Node::Compare(..) => write!(f, "({tree})"),
    }
}

/// A part of a name, quoted when it would not be read back as one word.
fn write_part(part: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if super::parse::is_plain(part) {
        f.write_str(part)
    } else if !part.contains(['「', '」']) {
        write!(f, "「{part}」")
    } else if !part.contains('"') {
        write!(f, "\"{part}\"")
    } else {
        write!(f, "“{part}”")
    }
}
