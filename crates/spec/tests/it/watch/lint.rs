//! Resources that are right alone and wrong together.

use watchkeeper_spec::{Lint, Problem, Resource, lint};

use super::{of, one, read};

fn texts(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

fn linted(text: &str) -> Lint {
    lint(&read(text))
}

/// An SLO with this target and budgeting that takes a burn policy.
fn slo(policy: &str, target: &str, slices: &str) -> String {
    let method = if slices.is_empty() { "Occurrences" } else { "Timeslices" };
    let slices =
        if slices.is_empty() { String::new() } else { format!(", timeSliceTarget: 1, timeSliceWindow: {slices}") };
    format!(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: x, annotations: {{watchkeeper.dev/burn-policy: {policy}}}}}\nspec:\n  \
         service: m\n  indicatorRef: i\n  budgetingMethod: {method}\n  objectives: [{{target: {target}{slices}}}]\n"
    )
}

#[test]
fn burn_rates_that_cannot_be_reached() {
    // methods.md K.2 and slo-governance-ui 0.4: with 28 days the 1 h page needs 13.44, out of reach below 92.6 %.
    let found = linted(&slo("stream", "0.9", ""));
    assert_eq!(
        texts(&found.errors),
        [
            "w.yaml:3:64: the page tier `2 %` of the budget in `1h` of burn policy `stream` needs a burn rate of 13.4, but with target \
          0.9 it is 10 at most; expected a burn rate of at most 9; use burn policy `hourly`: annotation \
          `watchkeeper.dev/burn-policy: hourly`"
        ]
    );
    // At 80 % the 6 h page (5.6 of 5) is out of reach too.
    let found = linted(&slo("stream", "0.8", ""));
    assert_eq!(found.errors.len(), 2);
    assert!(texts(&found.errors)[1].contains("needs a burn rate of 5.6, but with target 0.8 it is 5 at most"));
    assert!(texts(&found.errors)[1].contains("use burn policy `daily`"));
    // Where it can be reached nothing is said: 13.44 ≤ 0.9 / 0.05.
    for (policy, target) in [("stream", "0.95"), ("hourly", "0.9"), ("daily", "0.5"), ("cohort", "0.1")] {
        assert_eq!(linted(&slo(policy, target, "")).errors, [], "{policy} {target}");
    }
}

#[test]
fn the_bound_is_nine_tenths_of_the_greatest_burn_rate() {
    let condition = |threshold: &str| {
        format!(
            "{}  alertPolicies:\n    - kind: AlertPolicy\n      spec:\n        conditions: [{{kind: AlertCondition, spec: {{severity: page, \
             condition: {{threshold: {threshold}, lookbackWindow: 1h}}}}}}]\n",
            slo("daily", "0.9", "")
        )
    };
    assert_eq!(linted(&condition("9")).errors, []);
    assert_eq!(
        texts(&linted(&condition("9.01")).errors),
        [
            "w.yaml:12:91: the page condition needs a burn rate of 9.01, but with target 0.9 it is 10 at most; expected a burn rate of at \
          most 9; use burn policy `hourly`: annotation `watchkeeper.dev/burn-policy: hourly`"
        ]
    );
}

#[test]
fn conditions_and_policies_by_name_are_followed() {
    let text = [
        slo("daily", "0.9", "1d"),
        "  alertPolicies: [{alertPolicyRef: p}]\n---\n".to_owned(),
        of("AlertPolicy", "conditions: [{conditionRef: x}]").replace("name: x", "name: p"),
        "---\n".to_owned(),
        of("AlertCondition", "severity: page\ncondition: {threshold: 14.4, lookbackWindow: 1h}"),
    ]
    .concat();
    assert_eq!(
        texts(&linted(&text).errors),
        [
            "w.yaml:9:19: the page condition needs a burn rate of 14.4, but with target 0.9 it is 10 at most; expected a burn rate of at \
             most 9; use burn policy `daily`: annotation `watchkeeper.dev/burn-policy: daily`",
            "w.yaml:9:19: `lookbackWindow` `1h` is under 3 slices of `1d`; expected a window of at least `3d`; use burn policy `daily`, \
             which counts slices",
        ]
    );
}

#[test]
fn windows_under_three_slices() {
    let found = linted(&slo("hourly", "0.9", "4h"));
    assert_eq!(
        texts(&found.errors),
        [
            "w.yaml:3:64: the page tier `5 %` of the budget in `6h` of burn policy `hourly` is under 3 slices of `4h`; expected a window of \
          at least `12h`; use burn policy `daily`, which counts slices"
        ]
    );
    assert_eq!(linted(&slo("hourly", "0.9", "2h")).errors, []);
}

