//! The gamma function and the regularised incomplete gamma functions.

use std::f64::consts::PI;

const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;
/// Above this shape the incomplete gamma functions use a normal approximation (see [`gamma_p`]).
const SHAPE_MAX: f64 = 1e8;

/// `ln |Γ(x)|` for real `x`.
///
/// +inf at 0, −1, −2, … and at +inf. Source: `libm::lgamma` (the FreeBSD algorithm).
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// Error of Stirling's formula, `ln Γ(a+1) − (a+½) ln a + a − ln √(2π)`, for `a > 0`.
pub(super) fn stirling_error(a: f64) -> f64 {
    if a < 16.0 {
        return ln_gamma(a + 1.0) - (a + 0.5) * a.ln() + a - LN_SQRT_2PI;
    }
    let inverse = 1.0 / (a * a);
    let tail = 1.0 / 1188.0 - inverse * (691.0 / 360_360.0 - inverse / 156.0);
    (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse * (1.0 / 1680.0 - inverse * tail)))) / a
}

/// The deviance `a ln(a/x) + x − a ≥ 0`, without cancellation near `a = x`.
pub(super) fn deviance(a: f64, x: f64) -> f64 {
    let difference = a - x;
    if difference.abs() >= 0.1 * (a + x) {
        return a * (a / x).ln() + x - a;
    }
    // With v = (a-x)/(a+x): ln(a/x) = 2 atanh(v), and the leading terms cancel by hand.
    let v = difference / (a + x);
    let square = v * v;
    let mut sum = difference * v;
    let mut power = 2.0 * a * v;
    for k in 1..200 {
        power *= square;
        let next = sum + power / f64::from(2 * k + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// `ln( x^a e^{−x} / Γ(a+1) )` for `a ≥ 0`, `x > 0`.
pub(crate) fn ln_poisson_term(a: f64, x: f64) -> f64 {
    if a <= 0.0 {
        return -x;
    }
    -stirling_error(a) - deviance(a, x) - 0.5 * (2.0 * PI * a).ln()
}

/// The Poisson probability of `a` events at mean `x`, `x^a e^{−x} / Γ(a+1)`, also for real `a ≥ 0`.
///
/// 0 when it underflows; `x = 0` gives 1 at `a = 0`, else 0; NaN outside the domain.
///
/// Source: the saddle-point form of Loader 2000, *Fast and Accurate Computation of Binomial Probabilities*.
#[must_use]
pub fn poisson_term(a: f64, x: f64) -> f64 {
    if a.is_nan() || x.is_nan() || a < 0.0 || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return if a == 0.0 { 1.0 } else { 0.0 };
    }
    if a.is_infinite() || x.is_infinite() {
        return 0.0;
    }
    ln_poisson_term(a, x).exp()
}

/// `Γ(a+b+1)/(Γ(a+1)Γ(b+1)) · x^a y^b` with `y = 1 − x`, for `a, b > 0` and `0 < x < 1` (Loader's form).
pub(crate) fn binomial_term(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let exponent = stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
    exponent.exp() * (n / (2.0 * PI * a * b)).sqrt()
}

/// `P(a, x) · Γ(a+1) / (x^a e^{−x}) = Σ_k x^k / ((a+1)…(a+k))`. Good for `x ≤ a + 1`.
pub(super) fn lower_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, a);
    for _ in 0..200_000 {
        k += 1.0;
        term *= x / k;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

/// `Q(a, x) · Γ(a) / (x^a e^{−x})` by its continued fraction. Good for `x > a`, or `x > 1` with small `a`.
pub(super) fn upper_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / if b.abs() < TINY { TINY } else { b };
    let mut value = d;
    for i in 1..200_000 {
        let i = f64::from(i);
        let numerator = -i * (i - a);
        b += 2.0;
        d = numerator * d + b;
        d = 1.0 / if d.abs() < TINY { TINY } else { d };
        c = b + numerator / c;
        c = if c.abs() < TINY { TINY } else { c };
        let factor = d * c;
        value *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// Both tails `(P, Q)`, the smaller one computed directly.
fn gamma_pq(a: f64, x: f64) -> (f64, f64) {
    if a.is_nan() || x.is_nan() || a <= 0.0 || x < 0.0 || a.is_infinite() {
        return (f64::NAN, f64::NAN);
    }
    if x == 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    if a > SHAPE_MAX {
        // Wilson & Hilferty: the cube root of a gamma variable is nearly normal, error O(1/a).
        let z = ((x / a).cbrt() - 1.0 + 1.0 / (9.0 * a)) * 3.0 * a.sqrt();
        return (super::normal_cdf(z), super::normal_sf(z));
    }
    if x < a + 1.0 {
        let p = (lower_series(a, x) * poisson_term(a, x)).min(1.0);
        (p, 1.0 - p)
    } else {
        // x^a e^-x / Γ(a) = a · Poisson term.
        let q = (upper_fraction(a, x) * a * poisson_term(a, x)).min(1.0);
        (1.0 - q, q)
    }
}

/// Regularised lower incomplete gamma function `P(a, x) = γ(a, x)/Γ(a)`, `a > 0`, `x ≥ 0`.
///
/// In `[0, 1]`; NaN outside the domain. Series below `a + 1`, continued fraction above; for `a > 1e8` the
/// Wilson–Hilferty approximation (absolute error below 1e-9).
///
/// Source: DLMF 8.11.4 and 8.9.2, <https://dlmf.nist.gov/8>; Wilson & Hilferty 1931.
#[must_use]
pub fn gamma_p(a: f64, x: f64) -> f64 {
    gamma_pq(a, x).0
}

/// Regularised upper incomplete gamma function `Q(a, x) = 1 − P(a, x)`, accurate where it is small.
///
/// Domain, methods and source as [`gamma_p`].
#[must_use]
pub fn gamma_q(a: f64, x: f64) -> f64 {
    gamma_pq(a, x).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_and_poisson_identities() {
        for x in [1e-8, 0.3, 1.0, 7.5, 600.0] {
            assert!((gamma_q(1.0, x) / (-x).exp() - 1.0).abs() < 1e-13, "{x}");
        }
        // Q(k+1, x) is the Poisson distribution function at k.
        let sum: f64 = (0..=12).map(|k| poisson_term(f64::from(k), 9.3)).sum();
        assert!((gamma_q(13.0, 9.3) / sum - 1.0).abs() < 1e-13);
    }

    #[test]
    fn borders() {
        assert_eq!(gamma_p(2.0, 0.0), 0.0);
        assert_eq!(gamma_q(2.0, f64::INFINITY), 0.0);
        assert!(gamma_p(-1.0, 1.0).is_nan() && gamma_p(1.0, f64::NAN).is_nan());
        assert_eq!(poisson_term(0.0, 0.0), 1.0);
        assert!((gamma_p(1e12, 1e12) - 0.5).abs() < 1e-6);
    }
}
