//! Ranks, and the order of cells in each.

use super::level::{Grid, Item, Line, Pin};

/// Neighbours of a cell, and where on the wider of the two the line is, as a share of its width.
type Ends = Vec<(usize, f64)>;

/// Turns of the ordering.
const N_TURNS: usize = 12;

/// Which lines go back: those that close a cycle, seen from the first items.
pub(super) fn back(items: &[Item], lines: &[Line]) -> Vec<bool> {
    let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for (index, line) in lines.iter().enumerate() {
        outgoing[line.from].push(index);
    }
    let mut is_back = vec![false; lines.len()];
    // 0 not seen, 1 on the walk, 2 left.
    let mut state = vec![0u8; items.len()];
    let first = (0..items.len()).filter(|at| items[*at].pin == Pin::Top);
    for start in first.chain(0..items.len()) {
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        let mut walk = vec![(start, 0)];
        while let Some((at, index)) = walk.last_mut() {
            let Some(line) = outgoing[*at].get(*index).copied() else {
                state[*at] = 2;
                walk.pop();
                continue;
            };
            *index += 1;
            let to = lines[line].to;
            match state[to] {
                0 => {
                    state[to] = 1;
                    walk.push((to, 0));
                }
                1 => is_back[line] = true,
                _ => {}
            }
        }
    }
    is_back
}

/// Longest way from the top, in steps of two: labels lie on the ranks between.
pub(super) fn ranks(items: &[Item], lines: &[Line], is_back: &[bool]) -> Vec<usize> {
    let mut ranks = vec![0; items.len()];
    let mut n_in = vec![0usize; items.len()];
    let mut outgoing: Vec<Vec<&Line>> = vec![Vec::new(); items.len()];
    for (line, _) in lines.iter().zip(is_back).filter(|(_, is_back)| !**is_back) {
        n_in[line.to] += 1;
        outgoing[line.from].push(line);
    }
    let mut open: Vec<usize> = (0..items.len()).filter(|at| n_in[*at] == 0).collect();
    while let Some(at) = open.pop() {
        for line in &outgoing[at] {
            ranks[line.to] = ranks[line.to].max(ranks[at] + 2 * line.length.max(1));
            n_in[line.to] -= 1;
            if n_in[line.to] == 0 {
                open.push(line.to);
            }
        }
    }
    let last = ranks.iter().copied().max().unwrap_or(0);
    for (item, rank) in items.iter().zip(&mut ranks) {
        if item.pin == Pin::Bottom {
            *rank = last;
        }
    }
    ranks
}

/// Orders each rank so that few lines cross.
pub(super) fn arrange(grid: &mut Grid) {
    let (mut above, mut below): (Vec<Ends>, Vec<Ends>) =
        (vec![Vec::new(); grid.cells.len()], vec![Vec::new(); grid.cells.len()]);
    for hop in &grid.hops {
        // Lines at different points of a wide box are told apart by where on it they are.
        let share = |cell: usize, dx: f64| dx / (grid.cells[cell].left + grid.cells[cell].right + 1.0);
        above[hop.lower].push((hop.upper, share(hop.upper, hop.upper_dx)));
        below[hop.upper].push((hop.lower, share(hop.upper, hop.upper_dx)));
    }
    for ends in &mut below {
        ends.sort_by(|a, b| a.1.total_cmp(&b.1));
    }
    first_order(grid, &below);
    let mut at = positions(grid);
    let is_free = free(grid, &above, &below);
    // What follows its only upper neighbour anyway has no say in where that lies.
    let binding: Vec<Ends> = below
        .iter()
        .map(|all| all.iter().filter(|(cell, _)| !is_free[*cell]).map(|(cell, _)| (*cell, 0.0)).collect())
        .collect();
    let mut best = (crossings(grid, &at, &below), grid.ranks.clone());
    for turn in 0..N_TURNS {
        if best.0 == 0 {
            break;
        }
        let is_down = turn % 2 == 0;
        let n = grid.ranks.len();
        for step in 1..n {
            let rank = if is_down { step } else { n - 1 - step };
            let beside = if is_down { &above } else { &binding };
            let mut row: Vec<(f64, usize)> = grid.ranks[rank]
                .iter()
                .map(|cell| (middle(&beside[*cell], &at).unwrap_or(at[*cell]), *cell))
                .collect();
            row.sort_by(|left, right| left.0.total_cmp(&right.0));
            if turn / 2 % 2 == 1 {
                // Two or three that have the same wish may as well lie the other way round.
                row.chunk_by_mut(|a, b| (a.0 - b.0).abs() < 1e-9)
                    .filter(|tie| tie.len() < 4)
                    .for_each(<[_]>::reverse);
            }
            for ((_, cell), index) in row.iter().zip(0u32..) {
                at[*cell] = f64::from(index);
            }
            grid.ranks[rank] = row.into_iter().map(|(_, cell)| cell).collect();
        }
        let n_crossings = crossings(grid, &at, &below);
        if n_crossings < best.0 {
            best = (n_crossings, grid.ranks.clone());
        }
    }
    grid.ranks = best.1;
}

/// Cells that hang on one cell, as does all that follows them.
fn free(grid: &Grid, above: &[Ends], below: &[Ends]) -> Vec<bool> {
    let mut is_free = vec![false; grid.cells.len()];
    for cell in grid.ranks.iter().rev().flatten() {
        is_free[*cell] = above[*cell].len() == 1 && below[*cell].iter().all(|(to, _)| is_free[*to]);
    }
    is_free
}

/// Cells in the order a walk from the top meets them, so that trees begin without crossings.
fn first_order(grid: &mut Grid, below: &[Ends]) {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); grid.ranks.len()];
    let mut is_seen = vec![false; grid.cells.len()];
    for start in grid.ranks.iter().flatten() {
        let mut open = vec![*start];
        while let Some(cell) = open.pop() {
            if !std::mem::replace(&mut is_seen[cell], true) {
                rows[grid.cells[cell].rank].push(cell);
                open.extend(below[cell].iter().rev().map(|(to, _)| *to));
            }
        }
    }
    grid.ranks = rows;
}

fn positions(grid: &Grid) -> Vec<f64> {
    let mut at = vec![0.0; grid.cells.len()];
    for (cell, index) in grid.ranks.iter().flat_map(|row| row.iter().zip(0u32..)) {
        at[*cell] = f64::from(index);
    }
    at
}

fn middle(cells: &[(usize, f64)], at: &[f64]) -> Option<f64> {
    let n = u32::try_from(cells.len()).ok().filter(|n| *n > 0)?;
    Some(cells.iter().map(|(cell, share)| at[*cell] + share).sum::<f64>() / f64::from(n))
}

/// Lines that cross, counted between neighbouring ranks.
fn crossings(grid: &Grid, at: &[f64], below: &[Ends]) -> usize {
    let mut n = 0;
    for row in &grid.ranks {
        // Ends on the lower rank, in order of the upper: each pair out of order crosses.
        let mut ends: Vec<f64> = Vec::new();
        for cell in row {
            // Lines from one point never cross each other, those from different points of a box may.
            for same in below[*cell].chunk_by(|a, b| (a.1 - b.1).abs() < 1e-9) {
                let lower = same.iter().map(|(to, _)| at[*to]);
                n += lower
                    .clone()
                    .map(|end| ends.len() - ends.partition_point(|other| *other <= end))
                    .sum::<usize>();
                for end in lower {
                    let place = ends.partition_point(|other| *other <= end);
                    ends.insert(place, end);
                }
            }
        }
    }
    n
}
