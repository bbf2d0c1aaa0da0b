//! The grid of a numeric column: quantile edges of the reference with bins of their own for frequent single values.

use super::{GridError, Lookup};
use crate::hash::hash_bytes;

/// Bins that the quantile edges aim at.
pub const FINE_BINS: usize = 200;
/// Values that place the edges when a reference is too large to sort whole.
pub const EDGE_SAMPLE: usize = 65_536;
/// Up to this many distinct values each gets an edge, so that a discrete column is counted by value.
const DISCRETE_MAX: usize = 200;
/// An atom holds at least `2 / FINE_BINS` of the reference.
const ATOM_BINS: usize = 2;
/// Fixed-point sums count in units of 2^-40 of a bin's width.
pub(crate) const UNIT_BITS: i32 = 40;

/// The closed interval `[lo, hi]` of the values that placed a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Support {
    /// Smallest value.
    pub lo: f64,
    /// Largest value.
    pub hi: f64,
}

impl Support {
    /// Whether `value` lies inside.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.lo <= value && value <= self.hi
    }
}

/// Frozen, right-closed bins `(−∞, e_1], (e_1, e_2], …, (e_k, +∞)` of a numeric column.
///
/// The outermost bins are counted in two parts, inside and outside the support, so a profile has `k + 3` *cells*:
/// below the support, the `k + 1` bins inside it, above it. Inside the support every cell has a finite width, which
/// lets sums be kept as integers: `Σ round((x − left) / unit)` with `unit` = 2^-40 of the width rounded up to a power
/// of two. Integer sums are exact, so any split and any order of the rows gives the same bits.
#[derive(Debug, Clone)]
pub struct NumericGrid {
    edges: Vec<f64>,
    support: Support,
    limits: Support,
    center: f64,
    scale_exponent: i32,
    cells: Vec<CellUnit>,
    lookup: Lookup,
    id: u64,
}

/// Where a cell's fixed-point sum starts and the inverse of its unit (0 for cells of a single value).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct CellUnit {
    pub(crate) origin: f64,
    pub(crate) per_unit: f64,
    pub(crate) origin_units: f64,
    pub(crate) unit: f64,
}

impl PartialEq for NumericGrid {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl NumericGrid {
    /// Places edges by the sorted finite values of the reference, or by a sample of them (methods.md A.2).
    ///
    /// * `sorted`: ascending, finite, not empty.
    /// * `limits`: the declared range of valid values; `None` takes the support. Values beyond it are *out of range*.
    ///
    /// # Errors
    /// [`GridError::Empty`] without values.
    pub fn from_sorted(sorted: &[f64], limits: Option<Support>) -> Result<Self, GridError> {
        let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else { return Err(GridError::Empty) };
        let support = Support { lo: first + 0.0, hi: last + 0.0 };
        let center = sorted.get(sorted.len() / 2).copied().unwrap_or(first) + 0.0;
        let edges = quantile_edges(sorted);
        Self::from_parts(edges, support, limits.unwrap_or(support), center)
    }

    /// A grid with the user's own edges.
    ///
    /// # Errors
    /// [`GridError::Edges`] unless the edges are finite and strictly increasing, [`GridError::Empty`] without one.
    pub fn from_edges(edges: Vec<f64>, support: Support, limits: Option<Support>) -> Result<Self, GridError> {
        let center = edges.get(edges.len() / 2).copied().ok_or(GridError::Empty)?;
        Self::from_parts(edges, support, limits.unwrap_or(support), center)
    }

