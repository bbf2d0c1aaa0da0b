//! Observations in `[0, 1]` made of pairs of rows, for what is no mean of single rows.

use crate::random::Xoshiro256;

/// Pairwise losses whose mean is 1 − ROC AUC: for pairs of a positive and a negative row, 1 when the positive one has
/// the smaller score, ½ when equal, 0 otherwise.
///
/// Each row is used at most once, so losses of a window are independent: `min(positives, negatives)` of them. Pairs are
/// drawn by `seed`. NaN scores are left out.
#[must_use]
pub fn auc_losses(positives: &[f64], negatives: &[f64], seed: u64) -> Vec<f64> {
    let mut generator = Xoshiro256::new(seed);
    let mut shuffled = |scores: &[f64]| {
        let mut scores: Vec<f64> = scores.iter().copied().filter(|score| !score.is_nan()).collect();
        // Sorted first: the order in which rows came must not show.
        scores.sort_unstable_by(f64::total_cmp);
        for last in (1..scores.len()).rev() {
            scores.swap(last, generator.below(last as u64 + 1) as usize);
        }
        scores
    };
    let (positives, negatives) = (shuffled(positives), shuffled(negatives));
    positives.iter().zip(&negatives).map(|(positive, negative)| order(*negative, *positive)).collect()
}

/// `1` if `first > second`, `½` if equal, `0` otherwise: a bet against ½ tests whether two streams, paired row by row,
/// have the same median order. Map both by the reference's distribution function first to compare with a reference
/// draw.
#[must_use]
pub fn order(first: f64, second: f64) -> f64 {
    if first > second {
        1.0
    } else if first < second {
        0.0
    } else {
        0.5
    }
}

/// `½(1 + first − second)` of two observations in `[0, 1]`: a bet against ½ tests whether the first stream's mean is
/// greater.
#[must_use]
pub fn difference(first: f64, second: f64) -> f64 {
    0.5 * (1.0 + first - second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs() {
        assert_eq!([order(2.0, 1.0), order(1.0, 2.0), order(1.0, 1.0)], [1.0, 0.0, 0.5]);
        assert_eq!([difference(1.0, 0.0), difference(0.0, 1.0), difference(0.3, 0.3)], [1.0, 0.0, 0.5]);
        assert_eq!(auc_losses(&[3.0, 4.0, f64::NAN], &[1.0, 2.0], 1), [0.0, 0.0]);
        assert_eq!(auc_losses(&[1.0], &[2.0, 2.0], 1), [1.0]);
        assert!(auc_losses(&[], &[1.0], 1).is_empty());
    }

    #[test]
    fn the_mean_is_one_minus_auc_and_rows_may_come_in_any_order() {
        let mut generator = Xoshiro256::new(8);
        let positives: Vec<f64> = (0..40_000).map(|_| generator.uniform() + 0.25).collect();
        let negatives: Vec<f64> = (0..40_000).map(|_| generator.uniform()).collect();
        let losses = auc_losses(&positives, &negatives, 9);
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        // P(U + 0.25 < V) = 0.75²/2; five standard errors.
        assert!((mean - 0.28125).abs() < 5.0 * (0.28125 * 0.71875_f64 / 40_000.0).sqrt(), "{mean}");
        let reversed: Vec<f64> = positives.iter().rev().copied().collect();
        assert_eq!(auc_losses(&reversed, &negatives, 9), losses);
    }
}
