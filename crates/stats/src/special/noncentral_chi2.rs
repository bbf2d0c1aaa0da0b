//! The noncentral chi-squared distribution: the law of PSI, JSD and chi-squared when the true effect is not zero.

use super::gamma::{ln_poisson_term, lower_series, upper_fraction};
use super::{chi2_cdf, chi2_quantile, chi2_sf, normal_cdf, normal_pdf, normal_quantile, normal_sf};

/// Above this noncentrality the normal approximation is used; the sum costs about `√δ` terms.
const EXACT_DELTA_MAX: f64 = 1e6;

/// More terms than any point inside the concentration bound of [`evaluate`] needs; a guard, not a tuning.
const TERMS_MAX: u32 = 1_000_000;

/// Lower tail, upper tail and density at one point.
#[derive(Clone, Copy)]
struct Point {
    cdf: f64,
    sf: f64,
    pdf: f64,
}

/// Sankaran's transformation: `(χ'²/(ν+δ))^h` is nearly normal. Returns `(z, dz/dx)`.
fn sankaran(x: f64, df: f64, delta: f64) -> (f64, f64) {
    let (mean, k2, k3) = (df + delta, df + 2.0 * delta, df + 3.0 * delta);
    let h = 1.0 - 2.0 * mean * k3 / (3.0 * k2 * k2);
    let p = k2 / (mean * mean);
    let m = (h - 1.0) * (1.0 - 3.0 * h);
    let centre = 1.0 + h * p * (h - 1.0 - 0.5 * (2.0 - h) * m * p);
    let scale = h * (2.0 * p).sqrt() * (1.0 + 0.5 * m * p);
    let power = (x / mean).powf(h);
    ((power - centre) / scale, h * power / (x * scale))
}

/// The Bessel mode: given `χ'² = x`, the most likely Poisson index `j`, where `j (j + ν/2) = λ x/2`.
fn likely_index(half_x: f64, half_df: f64, lambda: f64) -> f64 {
    // The rationalised root keeps its digits when the product is small.
    let product = lambda * half_x;
    2.0 * product / (half_df + (half_df * half_df + 4.0 * product).sqrt())
}

/// Upper tail and density for `x` above the mean: from a low index upwards, where `Q(a+1) = Q(a) + t(a)` only adds.
fn upper(half_x: f64, half_df: f64, lambda: f64) -> (f64, f64) {
    let centre = likely_index(half_x, half_df, lambda);
    let start = (centre - 8.5 * centre.sqrt() - 10.0).max(0.0).floor();
    let mut a = half_df + start;
    // Everything is relative to pois(start) · t(a), so nothing under- or overflows on the way.
    let ln_scale = ln_poisson_term(start, lambda) + ln_poisson_term(a, half_x);
    let (mut weight, mut term, mut tail) = (1.0, 1.0, a * upper_fraction(a, half_x));
    let (mut sum, mut density, mut j) = (0.0, 0.0, start);
    for _ in 0..TERMS_MAX {
        let part = weight * tail;
        sum += part;
        density += weight * term * a;
        if j > centre && part <= 1e-17 * sum {
            break;
        }
        tail += term;
        j += 1.0;
        a += 1.0;
        weight *= lambda / j;
        term *= half_x / a;
    }
    ((ln_scale + sum.ln()).exp(), (ln_scale + density.ln()).exp() / (2.0 * half_x))
}

/// An index beyond which the terms of the lower tail no longer matter.
fn last_index(half_x: f64, half_df: f64, lambda: f64, centre: f64) -> f64 {
    if centre > 100.0 {
        return (centre + 8.5 * centre.sqrt() + 20.0).floor();
    }
    // Few terms: walk until they are negligible, so that a tiny x does not start at an absurd power.
    let (mut j, mut size) = (centre.ceil(), 1.0);
    while size > 1e-18 {
        j += 1.0;
        size *= lambda * half_x / (j * (half_df + j));
    }
    j
}

/// Lower tail and density for `x` below the mean: from a high index downwards, where `P(a) = P(a+1) + t(a)` only adds.
fn lower(half_x: f64, half_df: f64, lambda: f64) -> (f64, f64) {
    let centre = likely_index(half_x, half_df, lambda);
    let start = last_index(half_x, half_df, lambda, centre);
    let mut a = half_df + start;
    let ln_scale = ln_poisson_term(start, lambda) + ln_poisson_term(a, half_x);
    let (mut weight, mut term, mut tail) = (1.0, 1.0, lower_series(a, half_x));
    let (mut sum, mut density, mut j) = (0.0, 0.0, start);
    for _ in 0..TERMS_MAX {
        let part = weight * tail;
        sum += part;
        density += weight * term * a;
        if j <= 0.0 || (j < centre && part <= 1e-17 * sum) {
            break;
        }
        weight *= j / lambda;
        term *= a / half_x;
        tail += term;
        j -= 1.0;
        a -= 1.0;
    }
    ((ln_scale + sum.ln()).exp(), (ln_scale + density.ln()).exp() / (2.0 * half_x))
}

