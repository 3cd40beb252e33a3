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
            PeopleError::Sealed(_) | PeopleError::Storage(_) => Self::internal(error),
        }
    }
}
