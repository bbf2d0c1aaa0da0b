//! Confidence intervals of proportions.
//!
//! Counts are `x` successes of `n` rows. `n = 0` has no interval: the functions give `None`, as they do for
//! `x > n` and a level outside `(0, 1)`.

use crate::special::{beta_quantile, normal_isf};

/// Two confidence limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower limit.
    pub lo: f64,
    /// Upper limit.
    pub hi: f64,
}

fn valid(x: u64, n: u64, level: f64) -> bool {
    n > 0 && x <= n && level > 0.0 && level < 1.0
}

/// Wilson limits for a critical value `z`, with `n ≥ 1`.
fn wilson_limits(x: u64, n: u64, z: f64) -> Interval {
    let (count, rows) = (x as f64, n as f64);
    let share = count / rows;
    let square = z * z;
    let centre = share + square / (2.0 * rows);
    let half = z * (share * (1.0 - share) / rows + square / (4.0 * rows * rows)).sqrt();
    let below = 1.0 + square / rows;
    let lo = if x == 0 { 0.0 } else { ((centre - half) / below).max(0.0) };
    let hi = if x == n { 1.0 } else { ((centre + half) / below).min(1.0) };
    Interval { lo, hi }
}

/// Wilson's score interval of `x/n` at a two-sided `level` such as 0.95.
///
/// `(p̂ + z²/2n ± z √(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n)`; lies in `[0, 1]`, works for `x = 0` and `x = n`.
///
/// Source: Wilson 1927, <https://doi.org/10.1080/01621459.1927.10502953>.
#[must_use]
pub fn wilson(x: u64, n: u64, level: f64) -> Option<Interval> {
    valid(x, n, level).then(|| wilson_limits(x, n, normal_isf(0.5 * (1.0 - level))))
}

/// The exact interval of Clopper and Pearson at a two-sided `level`; covers at least that often, so it is wide.
///
/// Beta quantiles: `lo` of `(x, n−x+1)` at `α/2`, `hi` of `(x+1, n−x)` at `1−α/2`.
///
/// Source: Clopper & Pearson 1934, <https://doi.org/10.1093/biomet/26.4.404>.
#[must_use]
pub fn clopper_pearson(x: u64, n: u64, level: f64) -> Option<Interval> {
    if !valid(x, n, level) {
        return None;
    }
    let tail = 0.5 * (1.0 - level);
    let (successes, failures) = (x as f64, (n - x) as f64);
    let lo = if x == 0 { 0.0 } else { beta_quantile(tail, successes, failures + 1.0) };
    let hi = if x == n { 1.0 } else { beta_quantile(1.0 - tail, successes + 1.0, failures) };
    Some(Interval { lo, hi })
}

/// Newcombe's limits of `first − second` for a critical value `z`.
fn newcombe_limits(first: (u64, u64), second: (u64, u64), z: f64) -> Interval {
    let (p1, p2) = (first.0 as f64 / first.1 as f64, second.0 as f64 / second.1 as f64);
    let (one, two) = (wilson_limits(first.0, first.1, z), wilson_limits(second.0, second.1, z));
    let difference = p1 - p2;
    Interval {
        lo: (difference - (p1 - one.lo).hypot(two.hi - p2)).max(-1.0),
        hi: (difference + (one.hi - p1).hypot(p2 - two.lo)).min(1.0),
    }
}

/// Newcombe's hybrid score interval of the difference `x1/n1 − x2/n2` at a two-sided `level`.
///
/// `d − √((p1−l1)² + (u2−p2)²)` to `d + √((u1−p1)² + (p2−l2)²)` with Wilson limits `l`, `u`; in `[−1, 1]`.
///
/// Source: Newcombe 1998, method 10, <https://pubmed.ncbi.nlm.nih.gov/9595617/>.
#[must_use]
pub fn newcombe(x1: u64, n1: u64, x2: u64, n2: u64, level: f64) -> Option<Interval> {
    let good = valid(x1, n1, level) && valid(x2, n2, level);
    good.then(|| newcombe_limits((x1, n1), (x2, n2), normal_isf(0.5 * (1.0 - level))))
}

/// One-sided lower confidence bound of the rise of a rate, `x_c/n_c − x_r/n_r`, at error `alpha`.
///
/// The lower Newcombe limit with the one-sided critical value `z_{1−α}`. An alarm is raised when it exceeds the
/// tolerated rise. `None` as for [`newcombe`].
#[must_use]
pub fn rate_increase_lcb(x_r: u64, n_r: u64, x_c: u64, n_c: u64, alpha: f64) -> Option<f64> {
    let good = valid(x_r, n_r, alpha) && valid(x_c, n_c, alpha);
    good.then(|| newcombe_limits((x_c, n_c), (x_r, n_r), normal_isf(alpha)).lo)
}

/// One-sided lower confidence bound of a rate `x/n` at error `alpha` (Wilson with `z_{1−α}`).
#[must_use]
pub fn rate_lcb(x: u64, n: u64, alpha: f64) -> Option<f64> {
    valid(x, n, alpha).then(|| wilson_limits(x, n, normal_isf(alpha)).lo)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: Option<Interval>, lo: f64, hi: f64) {
        let got = got.unwrap();
        assert!((got.lo - lo).abs() < 6e-7 && (got.hi - hi).abs() < 6e-7, "{got:?} {lo} {hi}");
    }

    #[test]
    fn examples() {
        near(wilson(8, 100, 0.95), 0.041093, 0.149981);
        near(wilson(0, 50, 0.95), 0.0, 0.071348);
        near(newcombe(56, 70, 48, 80, 0.95), 0.052431, 0.333873);
        // R: binom.test(8, 100) and the closed form 1 - (α/2)^{1/n} for x = 0.
        near(clopper_pearson(8, 100, 0.95), 0.0351716, 0.1515576);
        near(clopper_pearson(0, 50, 0.95), 0.0, 1.0 - 0.025_f64.powf(0.02));
    }

    #[test]
    fn one_sided_bound() {
        let two_sided = newcombe(50, 1000, 30, 1000, 0.98).unwrap().lo;
        assert!((rate_increase_lcb(30, 1000, 50, 1000, 0.01).unwrap() - two_sided).abs() < 1e-15);
        assert!(rate_lcb(5, 100, 0.01).unwrap() < 0.05);
    }

    #[test]
    fn nothing_to_say() {
        assert_eq!(wilson(0, 0, 0.95), None);
        assert_eq!(wilson(3, 2, 0.95), None);
        assert_eq!(wilson(1, 2, 1.0), None);
        assert_eq!(clopper_pearson(1, 2, f64::NAN), None);
        assert_eq!(newcombe(1, 2, 0, 0, 0.95), None);
        assert_eq!(rate_increase_lcb(0, 0, 1, 2, 0.01), None);
        near(clopper_pearson(7, 7, 0.95), 0.025_f64.powf(1.0 / 7.0), 1.0);
    }
}
