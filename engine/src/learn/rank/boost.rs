//! Boosted regression trees over levels.

use super::super::chance::Chance;
use super::table::Table;

/// Trees whose values are added up, one sum for each output.
#[derive(Debug, Clone, Default)]
pub(super) struct Boosted {
    rounds: Vec<Vec<Tree>>,
    outputs: usize,
}

/// How trees are grown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    pub(super) rounds: usize,
    pub(super) rate: f32,
    pub(super) leaves: usize,
    /// Least curvature in a leaf, about the number of rows it must have.
    pub(super) weight: f32,
    /// Draws leaf values towards zero.
    pub(super) drag: f32,
    /// Share of the rows, and of the columns, that each tree sees.
    pub(super) rows: f32,
    pub(super) columns: f32,
    pub(super) seed: u64,
}

/// The slope of what is to be made small at a row, and its curvature.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slope {
    pub(super) first: f32,
    pub(super) second: f32,
}

#[derive(Debug, Clone, Default)]
struct Tree(Vec<Node>);

#[derive(Debug, Clone, Copy)]
enum Node {
    Leaf(f32),
    /// Rows at or below the level go left.
    Split {
        column: usize,
        level: u8,
        left: usize,
        right: usize,
    },
}

impl Boosted {
    /// Grows trees round after round; `slopes` gets the current sums by output and row.
    pub(super) fn grow(
        table: &Table,
        outputs: usize,
        growth: Growth,
        mut slopes: impl FnMut(&[Vec<f32>]) -> Vec<Vec<Slope>>,
    ) -> Self {
        let mut chance = Chance::new(growth.seed);
        let mut sums = vec![vec![0.0; table.rows]; outputs];
        let mut boosted = Self { rounds: Vec::new(), outputs };
        for _ in 0..growth.rounds {
            let slopes = slopes(&sums);
            let drawn: Vec<u32> = (0u32..).take(table.rows).filter(|_| chance.unit() < growth.rows).collect();
            let mut columns: Vec<usize> =
                (0..table.columns.len()).filter(|_| chance.unit() < growth.columns).collect();
            if columns.is_empty() {
                columns.push(chance.below(table.columns.len()));
            }
            let mut round = Vec::with_capacity(outputs);
            for (slopes, sums) in slopes.iter().zip(&mut sums) {
                let tree = Sprout { table, columns: &columns, slopes, growth }.tree(drawn.clone());
                for (row, sum) in sums.iter_mut().enumerate() {
                    *sum += tree.value(|column| table.columns[column][row]);
                }
                round.push(tree);
            }
            boosted.rounds.push(round);
        }
        boosted
    }

    /// The sums for a row of levels.
    pub(super) fn sums(&self, levels: &[u8]) -> Vec<f32> {
        let mut sums = vec![0.0; self.outputs];
        for round in &self.rounds {
            for (sum, tree) in sums.iter_mut().zip(round) {
                *sum += tree.value(|column| levels[column]);
            }
        }
        sums
    }
}

impl Tree {
    fn value(&self, level_of: impl Fn(usize) -> u8) -> f32 {
        let mut at = 0;
        loop {
            match self.0.get(at) {
                Some(Node::Split { column, level, left, right }) => {
                    at = if level_of(*column) <= *level { *left } else { *right };
                }
                Some(Node::Leaf(value)) => return *value,
                None => return 0.0,
            }
        }
    }
}

/// A tree while it grows.
struct Sprout<'a> {
    table: &'a Table,
    columns: &'a [usize],
    slopes: &'a [Slope],
    growth: Growth,
}

type Sums = Vec<[Slope; 64]>;

/// A leaf that may yet be split.
struct Bud {
    node: usize,
    rows: Vec<u32>,
    sums: Sums,
    best: Option<Cut>,
}

#[derive(Clone, Copy)]
struct Cut {
    gain: f32,
    column: usize,
    level: u8,
}

