//! The seasonal band: what the value usually is at this hour (methods.md J.1).

use watchkeeper_spec::{BandDetector, Direction, Measure, Metric, ModelMeasure, MonitorSpec, Season, Transform};
use watchkeeper_stats::series::{self, BandSettings, Reading, SeasonalBand};

use super::{About, Finding, outcome_of};
use crate::measured::Point;
use crate::reason::number;

const WEEK: i64 = 7 * 86_400_000_000;

pub(super) fn judge(
    band: &BandDetector,
    spec: &MonitorSpec,
    about: About<'_>,
    history: &[Point],
    point: &Point,
) -> Option<Finding> {
    let transform = transform(band.transform, &about.series.measure);
    let scaled = |point: &Point| point.value.and_then(|value| transform.forward(value, point.n_current));
    let (Some(value), Some(own)) = (point.value, scaled(point)) else {
        return Some(Finding::unknown("the value is outside the range of the transform; set `detector.transform`"));
    };
    let settings = BandSettings {
        past: i64::try_from(band.weeks).unwrap_or(8).saturating_mul(WEEK),
        min_points: usize::try_from(band.min_history).unwrap_or(usize::MAX),
        min_rows: 0,
    };
    let past: Vec<series::Point> = history
        .iter()
        .filter_map(|known| Some(series::Point { at: known.start, value: scaled(known)?, is_excluded: false }))
        .collect();
    let fitted = SeasonalBand::fit(season(band.season, history, point), &past, point.start, settings);
    let error = point.interval.map(|(low, high)| (high - low) / (2.0 * 1.96));
    let noise = transform.noise(value, point.n_current, error);
    Some(match fitted.read(point.start, own, noise, None) {
        Reading::Score { z, median, scale } => {
            let beyond = match band.direction {
                Direction::Both => z.abs(),
                Direction::Up => z,
                Direction::Down => -z,
            };
            let back = |x: f64| transform.backward(x, point.n_current);
            let (low, high) = (back(median - band.k * scale), back(median + band.k * scale));
            let limit = if z < 0.0 { low } else { high };
            let score = beyond.max(0.0) / band.k;
            Finding {
                outcome: outcome_of(score, spec.leave.clear),
                limit: Some(limit),
                score: Some(score),
                p_value: None,
                onset: None,
                evidence: vec![("z", z), ("lower", low), ("upper", high), ("usual", back(median))],
                sentence: format!(
                    "{} where {} is usual at this hour, {} to {} allowed",
                    number(value),
                    number(back(median)),
                    number(low),
                    number(high)
                ),
            }
        }
        Reading::Learning { .. } => return None,
        Reading::NoScale { median } => Finding::unknown(format!(
            "its past is constant at {}, which tells no spread",
            number(transform.backward(median, point.n_current))
        )),
        Reading::TooFewRows => Finding::unknown("too few rows"),
    })
}

fn transform(chosen: Transform, measure: &Measure) -> series::Transform {
    match chosen {
        Transform::Count => series::Transform::Count,
        Transform::Rate => series::Transform::Rate,
        Transform::Log => series::Transform::Logarithm,
        Transform::Identity => series::Transform::Identity,
        Transform::Auto => match measure {
            Measure::Model(ModelMeasure::Volume) => series::Transform::Count,
            Measure::Model(ModelMeasure::ErrorRate | ModelMeasure::LabelCoverage) => series::Transform::Rate,
            Measure::Model(_) => series::Transform::Logarithm,
            Measure::Metric(Metric::Psi) => series::Transform::Logarithm,
            _ => series::Transform::Identity,
        },
    }
}

fn season(chosen: Season, history: &[Point], point: &Point) -> series::Season {
    match chosen {
        Season::HourOfWeek => series::Season::HourOfWeek,
        Season::HourOfDay => series::Season::HourOfDay,
        Season::None => series::Season::None,
        Season::Auto => {
            let known = history.first().map_or(0, |first| point.start.saturating_sub(first.start));
            series::Season::for_history(known)
        }
    }
}
