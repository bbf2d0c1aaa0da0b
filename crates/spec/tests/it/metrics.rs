//! Names, order and default thresholds of the metrics.

use watchkeeper_spec::{Metric, Thresholds};

const NAMES: &str = "psi kl_current_reference kl_reference_current js_distance hellinger tvd linf chi2 g_test cramers_v \
    ks wasserstein wasserstein_normalized cramer_von_mises anderson_darling energy mann_whitney_auc mean_difference \
    proportion_difference missing_rate invalid_rate unseen_rate out_of_range_rate";

#[test]
fn names() {
    let names: Vec<&str> = Metric::ALL.iter().map(|metric| metric.as_str()).collect();
    assert_eq!(names, NAMES.split_whitespace().collect::<Vec<_>>());
    for metric in Metric::ALL {
        assert_eq!(metric.to_string().parse(), Ok(*metric));
        assert_eq!(serde_json::to_value(metric).unwrap(), metric.as_str());
        assert!(metric.about().ends_with('.'), "{}", metric.about());
    }
}

#[test]
fn unknown_name() {
    let error = "wassersteinn".parse::<Metric>().unwrap_err();
    assert_eq!(error.suggestion, Some("wasserstein"));
    assert!(error.to_string().starts_with(
        "unknown metric `wassersteinn`; did you mean `wasserstein`? expected one of `psi`, `kl_current_reference`"
    ));
    let error = "xyzzy".parse::<Metric>().unwrap_err();
    assert!(error.to_string().starts_with("unknown metric `xyzzy`; expected one of `psi`"), "{error}");
}

#[test]
fn default_thresholds() {
    let expect = [
        ("psi", 0.1, 0.25),
        ("js_distance", 0.1, 0.2),
        ("hellinger", 0.1, 0.2),
        ("tvd", 0.1, 0.2),
        ("linf", 0.1, 0.2),
        ("cramers_v", 0.1, 0.3),
        ("ks", 0.1, 0.2),
        ("wasserstein_normalized", 0.1, 0.25),
        ("mann_whitney_auc", 0.06, 0.14),
        ("proportion_difference", 0.05, 0.1),
        ("missing_rate", 0.01, 0.05),
        ("invalid_rate", 0.01, 0.05),
        ("unseen_rate", 0.01, 0.05),
        ("out_of_range_rate", 0.01, 0.05),
    ];
    let found: Vec<(&str, f64, f64)> = Metric::ALL
        .iter()
        .filter_map(|metric| metric.default_thresholds().map(|t| (metric.as_str(), t.warning, t.critical)))
        .collect();
    assert_eq!(found, expect);
}

#[test]
fn thresholds_of_rates() {
    let pair = |rate| (Thresholds::for_rate(rate).warning, Thresholds::for_rate(rate).critical);
    assert_eq!(pair(0.0), (0.01, 0.05));
    assert_eq!(pair(0.2), (0.01, 0.05));
    assert_eq!(pair(0.21), (0.05, 0.25));
    assert_eq!(pair(f64::NAN), (0.01, 0.05));
}

#[test]
fn effects() {
    assert!((Metric::MannWhitneyAuc.effect(0.4) - 0.1).abs() < 1e-12);
    assert!((Metric::MeanDifference.effect(-3.0) - 3.0).abs() < 1e-12);
    assert!(Metric::Psi.effect(f64::NAN).is_nan());
}
