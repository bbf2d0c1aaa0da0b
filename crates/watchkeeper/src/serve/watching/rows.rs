//! Measurements as rows of the table `measurements`.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::ArrowError;
use serde::{Deserialize, Serialize};
use watchkeeper_profile::measure::Status;
use watchkeeper_watch::measured::{Law, Point, Scope, Series, status_of};

/// What a rule needs of a point beside its numbers, as JSON in one column.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Detail {
    #[serde(skip_serializing_if = "Law::is_unknown")]
    law: Law,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<(u64, u64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bins: Option<(Vec<u64>, Vec<u64>)>,
}

/// Rows of points.
///
/// # Errors
/// [`ArrowError`] when they do not fit into arrays.
pub(super) fn batch(points: &[(Series, Point)]) -> Result<RecordBatch, ArrowError> {
    let text = |of: &dyn Fn(&Series) -> Option<String>| -> ArrayRef {
        Arc::new(points.iter().map(|(series, _)| of(series)).collect::<StringArray>())
    };
    let time = |of: &dyn Fn(&Point) -> i64| -> ArrayRef {
        let values = TimestampMicrosecondArray::from_iter_values(points.iter().map(|(_, point)| of(point)));
        Arc::new(values.with_timezone("UTC"))
    };
    let number = |of: &dyn Fn(&Point) -> Option<f64>| -> ArrayRef {
        Arc::new(points.iter().map(|(_, point)| of(point)).collect::<Float64Array>())
    };
    let whole = |of: &dyn Fn(&Series, &Point) -> u64| -> ArrayRef {
        let values = points.iter().map(|(series, point)| i64::try_from(of(series, point)).unwrap_or(i64::MAX));
        Arc::new(Int64Array::from_iter_values(values))
    };
    let detail = |point: &Point| {
        let detail = Detail { law: point.law.clone(), counts: point.counts, bins: point.bins.clone() };
        serde_json::to_string(&detail).ok().filter(|text| text != "{}")
    };
    let details: ArrayRef = Arc::new(points.iter().map(|(_, point)| detail(point)).collect::<StringArray>());
    let statuses = points.iter().map(|(_, point)| Some(point.status.as_str())).collect::<StringArray>();
    RecordBatch::try_from_iter([
        ("model", text(&|series| Some(series.scope.model.clone()))),
        ("environment", text(&|series| series.scope.environment.clone())),
        ("version", text(&|series| series.scope.version.clone())),
        ("segment", text(&|series| series.scope.segment.as_ref().map(|(name, _)| name.clone()))),
        ("segment_value", text(&|series| series.scope.segment.as_ref().map(|(_, value)| value.clone()))),
        ("column", text(&|series| series.column.clone())),
        ("measure", text(&|series| Some(series.measure.to_string()))),
        ("window_seconds", whole(&|series, _| u64::from(series.window))),
        ("baseline", text(&|series| Some(series.baseline.clone()))),
        ("window_start", time(&|point| point.start)),
        ("window_end", time(&|point| point.end)),
        ("known_at", time(&|point| point.known_at)),
        ("value", number(&|point| point.value)),
        ("status", Arc::new(statuses)),
        ("reference_rows", whole(&|_, point| point.n_reference)),
        ("rows", whole(&|_, point| point.n_current)),
        ("reference", number(&|point| point.reference)),
        ("current", number(&|point| point.current)),
        ("low", number(&|point| point.interval.map(|(low, _)| low))),
        ("high", number(&|point| point.interval.map(|(_, high)| high))),
        ("p_value", number(&|point| point.p_value)),
        ("detail", details),
    ])
}

