//! The state of a numeric column over any set of rows: integers only, so it adds and subtracts to the bit.

use crate::ProfileError;
use crate::exact_sum::ExactSum;
use crate::grid::{NumericGrid, Support};

/// Power sums are kept in units of 2^-40 (of the scaled value's power).
pub(crate) const POWER_UNIT: f64 = 1.0 / (1u64 << 40) as f64;

/// Counts and sums of finite values over the cells of a [`NumericGrid`].
///
/// Cells: below the support, the grid's `k + 1` bins inside the support, above it. Per inner cell the count and the
/// fixed-point sum of `x − left`; for the support the sums of the first four powers of the scaled value; outside the
/// support exact sums. All of it is integer, so merging is associative and commutative to the bit and
/// [`subtract`](Self::subtract) undoes [`merge`](Self::merge). Only `min`, `max` do not subtract: they stay bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct NumericProfile {
    pub(crate) grid_id: u64,
    pub(crate) counts: Vec<u64>,
    pub(crate) offsets: Vec<i128>,
    pub(crate) powers: [i128; 4],
    pub(crate) below: ExactSum,
    pub(crate) above: ExactSum,
    /// Second to fourth powers of the scaled values outside the support.
    pub(crate) outer_powers: [ExactSum; 3],
    /// Rows whose fourth power overflows: skewness and kurtosis are undefined while there is one.
    pub(crate) overflowed: u64,
    pub(crate) out_of_range: u64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// Moments of the finite values, from the sums. Fields are `None` where the formula has no value.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Summary {
    /// Finite values.
    pub n: u64,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Sample variance (divisor n − 1).
    pub variance: Option<f64>,
    /// `√n · M3 / M2^1.5`.
    pub skewness: Option<f64>,
    /// `n · M4 / M2² − 3`.
    pub excess_kurtosis: Option<f64>,
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
}

impl Summary {
    /// Sample standard deviation.
    #[must_use]
    pub fn std(&self) -> Option<f64> {
        self.variance.map(f64::sqrt)
    }
}

