//! OpenSLO: our texts in the manner of the examples of its specification, and what is refused.

use watchkeeper_spec::{
    BudgetingMethod, Decide, Measure, MetricSpec, Quality, Resource, SegmentPick, Severity, SliKind, Span,
    UnknownSlices, diff,
};

use super::{of, one, read, refused};

/// An SLO with an SLI of our own inside it, as an editor of a team would write it.
const CREDIT: &str = r#"
apiVersion: openslo/v1
kind: SLO
metadata: {name: credit-auc, annotations: {watchkeeper.dev/burn-policy: daily, watchkeeper.dev/tier: "1"}}
spec:
  service: credit-risk
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Timeslices
  indicator:
    metadata: {name: credit-auc-sli}
    spec:
      thresholdMetric:
        metricSource:
          type: Watchkeeper
          spec: {kind: quality, metric: roc_auc, version: champion, segment: "*", baseline: approved,
                 maturity: {horizon: 30d, minCoverage: 0.9}, minSamples: 2000, minPositives: 50, decide: ci, unknown: exclude}
  objectives: [{op: gte, value: 0.78, target: 0.9, timeSliceTarget: 1, timeSliceWindow: 1d}]
"#;

/// The parts of an SLO of another tool, in files that name each other.
const SHOP: &str = r#"
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, displayName: Web shop}
spec: {description: Sells things}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: metrics}
spec:
  type: CloudWatch
  connectionDetails:
    region: eu-central-1
    retries: 3
---
apiVersion: openslo/v1
kind: SLI
metadata:
  name: shop-errors
  labels: {team: shop, tags: [web, paid]}
spec:
  description: Answers that are no errors
  ratioMetric:
    counter: true
    good:
      metricSource:
        metricSourceRef: metrics
        spec: {query: 'sum(answers{code=~"2xx|3xx"})'}
    total:
      metricSource:
        metricSourceRef: metrics
        type: CloudWatch
        spec:
          query: sum(answers)
          period: 60
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: shop-errors}
spec:
  description: Few errors
  service: shop
  indicatorRef: shop-errors
  timeWindow:
    - duration: 1M
      calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}
      isRolling: false
  budgetingMethod: Occurrences
  objectives:
    - {displayName: all, target: 0.98}
    - {displayName: hard, targetPercent: 99.9}
  alertPolicies:
    - alertPolicyRef: wake
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: wake}
spec:
  description: Wakes somebody
  alertWhenBreaching: true
  alertWhenResolved: false
  conditions:
    - kind: AlertCondition
      metadata: {name: fast, displayName: Burns fast}
      spec:
        severity: page
        condition: {kind: burnrate, threshold: 2, lookbackWindow: 1h, alertAfter: 5m}
  notificationTargets:
    - targetRef: OnCallByMail
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: OnCallByMail}
spec: {target: email, description: The one on duty}
"#;

#[test]
fn an_slo_of_a_model() {
    let Resource::Slo(slo) = one(CREDIT) else { panic!() };
    assert_eq!((slo.spec.period(), slo.spec.is_calendar()), (Span::days(28), false));
    assert_eq!((slo.burn_policy(), slo.tier()), (Some("daily"), Some(1)));
    assert_eq!(slo.spec.budgeting_method, BudgetingMethod::Timeslices);
    let indicator = slo.spec.indicator.as_ref().unwrap();
    let (path, source) = indicator.spec.sources().next().unwrap();
    assert_eq!(path, "thresholdMetric");
    let own = source.watchkeeper().unwrap();
    assert_eq!((own.kind, own.metric.clone()), (SliKind::Quality, Some(Measure::Quality(Quality::RocAuc))));
    assert_eq!((own.min_samples, own.min_positives), (Some(2000), Some(50)));
    assert_eq!(own.segment_pick(), SegmentPick::Each);
    assert_eq!(own.maturity.unwrap().horizon, Span::days(30));
    assert_eq!((own.decide_or_default(), own.unknown_or_default()), (Decide::Ci, UnknownSlices::Exclude));
    let objective = &slo.spec.objectives[0];
    assert!((objective.budget_ratio() - 0.1).abs() < 1e-12);
    assert_eq!(objective.time_slice_window.unwrap().span(), Span::days(1));
}

