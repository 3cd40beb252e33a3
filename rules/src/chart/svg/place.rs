//! Where in its rank each cell lies: near what it is joined to, and clear of its neighbours.

use super::level::Grid;

/// Room between neighbours.
const ROOM: f64 = 22.0;
const N_ROUNDS: usize = 30;
/// Steps smaller than this are made straight.
const SNAP: f64 = 16.0;

pub(super) fn spread(grid: &mut Grid) {
    pack(grid);
    let joins = joins(grid);
    for round in 0..N_ROUNDS {
        for step in 0..grid.ranks.len() {
            let rank = if round % 2 == 0 { step } else { grid.ranks.len() - 1 - step };
            settle(grid, rank, &joins);
        }
    }
    // Labels and bends straight above or below what they belong to, then all small steps made straight.
    let nearest: Vec<Vec<Join>> = joins
        .iter()
        .map(|joins| joins.iter().copied().max_by(|a, b| a.weight.total_cmp(&b.weight)).into_iter().collect())
        .collect();
    for rank in (1..grid.ranks.len()).step_by(2) {
        settle(grid, rank, &nearest);
    }
    for _ in 0..2 {
        for rank in 1..grid.ranks.len() {
            let snapped = snapped(grid, rank, &joins);
            settle(grid, rank, &snapped);
        }
    }
}

/// For the cells of a rank, the upper neighbour they are nearly below; themselves where there is none.
fn snapped(grid: &Grid, rank: usize, joins: &[Vec<Join>]) -> Vec<Vec<Join>> {
    let mut snapped = vec![Vec::new(); joins.len()];
    for cell in &grid.ranks[rank] {
        let far = |join: &Join| (grid.cells[join.to].x + join.dx - grid.cells[*cell].x).abs();
        let upper = joins[*cell].iter().filter(|join| grid.cells[join.to].rank < rank && far(join) < SNAP);
        let nearest = upper.min_by(|a, b| far(a).total_cmp(&far(b)));
        // A bend or label in the middle of its line pulls no item out of place.
        let join =
            nearest.map_or(Join { to: *cell, dx: 0.0, weight: 1.0 }, |join| Join { weight: 50.0, ..*join });
        snapped[*cell].push(join);
    }
    snapped
}

/// How a cell is drawn to another.
#[derive(Clone, Copy)]
struct Join {
    to: usize,
    /// How far to the right of the other cell it would like to lie.
    dx: f64,
    weight: f64,
}

fn joins(grid: &Grid) -> Vec<Vec<Join>> {
    let (mut n_out, mut n_in) = (vec![0u32; grid.cells.len()], vec![0u32; grid.cells.len()]);
    for hop in &grid.hops {
        n_out[hop.upper] += 1;
        n_in[hop.lower] += 1;
    }
    let mut joins = vec![Vec::new(); grid.cells.len()];
    for hop in &grid.hops {
        // A cell follows the neighbour that has only this line, not the one whose lines fan out.
        let dx = hop.upper_dx - hop.lower_dx;
        joins[hop.upper].push(Join { to: hop.lower, dx: -dx, weight: 1.0 / f64::from(n_in[hop.lower]) });
        joins[hop.lower].push(Join { to: hop.upper, dx, weight: 1.0 / f64::from(n_out[hop.upper]) });
    }
    joins
}

fn pack(grid: &mut Grid) {
    for row in &grid.ranks {
        let mut x = 0.0;
        for cell in row {
            let cell = &mut grid.cells[*cell];
            cell.x = x + cell.left;
            x = cell.x + cell.right + ROOM;
        }
        let half = x / 2.0;
        for cell in row {
            grid.cells[*cell].x -= half;
        }
    }
}

/// Moves the cells of a rank as near as they can come to where they are drawn (isotonic regression).
fn settle(grid: &mut Grid, rank: usize, joins: &[Vec<Join>]) {
    // Blocks of cells that touch: sum of weight · wish, weight, number of cells.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    let mut offsets = Vec::new();
    let mut offset = 0.0;
    let mut before: Option<f64> = None;
    for index in &grid.ranks[rank] {
        let cell = grid.cells[*index];
        if let Some(right) = before {
            offset += right + ROOM + cell.left;
        }
        before = Some(cell.right);
        offsets.push(offset);
        let weight: f64 = joins[*index].iter().map(|join| join.weight).sum();
        let wish = if weight > 0.0 {
            joins[*index].iter().map(|join| join.weight * (grid.cells[join.to].x + join.dx)).sum::<f64>()
                / weight
        } else {
            cell.x
        };
        let weight = weight.max(0.01);
        blocks.push((weight * (wish - offset), weight, 1));
        while let [.., (sum, weight, n), (next_sum, next_weight, next_n)] = blocks.as_mut_slice() {
            if *sum / *weight <= *next_sum / *next_weight {
                break;
            }
            (*sum, *weight, *n) = (*sum + *next_sum, *weight + *next_weight, *n + *next_n);
            blocks.pop();
        }
    }
    let places = blocks.into_iter().flat_map(|(sum, weight, n)| std::iter::repeat_n(sum / weight, n));
    for ((index, offset), place) in grid.ranks[rank].iter().zip(offsets).zip(places) {
        grid.cells[*index].x = place + offset;
    }
}
