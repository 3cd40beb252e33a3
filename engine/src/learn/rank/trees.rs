//! Trees that grade titles and trees that order them, and how far each is trusted.

use super::super::{real, sigmoid};
use super::boost::{Boosted, Growth, Slope};
use super::model::Judged;
use super::table::{Cuts, Table};

/// What there is to learn from. Rows stand for titles; in `order` they tell nothing about the grades of the
/// titles they are to be ordered among.
pub(super) struct Lessons<'a> {
    pub(super) grade: &'a [Vec<f32>],
    pub(super) order: &'a [Vec<f32>],
    pub(super) labels: &'a [u8],
    /// The question of each row.
    pub(super) questions: &'a [usize],
    /// Rows that are to be ordered among each other.
    pub(super) groups: &'a [Vec<usize>],
}

/// Grown trees.
#[derive(Debug, Clone, Default)]
pub(super) struct Trees {
    cuts: Cuts,
    grade: Vec<Boosted>,
    order: Vec<Boosted>,
    /// What the order counts besides the expected grade.
    share: f32,
}

/// Sets of trees grown from different draws.
const SETS: u64 = 3;
const GROWTH: Growth =
    Growth { rounds: 150, rate: 0.06, leaves: 12, weight: 8.0, drag: 3.0, rows: 0.6, columns: 0.4, seed: 0 };
/// Shares of the order that are tried.
const SHARES: [f32; 6] = [0.0, 0.25, 0.5, 1.0, 2.0, 4.0];

impl Trees {
    pub(super) fn learn(lessons: &Lessons<'_>, top: u8) -> Self {
        if lessons.grade.is_empty() {
            return Self::default();
        }
        let table = Table::new(lessons.grade);
        let order = table.with(lessons.order);
        let grade = (1..=SETS).map(|seed| grow_grades(&table, lessons, top, None, seed));
        let ordering = (1..=SETS).map(|seed| grow_order(&order, lessons, None, seed));
        Self {
            grade: grade.collect(),
            order: ordering.collect(),
            share: fitted_share(&table, &order, lessons, top),
            cuts: table.cuts,
        }
    }

    /// Judges a title by its row.
    pub(super) fn judge(&self, row: &[f32]) -> Judged {
        if self.grade.is_empty() {
            return Judged { score: 0.0, label: 0 };
        }
        let levels = self.cuts.levels(row);
        let chances = grades(&self.grade, &levels);
        let order: f32 =
            self.order.iter().map(|boosted| boosted.sums(&levels)[0]).sum::<f32>() / real(self.order.len());
        let best = (0u8..).zip(&chances).reduce(|a, b| if b.1 > a.1 { b } else { a });
        Judged { score: expected(&chances) + self.share * order, label: best.map_or(0, |(grade, _)| grade) }
    }
}

/// Chances of each grade, the sets of trees joined.
fn grades(sets: &[Boosted], levels: &[u8]) -> Vec<f32> {
    let mut sums: Vec<f32> = Vec::new();
    for boosted in sets {
        let more = boosted.sums(levels);
        sums.resize(more.len(), 0.0);
        sums.iter_mut().zip(&more).for_each(|(sum, more)| *sum += more / real(sets.len()));
    }
    softmax(&sums)
}

fn expected(chances: &[f32]) -> f32 {
    (0u8..).zip(chances).map(|(grade, chance)| f32::from(grade) * chance).sum()
}

/// The share with which most titles of questions left out come in the right order.
fn fitted_share(table: &Table, order: &Table, lessons: &Lessons<'_>, top: u8) -> f32 {
    let mut right = [0usize; SHARES.len()];
    for part in 0..2 {
        let grade = [grow_grades(table, lessons, top, Some(part), 1)];
        let ordering = grow_order(order, lessons, Some(part), 1);
        let judged: Vec<(f32, f32)> = (0..order.rows)
            .map(|row| {
                let levels = order.levels(row);
                (expected(&grades(&grade, &levels)), ordering.sums(&levels)[0])
            })
            .collect();
        for (up, down) in unequal(lessons).filter(|(up, _)| lessons.questions[*up] % 2 == part) {
            for (right, share) in right.iter_mut().zip(SHARES) {
                let score = |row: usize| judged[row].0 + share * judged[row].1;
                *right += usize::from(score(up) > score(down));
            }
        }
    }
    let best = right.iter().zip(SHARES).reduce(|a, b| if b.0 > a.0 { b } else { a });
    best.map_or(1.0, |(_, share)| share)
}

