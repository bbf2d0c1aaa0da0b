//! Multiple testing inside one window.
//!
//! NaN p-values or e-values are tests that did not happen: they are left out of the count and stay NaN.

use std::cmp::Ordering;

/// Benjamini–Hochberg adjusted p-values `min_{j≥i} K·p_(j)/j`, at most 1, in the input's order.
///
/// Rejecting those `≤ q` keeps the false discovery rate at `q` under independence or positive regression
/// dependence. Equal p-values get equal results; values outside `[0, 1]` are moved to its border.
///
/// Source: Benjamini & Hochberg 1995, <https://doi.org/10.1111/j.2517-6161.1995.tb02031.x>.
#[must_use]
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    step_up(p_values, |_| 1.0)
}

/// Benjamini–Yekutieli adjusted p-values: Benjamini–Hochberg's times `Σ_{i≤K} 1/i`, for any dependence.
///
/// Source: Benjamini & Yekutieli 2001, <https://doi.org/10.1214/aos/1013699998>.
#[must_use]
pub fn benjamini_yekutieli(p_values: &[f64]) -> Vec<f64> {
    step_up(p_values, |count| (1..=count).map(|i| 1.0 / i as f64).sum())
}

/// Weighted Benjamini–Hochberg: the adjusted p-values of `p_i/w_i`, with weights scaled to a mean of 1.
///
/// Keeps the false discovery rate at `q` as [`benjamini_hochberg`] does, as long as weights (importances) are chosen
/// without a look at the p-values. Equal weights give the same result. A weight of 0 gives 1: that test cannot be
/// rejected. The weights of tests that did not happen (NaN) do not count. All NaN when the weights are of another
/// number, negative, not finite or all 0.
///
/// Source: Genovese, Roeder & Wasserman 2006, <https://doi.org/10.1093/biomet/93.3.509>.
#[must_use]
pub fn weighted_benjamini_hochberg(p_values: &[f64], weights: &[f64]) -> Vec<f64> {
    let nothing = vec![f64::NAN; p_values.len()];
    if p_values.len() != weights.len() || !weights.iter().all(|weight| *weight >= 0.0 && weight.is_finite()) {
        return nothing;
    }
    let happened = || p_values.iter().zip(weights).filter(|(p, _)| !p.is_nan());
    let mean = happened().map(|(_, weight)| weight).sum::<f64>() / happened().count() as f64;
    if !(mean > 0.0 && mean.is_finite()) {
        return nothing;
    }
    let scaled = |(&p, &weight): (&f64, &f64)| match weight {
        _ if p.is_nan() => f64::NAN,
        0.0 => 1.0,
        weight => (p.clamp(0.0, 1.0) * mean / weight).min(f64::MAX),
    };
    let scaled: Vec<f64> = p_values.iter().zip(weights).map(scaled).collect();
    // A scaled p-value above 1 is as good as 1 in every step: adjusted values end at 1.
    step_up(&scaled, |_| 1.0)
}

fn step_up(p_values: &[f64], factor: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).filter(|&i| !p_values[i].is_nan()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let count = order.len();
    let scale = factor(count) * count as f64;
    let mut adjusted = vec![f64::NAN; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, &index) in order.iter().enumerate().rev() {
        least = least.min(p_values[index].clamp(0.0, 1.0) * scale / (rank + 1) as f64);
        adjusted[index] = least;
    }
    adjusted
}

