//! Monitors: what a rule says about the points of a series.
//!
//! A rule, the points of a series and what the rule remembers of it make an [`Evaluation`]. Nothing else goes in: the same
//! points give the same evaluations, live and years later.

mod absence;
mod band;
mod composite;
mod memory;
mod picked;
mod sequential;
mod stream;
mod test;
#[cfg(test)]
mod tests;
mod threshold;
mod windows;

pub use composite::composite;
pub use memory::Memory;
pub use picked::{WatchedColumn, baseline_word, measure_of, series_of};
pub use windows::{CAUGHT_UP_MAX, Window, due};

use std::collections::BTreeMap;

use watchkeeper_profile::measure::Status;
use watchkeeper_spec::{Detector, Measure, Metric, ModelMeasure, Monitor, Role, Thresholds};

use crate::Severity;
use crate::evaluation::{Evaluation, Outcome, Rank, Rule, RuleKind};
use crate::measured::{Point, Series};

/// What is known of a series beside its points.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Which series.
    pub series: &'a Series,
    /// The role of its column; `None` for measures of the model.
    pub role: Option<Role>,
    /// What the model's file says about the metric of this column.
    pub thresholds: Option<Thresholds>,
    /// Sequential series of the model: they share its budget of false alarms.
    pub sequential_series: u64,
    /// Whether the column's bins are categories, which have no order.
    pub is_categorical: bool,
}

/// A rule as it is applied.
#[derive(Debug, Clone, Copy)]
pub struct Applied<'a> {
    /// The rule.
    pub monitor: &'a Monitor,
    /// Its revision.
    pub revision: u64,
}

/// What a detector says about a point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    outcome: Outcome,
    limit: Option<f64>,
    /// How far beyond the limit: 1 is at it.
    score: Option<f64>,
    p_value: Option<f64>,
    onset: Option<i64>,
    evidence: Vec<(&'static str, f64)>,
    /// What it says, after the name of the series.
    sentence: String,
}

impl Finding {
    fn unknown(why: impl Into<String>) -> Self {
        let why = why.into();
        Self {
            outcome: Outcome::Unknown(why.clone()),
            limit: None,
            score: None,
            p_value: None,
            onset: None,
            evidence: Vec::new(),
            sentence: why,
        }
    }
}

/// Beyond the limit, between the clear level and the limit, or inside: by a score that is 1 at the limit.
fn outcome_of(score: f64, clear: f64) -> Outcome {
    if score > 1.0 {
        Outcome::Breach
    } else if score > clear {
        Outcome::Near
    } else {
        Outcome::Clear
    }
}

/// Judges the newest point of a series; `None` while the rule is still learning what is usual: that says nothing, also not
/// that there are no data.
///
/// * `history`: points of earlier windows, ascending, none twice.
/// * `memory`: what the rule remembers; windows that it has seen do not change it again.
#[must_use]
pub fn evaluate(
    rule: Applied<'_>,
    about: About<'_>,
    history: &[Point],
    point: &Point,
    memory: &mut Memory,
) -> Option<Evaluation> {
    let spec = &rule.monitor.spec;
    let finding = if let Some(why) = unjudgeable(point, spec.min_samples, about.series) {
        memory.skip(point);
        Finding::unknown(why)
    } else {
        match &spec.detector {
            Detector::Test(test) => test::judge(test, spec, about, point),
            Detector::Threshold(threshold) => threshold::judge(threshold, spec, point),
            Detector::Band(band) => band::judge(band, spec, about, history, point)?,
            Detector::Sequential(sequential) => sequential::judge(sequential, spec, about, point, memory),
            Detector::Stream(stream) => stream::judge(stream, point, memory),
            Detector::Absence(absence) => absence::judge(absence, point),
            _ => Finding::unknown("this detector does not look at points"),
        }
    };
    Some(evaluation(rule, about, point, finding))
}

/// Why a point cannot be judged by any detector.
fn unjudgeable(point: &Point, min_samples: u64, series: &Series) -> Option<String> {
    if point.status != Status::Ok || point.value.is_none() {
        let what = match point.status {
            Status::Ok | Status::InsufficientData => "too few rows",
            Status::Undefined => "no value",
            Status::DegenerateReference => "the reference is empty or constant",
            Status::NotApplicable => "the measure does not suit the column",
        };
        return Some(format!("{what} ({} in the window)", point.n_current));
    }
    // That nothing came is what volume and freshness are about.
    let counts_rows = matches!(&series.measure, Measure::Model(of) if is_about_silence(*of));
    (!counts_rows && point.n_current < min_samples)
        .then(|| format!("{} rows in the window; the rule wants {min_samples}", point.n_current))
}

fn evaluation(rule: Applied<'_>, about: About<'_>, point: &Point, finding: Finding) -> Evaluation {
    let monitor = rule.monitor;
    let name = about.series.column.as_deref().map_or_else(|| about.series.measure.to_string(), str::to_owned);
    let mut evidence: BTreeMap<String, f64> =
        finding.evidence.into_iter().filter(|(_, value)| value.is_finite()).map(|(k, v)| (k.to_owned(), v)).collect();
    evidence.insert("rows".into(), point.n_current as f64);
    Evaluation {
        rule: Rule { kind: RuleKind::Monitor, name: monitor.metadata.name.clone() },
        revision: rule.revision,
        labels: about.series.labels(),
        window_end: point.end,
        window: point.end - point.start,
        known_at: point.known_at,
        outcome: finding.outcome,
        severity: severity(monitor.spec.severity),
        rank: rank(about),
        value: point.value,
        limit: finding.limit.filter(|limit| limit.is_finite()),
        score: finding.score.filter(|score| score.is_finite()),
        p_value: finding.p_value,
        sentence: format!("{name}: {}", finding.sentence),
        onset: finding.onset,
        evidence,
    }
}

/// How loud a rule is, as alerts say it.
fn severity(severity: watchkeeper_spec::Severity) -> Severity {
    match severity {
        watchkeeper_spec::Severity::Info => Severity::Info,
        watchkeeper_spec::Severity::Ticket => Severity::Ticket,
        watchkeeper_spec::Severity::Page => Severity::Page,
    }
}

/// Whether a measure tells that nothing came.
const fn is_about_silence(measure: ModelMeasure) -> bool {
    matches!(measure, ModelMeasure::Volume | ModelMeasure::Freshness)
}

/// Where in the chain of causes a series stands.
fn rank(about: About<'_>) -> Rank {
    match &about.series.measure {
        Measure::Model(of) if is_about_silence(*of) => Rank::Source,
        Measure::Model(_) => Rank::Quality,
        Measure::Metric(Metric::MissingRate | Metric::InvalidRate | Metric::UnseenRate | Metric::OutOfRangeRate) => {
            Rank::Quality
        }
        Measure::Quality(_) => Rank::Performance,
        Measure::Kpi(_) => Rank::Kpi,
        _ => match about.role {
            Some(Role::Prediction | Role::Score) => Rank::PredictionDrift,
            _ => Rank::FeatureDrift,
        },
    }
}
