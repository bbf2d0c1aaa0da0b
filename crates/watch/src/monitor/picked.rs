//! Which series a rule looks at.

use std::collections::BTreeSet;

use watchkeeper_profile::Kind;
use watchkeeper_spec::{
    ColumnMeasure, Detector, Measure, ModelMeasure, Monitor, MonitorBaseline, Pick, Role, SegmentPick,
};

use crate::measured::{Scope, Series, drift_metric};

/// A column of a model, as far as rules care.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchedColumn {
    /// Its name.
    pub name: String,
    /// What it is to the model.
    pub role: Role,
    /// How it is counted.
    pub kind: Kind,
    /// Weight among the columns.
    pub importance: f64,
}

/// What a rule measures: its own, or what its detector is about.
#[must_use]
pub fn measure_of(monitor: &Monitor) -> Option<Measure> {
    let spec = &monitor.spec;
    spec.measure.clone().or(match spec.detector {
        Detector::Test(_) | Detector::Sequential(_) => Some(Measure::DRIFT),
        Detector::Absence(_) => Some(Measure::Model(ModelMeasure::Volume)),
        _ => None,
    })
}

/// The series of a rule, of the parts of its model that there are.
///
/// * `scopes`: parts of the model.
#[must_use]
pub fn series_of<'a>(
    monitor: &Monitor,
    columns: &[WatchedColumn],
    scopes: impl IntoIterator<Item = &'a Scope>,
) -> BTreeSet<Series> {
    let Some(measure) = measure_of(monitor) else { return BTreeSet::new() };
    let picked: Vec<(Option<&str>, Measure)> = if measure.is_of_columns() {
        columns
            .iter()
            .filter_map(|column| Some((Some(column.name.as_str()), of_column(monitor, &measure, column)?)))
            .collect()
    } else {
        vec![(None, measure.clone())]
    };
    let window = u32::try_from(monitor.spec.window.size.seconds()).unwrap_or(u32::MAX);
    let scopes = scopes.into_iter().filter(|scope| takes(monitor, scope));
    let series = |scope: &Scope| {
        let scope = scope.clone();
        let of = |(column, measure): &(Option<&str>, Measure)| Series {
            scope: scope.clone(),
            column: column.map(str::to_owned),
            baseline: if measure.is_comparison() { baseline_word(&monitor.spec.baseline) } else { String::new() },
            measure: measure.clone(),
            window,
        };
        picked.iter().map(of).collect::<Vec<_>>()
    };
    scopes.flat_map(series).collect()
}

/// What a rule measures of a column; `None` when it does not look at it.
fn of_column(monitor: &Monitor, measure: &Measure, column: &WatchedColumn) -> Option<Measure> {
    let by_default = match measure {
        Measure::Column(ColumnMeasure::PredictionDrift) => column.role == Role::Prediction,
        Measure::Column(ColumnMeasure::ScoreDrift) => column.role == Role::Score,
        _ => column.role == Role::Feature,
    };
    if !monitor.spec.select.takes_column(&column.name, by_default) {
        return None;
    }
    match measure {
        Measure::Column(ColumnMeasure::Drift | ColumnMeasure::PredictionDrift | ColumnMeasure::ScoreDrift) => {
            drift_metric(column.kind).map(Measure::Metric)
        }
        other => Some(other.clone()),
    }
}

/// Whether a rule looks at a part of its model.
fn takes(monitor: &Monitor, scope: &Scope) -> bool {
    let select = &monitor.spec.select;
    let picks = |pick: &Pick, found: &Option<String>| match (pick, found) {
        (Pick::Together, None) => true,
        (Pick::Each, Some(name)) => !name.is_empty(),
        (Pick::One(wanted), Some(name)) => wanted == name,
        _ => false,
    };
    let segment = match (&select.segment, &scope.segment) {
        (SegmentPick::Whole, None) | (SegmentPick::Each, Some(_)) => true,
        (SegmentPick::EachOf(name), Some((found, _))) => name == found,
        (SegmentPick::One { name, value }, Some((found, of))) => name == found && value == of,
        _ => false,
    };
    scope.model == select.model
        && segment
        && picks(&select.environment, &scope.environment)
        && picks(&select.version, &scope.version)
}

/// A baseline as series name it.
#[must_use]
pub fn baseline_word(baseline: &MonitorBaseline) -> String {
    match baseline {
        MonitorBaseline::Training => "training".into(),
        MonitorBaseline::Fixed(name) => format!("fixed:{name}"),
        MonitorBaseline::Range(times) => format!("range:{}/{}", times.from, times.to),
        MonitorBaseline::Trailing(trailing) => format!("trailing:{}:{}", trailing.length, trailing.offset),
        MonitorBaseline::PreviousVersion => "previous_version".into(),
        MonitorBaseline::Season(season) => format!("season:{}w", season.weeks),
        _ => "unknown".into(),
    }
}
