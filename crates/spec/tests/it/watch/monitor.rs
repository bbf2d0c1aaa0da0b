//! Monitors: defaults, and what is refused.

use watchkeeper_spec::{
    ColumnMeasure, Detector, Enter, Leave, Measure, Metric, ModelMeasure, Monitor, MonitorBaseline, Pick, Resource,
    SegmentPick, Severity, Span, StreamAlgorithm,
};

use super::{of, one, refused};

#[track_caller]
fn monitor(spec: &str) -> Monitor {
    let Resource::Monitor(monitor) = one(&of("Monitor", spec)) else { panic!() };
    *monitor
}

#[track_caller]
fn check(spec: &str, expect: &[&str]) {
    refused(&of("Monitor", spec), expect);
}

#[test]
fn defaults() {
    let spec = monitor("select: {model: m}\ndetector: {type: test}").spec;
    assert_eq!(spec.measure, Some(Measure::Column(ColumnMeasure::Drift)));
    assert_eq!((spec.window.size, spec.window.every), (Span::days(1), Span::days(1)));
    assert_eq!(spec.baseline, MonitorBaseline::Training);
    assert_eq!((spec.enter, spec.leave), (Enter::default(), Leave::default()));
    assert_eq!((spec.enter.k, spec.enter.n, spec.leave.clear, spec.leave.keep_firing), (2, 3, 0.8, 3));
    assert_eq!((spec.severity, spec.family.q, spec.no_data_after), (Severity::Ticket, 0.05, Span::days(3)));
    assert_eq!((spec.select.environment, spec.select.segment), (Pick::Together, SegmentPick::Whole));

    let spec = monitor("select: {model: m}\ndetector: {type: absence}\nwindow: {size: 2h, every: 1h}").spec;
    let Detector::Absence(absence) = spec.detector else { panic!() };
    assert_eq!((absence.after, spec.no_data_after), (Span::hours(2), Span::hours(3)));
    assert_eq!(spec.measure, Some(Measure::Model(ModelMeasure::Volume)));

    let spec = monitor("select: {model: m}\nmeasure: mean\ndetector: {type: stream, algorithm: page_hinkley, parameters: {threshold: 10}}").spec;
    let Detector::Stream(stream) = spec.detector else { panic!() };
    assert_eq!(stream.algorithm, StreamAlgorithm::PageHinkley);
    let values = ["min_instances", "delta", "threshold", "alpha", "clock"].map(|name| stream.parameter(name));
    assert_eq!(values, [Some(30.0), Some(0.005), Some(10.0), Some(0.9999), None]);
}

#[test]
fn columns_by_name_and_pattern() {
    let select = monitor("select: {model: m, columns: [age, \"shap_*\"], exclude: [shap_id]}\ndetector: {type: test}")
        .spec
        .select;
    let taken = ["age", "shap_age", "shap_id", "income"].map(|name| select.takes_column(name, true));
    assert_eq!(taken, [true, true, false, false]);
    let all = monitor("select: {model: m, exclude: [\"*_id\"]}\ndetector: {type: test}").spec.select;
    assert_eq!(["age", "user_id"].map(|name| all.takes_column(name, true)), [true, false]);
    assert!(!all.takes_column("label", false));
}

#[test]
fn segments() {
    let of = |text: &str| {
        monitor(&format!("select: {{model: m, segment: \"{text}\"}}\ndetector: {{type: test}}")).spec.select.segment
    };
    assert_eq!(of("*"), SegmentPick::Each);
    assert_eq!(of("country"), SegmentPick::EachOf("country".into()));
    assert_eq!(of("at:12:30"), SegmentPick::One { name: "at".into(), value: "12:30".into() });
}

#[test]
fn composites() {
    let need = |need: &str| {
        let spec = format!("select: {{model: m}}\ndetector: {{type: composite, monitors: [a, b, c], need: {need}}}");
        let Detector::Composite(composite) = monitor(&spec).spec.detector else { panic!() };
        composite.at_least
    };
    assert_eq!([need("any"), need("2"), need("all"), need("3")], [1, 2, 3, 3]);
    check(
        "select: {model: m}\nmeasure: psi\ndetector: {type: composite, monitors: [a, a, B], need: 4}",
        &[
            "w.yaml:6:12: measure `psi` does not go with detector `composite`; expected no measure: those of its monitors count",
            "w.yaml:7:45: `spec.detector.monitors[1]` repeats an item; expected each item once",
            "w.yaml:7:48: invalid monitor name `B`; did you mean `b`? expected 1 to 63 lower-case letters, digits, `-` \
             or `.`, with a letter or digit at both ends",
            "w.yaml:7:58: `need` is `4` of 2 monitors; expected 1 to 2, `any` or `all`",
        ],
    );
}

