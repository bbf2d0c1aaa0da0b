//! Shares of binned samples and the rules for empty bins.

use thiserror::Error;

/// What is wrong with a pair of binned samples.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum BinsError {
    /// The two sides do not have the same number of bins.
    #[error("reference has {reference} bins and current has {current}: both must be counted over the same bins")]
    Length {
        /// Bins of the reference.
        reference: usize,
        /// Bins of the current window.
        current: usize,
    },
    /// The reference holds no rows (also when there are no bins at all).
    #[error("reference holds no rows")]
    EmptyReference,
    /// The current window holds no rows.
    #[error("current holds no rows")]
    EmptyCurrent,
    /// A smoothing constant that is negative or not finite.
    #[error("smoothing constant must be finite and at least 0, found {0}")]
    Smoothing(f64),
    /// A bin index, an edge or a limit that fits no bin.
    #[error("bin layout is inconsistent: {0}")]
    Layout(&'static str),
}

/// What to do about bins which are empty on one side, for metrics with a logarithm of a ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Smoothing {
    /// `(count + a) / (rows + a·B)` on both sides, all bins; `B` counts bins not empty on both sides. `a = 0` gives
    /// raw shares, and then infinite metrics where a bin is empty on one side.
    Additive(f64),
    /// Shares below the floor are raised to it; nothing is renormalised.
    Floor(f64),
    /// Bins empty on either side are left out; the other shares are not renormalised.
    Drop,
    /// Evidently 0.7: zero shares become 1e-4, or (smallest positive share)/1e6 where that share is at most 1e-4,
    /// on each side by itself; nothing is renormalised.
    Evidently,
}

impl Smoothing {
    /// The default: Jeffreys' half a row in every bin. Its weight vanishes with evidence, a floor's does not.
    pub const JEFFREYS: Self = Self::Additive(0.5);
    /// No smoothing at all.
    pub const NONE: Self = Self::Additive(0.0);
}

/// Shares of both sides over the bins that remain, in bin order.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Shares of the reference, each ≥ 0.
    pub reference: Vec<f64>,
    /// Shares of the current window, each ≥ 0.
    pub current: Vec<f64>,
}

/// Rows of one side. `u128`, so that no counts overflow.
pub(crate) fn rows(counts: &[u64]) -> u128 {
    counts.iter().map(|&count| u128::from(count)).sum()
}

/// Rows of both sides after checking that they can be compared.
pub(crate) fn checked_rows(reference: &[u64], current: &[u64]) -> Result<(f64, f64), BinsError> {
    if reference.len() != current.len() {
        return Err(BinsError::Length { reference: reference.len(), current: current.len() });
    }
    let (n, m) = (rows(reference), rows(current));
    if n == 0 {
        return Err(BinsError::EmptyReference);
    }
    if m == 0 {
        return Err(BinsError::EmptyCurrent);
    }
    Ok((n as f64, m as f64))
}

/// The pairs of counts that are not `(0, 0)`, in bin order.
pub(crate) fn occupied<'a>(reference: &'a [u64], current: &'a [u64]) -> impl Iterator<Item = (f64, f64)> + Clone + 'a {
    reference.iter().zip(current).filter(|&(&r, &c)| r > 0 || c > 0).map(|(&r, &c)| (r as f64, c as f64))
}