/// e-BH: which e-values to reject at false discovery rate `alpha`, under any dependence.
///
/// With e-values descending, rejects the first `k* = max{k: e_(k) ≥ K/(k·α)}`. Nothing is rejected when `alpha` is
/// not positive. Ties with the last rejected value are rejected with it.
///
/// Source: Wang & Ramdas 2022, <https://doi.org/10.1111/rssb.12489>.
#[must_use]
pub fn e_bh(e_values: &[f64], alpha: f64) -> Vec<bool> {
    let mut sorted: Vec<f64> = e_values.iter().copied().filter(|e| !e.is_nan()).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let count = sorted.len() as f64;
    let passes = |rank: usize, e: f64| alpha > 0.0 && e * alpha * (rank + 1) as f64 >= count;
    let bar = sorted.iter().enumerate().rev().find(|&(rank, &e)| passes(rank, e)).map(|(_, &e)| e);
    e_values
        .iter()
        .map(|e| bar.is_some_and(|bar| matches!(e.partial_cmp(&bar), Some(Ordering::Greater | Ordering::Equal))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const P: [f64; 10] = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216];

    fn same(got: &[f64], expected: &[f64], tolerance: f64) {
        assert_eq!(got.len(), expected.len());
        assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < tolerance), "{got:?}");
    }

    #[test]
    fn examples() {
        let bh = [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.1057, 0.216, 0.216, 0.216];
        let by = [0.0293, 0.1172, 0.246, 0.246, 0.246, 0.2929, 0.3096, 0.6327, 0.6327, 0.6327];
        same(&benjamini_hochberg(&P), &bh, 5e-5);
        same(&benjamini_yekutieli(&P), &by, 6e-5);
    }

    #[test]
    fn order_ties_and_nan() {
        let got = benjamini_hochberg(&[0.04, f64::NAN, 0.01, 0.04]);
        assert!(got[1].is_nan());
        same(&[got[0], got[2], got[3]], &[0.04, 0.03, 0.04], 1e-15);
        assert_eq!(benjamini_hochberg(&[]), Vec::<f64>::new());
    }

    #[test]
    fn weights() {
        same(&weighted_benjamini_hochberg(&P, &[3.0; 10]), &benjamini_hochberg(&P), 1e-15);
        // p/w with weights (½, 3/2): 0.04 and 0.02; adjusted 2·0.02/1 = 0.04 and 0.04.
        same(&weighted_benjamini_hochberg(&[0.02, 0.03], &[1.0, 3.0]), &[0.04, 0.04], 1e-15);
        let got = weighted_benjamini_hochberg(&[0.0001, f64::NAN, 0.01], &[0.0, 50.0, 1.0]);
        assert!(got[1].is_nan());
        // The weights that count are 0 and 1, with mean ½: 0.005, first of two.
        same(&[got[0], got[2]], &[1.0, 0.01], 1e-15);
        for weights in [&[1.0][..], &[1.0, -1.0], &[0.0, 0.0], &[f64::NAN, 1.0]] {
            assert!(weighted_benjamini_hochberg(&[0.1, 0.2], weights).iter().all(|p| p.is_nan()));
        }
        assert!(weighted_benjamini_hochberg(&[], &[]).is_empty());
    }

    #[test]
    fn weights_keep_the_false_discovery_rate() {
        let mut generator = crate::random::Xoshiro256::new(19);
        let weights: Vec<f64> = (0..50).map(|index| if index < 10 { 4.0 } else { 0.25 }).collect();
        let mut share = 0.0;
        for _ in 0..2_000 {
            // Five of the important ten are false nulls.
            let p: Vec<f64> = (0..50).map(|index| generator.uniform() * if index < 5 { 1e-3 } else { 1.0 }).collect();
            let rejected: Vec<bool> = weighted_benjamini_hochberg(&p, &weights).iter().map(|p| *p <= 0.1).collect();
            let wrong = rejected[5..].iter().filter(|&&is| is).count();
            let all = rejected.iter().filter(|&&is| is).count();
            share += wrong as f64 / all.max(1) as f64 / 2_000.0;
        }
        // At most 0.1·(weights of true nulls)/50 = 0.06; standard error 0.002.
        assert!((0.05..0.07).contains(&share), "{share}");
    }

    #[test]
    fn e_values() {
        // K = 4, α = 0.1: thresholds 40, 20, 13.3, 10.
        assert_eq!(e_bh(&[5.0, 100.0, 14.0, 15.0], 0.1), [false, true, true, true]);
        assert_eq!(e_bh(&[39.0, 1.0, 1.0, f64::NAN], 0.1), [true, false, false, false]);
        assert_eq!(e_bh(&[f64::INFINITY], 0.0), [false]);
    }

    proptest! {
        #[test]
        fn adjusted_is_at_least_p_and_keeps_order(p in prop::collection::vec(0.0..1.0_f64, 0..40)) {
            let bh = benjamini_hochberg(&p);
            let by = benjamini_yekutieli(&p);
            for i in 0..p.len() {
                prop_assert!(bh[i] >= p[i] - 1e-15 && by[i] >= bh[i] - 1e-15 && by[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || bh[i] <= bh[j]);
                }
            }
        }
    }
}
