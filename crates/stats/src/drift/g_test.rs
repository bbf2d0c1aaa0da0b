//! The G test (likelihood ratio) of homogeneity.

use super::TestResult;
use super::chi2::{AdaptiveTest, adaptive, with_chi2_law};
use crate::pooling::BinOrder;
use crate::shares::{BinsError, checked_rows, occupied};

fn g_statistic(reference: &[u64], current: &[u64], n: f64, m: f64) -> f64 {
    // Products before the quotient: equal counts then give exactly ln 1 = 0.
    let total = n + m;
    let term = |count: f64, side: f64, both: f64| {
        if count == 0.0 { 0.0 } else { count * ((count * total) / (side * both)).ln() }
    };
    let sum: f64 = occupied(reference, current).map(|(r, c)| term(r, n, r + c) + term(c, m, r + c)).sum();
    (2.0 * sum).max(0.0)
}

/// G test of two binned samples over all bins as they are.
///
/// `2 Σ_b [r_b ln(r_b/(nπ_b)) + c_b ln(c_b/(mπ_b))]`, `π_b = (r_b + c_b)/(n + m)`, `df = B − 1`; bins empty on both
/// sides are removed; one bin gives 0 and p = 1. For `n = m` it is `2(n+m)` times the JS divergence in nats.
///
/// # Errors
/// [`BinsError::Length`], [`BinsError::EmptyReference`], [`BinsError::EmptyCurrent`].
///
/// # Source
/// Wilks 1938, <https://doi.org/10.1214/aoms/1177732360>.
pub fn g_test(reference: &[u64], current: &[u64]) -> Result<TestResult, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let statistic = g_statistic(reference, current, n, m);
    Ok(with_chi2_law(statistic, occupied(reference, current).count()))
}

/// The G statistic with the p-value rule of [`super::chi2::chi2_test_adaptive`].
///
/// # Errors
/// As [`g_test`].
pub fn g_test_adaptive(
    reference: &[u64],
    current: &[u64],
    order: BinOrder,
    seed: u64,
) -> Result<AdaptiveTest, BinsError> {
    adaptive(reference, current, order, seed, g_statistic)
}

/// Goodness-of-fit form with the reference shares taken as exactly known: `2 Σ_b c_b ln(c_b/(m p_b))`. For parity
/// with Evidently only. Infinite, with p = 0, when a bin is empty only in the reference.
///
/// # Errors
/// As [`g_test`].
pub fn g_goodness_of_fit(reference: &[u64], current: &[u64]) -> Result<TestResult, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let term = |(r, c): (f64, f64)| {
        if c == 0.0 { 0.0 } else { c * (c / (m * (r / n))).ln() }
    };
    let statistic = (2.0 * occupied(reference, current).map(term).sum::<f64>()).max(0.0);
    Ok(with_chi2_law(statistic, occupied(reference, current).count()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::chi2::PMethod;
    use crate::drift::example::{C, R, near};
    use crate::drift::js::js_divergence;

    #[test]
    fn example() {
        let test = g_test(&R, &C).unwrap();
        near(test.statistic, 14.785624, 5e-7);
        near(test.p_value, 0.00516714, 5e-9);
        near(test.statistic, 400.0 * js_divergence(&R, &C).unwrap(), 1e-10);
    }

    #[test]
    fn adaptive_and_edges() {
        let test = g_test_adaptive(&R, &C, BinOrder::Nominal, 3).unwrap();
        assert_eq!(test.method, PMethod::MonteCarlo);
        near(test.result.p_value, 0.008, 0.005);
        assert_eq!(g_test(&R, &R).unwrap().statistic, 0.0);
        assert_eq!(g_test(&[4], &[2]).unwrap().p_value, 1.0);
        assert_eq!(g_goodness_of_fit(&[5, 0], &[5, 2]).unwrap().p_value, 0.0);
    }
}
