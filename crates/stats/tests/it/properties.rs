//! Laws that hold for any data: section N.5 of the methods, numbers 3 to 8 as far as they concern drift.

use proptest::prelude::*;
use std::f64::consts::LN_2;
use watchkeeper_stats::drift::{
    anderson_darling, chi2, cramer_von_mises, cramers_v, energy, g_test, hellinger, js, kl, ks, linf, mann_whitney,
    psi, tvd, wasserstein,
};
use watchkeeper_stats::{BinOrder, Smoothing};

use crate::specification::{Binned, grid, sorted};

const JEFFREYS: Smoothing = Smoothing::JEFFREYS;

fn two_sides() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
    prop::collection::vec((0_u64..200, 0_u64..200), 2..12)
        .prop_map(|pairs| pairs.into_iter().unzip())
        .prop_filter("both sides need rows", |(r, c): &(Vec<u64>, Vec<u64>)| {
            r.iter().sum::<u64>() > 0 && c.iter().sum::<u64>() > 0
        })
}

/// Values with ties, atoms and wild magnitudes.
fn sample() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        4 => -3.0..3.0_f64,
        3 => (-4_i32..4).prop_map(f64::from),
        1 => -1e6..1e6_f64,
    ];
    prop::collection::vec(value, 1..120).prop_map(sorted)
}

fn all(r: &[u64], c: &[u64]) -> Vec<f64> {
    vec![
        psi::psi(r, c, JEFFREYS).unwrap(),
        js::js_distance(r, c).unwrap(),
        hellinger::hellinger(r, c).unwrap(),
        tvd::tvd(r, c).unwrap(),
        linf::linf(r, c).unwrap(),
        chi2::chi2_test(r, c).unwrap().statistic,
        g_test::g_test(r, c).unwrap().statistic,
        cramers_v::cramers_v(r, c).unwrap(),
    ]
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-11 * a.abs().max(b.abs()) + 1e-13
}

