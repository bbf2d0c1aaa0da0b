//! Drift of feature attributions (mean |SHAP| or any importance): by rank and by share.

use super::Cell;

/// Normalised discounted cumulative gain of the current order of features, with the reference's attributions as gain.
///
/// `Σ_i a(F'_i)/log2(i + 1)` over the current order, divided by the same sum over the reference's own order.
///
/// * `reference`, `current`: attributions of the same features, ≥ 0. Ties are broken by position, so pass features
///   sorted by name.
/// * In `(0, 1]`; 1 when the order is unchanged; below 0.90 is the customary alarm. It is blind to magnitudes: prefer
///   [`l1_shift`] as an alarm.
///
/// `None` on unequal lengths, negative or not finite attributions, or when all of the reference's are 0.
///
/// # Source
/// Amazon SageMaker Clarify, feature attribution drift,
/// <https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html>.
#[must_use]
pub fn ndcg(reference: &[f64], current: &[f64]) -> Option<f64> {
    if !usable(reference, current) {
        return None;
    }
    let order = |by: &[f64]| {
        let mut order: Vec<usize> = (0..by.len()).collect();
        order.sort_by(|&a, &b| by[b].total_cmp(&by[a]).then(a.cmp(&b)));
        order
    };
    let gain = |order: Vec<usize>| -> f64 {
        order.iter().enumerate().map(|(i, &feature)| reference[feature] / (i as f64 + 2.0).log2()).sum()
    };
    let ideal = gain(order(reference));
    (ideal > 0.0).then(|| gain(order(current)) / ideal)
}

/// Half the sum of absolute changes of attribution shares: the share of attribution that moved, in `[0, 1]`.
///
/// `None` as for [`ndcg`], and when a side sums to 0.
#[must_use]
pub fn l1_shift(reference: &[f64], current: &[f64]) -> Option<f64> {
    let (n, m) = (reference.iter().sum::<f64>(), current.iter().sum::<f64>());
    let good = usable(reference, current) && n > 0.0 && m > 0.0 && n.is_finite() && m.is_finite();
    good.then(|| 0.5 * reference.iter().zip(current).map(|(a, b)| (a / n - b / m).abs()).sum::<f64>())
}

/// Standard error of [`l1_shift`] by the delta method, with features taken as independent.
///
/// * `reference`, `current`: per feature the rows, mean and variance of its absolute attributions over the rows.
///
/// Below the kink at 0 the linearisation is too large, so a test of `l1 − 2.33·error > τ` errs on the quiet side.
/// `None` as for [`l1_shift`] of the means.
#[must_use]
pub fn l1_error(reference: &[Cell], current: &[Cell]) -> Option<f64> {
    let means = |cells: &[Cell]| cells.iter().map(|cell| cell.mean).collect::<Vec<f64>>();
    let (a, b) = (means(reference), means(current));
    l1_shift(&a, &b)?;
    let (n, m) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
    let signs: Vec<f64> = a.iter().zip(&b).map(|(a, b)| (b / m - a / n).signum()).collect();
    // ∂L1/∂a_k = ½ (sign_k − Σ_j sign_j s_j) / Σ a
    let side = |cells: &[Cell], total: f64| -> f64 {
        let centre: f64 = cells.iter().zip(&signs).map(|(cell, sign)| sign * cell.mean / total).sum();
        cells.iter().zip(&signs).map(|(cell, sign)| cell.error() * (0.5 * (sign - centre) / total).powi(2)).sum()
    };
    let variance = side(reference, n) + side(current, m);
    variance.is_finite().then(|| variance.sqrt())
}

fn usable(reference: &[f64], current: &[f64]) -> bool {
    reference.len() == current.len() && reference.iter().chain(current).all(|a| a.is_finite() && *a >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_examples() {
        // The live order (2, 1, 3) as attributions.
        assert!((ndcg(&[0.5, 0.3, 0.2], &[0.3, 0.5, 0.2]).unwrap() - 0.906479).abs() < 5e-7);
        let five = ndcg(&[0.4, 0.3, 0.2, 0.07, 0.03], &[3.0, 4.0, 5.0, 1.0, 2.0]).unwrap();
        assert!((five - 0.860809).abs() < 5e-7, "{five}");
        assert!((l1_shift(&[0.5, 0.3, 0.2], &[0.35, 0.45, 0.2]).unwrap() - 0.15).abs() < 1e-12);
        assert!((ndcg(&[0.5, 0.3, 0.2], &[0.35, 0.45, 0.2]).unwrap() - 0.906479).abs() < 5e-7);
    }

    #[test]
    fn no_answer() {
        assert_eq!(ndcg(&[0.0, 0.0], &[1.0, 2.0]), None);
        assert_eq!(ndcg(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(ndcg(&[1.0, f64::NAN], &[1.0, 2.0]), None);
        assert_eq!(l1_shift(&[1.0], &[0.0]), None);
    }

    /// Exponential attributions of three features: the error against the spread of simulated samples.
    #[test]
    fn error_agrees_with_simulation() {
        let mut random = crate::random::Xoshiro256::new(4);
        let mut draw = |scales: [f64; 3]| {
            scales.map(|scale| {
                let values: Vec<f64> = (0..600).map(|_| -scale * (1.0 - random.uniform()).ln()).collect();
                let mean = values.iter().sum::<f64>() / 600.0;
                let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 599.0;
                Cell { n: 600, mean, variance }
            })
        };
        let (mut shifts, mut errors) = (Vec::new(), 0.0);
        for _ in 0..400 {
            let (r, c) = (draw([0.5, 0.3, 0.2]), draw([0.35, 0.45, 0.2]));
            shifts.push(l1_shift(&r.map(|x| x.mean), &c.map(|x| x.mean)).unwrap());
            errors += l1_error(&r, &c).unwrap() / 400.0;
        }
        let mean = shifts.iter().sum::<f64>() / 400.0;
        let spread = (shifts.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 399.0).sqrt();
        assert!((mean - 0.15).abs() < 0.01, "{mean}");
        assert!((errors / spread - 1.0).abs() < 0.15, "{errors} {spread}");
        assert_eq!(l1_error(&[], &[]), None);
    }

    proptest! {
        #[test]
        fn bounds(pairs in prop::collection::vec((0.0..1.0f64, 0.0..1.0f64), 1..20)) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            if let Some(gain) = ndcg(&a, &b) {
                prop_assert!(gain > 0.0 && gain <= 1.0 + 1e-12);
                prop_assert!((ndcg(&a, &a).unwrap() - 1.0).abs() < 1e-12);
            }
            if let Some(shift) = l1_shift(&a, &b) {
                prop_assert!((0.0..=1.0 + 1e-12).contains(&shift));
                prop_assert_eq!(l1_shift(&b, &a), Some(shift));
            }
        }
    }
}
