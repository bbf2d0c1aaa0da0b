//! Two-sample Cramér–von Mises test.

use std::f64::consts::PI;

use super::TestResult;
use super::merge::{BlockSum, Run, for_each_run};
use crate::shares::{BinsError, checked_rows};
use crate::special::{bessel_k_quarter_scaled, ln_gamma};

/// Up to this many rows per side the p-value is exact.
pub const EXACT_ROWS_MAX: usize = 20;

/// Two-sample Cramér–von Mises test of ASCENDING finite samples.
///
/// With midranks `r_i`, `s_j` in the pooled sample, `U = n Σ(r_i − i)² + m Σ(s_j − j)²` and
/// `T = U/(nm(n+m)) − (4nm−1)/(6(n+m))`; p exact when `max(n, m) ≤ 20`, else asymptotic. `None` when a side is
/// empty. Midranks as SciPy has them; with many ties p is only a guide. O(n + m), `df` is 0.
///
/// Source: Anderson 1962, <https://doi.org/10.1214/aoms/1177704477>.
#[must_use]
pub fn cramer_von_mises(reference: &[f64], current: &[f64]) -> Option<TestResult> {
    let mut walk = Walk::new(reference.len(), current.len());
    for_each_run(reference, current, |run| walk.see(run));
    walk.finish()
}

/// `U` so far, as sums of squares in closed form per run.
pub(super) struct Walk {
    n: usize,
    m: usize,
    i: f64,
    j: f64,
    sum: BlockSum,
}

impl Walk {
    pub(super) fn new(n: usize, m: usize) -> Self {
        Self { n, m, i: 0.0, j: 0.0, sum: BlockSum::default() }
    }

    #[inline(always)]
    pub(super) fn see(&mut self, run: Run) {
        let (a, b) = (run.reference as f64, run.current as f64);
        // Midrank minus own rank is j + b/2 + ((a+1)/2 − own place in the run): its square sums in closed form.
        let (other_c, other_r) = (self.j + 0.5 * b, self.i + 0.5 * a);
        let of_reference = self.n as f64 * (a * other_c * other_c + a * (a * a - 1.0) / 12.0);
        let of_current = self.m as f64 * (b * other_r * other_r + b * (b * b - 1.0) / 12.0);
        self.sum.add(of_reference + of_current);
        self.i += a;
        self.j += b;
    }

    pub(super) fn finish(self) -> Option<TestResult> {
        let (n, m) = (self.n, self.m);
        if n == 0 || m == 0 {
            return None;
        }
        let (rows, other) = (n as f64, m as f64);
        // The large common part of U is taken off at the end.
        let common = (4.0 * rows * other - 1.0) / (6.0 * (rows + other));
        let statistic = self.sum.total() / (rows * other * (rows + other)) - common;
        let exact = n.max(m) <= EXACT_ROWS_MAX;
        let p_value = if exact { exact_p_value(statistic, n, m) } else { asymptotic_p_value(statistic, n, m) };
        Some(TestResult { statistic, df: 0.0, p_value })
    }
}

/// Asymptotic p-value of `T` for samples of `n` and `m` rows.
///
/// `T` is moved and scaled to the limit law's mean 1/6 and variance 1/45, then
/// `p = 1 − (1/(π√x)) Σ_j Γ(j+½)/(Γ(½) j!) √(4j+1) e^{−y} K_{1/4}(y)`, `y = (4j+1)²/(16x)`. 1 for `x < 0.003` or an
/// empty side, NaN for NaN.
///
/// Source: Anderson & Darling 1952, <https://doi.org/10.1214/aoms/1177729437>.
#[must_use]
pub fn asymptotic_p_value(statistic: f64, n: usize, m: usize) -> f64 {
    if n == 0 || m == 0 {
        return 1.0;
    }
    let (n, m) = (n as f64, m as f64);
    let (product, total) = (n * m, n + m);
    let expected = (1.0 + 1.0 / total) / 6.0;
    let spread = (total + 1.0) * (4.0 * product * total - 3.0 * (n * n + m * m) - 2.0 * product)
        / (180.0 * total * total * product);
    limit_sf(1.0 / 6.0 + (statistic - expected) / (45.0 * spread).sqrt())
}

/// `P(W² ≥ x)` of the limit law.
fn limit_sf(x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    if x < 0.003 {
        return 1.0;
    }
    let mut sum = 0.0;
    for j in 0..100_000 {
        let j = f64::from(j);
        let y = (4.0 * j + 1.0).powi(2) / (16.0 * x);
        let weight = (ln_gamma(j + 0.5) - ln_gamma(0.5) - ln_gamma(j + 1.0)).exp();
        let term = weight * (4.0 * j + 1.0).sqrt() * (-2.0 * y).exp() * bessel_k_quarter_scaled(y);
        sum += term;
        if term < 1e-17 {
            break;
        }
    }
    (1.0 - sum / (PI * x.sqrt())).clamp(0.0, 1.0)
}

