use axum::http::StatusCode;
use people::PeopleError;
use platform::{Problem, crypto::OpenError, db::Transient, idempotency::IdempotencyError};

use crate::model::{Event, State};

/// What can go wrong with a prescription.
#[derive(Debug, thiserror::Error)]
pub enum HerbalError {
    /// Also another's: who may not see it may not know of it.
    #[error("no such prescription")]
    NotFound,
    #[error("{event:?} is not possible in state {}", state.name())]
    WrongState { state: State, event: Event },
    /// A newer version came, or somebody else decided.
    #[error("the prescription was changed meanwhile")]
    Outdated,
    #[error("another pharmacist looks at it")]
    Claimed,
    #[error("the institution has a prescription of this number")]
    NumberTaken,
    #[error("{} faults in what was sent", .0.len())]
    Faults(Vec<(String, &'static str)>),
    /// What is missing in a form, in words for whoever filled it in.
    #[error("refused: {0}")]
    Refused(&'static str),
    #[error("the release in use has no rules for prescriptions")]
    NoRules,
    #[error(transparent)]
    Gateway(#[from] gateways::GatewayError),
    #[error(transparent)]
    People(#[from] PeopleError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error("cannot open a sealed prescription")]
    Sealed(#[from] OpenError),
    #[error("cannot read what was stored")]
    Unreadable(#[from] serde_json::Error),
    #[error("cannot read or write prescriptions")]
    Storage(#[from] sqlx::Error),
}

impl HerbalError {
    /// What stands beside the form that was refused; None for faults that get a page of their own.
    pub(crate) fn note(&self) -> Option<&'static str> {
        Some(match self {
            Self::Outdated => "这张处方刚刚有变化（医生改过，或已有结论）。请看最新的内容。",
            Self::Claimed => "另一位药师正在审这张处方，请先审别的。",
            Self::Refused(note) => note,
            Self::WrongState { .. } => "这张处方的状态已经变了，不能再这样操作。请看最新的状态。",
            _ => return None,
        })
    }
}

impl Transient for HerbalError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Storage(error) => error.is_transient(),
            Self::Idempotency(error) => error.is_transient(),
            _ => false,
        }
    }
}

impl From<HerbalError> for Problem {
    fn from(error: HerbalError) -> Self {
        let conflict = |kind, title| Self::new(StatusCode::CONFLICT, kind, title);
        match error {
            HerbalError::NotFound => Self::not_found().detail("没有这张处方。请核对处方号和机构。"),
            HerbalError::WrongState { state, event } => conflict(
                "/problems/herbal/wrong-state",
                "处方现在的状态不能这样操作",
            )
            .detail(format!("处方{}，不能{}。请先查询处方状态。", state.text(), event.text())),
            HerbalError::Outdated => conflict("/problems/herbal/outdated", "处方已有变化")
                .detail("处方刚刚有变化。请查询最新状态后再操作。"),
            HerbalError::Claimed => conflict("/problems/herbal/claimed", "另一位药师正在审")
                .detail("另一位药师正在审这张处方，请先审别的。"),
            HerbalError::NumberTaken => conflict("/problems/herbal/number-taken", "处方号已有")
                .detail("这个处方号已经上传过。要修改请用 PUT，另开请换号。")
                .fault("/number", "已有这个处方号"),
            HerbalError::Faults(faults) => faults
                .into_iter()
                .fold(Self::invalid_input(), |problem, (pointer, detail)| problem.fault(pointer, detail)),
            HerbalError::Refused(note) => Self::invalid_input().detail(note),
            HerbalError::NoRules => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "/problems/herbal/no-rules", "暂时不能审方")
                    .detail("当前的知识版本没有处方规则。请联系区平台的知识编辑发布规则后重试。")
            }
            HerbalError::People(error) => error.into(),
            HerbalError::Idempotency(error) => error.into(),
            HerbalError::Gateway(_)
            | HerbalError::Sealed(_)
            | HerbalError::Unreadable(_)
            | HerbalError::Storage(_) => Self::internal(error),
        }
    }
}
