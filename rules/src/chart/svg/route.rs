//! Heights of ranks, tracks between them, and the lines in their final place.

use std::collections::{BTreeMap, BTreeSet};

use super::level::{Grid, Hop, Item, Line, Pin, Placed, Point};

/// Between two tracks, and between two lanes at the side.
const TRACK: f64 = 11.0;
const LANE: f64 = 14.0;
/// Room below and above a row of items, and beside a row of labels.
const BELOW: f64 = 13.0;
const ABOVE: f64 = 18.0;
const BESIDE_LABEL: f64 = 4.0;
/// Lines closer than this are drawn as one.
const STRAIGHT: f64 = 1.0;

/// What shares a track: all that leaves a cell, all that arrives at one, or what goes to or comes from a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bus {
    Upper(usize, i64),
    Lower(usize, i64),
    Leaving(usize),
    Arriving(usize),
}

/// A horizontal stretch in a gap.
struct Stretch {
    low: f64,
    high: f64,
    /// Sorts the tracks so that few stretches cross.
    turn: f64,
    track: usize,
}

pub(super) fn routed(grid: &mut Grid, items: &[Item], lines: &[Line]) -> Placed {
    let left = grid.cells.iter().map(|cell| cell.x - cell.left).fold(f64::INFINITY, f64::min);
    grid.cells.iter_mut().for_each(|cell| cell.x -= left);
    let right = grid.cells.iter().map(|cell| cell.x + cell.right).fold(0.0, f64::max);
    let sides = lanes(grid, lines);
    let n_lanes = sides.values().map(|lane| lane + 1).max().unwrap_or(0);
    let lane_x = |to: usize| right + LANE * (1.0 + count(sides.get(&to).copied().unwrap_or(0)));
    let lasts: BTreeSet<usize> = grid.ranks.iter().filter_map(|row| row.last().copied()).collect();
    let is_last = |cell: usize| lasts.contains(&cell);
    let gaps = gaps(grid, lines, &lane_x, &is_last);
    let (height, tops) = heights(grid, &gaps);
    let track_y = |gap: usize, bus: Bus| {
        tops[gap] + gaps[gap].get(&bus).map_or(0.0, |stretch| TRACK * count(stretch.track))
    };
    let mut placed = Placed {
        width: right + if n_lanes > 0 { LANE * (count(n_lanes) + 0.5) } else { 0.0 },
        height,
        items: grid.cells[..items.len()].iter().map(|cell| (cell.x, cell.y)).collect(),
        ..Placed::default()
    };
    let grid = &*grid;
    let (n_upper, n_lower) = degrees(grid);
    for (course, line) in grid.courses.iter().zip(lines) {
        let first = grid.cells[line.from];
        let mut points: Vec<Point> = vec![(first.x + line.from_dx, first.y + first.height / 2.0)];
        for hop in course.hops.iter().map(|hop| grid.hops[*hop]) {
            let (upper, lower) = (grid.cells[hop.upper], grid.cells[hop.lower]);
            let (from, to) = (upper.x + hop.upper_dx, lower.x + hop.lower_dx);
            if (from - to).abs() >= STRAIGHT {
                let y = track_y(lower.rank, bus(&hop, &n_upper, &n_lower));
                points.extend([(from, y), (to, y)]);
            }
            points.push((to, lower.y - lower.height / 2.0));
            if hop.lower >= items.len() {
                points.push((to, lower.y + lower.height / 2.0));
            }
        }
        if let Some(cell) = course.aside {
            let from = grid.cells[cell];
            let x = from.x + if cell == line.from { line.from_dx } else { 0.0 };
            let (lane, y) = (lane_x(line.to), track_y(from.rank + 1, Bus::Leaving(line.to)));
            points.extend([(x, y), (lane, y)]);
            let to = grid.cells[line.to];
            if enters_side(items, line, is_last(line.to)) {
                points.extend([(lane, to.y), (to.x + items[line.to].width / 2.0, to.y)]);
            } else {
                let y = track_y(to.rank, Bus::Arriving(line.to));
                points.extend([
                    (lane, y),
                    (to.x + line.to_dx, y),
                    (to.x + line.to_dx, to.y - to.height / 2.0),
                ]);
            }
        }
        extend_ports(&mut points, items, line, height);
        placed.routes.push(points);
        placed.labels.push(course.label.map(|cell| (grid.cells[cell].x, grid.cells[cell].y)));
    }
    placed
}

/// Whether a line from the side can go straight into its item: nothing hangs or lies in its way.
fn enters_side(items: &[Item], line: &Line, is_last: bool) -> bool {
    is_last && items[line.to].right <= 0.0 && line.to_dx.abs() < STRAIGHT
}

/// Lines through the border of a level begin and end on it.
fn extend_ports(points: &mut Vec<Point>, items: &[Item], line: &Line, height: f64) {
    if items[line.from].pin == Pin::Top
        && let Some(first) = points.first().copied()
    {
        points.insert(0, (first.0, 0.0));
    }
    if items[line.to].pin == Pin::Bottom
        && let Some(last) = points.last().copied()
    {
        points.push((last.0, height));
    }
}

