//! Measurements of numeric columns: shares over coarse bins, rank statistics from values or bins, moments.

use std::cell::OnceCell;
use std::sync::Arc;

use watchkeeper_spec::Metric;
use watchkeeper_stats::drift::binned::BinnedPair;
use watchkeeper_stats::drift::means::{Moments, welch};
use watchkeeper_stats::drift::ranks::RankStatistics;
use watchkeeper_stats::drift::{Bracket, anderson_darling, cramer_von_mises, energy, ks, mann_whitney, wasserstein};
use watchkeeper_stats::{BinOrder, BinsError};

use super::rates::{self, normal_interval};
use super::shares::{SharePair, empty_side};
use super::{CoarseCounts, Exactness, MeasureOptions, Measured, Measurement, Noise, Status};
use crate::grid::{COARSE_BINS, NumericGrid};
use crate::{Baseline, NumericProfile, Profile, Summary};

/// A baseline and a current profile over one numeric grid.
pub(super) struct NumericPair<'a> {
    baseline: &'a Baseline,
    grid: &'a NumericGrid,
    reference: (&'a NumericProfile, &'a Profile),
    current: (&'a NumericProfile, &'a Profile),
    /// Ascending finite values of both sides, when both were kept.
    values: Option<(&'a [f64], &'a [f64])>,
    ranks: OnceCell<Option<RankStatistics>>,
    summaries: (Summary, Summary),
}

impl<'a> NumericPair<'a> {
    pub(super) fn new(
        baseline: &'a Baseline,
        grid: &'a NumericGrid,
        reference: (&'a NumericProfile, &'a Profile),
        current: (&'a NumericProfile, &'a Profile),
        values: Option<(&'a [f64], &'a [f64])>,
    ) -> Self {
        let infinite = reference.1.classes.infinite() + current.1.classes.infinite() > 0;
        let values = values.filter(|_| !infinite);
        let summaries = (reference.0.summary(grid), current.0.summary(grid));
        Self { baseline, grid, reference, current, values, ranks: OnceCell::new(), summaries }
    }

    /// The exact rank statistics, worked out once, when the values were kept.
    fn ranks(&self) -> Option<&RankStatistics> {
        self.ranks.get_or_init(|| self.values.map(|(r, c)| RankStatistics::of(r, c))).as_ref()
    }

    /// Counts per bin, with infinities in the outermost ones.
    fn bins(side: (&NumericProfile, &Profile)) -> Vec<u64> {
        let mut bins = side.0.bins();
        if let Some(first) = bins.first_mut() {
            *first += side.1.classes.neg_inf;
        }
        if let Some(last) = bins.last_mut() {
            *last += side.1.classes.pos_inf;
        }
        bins
    }

    fn share_pair(&self, coarse_bins: u64, options: &MeasureOptions<'_>) -> SharePair {
        let groups = self.groups(coarse_bins);
        let sum = |bins: &[u64]| watchkeeper_stats::pooling::pool(bins, &groups);
        let (mut reference, mut current) = (sum(&Self::bins(self.reference)), sum(&Self::bins(self.current)));
        if options.missing_as_bin {
            reference.push(self.reference.1.classes.missing());
            current.push(self.current.1.classes.missing());
        }
        let chunks = self.baseline.chunks.as_ref().filter(|_| options.time_ordered);
        let stretches = chunks.map(|chunks| chunks.grouped(&groups, current.iter().sum()));
        let counts = CoarseCounts { groups, reference, current };
        SharePair::new(counts, BinOrder::Ordered, format!("anchored{coarse_bins}"), stretches.as_deref())
    }

    fn groups(&self, coarse_bins: u64) -> Vec<usize> {
        if self.baseline.profile.numeric().is_some() {
            self.baseline.coarse_groups(coarse_bins)
        } else {
            crate::grid::coarse_groups(&self.reference.0.bins(), &self.grid.point_bins(), coarse_bins, false)
        }
    }
}

