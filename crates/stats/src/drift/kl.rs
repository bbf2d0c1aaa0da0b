//! Kullback–Leibler divergence; the direction is in the name.

use crate::shares::{BinsError, Smoothing, smoothed_shares};

fn divergence(of: &[f64], from: &[f64]) -> f64 {
    let term = |(&a, &b): (&f64, &f64)| {
        if a == 0.0 || a == b { 0.0 } else { a * (a / b).ln() }
    };
    of.iter().zip(from).map(term).sum()
}

/// KL(current ‖ reference) `= Σ_b q_b ln(q_b / p_b)`, in nats: what the current window looks like to a model of the
/// reference.
///
/// ≥ 0 where the smoothed shares sum to 1 ([`Smoothing::Additive`]); with a floor or dropped bins it may be slightly
/// negative. +inf under [`Smoothing::NONE`] when a bin is empty only in the reference. Bins empty on both sides are
/// removed first.
///
/// # Errors
/// As [`smoothed_shares`].
///
/// # Source
/// Kullback & Leibler 1951, <https://doi.org/10.1214/aoms/1177729694>.
pub fn kl_current_reference(reference: &[u64], current: &[u64], smoothing: Smoothing) -> Result<f64, BinsError> {
    let shares = smoothed_shares(reference, current, smoothing)?;
    Ok(divergence(&shares.current, &shares.reference))
}

/// KL(reference ‖ current) `= Σ_b p_b ln(p_b / q_b)`, in nats (Evidently's direction). Otherwise as
/// [`kl_current_reference`].
///
/// # Errors
/// As [`smoothed_shares`].
pub fn kl_reference_current(reference: &[u64], current: &[u64], smoothing: Smoothing) -> Result<f64, BinsError> {
    let shares = smoothed_shares(reference, current, smoothing)?;
    Ok(divergence(&shares.reference, &shares.current))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{C, R, near};

    #[test]
    fn example() {
        near(kl_current_reference(&R, &C, Smoothing::JEFFREYS).unwrap(), 0.153357, 5e-7);
        near(kl_reference_current(&R, &C, Smoothing::JEFFREYS).unwrap(), 0.114589, 5e-7);
    }

    #[test]
    fn edges() {
        assert_eq!(kl_current_reference(&R, &C, Smoothing::NONE), Ok(f64::INFINITY));
        assert!(kl_reference_current(&R, &C, Smoothing::NONE).unwrap().is_finite());
        assert_eq!(kl_reference_current(&C, &C, Smoothing::JEFFREYS), Ok(0.0));
        assert!(kl_reference_current(&[], &[], Smoothing::JEFFREYS).is_err());
    }
}