/// All three at once, for `x > 0`, `df > 0`, `delta > 0`, all finite.
fn evaluate(x: f64, df: f64, delta: f64) -> Point {
    if delta > EXACT_DELTA_MAX {
        let (z, slope) = sankaran(x, df, delta);
        return Point { cdf: normal_cdf(z), sf: normal_sf(z), pdf: normal_pdf(z) * slope };
    }
    // χ' is a 1-Lipschitz function of normals: beyond 39 from its mean root a tail is below e^{-760}, which is 0.
    let distance = x.sqrt() - (df + delta).sqrt();
    if distance > 39.0 {
        return Point { cdf: 1.0, sf: 0.0, pdf: 0.0 };
    }
    if x.sqrt() < (df + delta - 1.0).max(0.0).sqrt() - 39.0 {
        return Point { cdf: 0.0, sf: 1.0, pdf: 0.0 };
    }
    if x > df + delta {
        let (sf, pdf) = upper(0.5 * x, 0.5 * df, 0.5 * delta);
        let sf = sf.min(1.0);
        Point { cdf: 1.0 - sf, sf, pdf }
    } else {
        let (cdf, pdf) = lower(0.5 * x, 0.5 * df, 0.5 * delta);
        let cdf = cdf.min(1.0);
        Point { cdf, sf: 1.0 - cdf, pdf }
    }
}

fn valid(df: f64, delta: f64) -> bool {
    df > 0.0 && df.is_finite() && delta >= 0.0 && delta.is_finite()
}

/// `P(χ'²_df(δ) ≤ x)`; 0 for `x ≤ 0`; NaN unless `df > 0` and `δ ≥ 0` are finite.
///
/// Poisson mixture `Σ_j Pois(j; δ/2)·P(χ²_{df+2j} ≤ x)` summed over the indices that matter, by recurrences that
/// only add, so both tails keep their digits. For `δ > 1e6` Sankaran's normal approximation.
///
/// Source: DLMF 8.8 recurrences; Sankaran 1963, <https://doi.org/10.1093/biomet/50.1-2.199>.
#[must_use]
pub fn noncentral_chi2_cdf(x: f64, df: f64, delta: f64) -> f64 {
    if x.is_nan() || !valid(df, delta) {
        f64::NAN
    } else if x <= 0.0 {
        0.0
    } else if x.is_infinite() {
        1.0
    } else if delta < 1e-280 {
        chi2_cdf(x, df)
    } else {
        evaluate(x, df, delta).cdf
    }
}

/// `P(χ'²_df(δ) ≥ x)`, accurate in the upper tail; 1 for `x ≤ 0`. Domain and source as [`noncentral_chi2_cdf`].
#[must_use]
pub fn noncentral_chi2_sf(x: f64, df: f64, delta: f64) -> f64 {
    if x.is_nan() || !valid(df, delta) {
        f64::NAN
    } else if x <= 0.0 {
        1.0
    } else if x.is_infinite() {
        0.0
    } else if delta < 1e-280 {
        chi2_sf(x, df)
    } else {
        evaluate(x, df, delta).sf
    }
}

/// Density of the noncentral chi-squared law at `x > 0`; 0 for `x ≤ 0` or infinite. Domain as [`noncentral_chi2_cdf`].
#[must_use]
pub fn noncentral_chi2_pdf(x: f64, df: f64, delta: f64) -> f64 {
    if x.is_nan() || !valid(df, delta) {
        f64::NAN
    } else if x <= 0.0 || x.is_infinite() {
        0.0
    } else {
        evaluate(x, df, delta.max(1e-280)).pdf
    }
}

