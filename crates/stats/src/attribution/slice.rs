//! Scores of one segment against the rest: worse than the rest, and worse than it was.

use super::{Cell, Segment};
use crate::drift::means::{Moments, welch};
use crate::special::normal_sf;

/// A segment compared with the rest of the same rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slice {
    /// `√2 (x̄_S − x̄_S') / √(s_S² + s_S'²)`: differences in units of the pooled deviation; 0.2 small, 0.4 clear.
    pub effect: f64,
    /// Welch's t.
    pub t: f64,
    /// One-sided p-value of "the segment's mean is not above the rest's".
    pub p_value: f64,
}

/// Slice Finder's effect size and test of a segment against its complement.
///
/// `None` unless both hold 2 rows, the numbers are finite and a variance is positive.
///
/// # Source
/// Chung et al. 2019, <https://arxiv.org/abs/1807.06068>.
#[must_use]
pub fn slice_finder(segment: Cell, rest: Cell) -> Option<Slice> {
    let moments = |cell: Cell| Moments { n: cell.n, mean: cell.mean, variance: cell.variance };
    let test = welch(moments(segment), moments(rest))?;
    let effect = std::f64::consts::SQRT_2 * (segment.mean - rest.mean) / (segment.variance + rest.variance).sqrt();
    let p_value = crate::special::student_t_sf(test.statistic, test.df);
    effect.is_finite().then_some(Slice { effect, t: test.statistic, p_value })
}

/// SliceLine's score `α (ē_S/ē − 1) − (1 − α)(n/|S| − 1)`: how much worse, against how small.
///
/// * `segment`, `all`: mean loss and rows of the segment and of everything; `alpha` in `(0, 1]`, 0.95 by default there.
///
/// `None` when the overall mean is not positive, a side has no rows, or `alpha` is outside its range.
///
/// # Source
/// Sagadeeva & Boehm 2021, <https://doi.org/10.1145/3448016.3457323>.
#[must_use]
pub fn slice_line(segment: Cell, all: Cell, alpha: f64) -> Option<f64> {
    let good = segment.n > 0 && all.n >= segment.n && all.mean > 0.0 && alpha > 0.0 && alpha <= 1.0;
    let score = alpha * (segment.mean / all.mean - 1.0) - (1.0 - alpha) * (all.n as f64 / segment.n as f64 - 1.0);
    (good && score.is_finite()).then_some(score)
}

/// How much more a segment's mean changed than the rest's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GotWorse {
    /// `(ρ − r)` of the segment less `(ρ − r)` of the rest, in the unit of the mean.
    pub difference: f64,
    /// Its standard error.
    pub error: f64,
    /// `difference / error`.
    pub z: f64,
    /// Two-sided p-value.
    pub p_value: f64,
}

/// Difference in differences of a segment against the rest, with independent rows.
///
/// `None` unless all four cells hold 2 rows, the numbers are finite and some variance is positive.
#[must_use]
pub fn got_worse(segment: Segment, rest: Segment) -> Option<GotWorse> {
    let cells = [segment.reference, segment.current, rest.reference, rest.current];
    let error = cells.iter().map(Cell::error).sum::<f64>().sqrt();
    let difference = (segment.current.mean - segment.reference.mean) - (rest.current.mean - rest.reference.mean);
    if cells.iter().any(|cell| cell.n < 2) || !(error > 0.0 && error.is_finite() && difference.is_finite()) {
        return None;
    }
    let z = difference / error;
    Some(GotWorse { difference, error, z, p_value: (2.0 * normal_sf(z.abs())).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(n: u64, mean: f64) -> Cell {
        Cell { n, mean, variance: mean * (1.0 - mean) * n as f64 / (n.max(2) - 1) as f64 }
    }

    #[test]
    fn worked_example() {
        let slice = slice_finder(cell(400, 0.35), cell(9600, 0.20)).unwrap();
        assert!((slice.effect - 0.341).abs() < 5e-4, "{slice:?}");
        assert!((slice.t - 6.192).abs() < 5e-3, "{slice:?}");
        assert!(slice.p_value < 1e-8);
        assert_eq!(slice_finder(cell(1, 0.5), cell(10, 0.5)), None);
    }

    #[test]
    fn slice_line_trades_size_for_error() {
        let score = slice_line(cell(100, 0.4), cell(1000, 0.2), 0.95).unwrap();
        assert!((score - (0.95 - 0.05 * 9.0)).abs() < 1e-12);
        assert_eq!(slice_line(cell(0, 0.4), cell(1000, 0.2), 0.95), None);
        assert_eq!(slice_line(cell(10, 0.4), cell(1000, 0.0), 0.95), None);
    }

    #[test]
    fn a_change_of_all_is_no_change_of_one() {
        let segment = |n, r, m, c| Segment { reference: cell(n, r), current: cell(m, c) };
        let same = got_worse(segment(1000, 0.1, 1000, 0.2), segment(9000, 0.1, 9000, 0.2)).unwrap();
        assert!(same.z.abs() < 1e-9 && same.p_value > 0.99);
        let worse = got_worse(segment(1000, 0.1, 1000, 0.3), segment(9000, 0.1, 9000, 0.1)).unwrap();
        assert!((worse.difference - 0.2).abs() < 1e-12 && worse.p_value < 1e-20);
        assert_eq!(got_worse(segment(1, 0.1, 5, 0.1), segment(9, 0.1, 9, 0.1)), None);
    }
}
