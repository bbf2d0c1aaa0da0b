//! How many independent values a dependent series is worth.

use crate::dependence::variance_inflation_autocorrelation;

/// Effective number of values `n/VIF`, with the variance inflation from autocorrelations.
#[must_use]
pub fn effective_size(series: &[f64]) -> f64 {
    series.len() as f64 / variance_inflation_autocorrelation(series)
}

/// Variance inflation by batch means: `size·Var(means of batches)/Var(series)` with `√n` batches of consecutive values;
/// at least 1.
///
/// Needs no cut-off of correlations, but is noisy: its relative error is about `√(2/√n)`. 1 for a constant series,
/// fewer than 16 values, or values that are not finite. Values beyond the last whole batch are left out.
///
/// Source: Flegal & Jones 2010, <https://doi.org/10.1214/09-AOS735>.
#[must_use]
pub fn variance_inflation_batch_means(series: &[f64]) -> f64 {
    let n = series.len();
    if n < 16 || series.iter().any(|value| !value.is_finite()) {
        return 1.0;
    }
    let batches = (n as f64).sqrt() as usize;
    let size = n / batches;
    // Moved by the first value, so that a constant series has exactly no variance.
    let moved: Vec<f64> = series[..batches * size].iter().map(|value| value - series[0]).collect();
    let means: Vec<f64> = moved.chunks_exact(size).map(|batch| batch.iter().sum::<f64>() / size as f64).collect();
    let inflation = size as f64 * variance(&means) / variance(&moved);
    if inflation.is_finite() { inflation.max(1.0) } else { 1.0 }
}

/// Sample variance (ddof 1).
fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Xoshiro256;

    #[test]
    fn autoregression() {
        let mut generator = Xoshiro256::new(13);
        let mut x = 0.0;
        let series: Vec<f64> = (0..100_000)
            .map(|_| {
                x = 0.3 * x + generator.normal();
                x
            })
            .collect();
        // (1 + 0.3)/(1 − 0.3) = 1.857; relative error √(2/316) = 0.08.
        let inflation = variance_inflation_batch_means(&series);
        assert!((inflation / 1.857 - 1.0).abs() < 0.3, "{inflation}");
        let size = effective_size(&series);
        assert!((size / (100_000.0 / 1.78) - 1.0).abs() < 0.05, "{size}");
    }

    #[test]
    fn nothing_to_inflate() {
        assert_eq!(variance_inflation_batch_means(&[3.0; 100]), 1.0);
        assert_eq!(variance_inflation_batch_means(&[1.0, 2.0]), 1.0);
        assert_eq!(variance_inflation_batch_means(&[f64::NAN; 100]), 1.0);
        assert_eq!(effective_size(&[3.0; 100]), 100.0);
        assert_eq!(effective_size(&[]), 0.0);
    }
}