/// Exact `P(T ≥ statistic)` for samples without ties: counts lattice paths by their value of
/// `ζ = Σ (i·L/n − j·L/m)²`, `L = lcm(n, m)`, where `T = nm ζ/((n+m)² L²)`.
///
/// Meant for `n, m ≤ 20`; beyond that the asymptotic p is returned, for cost. 1 when a side is empty.
///
/// Source: Xiao, Gordon & Yakovlev 2007, <https://doi.org/10.18637/jss.v017.i08>.
#[must_use]
pub fn exact_p_value(statistic: f64, n: usize, m: usize) -> f64 {
    if n == 0 || m == 0 {
        return 1.0;
    }
    if n.max(m) > EXACT_ROWS_MAX || statistic.is_nan() {
        return asymptotic_p_value(statistic, n, m);
    }
    let multiple = lcm(n as u64, m as u64);
    let (step_i, step_j) = ((multiple / n as u64) as i64, (multiple / m as u64) as i64);
    let total = (n + m) as f64;
    let zeta = statistic * total * total * (multiple * multiple) as f64 / (n * m) as f64;
    // The bar is a whole number up to rounding; ties may leave a fraction, which is cut.
    let bar = (zeta + 1e-6).floor().max(0.0) as u64;
    // Rows of the lattice: for every i the sorted (ζ, paths) below the bar; what passes it is certain.
    let mut reached = 0.0;
    let mut table: Vec<Vec<(u64, f64)>> = vec![Vec::new(); m + 1];
    for i in 0..=n {
        for j in 0..=m {
            let paths = if i == 0 && j == 0 {
                vec![(0, 1.0)]
            } else if j == 0 {
                std::mem::take(&mut table[0])
            } else {
                let from_left = table[j - 1].clone();
                add_sorted(&from_left, &table[j])
            };
            let distance = (i as i64 * step_i - j as i64 * step_j).unsigned_abs();
            let cost = distance * distance;
            let completions = binomial(n + m - i - j, n - i);
            table[j] = Vec::with_capacity(paths.len());
            for (value, count) in paths {
                if value + cost >= bar {
                    reached += count * completions;
                } else {
                    table[j].push((value + cost, count));
                }
            }
        }
    }
    (reached / binomial(n + m, n)).clamp(0.0, 1.0)
}

fn add_sorted(left: &[(u64, f64)], right: &[(u64, f64)]) -> Vec<(u64, f64)> {
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        let (a, b) = (left[i], right[j]);
        let (take_a, take_b) = (a.0 <= b.0, b.0 <= a.0);
        out.push((a.0.min(b.0), if take_a { a.1 } else { 0.0 } + if take_b { b.1 } else { 0.0 }));
        i += usize::from(take_a);
        j += usize::from(take_b);
    }
    out.extend_from_slice(&left[i..]);
    out.extend_from_slice(&right[j..]);
    out
}

fn lcm(a: u64, b: u64) -> u64 {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    a / x.max(1) * b
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k.min(n - k)).fold(1.0, |value, i| value * (n - i) as f64 / (i + 1) as f64).round()
}

/// `T` from counts over common ordered bins: `(nm/(n+m)) Σ_b h_b (F_b − G_b)²`, `h_b` the pooled share.
///
/// An approximation with relative error of the order of the largest `h_b`; F and G taken at the middle of the bin's
/// rows (the trapezoid) would be biased the other way. For p use [`asymptotic_p_value`].
///
/// # Errors
/// [`BinsError::Length`], [`BinsError::EmptyReference`], [`BinsError::EmptyCurrent`].
pub fn statistic_from_bins(reference: &[u64], current: &[u64]) -> Result<f64, BinsError> {
    let (n, m) = checked_rows(reference, current)?;
    let (mut f, mut g, mut sum) = (0.0, 0.0, 0.0);
    for (&r, &c) in reference.iter().zip(current) {
        f += r as f64 / n;
        g += c as f64 / m;
        sum += (r as f64 + c as f64) / (n + m) * (f - g) * (f - g);
    }
    Ok(n * m / (n + m) * sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{X, Y, near};

    #[test]
    fn example() {
        let test = cramer_von_mises(&X, &Y).unwrap();
        near(test.statistic, 0.3, 1e-12);
        near(test.p_value, 0.155844, 5e-7);
        near(asymptotic_p_value(test.statistic, 5, 6), 0.142458, 5e-7);
    }

    #[test]
    fn edges() {
        assert_eq!(cramer_von_mises(&[], &X), None);
        assert_eq!(asymptotic_p_value(-1.0, 50, 50), 1.0);
        assert!(asymptotic_p_value(f64::NAN, 50, 50).is_nan());
        assert_eq!(asymptotic_p_value(1e3, 50, 50), 0.0);
        assert_eq!(statistic_from_bins(&[5, 5], &[3, 3]), Ok(0.0));
        assert!(statistic_from_bins(&[5, 5], &[3]).is_err());
    }

    #[test]
    fn exact_law_sums_to_one_at_its_least_value() {
        near(exact_p_value(0.0, 20, 19), 1.0, 1e-12);
        near(exact_p_value(1e9, 20, 19), 0.0, 1e-12);
    }
}
