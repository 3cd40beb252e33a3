//! Repeatable pseudo-random numbers for shuffling and blurring during training.

/// An xorshift64* sequence; the same seed gives the same sequence.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Uniform in [0, 1).
    #[expect(clippy::cast_precision_loss, reason = "24 bits fit a single-precision number exactly")]
    pub(super) fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / 16_777_216.0
    }

    /// Uniform in 0..n, and 0 for an empty range.
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.bits() >> 33).unwrap_or_default() % n.max(1)
    }

    /// The noise that turns a choice of the best into a draw by weight.
    pub(super) fn gumbel(&mut self) -> f32 {
        -(-self.unit().max(1e-6).ln()).max(1e-6).ln()
    }

    pub(super) fn shuffle(&mut self, items: &mut [usize]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence() {
        let (mut one, mut two, mut other) = (Chance::new(3), Chance::new(3), Chance::new(4));
        let draw = |chance: &mut Chance| (0..8).map(|_| chance.below(1000)).collect::<Vec<_>>();
        assert_eq!(draw(&mut one), draw(&mut two));
        assert_ne!(draw(&mut one), draw(&mut other));
    }

    #[test]
    fn draws_stay_in_range() {
        let mut chance = Chance::new(1);
        assert!((0..1000).all(|_| (0.0..1.0).contains(&chance.unit())));
        assert!((0..1000).all(|_| chance.gumbel().is_finite()));
        assert_eq!(chance.below(0), 0);
        let mut items: Vec<usize> = (0..20).collect();
        chance.shuffle(&mut items);
        items.sort_unstable();
        assert_eq!(items, (0..20).collect::<Vec<_>>());
    }
}
