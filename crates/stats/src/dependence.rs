//! Dependence between rows: how much more noise there is than independent rows would have.

use crate::special::chi2_quantile;

/// A threshold from the values a metric took on chunks of the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChunkThreshold {
    /// The threshold.
    pub value: f64,
    /// Whether it is the conformal quantile; otherwise there were too few chunks and it is mean + 3 deviations.
    pub is_conformal: bool,
}

fn sorted_finite(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Linear interpolation between order statistics (type 7), for a non-empty ascending slice.
fn interpolated(sorted: &[f64], p: f64) -> f64 {
    let position = p * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

/// Variance inflation from values of a chi-squared metric on reference chunks:
/// `max(1, q90(values)/(χ²_{df, 0.90}·s))`.
///
/// * `values`: the metric in PSI's scale (its null is `s·χ²_df`), one per chunk against the rest; values that are not
///   finite are left out.
/// * `s`: the sampling scale of one such comparison, `1/n + 1/m`.
///
/// The 90 % point is compared, not the median, because dependence mostly lengthens the upper tail. Use `VIF·s` in
/// place of `s` afterwards. `None` without values or unless `df > 0`, `s > 0`.
#[must_use]
pub fn variance_inflation_from_chunks(values: &[f64], df: f64, s: f64) -> Option<f64> {
    let sorted = sorted_finite(values);
    if sorted.is_empty() || !(df > 0.0 && df.is_finite() && s > 0.0 && s.is_finite()) {
        return None;
    }
    let ratio = interpolated(&sorted, 0.9) / (chi2_quantile(0.9, df) * s);
    ratio.is_finite().then(|| ratio.max(1.0))
}

/// Split-conformal threshold of a metric: `v_(⌈(K+1)(1−α)⌉)` of `K` reference chunks, which a further exchangeable
/// chunk exceeds with probability at most `alpha`.
///
/// With fewer than `1/α − 1` chunks that order statistic does not exist; then mean + 3 sample deviations (NannyML's
/// rule), flagged. Values that are not finite are left out. `None` without values, when one value leaves no
/// deviation, or unless `0 < alpha < 1`.
///
/// Source: Vovk, Gammerman & Shafer 2005; Lei et al. 2018, <https://doi.org/10.1080/01621459.2017.1307116>.
#[must_use]
pub fn conformal_threshold(values: &[f64], alpha: f64) -> Option<ChunkThreshold> {
    let sorted = sorted_finite(values);
    if sorted.is_empty() || !(alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let count = sorted.len() as f64;
    // The slack keeps 20·0.95 = 19.000000000000004 from becoming 20.
    let rank = ((count + 1.0) * (1.0 - alpha) - 1e-9).ceil().max(1.0);
    if rank <= count {
        return Some(ChunkThreshold { value: sorted[rank as usize - 1], is_conformal: true });
    }
    if sorted.len() < 2 {
        return None;
    }
    let mean = sorted.iter().sum::<f64>() / count;
    let variance = sorted.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let value = mean + 3.0 * variance.sqrt();
    value.is_finite().then_some(ChunkThreshold { value, is_conformal: false })
}

/// Variance inflation of a mean from autocorrelations `ρ_1, ρ_2, …` of a series of `n` values:
/// `1 + 2 Σ_{k=1}^{L} (1 − k/n) ρ_k`, `L` before the first `ρ_k < 0.05`, at most `n/4`. At least 1.
#[must_use]
pub fn variance_inflation_from_correlations(correlations: &[f64], n: usize) -> f64 {
    let longest = (n / 4).min(correlations.len());
    let taken = correlations[..longest].iter().take_while(|&&rho| rho >= 0.05).enumerate();
    let sum: f64 = taken.map(|(index, rho)| (1.0 - (index + 1) as f64 / n as f64) * rho).sum();
    let inflation = 1.0 + 2.0 * sum;
    if inflation.is_finite() { inflation.max(1.0) } else { 1.0 }
}

/// Variance inflation of the mean of a series in time order, from its own autocorrelations; `n_eff = n/VIF`.
///
/// Autocorrelations are computed until the first below 0.05, at most `n/4` of them. A constant series, fewer than 8
/// values, or values that are not finite give 1.
///
/// Source: Geyer 1992, <https://doi.org/10.1214/ss/1177011137> (initial positive sequence).
#[must_use]
pub fn variance_inflation_autocorrelation(series: &[f64]) -> f64 {
    let n = series.len();
    if n < 8 || series.iter().any(|value| !value.is_finite()) {
        return 1.0;
    }
    // Moved by the first value, so that a constant series has exactly no variance.
    let mean = series.iter().map(|value| (value - series[0]) / n as f64).sum::<f64>();
    let deviations: Vec<f64> = series.iter().map(|value| value - series[0] - mean).collect();
    let variance: f64 = deviations.iter().map(|d| d * d).sum();
    if !(variance > 0.0 && variance.is_finite()) {
        return 1.0;
    }
    let mut correlations = Vec::new();
    for lag in 1..=n / 4 {
        let rho = deviations.iter().zip(&deviations[lag..]).map(|(a, b)| a * b).sum::<f64>() / variance;
        if rho < 0.05 {
            break;
        }
        correlations.push(rho);
    }
    variance_inflation_from_correlations(&correlations, n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Xoshiro256;

    #[test]
    fn first_order_autoregression() {
        // ρ_k = 0.3^k: the theoretical 1 + 2·0.3/0.7 = 1.857, cut where ρ falls below 0.05.
        let correlations: Vec<f64> = (1..50).map(|k| 0.3_f64.powi(k)).collect();
        let cut = variance_inflation_from_correlations(&correlations, 1_000_000);
        assert!((cut - (1.0 + 2.0 * (0.3 + 0.09))).abs() < 1e-5, "{cut}");
        let mut generator = Xoshiro256::new(11);
        let mut x = 0.0;
        let series: Vec<f64> = (0..200_000)
            .map(|_| {
                x = 0.3 * x + generator.normal();
                x
            })
            .collect();
        let estimate = variance_inflation_autocorrelation(&series);
        assert!((estimate - 1.78).abs() < 0.05, "{estimate}");
    }

    #[test]
    fn independent_or_constant_series_need_no_inflation() {
        let mut generator = Xoshiro256::new(12);
        let series: Vec<f64> = (0..10_000).map(|_| generator.normal()).collect();
        assert_eq!(variance_inflation_autocorrelation(&series), 1.0);
        assert_eq!(variance_inflation_autocorrelation(&[3.0; 100]), 1.0);
        assert_eq!(variance_inflation_autocorrelation(&[f64::NAN; 100]), 1.0);
        assert_eq!(variance_inflation_autocorrelation(&[]), 1.0);
    }

    #[test]
    fn conformal_index() {
        let values: Vec<f64> = (1..=30).map(f64::from).collect();
        let at = |count: usize, alpha| conformal_threshold(&values[..count], alpha).unwrap();
        assert_eq!(at(30, 0.05), ChunkThreshold { value: 30.0, is_conformal: true });
        assert_eq!(at(19, 0.05), ChunkThreshold { value: 19.0, is_conformal: true });
        assert!(!at(18, 0.05).is_conformal);
        let few = at(3, 0.05);
        assert!((few.value - 5.0).abs() < 1e-12);
        assert_eq!(conformal_threshold(&[1.0], 0.05), None);
        assert_eq!(conformal_threshold(&[f64::NAN], 0.05), None);
    }

    #[test]
    fn chunks() {
        // Values at the null's own 90 % point: ratio 1; twice as large: 2.
        let q90 = chi2_quantile(0.9, 9.0) * 0.01;
        assert_eq!(variance_inflation_from_chunks(&[0.5 * q90; 5], 9.0, 0.01), Some(1.0));
        let twice = variance_inflation_from_chunks(&[2.0 * q90; 5], 9.0, 0.01).unwrap();
        assert!((twice - 2.0).abs() < 1e-12);
        assert_eq!(variance_inflation_from_chunks(&[], 9.0, 0.01), None);
        assert_eq!(variance_inflation_from_chunks(&[1.0], 9.0, 0.0), None);
    }
}