/// All metrics asked for.
pub(super) fn measure(pair: &NumericPair<'_>, options: &MeasureOptions<'_>) -> Measured {
    let ten = pair.share_pair(COARSE_BINS, options);
    // Before giving up for noise, fewer bins (methods.md B.5).
    let five = ten.is_too_noisy(options.psi_effect).then(|| pair.share_pair(COARSE_BINS / 2, options));
    let shares = five.filter(|five| !five.is_too_noisy(options.psi_effect)).unwrap_or(ten);
    let cells = Cells::new(pair);
    let measurements = options.metrics.iter().map(|&metric| {
        let classes = (&pair.reference.1.classes, &pair.current.1.classes);
        rates::class_rate(metric, classes.0, classes.1)
            .or_else(|| shares.measure(metric, options))
            .unwrap_or_else(|| one(pair, &cells, metric, shares.scale(), options))
    });
    Measured {
        measurements: measurements.collect(),
        variance_inflation: shares.inflation,
        coarse: Some(shares.counts.clone()),
    }
}

fn one(pair: &NumericPair<'_>, cells: &Cells, metric: Metric, s: f64, options: &MeasureOptions<'_>) -> Measurement {
    let n = (pair.reference.1.classes.usable(), pair.current.1.classes.usable());
    let finite = (pair.reference.0.n(), pair.current.0.n());
    let blank = |method: &str| Measurement::new(metric, method, finite);
    if metric == Metric::OutOfRangeRate {
        let beyond = (pair.reference.0.out_of_range(), pair.current.0.out_of_range());
        let infinite = (pair.reference.1.classes.infinite(), pair.current.1.classes.infinite());
        return rates::increase(metric, (beyond.0 + infinite.0, n.0), (beyond.1 + infinite.1, n.1));
    }
    if let Some(empty) = empty_side(&blank(metric.as_str()), finite) {
        return empty;
    }
    match metric {
        Metric::Ks => kolmogorov_smirnov(pair, cells, Measurement::new(metric, "ks.v1", n), s),
        Metric::Wasserstein | Metric::WassersteinNormalized => distance(pair, cells, metric, s, options),
        Metric::Energy => {
            let exact = pair.ranks().map(|ranks| ranks.energy);
            bracketed(blank("energy.sqrt.v1"), exact, || energy::bracket_from_bins(cells.binned()))
        }
        Metric::MannWhitneyAuc => rank_auc(pair, cells, blank("mann_whitney_auc.v1"), s),
        Metric::CramerVonMises => from_test(pair, blank("cramer_von_mises.v1"), cells),
        Metric::AndersonDarling => from_sample(pair, blank("anderson_darling.midrank.v1")),
        Metric::MeanDifference => mean_difference(pair, blank("mean_difference.welch.v1"), s / raw_scale(n)),
        _ => blank(metric.as_str()).without(Status::NotApplicable, "not for numbers"),
    }
}

fn raw_scale((n, m): (u64, u64)) -> f64 {
    1.0 / n.max(1) as f64 + 1.0 / m.max(1) as f64
}

/// The exact value if there is one, else the bracket from bins.
fn bracketed(
    blank: Measurement,
    exact: Option<f64>,
    bracket: impl FnOnce() -> Result<Bracket, BinsError>,
) -> Measurement {
    match exact.map_or_else(bracket, |value| Ok(Bracket { value, lo: value, hi: value })) {
        Ok(bracket) if exact.is_some() => blank.with(bracket.value),
        Ok(Bracket { value, lo, hi }) => blank.with(value).exactness(Exactness::Bounded { lo, hi }),
        Err(error) => blank.without(Status::Undefined, &error.to_string()),
    }
}

fn kolmogorov_smirnov(pair: &NumericPair<'_>, cells: &Cells, blank: Measurement, s: f64) -> Measurement {
    let n = (blank.n_reference, blank.n_current);
    let exact = pair.ranks().map(|ranks| ranks.ks);
    let with_infinities = cells.counts_with_infinities(pair);
    let measured =
        bracketed(blank, exact, || ks::bracket_from_bins(&with_infinities.0, &with_infinities.1, &cells.point));
    let p = measured.value.map_or(f64::NAN, |d| ks::p_value(d, n.0, n.1));
    measured.p(p).noise(Noise::Kolmogorov { s })
}