/// Shares of two binned samples under a rule for empty bins. Bins empty on both sides are removed first.
///
/// * `reference`, `current`: counts over the same bins.
///
/// # Errors
/// [`BinsError::Length`] on unequal lengths, [`BinsError::EmptyReference`] and [`BinsError::EmptyCurrent`] when a
/// side has no rows, [`BinsError::Smoothing`] when the constant is negative or not finite.
pub fn smoothed_shares(reference: &[u64], current: &[u64], smoothing: Smoothing) -> Result<Shares, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let pairs = occupied(reference, current);
    let (reference, current) = match smoothing {
        Smoothing::Additive(a) => {
            check_constant(a)?;
            let extra = a * pairs.clone().count() as f64;
            pairs.map(|(r, c)| ((r + a) / (n + extra), (c + a) / (m + extra))).unzip()
        }
        Smoothing::Floor(floor) => {
            check_constant(floor)?;
            pairs.map(|(r, c)| ((r / n).max(floor), (c / m).max(floor))).unzip()
        }
        Smoothing::Drop => pairs.filter(|&(r, c)| r > 0.0 && c > 0.0).map(|(r, c)| (r / n, c / m)).unzip(),
        Smoothing::Evidently => {
            let (mut r, mut c): (Vec<f64>, Vec<f64>) = pairs.map(|(r, c)| (r / n, c / m)).unzip();
            fill_zeros(&mut r);
            fill_zeros(&mut c);
            (r, c)
        }
    };
    Ok(Shares { reference, current })
}

fn check_constant(constant: f64) -> Result<(), BinsError> {
    if constant.is_finite() && constant >= 0.0 { Ok(()) } else { Err(BinsError::Smoothing(constant)) }
}

fn fill_zeros(shares: &mut [f64]) {
    let least = shares.iter().copied().filter(|&share| share > 0.0).fold(f64::INFINITY, f64::min);
    let filling = if least <= 1e-4 { least / 1e6 } else { 1e-4 };
    for share in shares.iter_mut().filter(|share| **share == 0.0) {
        *share = filling;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jeffreys_example() {
        let shares = smoothed_shares(&[50, 30, 15, 5, 0], &[30, 35, 20, 10, 5], Smoothing::JEFFREYS).unwrap();
        let p = [0.492683, 0.297561, 0.151220, 0.053659, 0.004878];
        let q = [0.297561, 0.346341, 0.2, 0.102439, 0.053659];
        for b in 0..5 {
            assert!((shares.reference[b] - p[b]).abs() < 5e-7 && (shares.current[b] - q[b]).abs() < 5e-7);
        }
    }

    #[test]
    fn bins_empty_on_both_sides_go() {
        let with = smoothed_shares(&[3, 0, 0, 2], &[1, 0, 4, 0], Smoothing::JEFFREYS);
        let without = smoothed_shares(&[3, 0, 2], &[1, 4, 0], Smoothing::JEFFREYS);
        assert_eq!(with, without);
    }

    #[test]
    fn rules() {
        let floor = smoothed_shares(&[9, 1, 0], &[5, 5, 10], Smoothing::Floor(0.01)).unwrap();
        assert_eq!(floor.reference, [0.9, 0.1, 0.01]);
        let drop = smoothed_shares(&[9, 1, 0], &[5, 5, 10], Smoothing::Drop).unwrap();
        assert_eq!(drop.current, [0.25, 0.25]);
        let evidently = smoothed_shares(&[99_999, 1, 0], &[5, 5, 10], Smoothing::Evidently).unwrap();
        assert_eq!(evidently.reference[2], 1e-5 / 1e6);
    }

    #[test]
    fn errors() {
        let jeffreys = Smoothing::JEFFREYS;
        let length = BinsError::Length { reference: 1, current: 2 };
        assert_eq!(smoothed_shares(&[1], &[1, 2], jeffreys), Err(length));
        assert_eq!(smoothed_shares(&[], &[], jeffreys), Err(BinsError::EmptyReference));
        assert_eq!(smoothed_shares(&[0], &[3], jeffreys), Err(BinsError::EmptyReference));
        assert_eq!(smoothed_shares(&[3], &[0], jeffreys), Err(BinsError::EmptyCurrent));
        let bad = smoothed_shares(&[3], &[1], Smoothing::Additive(-1.0));
        assert_eq!(bad, Err(BinsError::Smoothing(-1.0)));
        assert!(smoothed_shares(&[3], &[1], Smoothing::Floor(f64::NAN)).is_err());
        assert!(smoothed_shares(&[u64::MAX; 3], &[u64::MAX; 3], jeffreys).is_ok());
    }
}
