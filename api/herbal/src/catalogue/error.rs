use axum::http::StatusCode;
use platform::{Problem, db::Transient};

use super::sheet::Refusal;

/// What can go wrong with the base data.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("no such thing")]
    NotFound,
    /// The catalogue changed since the preview or page was drawn.
    #[error("the catalogue was changed meanwhile")]
    Outdated,
    /// In words for whoever asked.
    #[error("refused: {0}")]
    Refused(String),
    #[error("{} cells cannot be taken", .0.n_cells)]
    File(Refusal),
    #[error("cannot save a department of a company")]
    People(#[from] people::PeopleError),
    #[error("cannot read what was stored")]
    Unreadable(#[from] serde_json::Error),
    #[error("cannot read or write the catalogue")]
    Storage(#[from] sqlx::Error),
}

impl CatalogueError {
    /// What stands beside the form that was refused; None for what gets a page of its own.
    pub fn note(&self) -> Option<String> {
        Some(match self {
            Self::Outdated => "目录刚刚有变化。下面是最新的内容，请看过再操作。".into(),
            Self::Refused(why) => why.clone(),
            Self::File(refusal) => {
                format!("文件没有收下：有 {} 处需要改好，改完后整份重新上传。", refusal.n_cells)
            }
            _ => return None,
        })
    }
}

impl Transient for CatalogueError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Storage(error) if error.is_transient())
    }
}

impl From<CatalogueError> for Problem {
    fn from(error: CatalogueError) -> Self {
        let noted = error.note().unwrap_or_default();
        match error {
            CatalogueError::NotFound => Self::not_found(),
            CatalogueError::Outdated => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "/problems/herbal/outdated-version",
                "内容已有变化",
            )
            .detail(noted),
            CatalogueError::Refused(_) => Self::invalid_input().detail(noted),
            CatalogueError::File(refusal) => {
                let problem = Self::invalid_input().detail(noted);
                refusal.cells.iter().fold(problem, |problem, cell| problem.fault("/file", cell.to_string()))
            }
            CatalogueError::People(error) => error.into(),
            CatalogueError::Unreadable(_) | CatalogueError::Storage(_) => Self::internal(error),
        }
    }
}
