//! What is measured of a model, a version or a segment as a whole.

use watchkeeper_profile::measure::Status;
use watchkeeper_profile::{Baseline, Profile};
use watchkeeper_spec::{Measure, ModelMeasure};
use watchkeeper_stats::interval::wilson;

use super::Point;
use super::columns::quantile_of;
use super::rows::failed_rows;

/// What is known of a part of a model in one window beside its columns' profiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct ModelFacts<'a> {
    /// Predictions.
    pub rows: u64,
    /// The newest event until the end of the window, µs since 1970.
    pub last_event: Option<i64>,
    /// The latency's grid and profile.
    pub latency: Option<(&'a Baseline, &'a Profile)>,
    /// The profile of the prediction.
    pub prediction: Option<&'a Profile>,
    /// The column that says whether a prediction failed, where there is one: its grid and profile.
    pub error: Option<(&'a Baseline, &'a Profile)>,
    /// Predictions that are old enough for a label, and those of them that have one.
    pub labels: Option<(u64, u64)>,
}

/// The points of a model in a window: one for each of `wanted` that it has.
#[must_use]
pub fn model_points(
    facts: &ModelFacts<'_>,
    wanted: &[Measure],
    window: (i64, i64),
    known_at: i64,
) -> Vec<(Measure, Point)> {
    let point = |measure: &Measure| {
        let Measure::Model(of) = measure else { return None };
        Some((measure.clone(), model_point(facts, *of, window, known_at)))
    };
    wanted.iter().filter_map(point).collect()
}

fn model_point(facts: &ModelFacts<'_>, measure: ModelMeasure, window: (i64, i64), known_at: i64) -> Point {
    let nothing = || Point::without(window, known_at, Status::InsufficientData);
    match measure {
        ModelMeasure::Volume => Point::with(window, known_at, facts.rows as f64, facts.rows),
        ModelMeasure::Freshness => facts.last_event.map_or_else(nothing, |last| {
            let seconds = window.1.saturating_sub(last).max(0) as f64 / 1e6;
            Point::with(window, known_at, seconds, facts.rows)
        }),
        ModelMeasure::ErrorRate => {
            let error = facts.error.map(|(baseline, profile)| (&baseline.grid, profile));
            failed_rows(error, facts.prediction).map_or_else(nothing, |counts| share(counts, window, known_at))
        }
        ModelMeasure::LabelCoverage => {
            facts.labels.map_or_else(nothing, |(rows, labelled)| share((labelled.min(rows), rows), window, known_at))
        }
        latency => {
            let value = facts.latency.zip(latency.latency_quantile());
            let value = value.and_then(|((baseline, profile), level)| quantile_of(baseline, profile, level));
            let rows = facts.latency.map_or(0, |(_, profile)| profile.classes.value);
            value.map_or_else(nothing, |value| Point::with(window, known_at, value, rows))
        }
    }
}

/// A share of rows with its interval; none without rows.
fn share((some, all): (u64, u64), window: (i64, i64), known_at: i64) -> Point {
    let Some(interval) = wilson(some, all, 0.95) else {
        return Point::without(window, known_at, Status::InsufficientData);
    };
    let mut point = Point::with(window, known_at, some as f64 / all as f64, all);
    point.interval = Some((interval.lo, interval.hi));
    point.counts = Some((some, all));
    point
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_not_zero() {
        let wanted: Vec<Measure> = ModelMeasure::ALL.iter().copied().map(Measure::Model).collect();
        let points = model_points(&ModelFacts::default(), &wanted, (0, 60_000_000), 1);
        assert_eq!(points.len(), wanted.len());
        for (measure, point) in points {
            let expected = (measure == Measure::Model(ModelMeasure::Volume)).then_some(0.0);
            assert_eq!(point.value, expected, "{measure}");
        }
    }

    #[test]
    fn shares_have_intervals() {
        let facts = ModelFacts { labels: Some((200, 150)), last_event: Some(30_000_000), ..ModelFacts::default() };
        let wanted = [Measure::Model(ModelMeasure::LabelCoverage), Measure::Model(ModelMeasure::Freshness)];
        let points = model_points(&facts, &wanted, (0, 60_000_000), 1);
        assert_eq!(points[0].1.value, Some(0.75));
        assert_eq!(points[0].1.counts, Some((150, 200)));
        let (low, high) = points[0].1.interval.unwrap();
        assert!(low > 0.68 && low < 0.69 && high > 0.80 && high < 0.81, "{low} {high}");
        assert_eq!(points[1].1.value, Some(30.0));
    }
}
