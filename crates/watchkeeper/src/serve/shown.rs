//! Profiles as answers show them: classes, bins, numbers.

use std::sync::OnceLock;

use watchkeeper_lake::profiles::{ColumnGrid, ColumnProfile};
use watchkeeper_profile::measure::{Exactness, MeasureOptions, Measurement, measure};
use watchkeeper_profile::{Body, Grid, Kind, Profile};
use watchkeeper_server::ports::{
    BinShare, BucketPoint, Classes, ColumnMeasurement, DistributionBin, Quantile, Summary, Window,
};
use watchkeeper_spec::Metric;
use watchkeeper_stats::null::NullDraws;

/// Bins of a number that an answer shows: each with about as many rows of the baseline.
const BINS_SHOWN: u64 = 20;
const QUANTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const NULL_SEED: u64 = 0x5eed;
const NULL_DRAWS: usize = 500;

/// A bin as shown, and the cells of the grid that it sums.
pub(super) struct ShownBin {
    label: String,
    lo: Option<f64>,
    hi: Option<f64>,
}

/// The bins of a column as shown, with the counts of each profile given.
pub(super) fn bins(grid: &ColumnGrid, profiles: &[&Profile]) -> (Vec<ShownBin>, Vec<Vec<u64>>) {
    match grid.grid.as_ref() {
        Grid::Numeric(numeric) => {
            let baseline = grid.baseline();
            let groups = baseline.coarse_groups(BINS_SHOWN);
            let mut shown: Vec<ShownBin> = Vec::new();
            for (bin, &group) in groups.iter().enumerate() {
                let hi = numeric.edges().get(bin).copied();
                match shown.get_mut(group) {
                    Some(known) => known.hi = hi,
                    None => {
                        let lo = bin.checked_sub(1).and_then(|left| numeric.edges().get(left)).copied();
                        shown.push(ShownBin { label: String::new(), lo, hi });
                    }
                }
            }
            for bin in &mut shown {
                bin.label = match (bin.lo, bin.hi) {
                    (None, None) => "all".into(),
                    (None, Some(hi)) => format!("≤ {}", short(hi)),
                    (Some(lo), None) => format!("> {}", short(lo)),
                    (Some(lo), Some(hi)) if lo.next_up() >= hi => short(hi),
                    (Some(lo), Some(hi)) => format!("{} to {}", short(lo), short(hi)),
                };
            }
            let counts = |profile: &&Profile| {
                let mut sums = vec![0; shown.len()];
                let fine = profile.numeric().map(watchkeeper_profile::NumericProfile::bins).unwrap_or_default();
                for (count, group) in fine.iter().zip(&groups) {
                    if let Some(sum) = sums.get_mut(*group) {
                        *sum += count;
                    }
                }
                sums
            };
            let counts = profiles.iter().map(counts).collect();
            (shown, counts)
        }
        Grid::Categorical(categories) => {
            let names = categories.labels().iter().map(String::as_str).chain(["(other)", "(unseen)"]);
            let shown: Vec<ShownBin> =
                names.map(|label| ShownBin { label: label.to_owned(), lo: None, hi: None }).collect();
            let counts = |profile: &&Profile| {
                let mut counts = profile.categorical().map(|c| c.counts().to_vec()).unwrap_or_default();
                counts.resize(shown.len(), 0);
                counts
            };
            let counts = profiles.iter().map(counts).collect();
            (shown, counts)
        }
        Grid::Text(_) | Grid::Presence => (Vec::new(), vec![Vec::new(); profiles.len()]),
    }
}

/// Six significant digits. The edge just below a value, which keeps that value in a bin of its own, is shown as the value.
fn short(value: f64) -> String {
    if value.is_subnormal() {
        return "0".to_owned();
    }
    let text = format!("{value:.5e}");
    let rounded = text.parse::<f64>().unwrap_or(value);
    if rounded == 0.0 || (1e-4..1e15).contains(&rounded.abs()) { rounded.to_string() } else { format!("{rounded:e}") }
}

fn share(count: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| count as f64 / all as f64)
}

