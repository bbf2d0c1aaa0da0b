//! The reference as weighted points, pushed through a mapping onto its own grid, and compared with the current cells.

use watchkeeper_profile::grid::NumericGrid;
use watchkeeper_profile::{NumericProfile, Summary, ValueClasses};

use super::{Column, ROWS_MIN};

/// Points per bin: a point then holds less than a thousandth of the reference.
const POINTS: u32 = 8;
/// Values this near an edge, relatively, are meant to lie on it.
const SNAP: f64 = 1e-9;
/// Kolmogorov's 1 % point: noise of the distance is this times √(1/n + 1/m).
pub(super) const NOISE: f64 = 1.63;

/// A value of the reference with its share of rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) value: f64,
    pub(super) weight: f64,
}

/// Both sides of a numeric column, ready for trying mappings.
pub(super) struct NumericPair<'a> {
    pub(super) name: &'a str,
    pub(super) grid: &'a NumericGrid,
    pub(super) points: Vec<Point>,
    /// Cumulative shares of the current rows at the cell borders: below the support, every bin, above it.
    current: Vec<f64>,
    pub(super) cells: [Vec<f64>; 2],
    pub(super) reference: Summary,
    pub(super) now: Summary,
    pub(super) classes: (ValueClasses, ValueClasses),
    pub(super) profiles: (&'a NumericProfile, &'a NumericProfile),
    /// Noise of a distance between two samples of one law, at 1 %.
    pub(super) noise: f64,
    /// `1/n + 1/m`.
    pub(super) s: f64,
    /// Distance of both sides without a mapping.
    pub(super) before: f64,
    /// Share of current rows outside the reference's range.
    pub(super) outside: f64,
}

impl<'a> NumericPair<'a> {
    /// `None` with fewer than [`ROWS_MIN`] finite values a side, or cells that are not the grid's.
    pub(super) fn new(
        column: &Column<'a>,
        grid: &'a NumericGrid,
        reference: &'a NumericProfile,
        current: &'a NumericProfile,
    ) -> Option<Self> {
        let (n, m) = (reference.n(), current.n());
        let cells = grid.bins() + 2;
        if n < ROWS_MIN || m < ROWS_MIN || reference.cells().len() != cells || current.cells().len() != cells {
            return None;
        }
        let s = 1.0 / n as f64 + 1.0 / m as f64;
        let shares = |profile: &NumericProfile, n: u64| -> Vec<f64> {
            profile.cells().iter().map(|&count| count as f64 / n as f64).collect()
        };
        let cells = [shares(reference, n), shares(current, m)];
        let [_, now] = &cells;
        let outside = now.first().unwrap_or(&0.0) + now.last().unwrap_or(&0.0);
        let mut pair = Self {
            name: column.name,
            grid,
            points: points(grid, reference),
            current: cumulative(now),
            cells,
            reference: reference.summary(grid),
            now: current.summary(grid),
            classes: (column.reference.classes, column.current.classes),
            profiles: (reference, current),
            noise: NOISE * s.sqrt(),
            s,
            before: 0.0,
            outside,
        };
        let [before, _] = &pair.cells;
        pair.before = largest_gap(&cumulative(before), &pair.current);
        Some(pair)
    }

    /// Distance of the current rows from the reference under `map`: Kolmogorov–Smirnov's at the cell borders. `None`
    /// from `map` takes the point out, and the rest is brought back to one.
    pub(super) fn distance(&self, map: impl Fn(f64) -> Option<f64>) -> f64 {
        largest_gap(&cumulative(&self.pushed(map)), &self.current)
    }

    /// The reference under `map`, as shares per cell.
    pub(super) fn pushed(&self, map: impl Fn(f64) -> Option<f64>) -> Vec<f64> {
        push(self.grid, &self.points, map)
    }

    /// Share of reference rows for which `test` holds.
    pub(super) fn share(&self, test: impl Fn(f64) -> bool) -> f64 {
        self.points.iter().filter(|point| test(point.value)).map(|point| point.weight).sum()
    }

    /// Where the mean of the current values of an inner cell lies in it: 0 at its left end, 1 at its right one; `None`
    /// for cells outside the range and without rows.
    pub(super) fn position(&self, cell: usize) -> Option<f64> {
        let (edges, support) = (self.grid.edges(), self.grid.support());
        if cell == 0 || cell > edges.len() + 1 {
            return None;
        }
        let left = cell.checked_sub(2).and_then(|at| edges.get(at)).copied().unwrap_or(support.lo);
        let right = edges.get(cell - 1).copied().unwrap_or(support.hi);
        let count = *self.profiles.1.cells().get(cell)?;
        let sum = *self.profiles.1.offset_sums(self.grid, self.now.min?).get(cell)?;
        if left.next_up() >= right {
            return Some(1.0);
        }
        (count > 0).then(|| sum / count as f64 / (right - left))
    }

