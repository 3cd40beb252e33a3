//! A classifier learnt in folds, so that every training example also has a judgement by a model that has
//! not seen it.

use super::features::{Bag, Index};
use super::softmax::{Data, Example, Settings, Softmax};
use super::status::{CLASSES, Chances, mean};

/// A classifier made of several, each learnt without one part of the data.
#[derive(Debug, Clone, Default)]
pub struct Folds {
    index: Index,
    models: Vec<Softmax>,
}

impl Folds {
    /// Learns one model for each fold from all examples outside it, and gives the chances of each example
    /// under the model that has not seen it. `groups` is the fold of each example.
    pub fn new(
        examples: &[Example],
        groups: &[usize],
        folds: usize,
        settings: Settings,
    ) -> (Self, Vec<Chances>) {
        let data = Data::new(examples, CLASSES, 2);
        let learn = &|fold: usize| Softmax::new(&data, |i| groups.get(i) != Some(&fold), settings);
        let numbers: Vec<usize> = (0..folds).collect();
        let mut models: Vec<Softmax> = vec![];
        for pair in numbers.chunks(2) {
            models.extend(std::thread::scope(|scope| {
                let handles: Vec<_> = pair.iter().map(|&fold| scope.spawn(move || learn(fold))).collect();
                handles.into_iter().map(|h| h.join().unwrap_or_default()).collect::<Vec<_>>()
            }));
        }
        let unseen = groups
            .iter()
            .enumerate()
            .map(|(i, &g)| models.get(g).map_or([0.25; CLASSES], |m| chances(&m.probabilities(data.row(i)))))
            .collect();
        (Self { index: data.into_index(), models }, unseen)
    }

    /// Chances under the model of one fold, or else the mean of all.
    pub fn chances(&self, bag: &Bag, fold: Option<usize>) -> Chances {
        let row = self.index.row(bag);
        if let Some(model) = fold.and_then(|f| self.models.get(f)) {
            return chances(&model.probabilities(&row));
        }
        let each: Vec<Chances> = self.models.iter().map(|m| chances(&m.probabilities(&row))).collect();
        if each.is_empty() { [0.25; CLASSES] } else { mean(&each.iter().collect::<Vec<_>>()) }
    }
}

fn chances(p: &[f32]) -> Chances {
    let mut out = [0.0; CLASSES];
    for (o, x) in out.iter_mut().zip(p) {
        *o = *x;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_example_is_judged_by_the_model_that_has_not_seen_it() {
        // In fold 0 the feature means class 0, in fold 1 class 1: each is judged by the other's rule.
        let mut examples = vec![];
        let mut groups = vec![];
        for i in 0..20 {
            let mut bag = Bag::default();
            bag.code(1, 1);
            examples.push(Example { bag, label: i % 2, weight: 1.0 });
            groups.push(i % 2);
        }
        let settings = Settings { epochs: 10, rate: 0.5, l2: 0.0 };
        let (folds, unseen) = Folds::new(&examples, &groups, 2, settings);
        assert!(unseen[0][1] > 0.9 && unseen[1][0] > 0.9, "{unseen:?}");
        let all = folds.chances(&examples[0].bag, None);
        assert!((all[0] - all[1]).abs() < 0.1, "{all:?}");
        let again = folds.chances(&examples[0].bag, Some(0));
        assert!(again.iter().zip(&unseen[0]).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
