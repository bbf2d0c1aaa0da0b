//! The central chi-squared distribution.

use super::{gamma_p, gamma_q, normal_quantile, poisson_term};

/// `P(χ²_df ≤ x)`; 0 for `x ≤ 0`, NaN unless `df > 0`.
#[must_use]
pub fn chi2_cdf(x: f64, df: f64) -> f64 {
    if x <= 0.0 { gamma_p(0.5 * df, 0.0) } else { gamma_p(0.5 * df, 0.5 * x) }
}

/// `P(χ²_df ≥ x)`, accurate in the upper tail; 1 for `x ≤ 0`, NaN unless `df > 0`.
#[must_use]
pub fn chi2_sf(x: f64, df: f64) -> f64 {
    if x <= 0.0 { gamma_q(0.5 * df, 0.0) } else { gamma_q(0.5 * df, 0.5 * x) }
}

/// Quantile: `x` with `P(χ²_df ≤ x) = p`. 0 at `p = 0`, +inf at 1, NaN outside the domain.
///
/// Wilson–Hilferty start, then bracketed Newton.
#[must_use]
pub fn chi2_quantile(p: f64, df: f64) -> f64 {
    if p.is_nan() || df.is_nan() || df <= 0.0 || df.is_infinite() || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 {
        return 0.0;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    let spread = 2.0 / (9.0 * df);
    let cube = 1.0 - spread + normal_quantile(p) * spread.sqrt();
    let mut x = df * cube.powi(3);
    if x < 0.05 * df || cube <= 0.0 {
        // Near zero the density is x^{df/2-1}: invert its leading term.
        x = 2.0 * ((p.ln() + super::ln_gamma(0.5 * df + 1.0)) / (0.5 * df)).exp();
    }
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    for _ in 0..100 {
        let residual = if p < 0.5 { chi2_cdf(x, df) - p } else { (1.0 - p) - chi2_sf(x, df) };
        if residual > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = 0.5 * df * poisson_term(0.5 * df, 0.5 * x) / x;
        let newton = x - residual / density;
        let next = if newton.is_finite() && newton > low && newton < high {
            newton
        } else if high.is_infinite() {
            2.0 * x
        } else {
            0.5 * (low + high)
        };
        if (next - x).abs() <= 1e-15 * x {
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
    fn known_quantiles() {
        assert!((chi2_quantile(0.99, 9.0) - 21.665_994_333_461_93).abs() < 1e-10);
        assert!((chi2_quantile(0.95, 1.0) - 3.841_458_820_694_124).abs() < 1e-12);
        for p in [1e-200, 1e-9, 0.2, 0.999_999] {
            for df in [2.0, 4.0, 203.0, 1e5] {
                let x = chi2_quantile(p, df);
                assert!((chi2_cdf(x, df) / p - 1.0).abs() < 1e-9, "{p} {df} {x}");
            }
        }
    }

    #[test]
    fn borders() {
        assert_eq!((chi2_cdf(-1.0, 3.0), chi2_sf(-1.0, 3.0)), (0.0, 1.0));
        assert_eq!(chi2_quantile(1.0, 3.0), f64::INFINITY);
        assert!(chi2_quantile(0.5, 0.0).is_nan() && chi2_cdf(f64::NAN, 3.0).is_nan());
        assert_eq!((chi2_cdf(f64::INFINITY, 3.0), chi2_sf(f64::INFINITY, 3.0)), (1.0, 0.0));
    }
}
