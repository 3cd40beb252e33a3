use std::{future::Future, time::Duration};

/// Errors that may vanish when the same transaction is tried again.
pub trait Transient {
    fn is_transient(&self) -> bool;
}

impl Transient for sqlx::Error {
    /// PostgreSQL: serialization failure, deadlock. SQLite: busy, in its extended forms too.
    fn is_transient(&self) -> bool {
        let Self::Database(error) = self else { return false };
        match error.code().as_deref() {
            Some("40001" | "40P01") => true,
            Some(code) => {
                error.message().contains("database is locked") && matches!(code, "5" | "261" | "517")
            }
            None => false,
        }
    }
}

/// Runs a whole transaction again when it met another one: up to five times, waiting 10, 20, 40, 80 ms.
///
/// The attempt begins and commits by itself, so that nothing of a failed one stays.
pub async fn retry<T, E, F>(mut attempt: impl FnMut() -> F) -> Result<T, E>
where
    E: Transient,
    F: Future<Output = Result<T, E>>,
{
    let mut wait = Duration::from_millis(10);
    for _ in 0..4 {
        match attempt().await {
            Err(error) if error.is_transient() => tokio::time::sleep(wait).await,
            outcome => return outcome,
        }
        wait *= 2;
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Fault(bool);
    impl Transient for Fault {
        fn is_transient(&self) -> bool {
            self.0
        }
    }

    #[tokio::test(start_paused = true)]
    async fn transient_faults_are_tried_again_and_others_not() {
        let tries = Cell::new(0);
        let outcome = retry(|| async {
            tries.set(tries.get() + 1);
            if tries.get() < 3 { Err(Fault(true)) } else { Ok(tries.get()) }
        });
        assert_eq!(outcome.await, Ok(3));

        tries.set(0);
        let outcome: Result<(), _> = retry(|| async {
            tries.set(tries.get() + 1);
            Err(Fault(false))
        })
        .await;
        assert_eq!((outcome, tries.get()), (Err(Fault(false)), 1));

        tries.set(0);
        let outcome: Result<(), _> = retry(|| async {
            tries.set(tries.get() + 1);
            Err(Fault(true))
        })
        .await;
        assert_eq!((outcome, tries.get()), (Err(Fault(true)), 5));
    }
}
