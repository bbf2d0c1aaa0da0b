//! Attribution: how much of a change belongs to which feature, segment or group.
//!
//! All of it is arithmetic of association. Nothing here shows that one thing made another happen.

pub mod contribution;
pub mod disde;
pub mod kitagawa;
pub mod rankers;
pub mod ranking;
pub mod shapley;
pub mod slice;

/// Rows of one segment on one side with the mean and variance of what is averaged (usually the loss).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cell {
    /// Rows; 0 when the segment is absent on this side.
    pub n: u64,
    /// Mean over these rows; not read when `n` is 0.
    pub mean: f64,
    /// Sample variance with divisor `n − 1`, squared unit; not read when `n` is below 2.
    pub variance: f64,
}

impl Cell {
    /// Squared standard error of the mean; 0 where there are too few rows to know one.
    pub(crate) fn error(&self) -> f64 {
        if self.n < 2 { 0.0 } else { (self.variance / self.n as f64).max(0.0) }
    }
}

/// One segment of a partition on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Segment {
    /// In the reference.
    pub reference: Cell,
    /// In the current window.
    pub current: Cell,
}

/// Rows of both sides and whether all numbers can be used: `None` unless both sides hold rows and all means that
/// count are finite.
fn totals(segments: &[Segment]) -> Option<(f64, f64)> {
    let sum = |cell: fn(&Segment) -> &Cell| segments.iter().map(|s| cell(s).n as f64).sum::<f64>();
    let (n, m) = (sum(|s| &s.reference), sum(|s| &s.current));
    let finite = segments
        .iter()
        .flat_map(|s| [s.reference, s.current])
        .all(|cell| cell.n == 0 || (cell.mean.is_finite() && cell.variance.is_finite()));
    (n > 0.0 && m > 0.0 && finite).then_some((n, m))
}
