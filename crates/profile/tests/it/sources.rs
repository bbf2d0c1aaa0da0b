//! Making baselines, profiles and measurements in tests.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray};
use watchkeeper_profile::measure::{Exactness, MeasureOptions, Measured, Measurement, measure};
use watchkeeper_profile::{Baseline, BaselineBuilder, BaselineOptions, Counter, Keep, Kind, Profile};
use watchkeeper_spec::Metric;
use watchkeeper_stats::null::NullDraws;

pub(crate) fn floats(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

pub(crate) fn strings<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

pub(crate) fn baseline(kind: Kind, rows: &ArrayRef, values_max: usize) -> Baseline {
    let mut builder = BaselineBuilder::new(kind, BaselineOptions { values_max, sample: true, ..Default::default() });
    builder.push(0, rows);
    builder.finish()
}

/// Current rows counted over a baseline's grid, with their values while there are few.
pub(crate) fn current(baseline: &Baseline, rows: &ArrayRef, values_max: usize) -> (Profile, Option<Vec<f64>>) {
    let mut counter = Counter::new(baseline.kind, &baseline.grid, Keep { distinct: true, sample: true, values_max });
    counter.push(0, rows);
    counter.finish()
}

/// All metrics of a pair of columns; with `exact` from the values themselves.
pub(crate) fn all_metrics(kind: Kind, reference: &ArrayRef, rows: &ArrayRef, exact: bool) -> Measured {
    let values_max = if exact { usize::MAX } else { 0 };
    let baseline = baseline(kind, reference, values_max);
    let (profile, values) = current(&baseline, rows, values_max);
    let nulls = NullDraws::new(1, 200);
    let options = MeasureOptions {
        metrics: Metric::ALL,
        psi_effect: 0.1,
        time_ordered: false,
        missing_as_bin: false,
        seed: 1,
        nulls: &nulls,
    };
    let values = baseline.values.as_deref().zip(values.as_deref());
    measure(&baseline, &baseline.profile, &profile, values, &options)
}

pub(crate) fn find(measured: &Measured, metric: Metric) -> &Measurement {
    measured.measurements.iter().find(|m| m.metric == metric).expect("measured")
}

pub(crate) fn bounds(measurement: &Measurement) -> (f64, f64) {
    match measurement.exactness {
        Exactness::Bounded { lo, hi } => (lo, hi),
        ref other => panic!("{:?} is {other:?}", measurement.metric),
    }
}