/// Pairs of rows to be ordered, the better one first.
fn unequal<'a>(lessons: &'a Lessons<'_>) -> impl Iterator<Item = (usize, usize)> + 'a {
    let labels = lessons.labels;
    lessons.groups.iter().flat_map(move |group| {
        group
            .iter()
            .flat_map(move |a| group.iter().filter(move |b| labels[*a] > labels[**b]).map(move |b| (*a, *b)))
    })
}

/// Trees for the chance of each grade; with a part, without the questions of that part.
fn grow_grades(table: &Table, lessons: &Lessons<'_>, top: u8, without: Option<usize>, seed: u64) -> Boosted {
    let growth = Growth { seed, ..GROWTH };
    Boosted::grow(table, usize::from(top) + 1, growth, |sums| {
        let mut slopes = vec![vec![Slope::default(); table.rows]; sums.len()];
        for (row, label) in lessons.labels.iter().enumerate() {
            if without == Some(lessons.questions[row] % 2) {
                continue;
            }
            let at: Vec<f32> = sums.iter().map(|sums| sums[row]).collect();
            for (class, chance) in softmax(&at).into_iter().enumerate() {
                let wanted = if class == usize::from(*label) { 1.0 } else { 0.0 };
                slopes[class][row] =
                    Slope { first: chance - wanted, second: (chance * (1.0 - chance)).max(1e-4) };
            }
        }
        slopes
    })
}

/// Trees for every two titles of a group standing in the right order.
fn grow_order(table: &Table, lessons: &Lessons<'_>, without: Option<usize>, seed: u64) -> Boosted {
    let mut sizes = vec![2usize; table.rows];
    for group in lessons.groups {
        for row in group {
            sizes[*row] = group.len().max(2);
        }
    }
    let pairs: Vec<(usize, usize)> =
        unequal(lessons).filter(|(up, _)| without != Some(lessons.questions[*up] % 2)).collect();
    let growth = Growth { weight: 2.0, seed: seed + SETS, ..GROWTH };
    Boosted::grow(table, 1, growth, |sums| {
        let mut slopes = vec![Slope { first: 0.0, second: 1e-4 }; table.rows];
        for (up, down) in &pairs {
            let share = 1.0 / real(sizes[*up] - 1);
            let wrong = sigmoid(sums[0][*down] - sums[0][*up]);
            let (first, second) = (share * wrong, share * wrong * (1.0 - wrong));
            slopes[*up].first -= first;
            slopes[*down].first += first;
            slopes[*up].second += second;
            slopes[*down].second += second;
        }
        vec![slopes]
    })
}

fn softmax(sums: &[f32]) -> Vec<f32> {
    let top = sums.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let parts: Vec<f32> = sums.iter().map(|sum| (sum - top).exp()).collect();
    let total: f32 = parts.iter().sum();
    parts.iter().map(|part| part / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_and_orders() {
        let rows: Vec<Vec<f32>> = (0..300u16).map(|i| vec![f32::from(i % 3), f32::from(i % 7)]).collect();
        let labels: Vec<u8> = (0..300u16).map(|i| (i % 3).try_into().unwrap()).collect();
        let questions: Vec<usize> = (0..300).map(|i| i / 3).collect();
        let groups: Vec<Vec<usize>> = (0..100).map(|i| vec![3 * i, 3 * i + 1, 3 * i + 2]).collect();
        let lessons =
            Lessons { grade: &rows, order: &rows, labels: &labels, questions: &questions, groups: &groups };
        let trees = Trees::learn(&lessons, 2);
        let judged: Vec<Judged> = (0..3u8).map(|x| trees.judge(&[f32::from(x), 3.0])).collect();
        assert_eq!(judged.iter().map(|one| one.label).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(judged[0].score < judged[1].score && judged[1].score < judged[2].score);
        assert_eq!(unequal(&lessons).count(), 300);
    }

    #[test]
    fn nothing_learnt_judges_all_alike() {
        let none = Lessons { grade: &[], order: &[], labels: &[], questions: &[], groups: &[] };
        let trees = Trees::learn(&none, 0);
        assert_eq!(trees.judge(&[1.0]), Judged { score: 0.0, label: 0 });
    }
}
