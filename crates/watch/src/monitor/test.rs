//! The minimum-effect test: beyond what can be tolerated, and no chance (methods.md B.5).

use watchkeeper_spec::{Measure, MonitorSpec, Severity, TestDetector, Thresholds};

use super::{About, Finding, outcome_of};
use crate::judge::{JudgedEffect, judge_effect};
use crate::measured::Point;
use crate::reason::number;

pub(super) fn judge(test: &TestDetector, spec: &MonitorSpec, about: About<'_>, point: &Point) -> Finding {
    let Measure::Metric(metric) = about.series.measure else {
        return Finding::unknown("a test needs a measure that compares with a reference");
    };
    let (Some(value), Some(thresholds)) = (point.value, thresholds(test, about, point)) else {
        return Finding::unknown("the measure has no effect that matters; set `detector.effect`");
    };
    let tau = if spec.severity == Severity::Page { thresholds.critical } else { thresholds.warning };
    let effect = metric.effect(value);
    let JudgedEffect { decision, p_value, lower_bound, is_insufficient } =
        judge_effect(&point.law.noise(), effect, tau, test.alpha);
    let limit = decision.unwrap_or(tau);
    let score = effect / limit;
    if is_insufficient && score <= 1.0 {
        return Finding::unknown(format!("{} rows are too few to tell an effect of {}", point.n_current, number(tau)));
    }
    let mut sentence = format!("{metric} {} of {} tolerated", number(value), number(tau));
    if score > 1.0 {
        sentence.push_str(&format!(
            "; chance alone explains up to {} with {} rows",
            number(limit),
            crate::reason::count(point.n_current)
        ));
    }
    Finding {
        outcome: outcome_of(score, spec.leave.clear),
        limit: Some(limit),
        score: Some(score),
        p_value,
        onset: None,
        evidence: [Some(("effect", effect)), Some(("tolerated", tau)), lower_bound.map(|bound| ("lower_bound", bound))]
            .into_iter()
            .flatten()
            .collect(),
        sentence,
    }
}

/// The effects that matter: the rule's own, those of the model's file, or those of the metric.
fn thresholds(test: &TestDetector, about: About<'_>, point: &Point) -> Option<Thresholds> {
    let Measure::Metric(metric) = about.series.measure else { return None };
    if let Some(effect) = test.effect {
        return Some(Thresholds { warning: effect, critical: effect });
    }
    about.thresholds.or_else(|| match (metric.is_rate(), point.reference) {
        (true, Some(rate)) => Some(Thresholds::for_rate(rate)),
        _ => metric.default_thresholds(),
    })
}
