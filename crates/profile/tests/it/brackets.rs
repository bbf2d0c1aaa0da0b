//! A bracket from bins contains the value of the raw rows, whatever the data.

use proptest::prelude::*;
use watchkeeper_profile::Kind;
use watchkeeper_profile::measure::{Exactness, Status};
use watchkeeper_spec::Metric;

use crate::sources::{all_metrics, bounds, find, floats};

fn column(n: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        prop::collection::vec(-1e3..1e3f64, n.clone()),
        prop::collection::vec((-5i32..6).prop_map(f64::from), n.clone()),
        prop::collection::vec((-8.0..8.0f64).prop_map(f64::exp), n.clone()),
        prop::collection::vec(prop_oneof![3 => Just(0.0), 1 => 0.0..50.0f64], n.clone()),
        prop::collection::vec((0.0..1.0f64).prop_map(|u| 1e9 + u), n),
    ]
}

/// Values a few units in the last place above a large constant: sums of them must not be rounded before the constant is taken off.
#[test]
fn brackets_hold_for_values_beside_a_large_constant() {
    let reference = floats([1e9]);
    let current =
        floats([1e9, 1e9, 1_000_000_000.349_466_9, 1e9, 1e9, 1_000_000_000.494_729_9, 1_000_000_000.170_292_7]);
    let exact = all_metrics(Kind::Numeric, &reference, &current, true);
    let binned = all_metrics(Kind::Numeric, &reference, &current, false);
    let value = find(&exact, Metric::Wasserstein).value.expect("a value");
    let (lo, hi) = bounds(find(&binned, Metric::Wasserstein));
    assert!(lo - 1e-12 <= value && value <= hi + 1e-12, "{value} not in [{lo}, {hi}]");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn rank_statistics_lie_in_their_brackets(reference in column(1..800), current in column(1..800)) {
        let (reference, current) = (floats(reference), floats(current));
        let exact = all_metrics(Kind::Numeric, &reference, &current, true);
        let binned = all_metrics(Kind::Numeric, &reference, &current, false);
        for metric in [Metric::Ks, Metric::Wasserstein, Metric::Energy, Metric::MannWhitneyAuc] {
            let value = find(&exact, metric).value.expect("a value");
            prop_assert_eq!(find(&exact, metric).exactness, Exactness::Exact);
            let (lo, hi) = bounds(find(&binned, metric));
            let slack = 1e-9 * (1.0 + value.abs());
            prop_assert!(lo - slack <= value && value <= hi + slack, "{metric}: {value} not in [{lo}, {hi}]");
        }
    }

    #[test]
    fn no_value_is_ever_nan(reference in prop::collection::vec(any::<f64>(), 0..60), current in prop::collection::vec(any::<f64>(), 0..60), exact in any::<bool>()) {
        let measured = all_metrics(Kind::Numeric, &floats(reference), &floats(current), exact);
        for m in &measured.measurements {
            prop_assert!(m.value.is_none_or(f64::is_finite), "{m:?}");
            prop_assert_eq!(m.value.is_some(), m.status == Status::Ok, "{:?}", m);
            prop_assert!(m.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)), "{m:?}");
        }
    }
}

#[test]
fn equal_sides_are_at_distance_zero() {
    let rows = floats((0..5000).map(|i| f64::from(i % 700) * 1.7));
    for exact in [true, false] {
        let measured = all_metrics(Kind::Numeric, &rows, &rows, exact);
        for metric in [Metric::Psi, Metric::JsDistance, Metric::Hellinger, Metric::Tvd, Metric::Linf, Metric::Chi2] {
            assert_eq!(find(&measured, metric).value, Some(0.0), "{metric}");
        }
        assert!(find(&measured, Metric::Ks).value.expect("a value") < 1e-12);
        assert!(find(&measured, Metric::Wasserstein).value.expect("a value") < 1e-9);
    }
}

#[test]
fn a_constant_reference_is_told_from_either_side() {
    let reference = floats([7.0; 400]);
    for other in [6.0, 8.0] {
        let measured = all_metrics(Kind::Numeric, &reference, &floats([other; 400]), true);
        assert!(find(&measured, Metric::Psi).value.expect("finite") > 1.0);
        assert_eq!(find(&measured, Metric::Tvd).value, Some(1.0));
        assert_eq!(find(&measured, Metric::Ks).value, Some(1.0));
        assert_eq!(find(&measured, Metric::Wasserstein).value, Some(1.0));
        assert_eq!(find(&measured, Metric::WassersteinNormalized).status, Status::DegenerateReference);
    }
}

#[test]
fn values_beyond_the_range_of_the_reference_are_counted() {
    let measured =
        all_metrics(Kind::Numeric, &floats((0..1000).map(f64::from)), &floats((500..1500).map(f64::from)), false);
    assert_eq!(find(&measured, Metric::OutOfRangeRate).value, Some(0.5));
    let infinite = all_metrics(Kind::Numeric, &floats((0..1000).map(f64::from)), &floats([f64::INFINITY, 3.0]), true);
    assert_eq!(find(&infinite, Metric::OutOfRangeRate).value, Some(0.5));
    assert!(find(&infinite, Metric::Ks).value.is_some());
}
