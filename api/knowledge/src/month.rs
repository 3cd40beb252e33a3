//! The visits of the last month, for trying rules on them; whoever keeps the visits gives them.

use std::{error::Error, pin::Pin};

use chrono::{DateTime, Utc};
use platform::rights::{Reach, Scope};
use rules::matching::{Matcher, Visit};
use uuid::Uuid;

/// Which visits: begun in this span, within reach of whoever asks.
#[derive(Debug, Clone)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub scope: Scope,
    pub reach: Reach,
}

/// A visit as rules see it: where it was and what they were given, nothing that names a person.
#[derive(Debug, Clone, PartialEq)]
pub struct PastVisit {
    /// Names for people.
    pub institution: String,
    pub department: String,
    /// What the rules in use and the draft are given; their inputs may differ.
    pub given: [Visit; 2],
}

/// Some visits, and after which one the next begin; None at the end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    pub visits: Vec<PastVisit>,
    pub next: Option<Uuid>,
}

/// What comes later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

/// The visits that were.
pub trait Month: Send + Sync {
    /// How many there are.
    fn count<'a>(&'a self, span: &'a Span) -> Later<'a, i64>;

    /// The next ones after `after`, in an order that stays, as the two sets of rules would be asked today.
    fn visits<'a>(&'a self, span: &'a Span, after: Option<Uuid>, rules: [&'a Matcher; 2])
    -> Later<'a, Batch>;
}
