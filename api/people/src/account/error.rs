use platform::{Problem, crypto::OpenError, db::Transient};

/// What can go wrong with accounts, beside what a person is told to change.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("no such account")]
    NotFound,
    #[error("cannot open a sealed secret")]
    Sealed(#[from] OpenError),
    #[error("cannot hash a password")]
    Hash(#[source] argon2::password_hash::Error),
    #[error("a stored password hash cannot be read")]
    HashText,
    #[error("cannot draw the picture of a second factor")]
    Picture,
    #[error("cannot read or write accounts")]
    Storage(#[from] sqlx::Error),
}

impl Transient for AccountError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Storage(error) if error.is_transient())
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound => Self::not_found(),
            error => Self::internal(error),
        }
    }
}
