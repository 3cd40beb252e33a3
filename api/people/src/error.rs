use axum::http::StatusCode;
use platform::{Problem, crypto::OpenError, db::Transient};

/// What can go wrong with people's data.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error("no such person")]
    NotFound,
    #[error("cannot open a sealed name")]
    Sealed(#[from] OpenError),
    #[error("cannot read or write people")]
    Storage(#[from] sqlx::Error),
    /// Refused for a reason the person may know; the text says what to do next.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// A field that must be changed: its name and what is wrong.
    #[error("field {0}: {1}")]
    Field(&'static str, &'static str),
    #[error("an outside system gave no usable answer")]
    Gateway(#[from] gateways::GatewayError),
    #[error("a message cannot be made of its template: {0}")]
    Template(String),
    #[error("cannot read or write accounts")]
    Account(#[from] crate::account::AccountError),
    #[error("stored data cannot be read")]
    Stored(#[from] serde_json::Error),
}

impl Transient for PeopleError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Storage(error) if error.is_transient())
    }
}

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::NotFound => Self::not_found(),
            PeopleError::Refused(why) => {
                Self::new(StatusCode::CONFLICT, "/problems/people/refused", "现在不能这样做").detail(why)
            }
            PeopleError::Field(name, fault) => Self::invalid_input().fault(format!("/{name}"), fault),
            PeopleError::Gateway(fault) if fault.is_refusal() => {
                Self::new(StatusCode::BAD_GATEWAY, "/problems/people/outside-refused", "对方系统没有接受")
                    .detail("可能是授权已过期或已用过。请返回重新开始；若一直如此，请换一种方式。")
            }
            PeopleError::Gateway(_) => {
                Self::new(StatusCode::BAD_GATEWAY, "/problems/people/outside-silent", "对方系统暂时没有回应")
                    .detail("您填写的内容没有问题，请稍后再试，或换一种方式。")
            }
            PeopleError::Account(error) => error.into(),
            PeopleError::Sealed(_)
            | PeopleError::Storage(_)
            | PeopleError::Template(_)
            | PeopleError::Stored(_) => Self::internal(error),
        }
    }
}
