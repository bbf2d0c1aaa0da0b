//! Values that have the right type and make no sense.

use crate::support::{check, check_spec};

#[test]
fn model_names() {
    for (name, suggestion) in
        [("Flights Delay", "flights-delay"), ("-a", "a"), ("a.", "a"), ("\"\"", "model"), ("Größe_2", "gr-e-2")]
    {
        let text =
            format!("apiVersion: watchkeeper/v1\nkind: Model\nmetadata: {{ name: {name} }}\nspec: {{task: other}}");
        let shown = name.trim_matches('"');
        check(
            &text,
            &[&format!(
                "model.yaml:3:19: invalid model name `{shown}`; did you mean `{suggestion}`? expected 1 to 63 \
                 lower-case letters, digits, `-` or `.`, with a letter or digit at both ends"
            )],
        );
    }
}

#[test]
fn columns_on_their_own() {
    check_spec(
        "
task: regression
columns:
  - {name: \"\", role: feature}
  - {name: a, role: feature, min: 3, max: 2.5}
  - {name: b, role: feature, type: categorical, min: 0}
  - {name: c, role: feature, importance: 0}
  - {name: d, role: score, type: text}
  - {name: e, role: label, type: boolean}
",
        &[
            "model.yaml:7:14: `spec.columns[0].name` is empty; expected the name of a column of the data",
            "model.yaml:8:37: `min` `3` is above `max` `2.5` in `spec.columns[1]`; \
             expected `min` not above `max`; swap them",
            "model.yaml:9:56: `spec.columns[2].min` is set for a column of type `categorical`; \
             expected a range only for type `numeric`",
            "model.yaml:10:44: `spec.columns[3].importance` is `0`; expected a number above 0; \
             a column with role `ignore` does not count",
            "model.yaml:11:36: type `text` does not go with role `score` in `spec.columns[4]`; expected `numeric`",
            "model.yaml:12:36: type `boolean` does not go with role `label` in `spec.columns[5]`; expected `numeric`",
        ],
    );
}

#[test]
fn columns_together() {
    check_spec(
        "
task: other
columns:
  - {name: a, role: id}
  - {name: a, role: feature}
  - {name: b, role: id}
  - {name: c, role: timestamp}
  - {name: d, role: timestamp}
",
        &[
            "model.yaml:8:14: repeated column `a`, first at line 7; expected each column once",
            "model.yaml:9:23: second column with role `id`, first at line 7; \
             expected at most one column with role `id`",
            "model.yaml:11:23: second column with role `timestamp`, first at line 10; \
             expected at most one column with role `timestamp`",
        ],
    );
}

#[test]
fn check_settings() {
    check_spec(
        "
task: other
check:
  metrics: [psi, all, ks, psi]
  alpha: 0.5
  fdr_q: 0
  thresholds:
    psi: {warning: 0.3, critical: 0.25}
    ks: {warning: -0.1, critical: 1.5}
    mann_whitney_auc: {warning: 0.06, critical: 0.64}
",
        &[
            "model.yaml:7:14: `spec.check.metrics` has `all` and other entries; expected `all` alone; \
             `all` contains every metric",
            "model.yaml:7:29: repeated metric `psi` in `spec.check.metrics`; expected each metric once",
            "model.yaml:8:12: `spec.check.alpha` is `0.5`; expected a number above 0 and below 0.5",
            "model.yaml:9:12: `spec.check.fdr_q` is `0`; expected a number above 0 and below 1",
            "model.yaml:11:22: `warning` `0.3` is above `critical` `0.25` in `spec.check.thresholds.psi`; \
             expected `warning` not above `critical`; swap them",
            "model.yaml:12:21: `spec.check.thresholds.ks.warning` is `-0.1`; expected a number from 0",
            "model.yaml:12:37: `spec.check.thresholds.ks.critical` is `1.5`; \
             expected at most 1, the largest effect of `ks`",
            "model.yaml:13:51: `spec.check.thresholds.mann_whitney_auc.critical` is `0.64`; \
             expected at most 0.5, the largest effect of `mann_whitney_auc`",
        ],
    );
    check_spec(
        "task: other\ncheck: {metrics: []}",
        &["model.yaml:6:20: `spec.check.metrics` is an empty list; expected at least one metric; \
           leave the field out for the default metrics"],
    );
}

#[test]
fn lints_run_beside_decode_problems() {
    check_spec(
        "task: other\ncheck: {alpha: 2, apha: 1}",
        &[
            "model.yaml:6:18: `spec.check.alpha` is `2`; expected a number above 0 and below 0.5",
            "model.yaml:6:21: unknown field `apha` in `spec.check`; did you mean `alpha`? expected one of `metrics`, \
             `alpha`, `fdr_q`, `fail_on`, `exact_rows`, `thresholds`",
        ],
    );
}
