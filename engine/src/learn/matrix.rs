//! A weight matrix that learns by Adam, row by row where something changed.

use super::chance::Chance;

#[derive(Debug, Clone)]
pub(super) struct Matrix {
    width: usize,
    weights: Vec<f32>,
    /// Gradient, mean and spread of the gradients; empty once training is over.
    slopes: Vec<f32>,
    means: Vec<f32>,
    spreads: Vec<f32>,
    touched: Vec<bool>,
    pending: Vec<usize>,
}

/// One step's pace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) rate: f32,
    pub(super) decay: f32,
    /// Corrections for the young averages of mean and spread.
    pub(super) mean_scale: f32,
    pub(super) spread_scale: f32,
}

pub(super) const MEAN_KEEP: f32 = 0.9;
pub(super) const SPREAD_KEEP: f32 = 0.99;

impl Matrix {
    /// Weights drawn evenly from ±`scale`.
    pub(super) fn new(rows: usize, width: usize, scale: f32, chance: &mut Chance) -> Self {
        let size = rows * width;
        let weights = (0..size).map(|_| (chance.unit() * 2.0 - 1.0) * scale).collect();
        Self {
            width,
            weights,
            slopes: vec![0.0; size],
            means: vec![0.0; size],
            spreads: vec![0.0; size],
            touched: vec![false; rows],
            pending: Vec::new(),
        }
    }

    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.weights[row * self.width..(row + 1) * self.width]
    }

    /// The gradient of a row, to be added to.
    pub(super) fn slope(&mut self, row: usize) -> &mut [f32] {
        if !std::mem::replace(&mut self.touched[row], true) {
            self.pending.push(row);
        }
        &mut self.slopes[row * self.width..(row + 1) * self.width]
    }

    pub(super) fn step(&mut self, pace: Pace) {
        for row in std::mem::take(&mut self.pending) {
            self.touched[row] = false;
            let span = row * self.width..(row + 1) * self.width;
            let weights = self.weights[span.clone()].iter_mut();
            let moments = self.means[span.clone()].iter_mut().zip(&mut self.spreads[span.clone()]);
            for ((weight, slope), (mean, spread)) in weights.zip(&mut self.slopes[span]).zip(moments) {
                *mean = MEAN_KEEP * *mean + (1.0 - MEAN_KEEP) * *slope;
                *spread = SPREAD_KEEP * *spread + (1.0 - SPREAD_KEEP) * *slope * *slope;
                let step = *mean * pace.mean_scale / ((*spread * pace.spread_scale).sqrt() + 1e-4);
                *weight -= pace.rate * (step + pace.decay * *weight);
                *slope = 0.0;
            }
        }
    }

    /// Ends training and gives its memory back.
    pub(super) fn finish(&mut self) {
        self.slopes = Vec::new();
        self.means = Vec::new();
        self.spreads = Vec::new();
        self.touched = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_touched_rows_move_and_they_move_downhill() {
        let mut matrix = Matrix::new(2, 3, 0.0, &mut Chance::new(1));
        for _ in 0..50 {
            matrix.slope(1)[2] += 1.0;
            matrix.step(Pace { rate: 0.1, decay: 0.0, mean_scale: 1.0, spread_scale: 1.0 });
        }
        assert_eq!(matrix.row(0), [0.0; 3]);
        assert!(matrix.row(1)[2] < -1.0 && matrix.row(1)[0].abs() < 1e-9);
    }
}
