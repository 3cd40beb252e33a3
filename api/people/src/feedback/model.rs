use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// Characters a text may have.
pub(super) const LONGEST: usize = 1000;
/// Photographs one entry may bring.
pub(super) const MOST_PHOTOS: usize = 6;
/// A closed feedback can be opened again for so long.
const REOPEN_DAYS: i64 = 7;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Open,
    Handling,
    Answered,
    Closed,
}

/// What may happen to a feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Claimed,
    FollowedUp,
    Replied,
    Closed,
    Rated,
    Reopened,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    Service,
    Environment,
    Fee,
    System,
    Suggestion,
    Other,
}

/// One feedback without its thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Feedback {
    pub(super) id: Uuid,
    /// As people say it on the telephone.
    pub(super) number: String,
    pub(super) resident: Uuid,
    pub(super) category: Category,
    pub(super) institution: Option<String>,
    pub(super) may_contact: bool,
    pub(super) state: State,
    pub(super) handler: Option<Uuid>,
    pub(super) version: i64,
    pub(super) stars: Option<i64>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) waiting_since: Option<DateTime<Utc>>,
    pub(super) answered_at: Option<DateTime<Utc>>,
    pub(super) closed_at: Option<DateTime<Utc>>,
}

/// One step of the thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) staff: Option<Uuid>,
    pub(super) text: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) photos: Vec<Uuid>,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Open, Self::Handling, Self::Answered, Self::Closed];

    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Handling => "handling",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Open => "待处理",
            Self::Handling => "处理中",
            Self::Answered => "已回复",
            Self::Closed => "已办结",
        }
    }

    pub(super) fn tone(self) -> &'static str {
        match self {
            Self::Open => "warn",
            Self::Handling => "info",
            Self::Answered => "ok",
            Self::Closed => "quiet",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state after an event; None where the event cannot happen.
    pub(super) fn after(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Open, Event::FollowedUp) => Some(Self::Open),
            (Self::Open | Self::Handling, Event::Claimed)
            | (Self::Handling | Self::Answered, Event::FollowedUp)
            | (Self::Closed, Event::Reopened) => Some(Self::Handling),
            (Self::Answered, Event::Claimed)
            | (Self::Open | Self::Handling | Self::Answered, Event::Replied) => Some(Self::Answered),
            (Self::Open | Self::Handling | Self::Answered, Event::Closed) | (Self::Closed, Event::Rated) => {
                Some(Self::Closed)
            }
            (Self::Closed, _) | (_, Event::Rated | Event::Reopened) => None,
        }
    }
}

impl Event {
    /// Kind of the entry it leaves in the thread.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::FollowedUp => "follow_up",
            Self::Replied => "reply",
            Self::Closed => "closed",
            Self::Rated => "rated",
            Self::Reopened => "reopened",
        }
    }
}

impl Category {
    pub const ALL: [Self; 6] =
        [Self::Service, Self::Environment, Self::Fee, Self::System, Self::Suggestion, Self::Other];

    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Environment => "environment",
            Self::Fee => "fee",
            Self::System => "system",
            Self::Suggestion => "suggestion",
            Self::Other => "other",
        }
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Service => "服务态度",
            Self::Environment => "环境设施",
            Self::Fee => "费用",
            Self::System => "系统使用",
            Self::Suggestion => "建议",
            Self::Other => "其他",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

impl Entry {
    /// What this step of the thread is called.
    pub(super) fn title(&self) -> &'static str {
        match self.kind.as_str() {
            "text" => "提交反馈",
            "follow_up" => "补充",
            "claimed" => "工作人员已受理",
            "reply" => "工作人员回复",
            "note" => "内部备注",
            "closed" => "办结",
            "rated" => "评价",
            _ => "重新打开",
        }
    }
}

impl Feedback {
    /// Whether the resident may still say that the matter is not settled.
    pub(super) fn may_reopen(&self, now: DateTime<Utc>) -> bool {
        self.state == State::Closed
            && self.closed_at.is_some_and(|at| now - at <= TimeDelta::days(REOPEN_DAYS))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CHART: &str = include_str!("../../../../data/flows/feedback.mmd");

    #[test]
    fn chart_and_code_have_the_same_transitions_and_names() {
        let events = [
            (Event::Claimed, "受理"),
            (Event::FollowedUp, "追加"),
            (Event::Replied, "回复"),
            (Event::Closed, "办结"),
            (Event::Rated, "评价"),
            (Event::Reopened, "重新打开"),
        ];
        let mut of_code = BTreeSet::new();
        for state in State::ALL {
            assert!(CHART.contains(&format!("{}: {}\n", state.name(), state.text())));
            for (event, label) in events {
                if let Some(next) = state.after(event) {
                    of_code.insert(format!("{} --> {}: {label}", state.name(), next.name()));
                }
            }
        }
        let of_chart: BTreeSet<String> = CHART
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| line.contains(" --> ") && !line.contains("[*]"))
            .collect();
        assert_eq!(of_chart, of_code);
    }
}
