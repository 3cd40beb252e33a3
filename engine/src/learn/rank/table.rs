//! Rows of numbers cut into few levels each, so that trees only have to count.

use std::cmp::Ordering;

/// Levels of a column, at most.
const LEVELS: usize = 64;

/// Numbers by column, as levels.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) columns: Vec<Vec<u8>>,
    pub(super) cuts: Cuts,
    pub(super) rows: usize,
}

/// Where the levels of each column begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Cuts(Vec<Vec<f32>>);

impl Table {
    /// Cuts each column where it has about as many rows on each level.
    pub(super) fn new(rows: &[Vec<f32>]) -> Self {
        let width = rows.first().map_or(0, Vec::len);
        let cuts = Cuts((0..width).map(|column| cut(rows, column)).collect());
        Self { columns: cuts.columns(rows), cuts, rows: rows.len() }
    }

    /// Other rows on the same levels.
    pub(super) fn with(&self, rows: &[Vec<f32>]) -> Self {
        Self { columns: self.cuts.columns(rows), cuts: self.cuts.clone(), rows: rows.len() }
    }

    /// The levels of one row.
    pub(super) fn levels(&self, row: usize) -> Vec<u8> {
        self.columns.iter().map(|column| column[row]).collect()
    }
}

impl Cuts {
    /// The levels of a new row.
    pub(super) fn levels(&self, row: &[f32]) -> Vec<u8> {
        row.iter().enumerate().map(|(column, value)| self.level(column, *value)).collect()
    }

    fn columns(&self, rows: &[Vec<f32>]) -> Vec<Vec<u8>> {
        let column = |column| rows.iter().map(|row| self.level(column, row[column])).collect();
        (0..self.0.len()).map(column).collect()
    }

    fn level(&self, column: usize, value: f32) -> u8 {
        let below = self.0[column].partition_point(|cut| cut.total_cmp(&value) != Ordering::Greater);
        u8::try_from(below).unwrap_or(u8::MAX)
    }
}

fn cut(rows: &[Vec<f32>], column: usize) -> Vec<f32> {
    let mut values: Vec<f32> = rows.iter().map(|row| row[column]).collect();
    values.sort_by(f32::total_cmp);
    let mut cuts: Vec<f32> =
        (1..LEVELS).map(|level| values[(level * values.len() / LEVELS).min(values.len() - 1)]).collect();
    cuts.dedup();
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_keep_the_order() {
        let rows: Vec<Vec<f32>> = (0..1000u16).map(|i| vec![f32::from(i % 250), 1.0]).collect();
        let table = Table::new(&rows);
        assert!(table.columns[0][10] < table.columns[0][240]);
        assert_eq!(table.columns[1][0], table.columns[1][999]);
        let low = table.cuts.levels(&[-5.0, f32::NAN]);
        assert_eq!(low[0], 0);
        assert!(Table::new(&[]).columns.is_empty());
    }
}
