//! Measurements of categorical and boolean columns.

use watchkeeper_spec::Metric;
use watchkeeper_stats::BinOrder;

use super::shares::SharePair;
use super::{CoarseCounts, MeasureOptions, Measured, Measurement, Status, rates};
use crate::grid::CategoryGrid;
use crate::{Baseline, CategoricalProfile, Kind, Profile};

pub(super) fn measure(
    baseline: &Baseline,
    grid: &CategoryGrid,
    (reference, reference_all): (&CategoricalProfile, &Profile),
    (current, current_all): (&CategoricalProfile, &Profile),
    options: &MeasureOptions<'_>,
) -> Measured {
    let mut counts = CoarseCounts {
        groups: (0..grid.bins()).collect(),
        reference: reference.counts().to_vec(),
        current: current.counts().to_vec(),
    };
    if options.missing_as_bin {
        counts.reference.push(reference_all.classes.missing());
        counts.current.push(current_all.classes.missing());
    }
    let stretches = baseline.chunks.as_ref().filter(|_| options.time_ordered);
    let stretches = stretches.map(|chunks| chunks.grouped(&counts.groups, current.n()));
    let binning =
        if baseline.kind == Kind::Boolean { "boolean".into() } else { format!("kept{}", grid.labels().len()) };
    let pair = SharePair::new(counts, BinOrder::Nominal, binning, stretches.as_deref());
    let too_many = baseline.too_many_categories;
    let measurements = options.metrics.iter().map(|&metric| {
        let n = (reference.n(), current.n());
        let unusable = |why| Measurement::new(metric, metric.as_str(), n).without(Status::NotApplicable, why);
        if let Some(rate) = rates::class_rate(metric, &reference_all.classes, &current_all.classes) {
            return rate;
        }
        match metric {
            _ if too_many => unusable("more than 100,000 categories: declare the column as text or id"),
            Metric::UnseenRate => rates::unseen((unseen_rows(grid, current), n.1), n.0),
            Metric::ProportionDifference if baseline.kind == Kind::Boolean => {
                rates::proportion_difference((trues(reference), n.0), (trues(current), n.1))
            }
            _ => pair.measure(metric, options).unwrap_or_else(|| unusable("not for categories")),
        }
    });
    Measured {
        measurements: measurements.collect(),
        variance_inflation: pair.inflation,
        coarse: Some(pair.counts.clone()),
    }
}

fn unseen_rows(grid: &CategoryGrid, current: &CategoricalProfile) -> u64 {
    current.counts().get(grid.unseen_bin()).copied().unwrap_or(0)
}

fn trues(profile: &CategoricalProfile) -> u64 {
    profile.counts().get(1).copied().unwrap_or(0)
}