#[test]
fn import_and_export_have_equal_content() {
    for resource in read(CREDIT).iter().chain(&read(SHOP)) {
        let exported = resource.to_yaml();
        let again = read(&exported).remove(0);
        assert_eq!(&again, resource, "{exported}");
        assert_eq!(diff(Some(resource), Some(&again)), []);
        assert_eq!(Resource::from_json(&resource.to_json(), "j").unwrap(), *resource);
    }
    // The units of the file are kept.
    let slo = read(SHOP).remove(3);
    let yaml = slo.to_yaml();
    assert!(yaml.contains("duration: \"1M\"") && yaml.contains("targetPercent: 99.9"), "{yaml}");
    assert!(one(CREDIT).to_yaml().contains("duration: \"4w\""));
}

#[test]
fn percents_leave_exactly_the_rest() {
    let Resource::Slo(slo) = read(SHOP).remove(3) else { panic!() };
    assert_eq!(slo.spec.objectives[1].budget_ratio(), (100.0 - 99.9) / 100.0);
    assert_eq!(slo.spec.objectives[1].target_ratio(), 99.9 / 100.0);
    assert_eq!(slo.spec.period(), Span::months(1));
    assert!(slo.spec.is_calendar());
}

#[test]
fn other_sources_are_kept_as_they_are() {
    let Resource::Sli(sli) = read(SHOP).remove(2) else { panic!() };
    let (_, total) = sli.spec.sources().nth(1).unwrap();
    let Some(MetricSpec::Other(value)) = &total.spec else { panic!() };
    assert_eq!(*value, serde_json::json!({"query": "sum(answers)", "period": 60}));
    // The type of ours in any case of letters.
    let text = CREDIT.replace("type: Watchkeeper", "type: watchkeeper");
    assert!(one(&text).to_yaml().contains("type: watchkeeper"));
}

#[test]
fn unknown_fields_of_any_depth() {
    let text = CREDIT.replace("minPositives: 50", "minPositive: 50").replace("budgetingMethod", "budgetingMethods");
    refused(
        &text,
        &[
            "w.yaml:6:3: missing field `budgetingMethod` in `spec`; expected one of `Occurrences`, `Timeslices`, `RatioTimeslices`",
            "w.yaml:8:3: unknown field `budgetingMethods` in `spec`; did you mean `budgetingMethod`? expected one of \
             `description`, `service`, `indicator`, `indicatorRef`, `timeWindow`, `budgetingMethod`, `objectives`, `alertPolicies`",
            "w.yaml:16:80: unknown field `minPositive` in `spec.indicator.spec.thresholdMetric.metricSource.spec`; did you mean \
             `minPositives`? expected one of `kind`, `metric`, `model`, `version`, `environment`, `segment`, `column`, `op`, \
             `value`, `baseline`, `maturity`, `minSamples`, `minPositives`, `decide`, `unknown`",
        ],
    );
    refused(
        "apiVersion: watchkeeper/v1\nkind: SLO\nmetadata: {name: x}\nspec: {}\n",
        &["w.yaml:1:13: `apiVersion` is `watchkeeper/v1` for `kind` `SLO`; expected `openslo/v1`"],
    );
}

