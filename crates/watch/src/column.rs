//! The verdict of one column: the worst of its alarm metrics, with the sentence that explains it.

use watchkeeper_profile::measure::{Measured, Measurement, Status};

use watchkeeper_spec::Metric;

use crate::reason;
use crate::{ColumnRule, Judgement, Verdict, judge};

/// What a reason may mention beside the measurements.
#[derive(Debug, Clone, Default)]
pub struct ColumnFacts {
    /// Categories with their shares of reference and current rows, largest change first.
    pub movers: Vec<(String, f64, f64)>,
    /// Medians of reference and current, for numbers.
    pub medians: Option<(f64, f64)>,
    /// The most frequent value that the reference does not have.
    pub unseen_example: Option<String>,
    /// The range beyond which values are out of range.
    pub range: Option<(f64, f64)>,
    /// Constant in the current data but not in the reference.
    pub became_constant: bool,
}

/// The verdict of a column.
#[derive(Debug, Clone)]
pub struct ColumnVerdict {
    /// The worst of the alarm metrics.
    pub verdict: Verdict,
    /// One sentence for people, without the column's name.
    pub reason: String,
    /// Per measurement (same order): the judgement, and whether it alarms.
    pub judgements: Vec<(Option<Judgement>, bool)>,
    /// Bonferroni-corrected p-value of "no alarm metric exceeds its warning effect"; `None` when none was testable.
    pub p_value: Option<f64>,
    /// How far the worst alarm metric is beyond its warning decision threshold (1 = at the threshold).
    pub severity: f64,
}

/// Judges all measurements of a column.
#[must_use]
pub fn judge_column(measured: &Measured, rule: &ColumnRule, facts: &ColumnFacts) -> ColumnVerdict {
    let judgements: Vec<(Option<Judgement>, bool)> = measured
        .measurements
        .iter()
        .map(|m| {
            let thresholds = rule.thresholds(m.metric, m.reference);
            (thresholds.and_then(|t| judge(m, t, rule.alpha)), rule.alarms(m.metric) && thresholds.is_some())
        })
        .collect();
    let pairs = || measured.measurements.iter().zip(&judgements);
    let alarms = || pairs().filter(|(_, (_, alarm))| *alarm);
    let verdict = alarms().filter_map(|(m, (j, _))| verdict_of(m, j.as_ref())).max().unwrap_or(Verdict::Unknown);
    let lead = alarms()
        .filter_map(|(m, (j, _))| j.as_ref().filter(|j| j.verdict == verdict).map(|j| (m, j)))
        // PSI says what moved; of the others the one furthest beyond its threshold.
        .max_by(|a, b| rank(a.0).cmp(&rank(b.0)).then(excess(a.0, a.1).total_cmp(&excess(b.0, b.1))));
    let severity = alarms().filter_map(|(m, (j, _))| j.as_ref().map(|j| excess(m, j))).fold(0.0, f64::max);
    let reason = match lead {
        Some((measurement, judgement)) => reason::sentence(measurement, judgement, verdict, facts),
        None => reason::without_judgement(alarms().map(|(m, _)| m)),
    };
    let tested: Vec<f64> = alarms().filter_map(|(_, (j, _))| j.as_ref().and_then(|j| j.p_value)).collect();
    let p_value = tested.iter().copied().reduce(f64::min).map(|p| (p * tested.len() as f64).min(1.0));
    ColumnVerdict { verdict, reason, judgements, p_value, severity }
}

/// What one alarm metric contributes: one that does not apply to the column contributes nothing.
fn verdict_of(measurement: &Measurement, judgement: Option<&Judgement>) -> Option<Verdict> {
    match (judgement, measurement.status) {
        (Some(judgement), _) => Some(judgement.verdict),
        (None, Status::NotApplicable) => None,
        (None, _) => Some(Verdict::Unknown),
    }
}

fn rank(measurement: &Measurement) -> bool {
    measurement.metric == Metric::Psi
}

fn excess(measurement: &Measurement, judgement: &Judgement) -> f64 {
    let threshold = judgement.decision.unwrap_or(judgement.thresholds).warning;
    let effect = measurement.value.map_or(0.0, |value| measurement.metric.effect(value));
    if threshold > 0.0 { effect / threshold } else { effect }
}
