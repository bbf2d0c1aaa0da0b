//! Rates of rows with a property, and proportions.

use watchkeeper_spec::Metric;
use watchkeeper_stats::drift::proportions::z_test;
use watchkeeper_stats::interval::{Interval, newcombe, wilson};

use super::{MeasureOptions, Measured, Measurement, Noise, Status};
use crate::{Baseline, Kind, Profile, ValueClasses};

const LEVEL: f64 = 0.95;

/// `missing_rate` and `invalid_rate` from the value classes; `None` for other metrics.
pub(super) fn class_rate(metric: Metric, reference: &ValueClasses, current: &ValueClasses) -> Option<Measurement> {
    let count: fn(&ValueClasses) -> u64 = match metric {
        Metric::MissingRate => ValueClasses::missing,
        Metric::InvalidRate => |classes| classes.invalid,
        _ => return None,
    };
    Some(increase(metric, (count(reference), reference.rows()), (count(current), current.rows())))
}

/// The increase of a rate: current less reference.
pub(super) fn increase(metric: Metric, reference: (u64, u64), current: (u64, u64)) -> Measurement {
    let blank = Measurement::new(metric, format!("{metric}.newcombe.v1"), (reference.1, current.1));
    let (Some(r), Some(c)) = (share(reference), share(current)) else {
        return blank.without(Status::InsufficientData, "a side has no rows");
    };
    let mut measured = blank.with(c - r);
    (measured.reference, measured.current) = (Some(r), Some(c));
    measured.interval = newcombe(current.0, current.1, reference.0, reference.1, LEVEL);
    measured.p_value = z_test(current.0, current.1, reference.0, reference.1).map(|test| test.p_value);
    measured.noise(Noise::RateIncrease { reference: Some(reference), current })
}

/// The share of current values that the reference does not have.
pub(super) fn unseen(current: (u64, u64), n_reference: u64) -> Measurement {
    let blank = Measurement::new(Metric::UnseenRate, "unseen_rate.wilson.v1", (n_reference, current.1));
    if n_reference == 0 {
        return blank.without(Status::DegenerateReference, "the reference has no values");
    }
    let Some(c) = share(current) else {
        return blank.without(Status::InsufficientData, "the current data has no values");
    };
    let mut measured = blank.with(c);
    (measured.reference, measured.current) = (Some(0.0), Some(c));
    measured.interval = wilson(current.0, current.1, LEVEL);
    measured.noise(Noise::RateIncrease { reference: None, current })
}

/// The difference of two proportions, current less reference.
pub(super) fn proportion_difference(reference: (u64, u64), current: (u64, u64)) -> Measurement {
    let metric = Metric::ProportionDifference;
    let blank = Measurement::new(metric, "proportion_difference.newcombe.v1", (reference.1, current.1));
    let (Some(r), Some(c)) = (share(reference), share(current)) else {
        let status = if reference.1 == 0 { Status::DegenerateReference } else { Status::InsufficientData };
        return blank.without(status, "a side has no values");
    };
    let mut measured = blank.with(c - r);
    (measured.reference, measured.current) = (Some(r), Some(c));
    measured.interval = newcombe(current.0, current.1, reference.0, reference.1, LEVEL);
    measured.p_value = z_test(current.0, current.1, reference.0, reference.1).map(|test| test.p_value);
    measured.noise(Noise::Proportion { reference, current })
}

/// Columns of which only the presence of a value is known.
pub(super) fn measure_presence(
    baseline: &Baseline,
    reference: &Profile,
    current: &Profile,
    options: &MeasureOptions<'_>,
) -> Measured {
    let what = if baseline.kind == Kind::Presence {
        "only the presence of values is compared in this column"
    } else {
        "the reference has no values"
    };
    let status = if baseline.kind == Kind::Presence { Status::NotApplicable } else { Status::DegenerateReference };
    let measurements = options.metrics.iter().map(|&metric| {
        class_rate(metric, &reference.classes, &current.classes).unwrap_or_else(|| {
            let n = (reference.classes.usable(), current.classes.usable());
            Measurement::new(metric, metric.as_str(), n).without(status, what)
        })
    });
    Measured { measurements: measurements.collect(), ..Measured::default() }
}

fn share((count, rows): (u64, u64)) -> Option<f64> {
    (rows > 0).then(|| count as f64 / rows as f64)
}

/// `value ± 1.96 standard errors`.
pub(super) fn normal_interval(value: f64, standard_error: f64) -> Option<Interval> {
    let margin = watchkeeper_stats::special::normal_quantile(0.5 + LEVEL / 2.0) * standard_error;
    (value + margin).is_finite().then_some(Interval { lo: value - margin, hi: value + margin })
}
