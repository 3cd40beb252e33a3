use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Intake;

/// A registration at an institution, as its HIS knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub id: Uuid,
    pub resident: Uuid,
    /// Codes of the organisation.
    pub institution: String,
    pub department: String,
    pub doctor: Option<Uuid>,
    /// Number of the registration, unique in its institution.
    pub number: String,
    pub intake: Intake,
    pub scheduled_at: DateTime<Utc>,
    pub entry: EntryKind,
    pub state: VisitState,
}

/// By which way somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// The platform's own pages.
    App,
    /// The official account.
    Wechat,
    Suishenban,
    /// A code on the wall of a waiting room.
    Qr,
    /// A registration known to the HIS.
    Registration,
}

/// Where a registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitState {
    Registered,
    Cancelled,
    Attended,
}

impl EntryKind {
    pub const ALL: [Self; 5] = [Self::App, Self::Wechat, Self::Suishenban, Self::Qr, Self::Registration];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Wechat => "wechat",
            Self::Suishenban => "suishenban",
            Self::Qr => "qr",
            Self::Registration => "registration",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::App => "平台首页",
            Self::Wechat => "微信公众号",
            Self::Suishenban => "随申办",
            Self::Qr => "候诊区扫码",
            Self::Registration => "挂号后推送",
        }
    }
}

impl VisitState {
    pub const ALL: [Self; 3] = [Self::Registered, Self::Cancelled, Self::Attended];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Cancelled => "cancelled",
            Self::Attended => "attended",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Registered => "已挂号",
            Self::Cancelled => "已退号",
            Self::Attended => "已就诊",
        }
    }
}
