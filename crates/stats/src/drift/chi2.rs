//! Pearson's chi-squared test of homogeneity.

use super::TestResult;
use super::fisher::fisher_exact;
use super::proportions::z_test;
use crate::pooling::{BinOrder, expected_groups, pool};
use crate::random::Xoshiro256;
use crate::shares::{BinsError, checked_rows, occupied, rows};
use crate::special::chi2_sf;

/// Permutations behind a Monte-Carlo p-value.
pub const PERMUTATIONS: u32 = 9_999;
/// At most this many rows in both sides together are permuted.
pub const ROWS_MONTE_CARLO_MAX: u128 = 1_000;
/// At most this many rows in both sides together take Fisher's exact test.
pub const ROWS_FISHER_MAX: u128 = 200;

/// How the p-value of an adaptive test was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PMethod {
    /// The chi-squared law, after pooling bins with expected counts below 5.
    ChiSquared,
    /// 9,999 seeded permutations of all bins.
    MonteCarlo,
    /// Fisher's exact test of a two by two table.
    Fisher,
    /// The z test of two proportions (the same as chi-squared with one degree of freedom).
    Proportions,
    /// One bin is left: statistic 0, p = 1.
    SingleBin,
}

/// Result of a test that chooses its way of finding p.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdaptiveTest {
    /// Statistic over the bins that were used, its degrees of freedom, and p.
    pub result: TestResult,
    /// How p was found.
    pub method: PMethod,
    /// Bins the statistic was computed over.
    pub bins: usize,
}

/// Chi-squared test of two binned samples, over all bins as they are, no pooling and no Yates correction.
///
/// `Σ_b [(r_b − nπ_b)²/(nπ_b) + (c_b − mπ_b)²/(mπ_b)]`, `π_b = (r_b + c_b)/(n + m)`, `df = B − 1`; bins empty on
/// both sides are removed. p from the chi-squared law, poor where expected counts are below 5: see
/// [`chi2_test_adaptive`]. One bin gives statistic 0, p = 1. Symmetric.
///
/// # Errors
/// [`BinsError::Length`], [`BinsError::EmptyReference`], [`BinsError::EmptyCurrent`].
///
/// # Source
/// Pearson 1900, <https://doi.org/10.1080/14786440009463897>.
pub fn chi2_test(reference: &[u64], current: &[u64]) -> Result<TestResult, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let statistic = chi2_statistic(reference, current, n, m);
    Ok(with_chi2_law(statistic, occupied(reference, current).count()))
}

/// The same statistic with the p-value rule that suits small tables.
///
/// * Two bins: Fisher's exact test when `n + m ≤ 200`, else the z test.
/// * Some expected count below 5 and `n + m ≤ 1000`: 9,999 permutations of the table as it is,
///   `p = (1 + #{T* ≥ T})/10,000`, with the given `seed`.
/// * Otherwise bins with an expected count below 5 on the smaller side are pooled ([`expected_groups`]) and p comes
///   from the chi-squared law; if one bin is left, statistic 0 and p = 1.
///
/// # Errors
/// As [`chi2_test`].
pub fn chi2_test_adaptive(
    reference: &[u64],
    current: &[u64],
    order: BinOrder,
    seed: u64,
) -> Result<AdaptiveTest, BinsError> {
    adaptive(reference, current, order, seed, chi2_statistic)
}

/// Goodness of fit of `current` to the shares of `reference` taken as exactly known (Evidently's and
/// `scipy.stats.chisquare`'s use): `Σ_b (c_b − m p_b)²/(m p_b)`, `df = B − 1`.
///
/// Far too small p-values when the reference is itself a sample: for parity only. A bin empty only in the reference
/// gives an infinite statistic and p = 0.
///
/// # Errors
/// As [`chi2_test`].
pub fn chi2_goodness_of_fit(reference: &[u64], current: &[u64]) -> Result<TestResult, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let term = |(r, c): (f64, f64)| {
        let expected = m * (r / n);
        (c - expected) * (c - expected) / expected
    };
    let statistic = occupied(reference, current).map(term).sum();
    Ok(with_chi2_law(statistic, occupied(reference, current).count()))
}

/// `Σ_b (r_b m − c_b n)² / (n m (r_b + c_b))`, the same sum after simplification.
pub(super) fn chi2_statistic(reference: &[u64], current: &[u64], n: f64, m: f64) -> f64 {
    let term = |(r, c): (f64, f64)| {
        let difference = r / n - c / m;
        difference * difference / (r + c)
    };
    n * m * occupied(reference, current).map(term).sum::<f64>()
}

pub(super) fn with_chi2_law(statistic: f64, bins: usize) -> TestResult {
    if bins < 2 {
        return TestResult { statistic: 0.0, df: 0.0, p_value: 1.0 };
    }
    let df = (bins - 1) as f64;
    TestResult { statistic, df, p_value: chi2_sf(statistic, df) }
}

