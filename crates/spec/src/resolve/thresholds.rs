//! Thresholds: a range that the metric can reach, and the right order.

use crate::problem::{Problem, Problems};
use crate::text::{At, ThresholdText};
use crate::{Metric, ThresholdOverrides, Thresholds, yaml};

/// Resolves the `thresholds` of the mapping at `parent`. Both severities are needed: there is no partial override.
pub(super) fn resolve(list: &[ThresholdText], parent: &str, problems: &mut Problems) -> ThresholdOverrides {
    let mut resolved = ThresholdOverrides::new();
    for ThresholdText { metric, limits } in list {
        let path = format!("{parent}.thresholds.{}", metric.value);
        reachable(&limits.warning, metric.value, &format!("{path}.warning"), problems);
        reachable(&limits.critical, metric.value, &format!("{path}.critical"), problems);
        let (Some(warning), Some(critical)) = (&limits.warning, &limits.critical) else {
            continue;
        };
        if warning.value > critical.value {
            let (low, high) = (yaml::number(warning.value), yaml::number(critical.value));
            let what = format!("`warning` `{low}` is above `critical` `{high}` in `{path}`");
            let problem = Problem::new(path, warning.position, what).found(low);
            problems.add(problem.expected("`warning` not above `critical`").hint("swap them"));
        }
        resolved.insert(metric.value, Thresholds { warning: warning.value, critical: critical.value });
    }
    resolved
}

/// Reports a threshold that every value, or none, would reach.
fn reachable(at: &Option<At<f64>>, metric: Metric, path: &str, problems: &mut Problems) {
    let Some(At { value, position }) = at else {
        return;
    };
    let expected = match metric.effect_max() {
        _ if *value < 0.0 => "a number from 0".to_owned(),
        Some(max) if *value > max => format!("at most {}, the largest effect of `{metric}`", yaml::number(max)),
        _ => return,
    };
    let found = yaml::number(*value);
    problems.add(Problem::new(path, *position, format!("`{path}` is `{found}`")).found(found).expected(expected));
}
