use chrono::TimeDelta;

use crate::HerbalError;

/// Where a prescription stands; drawn in `data/flows/herbal-order.mmd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// 已上传: taken in, not reviewed; it leaves this state in the transaction it came in.
    Uploaded,
    /// 待医生修改: a blocking finding is not signed.
    Returned,
    /// 待审方
    Waiting,
    Passed,
    TimedOut,
    Rejected,
    Paid,
    Dispatched,
    Accepted,
    /// In the hands of the company.
    Made(Step),
    Received,
    PickedUp,
    /// 退费待定: work was done; somebody has to agree.
    RefundRequested {
        from: Step,
    },
    RefundAgreed,
    Refunded,
    Cancelled,
}

/// What was done last by the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Dispensed,
    Checked,
    Soaked,
    Decocted,
    Packed,
    Shipped,
    Ready,
}

/// What may happen to a prescription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// 拦截: a blocking finding is not signed.
    Blocked,
    /// 送审
    Queued,
    /// 双签字: the prescriber signed every blocking finding.
    Signed,
    /// 修改: a new version came.
    Amended,
    Passed,
    Rejected,
    /// 超时: nobody decided in time; the clock does.
    TimedOut,
    Paid,
    Dispatched,
    Accepted,
    /// 拒单
    Declined,
    /// 撤回派单: taken back from a company that has not accepted it.
    Withdrawn,
    /// 改配送: brought elsewhere, or fetched instead; the prescription stays as it is.
    Redirected,
    /// The company did a step.
    Did(Step),
    /// 配送未成
    Bounced,
    Received,
    PickedUp,
    Cancelled,
    RefundRequested,
    RefundAgreed,
    RefundRefused,
    Refunded,
}

impl State {
    /// Every state there is.
    pub fn all() -> Vec<Self> {
        let plain = [
            Self::Uploaded,
            Self::Returned,
            Self::Waiting,
            Self::Passed,
            Self::TimedOut,
            Self::Rejected,
            Self::Paid,
            Self::Dispatched,
            Self::Accepted,
            Self::Received,
            Self::PickedUp,
            Self::RefundAgreed,
            Self::Refunded,
            Self::Cancelled,
        ];
        let made = Step::ALL.map(Self::Made);
        let asked = Step::ALL.map(|from| Self::RefundRequested { from });
        plain.into_iter().chain(made).chain(asked).collect()
    }

