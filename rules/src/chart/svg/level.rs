//! One level of a drawing: boxes in ranks from top to bottom, and the lines between them.

use super::{order, place, route};

/// A box with what hangs beside it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Item {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Height of its row at least, for notes that are higher.
    pub(super) row: f64,
    /// Room on its left and right for loops and notes.
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) pin: Pin,
}

/// Where an item must lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Pin {
    #[default]
    Free,
    /// A way in through the upper border.
    Top,
    /// A way out through the lower border.
    Bottom,
}

/// A line from one item to another; never from an item to itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Where it leaves and arrives, from the middle of the item.
    pub(super) from_dx: f64,
    pub(super) to_dx: f64,
    pub(super) label: Option<(f64, f64)>,
    pub(super) length: usize,
}

pub(super) type Point = (f64, f64);

/// A level laid out: its upper left corner is (0, 0).
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Middles of the items.
    pub(super) items: Vec<Point>,
    pub(super) routes: Vec<Vec<Point>>,
    /// Middles of the labels.
    pub(super) labels: Vec<Option<Point>>,
}

/// A place in a rank: an item, a label or a bend.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) rank: usize,
    pub(super) height: f64,
    pub(super) row: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A line between cells of neighbouring ranks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hop {
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) upper_dx: f64,
    pub(super) lower_dx: f64,
}

/// How a line goes.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    pub(super) hops: Vec<usize>,
    pub(super) label: Option<usize>,
    /// The cell it leaves for the side of the drawing.
    pub(super) aside: Option<usize>,
}

/// Cells and hops of a level.
#[derive(Debug, Default)]
pub(super) struct Grid {
    pub(super) cells: Vec<Cell>,
    pub(super) hops: Vec<Hop>,
    pub(super) courses: Vec<Course>,
    /// Cells of each rank from left to right.
    pub(super) ranks: Vec<Vec<usize>>,
}

/// Bends in one level; lines that would need more go along the side.
const MAX_BENDS: usize = 6000;

pub(super) fn placed(items: &[Item], lines: &[Line]) -> Placed {
    if items.is_empty() {
        return Placed::default();
    }
    let is_back = order::back(items, lines);
    let ranks = order::ranks(items, lines, &is_back);
    let mut grid = grid(items, lines, &is_back, &ranks);
    order::arrange(&mut grid);
    place::spread(&mut grid);
    route::routed(&mut grid, items, lines)
}

fn grid(items: &[Item], lines: &[Line], is_back: &[bool], ranks: &[usize]) -> Grid {
    let mut grid = Grid::default();
    for (item, rank) in items.iter().zip(ranks) {
        let half = item.width / 2.0;
        let (left, right) = (half + item.left, half + item.right);
        grid.cells.push(Cell {
            rank: *rank,
            height: item.height,
            row: item.row,
            left,
            right,
            x: 0.0,
            y: 0.0,
        });
    }
    let mut n_bends = 0;
    for (line, is_back) in lines.iter().zip(is_back) {
        let (from, to) = (ranks[line.from], ranks[line.to]);
        let n_between = to.saturating_sub(from + 1);
        let goes_aside = *is_back || n_bends + n_between > MAX_BENDS;
        let mut course = Course::default();
        let (mut at, mut dx) = (line.from, line.from_dx);
        let mut hop = |grid: &mut Grid, at: usize, dx: f64, lower: usize, lower_dx: f64| {
            course.hops.push(grid.hops.len());
            grid.hops.push(Hop { upper: at, lower, upper_dx: dx, lower_dx });
        };
        let n_cells = if goes_aside { usize::from(line.label.is_some()) } else { n_between };
        for index in 0..n_cells {
            let (width, height) = line.label.filter(|_| index == 0).unwrap_or((4.0, 0.0));
            let cell = grid.cells.len();
            let rank = from + 1 + index;
            let half = width / 2.0;
            grid.cells.push(Cell { rank, height, row: height, left: half, right: half, x: 0.0, y: 0.0 });
            hop(&mut grid, at, dx, cell, 0.0);
            (at, dx) = (cell, 0.0);
        }
        if goes_aside {
            course.aside = Some(at);
        } else {
            n_bends += n_between;
            hop(&mut grid, at, dx, line.to, line.to_dx);
        }
        course.label = (line.label.is_some() && n_cells > 0).then(|| grid.cells.len() - n_cells);
        grid.courses.push(course);
    }
    let n_ranks = grid.cells.iter().map(|cell| cell.rank + 1).max().unwrap_or(1);
    grid.ranks = vec![Vec::new(); n_ranks];
    for (index, cell) in grid.cells.iter().enumerate() {
        grid.ranks[cell.rank].push(index);
    }
    grid
}
