//! Population stability index.

use crate::shares::{BinsError, Smoothing, smoothed_shares};

/// Population stability index of two binned samples, in nats (Jeffreys divergence).
///
/// `Σ_b (q_b − p_b) · ln(q_b / p_b)` with `p`, `q` the smoothed shares of reference and current.
///
/// * `reference`, `current`: counts over the same bins. Bins empty on both sides are removed first.
/// * In `[0, ∞)`; exactly 0 for equal counts; symmetric; the sum of both directions of [`super::kl`].
/// * +inf when smoothing is [`Smoothing::NONE`] and a bin is empty on one side only.
/// * Common reading: below 0.1 stable, 0.1 to 0.25 moderate, above major. Noise alone gives about `(B−1)·s`.
///
/// # Errors
/// As [`smoothed_shares`].
///
/// # Source
/// Jeffreys 1946, <https://doi.org/10.1098/rspa.1946.0056>; null law: Yurdakul 2018,
/// <https://scholarworks.wmich.edu/dissertations/3208/>.
pub fn psi(reference: &[u64], current: &[u64], smoothing: Smoothing) -> Result<f64, BinsError> {
    let shares = smoothed_shares(reference, current, smoothing)?;
    let term = |(&p, &q): (&f64, &f64)| if p == q { 0.0 } else { (q - p) * (q / p).ln() };
    Ok(shares.reference.iter().zip(&shares.current).map(term).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{C, R, near};

    #[test]
    fn example() {
        near(psi(&R, &C, Smoothing::JEFFREYS).unwrap(), 0.267946, 5e-7);
        near(psi(&R, &C, Smoothing::Evidently).unwrap(), 0.469023, 5e-7);
        near(psi(&R, &C, Smoothing::Floor(1e-4)).unwrap(), 0.469023, 5e-7);
    }

    #[test]
    fn edges() {
        assert_eq!(psi(&R, &R, Smoothing::JEFFREYS), Ok(0.0));
        assert_eq!(psi(&R, &C, Smoothing::NONE), Ok(f64::INFINITY));
        assert_eq!(psi(&[7], &[3], Smoothing::JEFFREYS), Ok(0.0));
        assert!(psi(&[10, 0], &[0, 10], Smoothing::JEFFREYS).unwrap().is_finite());
        assert_eq!(psi(&[10, 0], &[0, 10], Smoothing::Drop), Ok(0.0));
    }
}
