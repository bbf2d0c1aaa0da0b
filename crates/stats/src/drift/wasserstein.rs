//! Wasserstein-1 (earth mover's) distance.

use super::Bracket;
use super::binned::{BinnedPair, Cell};
use super::merge::integral;
use crate::shares::BinsError;
use crate::sum::Neumaier;

/// Wasserstein-1 distance `∫ |F − G| dx` of two ascending samples, in the unit of the column.
///
/// * `reference`, `current`: ASCENDING finite samples; ties are fine.
/// * ≥ 0; 0 when a side is empty; a pure shift by `δ` gives `|δ|`. O(n + m). `f64::MAX` on overflow, never NaN.
/// * Normalise by the reference's standard deviation: 0.1 is then a shift of a tenth of a deviation.
///
/// Source: Vallender 1974, <https://doi.org/10.1137/1118101>.
#[must_use]
pub fn wasserstein(reference: &[f64], current: &[f64]) -> f64 {
    integral(reference, current, f64::abs)
}

/// The distance of samples known by counts and offset sums over bins.
///
/// With the exact `A_b = ∫_b (F − G)`: `lo = Σ |A_b|`, and since `F − G` lies between `F_{b−1} − G_b` and
/// `F_b − G_{b−1}` inside bin `b` of width `w_b`,
/// `hi = Σ min(|A_b| + 2 w_b max(0, min(G_b − F_{b−1}, F_b − G_{b−1})), w_b max(G_b − F_{b−1}, F_b − G_{b−1}))`.
/// `value = lo`, which is exact whenever `F − G` keeps its sign inside every bin.
///
/// # Errors
/// [`BinsError`] as in its variants: unequal lengths, empty sides, edges or sums that are not finite or not sorted.
pub fn bracket_from_bins(pair: BinnedPair<'_>) -> Result<Bracket, BinsError> {
    let cells = pair.cells()?;
    let lo = cells.iter().map(|cell| cell.area.abs()).collect::<Neumaier>().total();
    let hi = cells.iter().map(|cell| most(*cell)).collect::<Neumaier>().total();
    Ok(Bracket { value: lo, lo, hi: hi.max(lo) })
}

/// The most that `∫ |h|` can be in one bin.
fn most(cell: Cell) -> f64 {
    let (down, up) = (-cell.least, cell.greatest);
    let by_sign = cell.area.abs() + 2.0 * cell.width * down.min(up).max(0.0);
    by_sign.min(cell.width * down.max(up)).max(cell.area.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{X, Y, near};

    #[test]
    fn examples_and_edges() {
        near(wasserstein(&X, &Y), 1.103333, 5e-7);
        near(wasserstein(&[1.0, 2.0, 3.0, 4.0], &[2.0, 4.0, 6.0, 8.0]), 2.5, 1e-15);
        assert_eq!(wasserstein(&X, &X), 0.0);
        assert_eq!(wasserstein(&X, &[]), 0.0);
        near(wasserstein(&[5.0], &[2.0]), 3.0, 0.0);
    }

    #[test]
    fn bracket_of_one_bin_is_the_mean_difference() {
        let pair = BinnedPair {
            edges: &[],
            lower: 0.1,
            upper: 3.5,
            reference: &[5],
            current: &[6],
            reference_offsets: &[4.4],
            current_offsets: &[11.9],
            point_bin: &[false],
        };
        let got = bracket_from_bins(pair).unwrap();
        near(got.lo, 11.9 / 6.0 - 4.4 / 5.0, 1e-12);
        assert!(got.hi >= wasserstein(&X, &Y));
        assert!(bracket_from_bins(BinnedPair { edges: &[1.0], ..pair }).is_err());
        assert!(bracket_from_bins(BinnedPair { lower: f64::NAN, ..pair }).is_err());
        assert_eq!(bracket_from_bins(BinnedPair { current: &[0], ..pair }), Err(BinsError::EmptyCurrent));
    }
}