    pub(crate) fn from_parts(
        edges: Vec<f64>,
        support: Support,
        limits: Support,
        center: f64,
    ) -> Result<Self, GridError> {
        let (Some(&first), Some(&last)) = (edges.first(), edges.last()) else { return Err(GridError::Empty) };
        let mut previous = f64::NEG_INFINITY;
        for (index, &value) in edges.iter().enumerate() {
            if !value.is_finite() || value <= previous {
                return Err(GridError::Edges { index, value });
            }
            previous = value;
        }
        let finite = |x: f64, fallback: f64| if x.is_finite() { x } else { fallback };
        let support = Support { lo: finite(support.lo, first).min(first), hi: finite(support.hi, last).max(last) };
        let center = finite(center, first).clamp(support.lo, support.hi);
        let scale_exponent = power_of_two_above(half_width(center, support.lo).max(half_width(center, support.hi))) + 1;
        let cells = cell_units(&edges, support);
        let lookup = Lookup::new(&edges);
        let id = identity(&edges, support, limits, center);
        Ok(Self { edges, support, limits, center, scale_exponent, cells, lookup, id })
    }

    /// Sets the range of valid values; the grid is another one then.
    pub(crate) fn set_limits(&mut self, limits: Support) {
        self.limits = limits;
        self.id = identity(&self.edges, self.support, limits, self.center);
    }

    /// Inner edges `e_1 < … < e_k`.
    #[must_use]
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Number of bins, `k + 1`.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.edges.len() + 1
    }

    /// Smallest and largest value that placed the grid.
    #[must_use]
    pub fn support(&self) -> Support {
        self.support
    }

    /// Values beyond these are out of range.
    #[must_use]
    pub fn limits(&self) -> Support {
        self.limits
    }

    /// Identity of the grid: a hash of the bit patterns of all that defines it. Profiles add only when it is equal.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Per bin, whether it can hold one single value only (an atom).
    #[must_use]
    pub fn point_bins(&self) -> Vec<bool> {
        let lefts = std::iter::once(f64::NEG_INFINITY).chain(self.edges.iter().copied());
        lefts.zip(self.edges.iter()).map(|(left, edge)| left == edge.next_down()).chain([false]).collect()
    }

    /// Index of the bin that holds the finite `value`.
    #[must_use]
    pub fn bin_of(&self, value: f64) -> usize {
        self.edges.partition_point(|&edge| edge < value)
    }

    /// Centre of the power sums.
    pub(crate) fn center(&self) -> f64 {
        self.center
    }

    /// Power sums are of `(x − centre) / 2^scale_exponent`, within ±1 inside the support.
    pub(crate) fn scale_exponent(&self) -> i32 {
        self.scale_exponent
    }

    pub(crate) fn cells(&self) -> &[CellUnit] {
        &self.cells
    }

    pub(crate) fn lookup(&self) -> &Lookup {
        &self.lookup
    }
}

/// Type-1 quantiles at j/200, each distinct value while there are at most 200, and the float below every atom.
fn quantile_edges(sorted: &[f64]) -> Vec<f64> {
    let n = sorted.len();
    let mut values = distinct_up_to(sorted, DISCRETE_MAX).unwrap_or_else(|| {
        (1..FINE_BINS).filter_map(|j| sorted.get((j * n).div_ceil(FINE_BINS).saturating_sub(1)).copied()).collect()
    });
    values.iter_mut().for_each(|v| *v += 0.0);
    values.dedup();
    let mut edges = Vec::with_capacity(values.len() + FINE_BINS / ATOM_BINS);
    for value in values {
        let share = sorted.partition_point(|&x| x <= value) - sorted.partition_point(|&x| x < value);
        let below = value.next_down();
        let is_atom = share * FINE_BINS >= ATOM_BINS * n;
        if is_atom && below.is_finite() && edges.last().is_none_or(|&last| last < below) {
            edges.push(below);
        }
        edges.push(value);
    }
    edges
}

fn distinct_up_to(sorted: &[f64], max: usize) -> Option<Vec<f64>> {
    let mut values: Vec<f64> = Vec::new();
    for chunk in sorted.chunk_by(|a, b| a == b) {
        if values.len() == max {
            return None;
        }
        values.extend(chunk.first());
    }
    Some(values)
}

/// Half of `|a − b|`, which cannot overflow.
fn half_width(a: f64, b: f64) -> f64 {
    (a * 0.5 - b * 0.5).abs()
}