#[test]
fn objectives() {
    let slo = |method: &str, objective: &str| {
        of(
            "SLO",
            &format!(
                "service: m\nindicator: {{spec: {{thresholdMetric: {{metricSource: {{type: Watchkeeper, spec: {{kind: drift}}}}}}}}}}\nbudgetingMethod: {method}\nobjectives: [{objective}]"
            ),
        )
    };
    refused(
        &slo("Timeslices", "{targetPercent: 100}"),
        &[
            "w.yaml:8:16: missing field `timeSliceWindow` in `spec.objectives[0]`; expected the length of a slice, such as `1h`",
            "w.yaml:8:16: missing field `timeSliceTarget` in `spec.objectives[0]`; expected a number above 0 and at most 1",
            "w.yaml:8:16: missing field `op` in `spec.objectives[0]`; expected the relation that is good, such as `gte`",
            "w.yaml:8:16: missing field `value` in `spec.objectives[0]`; expected the limit",
            "w.yaml:8:32: `spec.objectives[0].targetPercent` is `100`; expected a number from 0 and below 100",
        ],
    );
    refused(
        &slo("Occurrences", "{op: lt, value: 1, target: 0.9, targetPercent: 90}"),
        &[
            "w.yaml:8:63: `spec.objectives[0]` does not hold exactly one of its fields; expected one of `target`, `targetPercent`",
        ],
    );
    refused(
        &slo("Timeslices", "{op: lt, value: 1, target: 0.9, timeSliceTarget: 1, timeSliceWindow: 10d}"),
        &["w.yaml:8:16: the time window of `28d` is under 3 slices of `10d`; expected a time window of at least `30d`"],
    );
    refused(
        &slo("Occurrences", "{op: lt, value: 1, target: 0.9}, {op: lt, value: 2, target: 0.8}"),
        &["w.yaml:8:15: a `thresholdMetric` has 2 objectives; expected exactly one; write an SLO for each"],
    );
    refused(
        &slo("slices", "{op: lt, value: 1, target: 0.9}"),
        &[
            "w.yaml:7:20: unknown budgeting method `slices` at `spec.budgetingMethod`; did you mean `Timeslices`? expected one of \
           `Occurrences`, `Timeslices`, `RatioTimeslices`",
        ],
    );
}

#[test]
fn indicators_and_times() {
    refused(
        &of(
            "SLO",
            "service: m\nbudgetingMethod: Occurrences\nobjectives: [{target: 0.9}]\ntimeWindow: [{duration: 30s, isRolling: true}]",
        ),
        &[
            "w.yaml:5:3: `spec` does not hold exactly one of its fields; expected one of `indicator`, `indicatorRef`",
            "w.yaml:8:27: `spec.timeWindow[0].duration` is `30s`; expected a length of time such as `5m`, `12h`, `28d`, `4w`, `1M`, \
             `1Q`, `1Y` (minutes, hours, days, weeks, months, quarters, years)",
        ],
    );
    refused(
        &of(
            "SLO",
            "service: m\nindicatorRef: a\nbudgetingMethod: Occurrences\nobjectives: [{target: 0.9}]\ntimeWindow: [{duration: 1M, isRolling: true, calendar: {startTime: 2026-01-01T00:00:00Z, timeZone: UTC}}]",
        ),
        &[
            "w.yaml:9:42: `spec.timeWindow[0]` rolls and has a `calendar`; expected one of the two",
            "w.yaml:9:70: `spec.timeWindow[0].calendar.startTime` is `2026-01-01T00:00:00Z`; expected a local time such as \
             `2026-01-31 08:00:00`",
        ],
    );
    refused(
        &of(
            "SLO",
            "service: m\nindicatorRef: a\nbudgetingMethod: Occurrences\nobjectives: []\ntimeWindow: [{duration: 1d}, {duration: 2d}]",
        ),
        &[
            "w.yaml:8:15: `spec.objectives` has 0 items; expected a list of 1 to 100 objectives",
            "w.yaml:9:15: `spec.timeWindow` has 2 items; expected a list of one time window",
        ],
    );
}

