use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::fields::CardFields;

/// An application to be verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub id: Uuid,
    pub resident: Uuid,
    pub state: State,
    /// None while photographs are still missing.
    pub fields: Option<CardFields>,
    /// Grows with every change; a verdict names the one it saw.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub submitted_at: Option<DateTime<Utc>>,
    /// The reviewer who holds it, and until when.
    pub claim: Option<(Uuid, DateTime<Utc>)>,
    pub verdict: Option<Verdict>,
    pub wiped_at: Option<DateTime<Utc>>,
}

/// How a reviewer decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub by: Uuid,
    pub at: DateTime<Utc>,
    /// None when it was approved.
    pub reason: Option<Reason>,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    Draft,
    Submitted,
    Approved,
    Rejected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Front,
    Back,
}

/// Why an application was rejected; the resident reads the text and the advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    Blurred,
    Incomplete,
    Differs,
    Expired,
    NotOwn,
    Other,
}

impl Case {
    /// Whether a reviewer may decide on it now.
    pub fn is_held_by(&self, reviewer: Uuid, now: DateTime<Utc>) -> bool {
        self.state == State::Submitted && self.claim.is_some_and(|(by, until)| by == reviewer && now < until)
    }
}

impl State {
    pub const ALL: [Self; 4] = [Self::Draft, Self::Submitted, Self::Approved, Self::Rejected];

    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Draft => "填写中",
            Self::Submitted => "待审核",
            Self::Approved => "已通过",
            Self::Rejected => "未通过",
        }
    }

    pub fn tone(self) -> &'static str {
        match self {
            Self::Draft => "quiet",
            Self::Submitted => "warn",
            Self::Approved => "ok",
            Self::Rejected => "danger",
        }
    }
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Self::Front => "front",
            Self::Back => "back",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Front, Self::Back].into_iter().find(|side| side.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Front => "人像面",
            Self::Back => "国徽面",
        }
    }
}

impl Reason {
    pub const ALL: [Self; 6] =
        [Self::Blurred, Self::Incomplete, Self::Differs, Self::Expired, Self::NotOwn, Self::Other];

    pub fn name(self) -> &'static str {
        match self {
            Self::Blurred => "blurred",
            Self::Incomplete => "incomplete",
            Self::Differs => "differs",
            Self::Expired => "expired",
            Self::NotOwn => "not_own",
            Self::Other => "other",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Blurred => "照片不清楚",
            Self::Incomplete => "证件没有拍全",
            Self::Differs => "填写的内容与证件不一致",
            Self::Expired => "证件已过有效期",
            Self::NotOwn => "不能确认是本人的证件",
            Self::Other => "其他原因",
        }
    }

    /// What the resident does next.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Blurred => "请在光线充足处重拍，不要开闪光灯，等画面清晰后再按快门。",
            Self::Incomplete => "请把证件四个角都放进框内重拍。",
            Self::Differs => "请对照证件逐字核对后重新填写。",
            Self::Expired => "请换领新证件后再认证；急需就诊时可带旧证件和回执到窗口办理。",
            Self::NotOwn => "请用本人的证件认证；给家人看病请在“就诊人”中添加。",
            Self::Other => "请按说明修改后重新提交，或到窗口办理。",
        }
    }
}
