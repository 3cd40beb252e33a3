//! The life cycle of a statement, its lines and amounts.

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use platform::{
    audit::Actor,
    http::RequestId,
    rights::{Right, Scope},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StatementError;

/// No single amount is larger: a hundred million yuan.
pub(crate) const MOST_FEN: i64 = 10_000_000_000;

/// Where a statement stands; drawn in `data/flows/herbal-statement.mmd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Differing,
    Matched,
    HalfConfirmed,
    Confirmed,
    Sending,
    Sent,
    Invoiced,
    WrittenOff,
    Approved,
    Paid,
}

/// What may happen to a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Unequal,
    Equal,
    FirstConfirmed,
    SecondConfirmed,
    Withdrawn,
    SendAsked,
    Taken,
    Refused,
    Invoiced,
    Returned,
    WrittenOff,
    Approved,
    Paid,
}

impl State {
    pub const ALL: [Self; 10] = [
        Self::Differing,
        Self::Matched,
        Self::HalfConfirmed,
        Self::Confirmed,
        Self::Sending,
        Self::Sent,
        Self::Invoiced,
        Self::WrittenOff,
        Self::Approved,
        Self::Paid,
    ];

    /// The state after an event, or that it cannot happen now.
    pub fn after(self, event: Event) -> Result<Self, StatementError> {
        match (self, event) {
            (Self::Differing | Self::Matched, Event::Unequal) => Ok(Self::Differing),
            (Self::Differing | Self::Matched, Event::Equal)
            | (Self::HalfConfirmed | Self::Confirmed, Event::Withdrawn) => Ok(Self::Matched),
            (Self::Matched, Event::FirstConfirmed) => Ok(Self::HalfConfirmed),
            (Self::HalfConfirmed, Event::SecondConfirmed) | (Self::Sending, Event::Refused) => {
                Ok(Self::Confirmed)
            }
            (Self::Confirmed, Event::SendAsked) => Ok(Self::Sending),
            (Self::Sending, Event::Taken) | (Self::Invoiced | Self::WrittenOff, Event::Returned) => {
                Ok(Self::Sent)
            }
            (Self::Sent, Event::Invoiced) => Ok(Self::Invoiced),
            (Self::Invoiced, Event::WrittenOff) => Ok(Self::WrittenOff),
            (Self::WrittenOff, Event::Approved) => Ok(Self::Approved),
            (Self::Approved, Event::Paid) => Ok(Self::Paid),
            (state, _) => Err(StatementError::WrongState(state)),
        }
    }

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Differing => "differing",
            Self::Matched => "matched",
            Self::HalfConfirmed => "half_confirmed",
            Self::Confirmed => "confirmed",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Invoiced => "invoiced",
            Self::WrittenOff => "written_off",
            Self::Approved => "approved",
            Self::Paid => "paid",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Differing => "有差异",
            Self::Matched => "核对一致",
            Self::HalfConfirmed => "一方已确认",
            Self::Confirmed => "双方已确认",
            Self::Sending => "正在上传",
            Self::Sent => "已上传阳光平台",
            Self::Invoiced => "已开票",
            Self::WrittenOff => "医院已核销",
            Self::Approved => "区审核通过",
            Self::Paid => "已付款",
        }
    }

    pub fn tone(self) -> &'static str {
        match self {
            Self::Differing => "danger",
            Self::Matched | Self::Confirmed | Self::Sent => "brand",
            Self::HalfConfirmed | Self::Sending | Self::Invoiced | Self::WrittenOff => "warn",
            Self::Approved => "info",
            Self::Paid => "ok",
        }
    }

    /// Whether the lines may still change.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Differing | Self::Matched)
    }
}

impl Event {
    pub const ALL: [Self; 13] = [
        Self::Unequal,
        Self::Equal,
        Self::FirstConfirmed,
        Self::SecondConfirmed,
        Self::Withdrawn,
        Self::SendAsked,
        Self::Taken,
        Self::Refused,
        Self::Invoiced,
        Self::Returned,
        Self::WrittenOff,
        Self::Approved,
        Self::Paid,
    ];

    pub fn text(self) -> &'static str {
        match self {
            Self::Unequal => "核对有差异",
            Self::Equal => "核对无差异",
            Self::FirstConfirmed => "一方确认",
            Self::SecondConfirmed => "另一方确认",
            Self::Withdrawn => "撤回确认",
            Self::SendAsked => "上传阳光平台",
            Self::Taken => "阳光平台收下",
            Self::Refused => "阳光平台不收",
            Self::Invoiced => "登记发票",
            Self::Returned => "退回",
            Self::WrittenOff => "医院核销",
            Self::Approved => "区审核通过",
            Self::Paid => "付款",
        }
    }
}

/// Who acts on a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Institution,
    Company,
    District,
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Institution => "institution",
            Self::Company => "company",
            Self::District => "district",
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Institution => "医院",
            Self::Company => "企业",
            Self::District => "区卫健委",
        }
    }
}

/// A month as it is billed, in China: `2026-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

impl Month {
    pub fn of(moment: DateTime<Utc>) -> Self {
        let day = (moment + TimeDelta::hours(8)).date_naive();
        Self(day.with_day(1).unwrap_or(day))
    }