    /// The state after an event, or that it cannot happen now.
    pub fn after(self, event: Event) -> Result<Self, HerbalError> {
        use Step::{Checked, Decocted, Dispensed, Packed, Ready, Shipped, Soaked};
        Ok(match (self, event) {
            (Self::Uploaded, Event::Blocked) => Self::Returned,
            (Self::Uploaded, Event::Queued) | (Self::Returned, Event::Signed) => Self::Waiting,
            (
                Self::Returned | Self::Waiting | Self::Passed | Self::TimedOut | Self::Rejected,
                Event::Amended,
            ) => Self::Uploaded,
            (
                Self::Returned | Self::Waiting | Self::Passed | Self::TimedOut | Self::Rejected,
                Event::Cancelled,
            ) => Self::Cancelled,
            (Self::Waiting, Event::Passed) => Self::Passed,
            (Self::Waiting, Event::Rejected) => Self::Rejected,
            (Self::Waiting, Event::TimedOut) => Self::TimedOut,
            (Self::Passed | Self::TimedOut, Event::Paid)
            | (Self::Dispatched, Event::Declined | Event::Withdrawn) => Self::Paid,
            (
                Self::Passed
                | Self::TimedOut
                | Self::Paid
                | Self::Dispatched
                | Self::Accepted
                | Self::Made(Dispensed | Checked | Soaked | Decocted | Packed),
                Event::Redirected,
            ) => self,
            (Self::Paid, Event::Dispatched) => Self::Dispatched,
            (Self::Dispatched, Event::Accepted) => Self::Accepted,
            (Self::Accepted, Event::Did(Dispensed)) => Self::Made(Dispensed),
            (Self::Made(Dispensed), Event::Did(Checked)) => Self::Made(Checked),
            (Self::Made(Checked), Event::Did(Soaked)) => Self::Made(Soaked),
            (Self::Made(Soaked), Event::Did(Decocted)) => Self::Made(Decocted),
            (Self::Made(Decocted | Checked), Event::Did(Packed)) | (Self::Made(Shipped), Event::Bounced) => {
                Self::Made(Packed)
            }
            (Self::Made(Packed), Event::Did(step @ (Shipped | Ready))) => Self::Made(step),
            (Self::Made(Shipped), Event::Received) => Self::Received,
            (Self::Made(Ready), Event::PickedUp) => Self::PickedUp,
            (Self::Paid | Self::Dispatched | Self::Accepted | Self::RefundAgreed, Event::Refunded) => {
                Self::Refunded
            }
            (Self::Made(from), Event::RefundRequested) => Self::RefundRequested { from },
            (Self::RefundRequested { .. }, Event::RefundAgreed) => Self::RefundAgreed,
            (Self::RefundRequested { from }, Event::RefundRefused) => Self::Made(from),
            (state, event) => return Err(HerbalError::WrongState { state, event }),
        })
    }

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Returned => "returned",
            Self::Waiting => "waiting",
            Self::Passed => "passed",
            Self::TimedOut => "timed_out",
            Self::Rejected => "rejected",
            Self::Paid => "paid",
            Self::Dispatched => "dispatched",
            Self::Accepted => "accepted",
            Self::Made(step) => step.name(),
            Self::Received => "received",
            Self::PickedUp => "picked_up",
            Self::RefundRequested { .. } => "refund_requested",
            Self::RefundAgreed => "refund_agreed",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
        }
    }

    /// Where it goes on when a refund is refused.
    pub fn resumes(self) -> Option<&'static str> {
        match self {
            Self::RefundRequested { from } => Some(from.name()),
            _ => None,
        }
    }

    /// From a row; None when the two columns do not fit together.
    pub fn of(name: &str, resumes: Option<&str>) -> Option<Self> {
        Self::all().into_iter().find(|state| state.name() == name && state.resumes() == resumes)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Uploaded => "已上传",
            Self::Returned => "待医生修改",
            Self::Waiting => "待审方",
            Self::Passed => "审方通过",
            Self::TimedOut => "超时通过",
            Self::Rejected => "审方不通过",
            Self::Paid => "已付费",
            Self::Dispatched => "已派单",
            Self::Accepted => "企业已接单",
            Self::Made(step) => step.text(),
            Self::Received => "已签收",
            Self::PickedUp => "已自提",
            Self::RefundRequested { .. } => "退费待定",
            Self::RefundAgreed => "同意退费",
            Self::Refunded => "已退费",
            Self::Cancelled => "已取消",
        }
    }

    /// Whether the HIS may take the patient's money.
    pub fn is_payable(self) -> bool {
        self.after(Event::Paid).is_ok()
    }

    /// How long it may stand like this before somebody has to look after it; None where nobody is expected to act, or
    /// another clock runs.
    pub fn patience(self) -> Option<TimeDelta> {
        Some(match self {
            Self::Paid => TimeDelta::minutes(15),
            Self::Dispatched => TimeDelta::hours(1),
            Self::Accepted | Self::Made(Step::Dispensed | Step::Checked | Step::Soaked | Step::Decocted) => {
                TimeDelta::hours(8)
            }
            Self::Returned | Self::Rejected | Self::Made(Step::Packed) | Self::RefundRequested { .. } => {
                TimeDelta::hours(24)
            }
            Self::Made(Step::Shipped) | Self::RefundAgreed => TimeDelta::hours(48),
            Self::Made(Step::Ready) => TimeDelta::days(7),
            _ => return None,
        })
    }

    /// Tone of the badge it is shown in.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Returned | Self::Rejected => "danger",
            Self::Waiting | Self::TimedOut | Self::RefundRequested { .. } => "warn",
            Self::Passed | Self::Received | Self::PickedUp => "ok",
            Self::Refunded | Self::Cancelled | Self::RefundAgreed => "quiet",
            _ => "info",
        }
    }
}

impl Step {
    pub const ALL: [Self; 7] = [
        Self::Dispensed,
        Self::Checked,
        Self::Soaked,
        Self::Decocted,
        Self::Packed,
        Self::Shipped,
        Self::Ready,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Dispensed => "dispensed",
            Self::Checked => "checked",
            Self::Soaked => "soaked",
            Self::Decocted => "decocted",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
            Self::Ready => "ready",
        }
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Dispensed => "已调配",
            Self::Checked => "已复核",
            Self::Soaked => "已浸泡",
            Self::Decocted => "已煎煮",
            Self::Packed => "已包装",
            Self::Shipped => "配送中",
            Self::Ready => "待自提",
        }
    }
}

impl Event {
    /// Every event there is.
    pub fn all() -> Vec<Self> {
        let plain = [
            Self::Blocked,
            Self::Queued,
            Self::Signed,
            Self::Amended,
            Self::Passed,
            Self::Rejected,
            Self::TimedOut,
            Self::Paid,
            Self::Dispatched,
            Self::Accepted,
            Self::Declined,
            Self::Withdrawn,
            Self::Redirected,
            Self::Bounced,
            Self::Received,
            Self::PickedUp,
            Self::Cancelled,
            Self::RefundRequested,
            Self::RefundAgreed,
            Self::RefundRefused,
            Self::Refunded,
        ];
        plain.into_iter().chain(Step::ALL.map(Self::Did)).collect()
    }