/// The p rule shared by chi-squared and G; `statistic(reference, current, n, m)`.
pub(super) fn adaptive(
    reference: &[u64],
    current: &[u64],
    order: BinOrder,
    seed: u64,
    statistic: fn(&[u64], &[u64], f64, f64) -> f64,
) -> Result<AdaptiveTest, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let (r, c): (Vec<u64>, Vec<u64>) = reference.iter().zip(current).filter(|&(&r, &c)| r > 0 || c > 0).unzip();
    let total = rows(&r) + rows(&c);
    let bins = r.len();
    let raw = with_chi2_law(statistic(&r, &c, n, m), bins);
    if bins < 2 {
        return Ok(AdaptiveTest { result: raw, method: PMethod::SingleBin, bins });
    }
    if bins == 2 {
        let (p_value, method) = if total <= ROWS_FISHER_MAX {
            (fisher_exact(r[0], r[1], c[0], c[1]), PMethod::Fisher)
        } else {
            (z_test(r[1], r[0] + r[1], c[1], c[0] + c[1]).map_or(1.0, |z| z.p_value), PMethod::Proportions)
        };
        return Ok(AdaptiveTest { result: TestResult { p_value, ..raw }, method, bins });
    }
    let groups = expected_groups(&r, &c, order);
    let pooled_bins = groups.iter().max().map_or(0, |last| last + 1);
    if pooled_bins < bins && total <= ROWS_MONTE_CARLO_MAX {
        let p_value = permutation_p(&r, &c, raw.statistic, seed, |a, b| statistic(a, b, n, m));
        return Ok(AdaptiveTest { result: TestResult { p_value, ..raw }, method: PMethod::MonteCarlo, bins });
    }
    let (r, c) = (pool(&r, &groups), pool(&c, &groups));
    let result = with_chi2_law(statistic(&r, &c, n, m), pooled_bins);
    let method = if pooled_bins < 2 { PMethod::SingleBin } else { PMethod::ChiSquared };
    Ok(AdaptiveTest { result, method, bins: pooled_bins })
}

/// p by drawing the smaller side without replacement from the pooled rows.
fn permutation_p(
    reference: &[u64],
    current: &[u64],
    observed: f64,
    seed: u64,
    statistic: impl Fn(&[u64], &[u64]) -> f64,
) -> f64 {
    let both: Vec<u64> = reference.iter().zip(current).map(|(&r, &c)| r + c).collect();
    let mut rows: Vec<usize> = Vec::new();
    for (bin, &count) in both.iter().enumerate() {
        rows.extend(std::iter::repeat_n(bin, count as usize));
    }
    let drawn = current.iter().sum::<u64>() as usize;
    let mut generator = Xoshiro256::new(seed);
    let (mut left, mut right) = (vec![0_u64; both.len()], vec![0_u64; both.len()]);
    // Ties with the observed table must count although their sums round differently.
    let bar = observed * (1.0 - 1e-9);
    let mut reached = 1_u32;
    for _ in 0..PERMUTATIONS {
        right.fill(0);
        for position in 0..drawn {
            let other = position + generator.below((rows.len() - position) as u64) as usize;
            rows.swap(position, other);
            right[rows[position]] += 1;
        }
        for bin in 0..both.len() {
            left[bin] = both[bin] - right[bin];
        }
        reached += u32::from(statistic(&left, &right) >= bar);
    }
    f64::from(reached) / f64::from(PERMUTATIONS + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{C, R, near};

    #[test]
    fn example() {
        let test = chi2_test(&R, &C).unwrap();
        near(test.statistic, 12.765568, 5e-7);
        near(test.p_value, 0.0124799, 5e-8);
        assert_eq!(test.df, 4.0);
    }

    #[test]
    fn adaptive_rules() {
        let small = chi2_test_adaptive(&R, &C, BinOrder::Ordered, 1).unwrap();
        assert_eq!(small.method, PMethod::MonteCarlo);
        near(small.result.p_value, 0.0125, 0.004);
        assert_eq!(small, chi2_test_adaptive(&R, &C, BinOrder::Ordered, 1).unwrap());
        let large = |counts: [u64; 5]| counts.map(|count| if count < 10 { count } else { count * 100 });
        let pooled = chi2_test_adaptive(&large(R), &large(C), BinOrder::Nominal, 1).unwrap();
        assert_eq!((pooled.method, pooled.bins), (PMethod::ChiSquared, 4));
        let two = chi2_test_adaptive(&[8, 2, 0], &[1, 5, 0], BinOrder::Nominal, 1).unwrap();
        assert_eq!(two.method, PMethod::Fisher);
        near(two.result.p_value, 5.0 / 143.0, 1e-12);
        let z = chi2_test_adaptive(&[970, 30], &[950, 50], BinOrder::Nominal, 1).unwrap();
        near(z.result.p_value, 0.0224789, 5e-8);
    }

    #[test]
    fn edges() {
        let single = TestResult { statistic: 0.0, df: 0.0, p_value: 1.0 };
        assert_eq!(chi2_test(&[5, 0], &[7, 0]), Ok(single));
        near(chi2_test(&[5, 0], &[0, 7]).unwrap().statistic, 12.0, 1e-12);
        assert_eq!(chi2_goodness_of_fit(&[5, 0], &[5, 2]).unwrap().p_value, 0.0);
        assert!(chi2_test(&[u64::MAX; 4], &[u64::MAX, 1, 2, 3]).unwrap().statistic.is_finite());
    }
}
