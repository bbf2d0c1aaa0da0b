//! Cramér's V: chi-squared as an effect size.

use super::chi2::chi2_test;
use crate::shares::{BinsError, checked_rows};

/// Cramér's V of the 2 × B table, `√(χ²/(n+m))`, over all bins as they are.
///
/// In `[0, 1]`; 0.1 small, 0.3 medium, 0.5 large; 0 when one bin is left. Biased upwards in small samples.
///
/// # Errors
/// [`BinsError::Length`], [`BinsError::EmptyReference`], [`BinsError::EmptyCurrent`].
///
/// # Source
/// Cramér 1946, *Mathematical Methods of Statistics*, 21.9; readings: Cohen 1988.
pub fn cramers_v(reference: &[u64], current: &[u64]) -> Result<f64, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    Ok((chi2_test(reference, current)?.statistic / (n + m)).sqrt().min(1.0))
}

/// Cramér's V with the bias of a small table removed.
///
/// With `N = n + m`: `φ² = max(0, χ²/N − (B−1)/(N−1))`, `V = √(φ²/min(B̃−1, r̃−1))`,
/// `B̃ = B − (B−1)²/(N−1)`, `r̃ = 2 − 1/(N−1)`. In `[0, 1]`; 0 when `B < 2` or the divisor is not positive.
///
/// # Errors
/// As [`cramers_v`].
///
/// # Source
/// Bergsma 2013, <https://doi.org/10.1016/j.jkss.2012.10.002>.
pub fn cramers_v_corrected(reference: &[u64], current: &[u64]) -> Result<f64, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let test = chi2_test(reference, current)?;
    let less = n + m - 1.0;
    let phi = (test.statistic / (n + m) - test.df / less).max(0.0);
    let columns = test.df - test.df * test.df / less;
    let divisor = columns.min(1.0 - 1.0 / less);
    Ok(if divisor > 0.0 { (phi / divisor).sqrt().min(1.0) } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{C, R, near};

    #[test]
    fn example_and_edges() {
        near(cramers_v(&R, &C).unwrap(), 0.252642, 5e-7);
        near(cramers_v_corrected(&R, &C).unwrap(), 0.209638, 5e-7);
        assert_eq!(cramers_v(&R, &R), Ok(0.0));
        assert_eq!(cramers_v_corrected(&[3], &[4]), Ok(0.0));
        assert_eq!(cramers_v_corrected(&[1, 0], &[0, 1]), Ok(0.0));
        near(cramers_v(&[9, 0], &[0, 4]).unwrap(), 1.0, 1e-12);
    }
}