impl NumericProfile {
    /// The empty profile over `grid`: the identity of [`merge`](Self::merge).
    #[must_use]
    pub fn empty(grid: &NumericGrid) -> Self {
        Self {
            grid_id: grid.id(),
            counts: vec![0; grid.bins() + 2],
            offsets: vec![0; grid.bins()],
            powers: [0; 4],
            below: ExactSum::default(),
            above: ExactSum::default(),
            outer_powers: Default::default(),
            overflowed: 0,
            out_of_range: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }

    /// Adds all of `other`.
    ///
    /// # Errors
    /// [`ProfileError::GridMismatch`] when the two were counted on different grids.
    pub fn merge(&mut self, other: &Self) -> Result<(), ProfileError> {
        self.combine(other, u64::wrapping_add, i128::wrapping_add, ExactSum::merge)?;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        Ok(())
    }

    /// Takes away `other`, which must have been added before.
    ///
    /// # Errors
    /// [`ProfileError::GridMismatch`] on different grids, [`ProfileError::NotContained`] when `other` has more rows
    /// in some cell than `self`; then `self` is unchanged.
    pub fn subtract(&mut self, other: &Self) -> Result<(), ProfileError> {
        if self.grid_id == other.grid_id && self.counts.iter().zip(&other.counts).any(|(a, b)| a < b) {
            return Err(ProfileError::NotContained);
        }
        self.combine(other, u64::wrapping_sub, i128::wrapping_sub, ExactSum::subtract)?;
        if self.n() == 0 {
            (self.min, self.max) = (f64::INFINITY, f64::NEG_INFINITY);
        }
        Ok(())
    }

    fn combine(
        &mut self,
        other: &Self,
        count: fn(u64, u64) -> u64,
        sum: fn(i128, i128) -> i128,
        exact: fn(&mut ExactSum, &ExactSum),
    ) -> Result<(), ProfileError> {
        if self.grid_id != other.grid_id || self.counts.len() != other.counts.len() {
            return Err(ProfileError::GridMismatch);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a = count(*a, *b));
        self.offsets.iter_mut().zip(&other.offsets).for_each(|(a, b)| *a = sum(*a, *b));
        self.powers.iter_mut().zip(&other.powers).for_each(|(a, b)| *a = sum(*a, *b));
        exact(&mut self.below, &other.below);
        exact(&mut self.above, &other.above);
        self.outer_powers.iter_mut().zip(&other.outer_powers).for_each(|(a, b)| exact(a, b));
        self.overflowed = count(self.overflowed, other.overflowed);
        self.out_of_range = count(self.out_of_range, other.out_of_range);
        Ok(())
    }

    /// Makes this profile's extremes the limits of its grid: none of its own values is out of range.
    pub(crate) fn become_the_range_of(&mut self, grid: &mut NumericGrid) {
        if self.min <= self.max {
            grid.set_limits(Support { lo: self.min, hi: self.max });
            (self.grid_id, self.out_of_range) = (grid.id(), 0);
        }
    }

    /// Finite values counted.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Finite values beyond the grid's limits.
    #[must_use]
    pub fn out_of_range(&self) -> u64 {
        self.out_of_range
    }

    /// Counts per cell: below the support, the bins, above the support.
    #[must_use]
    pub fn cells(&self) -> &[u64] {
        &self.counts
    }

    /// Counts per bin of the grid; values outside the support are in the outermost bins.
    #[must_use]
    pub fn bins(&self) -> Vec<u64> {
        let mut bins = self.counts.clone();
        if let Some(above) = bins.pop()
            && let Some(last) = bins.last_mut()
        {
            *last += above;
        }
        if !bins.is_empty() {
            let below = bins.remove(0);
            if let Some(first) = bins.first_mut() {
                *first += below;
            }
        }
        bins
    }

    /// Sum of `x − left` per cell of [`cells`](Self::cells), where `left` is the cell's left edge; for the cell below
    /// the support `left = lowest`, for single-value cells the sum is taken from their right edge and is 0.
    ///
    /// Each is right to `2^-40` of the cell's width per row.
    #[must_use]
    pub fn offset_sums(&self, grid: &NumericGrid, lowest: f64) -> Vec<f64> {
        let below = self.below.about(lowest, self.counts.first().copied().unwrap_or(0));
        let above = self.above.about(grid.support().hi, self.counts.last().copied().unwrap_or(0));
        let inner = self.offsets.iter().zip(grid.cells()).map(|(&units, cell)| units as f64 * cell.unit);
        std::iter::once(below).chain(inner).chain([above]).collect()
    }

    /// Mean, variance, shape and extremes of the finite values.
    ///
    /// The values are scaled by the grid before summing, so the result is right to about 2^-40 of the support's
    /// width per value (values outside the support are exact), and variance does not cancel for large offsets.
    #[must_use]
    pub fn summary(&self, grid: &NumericGrid) -> Summary {
        let n = self.n();
        if n == 0 {
            return Summary::default();
        }
        let count = n as f64;
        let scale = libm::ldexp(1.0, grid.scale_exponent());
        let outer_rows = self.counts.first().unwrap_or(&0) + self.counts.last().unwrap_or(&0);
        let outer = (self.below.value() + self.above.value()) / scale - outer_rows as f64 * (grid.center() / scale);
        let [p1, p2, p3, p4] = self.powers.map(|units| units as f64 * POWER_UNIT);
        let [o2, o3, o4] = [0, 1, 2].map(|k: usize| self.outer_powers.get(k).map_or(0.0, ExactSum::value));
        let m1 = (p1 + outer) / count;
        let m2 = ((p2 + o2) / count - m1 * m1).max(0.0);
        let m3 = (p3 + o3) / count - 3.0 * m1 * (p2 + o2) / count + 2.0 * m1.powi(3);
        let m4 =
            (p4 + o4) / count - 4.0 * m1 * (p3 + o3) / count + 6.0 * m1 * m1 * (p2 + o2) / count - 3.0 * m1.powi(4);
        let constant = self.min >= self.max;
        let finite = |x: f64| x.is_finite().then_some(x);
        let shape = |x: f64| if m2 > 0.0 && !constant && self.overflowed == 0 { finite(x) } else { None };
        let mean = if constant { self.min } else { grid.center() + scale * m1 };
        Summary {
            n,
            mean: finite(mean),
            variance: if n < 2 {
                None
            } else if constant {
                Some(0.0)
            } else {
                finite(m2 * scale * scale * count / (count - 1.0))
            },
            skewness: shape(m3 / m2.powf(1.5)),
            excess_kurtosis: if n < 4 { None } else { shape(m4 / (m2 * m2) - 3.0) },
            min: finite(self.min),
            max: finite(self.max),
        }
    }

    /// The value below which a share `p` of the rows lies, interpolated inside its bin; `None` when empty.
    ///
    /// Exact at bin edges; inside a bin off by at most the bin's width. Outermost cells end at `min` and `max`.
    #[must_use]
    pub fn quantile(&self, grid: &NumericGrid, p: f64) -> Option<f64> {
        let n = self.n();
        if n == 0 {
            return None;
        }
        let target = p.clamp(0.0, 1.0) * n as f64;
        let support = grid.support();
        let rights = std::iter::once(support.lo).chain(grid.edges().iter().copied()).chain([support.hi, self.max]);
        let (mut left, mut below) = (self.min, 0.0);
        for (right, &count) in rights.zip(&self.counts) {
            let right = right.clamp(self.min, self.max);
            let count = count as f64;
            if count > 0.0 && below + count >= target {
                let share = ((target - below) / count).clamp(0.0, 1.0);
                let is_point = left.next_up() >= right;
                return Some(if is_point { right } else { left + (right * share - left * share) });
            }
            below += count;
            left = left.max(right);
        }
        Some(self.max)
    }
}