#[test]
fn run_length_of_a_fleet() {
    // methods.md C.3: 200 monitors, hourly, one false alarm in 30 days: c = 144,000.
    let spec = monitor("select: {model: m}\ndetector: {type: sequential}\nwindow: {size: 1h}").spec;
    let Detector::Sequential(sequential) = spec.detector else { panic!() };
    assert_eq!(sequential.run_length(200, spec.window.every), 144_000.0);
    // One daily series: 30 evaluations would be too easy; 1,000 is the least.
    assert_eq!(sequential.run_length(1, Span::days(1)), 1000.0);
}

#[test]
fn unknown_fields_and_words() {
    check(
        "select: {model: m, env: prod, features: \"*\"}\ndetector: {type: test, stat: psi, effectFloor: 0.1}\nstat: psi\nseverity: critical",
        &[
            "w.yaml:5:22: unknown field `env` in `spec.select`; did you mean `environment`? expected one of `model`, \
             `environment`, `version`, `segment`, `columns`, `exclude`",
            "w.yaml:5:33: unknown field `features` in `spec.select`; did you mean `columns`? expected one of `model`, \
             `environment`, `version`, `segment`, `columns`, `exclude`",
            "w.yaml:6:26: unknown field `stat` in `spec.detector`; expected one of `type`, `alpha`, `effect`",
            "w.yaml:6:37: unknown field `effectFloor` in `spec.detector`; did you mean `effect`? expected one of `type`, `alpha`, `effect`",
            "w.yaml:7:3: unknown field `stat` in `spec`; did you mean `measure`? expected one of `select`, `measure`, `window`, \
             `detector`, `baseline`, `minSamples`, `enter`, `leave`, `severity`, `family`, `noDataAfter`, `runbook`, `summary`",
            "w.yaml:8:13: unknown severity `critical` at `spec.severity`; did you mean `page`? expected one of `info`, `ticket`, `page`",
        ],
    );
    check(
        "select: {}\ndetector: {type: anomaly}",
        &[
            "w.yaml:5:11: missing field `model` in `spec.select`; expected the name of a model",
            "w.yaml:6:20: unknown detector `anomaly` at `spec.detector.type`; did you mean `band`? expected one of `test`, \
             `threshold`, `band`, `sequential`, `stream`, `absence`, `composite`",
        ],
    );
}

#[test]
fn measures_fit_their_detector() {
    let spec =
        |measure: &str, detector: &str| format!("select: {{model: m}}\nmeasure: {measure}\ndetector: {detector}");
    check(
        &spec("volume", "{type: test}"),
        &["w.yaml:6:12: measure `volume` does not go with detector `test`; expected a measure that compares with a \
           reference, such as `drift` or `psi`"],
    );
    check(
        &spec("freshness", "{type: sequential}"),
        &[
            "w.yaml:6:12: measure `freshness` does not go with detector `sequential`; expected `drift`, a rate, a quantile, \
           or a quality that is a mean over rows",
        ],
    );
    check(
        "select: {model: m}\ndetector: {type: band}",
        &[
            "w.yaml:5:3: missing field `measure` in `spec`; expected what detector `band` looks at, such as `drift` or `volume`",
        ],
    );
    check(
        "select: {model: m, columns: [a]}\nmeasure: volume\ndetector: {type: band}",
        &[
            "w.yaml:5:11: `spec.select` names columns, but `volume` is of the model; expected a measure of columns, or no columns",
        ],
    );
    check(
        &spec("ks", "{type: test, effect: 1.5}"),
        &["w.yaml:7:13: `spec.detector.effect` is `1.5`; expected at most 1, the largest effect of `ks`"],
    );
    let ks = monitor(&spec("ks", "{type: test, effect: 0.3}")).spec;
    assert_eq!(ks.measure, Some(Measure::Metric(Metric::Ks)));
}

