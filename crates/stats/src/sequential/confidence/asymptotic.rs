//! A mean of anything with finite variance.

use crate::interval::Interval;

/// Rows at which the interval is narrowest by default.
const NARROWEST_AT: f64 = 1_000.0;

/// [`asymptotic_tuned`], narrowest at 1 000 rows.
#[must_use]
pub fn asymptotic(rows: u64, mean: f64, deviation: f64, alpha: f64) -> Option<Interval> {
    asymptotic_tuned(rows, mean, deviation, alpha, NARROWEST_AT)
}

/// Asymptotic confidence sequence of a mean: `mean ± σ √(2(nρ²+1)/(n²ρ²) · ln(√(nρ²+1)/α))`,
/// `ρ = √((−2 ln α + ln(1 − 2 ln α))/n*)`.
///
/// * `rows`, `mean`, `deviation`: moments so far, which merge; any law with finite variance.
/// * `narrowest_at`: `n*`, the number of rows for which it is tuned.
///
/// Holds in the limit, as the central limit theorem does: below some dozens of rows it promises little. `None` without
/// rows, for numbers that are not finite, a negative deviation, or `alpha` outside `(0, 1)`.
///
/// Source: Waudby-Smith et al. 2024, <https://doi.org/10.1214/24-AOS2408>.
#[must_use]
pub fn asymptotic_tuned(rows: u64, mean: f64, deviation: f64, alpha: f64, narrowest_at: f64) -> Option<Interval> {
    let is_sane = mean.is_finite() && deviation >= 0.0 && deviation.is_finite();
    if rows == 0 || !is_sane || !(alpha > 0.0 && alpha < 1.0 && narrowest_at > 0.0) {
        return None;
    }
    let n = rows as f64;
    let square = (-2.0 * alpha.ln() + (1.0 - 2.0 * alpha.ln()).ln()) / narrowest_at;
    let growth = n * square + 1.0;
    let half = deviation * (2.0 * growth / (n * n * square) * (growth.sqrt() / alpha).ln()).sqrt();
    Some(Interval { lo: mean - half, hi: mean + half })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example() {
        let got = asymptotic(1_000, 0.5, 0.3, 0.05).unwrap();
        assert!((got.hi - 0.5 - 0.0287945).abs() < 5e-8 && (got.lo + got.hi - 1.0).abs() < 1e-12, "{got:?}");
        assert_eq!(asymptotic(0, 0.5, 0.3, 0.05), None);
        assert_eq!(asymptotic(9, f64::NAN, 0.3, 0.05), None);
        assert_eq!(asymptotic(9, 0.5, -0.3, 0.05), None);
        assert_eq!(asymptotic(9, 0.5, 0.0, 0.05), Some(Interval { lo: 0.5, hi: 0.5 }));
    }
}