proptest! {
    #[test]
    fn no_3_brackets_hold((r, c) in (sample(), sample()), bins in 2_usize..40) {
        let binned = Binned::new(grid(&r, bins), &r, &c);
        let slack = |value: f64| 1e-10 * value.abs() + 1e-10;
        let d = ks::ks(&r, &c);
        let ks_bins = ks::bracket_from_bins(&binned.reference, &binned.current, &binned.grid.points).unwrap();
        prop_assert!(ks_bins.lo <= d + 1e-12 && d <= ks_bins.hi + 1e-12, "{ks_bins:?} {d}");
        let w = wasserstein::wasserstein(&r, &c);
        let w1 = wasserstein::bracket_from_bins(binned.pair()).unwrap();
        prop_assert!(w1.lo <= w + slack(w) && w <= w1.hi + slack(w), "{w1:?} {w}");
        let e = energy::energy(&r, &c).powi(2);
        let bracket = energy::bracket_from_bins(binned.pair()).unwrap();
        prop_assert!(bracket.lo.powi(2) <= e + slack(e) && e <= bracket.hi.powi(2) + slack(e), "{bracket:?} {e}");
        let auc = mann_whitney::mann_whitney(&r, &c).unwrap().auc;
        let bracket = mann_whitney::auc_bracket_from_bins(&binned.reference, &binned.current).unwrap();
        prop_assert!(bracket.lo <= auc + 1e-12 && auc <= bracket.hi + 1e-12, "{bracket:?} {auc}");
    }

    #[test]
    fn no_4_symmetry_and_relations((r, c) in two_sides()) {
        for (a, b) in all(&r, &c).into_iter().zip(all(&c, &r)) {
            prop_assert!(close(a, b), "{a} {b}");
        }
        let sum = kl::kl_current_reference(&r, &c, JEFFREYS).unwrap() + kl::kl_reference_current(&r, &c, JEFFREYS).unwrap();
        prop_assert!(close(psi::psi(&r, &c, JEFFREYS).unwrap(), sum));
        let (h, v) = (hellinger::hellinger(&r, &c).unwrap(), tvd::tvd(&r, &c).unwrap());
        prop_assert!(h * h <= v + 1e-12 && v <= h * (2.0 - h * h).sqrt() + 1e-12);
        prop_assert!(js::js_divergence(&r, &c).unwrap() / LN_2 <= v + 1e-12);
        prop_assert!(linf::linf(&r, &c).unwrap() <= v + 1e-12);
        let corrected = cramers_v::cramers_v_corrected(&r, &c).unwrap();
        prop_assert!((0.0..=1.0).contains(&corrected));
    }

    #[test]
    fn no_4_samples_swap((r, c) in (sample(), sample())) {
        prop_assert!(close(ks::ks(&r, &c), ks::ks(&c, &r)));
        prop_assert!(close(wasserstein::wasserstein(&r, &c), wasserstein::wasserstein(&c, &r)));
        prop_assert!(close(energy::energy(&r, &c), energy::energy(&c, &r)));
        let (one, two) = (mann_whitney::mann_whitney(&r, &c).unwrap(), mann_whitney::mann_whitney(&c, &r).unwrap());
        prop_assert!(close(one.auc, 1.0 - two.auc) && close(one.p_value, two.p_value));
        let t = |a: &[f64], b: &[f64]| cramer_von_mises::cramer_von_mises(a, b).unwrap().statistic;
        prop_assert!((t(&r, &c) - t(&c, &r)).abs() < 1e-9);
        if let (Some(one), Some(two)) = (anderson_darling::anderson_darling(&r, &c), anderson_darling::anderson_darling(&c, &r)) {
            prop_assert!((one.a2 - two.a2).abs() < 1e-9 * one.a2.abs().max(1.0));
        }
    }

    #[test]
    fn no_5_monotone_and_affine_maps((r, c) in (sample(), sample()), scale in 0.1..10.0_f64, shift in -5.0..5.0_f64) {
        let map = |values: &[f64], f: &dyn Fn(f64) -> f64| values.iter().map(|&x| f(x)).collect::<Vec<f64>>();
        // Doubling is exact in floats, so ties and order survive.
        let double = |x: f64| 2.0 * x;
        prop_assert_eq!(ks::ks(&r, &c), ks::ks(&map(&r, &double), &map(&c, &double)));
        let auc = |a: &[f64], b: &[f64]| mann_whitney::mann_whitney(a, b).unwrap().auc;
        prop_assert_eq!(auc(&r, &c), auc(&map(&r, &double), &map(&c, &double)));
        let affine = |x: f64| scale * x + shift;
        let w = wasserstein::wasserstein(&r, &c);
        let moved = wasserstein::wasserstein(&map(&r, &affine), &map(&c, &affine));
        prop_assert!((moved - scale * w).abs() <= 1e-8 * (1.0 + moved));
    }

    #[test]
    fn no_6_equal_counts_are_exactly_zero((r, _) in two_sides()) {
        prop_assert!(all(&r, &r).into_iter().all(|value| value == 0.0));
        prop_assert_eq!(kl::kl_current_reference(&r, &r, JEFFREYS), Ok(0.0));
    }

    #[test]
    fn no_7_a_bin_empty_on_both_sides_changes_nothing((r, c) in two_sides(), at in 0_usize..12) {
        let (mut wider_r, mut wider_c) = (r.clone(), c.clone());
        let at = at.min(r.len());
        wider_r.insert(at, 0);
        wider_c.insert(at, 0);
        prop_assert_eq!(all(&r, &c), all(&wider_r, &wider_c));
        let test = |r: &[u64], c: &[u64]| chi2::chi2_test_adaptive(r, c, BinOrder::Ordered, 1).unwrap();
        if r.iter().chain(&c).sum::<u64>() > 1_000 {
            prop_assert_eq!(test(&r, &c), test(&wider_r, &wider_c));
        }
    }

    #[test]
    fn no_8_nothing_panics_or_hangs_on_any_floats(
        r in prop::collection::vec(any::<f64>(), 0..30), c in prop::collection::vec(any::<f64>(), 0..30),
    ) {
        let _ = ks::ks(&r, &c);
        let _ = (mann_whitney::mann_whitney(&r, &c), anderson_darling::anderson_darling(&r, &c));
        let _ = cramer_von_mises::cramer_von_mises(&r, &c);
        let finite = |values: &[f64]| sorted(values.iter().copied().filter(|x| x.is_finite()).collect());
        let (r, c) = (finite(&r), finite(&c));
        prop_assert!(wasserstein::wasserstein(&r, &c).is_finite() && energy::energy(&r, &c).is_finite());
        prop_assert!((0.0..=1.0).contains(&ks::ks(&r, &c)));
    }

    #[test]
    fn p_values_are_probabilities(d in 0.0..1.2_f64, n in 1_u64..60, m in 1_u64..60) {
        let p = ks::exact_p_value(d, n, m);
        prop_assert!((0.0..=1.0).contains(&p));
        prop_assert!(ks::exact_p_value(d + 0.05, n, m) <= p + 1e-12);
    }
}
