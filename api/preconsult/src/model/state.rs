use chrono::{DateTime, Utc};

use crate::PreconsultError;

/// Where a consultation stands. A transition consumes the old state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// 填写中: a question waits.
    Asking,
    /// 待确认: all asked; the patient checks the record.
    AwaitingConfirmation,
    /// 已提交: the doctor has it.
    Submitted { at: DateTime<Utc> },
    /// 急症: the patient stopped to seek help; the doctor sees it.
    Emergency { at: DateTime<Utc> },
    /// 已放弃: the patient began anew.
    Abandoned { at: DateTime<Utc> },
}

/// What may happen to a consultation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// 回答: an answer after which another question waits.
    Answered,
    /// 问完: an answer after which nothing more is to be asked.
    Completed,
    /// 停下就医
    SoughtHelp,
    /// 撤回: the last answer is taken back.
    Undone,
    /// 修改: a section is changed.
    Amended,
    /// 确认
    Confirmed,
    /// 重新开始
    Restarted,
}

impl State {
    /// The state after an event, or that it cannot happen now.
    pub fn after(self, event: Event, at: DateTime<Utc>) -> Result<Self, PreconsultError> {
        match (self, event) {
            (Self::Asking, Event::Answered)
            | (Self::Asking | Self::AwaitingConfirmation | Self::Emergency { .. }, Event::Undone) => {
                Ok(Self::Asking)
            }
            (Self::Asking, Event::Completed) | (Self::AwaitingConfirmation, Event::Amended) => {
                Ok(Self::AwaitingConfirmation)
            }
            (Self::Asking, Event::SoughtHelp) => Ok(Self::Emergency { at }),
            (Self::AwaitingConfirmation, Event::Confirmed) => Ok(Self::Submitted { at }),
            (Self::Asking | Self::AwaitingConfirmation, Event::Restarted) => Ok(Self::Abandoned { at }),
            (state, event) => Err(PreconsultError::WrongState { state, event }),
        }
    }

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::AwaitingConfirmation => "awaiting_confirmation",
            Self::Submitted { .. } => "submitted",
            Self::Emergency { .. } => "emergency",
            Self::Abandoned { .. } => "abandoned",
        }
    }

    /// From a row; None when name and time do not fit together.
    pub fn of(name: &str, ended_at: Option<DateTime<Utc>>) -> Option<Self> {
        Some(match (name, ended_at) {
            ("asking", None) => Self::Asking,
            ("awaiting_confirmation", None) => Self::AwaitingConfirmation,
            ("submitted", Some(at)) => Self::Submitted { at },
            ("emergency", Some(at)) => Self::Emergency { at },
            ("abandoned", Some(at)) => Self::Abandoned { at },
            _ => return None,
        })
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Asking => "填写中",
            Self::AwaitingConfirmation => "待确认",
            Self::Submitted { .. } => "已提交",
            Self::Emergency { .. } => "急症",
            Self::Abandoned { .. } => "已放弃",
        }
    }

    pub fn ended_at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Asking | Self::AwaitingConfirmation => None,
            Self::Submitted { at } | Self::Emergency { at } | Self::Abandoned { at } => Some(at),
        }
    }

    /// Whether the patient can still go on with it; there is one such consultation per resident.
    pub fn is_open(self) -> bool {
        self.ended_at().is_none()
    }

    /// Whether a doctor may read its content: it was sent, or the patient went to seek help.
    pub fn is_for_doctor(self) -> bool {
        matches!(self, Self::Submitted { .. } | Self::Emergency { .. })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const EVENTS: [(Event, &str); 7] = [
        (Event::Answered, "回答"),
        (Event::Completed, "问完"),
        (Event::SoughtHelp, "停下就医"),
        (Event::Undone, "撤回"),
        (Event::Amended, "修改"),
        (Event::Confirmed, "确认"),
        (Event::Restarted, "重新开始"),
    ];

    fn states() -> [State; 5] {
        let at = DateTime::<Utc>::MIN_UTC;
        let (submitted, emergency, abandoned) =
            (State::Submitted { at }, State::Emergency { at }, State::Abandoned { at });
        [State::Asking, State::AwaitingConfirmation, submitted, emergency, abandoned]
    }

    /// `asking --> submitted: 确认` as (`asking`, `submitted`, `确认`), without the lines of start and end.
    fn lines_of_chart() -> BTreeSet<(String, String, String)> {
        let chart = include_str!("../../../../data/flows/preconsult-lifecycle.mmd");
        let line = |line: &str| {
            let (from, rest) = line.trim().split_once(" --> ")?;
            let (to, event) = rest.split_once(": ")?;
            (from != "[*]").then(|| (from.to_owned(), to.to_owned(), event.to_owned()))
        };
        chart.lines().filter_map(line).collect()
    }

    #[test]
    fn chart_and_code_have_the_same_transitions() {
        let mut of_code = BTreeSet::new();
        for state in states() {
            for (event, label) in EVENTS {
                if let Ok(next) = state.after(event, DateTime::<Utc>::MIN_UTC) {
                    of_code.insert((state.name().to_owned(), next.name().to_owned(), label.to_owned()));
                }
            }
        }
        assert_eq!(lines_of_chart(), of_code);
    }

    #[test]
    fn chart_and_code_call_the_states_the_same() {
        let chart = include_str!("../../../../data/flows/preconsult-lifecycle.mmd");
        for state in states() {
            let line = format!("{}: {}", state.name(), state.text());
            assert!(chart.lines().any(|drawn| drawn.trim() == line), "{line} is not drawn");
            assert_eq!(State::of(state.name(), state.ended_at()), Some(state));
        }
        assert_eq!(State::of("submitted", None), None);
    }
}