impl Sprout<'_> {
    fn tree(&self, rows: Vec<u32>) -> Tree {
        let mut tree = Tree(vec![Node::Leaf(0.0)]);
        let sums = self.sums(&rows);
        let mut buds = vec![self.bud(0, rows, sums)];
        while buds.len() < self.growth.leaves {
            let gain = |bud: &Bud| bud.best.map_or(0.0, |cut| cut.gain);
            let best = (0..buds.len()).reduce(|a, b| if gain(&buds[b]) > gain(&buds[a]) { b } else { a });
            let Some((place, cut)) = best.and_then(|place| Some((place, buds[place].best?))) else { break };
            let bud = buds.swap_remove(place);
            let column = &self.table.columns[cut.column];
            let (left, right): (Vec<u32>, Vec<u32>) =
                bud.rows.iter().partition(|row| column[**row as usize] <= cut.level);
            let small = self.sums(if left.len() < right.len() { &left } else { &right });
            let large = difference(bud.sums, &small);
            let (left_sums, right_sums) =
                if left.len() < right.len() { (small, large) } else { (large, small) };
            let at = tree.0.len();
            tree.0[bud.node] = Node::Split { column: cut.column, level: cut.level, left: at, right: at + 1 };
            tree.0.extend([Node::Leaf(0.0); 2]);
            buds.push(self.bud(at, left, left_sums));
            buds.push(self.bud(at + 1, right, right_sums));
        }
        for bud in buds {
            let total = self.total(&bud.rows);
            let value = -total.first / (total.second + self.growth.drag);
            tree.0[bud.node] = Node::Leaf(self.growth.rate * value);
        }
        tree
    }

    fn total(&self, rows: &[u32]) -> Slope {
        rows.iter().fold(Slope::default(), |sum, row| add(sum, self.slopes[*row as usize]))
    }

    fn sums(&self, rows: &[u32]) -> Sums {
        let mut sums = vec![[Slope::default(); 64]; self.columns.len()];
        for (sums, column) in sums.iter_mut().zip(self.columns) {
            let levels = &self.table.columns[*column];
            for row in rows {
                let row = *row as usize;
                let cell = &mut sums[usize::from(levels[row])];
                *cell = add(*cell, self.slopes[row]);
            }
        }
        sums
    }

    fn bud(&self, node: usize, rows: Vec<u32>, sums: Sums) -> Bud {
        let total = self.total(&rows);
        let worth = |slope: Slope| slope.first * slope.first / (slope.second + self.growth.drag);
        let mut best: Option<Cut> = None;
        for (sums, column) in sums.iter().zip(self.columns) {
            let mut left = Slope::default();
            for (level, sum) in (0u8..).zip(&sums[..63]) {
                left = add(left, *sum);
                let right = Slope { first: total.first - left.first, second: total.second - left.second };
                if left.second < self.growth.weight || right.second < self.growth.weight {
                    continue;
                }
                let gain = worth(left) + worth(right) - worth(total);
                if gain > best.map_or(1e-6, |best| best.gain) {
                    best = Some(Cut { gain, column: *column, level });
                }
            }
        }
        Bud { node, rows, sums, best }
    }
}

fn add(a: Slope, b: Slope) -> Slope {
    Slope { first: a.first + b.first, second: a.second + b.second }
}

fn difference(mut all: Sums, part: &Sums) -> Sums {
    for (a, b) in all.iter_mut().flatten().zip(part.iter().flatten()) {
        *a = Slope { first: a.first - b.first, second: a.second - b.second };
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learns_what_needs_two_splits() {
        let rows: Vec<Vec<f32>> =
            (0..400u16).map(|i| vec![f32::from(i % 2), f32::from(i / 2 % 2), f32::from(i % 7)]).collect();
        let wanted: Vec<f32> =
            rows.iter().map(|row| if (row[0] - row[1]).abs() < 0.5 { 1.0 } else { -1.0 }).collect();
        let table = Table::new(&rows);
        let growth = Growth {
            rounds: 40,
            rate: 0.3,
            leaves: 4,
            weight: 1.0,
            drag: 1.0,
            rows: 0.8,
            columns: 1.0,
            seed: 1,
        };
        let slopes = |sums: &[Vec<f32>]| {
            let slope = |(sum, wanted): (&f32, &f32)| Slope { first: sum - wanted, second: 1.0 };
            vec![sums[0].iter().zip(&wanted).map(slope).collect()]
        };
        let boosted = Boosted::grow(&table, 1, growth, slopes);
        for (row, wanted) in rows.iter().zip(&wanted) {
            let sum = boosted.sums(&table.cuts.levels(row))[0];
            assert!((sum - wanted).abs() < 0.2, "{row:?}: {sum}");
        }
    }
}
