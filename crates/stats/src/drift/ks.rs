//! Kolmogorov–Smirnov distance and its p-values.

use super::Bracket;
use super::merge::{Run, for_each_run};
use crate::shares::{BinsError, checked_rows};
use crate::special::kolmogorov_sf;

/// The exact p-value is computed up to this many rows per side …
pub const EXACT_ROWS_MAX: u64 = 10_000;
/// … and up to this product of both row counts.
pub const EXACT_PRODUCT_MAX: u64 = 10_000_000;

/// Two-sample Kolmogorov–Smirnov distance `D = max_x |F(x) − G(x)|` over the pooled distinct values.
///
/// * `reference`, `current`: ASCENDING finite samples; ties are fine; unsorted input gives a meaningless number.
/// * In `[0, 1]`; 0 when a side is empty. Right-continuous ECDFs. O(n + m).
///
/// Source: Smirnov 1939; Hodges 1958, <https://doi.org/10.1007/BF02589501>.
#[must_use]
pub fn ks(reference: &[f64], current: &[f64]) -> f64 {
    if reference.is_empty() || current.is_empty() {
        return 0.0;
    }
    let mut walk = Walk::new(reference.len(), current.len());
    for_each_run(reference, current, |run| walk.see(run));
    walk.finish()
}

/// The largest difference so far, in units of `1/(nm)`: whole numbers, exact in `f64` up to 2^53.
pub(super) struct Walk {
    n: f64,
    m: f64,
    difference: f64,
    largest: f64,
}

impl Walk {
    pub(super) fn new(n: usize, m: usize) -> Self {
        Self { n: n as f64, m: m as f64, difference: 0.0, largest: 0.0 }
    }

    #[inline(always)]
    pub(super) fn see(&mut self, run: Run) {
        self.difference += run.reference as f64 * self.m - run.current as f64 * self.n;
        self.largest = self.largest.max(self.difference.abs());
    }

    pub(super) fn finish(self) -> f64 {
        (self.largest / (self.n * self.m)).min(1.0)
    }
}

/// p-value of a distance `d` between samples of `n` and `m` rows: exact for small samples, else asymptotic.
///
/// Exact ([`exact_p_value`]) when `max(n, m) ≤ 10,000` and `nm ≤ 1e7`, else [`asymptotic_p_value`]. Ties make both
/// conservative. 1 when a side is empty, NaN when `d` is NaN.
#[must_use]
pub fn p_value(d: f64, n: u64, m: u64) -> f64 {
    if n.max(m) <= EXACT_ROWS_MAX && n.saturating_mul(m) <= EXACT_PRODUCT_MAX {
        exact_p_value(d, n, m)
    } else {
        asymptotic_p_value(d, n, m)
    }
}

/// `P(K ≥ d √(nm/(n+m)))` with Kolmogorov's limit law. 1 when a side is empty, NaN when `d` is NaN.
#[must_use]
pub fn asymptotic_p_value(d: f64, n: u64, m: u64) -> f64 {
    if n == 0 || m == 0 {
        return 1.0;
    }
    kolmogorov_sf(d / (1.0 / n as f64 + 1.0 / m as f64).sqrt())
}

/// Exact `P(D ≥ d)` for samples without ties.
///
/// A pooled sample is a random lattice path from (0, 0) to (n, m), all paths equally likely; the p-value is the
/// probability that the path ever reaches `|i/n − j/m| ≥ d`. The walk is followed along its antidiagonals inside the
/// band, and what leaves the band is added up, so that small p-values keep their digits. About `2·d·nm` steps: the
/// caller bounds `nm` (see [`p_value`]). 1 when a side is empty or `d ≤ 0`, NaN when `d` is NaN.
///
/// Source: Hodges 1958, <https://doi.org/10.1007/BF02589501>; Kim & Jennrich 1973 for the recursion.
#[must_use]
pub fn exact_p_value(d: f64, n: u64, m: u64) -> f64 {
    if d.is_nan() {
        return f64::NAN;
    }
    if n == 0 || m == 0 || d <= 0.0 {
        return 1.0;
    }
    let (rows, columns) = (i128::from(n), i128::from(m));
    let total = rows + columns;
    // A distance is a multiple of 1/lcm(n, m): find that multiple, in units of 1/(nm).
    let divisor = i128::from(gcd(n, m));
    let multiple = (d * (n as f64 / divisor as f64) * m as f64).round() as i128;
    let bar = multiple.saturating_mul(divisor);
    if bar <= 0 {
        return 1.0;
    }
    if bar > rows.saturating_mul(columns) {
        return 0.0;
    }
    // inside ⇔ |i·m − j·n| < bar; on antidiagonal k = i + j that is |i·total − k·n| < bar.
    let band = |k: i128| {
        let low = (k * rows - bar).div_euclid(total) + 1;
        let high = -((-(k * rows + bar)).div_euclid(total)) - 1;
        (low.max(0).max(k - columns), high.min(rows).min(k))
    };
    walk(rows, columns, band)
}

