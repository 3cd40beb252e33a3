//! Ids and chance as parameters.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use sm3::{Digest, Sm3};
use uuid::Uuid;

use crate::Clock;

/// Source of new ids and of unpredictable bytes.
pub trait Ids: Send + Sync {
    /// Fills `bytes` with chance: tokens, nonces, keys.
    fn fill(&self, bytes: &mut [u8]);

    /// A UUID v7: sorts by the time it was made, also within one millisecond.
    fn new_id(&self) -> Uuid;
}

/// Ids from a clock, chance from the operating system.
pub struct SystemIds {
    clock: Arc<dyn Clock>,
    last: AtomicU64,
}

impl SystemIds {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, last: AtomicU64::new(0) }
    }
}

impl Ids for SystemIds {
    #[expect(
        clippy::expect_used,
        reason = "without chance no token is safe: stopping is the only right answer"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }

    fn new_id(&self) -> Uuid {
        let mut chance = [0; 8];
        self.fill(&mut chance);
        uuid_v7(&*self.clock, &self.last, chance)
    }
}

/// Repeatable ids and "chance" from a seed; for tests and simulations only.
pub struct SeededIds {
    clock: Arc<dyn Clock>,
    last: AtomicU64,
    state: Mutex<[u8; 32]>,
}

impl SeededIds {
    pub fn new(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self { clock, last: AtomicU64::new(0), state: Mutex::new(Sm3::digest(seed.to_be_bytes()).into()) }
    }
}

impl Ids for SeededIds {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(32) {
            *state = Sm3::digest(*state).into();
            chunk.copy_from_slice(&state[..chunk.len()]);
        }
    }

    fn new_id(&self) -> Uuid {
        let mut chance = [0; 8];
        self.fill(&mut chance);
        uuid_v7(&*self.clock, &self.last, chance)
    }
}

/// Milliseconds and a 12-bit counter advance together, so that ids made in one millisecond keep their order.
fn uuid_v7(clock: &dyn Clock, last: &AtomicU64, chance: [u8; 8]) -> Uuid {
    let millis = u64::try_from(clock.now().timestamp_millis()).unwrap_or(0);
    let next = |last: u64| (millis << 12).max(last + 1);
    let stamp = match last.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(next(last))) {
        Ok(before) | Err(before) => next(before),
    };
    let [counter_high, counter_low] = u16::to_be_bytes((stamp & 0xfff) as u16);
    let mut rest = [0; 10];
    rest[0] = counter_high;
    rest[1] = counter_low;
    rest[2..].copy_from_slice(&chance);
    uuid::Builder::from_unix_timestamp_millis(stamp >> 12, &rest).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FixedClock;

    fn clock() -> Arc<dyn Clock> {
        Arc::new(FixedClock::at("2026-03-01T08:00:00Z".parse().unwrap()))
    }

    #[test]
    fn ids_of_one_millisecond_keep_their_order() {
        let ids = SystemIds::new(clock());
        let made: Vec<_> = (0..10_000).map(|_| ids.new_id()).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        assert_eq!(made[0].get_version_num(), 7);
    }

    #[test]
    fn same_seed_same_ids() {
        let (one, two) = (SeededIds::new(clock(), 7), SeededIds::new(clock(), 7));
        assert_eq!(one.new_id(), two.new_id());
        assert_eq!(one.new_id(), two.new_id());
        assert_ne!(one.new_id(), SeededIds::new(clock(), 8).new_id());
    }
}