/// The points of rows. A row that this version does not understand is left out.
///
/// # Errors
/// The name of a column that is missing or of another type.
pub(super) fn points(batch: &RecordBatch) -> Result<Vec<(Series, Point)>, &'static str> {
    let text = |name: &'static str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()).ok_or(name);
    let time = |name: &'static str| {
        batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>()).ok_or(name)
    };
    let number =
        |name: &'static str| batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Float64Type>()).ok_or(name);
    let whole =
        |name: &'static str| batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>()).ok_or(name);
    let (model, environment, version) = (text("model")?, text("environment")?, text("version")?);
    let (segment, segment_value) = (text("segment")?, text("segment_value")?);
    let (column, measure, baseline) = (text("column")?, text("measure")?, text("baseline")?);
    let (start, end, known_at) = (time("window_start")?, time("window_end")?, time("known_at")?);
    let (value, status, detail) = (number("value")?, text("status")?, text("detail")?);
    let (seconds, reference_rows, rows) = (whole("window_seconds")?, whole("reference_rows")?, whole("rows")?);
    let (reference, current) = (number("reference")?, number("current")?);
    let (low, high, p_value) = (number("low")?, number("high")?, number("p_value")?);
    let some = |array: &StringArray, at: usize| array.is_valid(at).then(|| array.value(at).to_owned());
    let float = |array: &Float64Array, at: usize| array.is_valid(at).then(|| array.value(at));
    let count = |array: &Int64Array, at: usize| u64::try_from(array.value(at)).unwrap_or(0);
    let row = |at: usize| {
        let scope = Scope {
            model: some(model, at)?,
            environment: some(environment, at),
            version: some(version, at),
            segment: some(segment, at).zip(some(segment_value, at)),
        };
        let series = Series {
            scope,
            column: some(column, at),
            measure: measure.value(at).parse().ok()?,
            window: u32::try_from(seconds.value(at)).ok()?,
            baseline: some(baseline, at).unwrap_or_default(),
        };
        let detail: Detail = match some(detail, at) {
            Some(text) => serde_json::from_str(&text).ok()?,
            None => Detail::default(),
        };
        let point = Point {
            start: start.value(at),
            end: end.value(at),
            known_at: known_at.value(at),
            value: float(value, at),
            status: status_of(status.value(at)).unwrap_or(Status::Undefined),
            n_reference: count(reference_rows, at),
            n_current: count(rows, at),
            reference: float(reference, at),
            current: float(current, at),
            interval: float(low, at).zip(float(high, at)),
            p_value: float(p_value, at),
            law: detail.law,
            counts: detail.counts,
            bins: detail.bins,
        };
        Some((series, point))
    };
    Ok((0..batch.num_rows()).filter_map(row).collect())
}

#[cfg(test)]
mod tests {
    use watchkeeper_spec::{Measure, Metric};

    use super::*;

    #[test]
    fn points_come_back() {
        let series = |column: Option<&str>, segment: Option<(&str, &str)>| Series {
            scope: Scope {
                environment: Some("prod".into()),
                segment: segment.map(|(name, value)| (name.into(), value.into())),
                ..Scope::of_model("m")
            },
            column: column.map(str::to_owned),
            measure: Measure::Metric(Metric::Psi),
            window: 3600,
            baseline: "training".into(),
        };
        let full = Point {
            n_reference: 7,
            reference: Some(0.5),
            current: Some(0.25),
            interval: Some((0.1, 0.3)),
            p_value: Some(1e-9),
            law: Law::Kolmogorov { s: 0.1 },
            counts: Some((1, 2)),
            bins: Some((vec![1, 2], vec![3, 4])),
            ..Point::with((-3_600_000_000, 0), 5, 0.2, 100)
        };
        let empty = Point::without((0, 3_600_000_000), 6, Status::InsufficientData);
        let rows = vec![(series(Some("x"), None), full), (series(None, Some(("plan", "a:b"))), empty)];
        assert_eq!(points(&batch(&rows).unwrap()).unwrap(), rows);
        assert_eq!(points(&batch(&rows).unwrap().project(&[0, 1]).unwrap()), Err("version"));
    }
}
