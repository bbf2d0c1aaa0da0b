//! Settings of a check.

use super::thresholds;
use crate::model::{CheckSettings, MetricSelection};
use crate::problem::{Problem, Problems};
use crate::text::{At, CheckText, MetricsText};
use crate::{Metric, yaml};

const PATH: &str = "spec.check";

pub(super) fn resolve(text: CheckText, problems: &mut Problems) -> CheckSettings {
    let default = CheckSettings::default();
    level(&text.alpha, "alpha", 0.5, problems);
    level(&text.fdr_q, "fdr_q", 1.0, problems);
    CheckSettings {
        metrics: text.metrics.map_or(default.metrics, |metrics| selection(metrics, problems)),
        alpha: text.alpha.map_or(default.alpha, |at| at.value),
        fdr_q: text.fdr_q.map_or(default.fdr_q, |at| at.value),
        fail_on: text.fail_on.map_or(default.fail_on, |at| at.value),
        exact_rows: text.exact_rows.map_or(default.exact_rows, |at| at.value),
        thresholds: thresholds::resolve(&text.thresholds, PATH, problems),
    }
}

/// Reports an error level outside (0, `end`).
fn level(at: &Option<At<f64>>, field: &str, end: f64, problems: &mut Problems) {
    let Some(At { value, position }) = at else {
        return;
    };
    if *value > 0.0 && *value < end {
        return;
    }
    let path = format!("{PATH}.{field}");
    let found = yaml::number(*value);
    let problem = Problem::new(path.clone(), *position, format!("`{path}` is `{found}`")).found(found);
    problems.add(problem.expected(format!("a number above 0 and below {end}")));
}

fn selection(text: MetricsText, problems: &mut Problems) -> MetricSelection {
    let path = format!("{PATH}.metrics");
    let mut named: Vec<Metric> = Vec::new();
    for At { value, position } in &text.named {
        if named.contains(value) {
            let problem = Problem::new(path.clone(), *position, format!("repeated metric `{value}` in `{path}`"));
            problems.add(problem.found(value.as_str()).expected("each metric once"));
        } else {
            named.push(*value);
        }
    }
    if !text.all {
        return MetricSelection { default: text.default, named };
    }
    if text.default || !named.is_empty() {
        let what = format!("`{path}` has `all` and other entries");
        let problem = Problem::new(path, text.position, what).expected("`all` alone");
        problems.add(problem.hint("`all` contains every metric"));
    }
    MetricSelection { default: false, named: Metric::ALL.to_vec() }
}