#[test]
fn ratios() {
    let ratio = |ratio: &str| of("SLI", &format!("ratioMetric: {{{ratio}}}"));
    let source = "{metricSource: {type: P}}";
    refused(
        &ratio(&format!("good: {source}, bad: {source}")),
        &[
            "w.yaml:5:16: missing field `total` in `spec.ratioMetric`; expected a mapping with `metricSource`",
            "w.yaml:5:55: `spec.ratioMetric` does not hold exactly one of its fields; expected one of `good`, `bad`, `raw`",
        ],
    );
    refused(
        &ratio(&format!("raw: {source}, total: {source}")),
        &[
            "w.yaml:5:16: missing field `rawType` in `spec.ratioMetric`; expected one of `success`, `failure`",
            "w.yaml:5:56: `spec.ratioMetric` has `raw` and `total`; expected `total` with `good` or `bad`",
        ],
    );
    refused(
        &of("SLI", "description: d"),
        &[
            "w.yaml:5:3: `spec` does not hold exactly one of its fields; expected one of `thresholdMetric`, `ratioMetric`",
        ],
    );
    refused(
        &of("SLI", "thresholdMetric: {metricSource: {spec: {a: .inf}}}"),
        &[
            "w.yaml:5:35: missing field `type` in `spec.thresholdMetric.metricSource`; expected `Watchkeeper`, another type, or \
             `metricSourceRef`",
            "w.yaml:5:46: `spec.thresholdMetric.metricSource.spec.a` is number `.inf`; expected a finite number",
        ],
    );
}

#[test]
fn own_sources() {
    let good = |spec: &str| {
        of(
            "SLI",
            &format!(
                "ratioMetric:\n  good: {{metricSource: {{type: Watchkeeper, spec: {spec}}}}}\n  total: {{metricSource: {{type: Watchkeeper, spec: {{kind: availability}}}}}}"
            ),
        )
    };
    let threshold =
        |spec: &str| of("SLI", &format!("thresholdMetric: {{metricSource: {{type: Watchkeeper, spec: {spec}}}}}"));
    one(&good("{kind: latency, op: lte, value: 200}"));
    one(&good("{kind: quality, metric: mae, op: lte, value: 5}"));
    one(&good("{kind: data_quality}"));
    refused(
        &good("{kind: latency}"),
        &[
            "w.yaml:6:52: missing field `op` in `spec.ratioMetric.good.metricSource.spec`; expected `lte` and a `value` in \
           milliseconds: which latency is good",
        ],
    );
    refused(
        &good("{kind: quality, metric: roc_auc}"),
        &[
            "w.yaml:6:76: metric `roc_auc` does not go with kind `quality`; expected under `good` or `bad` a quality that is a mean \
           over rows, such as `accuracy` or `mae`",
        ],
    );
    refused(
        &good("{kind: quality, metric: accuracy, value: 2}"),
        &[
            "w.yaml:6:52: missing field `op` in `spec.ratioMetric.good.metricSource.spec`; expected `lt`, `lte`, `gt` or `gte`",
            "w.yaml:6:93: `spec.ratioMetric.good.metricSource.spec.value` is `2`; expected 0 to 1, where `accuracy` lies",
        ],
    );
    refused(
        &threshold("{kind: quality, measure: accuracy, op: gte, value: 0.8}"),
        &[
            "w.yaml:5:61: missing field `metric` in `spec.thresholdMetric.metricSource.spec`; expected a quality such as `roc_auc`",
            "w.yaml:5:77: unknown field `measure` in `spec.thresholdMetric.metricSource.spec`; did you mean `metric`? expected one of \
             `kind`, `metric`, `model`, `version`, `environment`, `segment`, `column`, `op`, `value`, `baseline`, `maturity`, \
             `minSamples`, `minPositives`, `decide`, `unknown`",
            "w.yaml:5:100: `spec.thresholdMetric.metricSource.spec.op` is set, but the objective holds the limit; expected it only \
             under `good` or `bad`",
        ],
    );
    refused(
        &threshold("{kind: throughput, metric: psi}"),
        &["w.yaml:5:88: metric `psi` does not go with kind `throughput`; expected `volume`"],
    );
    refused(
        &threshold("{kind: volume}"),
        &[
            "w.yaml:5:68: unknown SLI kind `volume` at `spec.thresholdMetric.metricSource.spec.kind`; did you mean `throughput`? expected \
           one of `availability`, `latency`, `throughput`, `freshness`, `label_coverage`, `data_quality`, `drift`, `quality`, \
           `estimated_quality`, `kpi`, `fairness`, `monitoring`",
        ],
    );
}

