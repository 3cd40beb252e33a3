use axum::http::StatusCode;
use platform::{Problem, db::Transient};

use super::model::State;
use crate::catalogue::sheet::Refusal;

/// What can go wrong with a statement.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// Also another's: who has nothing to do with it may not know of it.
    #[error("no such statement")]
    NotFound,
    #[error("not possible in state {}", .0.name())]
    WrongState(State),
    /// The page was older than the statement.
    #[error("the statement was changed meanwhile")]
    Outdated,
    /// In words for whoever asked.
    #[error("refused: {0}")]
    Refused(String),
    /// Only another side does this.
    #[error("not theirs to do: {0}")]
    NotYours(&'static str),
    #[error("{} cells cannot be taken", .0.n_cells)]
    File(Refusal),
    /// Two orders of one prescription and month were written at the same time; the attempt is made again.
    #[error("two requests met")]
    Raced,
    /// Never: it would mean that the comparison lost a line.
    #[error("the sums of a comparison do not agree")]
    Unproved,
    #[error("cannot read what was stored")]
    Unreadable(#[from] serde_json::Error),
    #[error("cannot read or write statements")]
    Storage(#[from] sqlx::Error),
}

impl StatementError {
    /// What stands beside the form that was refused; None for what gets a page of its own.
    pub fn note(&self) -> Option<String> {
        Some(match self {
            Self::WrongState(state) => {
                format!("这份对账单现在是“{}”，不能这样操作。下面是最新的内容。", state.text())
            }
            Self::Outdated => "对账单刚刚有变化（可能是对方在操作）。请看一下最新的内容再操作。".into(),
            Self::Refused(why) => why.clone(),
            Self::NotYours(who) => format!("这一步由{who}操作。"),
            Self::File(refusal) => {
                format!("文件没有收下：有 {} 处需要改好，改完后整份重新上传。", refusal.n_cells)
            }
            _ => return None,
        })
    }
}

impl Transient for StatementError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Raced => true,
            Self::Storage(error) => error.is_transient(),
            _ => false,
        }
    }
}

impl From<StatementError> for Problem {
    fn from(error: StatementError) -> Self {
        let noted = error.note().unwrap_or_default();
        match error {
            StatementError::NotFound => Self::not_found(),
            StatementError::WrongState(_) => {
                Self::new(StatusCode::CONFLICT, "/problems/herbal/statement-state", "现在不能这样操作")
                    .detail(noted)
            }
            StatementError::Outdated => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "/problems/herbal/outdated-version",
                "内容已有变化",
            )
            .detail(noted),
            StatementError::Refused(_) => Self::invalid_input().detail(noted),
            StatementError::NotYours(_) => Self::forbidden(noted),
            StatementError::File(refusal) => {
                let problem = Self::invalid_input().detail(noted);
                refusal.cells.iter().fold(problem, |problem, cell| problem.fault("/file", cell.to_string()))
            }
            StatementError::Raced => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "/problems/herbal/busy", "系统繁忙")
                    .detail("请稍后再试一次。")
            }
            StatementError::Unproved | StatementError::Unreadable(_) | StatementError::Storage(_) => {
                Self::internal(error)
            }
        }
    }
}
