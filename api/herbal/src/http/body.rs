use chrono::{DateTime, Utc};
use platform::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    HerbalError,
    model::{Charged, Decision, Detail, Found, Signature, reason_text},
    service::Whole,
};

/// Longest reason, in characters.
const LONGEST: usize = 200;
/// Most that is charged under one heading.
const MOST_FEN: i64 = 100_000_000;

/// What the rules found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Checked {
    /// The gravest first.
    pub(super) findings: Vec<Found>,
}

/// Second signatures under blocking findings of a version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Signatures {
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub(super) version: i64,
    pub(super) signatures: Vec<Signature>,
}

/// Why something is done, and by whom in the hospital.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    pub(super) reason: String,
    /// Name of who did it; the hospital itself when left out.
    #[serde(default)]
    pub(super) by: String,
}

/// The patient paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Paid {
    /// Number of the receipt.
    #[serde(default)]
    pub(super) receipt: String,
    #[serde(default)]
    pub(super) by: String,
    /// What was charged; reckoned by the prices of the catalogue when left out.
    #[serde(default)]
    pub(super) charge: Option<Charged>,
}

impl Paid {
    /// What was charged, where every amount can be.
    pub(super) fn charged(&self) -> Result<Option<Charged>, HerbalError> {
        let Some(told) = self.charge else { return Ok(None) };
        let amounts = [
            ("/charge/pieces_fen", told.pieces_fen),
            ("/charge/decoction_fen", told.decoction_fen),
            ("/charge/delivery_fen", told.delivery_fen),
        ];
        let wrong = amounts.into_iter().filter(|(_, fen)| !(0..=MOST_FEN).contains(fen));
        let faults: Vec<_> =
            wrong.map(|(pointer, _)| (pointer.to_owned(), "金额以分计，为 0 到 100000000")).collect();
        if faults.is_empty() { Ok(Some(told)) } else { Err(HerbalError::Faults(faults)) }
    }
}

/// What the hospital decided of a refund.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decided {
    pub(super) is_agreed: bool,
    pub(super) reason: String,
    /// Name of who decided.
    pub(super) by: String,
}

/// A prescription as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct View {
    number: String,
    version: i64,
    state: &'static str,
    state_text: &'static str,
    is_payable: bool,
    /// Nobody audited it in time: it passed by time-out.
    is_timed_out: bool,
    deadline: Option<DateTime<Utc>>,
    verdict: Option<VerdictView>,
    findings: Vec<Found>,
    /// Everything that happened, in order.
    steps: Vec<StepView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct VerdictView {
    decision: Decision,
    decided_at: DateTime<Utc>,
    reasons: Vec<ReasonView>,
    note: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct ReasonView {
    /// Of the review of prescriptions (处方点评), as `2-8`.
    code: String,
    text: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct StepView {
    sequence: i64,
    version: i64,
    event: &'static str,
    event_text: &'static str,
    state: String,
    at: DateTime<Utc>,
    by: String,
    detail: Detail,
}

impl Signatures {
    pub(super) fn faults(&self) -> Vec<(String, &'static str)> {
        let is_wrong = |one: &Signature| !(2..=LONGEST).contains(&one.reason.trim().chars().count());
        let at = |(row, _): (usize, &Signature)| {
            (format!("/signatures/{row}/reason"), "双签字须写 2 到 200 个字的理由")
        };
        self.signatures.iter().enumerate().filter(|(_, one)| is_wrong(one)).map(at).collect()
    }
}

impl Reason {
    /// A reason that says something.
    pub(super) fn checked(reason: &str) -> Result<Detail, Problem> {
        let reason = reason.trim();
        if (2..=LONGEST).contains(&reason.chars().count()) {
            return Ok(Detail { reason: reason.to_owned(), ..Detail::default() });
        }
        Err(Problem::invalid_input().fault("/reason", "写明原因，2 到 200 个字"))
    }
}

impl View {
    pub(super) fn of(whole: Whole) -> Self {
        let Whole { order, version, verdict, steps } = whole;
        let reason = |code: String| ReasonView { text: reason_text(&code).to_owned(), code };
        Self {
            number: order.number,
            version: order.version,
            state: order.state.name(),
            state_text: order.state.text(),
            is_payable: order.state.is_payable(),
            is_timed_out: verdict.as_ref().is_some_and(|one| one.decision == Decision::TimedOut),
            deadline: order.deadline,
            verdict: verdict.map(|verdict| VerdictView {
                decision: verdict.decision,
                decided_at: verdict.decided_at,
                reasons: verdict.reasons.into_iter().map(reason).collect(),
                note: verdict.note,
            }),
            findings: version.findings,
            steps: steps
                .into_iter()
                .map(|step| StepView {
                    sequence: step.seq,
                    version: step.version,
                    event: step.event.name(),
                    event_text: step.event.text(),
                    state: step.state,
                    at: step.at,
                    by: step.actor_name,
                    detail: step.detail,
                })
                .collect(),
        }
    }
}
