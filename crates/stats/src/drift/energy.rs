//! Energy distance.

use super::Bracket;
use super::binned::BinnedPair;
use super::merge::integral;
use crate::shares::BinsError;
use crate::sum::Neumaier;

/// Energy distance `√(2 ∫ (F − G)² dx)` of two ascending samples (the square root, SciPy's convention).
///
/// `E² = 2E|X−Y| − E|X−X'| − E|Y−Y'|`. Unit: the square root of the column's unit. ≥ 0; 0 when a side is empty.
/// O(n + m). Samples as in [`super::wasserstein::wasserstein`].
///
/// Source: Székely & Rizzo 2013, <https://doi.org/10.1016/j.jspi.2013.03.018>.
#[must_use]
pub fn energy(reference: &[f64], current: &[f64]) -> f64 {
    (2.0 * integral(reference, current, |h| h * h)).sqrt().min(f64::MAX)
}

/// The distance of samples known by counts and offset sums over bins.
///
/// With `h = F − G` between `l` and `u` and mean `μ = A_b/w_b` in a bin, `w μ² ≤ ∫ h² ≤ w (μ(l + u) − l·u)`: the
/// first by Jensen, the second because `(h − l)(u − h) ≥ 0`. `value = lo`.
///
/// # Errors
/// As [`super::wasserstein::bracket_from_bins`].
pub fn bracket_from_bins(pair: BinnedPair<'_>) -> Result<Bracket, BinsError> {
    let cells = pair.cells()?;
    let (mut lo, mut hi) = (Neumaier::new(), Neumaier::new());
    for cell in cells.iter().filter(|cell| cell.width > 0.0) {
        let mean = (cell.area / cell.width).clamp(cell.least, cell.greatest.max(cell.least));
        lo.add(cell.width * mean * mean);
        hi.add(cell.width * (mean * (cell.least + cell.greatest) - cell.least * cell.greatest).max(mean * mean));
    }
    let root = |sum: Neumaier| (2.0 * sum.total().max(0.0)).sqrt();
    Ok(Bracket { value: root(lo), lo: root(lo), hi: root(hi) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{X, Y, near};

    #[test]
    fn example_and_edges() {
        near(energy(&X, &Y), 0.897280, 5e-7);
        assert_eq!(energy(&X, &X), 0.0);
        assert_eq!(energy(&[], &X), 0.0);
        near(energy(&[0.0], &[1.0]), 2.0_f64.sqrt(), 1e-15);
    }
}
