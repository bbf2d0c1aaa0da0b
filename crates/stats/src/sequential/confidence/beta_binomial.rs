//! A proportion, exactly.

use crate::interval::Interval;
use crate::special::ln_gamma;

/// Confidence sequence of a proportion with `bad` of `rows`, at error `alpha`:
/// `{p: ln B(½+s, ½+n−s) − ln B(½, ½) − s ln p − (n−s) ln(1−p) < ln(1/α)}`.
///
/// The beta-binomial mixture; merges exactly, since it depends on counts alone. `None` without rows, for `bad > rows`,
/// or `alpha` outside `(0, 1)`.
///
/// Source: Robbins 1970, <https://doi.org/10.1214/aoms/1177696786>; Howard et al. 2021,
/// <https://doi.org/10.1214/20-AOS1991>.
#[must_use]
pub fn beta_binomial(bad: u64, rows: u64, alpha: f64) -> Option<Interval> {
    if rows == 0 || bad > rows || !(alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let (s, f) = (bad as f64, (rows - bad) as f64);
    let beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    // What the log likelihood of p must exceed.
    let least = beta(0.5 + s, 0.5 + f) - beta(0.5, 0.5) + alpha.ln();
    let is_inside = |p: f64| {
        let heads = if s > 0.0 { s * p.ln() } else { 0.0 };
        let tails = if f > 0.0 { f * (-p).ln_1p() } else { 0.0 };
        heads + tails > least
    };
    let centre = s / (s + f);
    let lo = if bad == 0 { 0.0 } else { border(0.0, centre, is_inside) };
    let hi = if bad == rows { 1.0 } else { border(1.0, centre, is_inside) };
    Some(Interval { lo, hi })
}

/// Bisection between `outside` and `inside`, to neighbouring floats or 200 halvings.
fn border(mut outside: f64, mut inside: f64, is_inside: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (outside + inside);
        if middle == outside || middle == inside {
            break;
        }
        if is_inside(middle) { inside = middle } else { outside = middle }
    }
    outside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Xoshiro256;

    #[test]
    fn examples() {
        let near = |bad, rows, lo: f64, hi: f64| {
            let got = beta_binomial(bad, rows, 0.05).unwrap();
            assert!((got.lo - lo).abs() < 6e-7 && (got.hi - hi).abs() < 6e-7, "{got:?}");
        };
        near(100, 1_000, 0.068901, 0.138184);
        near(12, 1_000, 0.003358, 0.029198);
        assert_eq!(beta_binomial(0, 10, 0.05).unwrap().lo, 0.0);
        assert_eq!(beta_binomial(10, 10, 0.05).unwrap().hi, 1.0);
        // One row says nothing at 5 %: B(1.5, 0.5)/B(0.5, 0.5) = ½ and ½·α = 0.025.
        let one = beta_binomial(1, 1, 0.05).unwrap();
        assert!((one.lo - 0.025).abs() < 1e-12 && one.hi == 1.0);
        assert_eq!(beta_binomial(2, 1, 0.05), None);
        assert_eq!(beta_binomial(0, 0, 0.05), None);
        assert_eq!(beta_binomial(0, 1, 1.0), None);
        // Many rows: still an interval around the share.
        let many = beta_binomial(1_000_000_000, 4_000_000_000, 0.05).unwrap();
        assert!(many.lo > 0.2499 && many.lo < 0.25 && many.hi > 0.25 && many.hi < 0.2501);
    }

    #[test]
    fn seldom_misses_at_any_of_many_looks() {
        let mut generator = Xoshiro256::new(17);
        let misses = (0..400).filter(|_| {
            let mut bad = 0;
            (1..=1_000_u64).any(|rows| {
                bad += u64::from(generator.uniform() < 0.1);
                // Every tenth look, since a look is dear; misses of fewer looks are fewer.
                rows % 10 == 0 && beta_binomial(bad, rows, 0.05).is_none_or(|i| i.lo > 0.1 || i.hi < 0.1)
            })
        });
        // At most 20 expected; four standard deviations above that.
        assert!(misses.count() <= 37);
    }
}