/// Quantile: `x` with `P(χ'²_df(δ) ≤ x) = p`. 0 at `p = 0`, +inf at 1, NaN outside the domain.
///
/// Starts at Sankaran's quantile, then Halley steps inside a shrinking bracket: two or three evaluations.
#[must_use]
pub fn noncentral_chi2_quantile(p: f64, df: f64, delta: f64) -> f64 {
    if p.is_nan() || !(0.0..=1.0).contains(&p) || !valid(df, delta) {
        return f64::NAN;
    }
    if p == 0.0 {
        return 0.0;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    if delta < 1e-280 {
        return chi2_quantile(p, df);
    }
    let (z, slope) = sankaran(df + delta, df, delta);
    let x = df + delta + (normal_quantile(p) - z) / slope;
    let start = sankaran_quantile(p, df, delta).unwrap_or(x).max(1e-3 * df * p);
    if delta > EXACT_DELTA_MAX {
        return start;
    }
    solve(start, |x| {
        let at = evaluate(x, df, delta);
        let residual = if p < 0.5 { at.cdf - p } else { (1.0 - p) - at.sf };
        // f'/f of the density, from the leading normal shape: enough for Halley's correction.
        (residual, at.pdf)
    })
}

/// The inverse of [`sankaran`]; `None` where its power is not positive.
fn sankaran_quantile(p: f64, df: f64, delta: f64) -> Option<f64> {
    let mean = df + delta;
    let h = 1.0 - 2.0 * mean * (df + 3.0 * delta) / (3.0 * (df + 2.0 * delta).powi(2));
    let (at_mean, slope) = sankaran(mean, df, delta);
    // At the mean the power is 1 and dz/dx = h/(mean·scale).
    let scale = h / (mean * slope);
    let power = 1.0 + (normal_quantile(p) - at_mean) * scale;
    (power > 0.0).then(|| mean * power.powf(1.0 / h))
}

/// Root of an increasing function on `(0, ∞)` from `f(x) → (residual, slope)`: Newton inside a bracket.
fn solve(start: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    let mut x = start;
    for _ in 0..200 {
        let (residual, slope) = f(x);
        if residual == 0.0 {
            return x;
        }
        if residual > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let newton = x - residual / slope;
        let next = if newton.is_finite() && newton > low && newton < high {
            newton
        } else if high.is_infinite() {
            2.0 * x
        } else if low == 0.0 {
            0.125 * high
        } else {
            0.5 * (low + high)
        };
        // Newton's error is squared each time: a step of 1e-8 leaves 1e-16.
        if (next - x).abs() <= 1e-8 * x && next == newton || (next - x).abs() <= 1e-15 * x || next < 1e-300 {
            return next;
        }
        x = next;
    }
    x
}

/// The noncentrality `δ ≥ 0` with `P(χ'²_df(δ) ≥ x) = p`; 0 when already the central upper tail is `≥ p`.
///
/// The tail grows with `δ`, with slope the density at `df + 2`. NaN outside `x ≥ 0` finite, `df > 0`, `0 < p < 1`.
/// Used for confidence bounds of PSI and its relatives.
#[must_use]
pub fn noncentral_chi2_delta(x: f64, df: f64, p: f64) -> f64 {
    if x.is_nan() || x.is_infinite() || x < 0.0 || !valid(df, 0.0) || p.is_nan() || p <= 0.0 || p >= 1.0 {
        return f64::NAN;
    }
    if chi2_sf(x, df) >= p {
        return 0.0;
    }
    // Normal start: χ' has mean √(df - 1 + δ) nearly and standard deviation 1.
    let root = (x.sqrt() + normal_quantile(p)).max(0.0);
    let start = (root * root - df + 1.0).max(1e-2 * x.max(1e-3));
    solve(start, |delta| {
        let at = evaluate(x, df, delta);
        let residual = if p < 0.5 { at.sf - p } else { (1.0 - p) - at.cdf };
        (residual, noncentral_chi2_pdf(x, df + 2.0, delta))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_degree_is_a_squared_normal() {
        for (x, mu) in [(4.0_f64, 1.0_f64), (100.0, 3.0), (0.5, 6.0), (900.0, 40.0), (10_404.0, 100.0)] {
            let root = x.sqrt();
            let sf = normal_sf(root - mu) + normal_cdf(-root - mu);
            let got = noncentral_chi2_sf(x, 1.0, mu * mu);
            assert!((got / sf - 1.0).abs() < 1e-10, "{x} {mu} {got} {sf}");
        }
    }

    #[test]
    fn quantile_and_delta_invert() {
        for df in [1.0, 4.0, 9.0, 102.0] {
            for delta in [0.01, 1.0, 50.0, 1e3, 1e4, 3e5] {
                for p in [1e-6, 0.01, 0.5, 0.99, 1.0 - 1e-9] {
                    let x = noncentral_chi2_quantile(p, df, delta);
                    let back = noncentral_chi2_cdf(x, df, delta);
                    assert!((back / p - 1.0).abs() < 1e-9, "{df} {delta} {p} {x} {back}");
                    let again = noncentral_chi2_delta(x, df, 1.0 - p);
                    if p < 0.999 {
                        assert!((again / delta - 1.0).abs() < 1e-6, "{df} {delta} {p} {again}");
                    }
                }
            }
        }
    }

    #[test]
    fn borders() {
        assert_eq!(noncentral_chi2_quantile(0.0, 3.0, 1.0), 0.0);
        assert_eq!(noncentral_chi2_delta(0.1, 3.0, 0.01), 0.0);
        assert_eq!(noncentral_chi2_cdf(f64::INFINITY, 3.0, 1.0), 1.0);
        assert!(noncentral_chi2_cdf(1.0, 3.0, -1.0).is_nan());
        assert!(noncentral_chi2_delta(f64::NAN, 3.0, 0.1).is_nan());
        assert!((noncentral_chi2_cdf(1e12, 9.0, 1e12) - 0.5).abs() < 1e-3);
    }
}