#[test]
fn tiers_of_more_important_models_only() {
    let own = of("BurnPolicy", "family: stream\ntiers: [{severity: page, budget: 50, long: 1h, tier: 1}]")
        .replace("name: x", "name: own");
    let with_tier = |tier: &str| {
        let slo = slo("own", "0.9", "")
            .replace("burn-policy: own", &format!("burn-policy: own, watchkeeper.dev/tier: \"{tier}\""));
        linted(&format!("{own}---\n{slo}")).errors.len()
    };
    assert_eq!((with_tier("1"), with_tier("2")), (1, 0));
}

#[test]
fn a_low_burn_rate_is_no_alarm() {
    let text =
        of("AlertCondition", "severity: page\ncondition: {kind: burnrate, op: lte, threshold: 2, lookbackWindow: 1h}");
    let found = linted(&text);
    assert_eq!(found.errors, []);
    assert_eq!(
        texts(&found.warnings),
        [
            "w.yaml:6:35: `spec.condition.op` is `lte`: it alerts while the burn rate is below `2`; did you mean `gte`? expected `gt` or \
          `gte`: a high burn rate is the bad one"
        ]
    );
    let inline = of(
        "AlertPolicy",
        "conditions:\n  - spec: {severity: page, condition: {op: lt, threshold: 2, lookbackWindow: 1h}}",
    );
    let found = texts(&linted(&inline).warnings);
    assert!(found[0].starts_with("w.yaml:6:46: `spec.conditions[0].spec.condition.op` is `lt`"), "{found:?}");
    let slo = format!(
        "{}  alertPolicies: [{{spec: {{conditions: [{{spec: {{severity: page, condition: {{op: lt, threshold: 2, lookbackWindow: 1h}}}}}}]}}}}]\n",
        slo("daily", "0.9", "")
    );
    assert_eq!(linted(&slo).warnings.len(), 1);
    assert_eq!(linted(&text.replace("lte", "gte")).warnings, []);
}

#[test]
fn names_that_nothing_has() {
    let text = [
        of("Monitor", "select: {model: credit-rsk}\nbaseline: {fixed: v1}\ndetector: {type: composite, monitors: [other], need: any}"),
        of("Route", "targets: [hok]\nfallback: mail"),
        of("NotificationTarget", "type: webhook\nurl: https://example.org\nfallback: hok").replace("name: x", "name: hook"),
        slo("fast", "0.9", ""),
        of("AlertPolicy", "conditions: [{conditionRef: c}]\nnotificationTargets: [{targetRef: t}]"),
        of("SLI", "thresholdMetric: {metricSource: {type: Watchkeeper, metricSourceRef: d, spec: {kind: drift, model: n, baseline: b}}}"),
        "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: {name: credit-risk}\nspec: {task: other}\n".to_owned(),
    ]
    .join("---\n");
    let found = linted(&text);
    assert_eq!(found.errors, []);
    assert_eq!(
        texts(&found.unknown),
        [
            "w.yaml:5:19: there is no Model `credit-rsk`; did you mean `credit-risk`? expected the name of a Model",
            "w.yaml:6:21: there is no Baseline `v1`; expected the name of a Baseline",
            "w.yaml:7:42: there is no Monitor `other`; expected the name of a Monitor",
            "w.yaml:13:13: there is no NotificationTarget `hok`; did you mean `hook`? expected the name of a NotificationTarget",
            "w.yaml:14:13: there is no NotificationTarget `mail`; expected the name of a NotificationTarget",
            "w.yaml:22:13: there is no NotificationTarget `hok`; did you mean `hook`? expected the name of a NotificationTarget",
            "w.yaml:28:12: there is no Service `m`; expected the name of a Service",
            "w.yaml:29:17: there is no SLI `i`; expected the name of a SLI",
            "w.yaml:26:64: there is no BurnPolicy `fast`; expected the name of a BurnPolicy",
            "w.yaml:37:31: there is no AlertCondition `c`; expected the name of a AlertCondition",
            "w.yaml:38:37: there is no AlertNotificationTarget `t`; expected the name of a AlertNotificationTarget",
            "w.yaml:44:72: there is no DataSource `d`; expected the name of a DataSource",
            "w.yaml:44:102: there is no Model `n`; expected the name of a Model",
            "w.yaml:44:115: there is no Baseline `b`; expected the name of a Baseline",
        ]
    );
}