pub(super) fn bin_shares(shown: Vec<ShownBin>, counts: &[u64]) -> Vec<BinShare> {
    let all = counts.iter().sum();
    let bin = |(bin, &count): (ShownBin, &u64)| BinShare {
        label: bin.label,
        lo: bin.lo,
        hi: bin.hi,
        count,
        share: share(count, all),
    };
    shown.into_iter().zip(counts).map(bin).collect()
}

pub(super) fn distribution_bins(
    shown: Vec<ShownBin>,
    reference: Option<&[u64]>,
    current: &[u64],
) -> Vec<DistributionBin> {
    let all = (reference.map_or(0, |counts| counts.iter().sum()), current.iter().sum());
    let bin = |(at, (bin, &count)): (usize, (ShownBin, &u64))| {
        let before = reference.and_then(|counts| counts.get(at)).copied();
        DistributionBin {
            label: bin.label,
            lo: bin.lo,
            hi: bin.hi,
            reference_count: before,
            current_count: count,
            reference_share: before.and_then(|count| share(count, all.0)),
            current_share: share(count, all.1),
        }
    };
    shown.into_iter().zip(current).enumerate().map(bin).collect()
}

pub(super) fn classes(profile: &Profile) -> Classes {
    let classes = profile.classes;
    Classes {
        valid: classes.value,
        null: classes.absent + classes.null,
        nan: classes.nan,
        infinite: classes.infinite(),
        invalid: classes.invalid,
    }
}

/// Numbers of a numeric column; `None` for others. Extremes are one person's values: personal columns show none.
pub(super) fn summary(grid: &Grid, profile: &Profile, personal: bool) -> Option<Summary> {
    let (Grid::Numeric(grid), Body::Numeric(numeric)) = (grid, &profile.body) else { return None };
    let found = numeric.summary(grid);
    let quantile = |p: f64| numeric.quantile(grid, p).filter(|v| v.is_finite()).map(|value| Quantile { p, value });
    Some(Summary {
        mean: found.mean,
        std: found.std(),
        min: found.min.filter(|_| !personal),
        max: found.max.filter(|_| !personal),
        quantiles: QUANTILES.into_iter().filter_map(quantile).collect(),
    })
}

pub(super) fn point(window: Window, column: &ColumnProfile, personal: bool) -> BucketPoint {
    let (_, counts) = bins(&column.grid, &[&column.profile]);
    BucketPoint {
        window,
        rows: column.profile.classes.rows(),
        classes: classes(&column.profile),
        counts: counts.into_iter().next().unwrap_or_default(),
        summary: summary(&column.grid.grid, &column.profile, personal),
    }
}

/// Draws for simulated nulls: the same for every question, so that answers repeat.
pub(super) fn nulls() -> &'static NullDraws {
    static NULLS: OnceLock<NullDraws> = OnceLock::new();
    NULLS.get_or_init(|| NullDraws::new(NULL_SEED, NULL_DRAWS))
}

/// The measurements that suit the column, of `current` against `reference`.
pub(super) fn measurements(
    column: &str,
    grid: &ColumnGrid,
    reference: &Profile,
    current: &Profile,
) -> Vec<ColumnMeasurement> {
    let wanted: &[Metric] = match grid.kind {
        Kind::Numeric => &[Metric::Psi, Metric::JsDistance, Metric::Ks, Metric::WassersteinNormalized],
        Kind::Boolean | Kind::Categorical => &[Metric::Psi, Metric::JsDistance, Metric::Chi2],
        Kind::Text | Kind::Presence => &[],
    };
    let options = MeasureOptions {
        metrics: wanted,
        psi_effect: 0.1,
        time_ordered: false,
        missing_as_bin: false,
        seed: watchkeeper_profile::hash::hash_bytes(column.as_bytes()),
        nulls: nulls(),
    };
    let measured = measure(&grid.baseline(), reference, current, None, &options);
    measured.measurements.into_iter().map(shown_measurement).collect()
}

fn shown_measurement(found: Measurement) -> ColumnMeasurement {
    let (lo, hi) = match found.exactness {
        Exactness::Bounded { lo, hi } => (Some(lo), Some(hi)),
        _ => (found.interval.map(|interval| interval.lo), found.interval.map(|interval| interval.hi)),
    };
    ColumnMeasurement {
        metric: found.metric.as_str().to_owned(),
        method: found.method,
        value: found.value,
        status: found.status.as_str().to_owned(),
        lo,
        hi,
    }
}
