//! Joining opinions: few weights, fitted on cases that the opinions have not seen.

use super::{add_scaled, log_softmax, narrow};

/// Weights that join several logarithmic opinions into one distribution.
#[derive(Debug, Clone)]
pub(super) struct Blend(Vec<f32>);

/// Opinions on one situation (each the log probabilities of all diseases) and the true disease.
pub(super) struct Lookback {
    pub(super) opinions: Vec<Vec<f32>>,
    pub(super) truth: usize,
}

const ROUNDS: usize = 12;

impl Blend {
    pub(super) fn new(weights: &[f32]) -> Self {
        Self(weights.to_vec())
    }

    /// Log probabilities of the joint opinion.
    pub(super) fn join(&self, opinions: &[Vec<f32>]) -> Vec<f32> {
        let mut joint = vec![0.0; opinions.first().map_or(0, Vec::len)];
        for (weight, opinion) in self.0.iter().zip(opinions) {
            add_scaled(*weight, opinion, &mut joint);
        }
        log_softmax(&mut joint);
        joint
    }

    /// Newton's method on the log loss; `ridge` draws the weights back to `self`.
    pub(super) fn fit(&self, lookbacks: &[Lookback], ridge: f64) -> Self {
        let mut blend = self.clone();
        for _ in 0..ROUNDS {
            let (mut grad, mut hess) = ridge_terms(&blend.0, &self.0, ridge);
            for lookback in lookbacks {
                blend.add_slopes(lookback, &mut grad, &mut hess);
            }
            for (weight, step) in blend.0.iter_mut().zip(solve(hess, grad)) {
                *weight = (*weight - narrow(step).clamp(-0.5, 0.5)).clamp(0.0, 3.0);
            }
        }
        blend
    }

    fn add_slopes(&self, lookback: &Lookback, grad: &mut [f64], hess: &mut [Vec<f64>]) {
        let p: Vec<f32> = self.join(&lookback.opinions).iter().map(|log| log.exp()).collect();
        let mean = |values: &mut dyn Iterator<Item = f32>| -> f64 {
            values.zip(&p).map(|(value, p)| f64::from(value * p)).sum()
        };
        let means: Vec<f64> = lookback.opinions.iter().map(|logs| mean(&mut logs.iter().copied())).collect();
        for (i, one) in lookback.opinions.iter().enumerate() {
            grad[i] += means[i] - f64::from(one[lookback.truth]);
            for (j, two) in lookback.opinions.iter().enumerate() {
                hess[i][j] += mean(&mut one.iter().zip(two).map(|(a, b)| a * b)) - means[i] * means[j];
            }
        }
    }
}

/// Logistic regression with few inputs by Newton's method; `ridge` draws the weights back to `start`.
pub(super) fn logistic(rows: &[(Vec<f32>, bool)], start: &[f32], ridge: f64) -> Vec<f32> {
    let mut weights = start.to_vec();
    for _ in 0..ROUNDS {
        let (mut grad, mut hess) = ridge_terms(&weights, start, ridge);
        for (inputs, truth) in rows {
            let z: f64 = inputs.iter().zip(&weights).map(|(x, w)| f64::from(x * w)).sum();
            let p = 1.0 / (1.0 + (-z).exp());
            for (i, x) in inputs.iter().enumerate() {
                grad[i] += (p - f64::from(u8::from(*truth))) * f64::from(*x);
                for (j, y) in inputs.iter().enumerate() {
                    hess[i][j] += p * (1.0 - p) * f64::from(x * y);
                }
            }
        }
        for (weight, step) in weights.iter_mut().zip(solve(hess, grad)) {
            *weight -= narrow(step).clamp(-1.0, 1.0);
        }
    }
    weights
}

fn ridge_terms(weights: &[f32], start: &[f32], ridge: f64) -> (Vec<f64>, Vec<Vec<f64>>) {
    let grad = weights.iter().zip(start).map(|(weight, start)| ridge * f64::from(weight - start)).collect();
    let mut hess = vec![vec![0.0; weights.len()]; weights.len()];
    for (i, row) in hess.iter_mut().enumerate() {
        row[i] = ridge + 1e-6;
    }
    (grad, hess)
}

/// Gauss elimination; a direction without slope gets no step.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for i in 0..size {
        let steepest = (i..size).max_by(|a, b| matrix[*a][i].abs().total_cmp(&matrix[*b][i].abs()));
        let pivot = steepest.unwrap_or(i);
        matrix.swap(i, pivot);
        right.swap(i, pivot);
        let (upper, lower) = matrix.split_at_mut(i + 1);
        let top = &upper[i];
        if top[i].abs() < 1e-12 {
            continue;
        }
        for (offset, row) in lower.iter_mut().enumerate() {
            let factor = row[i] / top[i];
            for (cell, above) in row.iter_mut().zip(top).skip(i) {
                *cell -= factor * above;
            }
            right[i + 1 + offset] -= factor * right[i];
        }
    }
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|c| matrix[i][c] * right[c]).sum();
        right[i] = if matrix[i][i].abs() < 1e-12 { 0.0 } else { (right[i] - known) / matrix[i][i] };
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved() {
        let solution = solve(vec![vec![0.0, 2.0], vec![1.0, 1.0]], vec![4.0, 5.0]);
        assert_eq!(solution, [3.0, 2.0]);
        assert_eq!(solve(vec![vec![0.0]], vec![1.0]), [0.0]);
    }

    #[test]
    fn a_useless_opinion_loses_its_weight() {
        let logs = |p: f32| vec![p.ln(), (1.0 - p).ln()];
        // The first opinion is right nine times in ten, the second is noise.
        let lookbacks: Vec<Lookback> = (0..200)
            .map(|i| Lookback {
                opinions: vec![logs(0.9), logs(if i % 2 == 0 { 0.9 } else { 0.1 })],
                truth: usize::from(i % 10 == 0),
            })
            .collect();
        let blend = Blend::new(&[0.5, 0.5]).fit(&lookbacks, 0.01);
        assert!((blend.0[0] - 1.0).abs() < 0.1, "{blend:?}");
        assert!(blend.0[1] < 0.15, "{blend:?}");
        assert!((blend.join(&[logs(0.9), logs(0.5)])[0].exp() - 0.9).abs() < 0.02);
    }

    #[test]
    fn a_logistic_curve_is_found() {
        let rows: Vec<(Vec<f32>, bool)> = (0..400)
            .map(|i| (vec![1.0, if i % 2 == 0 { 1.0 } else { -1.0 }], i % 2 == 0 || i % 20 == 1))
            .collect();
        let weights = logistic(&rows, &[0.0, 0.0], 0.1);
        assert!(weights[1] > 2.0, "{weights:?}");
    }
}
