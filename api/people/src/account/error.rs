use platform::{Problem, crypto::OpenError, db::Transient};

/// What can go wrong with accounts, beside what a person is told to change.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("no such account")]
    NotFound,
    /// Somebody changed the account in the database.
    #[error("an account was changed in the database: {0}")]
    Broken(platform::integrity::BrokenRow),
    #[error("somebody else took the user name at the same moment")]
    Raced,
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
            AccountError::Broken(_) => Self::forbidden(
                "账号资料与登记的不一致，为安全起见已停止登录。请立即联系本单位的系统管理员和安全管理员。",
            ),
            error => Self::internal(error),
        }
    }
}