/// The lane of each item that lines from the side go to; those that span less lie further inside.
fn lanes(grid: &Grid, lines: &[Line]) -> BTreeMap<usize, usize> {
    let mut spans: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (course, line) in grid.courses.iter().zip(lines) {
        if let Some(from) = course.aside {
            let (from, to) = (grid.cells[from].rank + 1, grid.cells[line.to].rank);
            let span = spans.entry(line.to).or_insert((to, to));
            *span = (span.0.min(from), span.1.max(from));
        }
    }
    let mut order: Vec<(usize, (usize, usize))> = spans.into_iter().collect();
    order.sort_by_key(|(to, (low, high))| (high - low, *to));
    let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
    let mut found = BTreeMap::new();
    for (to, (low, high)) in order {
        let is_free = |spans: &Vec<(usize, usize)>| spans.iter().all(|(l, h)| high < *l || *h < low);
        let lane = taken.iter().position(is_free).unwrap_or_else(|| {
            taken.push(Vec::new());
            taken.len() - 1
        });
        taken[lane].push((low, high));
        found.insert(to, lane);
    }
    found
}

fn degrees(grid: &Grid) -> (Vec<usize>, Vec<usize>) {
    let (mut n_upper, mut n_lower) = (vec![0; grid.cells.len()], vec![0; grid.cells.len()]);
    for hop in &grid.hops {
        n_upper[hop.upper] += 1;
        n_lower[hop.lower] += 1;
    }
    (n_upper, n_lower)
}

/// Lines that leave or arrive at different points of a box do not share a track.
#[expect(clippy::cast_possible_truncation, reason = "tenths of a point, far from the ends of the range")]
fn bus(hop: &Hop, n_upper: &[usize], n_lower: &[usize]) -> Bus {
    if n_upper[hop.upper] == 1 && n_lower[hop.lower] > 1 {
        Bus::Lower(hop.lower, (hop.lower_dx * 10.0) as i64)
    } else {
        Bus::Upper(hop.upper, (hop.upper_dx * 10.0) as i64)
    }
}

/// The stretches in each gap; gap `r` lies above rank `r`.
fn gaps(
    grid: &Grid,
    lines: &[Line],
    lane_x: &dyn Fn(usize) -> f64,
    is_last: &dyn Fn(usize) -> bool,
) -> Vec<BTreeMap<Bus, Stretch>> {
    let mut gaps: Vec<BTreeMap<Bus, Stretch>> = Vec::new();
    gaps.resize_with(grid.ranks.len() + 1, BTreeMap::new);
    let (n_upper, n_lower) = degrees(grid);
    let mut stretch = |gap: usize, bus: Bus, from: f64, to: f64| {
        let turn = if from < to { -from } else { from };
        let found = gaps[gap].entry(bus).or_insert(Stretch {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            turn,
            track: 0,
        });
        (found.low, found.high) = (found.low.min(from.min(to)), found.high.max(from.max(to)));
    };
    for (course, line) in grid.courses.iter().zip(lines) {
        for hop in course.hops.iter().map(|hop| grid.hops[*hop]) {
            let (upper, lower) = (grid.cells[hop.upper], grid.cells[hop.lower]);
            let (from, to) = (upper.x + hop.upper_dx, lower.x + hop.lower_dx);
            if (from - to).abs() >= STRAIGHT {
                stretch(lower.rank, bus(&hop, &n_upper, &n_lower), from, to);
            }
        }
        if let Some(cell) = course.aside {
            let from = grid.cells[cell];
            let lane = lane_x(line.to);
            stretch(from.rank + 1, Bus::Leaving(line.to), from.x, lane);
            let to = grid.cells[line.to];
            if !is_last(line.to) || to.right > to.left || line.to_dx.abs() >= STRAIGHT {
                stretch(to.rank, Bus::Arriving(line.to), lane, to.x + line.to_dx);
            }
        }
    }
    gaps.iter_mut().for_each(tracks);
    gaps
}

/// Gives each stretch the first track on which it meets no other.
fn tracks(gap: &mut BTreeMap<Bus, Stretch>) {
    let mut order: Vec<&mut Stretch> = gap.values_mut().collect();
    order.sort_by(|a, b| a.turn.total_cmp(&b.turn));
    let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
    for stretch in order {
        let (low, high) = (stretch.low - TRACK, stretch.high + TRACK);
        let is_free = |spans: &Vec<(f64, f64)>| spans.iter().all(|(l, h)| high < *l || *h < low);
        stretch.track = taken.iter().position(is_free).unwrap_or_else(|| {
            taken.push(Vec::new());
            taken.len() - 1
        });
        taken[stretch.track].push((stretch.low, stretch.high));
    }
}

/// Puts the ranks below each other; gives the whole height, and where the tracks of each gap begin.
fn heights(grid: &mut Grid, gaps: &[BTreeMap<Bus, Stretch>]) -> (f64, Vec<f64>) {
    let mut y = 0.0;
    let mut tops = Vec::new();
    let n_ranks = grid.ranks.len();
    for (gap, stretches) in gaps.iter().enumerate() {
        let n_tracks = stretches.values().map(|stretch| stretch.track + 1).max().unwrap_or(0);
        // Items lie on even ranks: below them a line begins, above them an arrow ends.
        let above = if gap == 0 {
            0.0
        } else if gap % 2 == 1 {
            BELOW
        } else {
            BESIDE_LABEL
        };
        let below = if gap == n_ranks {
            0.0
        } else if gap % 2 == 0 {
            ABOVE
        } else {
            BESIDE_LABEL
        };
        let is_outer = gap == 0 || gap == n_ranks;
        tops.push(y + above);
        if n_tracks > 0 || !is_outer {
            y += above + below + TRACK * count(n_tracks.saturating_sub(1));
        }
        let Some(row) = grid.ranks.get(gap) else { continue };
        let height =
            row.iter().map(|cell| grid.cells[*cell].height.max(grid.cells[*cell].row)).fold(0.0, f64::max);
        for cell in row {
            grid.cells[*cell].y = y + height / 2.0;
        }
        y += height;
    }
    (y, tops)
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
