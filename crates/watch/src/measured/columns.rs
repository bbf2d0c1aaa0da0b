//! What is measured of one column.

use watchkeeper_profile::measure::{MeasureOptions, Measured, measure};
use watchkeeper_profile::{Baseline, Body, Grid, Kind, Profile};
use watchkeeper_spec::{ColumnMeasure, ColumnQuantile, Measure, Metric};
use watchkeeper_stats::null::NullDraws;

use super::Point;

/// One column of one window.
#[derive(Debug, Clone, Copy)]
pub struct ColumnSide<'a> {
    /// Its name: the seed of permutation tests.
    pub name: &'a str,
    /// Its grid, with the reference that the grid was made of.
    pub baseline: &'a Baseline,
    /// What the window is compared with, over the same grid; `None`: only what needs no reference is measured.
    pub reference: Option<&'a Profile>,
    /// The window.
    pub current: &'a Profile,
    /// The effect on PSI that matters.
    pub psi_effect: f64,
    /// Whether bins are kept for evidence that adds up over windows.
    pub keeps_bins: bool,
}

/// The points of a column in a window: one for each of `wanted` that suits it.
#[must_use]
pub fn column_points(
    side: &ColumnSide<'_>,
    wanted: &[Measure],
    window: (i64, i64),
    known_at: i64,
    nulls: &NullDraws,
) -> Vec<(Measure, Point)> {
    let mut points: Vec<(Measure, Point)> =
        wanted.iter().filter_map(|measure| Some((measure.clone(), own(side, measure, window, known_at)?))).collect();
    let Some(reference) = side.reference else { return points };
    let metrics: Vec<Metric> = wanted.iter().filter_map(metric).collect();
    if metrics.is_empty() {
        return points;
    }
    let options = MeasureOptions {
        metrics: &metrics,
        psi_effect: side.psi_effect,
        time_ordered: false,
        missing_as_bin: false,
        seed: watchkeeper_profile::hash::hash_bytes(side.name.as_bytes()),
        nulls,
    };
    let measured = measure(side.baseline, reference, side.current, None, &options);
    let bins = side.keeps_bins.then(|| bins(&measured)).flatten();
    points.extend(measured.measurements.iter().map(|found| {
        let mut point = Point::of(window, known_at, found);
        if found.metric == Metric::Psi {
            point.bins.clone_from(&bins);
        }
        (Measure::Metric(found.metric), point)
    }));
    points
}

const fn metric(measure: &Measure) -> Option<Metric> {
    if let Measure::Metric(metric) = measure { Some(*metric) } else { None }
}

/// The metric by which a column of this kind alarms: what the measure `drift` stands for.
#[must_use]
pub const fn drift_metric(kind: Kind) -> Option<Metric> {
    match kind {
        Kind::Numeric | Kind::Categorical | Kind::Text => Some(Metric::Psi),
        Kind::Boolean => Some(Metric::ProportionDifference),
        Kind::Presence => None,
    }
}

/// Rows a coarse bin, of reference and window.
fn bins(measured: &Measured) -> Option<(Vec<u64>, Vec<u64>)> {
    let coarse = measured.coarse.as_ref()?;
    coarse.reference.iter().any(|&rows| rows > 0).then(|| (coarse.reference.clone(), coarse.current.clone()))
}

/// What is measured of the window alone.
fn own(side: &ColumnSide<'_>, measure: &Measure, window: (i64, i64), known_at: i64) -> Option<Point> {
    let (Grid::Numeric(grid), Body::Numeric(numeric)) = (&side.baseline.grid, &side.current.body) else { return None };
    let summary = numeric.summary(grid);
    match measure {
        Measure::Column(ColumnMeasure::Mean) => {
            let Some(mean) = summary.mean else { return Some(nothing(window, known_at)) };
            let mut point = Point::with(window, known_at, mean, summary.n);
            // Student's interval; with so few rows that it differs from the normal one nobody judges a mean.
            point.interval = summary.std().map(|std| {
                let half = 1.96 * std / (summary.n as f64).sqrt();
                (mean - half, mean + half)
            });
            Some(point)
        }
        Measure::Quantile(quantile) => Some(quantile_point(side, *quantile, window, known_at)),
        _ => None,
    }
}

fn nothing(window: (i64, i64), known_at: i64) -> Point {
    Point::without(window, known_at, watchkeeper_profile::measure::Status::InsufficientData)
}

fn quantile_point(side: &ColumnSide<'_>, quantile: ColumnQuantile, window: (i64, i64), known_at: i64) -> Point {
    quantile_of(side.baseline, side.current, quantile.level()).map_or_else(
        || nothing(window, known_at),
        |value| Point::with(window, known_at, value, side.current.classes.value),
    )
}

/// A quantile of a numeric column.
pub(super) fn quantile_of(baseline: &Baseline, profile: &Profile, level: f64) -> Option<f64> {
    let (Grid::Numeric(grid), Body::Numeric(numeric)) = (&baseline.grid, &profile.body) else { return None };
    numeric.quantile(grid, level).filter(|value| value.is_finite())
}
