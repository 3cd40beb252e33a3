//! A net with one hidden layer and a direct path, over switches that are on or off.

use super::add_scaled;
use super::chance::Chance;
use super::matrix::{MEAN_KEEP, Matrix, Pace, SPREAD_KEEP};

/// out = direct·x + last·relu(first·x), where x lists the switches that are on.
#[derive(Debug, Clone)]
pub(super) struct Net {
    hidden: usize,
    outputs: usize,
    first: Matrix,
    direct: Matrix,
    last: Matrix,
    steps: i32,
}

/// Sums over the switches that are on; grows with every switch.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    hidden: Vec<f32>,
    out: Vec<f32>,
}

/// What one situation leads to: hidden activations and outputs before squashing.
#[derive(Debug, Clone)]
pub(super) struct Response {
    hidden: Vec<f32>,
    pub(super) out: Vec<f32>,
}

/// One situation of a case asked through: the switches it turned on, and the slopes at its outputs.
pub(super) struct Moment {
    pub(super) on: Vec<usize>,
    pub(super) response: Response,
    pub(super) slopes: Vec<f32>,
}

impl Net {
    pub(super) fn new(inputs: usize, hidden: usize, outputs: usize, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        Self {
            hidden,
            outputs,
            first: Matrix::new(inputs, hidden, 0.25, &mut chance),
            direct: Matrix::new(inputs, outputs, 0.0, &mut chance),
            last: Matrix::new(hidden, outputs, 0.05, &mut chance),
            steps: 0,
        }
    }

    pub(super) fn sums(&self) -> Sums {
        Sums { hidden: vec![0.0; self.hidden], out: vec![0.0; self.outputs] }
    }

    pub(super) fn switch_on(&self, sums: &mut Sums, switches: &[usize]) {
        for switch in switches {
            add_scaled(1.0, self.first.row(*switch), &mut sums.hidden);
            add_scaled(1.0, self.direct.row(*switch), &mut sums.out);
        }
    }

    pub(super) fn respond(&self, sums: &Sums) -> Response {
        self.finish_response(sums, sums.hidden.iter().map(|sum| sum.max(0.0)).collect())
    }

    /// As [`Net::respond`], with a share of the hidden units left out so that none is relied on alone.
    pub(super) fn respond_thinned(&self, sums: &Sums, keep: f32, chance: &mut Chance) -> Response {
        let thin = |sum: &f32| if chance.unit() < keep { sum.max(0.0) / keep } else { 0.0 };
        self.finish_response(sums, sums.hidden.iter().map(thin).collect())
    }

    fn finish_response(&self, sums: &Sums, hidden: Vec<f32>) -> Response {
        let mut out = sums.out.clone();
        for (unit, activation) in hidden.iter().enumerate().filter(|(_, activation)| **activation > 0.0) {
            add_scaled(*activation, self.last.row(unit), &mut out);
        }
        Response { hidden, out }
    }

    /// Adds the gradients of one case asked through. A switch stays on to the end, so its slope is the sum
    /// over the moments from its own on.
    pub(super) fn learn_from(&mut self, moments: &[Moment], keep: f32, share: f32) {
        let (mut hidden, mut out) = (vec![0.0; self.hidden], vec![0.0; self.outputs]);
        for moment in moments.iter().rev() {
            for (unit, activation) in moment.response.hidden.iter().enumerate() {
                if *activation > 0.0 {
                    hidden[unit] += share * dot(self.last.row(unit), &moment.slopes) / keep;
                    add_scaled(share * activation, &moment.slopes, self.last.slope(unit));
                }
            }
            add_scaled(share, &moment.slopes, &mut out);
            for switch in &moment.on {
                add_scaled(1.0, &hidden, self.first.slope(*switch));
                add_scaled(1.0, &out, self.direct.slope(*switch));
            }
        }
    }

    pub(super) fn step(&mut self, rate: f32, decay: f32) {
        self.steps += 1;
        let young = |keep: f32| 1.0 / (1.0 - keep.powi(self.steps));
        let pace = Pace { rate, decay, mean_scale: young(MEAN_KEEP), spread_scale: young(SPREAD_KEEP) };
        for matrix in [&mut self.first, &mut self.direct, &mut self.last] {
            matrix.step(pace);
        }
    }

    /// Ends training.
    pub(super) fn finish(&mut self) {
        for matrix in [&mut self.first, &mut self.direct, &mut self.last] {
            matrix.finish();
        }
    }
}

/// Eight running sums, so that the compiler can keep them in one register.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (wide_a, wide_b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = wide_a.remainder().iter().zip(wide_b.remainder()).map(|(x, y)| x * y).sum();
    let mut lanes = [0.0f32; 8];
    for (x, y) in wide_a.zip(wide_b) {
        for (lane, (x, y)) in lanes.iter_mut().zip(x.iter().zip(y)) {
            *lane += x * y;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_sums_all_of_it() {
        let a: Vec<f32> = (0u8..19).map(f32::from).collect();
        assert!((dot(&a, &[2.0; 19]) - 342.0).abs() < 1e-4);
    }

    #[test]
    fn exclusive_or_is_learnt() {
        let mut net = Net::new(3, 8, 1, 5);
        let cases = [(vec![0], 0.0), (vec![0, 1], 1.0), (vec![0, 2], 1.0), (vec![0, 1, 2], 0.0)];
        let answer = |net: &Net, on: &[usize]| {
            let mut sums = net.sums();
            net.switch_on(&mut sums, on);
            net.respond(&sums)
        };
        for _ in 0..800 {
            for (on, truth) in &cases {
                let response = answer(&net, on);
                let slopes = vec![crate::learn::sigmoid(response.out[0]) - truth];
                net.learn_from(&[Moment { on: on.clone(), response, slopes }], 1.0, 1.0);
            }
            net.step(0.02, 0.0);
        }
        net.finish();
        for (on, truth) in &cases {
            let p = crate::learn::sigmoid(answer(&net, on).out[0]);
            assert!((p - truth).abs() < 0.2, "{on:?}: {p}");
        }
    }
}