    /// As stored and told to hospitals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Queued => "queued",
            Self::Signed => "signed",
            Self::Amended => "amended",
            Self::Passed => "passed",
            Self::Rejected => "rejected",
            Self::TimedOut => "timed_out",
            Self::Paid => "paid",
            Self::Dispatched => "dispatched",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Redirected => "redirected",
            Self::Did(step) => step.name(),
            Self::Bounced => "bounced",
            Self::Received => "received",
            Self::PickedUp => "picked_up",
            Self::Cancelled => "cancelled",
            Self::RefundRequested => "refund_requested",
            Self::RefundAgreed => "refund_agreed",
            Self::RefundRefused => "refund_refused",
            Self::Refunded => "refunded",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|event| event.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Blocked => "拦截",
            Self::Queued => "送审",
            Self::Signed => "双签字",
            Self::Amended => "修改",
            Self::Passed => "通过",
            Self::Rejected => "不通过",
            Self::TimedOut => "超时",
            Self::Paid => "付费",
            Self::Dispatched => "派单",
            Self::Accepted => "接单",
            Self::Declined => "拒单",
            Self::Withdrawn => "撤回派单",
            Self::Redirected => "改配送",
            Self::Did(Step::Dispensed) => "调配",
            Self::Did(Step::Checked) => "复核",
            Self::Did(Step::Soaked) => "浸泡",
            Self::Did(Step::Decocted) => "煎煮",
            Self::Did(Step::Packed) => "包装",
            Self::Did(Step::Shipped) => "配送",
            Self::Did(Step::Ready) => "到店",
            Self::Bounced => "配送未成",
            Self::Received => "签收",
            Self::PickedUp => "自提",
            Self::Cancelled => "取消",
            Self::RefundRequested => "申请退费",
            Self::RefundAgreed => "准许退费",
            Self::RefundRefused => "不准退费",
            Self::Refunded => "退费",
        }
    }

    /// Whether the hospital has to hear of it: what it did not do itself.
    pub fn is_told(self) -> bool {
        !matches!(
            self,
            Self::Blocked
                | Self::Queued
                | Self::Signed
                | Self::Amended
                | Self::Paid
                | Self::Cancelled
                | Self::RefundRequested
                | Self::Refunded
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const CHART: &str = include_str!("../../../../data/flows/herbal-order.mmd");

    fn label(event: Event, to: State) -> String {
        match event {
            Event::RefundRefused => format!("不准退费，回到{}", to.text()),
            event => event.text().to_owned(),
        }
    }

    /// `waiting --> passed: 通过` as three texts, without the lines of start and end.
    fn lines_of_chart() -> BTreeSet<(String, String, String)> {
        let line = |line: &str| {
            let (from, rest) = line.trim().split_once(" --> ")?;
            let (to, event) = rest.split_once(": ")?;
            (from != "[*]").then(|| (from.to_owned(), to.to_owned(), event.to_owned()))
        };
        CHART.lines().filter_map(line).collect()
    }

    #[test]
    fn chart_and_code_have_the_same_transitions() {
        let mut of_code = BTreeSet::new();
        for state in State::all() {
            for event in Event::all() {
                if let Ok(next) = state.after(event) {
                    of_code.insert((state.name().to_owned(), next.name().to_owned(), label(event, next)));
                }
            }
        }
        assert_eq!(lines_of_chart(), of_code);
    }

    #[test]
    fn chart_and_code_call_the_states_the_same() {
        for state in State::all() {
            let line = format!("{}: {}", state.name(), state.text());
            assert!(CHART.lines().any(|drawn| drawn.trim() == line), "{line} is not drawn");
            assert_eq!(State::of(state.name(), state.resumes()), Some(state));
        }
        assert_eq!(State::of("refund_requested", None), None);
        assert_eq!(State::of("paid", Some("packed")), None);
        for event in Event::all() {
            assert_eq!(Event::named(event.name()), Some(event));
        }
    }

    #[test]
    fn nothing_happens_after_the_end() {
        for end in [State::Received, State::PickedUp, State::Refunded, State::Cancelled] {
            assert!(Event::all().into_iter().all(|event| end.after(event).is_err()), "{end:?}");
            assert!(CHART.contains(&format!("{} --> [*]", end.name())), "{end:?}");
        }
    }

    proptest! {
        /// Whatever happens in whatever order: nothing is paid without a verdict in favour, nothing made without
        /// payment, nothing made is refunded without consent.
        #[test]
        fn money_follows_verdict_and_consent(choices in proptest::collection::vec(0..1000_usize, 1..80)) {
            let (mut state, mut past) = (State::Uploaded, Vec::new());
            for choice in choices {
                let possible: Vec<Event> =
                    Event::all().into_iter().filter(|event| state.after(*event).is_ok()).collect();
                let Some(event) = possible.get(choice % possible.len().max(1)).copied() else { break };
                state = state.after(event).unwrap();
                past.push(event);
                let last = |wanted: &[Event]| past.iter().rposition(|event| wanted.contains(event));
                if event == Event::Paid {
                    let verdict = last(&[Event::Passed, Event::TimedOut]);
                    prop_assert!(verdict.is_some() && verdict > last(&[Event::Amended, Event::Rejected]), "{past:?}");
                }
                if matches!(event, Event::Did(_)) {
                    prop_assert!(past.contains(&Event::Paid) && past.contains(&Event::Accepted), "{past:?}");
                }
                let worked = last(&Step::ALL.map(Event::Did));
                if event == Event::Refunded && worked.is_some() {
                    prop_assert!(last(&[Event::RefundAgreed]) > worked, "{past:?}");
                }
            }
        }
    }
}
