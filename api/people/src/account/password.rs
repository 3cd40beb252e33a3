//! Hashing of passwords with argon2id, away from the threads that answer requests.

use std::sync::LazyLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use platform::{App, Ids};
use tokio::sync::Semaphore;

use super::AccountError;

/// Each hash takes 19 MiB and a core for its time: so many at once, the others wait.
static HASHING: Semaphore = Semaphore::const_new(4);

/// What is hashed against when there is no account, so that both answers take the same time.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hashed("", [0; 16]).ok());

/// Characters of generated passwords: none that are mistaken for another when read from paper.
const PLAIN: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyzACDEFHKMN";

#[cfg(test)]
tokio::task_local! {
    /// How many passwords were hashed for a comparison in this task.
    pub(super) static COMPARED: std::sync::Arc<std::sync::atomic::AtomicUsize>;
}

/// The PHC text of a password with a new salt (argon2id, 19 MiB, two passes).
pub(super) async fn hash(app: &App, password: &str) -> Result<String, AccountError> {
    let mut salt = [0; 16];
    app.ids.fill(&mut salt);
    let password = password.to_owned();
    off_thread(move || hashed(&password, salt).map_err(AccountError::Hash)).await
}

/// Whether the password belongs to the hash; without a hash the answer is no, after the same work.
pub(super) async fn matches(hash: Option<&str>, password: &str) -> Result<bool, AccountError> {
    #[cfg(test)]
    let _ = COMPARED.try_with(|n| n.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
    let (hash, password) = (hash.map(str::to_owned), password.to_owned());
    off_thread(move || {
        let is_somebody = hash.is_some();
        // Made at the first comparison of any kind, so that the first unknown name does not take longer.
        let nobody = LazyLock::force(&NOBODY).clone();
        let Some(text) = hash.or(nobody) else { return Ok(false) };
        let parsed = PasswordHash::new(&text).map_err(|_| AccountError::HashText)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && is_somebody)
    })
    .await
}

/// A password for the first sign-in: four groups of four, about 70 bits, easy to read out.
pub(super) fn initial(ids: &dyn Ids) -> String {
    loop {
        let mut chance = [0; 16];
        ids.fill(&mut chance);
        let (digits, letters) = chance.split_at(4);
        let letters: Vec<char> = letters.iter().map(|b| char::from(PLAIN[usize::from(b % 32)])).collect();
        let group = |n: usize| -> String {
            let digit = char::from(b'2' + digits[n] % 8);
            letters[n * 3..n * 3 + 3].iter().copied().chain([digit]).collect()
        };
        let made = [group(0), group(1), group(2), group(3)].join("-");
        // Both capitals and small letters, so that it passes its own policy.
        if made.contains(|c: char| c.is_ascii_uppercase()) && made.contains(|c: char| c.is_ascii_lowercase())
        {
            return made;
        }
    }
}

fn hashed(password: &str, salt: [u8; 16]) -> Result<String, argon2::password_hash::Error> {
    Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string())
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
) -> Result<T, AccountError> {
    let _turn = HASHING.acquire().await.map_err(|_| AccountError::HashText)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| AccountError::HashText)?
}

#[cfg(test)]
mod tests {
    use platform::db::test_support::Bench;

    use super::*;
    use crate::account::policy::{self, Subject};

    #[tokio::test]
    async fn a_password_opens_only_its_own_hash() {
        let bench = Bench::sqlite(&[]).await;
        let made = hash(&bench, "Kf8!mzQw2x").await.unwrap();
        assert!(made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{made}");
        assert_ne!(made, hash(&bench, "Kf8!mzQw2x").await.unwrap(), "a new salt each time");
        assert!(matches(Some(&made), "Kf8!mzQw2x").await.unwrap());
        assert!(!matches(Some(&made), "Kf8!mzQw2X").await.unwrap());
        assert!(!matches(None, "").await.unwrap(), "nobody has no password, not even the empty one");
        assert!(matches!(matches(Some("rubbish"), "x").await, Err(AccountError::HashText)));
    }

    #[tokio::test]
    async fn initial_passwords_pass_the_policy() {
        let bench = Bench::sqlite(&[]).await;
        for _ in 0..200 {
            let made = initial(&*bench.ids);
            let subject = Subject { user_name: "zhangwei", is_administrator: true };
            assert_eq!(policy::faults(&made, subject), Vec::<String>::new(), "{made}");
        }
    }
}
