//! The regularised incomplete beta function and its inverse.

use super::gamma::binomial_term;

/// Continued fraction of the incomplete beta function (Lentz), for `x` below the mean.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..100_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        let factor = d * c;
        value *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// `(I_x(a,b), 1 − I_x(a,b))` where `y = 1 − x` is given apart so that neither tail loses digits.
pub(super) fn beta_pair(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    let bad = a.is_nan() || b.is_nan() || x.is_nan() || a <= 0.0 || b <= 0.0 || x < 0.0 || y < 0.0;
    if bad || a.is_infinite() || b.is_infinite() {
        return (f64::NAN, f64::NAN);
    }
    if x == 0.0 {
        return (0.0, 1.0);
    }
    if y == 0.0 {
        return (1.0, 0.0);
    }
    // x^a y^b / B(a,b) = ab/(a+b) · binomial term.
    let front = a * b / (a + b) * binomial_term(a, b, x, y);
    if x < (a + 1.0) / (a + b + 2.0) {
        let p = (front * fraction(a, b, x) / a).min(1.0);
        (p, 1.0 - p)
    } else {
        let q = (front * fraction(b, a, y) / b).min(1.0);
        (1.0 - q, q)
    }
}

/// Regularised incomplete beta function `I_x(a, b)`, `a, b > 0`, `0 ≤ x ≤ 1`; NaN outside.
///
/// Source: DLMF 8.17.22, <https://dlmf.nist.gov/8.17>; prefactor by Loader's saddle-point form.
#[must_use]
pub fn beta_reg(a: f64, b: f64, x: f64) -> f64 {
    beta_pair(a, b, x, 1.0 - x).0
}

/// Quantile of the beta distribution: `x` with `I_x(a, b) = p`. NaN outside `a, b > 0`, `0 ≤ p ≤ 1`.
///
/// Newton steps kept inside a shrinking bracket; relative error of `x` about 1e-13.
#[must_use]
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if p.is_nan() || a.is_nan() || b.is_nan() || a <= 0.0 || b <= 0.0 || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return p;
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    let mut x = a / (a + b);
    for _ in 0..200 {
        let (below, above) = beta_pair(a, b, x, 1.0 - x);
        // The residual from the smaller tail keeps its digits.
        let residual = if p < 0.5 { below - p } else { (1.0 - p) - above };
        if residual > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = a * b / (a + b) * binomial_term(a, b, x, 1.0 - x) / (x * (1.0 - x));
        let newton = x - residual / density;
        let next = if newton.is_finite() && newton > low && newton < high {
            newton
        } else if low == 0.0 && high < 1e-3 {
            // Geometric steps reach tiny quantiles quickly.
            high * 1e-3
        } else {
            0.5 * (low + high)
        };
        if (next - x).abs() <= 1e-15 * x || next == 0.0 {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        for x in [1e-9, 0.2, 0.5, 0.93] {
            assert!((beta_reg(1.0, 1.0, x) / x - 1.0).abs() < 1e-13, "{x}");
            assert!((beta_reg(2.0, 1.0, x) / (x * x) - 1.0).abs() < 1e-13, "{x}");
            assert!((beta_quantile(x, 2.0, 1.0) / x.sqrt() - 1.0).abs() < 1e-12, "{x}");
        }
        assert!((beta_reg(5e6, 5e6, 0.5) - 0.5).abs() < 1e-10);
    }

    #[test]
    fn borders() {
        assert!(beta_reg(0.0, 1.0, 0.5).is_nan() && beta_quantile(f64::NAN, 1.0, 1.0).is_nan());
        assert_eq!((beta_reg(2.0, 3.0, 0.0), beta_reg(2.0, 3.0, 1.0)), (0.0, 1.0));
        assert_eq!((beta_quantile(0.0, 2.0, 2.0), beta_quantile(1.0, 2.0, 2.0)), (0.0, 1.0));
    }
}
