//! Which features explain a drift: drift beyond noise, weighted by importance, and the bins that moved.

use crate::shares::{BinsError, Smoothing, checked_rows, occupied, smoothed_shares};

/// One bin's part in a population stability index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MovedBin {
    /// Index of the bin.
    pub bin: usize,
    /// Its term `(q − p) ln(q/p)`, smoothed; the terms add up to the index.
    pub term: f64,
    /// The term as a share of the index, in `[0, 1]`.
    pub share: f64,
    /// Raw share of reference rows.
    pub reference: f64,
    /// Raw share of current rows.
    pub current: f64,
}

/// Drift beyond noise: `max(0, PSI − (B − 1)(1/n + 1/m))` with `B` bins that hold rows on some side.
///
/// The expected PSI of two samples of one population is taken off, so that small windows do not rank noise.
///
/// # Errors
/// As [`smoothed_shares`].
pub fn excess_psi(reference: &[u64], current: &[u64]) -> Result<f64, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let bins = occupied(reference, current).count() as f64;
    let psi = crate::drift::psi::psi(reference, current, Smoothing::JEFFREYS)?;
    Ok((psi - (bins - 1.0) * (1.0 / n + 1.0 / m)).max(0.0))
}

/// The terms of the population stability index per bin, largest first, ties by bin. Bins empty on both sides are left
/// out.
///
/// # Errors
/// As [`smoothed_shares`].
pub fn moved_bins(reference: &[u64], current: &[u64]) -> Result<Vec<MovedBin>, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let shares = smoothed_shares(reference, current, Smoothing::JEFFREYS)?;
    let bins = (0..reference.len()).filter(|&b| reference[b] > 0 || current[b] > 0);
    let mut moved: Vec<MovedBin> = bins
        .zip(shares.reference.iter().zip(&shares.current))
        .map(|(bin, (&p, &q))| MovedBin {
            bin,
            term: if p == q { 0.0 } else { (q - p) * (q / p).ln() },
            share: 0.0,
            reference: reference[bin] as f64 / n,
            current: current[bin] as f64 / m,
        })
        .collect();
    let total: f64 = moved.iter().map(|bin| bin.term).sum();
    if total > 0.0 {
        moved.iter_mut().for_each(|bin| bin.share = bin.term / total);
    }
    moved.sort_by(|a, b| b.term.total_cmp(&a.term).then(a.bin.cmp(&b.bin)));
    Ok(moved)
}

/// Shares of a drift by feature: `A_j = I_j E_j`, divided by their sum.
///
/// * `importance`: declared weights ≥ 0; those missing get the mean of those given, and 1 where none is.
/// * `effects`: drift beyond noise per feature, ≥ 0 ([`excess_psi`]).
/// * Adds up to 1; all 0 when nothing drifted. Lengths beyond the shorter one are left out.
#[must_use]
pub fn shares(importance: &[Option<f64>], effects: &[f64]) -> Vec<f64> {
    let usable = |weight: &f64| weight.is_finite() && *weight >= 0.0;
    let known: Vec<f64> = importance.iter().flatten().copied().filter(usable).collect();
    let mean = if known.is_empty() { 1.0 } else { known.iter().sum::<f64>() / known.len() as f64 };
    let scores: Vec<f64> = importance
        .iter()
        .zip(effects)
        .map(|(weight, effect)| {
            weight.filter(usable).unwrap_or(mean) * if effect.is_finite() { effect.max(0.0) } else { 0.0 }
        })
        .collect();
    let total: f64 = scores.iter().sum();
    scores.iter().map(|score| if total > 0.0 { score / total } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{C, R};

    #[test]
    fn the_fifth_bin_of_the_example() {
        let moved = moved_bins(&R, &C).unwrap();
        assert_eq!(moved[0].bin, 4);
        assert!((moved[0].share - 0.437).abs() < 5e-4, "{moved:?}");
        let psi = crate::drift::psi::psi(&R, &C, Smoothing::JEFFREYS).unwrap();
        assert!((moved.iter().map(|b| b.term).sum::<f64>() - psi).abs() < 1e-12);
        assert!((excess_psi(&R, &C).unwrap() - (psi - 4.0 * 0.02)).abs() < 1e-12);
    }

    #[test]
    fn noise_has_no_excess_and_importance_weighs() {
        assert_eq!(excess_psi(&[10, 11, 9], &[9, 11, 10]), Ok(0.0));
        assert_eq!(shares(&[Some(3.0), Some(1.0)], &[0.5, 0.5]), [0.75, 0.25]);
        assert_eq!(shares(&[None, None], &[0.75, 0.25]), [0.75, 0.25]);
        assert_eq!(shares(&[Some(2.0), None], &[0.0, 0.5]), [0.0, 1.0]);
        assert_eq!(shares(&[Some(1.0)], &[0.0]), [0.0]);
        assert_eq!(shares(&[Some(f64::NAN), Some(1.0)], &[f64::NAN, 1.0]), [0.0, 1.0]);
    }
}
