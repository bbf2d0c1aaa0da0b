//! Unknown, missing and repeated fields; wrong types.

use crate::support::{check, check_spec, ok, parse, with_spec};

#[test]
fn unknown_fields() {
    check_spec(
        "task: other\ncolums: []",
        &["model.yaml:6:3: unknown field `colums` in `spec`; did you mean `columns`? \
           expected one of `task`, `columns`, `undeclared`, `check`, `ingest`, `segments`, `profiles`, `learning`, \
           `retention`"],
    );
    check(
        "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: {name: m}\nspec: {task: other}\nzzz: 1\n",
        &["model.yaml:5:1: unknown field `zzz` at the top level; \
           expected one of `apiVersion`, `kind`, `metadata`, `spec`"],
    );
    check_spec(
        "task: other\ncolumns:\n  - {name: a, role: feature, Type: text}",
        &["model.yaml:7:32: unknown field `Type` in `spec.columns[0]`; did you mean `type`? expected one of `name`, \
           `role`, `type`, `min`, `max`, `importance`, `missing_as_bin`, `empty_is_null`, `thresholds`, `privacy`"],
    );
}

#[test]
fn missing_and_empty_fields() {
    check(
        "kind: Model\nmetadata: {}\nspec:\n  task:\n",
        &[
            "model.yaml:1:1: missing field `apiVersion` at the top level; expected `watchkeeper/v1`",
            "model.yaml:2:11: missing field `name` in `metadata`; expected 1 to 63 lower-case letters, digits, `-` or \
             `.`, with a letter or digit at both ends",
            "model.yaml:4:7: empty field `task` in `spec`; expected one of `binary_classification`, \
             `multiclass_classification`, `regression`, `ranking`, `forecasting`, `other`",
        ],
    );
}

#[test]
fn null_is_absent() {
    let model = ok(&with_spec("task: other\ncolumns: ~\nundeclared:\ncheck: null"));
    assert!(model.columns.is_empty());
}

#[test]
fn repeated_fields() {
    check_spec(
        "task: other\ntask: ranking",
        &["model.yaml:6:3: repeated field `task` in `spec`; expected each field once"],
    );
}

#[test]
fn wrong_types() {
    check_spec(
        "
task: [other]
columns:
  - {name: 7, role: feature, min: \"0\", missing_as_bin: yes}
  - text
  - {name: b, role: feature, max: .inf, importance: .nan}
check:
  metrics: default
  exact_rows: -1
",
        &[
            "model.yaml:5:9: `spec.task` is a list; expected one of `binary_classification`, \
             `multiclass_classification`, `regression`, `ranking`, `forecasting`, `other`",
            "model.yaml:7:14: `spec.columns[0].name` is number `7`; expected text; put it in quotes",
            "model.yaml:7:37: `spec.columns[0].min` is text `0`; expected a number; remove the quotes",
            "model.yaml:7:58: `spec.columns[0].missing_as_bin` is text `yes`; did you mean `true`? \
             expected `true` or `false` without quotes",
            "model.yaml:8:7: `spec.columns[1]` is text `text`; expected a mapping of fields",
            "model.yaml:9:37: `spec.columns[2].max` is number `.inf`; expected a finite number",
            "model.yaml:9:55: `spec.columns[2].importance` is number `.nan`; expected a finite number",
            "model.yaml:11:14: `spec.check.metrics` is text `default`; \
             expected a list of `default`, `all` or names of metrics; put it in `[` and `]`",
            "model.yaml:12:17: `spec.check.exact_rows` is number `-1`; expected a whole number from 0",
        ],
    );
}

#[test]
fn unknown_words() {
    check_spec(
        "task: other\ncolumns:\n  - {name: a, role: target, type: string}\nundeclared: infr",
        &[
            "model.yaml:7:23: unknown role `target` at `spec.columns[0].role`; did you mean `label`? expected one of \
             `feature`, `prediction`, `score`, `label`, `segment`, `id`, `timestamp`, `latency`, `attribution`, \
             `embedding`, `ignore`",
            "model.yaml:7:37: unknown type `string` at `spec.columns[0].type`; did you mean `categorical`? \
             expected one of `numeric`, `boolean`, `categorical`, `text`, `timestamp`",
            "model.yaml:8:15: unknown policy `infr` at `spec.undeclared`; did you mean `infer`? \
             expected one of `infer`, `ignore`",
        ],
    );
}

#[test]
fn unknown_metrics() {
    let error = parse(&with_spec("task: other\ncheck: {metrics: [ps, defualt], thresholds: {kss: {}, psi: {}}}"));
    let error = error.unwrap_err().to_string();
    let starts: Vec<&str> = error.lines().map(|line| line.split(" expected").next().unwrap()).collect();
    assert_eq!(
        starts,
        [
            "model.yaml:6:21: unknown metric `ps` at `spec.check.metrics[0]`; did you mean `psi`?",
            "model.yaml:6:25: unknown metric `defualt` at `spec.check.metrics[1]`; did you mean `default`?",
            "model.yaml:6:48: unknown metric `kss` in `spec.check.thresholds`; did you mean `ks`?",
            "model.yaml:6:62: missing field `warning` in `spec.check.thresholds.psi`;",
            "model.yaml:6:62: missing field `critical` in `spec.check.thresholds.psi`;",
        ]
    );
    assert!(error.contains("expected one of `default`, `all`, `psi`, `kl_current_reference`"), "{error}");
}

#[test]
fn another_resource_is_one_problem() {
    check(
        "apiVersion: watchkeeper/v2\nkind: Monitor\nspec: {rule: x}\n",
        &[
            "model.yaml:1:13: unknown `apiVersion` `watchkeeper/v2`; did you mean `watchkeeper/v1`? \
             expected `watchkeeper/v1`",
            "model.yaml:2:7: unknown `kind` `Monitor`; expected `Model`",
        ],
    );
}

#[test]
fn problems_are_bounded_and_counted() {
    let columns: String = (0..150).map(|i| format!("  - {{name: c{i}, role: feature, x: 1}}\n")).collect();
    let error = parse(&with_spec(&format!("task: other\ncolumns:\n{columns}"))).unwrap_err();
    assert_eq!((error.problems().len(), error.omitted()), (100, 50));
    assert!(error.to_string().ends_with("\nand 50 more problems"));
}

#[test]
fn hidden_characters_are_shown_and_long_values_cut() {
    let long = "x".repeat(100);
    let error = parse(&with_spec(&format!("task: \"a\\u202e\\nb\"\nundeclared: {long}"))).unwrap_err().to_string();
    assert!(error.contains("unknown task `a\\u{202e}\\nb` at"), "{error}");
    assert!(error.contains(&format!("unknown policy `{}…` at", "x".repeat(80))), "{error}");
}

#[test]
fn problems_have_parts() {
    let error = parse(&with_spec("task: regresion")).unwrap_err();
    let problem = &error.problems()[0];
    assert_eq!(problem.source, "model.yaml");
    assert_eq!(problem.position.map(|at| (at.line, at.column)), Some((5, 9)));
    assert_eq!(problem.path, "spec.task");
    assert_eq!(problem.found.as_deref(), Some("regresion"));
    assert_eq!(problem.suggestion.as_deref(), Some("regression"));
    assert!(problem.expected.as_deref().unwrap().starts_with("one of `binary_classification`"));
}
