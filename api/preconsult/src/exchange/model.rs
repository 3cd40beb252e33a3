use chrono::{DateTime, Utc};
use gateways::GatewayError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A system of a hospital.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    His,
    Emr,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    Waiting,
    Delivered,
    /// The other side will not take it; somebody has to look.
    Refused,
}

/// A consultation on its way to a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The same over all tries, by which the other side takes it once.
    pub id: Uuid,
    pub consultation: Uuid,
    pub resident: Uuid,
    pub institution: String,
    pub target: Target,
    pub state: DeliveryState,
    /// Grows with those of this patient for this system.
    pub sequence: i64,
    pub tries: i64,
    pub due_at: DateTime<Utc>,
    /// A code, see `reason_text`.
    pub reason: Option<String>,
    pub receipt: Option<String>,
    /// Who imported it.
    pub by: Option<Uuid>,
    pub created_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
}

/// How an institution gets its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Push,
    Pull,
    Both,
}

/// Deliveries that go out one after the other: those of one patient for one system of one institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lane {
    pub(crate) target: Target,
    pub(crate) institution: String,
    pub(crate) resident: Uuid,
}

impl Target {
    pub const ALL: [Self; 2] = [Self::His, Self::Emr];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::His => "his",
            Self::Emr => "emr",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::His => "HIS",
            Self::Emr => "电子病历",
        }
    }
}

impl DeliveryState {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Refused];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Waiting => "待送达",
            Self::Delivered => "已送达",
            Self::Refused => "被退回",
        }
    }

    pub(crate) fn tone(self) -> &'static str {
        match self {
            Self::Waiting => "warn",
            Self::Delivered => "ok",
            Self::Refused => "danger",
        }
    }
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::Push, Self::Pull, Self::Both];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Pull => "pull",
            Self::Both => "both",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Push => "平台推送",
            Self::Pull => "医院来取",
            Self::Both => "推送并可来取",
        }
    }

    pub fn pushes(self) -> bool {
        matches!(self, Self::Push | Self::Both)
    }

    pub fn pulls(self) -> bool {
        matches!(self, Self::Pull | Self::Both)
    }
}

impl Delivery {
    pub(crate) fn lane(&self) -> Lane {
        Lane { target: self.target, institution: self.institution.clone(), resident: self.resident }
    }
}

impl Lane {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{}", self.target.name(), self.institution, self.resident)
    }
}

/// The reason of what does not go out any more, as the patient took the answers back; never one of the other side.
pub(crate) const WITHDRAWN: &str = "withdrawn";

/// Codes of reasons with what is to be done; nothing the other side wrote in its own words is kept.
const REASONS: [(&str, &str); 17] = [
    (WITHDRAWN, "患者撤回了这些回答，不再送出；重新答完后会另送一份"),
    ("unreachable", "对方系统连不上，会自动再送"),
    ("silent", "对方没有回音，会自动再送（对方按编号只收一次）"),
    ("busy", "对方正忙，会自动再送"),
    ("not_configured", "没有设置这家机构的接口地址，请系统管理员设置"),
    ("call_refused", "对方不接受我们的签名或格式，请核对账号和密钥；会自动再送"),
    ("unreadable", "对方的回答读不懂，请联系对方；会自动再送"),
    ("unknown_person", "对方查无此人，请核对患者在医院的建档"),
    ("unknown_visit", "对方没有这个挂号，请核对挂号流水号"),
    ("closed_visit", "对方的这次就诊已结束，请医生决定是否补录"),
    ("invalid_record", "对方认为内容不完整，请联系系统管理员"),
    ("invalid_document", "对方认为文档不合规范，请联系系统管理员"),
    ("archived_record", "对方的病历已归档，不能再导入"),
    ("no_right", "对方说我们没有权限，请联系对方开通"),
    ("invalid_template", "对方认为模板不合格式，请编辑检查后发布新版本"),
    ("version_taken", "对方已有这个版本且内容不同，请换版本号后再发布"),
    ("out_of_order", "对方已收到这位患者较新的记录；重新发送会排到最后"),
];

/// What a reason means and what to do.
pub(crate) fn reason_text(code: &str) -> &'static str {
    REASONS
        .iter()
        .find(|(known, _)| *known == code)
        .map_or("对方退回，未说明原因，请联系对方", |(_, text)| text)
}

/// The code of a refusal; one that is not of the contract becomes `other`.
pub(crate) fn known_reason(code: &str) -> &'static str {
    let known = REASONS.iter().find(|(known, _)| *known == code && code != WITHDRAWN);
    known.map_or("other", |(known, _)| known)
}

/// Why a call failed.
pub(crate) fn reason_of(error: &GatewayError) -> &'static str {
    match error {
        GatewayError::Unreached { .. } | GatewayError::Client(_) => "unreachable",
        GatewayError::Silent { .. } => "silent",
        GatewayError::NotConfigured { .. } => "not_configured",
        GatewayError::Refused { .. } if error.is_temporary() => "unreachable",
        GatewayError::Refused { .. } => "call_refused",
        GatewayError::Unreadable { .. } => "unreadable",
    }
}