/// The smallest exponent `e` with `2^e ≥ x`, clamped so that `2^±(e + 41)` stays finite; 0 for zero.
fn power_of_two_above(x: f64) -> i32 {
    if x == 0.0 {
        return 0;
    }
    let (mantissa, exponent) = libm::frexp(x);
    let exponent = if mantissa == 0.5 { exponent - 1 } else { exponent };
    exponent.clamp(-900, 1023)
}

fn cell_units(edges: &[f64], support: Support) -> Vec<CellUnit> {
    let rights = edges.iter().copied().chain([support.hi]);
    let mut left = support.lo;
    rights
        .map(|right| {
            let cell = cell_unit(left, right);
            left = right;
            cell
        })
        .collect()
}

fn cell_unit(left: f64, right: f64) -> CellUnit {
    // A cell of one value (an atom, or nothing at all) sums nothing: its value is its right edge.
    if left.next_up() >= right {
        return CellUnit { origin: right, ..CellUnit::default() };
    }
    let exponent = power_of_two_above(half_width(left, right)) + 1 - UNIT_BITS;
    let (per_unit, unit) = (libm::ldexp(1.0, -exponent), libm::ldexp(1.0, exponent));
    CellUnit { origin: left, per_unit, origin_units: left * per_unit, unit }
}

fn identity(edges: &[f64], support: Support, limits: Support, center: f64) -> u64 {
    let numbers = [support.lo, support.hi, limits.lo, limits.hi, center];
    let bytes: Vec<u8> = numbers.iter().chain(edges).flat_map(|x| x.to_bits().to_le_bytes()).collect();
    hash_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(values: &[f64]) -> NumericGrid {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        NumericGrid::from_sorted(&sorted, None).unwrap()
    }

    #[test]
    fn type_one_quantiles_of_the_reference() {
        let g = grid(&(1..=2000).map(f64::from).collect::<Vec<_>>());
        assert_eq!(g.bins(), 200);
        assert_eq!((g.edges()[0], g.edges()[99], g.edges()[198]), (10.0, 1000.0, 1990.0));
    }

    #[test]
    fn a_constant_has_three_bins() {
        let g = grid(&[7.0; 50]);
        assert_eq!(g.edges(), [7.0_f64.next_down(), 7.0]);
        assert_eq!(g.point_bins(), [false, true, false]);
        assert_eq!([g.bin_of(6.9), g.bin_of(7.0), g.bin_of(7.1)], [0, 1, 2]);
    }

    #[test]
    fn an_atom_gets_a_bin_of_its_own() {
        let mut values = vec![0.0; 900];
        values.extend((1..=100_000).map(|i| f64::from(i) / 7.0).take(1000));
        let g = grid(&values);
        let zero = g.bin_of(0.0);
        assert!(g.point_bins()[zero]);
        assert_eq!(g.bin_of(-0.0), zero);
        assert_ne!(g.bin_of(1e-300), zero);
    }

    #[test]
    fn few_distinct_values_are_counted_by_value() {
        let g = grid(&(0..1000).map(|i| f64::from(i % 24)).collect::<Vec<_>>());
        for hour in 0..24 {
            let bin = g.bin_of(f64::from(hour));
            assert_ne!(bin, g.bin_of(f64::from(hour) + 0.5));
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        for values in [[-1e308, 0.0, 1e308], [-5e-324, 0.0, 5e-324], [f64::MIN, 1.0, f64::MAX]] {
            let g = grid(&values);
            assert!(g.cells().iter().all(|c| c.per_unit.is_finite() && c.unit.is_finite()), "{g:?}");
        }
    }

    #[test]
    fn bad_edges_are_refused() {
        let support = Support { lo: 0.0, hi: 1.0 };
        let error = NumericGrid::from_edges(vec![0.5, 0.5], support, None).unwrap_err();
        assert_eq!(error.to_string(), "bin edges must be finite and strictly increasing; edge 1 is 0.5");
        assert_eq!(NumericGrid::from_edges(vec![], support, None).unwrap_err(), GridError::Empty);
        assert_eq!(NumericGrid::from_sorted(&[], None).unwrap_err(), GridError::Empty);
    }
}