#[test]
fn limits_that_nothing_or_everything_passes() {
    let spec = |measure: &str, rest: &str| {
        format!("select: {{model: m}}\nmeasure: {measure}\ndetector: {{type: threshold, {rest}}}")
    };
    check(
        &spec("error_rate", "op: gt, value: 1"),
        &["w.yaml:7:13: no value of `error_rate` is `gt` `1`; expected a limit between 0 and 1"],
    );
    check(
        &spec("roc_auc", "op: lte, value: 78"),
        &["w.yaml:7:13: every value of `roc_auc` is `lte` `78`; expected a limit between 0 and 1"],
    );
    for (measure, rest) in [
        ("error_rate", "op: gte, value: 1"),
        ("error_rate", "op: gt, value: 2, of: ratio"),
        ("missing_rate", "op: lt, value: -0.5"),
        ("volume", "op: lt, value: 1"),
    ] {
        monitor(&spec(measure, rest));
    }
}

#[test]
fn one_of_enter_is_enough() {
    let enter = |enter: &str| {
        let spec = monitor(&format!("select: {{model: m}}\ndetector: {{type: test}}\nenter: {enter}")).spec.enter;
        (spec.k, spec.n)
    };
    assert_eq!([enter("{n: 1}"), enter("{k: 5}"), enter("{k: 1}"), enter("{n: 9}")], [(1, 1), (5, 5), (1, 3), (2, 9)]);
}

#[test]
fn windows_and_numbers() {
    check(
        "select: {model: m}\ndetector: {type: sequential}\nwindow: {size: 1d, every: 1h}",
        &[
            "w.yaml:7:11: windows of `1d` every `1h` overlap; expected `every` as long as `size` for detector `sequential`; \
           it may count each row once",
        ],
    );
    check(
        "select: {model: m}\ndetector: {type: test, alpha: 0.5}\nwindow: {size: 1h, every: 25m}\nenter: {k: 4, n: 3}\nleave: {clear: 0}\nfamily: {q: 1}",
        &[
            "w.yaml:6:33: `spec.detector.alpha` is `0.5`; expected a number above 0 and below 0.5",
            "w.yaml:7:29: `size` `1h` is no multiple of `every` `25m` in `spec.window`; expected a whole part of `size`",
            "w.yaml:8:14: `k` `4` is above `n` `3` in `spec.enter`; expected `k` not above `n`; so many breaches can never be",
            "w.yaml:9:18: `spec.leave.clear` is `0`; expected a number above 0 and at most 1",
            "w.yaml:10:15: `spec.family.q` is `1`; expected a number above 0 and below 1",
        ],
    );
    check(
        "select: {model: m}\nmeasure: mean\ndetector: {type: stream, algorithm: adwin, parameters: {detla: 0.1, clock: 0}}",
        &[
            "w.yaml:7:59: unknown parameter `detla` of `adwin`; did you mean `delta`? expected one of `delta`, `clock`, \
             `max_buckets`, `min_window_length`, `grace_period`",
            "w.yaml:7:78: `spec.detector.parameters.clock` is `0`; expected 1 to 1000000",
        ],
    );
}

#[test]
fn baselines() {
    let spec = |baseline: &str| format!("select: {{model: m}}\ndetector: {{type: test}}\nbaseline: {baseline}");
    check(
        &spec("rolling"),
        &[
            "w.yaml:7:13: unknown baseline `rolling` at `spec.baseline`; did you mean `trailing`? expected one of `training`, \
           `trailing`, `previous_version`, `season`; one that has a name is `{ fixed: NAME }`",
        ],
    );
    check(
        &spec("{fixed: a, season: {}}"),
        &[
            "w.yaml:7:13: `spec.baseline` does not hold exactly one of its fields; expected one of `fixed`, `range`, `trailing`, `season`",
        ],
    );
    check(
        &spec("{range: {from: 2026-02-01, to: 2026-01-01}}"),
        &[
            "w.yaml:7:28: `from` `2026-02-01T00:00:00Z` is not before `to` `2026-01-01T00:00:00Z` in `spec.baseline.range`; \
           expected `from` before `to`",
        ],
    );
    assert_eq!(monitor(&spec("{fixed: v1}")).spec.baseline, MonitorBaseline::Fixed("v1".into()));
}
