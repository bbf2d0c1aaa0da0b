//! Rules that can never have enough rows.

use watchkeeper_spec::{BurnFamily, BurnPolicySpec, Monitor, Problem, Resource, Slo, Traffic, psi_rows_min};

use super::{of, one};

fn monitor(spec: &str) -> Monitor {
    let Resource::Monitor(monitor) = one(&of("Monitor", spec)) else { panic!() };
    *monitor
}

fn at(rows_per_hour: f64) -> Traffic {
    Traffic { rows_per_hour, reference_rows: None }
}

fn texts(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn rows_for_a_psi() {
    // methods.md B.5: ten bins, a large reference: 170 rows for 0.1 and 68 for 0.25.
    assert_eq!([0.1, 0.25].map(|effect| psi_rows_min(effect, None, true)), [Some(170), Some(68)]);
    assert_eq!([0.1, 0.25].map(|effect| psi_rows_min(effect, None, false)), [Some(95), Some(38)]);
    // (1/n + 1/m) · 16.919 ≤ 0.1 with n = 340: m = 337 at least.
    let rows = psi_rows_min(0.1, Some(340), true).unwrap();
    let noise = |m: u64| (1.0 / 340.0 + 1.0 / m as f64) * 16.918_977_604_620_45;
    assert!(noise(rows) <= 0.1 && noise(rows - 1) > 0.1, "{rows}");
    assert_eq!([Some(0), Some(169)].map(|reference| psi_rows_min(0.1, reference, true)), [None, None]);
    assert_eq!([0.0, -1.0, f64::NAN].map(|effect| psi_rows_min(effect, None, true)), [None, None, None]);
}

#[test]
fn windows_with_too_few_rows() {
    let daily = monitor("select: {model: m}\ndetector: {type: test}\nwindow: {size: 1d}\nminSamples: 500");
    assert_eq!(daily.lint_traffic(&at(21.0)), []);
    assert_eq!(
        texts(&daily.lint_traffic(&at(10.0))),
        [
            "w.yaml:7:18: a window of `1d` has about 240 rows, `minSamples` is 500; expected at least `3d` with 10 rows an hour"
        ]
    );
    assert_eq!(
        texts(&daily.lint_traffic(&at(f64::NAN)))[0],
        "w.yaml:7:18: a window of `1d` has about 0 rows, `minSamples` is 500; expected more traffic; it can never be judged as it is"
    );
}

#[test]
fn noise_alone_reaches_the_effect() {
    let hourly = monitor("select: {model: m}\ndetector: {type: test}\nwindow: {size: 1h}");
    assert_eq!(
        texts(&hourly.lint_traffic(&at(90.0))),
        [
            "w.yaml:7:18: a window of `1h` has about 90 rows, and below 95 noise alone reaches a PSI of 0.1; expected at least `2h` with \
          90 rows an hour"
        ]
    );
    assert_eq!(hourly.lint_traffic(&at(95.0)), []);
    // A page is about the critical threshold, 0.25, for which 38 rows are enough.
    let page = monitor("select: {model: m}\ndetector: {type: test}\nwindow: {size: 1h}\nseverity: page");
    assert_eq!(page.lint_traffic(&at(40.0)), []);
    // A small reference is no cure for any traffic.
    let small = Traffic { rows_per_hour: 1e9, reference_rows: Some(90) };
    assert_eq!(
        texts(&hourly.lint_traffic(&small)),
        [
            "w.yaml:6:13: a reference of 90 rows can never show a PSI of 0.1: noise alone reaches it; expected a reference of more than 95 \
          rows, or a greater effect"
        ]
    );
    // Rank statistics have other laws.
    let ks = monitor("select: {model: m}\nmeasure: ks\ndetector: {type: test}\nwindow: {size: 1h}");
    assert_eq!(ks.lint_traffic(&at(40.0)), []);
}

#[test]
fn silence_by_chance() {
    let absent = monitor("select: {model: m}\ndetector: {type: absence, after: 1h}\nwindow: {size: 1h}");
    assert_eq!(
        texts(&absent.lint_traffic(&at(2.0))),
        [
            "w.yaml:6:36: about 2 rows come in `1h`: none come by chance in 14 % of the cases; expected at least `4h` with 2 rows an hour"
        ]
    );
    assert_eq!(absent.lint_traffic(&at(7.0)), []);
    let composite = monitor("select: {model: m}\ndetector: {type: composite, monitors: [a], need: any}");
    assert_eq!(composite.lint_traffic(&at(0.0)), []);
}

fn slo(objective: &str, method: &str, min_samples: u64) -> Slo {
    let text = of(
        "SLO",
        &format!(
            "service: m\nindicator: {{spec: {{thresholdMetric: {{metricSource: {{type: Watchkeeper, spec: {{kind: drift, minSamples: \
             {min_samples}}}}}}}}}}}\nbudgetingMethod: {method}\nobjectives: [{{op: lt, value: 1, target: 0.95{objective}}}]"
        ),
    );
    let Resource::Slo(slo) = one(&text) else { panic!() };
    *slo
}

#[test]
fn slices_and_long_windows() {
    let slices = slo(", timeSliceTarget: 1, timeSliceWindow: 1h", "Timeslices", 100);
    assert_eq!(
        texts(&slices.lint_traffic(&at(50.0), None)),
        [
            "w.yaml:6:106: a slice of `1h` has about 50 rows, `minSamples` is 100; expected at least `2h` with 50 rows an hour"
        ]
    );
    assert_eq!(slices.lint_traffic(&at(100.0), None), []);
    let events = slo("", "Occurrences", 0);
    let stream = BurnPolicySpec::of(BurnFamily::Stream);
    assert_eq!(
        texts(&events.lint_traffic(&at(4.0), Some(&stream))),
        [
            "w.yaml:3:11: the page tier of `1h` sees about 4 events, `minTotal` is 30; expected at least `8h` with 4 rows an hour",
            "w.yaml:3:11: the page tier of `6h` sees about 24 events, `minTotal` is 30; expected at least `8h` with 4 rows an hour",
        ]
    );
    assert_eq!(events.lint_traffic(&at(30.0), Some(&stream)), []);
}