fn distance(
    pair: &NumericPair<'_>,
    cells: &Cells,
    metric: Metric,
    s: f64,
    options: &MeasureOptions<'_>,
) -> Measurement {
    let n = (pair.reference.0.n(), pair.current.0.n());
    let normalised = metric == Metric::WassersteinNormalized;
    let blank =
        Measurement::new(metric, if normalised { "wasserstein.over_reference_std.v1" } else { "wasserstein.v1" }, n);
    let exact = pair.ranks().map(|ranks| ranks.wasserstein);
    let measured = bracketed(blank.clone(), exact, || wasserstein::bracket_from_bins(cells.binned()));
    if !normalised {
        return measured;
    }
    let deviation = match pair.summaries.0.std() {
        Some(deviation) if deviation > 0.0 => deviation,
        _ if measured.value == Some(0.0) => return measured,
        _ => {
            return blank
                .without(Status::DegenerateReference, "the reference is constant: it has no standard deviation");
        }
    };
    let exactness = match measured.exactness {
        Exactness::Bounded { lo, hi } => Exactness::Bounded { lo: lo / deviation, hi: hi / deviation },
        exactness => exactness,
    };
    let Some(value) = measured.value else { return measured };
    let (shares, widths) = cells.null_shape(pair, deviation);
    let sample = options.nulls.bridge_sample(&shares, &widths);
    blank.with(value / deviation).exactness(exactness).noise(Noise::Simulated { s, sample: Arc::from(sample) })
}

fn rank_auc(pair: &NumericPair<'_>, cells: &Cells, blank: Measurement, s: f64) -> Measurement {
    if let Some(test) = pair.ranks().and_then(|ranks| ranks.mann_whitney) {
        let mut measured = blank.with(test.auc).p(test.p_value);
        measured.interval = auc_interval(test.auc, s);
        return measured;
    }
    let mut measured = bracketed(blank, None, || mann_whitney::auc_bracket_from_bins(&cells.reference, &cells.current));
    measured.interval = measured.value.and_then(|auc| auc_interval(auc, s));
    measured
}

/// Under no change the AUC has variance `(n + m + 1)/(12nm)`, about `s/12`.
fn auc_interval(auc: f64, s: f64) -> Option<watchkeeper_stats::interval::Interval> {
    normal_interval(auc, (s / 12.0).sqrt())
}

fn from_test(pair: &NumericPair<'_>, blank: Measurement, cells: &Cells) -> Measurement {
    if let Some(ranks) = pair.ranks() {
        return match ranks.cramer_von_mises {
            Some(test) => blank.with(test.statistic).p(test.p_value),
            None => blank.without(Status::Undefined, "too few values"),
        };
    }
    match cramer_von_mises::statistic_from_bins(&cells.reference, &cells.current) {
        Ok(value) => blank.with(value).exactness(Exactness::Approximate),
        Err(error) => blank.without(Status::Undefined, &error.to_string()),
    }
}

fn from_sample(pair: &NumericPair<'_>, mut blank: Measurement) -> Measurement {
    let test = match (pair.ranks(), pair.reference.1.sample.as_ref(), pair.current.1.sample.as_ref()) {
        (Some(ranks), _, _) => ranks.anderson_darling,
        (None, Some(r), Some(c)) => {
            let (r, c) = (r.sorted_values(), c.sorted_values());
            (blank.n_reference, blank.n_current) = (r.len() as u64, c.len() as u64);
            blank.exactness = Exactness::Sampled { rows: r.len().min(c.len()) };
            anderson_darling::anderson_darling(&r, &c)
        }
        _ => return blank.without(Status::InsufficientData, "needs the values, or a sample of them"),
    };
    match test {
        Some(test) => blank.with(test.standardised).p(test.p_value),
        None => blank.without(Status::Undefined, "needs five values and two different ones"),
    }
}

fn mean_difference(pair: &NumericPair<'_>, blank: Measurement, inflation: f64) -> Measurement {
    let (r, c) = &pair.summaries;
    let (Some(mean_r), Some(mean_c)) = (r.mean, c.mean) else {
        return blank.without(Status::Undefined, "the mean is beyond the range of floating-point numbers");
    };
    let mut measured = blank.with(mean_c - mean_r);
    (measured.reference, measured.current) = (Some(mean_r), Some(mean_c));
    let (Some(var_r), Some(var_c)) = (r.variance, c.variance) else { return measured };
    let moments = |n, mean, variance| Moments { n, mean, variance };
    if let Some(test) = welch(moments(r.n, mean_r, var_r), moments(c.n, mean_c, var_c)) {
        measured = measured.p(test.p_value);
    }
    let variance = (var_r / r.n as f64 + var_c / c.n as f64) * inflation;
    measured.interval = normal_interval(mean_c - mean_r, variance.sqrt());
    measured
}

