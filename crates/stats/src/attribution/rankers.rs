//! Rankers over a history of windows, as NannyML has them: by number of alerts, and by correlation with performance.

/// Features by their number of alerts, most first; ties by position, so pass features sorted by name.
///
/// # Source
/// NannyML, alert count ranking, <https://nannyml.readthedocs.io/en/stable/how_it_works/ranking.html>.
#[must_use]
pub fn by_alerts(alerts: &[u64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..alerts.len()).collect();
    order.sort_by(|&a, &b| alerts[b].cmp(&alerts[a]).then(a.cmp(&b)));
    order
}

/// Pearson's correlation of a feature's drift with the distance of a metric from its mean over the reference.
///
/// * `drift`, `metric`: one value per window, in the same order; `reference_mean`: of the metric.
/// * In `[−1, 1]`. `None` with fewer than three windows, unequal lengths, a constant series or numbers not finite.
///
/// # Source
/// NannyML, correlation ranking, <https://nannyml.readthedocs.io/en/stable/how_it_works/ranking.html>.
#[must_use]
pub fn correlation(drift: &[f64], metric: &[f64], reference_mean: f64) -> Option<f64> {
    if drift.len() != metric.len() || drift.len() < 3 {
        return None;
    }
    let distance: Vec<f64> = metric.iter().map(|value| (value - reference_mean).abs()).collect();
    let centred = |values: &[f64]| -> Vec<f64> {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|value| value - mean).collect()
    };
    let (x, y) = (centred(drift), centred(&distance));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let size = (dot(&x, &x) * dot(&y, &y)).sqrt();
    let largest = |values: &[f64]| values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    // Deviations that are only rounding are those of a constant.
    let flat = largest(&x) <= 1e-12 * largest(drift) || largest(&y) <= 1e-12 * largest(&distance);
    let value = dot(&x, &y) / size;
    (!flat && size > 0.0 && value.is_finite()).then(|| value.clamp(-1.0, 1.0))
}

/// Features by correlation, highest first; those without one last; ties by position.
#[must_use]
pub fn by_correlation(correlations: &[Option<f64>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..correlations.len()).collect();
    let key = |i: usize| correlations[i].unwrap_or(f64::NEG_INFINITY);
    order.sort_by(|&a, &b| key(b).total_cmp(&key(a)).then(a.cmp(&b)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders() {
        assert_eq!(by_alerts(&[1, 4, 0, 4]), [1, 3, 0, 2]);
        assert_eq!(by_correlation(&[None, Some(0.2), Some(0.9), None]), [2, 1, 0, 3]);
    }

    #[test]
    fn correlation_follows_the_distance_not_the_sign() {
        let r = correlation(&[0.1, 0.2, 0.3, 0.4], &[0.9, 1.0 - 0.2, 1.3, 0.6], 1.0).unwrap();
        assert!((r - 1.0).abs() < 1e-12);
        // Independently: numpy.corrcoef([1, 2, 4], [3, 1, 2]).
        let r = correlation(&[1.0, 2.0, 4.0], &[3.0, 1.0, 2.0], 0.0).unwrap();
        assert!((r + 0.327_326_835_353_988_57).abs() < 1e-12, "{r}");
        assert_eq!(correlation(&[0.1; 4], &[1.0, 2.0, 3.0, 4.0], 0.0), None);
        assert_eq!(correlation(&[0.1, 0.2], &[1.0, 2.0], 0.0), None);
        assert_eq!(correlation(&[0.1, 0.2, f64::NAN], &[1.0, 2.0, 3.0], 0.0), None);
    }
}