#[test]
fn names_that_something_has() {
    let text = [
        "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: {name: m}\nspec: {task: other}\n".to_owned(),
        of("Monitor", "select: {model: m}\ndetector: {type: test}"),
        of(
            "SLI",
            "thresholdMetric: {metricSource: {type: Watchkeeper, spec: {kind: drift, model: m, baseline: approved}}}",
        )
        .replace("name: x", "name: i"),
        slo("daily", "0.9", "").replace("target: 0.9", "op: lt, value: 1, target: 0.9"),
    ]
    .join("---\n");
    assert_eq!(linted(&text), Lint::default());
    // The SLI is a threshold metric: the objective needs a limit, which only shows when both are there.
    let without = linted(&text.replace("op: lt, value: 1, ", ""));
    assert_eq!(
        texts(&without.errors),
        [
            "w.yaml:26:16: `spec.objectives[0]` has no `op` and `value`, but SLI `i` is a `thresholdMetric`; expected the limit, such as \
          `op: gte` and `value: 0.78`"
        ]
    );
}

#[test]
fn circles() {
    let composite = |name: &str, of_name: &str| {
        of("Monitor", &format!("select: {{model: m}}\ndetector: {{type: composite, monitors: [{of_name}], need: any}}"))
            .replace("name: x", &format!("name: {name}"))
    };
    let text = [composite("a", "b"), composite("b", "c"), composite("c", "a"), composite("d", "a")].join("---\n");
    let found = linted(&text);
    assert_eq!(found.errors.len(), 3);
    assert_eq!(texts(&found.errors)[0], "w.yaml:6:42: Monitor `a` leads back to itself; expected no circles");
    let own = of("NotificationTarget", "type: webhook\nurl: https://example.org\nfallback: x");
    assert_eq!(
        texts(&linted(&own).errors),
        ["w.yaml:7:13: NotificationTarget `x` leads back to itself; expected no circles"]
    );
}

#[test]
fn absent_columns() {
    let Resource::Monitor(monitor) = one(&of(
        "Monitor",
        "select: {model: m, columns: [aeg, income, \"shap_*\"], exclude: [id]}\ndetector: {type: test}",
    )) else {
        panic!()
    };
    assert_eq!(
        texts(&monitor.lint_against(&["age", "income"])),
        [
            "w.yaml:5:32: column `aeg` is not in the data; did you mean `age`? expected the name of a column of the data",
            "w.yaml:5:45: no column of the data fits `shap_*`; expected a pattern that fits the name of a column",
            "w.yaml:5:66: column `id` is not in the data; expected the name of a column of the data",
        ]
    );
    assert_eq!(monitor.lint_against(&["aeg", "income", "shap_x", "id"]), []);
    let metric = "thresholdMetric: {metricSource: {type: Watchkeeper, spec: {kind: drift, metric: psi, column: agee}}}";
    let Resource::Sli(sli) = one(&of("SLI", metric)) else { panic!() };
    assert_eq!(
        texts(&sli.lint_against(&["age"])),
        [
            "w.yaml:5:96: column `agee` is not in the data; did you mean `age`? expected the name of a column of the data"
        ]
    );
    let text = of(
        "SLO",
        &format!(
            "service: m\nindicator: {{spec: {{{metric}}}}}\nbudgetingMethod: Occurrences\nobjectives: [{{op: lt, value: 1, target: 0.9}}]"
        ),
    );
    let Resource::Slo(slo) = one(&text) else { panic!() };
    assert_eq!(slo.lint_against(&["age"]).len(), 1);
    assert_eq!(slo.lint_against(&["agee"]), []);
}

#[test]
fn what_comes_from_a_catalog_has_no_positions() {
    let resource = one(&slo("stream", "0.9", ""));
    let stored = Resource::from_json(&resource.to_json(), "catalog").unwrap();
    assert!(texts(&lint(&[stored]).errors)[0].starts_with("catalog: the page tier"));
}

#[test]
fn secrets_in_what_is_kept_as_it_was_written() {
    let text = of(
        "DataSource",
        "type: CloudWatch\nconnectionDetails: {accessKeyID: hunter2, list: [{db_password: hunter2}], secretAccessKey: \"env:KEY\", region: eu, retries: 3}",
    );
    let found = texts(&linted(&text).warnings);
    assert_eq!(
        found,
        [
            "w.yaml:6:36: `spec.connectionDetails.accessKeyID` looks like a secret, and resources are stored and shown; expected a \
             reference to a secret, `env:NAME` or `file:PATH`",
            "w.yaml:6:66: `spec.connectionDetails.list[0].db_password` looks like a secret, and resources are stored and shown; expected a \
             reference to a secret, `env:NAME` or `file:PATH`",
        ]
    );
    let sli = of(
        "SLI",
        "thresholdMetric: {metricSource: {type: Redshift, spec: {query: SELECT 1, secretAccessKey: hunter2}}}",
    );
    assert_eq!(linted(&sli).warnings.len(), 1);
    assert_eq!(linted(&sli.replace("hunter2", "\"file:/run/secrets/key\"")).warnings, []);
}