/// Probability that the path leaves the band. `band(k)` gives the first and last inner `i` of antidiagonal `k`.
fn walk(rows: i128, columns: i128, band: impl Fn(i128) -> (i128, i128)) -> f64 {
    let total = rows + columns;
    let (mut low, mut high) = band(0);
    let mut mass = vec![1.0_f64];
    let mut next: Vec<f64> = Vec::new();
    let mut escaped = 0.0;
    for k in 0..total {
        let left = 1.0 / (total - k) as f64;
        let (new_low, new_high) = band(k + 1);
        if new_low > new_high {
            return (escaped + mass.iter().sum::<f64>()).min(1.0);
        }
        next.clear();
        next.resize((high - low + 2) as usize, 0.0);
        // From (i, j) one of the rows − i remaining reference values comes next, or one of the columns − j others.
        let (base_i, base_j) = ((rows - low) as f64, (columns - k + low) as f64);
        for (offset, &here) in mass.iter().enumerate() {
            let step = offset as f64;
            next[offset] += here * (base_j + step) * left;
            next[offset + 1] = here * (base_i - step) * left;
        }
        // `next` covers low ..= high + 1: keep what is inside the new band.
        let first = (new_low - low).max(0) as usize;
        let last = ((new_high - low).max(-1) + 1) as usize;
        escaped += next[..first.min(next.len())].iter().sum::<f64>();
        escaped += next[last.min(next.len())..].iter().sum::<f64>();
        mass.clear();
        mass.extend_from_slice(&next[first.min(next.len())..last.min(next.len())]);
        (low, high) = (new_low.max(low), new_low.max(low) + mass.len() as i128 - 1);
        if mass.is_empty() {
            break;
        }
    }
    escaped.min(1.0)
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// The distance of samples known by their counts over common ordered bins.
///
/// With cumulative shares `F_b`, `G_b` at the bins' right edges: `lo = max_b |F_b − G_b|` and
/// `hi = max_b max(F_b − G_{b−1}, G_b − F_{b−1})`, the latter over bins with an interior. `value = lo`.
///
/// * `point_bin[b]`: the bin holds one single value, so nothing can happen inside it.
/// * `hi − lo ≤ max_b min(p_b, q_b)` over the other bins.
///
/// # Errors
/// [`BinsError::Length`], [`BinsError::EmptyReference`], [`BinsError::EmptyCurrent`]; [`BinsError::Layout`] when
/// `point_bin` has another length.
pub fn bracket_from_bins(reference: &[u64], current: &[u64], point_bin: &[bool]) -> Result<Bracket, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    if point_bin.len() != reference.len() {
        return Err(BinsError::Layout("one point flag per bin is needed"));
    }
    let (mut below_r, mut below_c) = (0_u128, 0_u128);
    let (mut lo, mut hi) = (0.0_f64, 0.0_f64);
    for ((&r, &c), &is_point) in reference.iter().zip(current).zip(point_bin) {
        let (f_left, g_left) = (below_r as f64 / n, below_c as f64 / m);
        below_r += u128::from(r);
        below_c += u128::from(c);
        let (f, g) = (below_r as f64 / n, below_c as f64 / m);
        lo = lo.max((f - g).abs());
        if !is_point {
            hi = hi.max(f - g_left).max(g - f_left);
        }
    }
    Ok(Bracket { value: lo, lo, hi: hi.max(lo).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{X, Y, near};

    #[test]
    fn example() {
        let d = ks(&X, &Y);
        near(d, 0.5, 1e-15);
        near(p_value(d, 5, 6), 0.357143, 5e-7);
        near(asymptotic_p_value(0.0025, 1_000_000, 1_000_000), 0.0039, 5e-5);
    }

    #[test]
    fn exact_small_cases_by_hand() {
        // n = m = 1: D is always 1. n = m = 2: D = 1 for 2 of 6 orders.
        near(exact_p_value(1.0, 1, 1), 1.0, 1e-15);
        near(exact_p_value(1.0, 2, 2), 1.0 / 3.0, 1e-15);
        near(exact_p_value(0.5, 2, 2), 1.0, 1e-15);
        // D = 1 needs one side wholly below the other: 2 of C(40, 20) orders.
        near(exact_p_value(1.0, 20, 20) / (2.0 / 137_846_528_820.0), 1.0, 1e-12);
        near(exact_p_value(1.0, 3, 7), 2.0 / 120.0, 1e-15);
    }

    #[test]
    fn ties_and_edges() {
        assert_eq!(ks(&[1.0, 1.0], &[1.0]), 0.0);
        assert_eq!(ks(&[0.0], &[1.0]), 1.0);
        assert_eq!(ks(&[], &[1.0]), 0.0);
        assert_eq!(p_value(0.5, 0, 3), 1.0);
        assert!(p_value(f64::NAN, 4, 3).is_nan());
        assert_eq!(p_value(1.5, 4, 3), 0.0);
    }

    #[test]
    fn bracket() {
        let got = bracket_from_bins(&[2, 2], &[1, 3], &[false, false]).unwrap();
        assert_eq!((got.lo, got.hi), (0.25, 0.75));
        let points = bracket_from_bins(&[2, 2], &[1, 3], &[true, true]).unwrap();
        assert_eq!((points.lo, points.hi), (0.25, 0.25));
        assert!(bracket_from_bins(&[2, 2], &[1, 3], &[true]).is_err());
    }
}
