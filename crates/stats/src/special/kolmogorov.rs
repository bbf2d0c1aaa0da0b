//! Kolmogorov's limit distribution.

use std::f64::consts::PI;

/// `(P(K ≤ λ), P(K ≥ λ))`, the smaller one computed directly.
fn both(lambda: f64) -> (f64, f64) {
    if lambda <= 0.0 {
        return (0.0, 1.0);
    }
    if lambda < 0.8 {
        // The dual theta series.
        let exponent = PI * PI / (8.0 * lambda * lambda);
        let sum: f64 = (1..=8).map(|k| (-f64::from((2 * k - 1) * (2 * k - 1)) * exponent).exp()).sum();
        let cdf = (2.0 * PI).sqrt() / lambda * sum;
        return (cdf, 1.0 - cdf);
    }
    let mut sum = 0.0;
    for k in 1..=12 {
        let term = (-2.0 * f64::from(k * k) * lambda * lambda).exp();
        sum += if k % 2 == 1 { term } else { -term };
    }
    (1.0 - 2.0 * sum, 2.0 * sum)
}

/// `P(K ≥ λ) = 2 Σ_{k≥1} (−1)^{k−1} e^{−2k²λ²}`, the limit law of `D·√(nm/(n+m))`.
///
/// 1 for `λ ≤ 0`, NaN for NaN; below 0.8 the dual series `1 − (√(2π)/λ) Σ e^{−(2k−1)²π²/(8λ²)}` is used.
///
/// Source: Kolmogorov 1933; DLMF 20.7.32 for the dual, <https://dlmf.nist.gov/20.7>.
#[must_use]
pub fn kolmogorov_sf(lambda: f64) -> f64 {
    if lambda.is_nan() { f64::NAN } else { both(lambda).1 }
}

/// Quantile: `λ` with `P(K ≤ λ) = p`. 0 at `p = 0`, +inf at 1, NaN outside `[0, 1]`.
#[must_use]
pub fn kolmogorov_quantile(p: f64) -> f64 {
    if p.is_nan() || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 {
        return 0.0;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (0.0, 8.0);
    // Plain halving: 60 steps of a dozen exponentials, exact to the last bits, and callers keep the result.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        let (cdf, sf) = both(middle);
        let above = if p < 0.5 { cdf > p } else { sf < 1.0 - p };
        if above {
            high = middle;
        } else {
            low = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_of_the_specification() {
        for (p, expected) in [(0.95, 1.358_099), (0.99, 1.627_624), (0.999, 1.949_475)] {
            assert!((kolmogorov_quantile(p) - expected).abs() < 5e-7);
            assert!((kolmogorov_sf(kolmogorov_quantile(p)) - (1.0 - p)).abs() < 1e-14);
        }
    }

    #[test]
    fn the_two_series_agree() {
        let (low, high) = (kolmogorov_sf(0.8 - 1e-12), kolmogorov_sf(0.8));
        assert!((low - high).abs() < 1e-11);
        assert_eq!(kolmogorov_sf(-1.0), 1.0);
        assert_eq!(kolmogorov_sf(1e-9), 1.0);
        assert_eq!(kolmogorov_sf(f64::INFINITY), 0.0);
    }
}