#[test]
fn silence_is_bad_for_freshness() {
    let unknown = |kind: &str| {
        let text =
            of("SLI", &format!("thresholdMetric: {{metricSource: {{type: Watchkeeper, spec: {{kind: {kind}}}}}}}"));
        let Resource::Sli(sli) = one(&text) else { panic!() };
        sli.spec.sources().next().unwrap().1.watchkeeper().unwrap().unknown_or_default()
    };
    assert_eq!(
        ["freshness", "monitoring", "drift"].map(unknown),
        [UnknownSlices::Bad, UnknownSlices::Bad, UnknownSlices::Exclude]
    );
}

#[test]
fn policies_and_conditions() {
    refused(
        &of(
            "AlertPolicy",
            "conditions: [{conditionRef: a}, {conditionRef: b}]\nalertWhenNoData: yes\nnotificationTargets: [{targetRef: a, spec: {target: x}}, {kind: Target, spec: {target: x}}]",
        ),
        &[
            "w.yaml:5:15: `spec.conditions` has 2 items; expected a list of exactly one condition",
            "w.yaml:6:20: `spec.alertWhenNoData` is text `yes`; did you mean `true`? expected `true` or `false` without quotes",
            "w.yaml:7:46: `spec.notificationTargets[0]` does not hold exactly one of its fields; expected one of `targetRef`, `spec`",
            "w.yaml:7:67: `spec.notificationTargets[1].kind` is `Target`; expected `AlertNotificationTarget`",
        ],
    );
    refused(
        &of("AlertCondition", "condition: {kind: burnrates, threshold: 0, lookbackWindow: 0m}"),
        &[
            "w.yaml:5:3: missing field `severity` in `spec`; expected a word such as `page`",
            "w.yaml:5:21: `spec.condition.kind` is `burnrates`; expected `burnrate`",
            "w.yaml:5:43: `spec.condition.threshold` is `0`; expected a number above 0",
            "w.yaml:5:62: `spec.condition.lookbackWindow` is `0m`; expected a length of time above zero",
        ],
    );
}

#[test]
fn severities_of_others() {
    let of_word = |severity: &str| {
        let text =
            of("AlertCondition", &format!("severity: {severity}\ncondition: {{threshold: 2, lookbackWindow: 1h}}"));
        let Resource::AlertCondition(condition) = one(&text) else { panic!() };
        condition.spec.loudness()
    };
    let words = ["page", "Critical", "sev1", "warning", "info", "whatever"].map(of_word);
    use Severity::{Info, Page, Ticket};
    assert_eq!(words, [Page, Page, Page, Ticket, Info, Ticket]);
}

#[test]
fn names_and_annotations() {
    let text = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: a_b, labels: {a: [b, c], \"\": d}, annotations: {watchkeeper.dev/tier: \"0\", watchkeeper.dev/burn-policy: A}}\nspec: {}\n";
    refused(
        text,
        &[
            "w.yaml:3:18: `metadata.name` is `a_b`; did you mean `a-b`? expected 1 to 63 letters, digits, `-` or `.`, with a letter \
             or digit at both ends",
            "w.yaml:3:43: a name in `metadata.labels` is empty; expected a name",
            "w.yaml:3:64: annotation `watchkeeper.dev/tier` is `0`; expected `1` (the most important) to `100`",
            "w.yaml:3:64: annotation `watchkeeper.dev/burn-policy` is `A`; expected `stream`, `hourly`, `daily`, `cohort`, or the name of \
             a BurnPolicy",
        ],
    );
    refused(
        &of("Service", &format!("description: {}", "x".repeat(1051))),
        &["w.yaml:5:16: `spec.description` has 1051 characters; expected at most 1050"],
    );
}