/// Both sides over the cells: below the support, the bins, above it; cells that cannot hold anything joined away.
struct Cells {
    edges: Vec<f64>,
    point: Vec<bool>,
    reference: Vec<u64>,
    current: Vec<u64>,
    offsets: (Vec<f64>, Vec<f64>),
    lower: f64,
    upper: f64,
}

impl Cells {
    fn new(pair: &NumericPair<'_>) -> Self {
        let (grid, support) = (pair.grid, pair.grid.support());
        let below = support.lo.next_down();
        let join_low = grid.edges().first().is_none_or(|&first| first <= below);
        let join_high = grid.edges().last().is_none_or(|&last| last >= support.hi);
        let mut edges = Vec::with_capacity(grid.bins() + 1);
        edges.extend((!join_low).then_some(below));
        edges.extend_from_slice(grid.edges());
        edges.extend((!join_high).then_some(support.hi));
        let lower = least(pair, |s| s.min, f64::min).unwrap_or(support.lo);
        let joined = |mut cells: Vec<u64>| join_ends(&mut cells, join_low, join_high, |a, b| a + b);
        let sums = |mut cells: Vec<f64>| join_ends(&mut cells, join_low, join_high, |a, b| a + b);
        let mut point = vec![false];
        point.extend(grid.point_bins());
        point.push(false);
        Self {
            point: join_ends(&mut point, join_low, join_high, |a, b| a || b),
            reference: joined(pair.reference.0.cells().to_vec()),
            current: joined(pair.current.0.cells().to_vec()),
            offsets: (sums(pair.reference.0.offset_sums(grid, lower)), sums(pair.current.0.offset_sums(grid, lower))),
            edges,
            lower,
            upper: least(pair, |s| s.max, f64::max).unwrap_or(support.hi),
        }
    }

    fn binned(&self) -> BinnedPair<'_> {
        BinnedPair {
            edges: &self.edges,
            lower: self.lower,
            upper: self.upper,
            reference: &self.reference,
            current: &self.current,
            reference_offsets: &self.offsets.0,
            current_offsets: &self.offsets.1,
            point_bin: &self.point,
        }
    }

    fn counts_with_infinities(&self, pair: &NumericPair<'_>) -> (Vec<u64>, Vec<u64>) {
        let add = |counts: &[u64], profile: &Profile| {
            let mut counts = counts.to_vec();
            if let Some(first) = counts.first_mut() {
                *first += profile.classes.neg_inf;
            }
            if let Some(last) = counts.last_mut() {
                *last += profile.classes.pos_inf;
            }
            counts
        };
        (add(&self.reference, pair.reference.1), add(&self.current, pair.current.1))
    }

    /// Reference shares and widths (in reference standard deviations) for the Brownian-bridge null of W1.
    fn null_shape(&self, pair: &NumericPair<'_>, deviation: f64) -> (Vec<f64>, Vec<f64>) {
        let n = pair.reference.0.n().max(1) as f64;
        let shares = self.reference.iter().map(|&count| count as f64 / n).collect();
        let (low, high) = (pair.summaries.0.min.unwrap_or(0.0), pair.summaries.0.max.unwrap_or(0.0));
        let rights = self.edges.iter().copied().chain([high]);
        let mut left = low;
        let width = |right: f64| {
            let right = right.clamp(low, high);
            let width = (right / deviation - left / deviation).max(0.0);
            left = right;
            width
        };
        (shares, rights.map(width).collect())
    }
}

fn least(pair: &NumericPair<'_>, get: fn(&Summary) -> Option<f64>, pick: fn(f64, f64) -> f64) -> Option<f64> {
    [get(&pair.summaries.0), get(&pair.summaries.1)].into_iter().flatten().reduce(pick)
}

/// Joins the first two and the last two entries where asked.
fn join_ends<T: Copy>(cells: &mut Vec<T>, low: bool, high: bool, join: fn(T, T) -> T) -> Vec<T> {
    if high
        && cells.len() > 1
        && let (Some(last), Some(before)) = (cells.pop(), cells.last_mut())
    {
        *before = join(*before, last);
    }
    if low && cells.len() > 1 {
        let first = cells.remove(0);
        if let Some(next) = cells.first_mut() {
            *next = join(first, *next);
        }
    }
    std::mem::take(cells)
}
