//! Two means, from moments that merge.

use super::TestResult;
use crate::special::student_t_sf;

/// Row count, mean and variance of one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Rows.
    pub n: u64,
    /// Mean, in the unit of the column.
    pub mean: f64,
    /// Sample variance with divisor `n − 1`, squared unit.
    pub variance: f64,
}

/// Welch's t test of equal means.
///
/// `t = (x̄ − ȳ)/√(s_x²/n + s_y²/m)` with Satterthwaite's degrees of freedom, two-sided p. `None` unless both sides
/// have 2 rows, moments are finite, and a variance is positive.
///
/// Source: Welch 1947, <https://doi.org/10.1093/biomet/34.1-2.28>.
#[must_use]
pub fn welch(first: Moments, second: Moments) -> Option<TestResult> {
    let finite = [first.mean, first.variance, second.mean, second.variance].iter().all(|value| value.is_finite());
    if first.n < 2 || second.n < 2 || !finite || first.variance < 0.0 || second.variance < 0.0 {
        return None;
    }
    let (n, m) = (first.n as f64, second.n as f64);
    let (a, b) = (first.variance / n, second.variance / m);
    let total = a + b;
    if total <= 0.0 || total.is_infinite() {
        return None;
    }
    // Shares of the variance instead of squares, which may overflow.
    let df = 1.0 / ((a / total).powi(2) / (n - 1.0) + (b / total).powi(2) / (m - 1.0));
    let t = first.mean / total.sqrt() - second.mean / total.sqrt();
    let exact = (first.mean - second.mean) / total.sqrt();
    let statistic = if exact.is_finite() { exact } else { t };
    Some(TestResult { statistic, df, p_value: (2.0 * student_t_sf(statistic.abs(), df)).min(1.0) })
}

/// Cohen's d `= (x̄_current − x̄_reference)/σ_reference`, in standard deviations of the reference. `None` when the
/// reference's deviation is zero or not finite.
///
/// Source: Cohen 1988, chapter 2, with the reference's scale (Glass's Δ).
#[must_use]
pub fn cohens_d(reference: Moments, current: Moments) -> Option<f64> {
    let scale = reference.variance.sqrt();
    let value = (current.mean - reference.mean) / scale;
    (scale > 0.0 && value.is_finite()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::example::{X, Y, near};

    fn moments(values: &[f64]) -> Moments {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Moments { n: values.len() as u64, mean, variance }
    }

    #[test]
    fn example() {
        let test = welch(moments(&X), moments(&Y)).unwrap();
        near(test.statistic, -1.860520, 5e-7);
        near(test.df, 8.442611, 5e-7);
        near(test.p_value, 0.0979094, 5e-8);
    }

    #[test]
    fn edges() {
        let constant = Moments { n: 10, mean: 1.0, variance: 0.0 };
        assert_eq!(welch(constant, constant), None);
        assert_eq!(cohens_d(constant, moments(&X)), None);
        assert_eq!(welch(Moments { n: 1, ..moments(&X) }, moments(&Y)), None);
        assert_eq!(welch(Moments { mean: f64::NAN, ..moments(&X) }, moments(&Y)), None);
        assert!(cohens_d(moments(&X), moments(&Y)).unwrap() > 0.0);
    }
}
