//! Expressions on their way in from another format, and their spelling in ours.

use std::fmt;

use crate::expr::Order;

/// An expression that came from elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Truth(bool),
    /// A number and its unit.
    Number(f64, Option<&'static str>),
    /// Days since 1970-01-01.
    Date(i32),
    Text(String),
    /// A variable: the item and its attributes.
    Name(Vec<String>),
    /// One choice of a list, as the right side of a comparison.
    Label(String),
    Not(Box<Term>),
    And(Vec<Term>),
    Or(Vec<Term>),
    Compare(Box<Term>, Order, Box<Term>),
    /// A set has a label, a text has a part.
    Has(Box<Term>, Box<Term>),
    /// A text matches a pattern as a whole.
    Matches(Box<Term>, String),
    /// `+ - * /`
    Arithmetic(Box<Term>, char, Box<Term>),
    Call(&'static str, Vec<Term>),
}

impl Term {
    pub(super) fn name(parts: &[String]) -> Self {
        Self::Name(parts.to_vec())
    }

    pub(super) fn known(name: Self) -> Self {
        Self::Call("已知", vec![name])
    }

    pub(super) fn compare(left: Self, order: Order, right: Self) -> Self {
        Self::Compare(Box::new(left), order, Box::new(right))
    }

    pub(super) fn arithmetic(left: Self, sign: char, right: Self) -> Self {
        Self::Arithmetic(Box::new(left), sign, Box::new(right))
    }

    /// All of them; what always holds is left out, repeats too.
    pub(super) fn and(of: impl IntoIterator<Item = Self>) -> Self {
        let mut all: Vec<Self> = Vec::new();
        for term in of {
            match term {
                Self::Truth(true) => {}
                Self::Truth(false) => return Self::Truth(false),
                Self::And(inner) => all.extend(inner),
                other if all.contains(&other) => {}
                other => all.push(other),
            }
        }
        if all.len() == 1 {
            all.remove(0)
        } else if all.is_empty() {
            Self::Truth(true)
        } else {
            Self::And(all)
        }
    }

    /// One of them; what never holds is left out, repeats too.
    pub(super) fn or(of: impl IntoIterator<Item = Self>) -> Self {
        let mut any: Vec<Self> = Vec::new();
        for term in of {
            match term {
                Self::Truth(false) => {}
                Self::Truth(true) => return Self::Truth(true),
                Self::Or(inner) => any.extend(inner),
                other if any.contains(&other) => {}
                other => any.push(other),
            }
        }
        if any.len() == 1 {
            any.remove(0)
        } else if any.is_empty() {
            Self::Truth(false)
        } else {
            Self::Or(any)
        }
    }

    /// The opposite; twice not is nothing said.
    pub(super) fn not(self) -> Self {
        match self {
            Self::Truth(value) => Self::Truth(!value),
            Self::Not(inner) => *inner,
            Self::Compare(left, order, right) => Self::Compare(left, opposite(order), right),
            other => Self::Not(Box::new(other)),
        }
    }

    /// How tightly it binds; an operand that binds less is bracketed.
    fn rank(&self) -> u8 {
        match self {
            Self::Or(_) => 1,
            Self::And(_) => 2,
            Self::Not(_) => 3,
            Self::Compare(..) | Self::Has(..) | Self::Matches(..) => 4,
            Self::Arithmetic(_, '+' | '-', _) => 5,
            Self::Arithmetic(..) => 6,
            Self::Number(value, _) if *value < 0.0 => 5,
            _ => 7,
        }
    }
}

/// The order that holds exactly when the other does not.
pub(super) fn opposite(order: Order) -> Order {
    match order {
        Order::Equal => Order::Unequal,
        Order::Unequal => Order::Equal,
        Order::Greater => Order::AtMost,
        Order::AtMost => Order::Greater,
        Order::Less => Order::AtLeast,
        Order::AtLeast => Order::Less,
    }
}

/// The order seen from the other side.
pub(super) fn mirrored(order: Order) -> Order {
    match order {
        Order::Greater => Order::Less,
        Order::Less => Order::Greater,
        Order::AtLeast => Order::AtMost,
        Order::AtMost => Order::AtLeast,
        same => same,
    }
}

fn sign(order: Order) -> &'static str {
    match order {
        Order::Equal => "=",
        Order::Unequal => "≠",
        Order::Greater => ">",
        Order::AtLeast => ">=",
        Order::Less => "<",
        Order::AtMost => "<=",
    }
}

struct At<'a>(&'a Term, u8);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.rank() < self.1 { write!(f, "({})", self.0) } else { self.0.fmt(f) }
    }
}