    /// Whether there is a drift worth an explanation.
    pub(super) fn drifted(&self, least: f64) -> bool {
        self.before >= least && self.before >= 2.5 * self.noise
    }
}

/// `points` under `map` over the cells of `grid`.
pub(super) fn push(grid: &NumericGrid, points: &[Point], map: impl Fn(f64) -> Option<f64>) -> Vec<f64> {
    let mut cells = vec![0.0; grid.bins() + 2];
    let mut total = 0.0;
    for point in points {
        if let Some(value) = map(point.value)
            && let Some(cell) = cells.get_mut(cell_of(grid, value))
        {
            *cell += point.weight;
            total += point.weight;
        }
    }
    if total > 0.0 {
        cells.iter_mut().for_each(|cell| *cell /= total);
    }
    cells
}

/// The cell of a value that may have lost its last digits: one that is next to an edge is on it.
pub(super) fn cell_of(grid: &NumericGrid, value: f64) -> usize {
    let near = |edge: f64| (edge - value).abs() <= SNAP * edge.abs().max(value.abs());
    let support = grid.support();
    if value < support.lo && !near(support.lo) {
        return 0;
    }
    if value > support.hi && !near(support.hi) {
        return grid.bins() + 1;
    }
    let bin = grid.bin_of(value);
    let edge = |at: usize| grid.edges().get(at).copied();
    // Just above an edge, or just below the float before an atom.
    let bin = match (bin.checked_sub(1).and_then(edge), edge(bin), edge(bin + 1)) {
        (Some(left), right, _) if near(left) && right != Some(left.next_up()) => bin - 1,
        (_, Some(right), Some(atom)) if right.next_up() == atom && near(atom) => bin + 1,
        _ => bin,
    };
    bin + 1
}

/// The rows of a profile as points: eight per bin, spread so that their mean is the bin's own; one for single values.
pub(super) fn points(grid: &NumericGrid, profile: &NumericProfile) -> Vec<Point> {
    let n = profile.n() as f64;
    let summary = profile.summary(grid);
    let (min, max) = (summary.min.unwrap_or(0.0), summary.max.unwrap_or(0.0));
    let support = grid.support();
    let lefts = [min, support.lo].into_iter().chain(grid.edges().iter().copied()).chain([support.hi]);
    let rights = [support.lo].into_iter().chain(grid.edges().iter().copied()).chain([support.hi, max]);
    let sums = profile.offset_sums(grid, min);
    let mut points = Vec::with_capacity(profile.cells().len() * POINTS as usize);
    for (((&count, sum), left), right) in profile.cells().iter().zip(sums).zip(lefts).zip(rights) {
        if count == 0 {
            continue;
        }
        let weight = count as f64 / n;
        let width = right - left;
        let relative = sum / count as f64 / width;
        if left.next_up() >= right || !relative.is_finite() || relative >= 1.0 - 1e-6 {
            points.push(Point { value: right, weight });
        } else if relative <= 1e-6 {
            points.push(Point { value: left, weight });
        } else {
            // P(X ≤ left + w·u) = u^a has mean w·a/(a + 1).
            let inverse = (1.0 - relative) / relative;
            points.extend((0..POINTS).map(|i| {
                let u = (f64::from(i) + 0.5) / f64::from(POINTS);
                Point { value: left + width * u.powf(inverse), weight: weight / f64::from(POINTS) }
            }));
        }
    }
    points
}

pub(super) fn cumulative(shares: &[f64]) -> Vec<f64> {
    shares
        .iter()
        .scan(0.0, |sum, share| {
            *sum += share;
            Some(*sum)
        })
        .collect()
}

pub(super) fn largest_gap(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Kolmogorov–Smirnov distance of normal laws that differ by `shift` deviations and by the ratio `exp(log_ratio)` of
/// deviations, to a few per cent for small ones; at most 1. It makes moments comparable with shares.
pub(super) fn moment_distance(shift: f64, log_ratio: f64) -> f64 {
    (0.4 * shift.abs()).hypot(0.24 * log_ratio.abs()).min(1.0)
}
