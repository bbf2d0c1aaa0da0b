//! The resolved model: the full shape, and the defaults.

use watchkeeper_spec::{FailOn, Kind, Metric, Role, Task, Undeclared};

use crate::support::{ok, with_spec};

const FULL: &str = r#"
apiVersion: watchkeeper/v1
kind: Model
metadata: { name: flights-delay, description: "...", labels: {team: ops} }
spec:
  task: binary_classification
  columns:
    - name: dest
      role: feature
      type: categorical
    - name: distance
      role: feature
      type: numeric
      min: 0
      max: 10
      importance: 2.5
      missing_as_bin: true
      empty_is_null: true
      thresholds: { psi: {warning: 0.2, critical: 0.5} }
  undeclared: ignore
  check:
    metrics: [default, energy]
    alpha: 0.02
    fdr_q: 0.1
    fail_on: warning
    exact_rows: 1e3
    thresholds: { ks: {warning: 0.1, critical: 0.3} }
"#;

#[test]
fn full_shape() {
    let model = ok(FULL);
    assert_eq!((model.name.as_str(), model.description.as_deref()), ("flights-delay", Some("...")));
    assert_eq!(model.labels["team"], "ops");
    assert_eq!((model.task, model.undeclared), (Task::BinaryClassification, Undeclared::Ignore));
    let column = model.column("distance").unwrap();
    assert_eq!((column.role, column.kind), (Role::Feature, Some(Kind::Numeric)));
    assert_eq!((column.min, column.max, column.importance), (Some(0.0), Some(10.0), 2.5));
    assert!(column.missing_as_bin && column.empty_is_null);
    let check = &model.check;
    assert_eq!((check.alpha, check.fdr_q, check.fail_on, check.exact_rows), (0.02, 0.1, FailOn::Warning, 1000));
    assert!(check.metrics.wants(Metric::Energy, false));
    assert!(check.metrics.wants(Metric::Psi, true));
    assert!(!check.metrics.wants(Metric::Psi, false));
}

#[test]
fn thresholds_go_from_column_to_check_to_default() {
    let model = ok(FULL);
    let pair = |column, metric, rate| {
        model.thresholds(model.column(column), metric, rate).map(|thresholds| (thresholds.warning, thresholds.critical))
    };
    assert_eq!(pair("distance", Metric::Psi, 0.0), Some((0.2, 0.5)));
    assert_eq!(pair("dest", Metric::Psi, 0.0), Some((0.1, 0.25)));
    assert_eq!(pair("undeclared", Metric::Ks, 0.0), Some((0.1, 0.3)));
    assert_eq!(pair("dest", Metric::MissingRate, 0.5), Some((0.05, 0.25)));
    assert_eq!(pair("dest", Metric::Energy, 0.0), None);
}

#[test]
fn defaults() {
    let model = ok(&with_spec("task: other\ncolumns: [{name: a, role: id}]"));
    let column = &model.columns[0];
    assert_eq!((column.kind, column.min, column.max, column.importance), (None, None, None, 1.0));
    assert!(!column.missing_as_bin && !column.empty_is_null && column.thresholds.is_empty());
    let check = &model.check;
    assert_eq!((check.alpha, check.fdr_q, check.fail_on, check.exact_rows), (0.01, 0.05, FailOn::Critical, 100_000));
    assert!(check.metrics.default && check.metrics.named.is_empty());
    assert_eq!((model.undeclared, model.description), (Undeclared::Infer, None));
}

#[test]
fn all_metrics() {
    let model = ok(&with_spec("task: other\ncheck: {metrics: [all]}"));
    assert_eq!(model.check.metrics.named, Metric::ALL);
}

#[test]
fn equality_ignores_positions() {
    let spaced = format!("\n\n# comment\n---\n{FULL}...\n");
    assert_eq!(ok(FULL), ok(&spaced));
    assert_ne!(ok(FULL), ok(&FULL.replace("0.02", "0.03")));
}