fn joined(of: &[Term], word: &str, rank: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, term) in of.iter().enumerate() {
        if index > 0 {
            write!(f, " {word} ")?;
        }
        write!(f, "{}", At(term, rank + 1))?;
    }
    Ok(())
}

/// The spelling in our language.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truth(value) => f.write_str(if *value { "是" } else { "否" }),
            Self::Number(value, unit) => write!(f, "{value}{}", unit.unwrap_or_default()),
            Self::Date(days) => f.write_str(&date_text(*days)),
            Self::Text(text) => write!(f, "{}", quoted_text(text)),
            Self::Name(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| quoted(part)).collect();
                f.write_str(&parts.join("."))
            }
            Self::Label(label) => f.write_str(&quoted(label)),
            Self::Not(of) => write!(f, "非 {}", At(of, 4)),
            Self::And(of) => joined(of, "且", 2, f),
            Self::Or(of) => joined(of, "或", 1, f),
            Self::Compare(left, order, right) => {
                write!(f, "{} {} {}", At(left, 5), sign(*order), At(right, 5))
            }
            Self::Has(set, label) => write!(f, "{} 含 {}", At(set, 5), At(label, 7)),
            Self::Matches(text, pattern) => write!(f, "{} 匹配 {}", At(text, 5), quoted_text(pattern)),
            Self::Arithmetic(left, sign, right) => {
                let rank = self.rank();
                write!(f, "{} {sign} {}", At(left, rank), At(right, rank + 1))
            }
            Self::Call(name, of) => {
                let of: Vec<String> = of.iter().map(ToString::to_string).collect();
                write!(f, "{name}({})", of.join(", "))
            }
        }
    }
}

/// Words that mean something else when they stand alone.
const KEYWORDS: [&str; 31] = [
    "且",
    "或",
    "非",
    "是",
    "否",
    "and",
    "or",
    "not",
    "yes",
    "no",
    "true",
    "false",
    "含",
    "不含",
    "含任一",
    "含全部",
    "属于",
    "不属于",
    "介于",
    "和",
    "匹配",
    "in",
    "between",
    "contains",
    "matches",
    "has",
    "has_any",
    "has_all",
    "与",
    "结束",
    "否则",
];

/// Whether a word is read back as one name without quotes.
pub(super) fn is_plain(word: &str) -> bool {
    let starts_well = word.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    starts_well
        && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '·'))
        && !KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

/// A name or label, quoted where it would not be read back as one word.
pub(super) fn quoted(word: &str) -> String {
    if is_plain(word) {
        word.to_owned()
    } else if !word.contains(['「', '」']) {
        format!("「{word}」")
    } else if !word.contains('"') {
        format!("\"{word}\"")
    } else {
        format!("“{word}”")
    }
}

fn quoted_text(text: &str) -> String {
    if text.contains('"') { format!("“{text}”") } else { format!("\"{text}\"") }
}

/// Days since 1970-01-01 of a date `2026-11-23`; nothing when there is no such day.
pub(super) fn date_days(text: &str) -> Option<i32> {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next()?;
        (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<i32>().ok())?
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) || year == 0 {
        return None;
    }
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    (date_text(days) == text).then_some(days)
}

/// The date `2026-11-23` of days since 1970-01-01.
pub(super) fn date_text(days: i32) -> String {
    let shifted = i64::from(days) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + carry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_brackets_only_what_binds_less() {
        let name = |word: &str| Term::Name(vec![word.to_owned()]);
        let or = Term::or([name("甲"), name("乙")]);
        assert_eq!(Term::and([or.clone(), name("丙").not()]).to_string(), "(甲 或 乙) 且 非 丙");
        assert_eq!(or.not().to_string(), "非 (甲 或 乙)");
        let sum = Term::arithmetic(name("甲"), '+', name("乙"));
        assert_eq!(Term::arithmetic(sum.clone(), '*', sum).to_string(), "(甲 + 乙) * (甲 + 乙)");
        let minus = Term::Number(-3.0, None);
        assert_eq!(Term::arithmetic(name("甲"), '-', minus).to_string(), "甲 - (-3)");
        assert_eq!(name("3天前").to_string(), "「3天前」");
        assert_eq!(name("含").to_string(), "「含」");
    }

    #[test]
    fn dates_go_both_ways() {
        for (text, days) in
            [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-23", 20_780), ("1899-12-31", -25_568)]
        {
            assert_eq!(date_days(text), Some(days), "{text}");
            assert_eq!(date_text(days), text);
        }
        for wrong in ["2026-02-30", "2026-13-01", "2026-1-1", "26-01-01", "2026-01-01-01", "", "天-天-天"]
        {
            assert_eq!(date_days(wrong), None, "{wrong}");
        }
    }
}
