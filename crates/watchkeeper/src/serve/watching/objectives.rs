//! Good and bad events of an objective's slices, from profiles.

use std::collections::BTreeMap;

use watchkeeper_ingest::names;
use watchkeeper_lake::LakeError;
use watchkeeper_lake::profiles::{ColumnProfile, Cut, ModelProfiles, Part};
use watchkeeper_spec::{Comparison, Measure, Metric, RatioMetric, SliKind, SliSpec, Slo, WatchkeeperSource};
use watchkeeper_watch::measured::{failed_rows, rows_beyond};
use watchkeeper_watch::slo::Counts;

type Columns = BTreeMap<String, ColumnProfile>;

/// What an SLO counts, and whether what matches is good.
pub(super) struct Counted<'a> {
    pub(super) source: &'a WatchkeeperSource,
    matches_are_bad: bool,
}

/// What an SLO counts; `None` when it is not counted from events here.
pub(super) fn counted<'a>(slo: &'a Slo, slis: &'a BTreeMap<String, SliSpec>) -> Option<Counted<'a>> {
    let spec = &slo.spec;
    let inline = spec.indicator.as_ref().map(|sli| &sli.spec);
    let sli = inline.or_else(|| slis.get(spec.indicator_ref.as_deref()?))?;
    let ratio: &RatioMetric = sli.ratio_metric.as_ref()?;
    let of = |holder: &'a Option<watchkeeper_spec::MetricHolder>| {
        holder.as_ref().and_then(|holder| holder.metric_source.watchkeeper())
    };
    match (of(&ratio.good), of(&ratio.bad)) {
        (Some(source), _) => Some(Counted { source, matches_are_bad: false }),
        (None, Some(source)) => Some(Counted { source, matches_are_bad: true }),
        (None, None) => None,
    }
}

/// The counts of a slice.
pub(super) async fn counts(
    profiles: &ModelProfiles,
    counted: &Counted<'_>,
    slice: (i64, i64),
) -> Result<Counts, LakeError> {
    let source = counted.source;
    let segment = source.segment.as_deref().and_then(|text| text.split_once(':'));
    let cut = Cut {
        environment: source.environment.is_some(),
        version: source.version.is_some(),
        segment: segment.is_some(),
    };
    let part = Part {
        environment: source.environment.clone(),
        version: source.version.clone(),
        segment: segment.map(|(name, value)| (name.to_owned(), value.to_owned())),
    };
    let mut parts = profiles.parts(slice, &[cut]).await?;
    Ok(parts.remove(&part).map_or_else(Counts::default, |columns| of_columns(counted, &columns)))
}

fn of_columns(counted: &Counted<'_>, columns: &Columns) -> Counts {
    let rows = columns.values().map(|column| column.profile.classes.rows()).max().unwrap_or(0);
    let source = counted.source;
    let found = match source.kind {
        SliKind::Latency => by_value(columns.get(names::LATENCY_MS), source, counted.matches_are_bad),
        SliKind::Availability => failed(columns).map(|bad| (rows.saturating_sub(bad), bad)),
        SliKind::DataQuality => poor(columns, source).map(|bad| (rows.saturating_sub(bad), bad)),
        _ => {
            let column = source.column.as_ref().and_then(|name| columns.get(name));
            by_value(column, source, counted.matches_are_bad)
        }
    };
    match found {
        Some((good, bad)) => Counts { good, bad, unknown: rows.saturating_sub(good + bad) },
        None => Counts { good: 0, bad: 0, unknown: rows },
    }
}

/// Good and bad rows by the relation of a column to a value.
fn by_value(column: Option<&ColumnProfile>, source: &WatchkeeperSource, matches_are_bad: bool) -> Option<(u64, u64)> {
    let column = column?;
    let (op, value) = (source.op?, source.value?);
    // Rows above the value, those equal to it with them where the relation says so.
    let or_equal = matches!(op, Comparison::Gte | Comparison::Lt);
    let (above, all) = rows_beyond(&column.grid.grid, &column.profile, value, or_equal)?;
    let matching = if op.is_upward() { above } else { all - above };
    Some(if matches_are_bad { (all - matching, matching) } else { (matching, all - matching) })
}

/// Predictions that failed.
fn failed(columns: &Columns) -> Option<u64> {
    let error = columns.get("error").map(|error| (error.grid.grid.as_ref(), &error.profile));
    failed_rows(error, columns.get(names::PREDICTION).map(|column| &column.profile)).map(|(failed, _)| failed)
}

/// Rows that break the contract of a column, or of the worst one.
fn poor(columns: &Columns, source: &WatchkeeperSource) -> Option<u64> {
    let of = |column: &ColumnProfile| {
        let classes = column.profile.classes;
        match &source.metric {
            Some(Measure::Metric(Metric::MissingRate)) => classes.missing(),
            Some(Measure::Metric(Metric::InvalidRate)) => classes.invalid,
            Some(Measure::Metric(Metric::OutOfRangeRate)) => {
                column.profile.numeric().map_or(0, watchkeeper_profile::NumericProfile::out_of_range)
            }
            _ => classes.missing() + classes.invalid,
        }
    };
    match &source.column {
        Some(name) => columns.get(name).map(of),
        None => columns.values().map(of).max(),
    }
}
