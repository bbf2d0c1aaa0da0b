//! Mann–Whitney U test and the area under the curve as its effect size.

use super::Bracket;
use super::merge::{Run, for_each_run};
use crate::shares::{BinsError, checked_rows};
use crate::special::normal_sf;

/// The exact p-value is used when the smaller side has at most this many rows and there are no ties.
pub const EXACT_ROWS_MAX: usize = 8;
/// … and `nm` is at most this.
const EXACT_PRODUCT_MAX: usize = 10_000_000;

/// Result of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// `U` of the reference: pairs with reference above current, ties half.
    pub u1: f64,
    /// `P(reference < current) + ½ P(equal) = 1 − U1/(nm)`; 0.5 no effect, 0.56 small, 0.64 medium, 0.71 large.
    pub auc: f64,
    /// Two-sided p-value.
    pub p_value: f64,
    /// Whether p is exact.
    pub is_exact: bool,
}

/// Mann–Whitney U test of ASCENDING finite samples.
///
/// `U1 = Σ ranks of the reference − n(n+1)/2`. p exact when the smaller side has at most 8 rows and there are no
/// ties, else normal with the tie correction `σ² = nm/12·[(N+1) − Σ(t³−t)/(N(N−1))]` and continuity ½. All values
/// equal: `auc = 0.5`, `p = 1`. `None` when a side is empty. O(n + m).
///
/// Source: Mann & Whitney 1947, <https://doi.org/10.1214/aoms/1177730491>.
#[must_use]
pub fn mann_whitney(reference: &[f64], current: &[f64]) -> Option<MannWhitney> {
    let mut walk = Walk::default();
    for_each_run(reference, current, |run| walk.see(run));
    walk.finish(reference.len(), current.len())
}

/// Twice `U1` and the ties so far.
#[derive(Default)]
pub(super) struct Walk {
    below: u64,
    doubled: u128,
    ties: f64,
}

impl Walk {
    #[inline(always)]
    pub(super) fn see(&mut self, run: Run) {
        let (a, b) = (run.reference as u64, run.current as u64);
        self.doubled += u128::from(a) * u128::from(2 * self.below + b);
        self.below += b;
        let t = (a + b) as f64;
        self.ties += (t - 1.0) * t * (t + 1.0);
    }

    pub(super) fn finish(self, n: usize, m: usize) -> Option<MannWhitney> {
        if n == 0 || m == 0 {
            return None;
        }
        let u1 = self.doubled as f64 / 2.0;
        let pairs = n as f64 * m as f64;
        let is_exact = n.min(m) <= EXACT_ROWS_MAX && self.ties == 0.0 && n.saturating_mul(m) <= EXACT_PRODUCT_MAX;
        let p_value = if is_exact {
            exact_p_value(u1, n.min(m), n.max(m))
        } else {
            normal_p_value(u1, n as f64, m as f64, self.ties, 0.5)
        };
        Some(MannWhitney { u1, auc: (1.0 - u1 / pairs).clamp(0.0, 1.0), p_value, is_exact })
    }
}

/// The two-sided normal p-value of `u1`, with `ties = Σ(t³ − t)` over runs and a continuity correction such as ½.
///
/// 1 when the variance is zero. [`mann_whitney`] calls it with ½; 0 gives the uncorrected value.
#[must_use]
pub fn normal_p_value(u1: f64, n: f64, m: f64, ties: f64, continuity: f64) -> f64 {
    let total = n + m;
    let variance = n * m / 12.0 * ((total + 1.0) - ties / (total * (total - 1.0)).max(1.0));
    if variance.is_nan() || variance <= 0.0 {
        return 1.0;
    }
    let distance = (u1 - 0.5 * n * m).abs() - continuity;
    (2.0 * normal_sf(distance / variance.sqrt())).min(1.0)
}

/// `2 P(U ≤ min(u, nm − u))` by counting partitions: the generating function of U is
/// `Π_{i=1}^{k} (1 − q^{m+i})/(1 − q^i)` with `k` the smaller side.
fn exact_p_value(u1: f64, k: usize, m: usize) -> f64 {
    let pairs = k * m;
    let low = u1.min(pairs as f64 - u1).max(0.0) as usize;
    let mut counts = vec![0.0_f64; low + 1];
    counts[0] = 1.0;
    for part in 1..=k {
        for value in part..=low {
            counts[value] += counts[value - part];
        }
    }
    for factor in (m + 1)..=(m + k) {
        for value in (factor..=low).rev() {
            counts[value] -= counts[value - factor];
        }
    }
    let all = (1..=k).fold(1.0, |product, i| product * (m + i) as f64 / i as f64);
    (2.0 * counts.iter().sum::<f64>() / all).clamp(0.0, 1.0)
}

/// `P(reference < current) + ½ P(equal)` of samples known by counts over common ordered bins.
///
/// Pairs in different bins are decided; pairs inside a bin are counted as no, half, and yes for `lo`, `value` and
/// `hi`. The products are exact (`u128`).
///
/// # Errors
/// [`BinsError::Length`], [`BinsError::EmptyReference`], [`BinsError::EmptyCurrent`].
pub fn auc_bracket_from_bins(reference: &[u64], current: &[u64]) -> Result<Bracket, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let (mut below, mut decided, mut inside) = (0_u128, 0_u128, 0_u128);
    for (&r, &c) in reference.iter().zip(current) {
        let (r, c) = (u128::from(r), u128::from(c));
        decided = decided.saturating_add(below.saturating_mul(c));
        inside = inside.saturating_add(r.saturating_mul(c));
        below += r;
    }
    let pairs = n * m;
    let (decided, inside) = (decided as f64 / pairs, inside as f64 / pairs);
    Ok(Bracket { value: decided + 0.5 * inside, lo: decided, hi: (decided + inside).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{X, Y, near};

    #[test]
    fn example() {
        let test = mann_whitney(&X, &Y).unwrap();
        assert_eq!((test.u1, test.is_exact), (6.0, true));
        near(test.auc, 0.8, 1e-15);
        near(test.p_value, 0.125541, 5e-7);
        near(normal_p_value(6.0, 5.0, 6.0, 0.0, 0.5), 0.120691, 5e-7);
    }

    #[test]
    fn exact_law_is_symmetric_and_whole() {
        near(exact_p_value(8.0, 4, 4), 1.0, 1e-12);
        near(exact_p_value(0.0, 3, 5), 2.0 / 56.0, 1e-15);
        near(exact_p_value(15.0, 3, 5), 2.0 / 56.0, 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(mann_whitney(&[], &X), None);
        let constant = mann_whitney(&[2.0; 9], &[2.0; 12]).unwrap();
        assert_eq!((constant.auc, constant.p_value), (0.5, 1.0));
        let bracket = auc_bracket_from_bins(&[3, 2], &[1, 5]).unwrap();
        near(bracket.lo, 0.5, 1e-15);
        near(bracket.value, 0.5 + 13.0 / 60.0, 1e-15);
        assert!(auc_bracket_from_bins(&[u64::MAX; 2], &[u64::MAX; 2]).unwrap().hi <= 1.0);
    }
}
