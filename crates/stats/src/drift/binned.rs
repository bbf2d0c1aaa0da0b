//! Two samples known by counts and sums over common ordered bins: the input of the W1 and energy brackets.

use crate::shares::{BinsError, checked_rows};

/// Both samples over `B` right-closed bins `(−∞, e_1], (e_1, e_2], …, (e_{B−1}, +∞)`.
///
/// Sums are kept as OFFSETS from an edge, so that no digits are lost when values are large and bins narrow. The
/// anchor of a bin is its left edge; the first bin, which has none, uses `lower`, the least value of both sides. All
/// offsets are then ≥ 0. In bins flagged as points the offsets are not read.
#[derive(Debug, Clone, Copy)]
pub struct BinnedPair<'a> {
    /// The `B − 1` inner edges, strictly increasing and finite.
    pub edges: &'a [f64],
    /// The least finite value of both sides.
    pub lower: f64,
    /// The greatest finite value of both sides.
    pub upper: f64,
    /// Rows of the reference in each of the `B` bins (finite values only).
    pub reference: &'a [u64],
    /// Rows of the current window in each bin (finite values only).
    pub current: &'a [u64],
    /// `Σ (x − anchor)` over the reference's rows of each bin.
    pub reference_offsets: &'a [f64],
    /// `Σ (x − anchor)` over the current rows of each bin.
    pub current_offsets: &'a [f64],
    /// True where a bin holds one single value (an atom), so that nothing can happen inside it.
    pub point_bin: &'a [bool],
}

/// What is known of `h = F − G` inside one bin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    /// `∫ h dx`, exact up to rounding.
    pub(super) area: f64,
    /// Width inside the range of the data.
    pub(super) width: f64,
    /// Least and greatest value `h` can take: `F_{b−1} − G_b`, `F_b − G_{b−1}`.
    pub(super) least: f64,
    /// See `least`.
    pub(super) greatest: f64,
}

impl BinnedPair<'_> {
    fn check(&self) -> Result<(f64, f64), BinsError> {
        let rows = checked_rows(self.reference, self.current)?;
        let bins = self.reference.len();
        let lengths = [self.reference_offsets.len(), self.current_offsets.len(), self.point_bin.len()];
        if self.edges.len() + 1 != bins || lengths.iter().any(|&length| length != bins) {
            return Err(BinsError::Layout("B counts, offsets and point flags need B - 1 edges"));
        }
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        let sums = finite(self.reference_offsets) && finite(self.current_offsets);
        if !sums || !finite(self.edges) || !finite(&[self.lower, self.upper]) || self.lower > self.upper {
            return Err(BinsError::Layout("edges, limits and offsets must be finite, and lower at most upper"));
        }
        if self.edges.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(BinsError::Layout("edges must be strictly increasing"));
        }
        Ok(rows)
    }

    /// The bins from left to right.
    ///
    /// In bin `(a, e]` of width `w` with cumulative share `F_left` before it:
    /// `∫_a^e F dx = w·F_left + (1/n) Σ (e − x) = w·F_left + (r·w − D)/n`, `D` the offset sum from `a`.
    pub(super) fn cells(&self) -> Result<Vec<Cell>, BinsError> {
        let (n, m) = self.check()?;
        let last = self.reference.len() - 1;
        let (mut below_r, mut below_c) = (0_u128, 0_u128);
        let mut cells = Vec::with_capacity(last + 1);
        for bin in 0..=last {
            let (r, c) = (self.reference[bin], self.current[bin]);
            let (f_left, g_left) = (below_r as f64 / n, below_c as f64 / m);
            below_r += u128::from(r);
            below_c += u128::from(c);
            let (f, g) = (below_r as f64 / n, below_c as f64 / m);
            let (d_r, d_c) = (self.reference_offsets[bin] / n, self.current_offsets[bin] / m);
            let left = if bin == 0 { self.lower } else { self.edges[bin - 1] };
            let right = if bin == last { self.upper } else { self.edges[bin] };
            let width = (right - left).max(0.0);
            let area = width * (f - g) + (d_c - d_r);
            let (least, greatest) = (f_left - g, f - g_left);
            let cell = Cell { area, width, least, greatest };
            cells.push(if self.point_bin[bin] { cell.as_point(f_left - g_left) } else { cell });
        }
        Ok(cells)
    }
}

impl Cell {
    /// A bin with one value: `h` keeps its left value over the (nearly empty) interior.
    fn as_point(self, left: f64) -> Self {
        Self { area: self.width * left, least: left, greatest: left, ..self }
    }
}