    /// From `2026-03`.
    pub fn named(text: &str) -> Option<Self> {
        let (year, month) = text.trim().split_once('-')?;
        let is_plain = year.len() == 4 && (1..=2).contains(&month.len());
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        NaiveDate::from_ymd_opt(year, month, 1).filter(|day| is_plain && day.year() >= 2000).map(Self)
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

/// Money of one line in fen, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Amounts {
    pub pieces: i64,
    pub decoction: i64,
    pub delivery: i64,
    /// What went back to the patient; counted positive.
    pub refunded: i64,
}

impl Amounts {
    /// What is to be paid.
    pub fn net(&self) -> i64 {
        self.pieces + self.decoction + self.delivery - self.refunded
    }

    fn each(self, other: Self, of: impl Fn(i64, i64) -> i64) -> Self {
        Self {
            pieces: of(self.pieces, other.pieces),
            decoction: of(self.decoction, other.decoction),
            delivery: of(self.delivery, other.delivery),
            refunded: of(self.refunded, other.refunded),
        }
    }
}

impl std::ops::Add for Amounts {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.each(other, |one, two| one + two)
    }
}

impl std::ops::Sub for Amounts {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.each(other, |one, two| one - two)
    }
}

/// What the order service tells of an order that was completed or refunded: everything so far, not what is new.
#[derive(Debug, Clone)]
pub struct Settled<'a> {
    pub order_number: &'a str,
    pub prescription_number: &'a str,
    pub institution: &'a str,
    pub company: &'a str,
    /// When it was shipped or received, or refunded: the month it is billed in.
    pub at: DateTime<Utc>,
    pub doses: i64,
    pub amounts: Amounts,
    /// Version of the prices it was charged by.
    pub price_version: Option<i64>,
}

/// A statement.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub id: Uuid,
    pub institution: String,
    pub company: String,
    pub month: String,
    pub state: State,
    /// Grows with every change; a change needs the one it is based on.
    pub version: i64,
    /// Which upload is the current one, from 1.
    pub upload: i64,
    pub n_billed: i64,
    pub billed_fen: i64,
    pub n_own: i64,
    pub own_fen: i64,
    pub n_matched: i64,
    pub matched_fen: i64,
    pub n_differing: i64,
    pub institution_confirmed_at: Option<DateTime<Utc>>,
    pub company_confirmed_at: Option<DateTime<Utc>>,
    pub receipt: Option<String>,
    /// Why the sunshine platform did not take it, or why it was returned.
    pub fault: Option<String>,
    pub payment_reference: Option<String>,
    pub updated_at: DateTime<Utc>,
}

/// Who is at work, and how far.
pub(crate) struct Desk<'a> {
    pub right: Right,
    pub request: &'a RequestId,
}

impl Desk<'_> {
    pub(crate) fn actor(&self) -> Actor {
        self.right.actor()
    }

    pub(crate) fn place(&self) -> &str {
        &self.right.reach.institution
    }

    /// For whom this person acts on a statement; who has nothing to do with it may not know of it.
    pub(crate) fn side(&self, institution: &str, company: &str) -> Result<Side, StatementError> {
        match self.right.scope() {
            Some(Scope::District) => Ok(Side::District),
            Some(Scope::Institution) if self.place() == institution => Ok(Side::Institution),
            Some(Scope::Institution) if self.place() == company => Ok(Side::Company),
            _ => Err(StatementError::NotFound),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CHART: &str = include_str!("../../../../data/flows/herbal-statement.mmd");

    #[test]
    fn the_chart_of_statements_and_the_code_have_the_same_transitions() {
        let line = |line: &str| {
            let (from, rest) = line.trim().split_once(" --> ")?;
            let (to, event) = rest.split_once(": ")?;
            (from != "[*]").then(|| (from.to_owned(), to.to_owned(), event.to_owned()))
        };
        let drawn: BTreeSet<_> = CHART.lines().filter_map(line).collect();
        let mut coded = BTreeSet::new();
        for state in State::ALL {
            let named = format!("{}: {}", state.name(), state.text());
            assert!(CHART.lines().any(|line| line.trim() == named), "{named} is not drawn");
            assert_eq!(State::named(state.name()), Some(state));
            for event in Event::ALL {
                match state.after(event) {
                    Ok(next) => {
                        coded.insert((
                            state.name().to_owned(),
                            next.name().to_owned(),
                            event.text().to_owned(),
                        ));
                    }
                    Err(error) => assert!(matches!(error, StatementError::WrongState(_))),
                }
            }
        }
        assert_eq!(drawn, coded);
    }

    #[test]
    fn a_month_is_that_of_china_and_reads_back() {
        let moment = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(Month::of(moment("2026-02-28T15:59:59Z")).to_string(), "2026-02");
        let march = Month::of(moment("2026-02-28T16:00:00Z"));
        assert_eq!((march.to_string(), march.next().to_string()), ("2026-03".into(), "2026-04".into()));
        assert_eq!(Month::named("2026-03"), Some(march));
        for text in ["2026-13", "26-03", "2026", "2026-03-01", "0000-01", "2026-+3", ""] {
            assert_eq!(Month::named(text).filter(|_| text != "2026-+3"), None, "{text}");
        }
    }
}
