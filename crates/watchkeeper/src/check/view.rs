//! What the report shows of a column: distributions of both sides as aggregates, never rows.

use serde::Serialize;
use watchkeeper_profile::grid::{CategoryGrid, NumericGrid};
use watchkeeper_profile::{Baseline, Body, CategoricalProfile, Grid, NumericProfile, Profile};

use super::scan::CurrentProfiles;

/// Bins drawn per column, and when there are many columns.
const BINS_SHOWN: usize = 100;
const BINS_SHOWN_MANY: usize = 40;
const MANY_COLUMNS: usize = 60;
/// Categories drawn.
const CATEGORIES_SHOWN: usize = 30;
/// Categories followed over time.
const CATEGORIES_FOLLOWED: usize = 5;
const QUANTILES: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// The pictures of a column.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ColumnView {
    /// Usually one; texts have one for their lengths and one for their tokens.
    pub views: Vec<View>,
}

/// A distribution of both sides.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum View {
    /// Of numbers.
    Numeric(NumericView),
    /// Of categories.
    Categorical(CategoricalView),
}

/// Counts of both sides over common bins.
#[derive(Debug, Clone, Serialize)]
pub struct NumericView {
    of: &'static str,
    format: &'static str,
    edges: Vec<f64>,
    reference: Vec<u64>,
    current: Vec<u64>,
    points: Vec<Point>,
    quantiles: Quantiles,
    reference_summary: SideSummary,
    current_summary: SideSummary,
}

#[derive(Debug, Clone, Serialize)]
struct Point {
    x: f64,
    reference: u64,
    current: u64,
}

#[derive(Debug, Clone, Serialize)]
struct Quantiles {
    p: Vec<f64>,
    reference: Vec<Option<f64>>,
    current: Vec<Option<f64>>,
}

/// Counts of both sides per category.
#[derive(Debug, Clone, Serialize)]
pub struct CategoricalView {
    categories: Vec<CategoryCount>,
    unseen: Vec<UnseenCount>,
    reference_summary: SideSummary,
    current_summary: SideSummary,
}

#[derive(Debug, Clone, Serialize)]
struct CategoryCount {
    label: String,
    kind: &'static str,
    reference: u64,
    current: u64,
}

#[derive(Debug, Clone, Serialize)]
struct UnseenCount {
    label: String,
    count: u64,
}

/// The usual numbers of one side.
#[derive(Debug, Clone, Serialize)]
pub struct SideSummary {
    /// All rows.
    pub rows: u64,
    /// Rows without a value.
    pub missing: u64,
    /// Rows whose value does not fit the type.
    pub invalid: u64,
    /// Rows that are ±infinity.
    pub non_finite: u64,
    /// Mean of the finite values.
    pub mean: Option<f64>,
    /// Their standard deviation.
    pub std: Option<f64>,
    /// Their minimum.
    pub min: Option<f64>,
    /// Their maximum.
    pub max: Option<f64>,
    /// Distinct values.
    pub distinct: Option<f64>,
    /// Whether that number is exact.
    pub distinct_exact: bool,
}

/// A column over the periods of `--by`; lists have one entry per period.
#[derive(Debug, Clone, Default, Serialize)]
pub struct History {
    n: Vec<u64>,
    missing_rate: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mean: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    q05: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    q50: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    q95: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shares: Vec<CategoryHistory>,
}

#[derive(Debug, Clone, Serialize)]
struct CategoryHistory {
    label: String,
    values: Vec<Option<f64>>,
}

/// Six significant digits: more than a picture shows, and half the bytes.
fn brief(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() { 0.0 } else { format!("{x:.5e}").parse().unwrap_or(x) }
}

pub(super) fn column_view(
    baseline: &Baseline,
    current: &CurrentProfiles,
    columns: usize,
    type_name: &str,
) -> ColumnView {
    let bins = if columns > MANY_COLUMNS { BINS_SHOWN_MANY } else { BINS_SHOWN };
    let format = match type_name {
        "date" => "date_days",
        name if name.starts_with("timestamp") => "timestamp_us",
        name if name.starts_with("int") || name.starts_with("uint") => "integer",
        _ => "number",
    };
    let sides = (&baseline.profile, &current.all);
    let views = match (&baseline.grid, &sides.0.body, &sides.1.body) {
        (Grid::Numeric(grid), Body::Numeric(r), Body::Numeric(c)) => {
            let values = (baseline.values.as_deref(), current.values.as_deref());
            vec![View::Numeric(numeric(("value", format), grid, (r, c), sides, values, bins))]
        }
        (Grid::Categorical(grid), Body::Categorical(r), Body::Categorical(c)) => {
            vec![View::Categorical(categorical(grid, (r, c), sides))]
        }
        (Grid::Text(grids), Body::Text(r), Body::Text(c)) => ["length", "tokens"]
            .into_iter()
            .zip(grids.iter())
            .zip(r.iter().zip(c.iter()))
            .map(|((of, grid), pair)| View::Numeric(numeric((of, "integer"), grid, pair, sides, (None, None), bins)))
            .collect(),
        _ => Vec::new(),
    };
    ColumnView { views }
}

fn summary(profile: &Profile, numeric: Option<(&NumericProfile, &NumericGrid)>) -> SideSummary {
    let numbers = numeric.map(|(p, grid)| p.summary(grid)).unwrap_or_default();
    SideSummary {
        rows: profile.classes.rows(),
        missing: profile.classes.missing(),
        invalid: profile.classes.invalid,
        non_finite: profile.classes.infinite(),
        mean: numbers.mean,
        std: numbers.std(),
        min: numbers.min,
        max: numbers.max,
        distinct: profile.distinct.as_ref().map(|d| d.estimate().round()),
        distinct_exact: profile.distinct.as_ref().is_some_and(|d| d.is_exact()),
    }
}

fn numeric(
    (of, format): (&'static str, &'static str),
    grid: &NumericGrid,
    (r, c): (&NumericProfile, &NumericProfile),
    sides: (&Profile, &Profile),
    values: (Option<&[f64]>, Option<&[f64]>),
    bins_max: usize,
) -> NumericView {
    let (reference_summary, current_summary) = (summary(sides.0, Some((r, grid))), summary(sides.1, Some((c, grid))));
    let quantiles = |profile: &NumericProfile, values: Option<&[f64]>| {
        let one = |&p: &f64| match values {
            Some(sorted) => sorted.get(((p * sorted.len() as f64).ceil() as usize).saturating_sub(1)).copied(),
            None => profile.quantile(grid, p),
        };
        QUANTILES.iter().map(|p| one(p).map(brief)).collect()
    };
    let (bins, points) = shown_bins(grid, (r, c), (&reference_summary, &current_summary), bins_max);
    let mut edges: Vec<f64> = bins.first().map(|bin| bin.left).into_iter().collect();
    edges.extend(bins.iter().map(|bin| bin.right));
    NumericView {
        of,
        format,
        edges: edges.into_iter().map(brief).collect(),
        reference: bins.iter().map(|bin| bin.reference).collect(),
        current: bins.iter().map(|bin| bin.current).collect(),
        points,
        quantiles: Quantiles {
            p: QUANTILES.to_vec(),
            reference: quantiles(r, values.0),
            current: quantiles(c, values.1),
        },
        reference_summary,
        current_summary,
    }
}

struct Bin {
    left: f64,
    right: f64,
    reference: u64,
    current: u64,
}

/// Bins of a width one can see, and the single values that hold at least one percent of a side.
fn shown_bins(
    grid: &NumericGrid,
    (r, c): (&NumericProfile, &NumericProfile),
    summaries: (&SideSummary, &SideSummary),
    bins_max: usize,
) -> (Vec<Bin>, Vec<Point>) {
    let extreme = |get: fn(&SideSummary) -> Option<f64>, pick: fn(f64, f64) -> f64| {
        [get(summaries.0), get(summaries.1)].into_iter().flatten().reduce(pick)
    };
    let (Some(low), Some(high)) = (extreme(|s| s.min, f64::min), extreme(|s| s.max, f64::max)) else {
        return (Vec::new(), Vec::new());
    };
    let heavy = |count: u64, n: u64| count * 100 >= n.max(1) && count > 0;
    let mut is_point = vec![false];
    is_point.extend(grid.point_bins());
    is_point.push(false);
    let rights =
        std::iter::once(grid.support().lo).chain(grid.edges().iter().copied()).chain([grid.support().hi, high]);
    let (mut bins, mut points): (Vec<Bin>, Vec<Point>) = (Vec::new(), Vec::new());
    let mut left = low;
    for (((right, &reference), &current), point) in rights.zip(r.cells()).zip(c.cells()).zip(is_point) {
        let right = right.clamp(low, high);
        if point && (heavy(reference, r.n()) || heavy(current, c.n())) {
            points.push(Point { x: brief(right), reference, current });
        } else if right > left && (right - left).is_normal() && brief(right) > brief(left) {
            bins.push(Bin { left, right, reference, current });
            left = right;
        } else if reference + current > 0 {
            match bins.last_mut() {
                Some(bin) => {
                    bin.reference += reference;
                    bin.current += current;
                }
                None => points.push(Point { x: brief(right), reference, current }),
            }
        }
    }
    let join = bins.len().div_ceil(bins_max.max(1)).max(1);
    let joined = bins.chunks(join).filter_map(|part| {
        let (first, last) = (part.first()?, part.last()?);
        let sum = |get: fn(&Bin) -> u64| part.iter().map(get).sum();
        Some(Bin { left: first.left, right: last.right, reference: sum(|b| b.reference), current: sum(|b| b.current) })
    });
    (joined.collect(), points)
}

fn categorical(
    grid: &CategoryGrid,
    (r, c): (&CategoricalProfile, &CategoricalProfile),
    sides: (&Profile, &Profile),
) -> CategoricalView {
    let count = |profile: &CategoricalProfile, bin: usize| profile.counts().get(bin).copied().unwrap_or(0);
    let mut kept: Vec<CategoryCount> = grid
        .labels()
        .iter()
        .enumerate()
        .map(|(bin, label)| CategoryCount {
            label: label.clone(),
            kind: "kept",
            reference: count(r, bin),
            current: count(c, bin),
        })
        .collect();
    // The largest of either side are shown; the rest is one more bar.
    kept.sort_by_key(|category| std::cmp::Reverse(category.reference.max(category.current)));
    let rest = kept.split_off(kept.len().min(CATEGORIES_SHOWN));
    let sum = |get: fn(&CategoryCount) -> u64| rest.iter().map(get).sum::<u64>();
    let other = grid.other_bin();
    let (reference, current) = (count(r, other) + sum(|x| x.reference), count(c, other) + sum(|x| x.current));
    if reference + current > 0 {
        kept.push(CategoryCount { label: "other".into(), kind: "other", reference, current });
    }
    let unseen = count(c, grid.unseen_bin());
    if unseen > 0 {
        kept.push(CategoryCount { label: "unseen".into(), kind: "unseen", reference: 0, current: unseen });
    }
    let names =
        c.unseen_names().into_iter().take(10).map(|(label, count)| UnseenCount { label: label.to_owned(), count });
    CategoricalView {
        categories: kept,
        unseen: names.collect(),
        reference_summary: summary(sides.0, None),
        current_summary: summary(sides.1, None),
    }
}

/// Categories by the change of their share, largest first; the unseen ones by name.
pub(super) fn movers(grid: &CategoryGrid, r: &CategoricalProfile, c: &CategoricalProfile) -> Vec<(String, f64, f64)> {
    let share = |count: u64, n: u64| if n == 0 { 0.0 } else { count as f64 / n as f64 };
    let kept = grid.labels().iter().zip(r.counts()).zip(c.counts());
    let mut movers: Vec<(String, f64, f64)> =
        kept.map(|((label, &a), &b)| (label.clone(), share(a, r.n()), share(b, c.n()))).collect();
    movers.extend(c.unseen_names().into_iter().map(|(label, count)| (label.to_owned(), 0.0, share(count, c.n()))));
    movers.sort_by(|a, b| (b.1 - b.2).abs().total_cmp(&(a.1 - a.2).abs()).then_with(|| a.0.cmp(&b.0)));
    movers
}

pub(super) fn history(baseline: &Baseline, profiles: &[Option<Profile>]) -> History {
    let mut history = History::default();
    for profile in profiles {
        let rows = profile.as_ref().map_or(0, |p| p.classes.rows());
        history.n.push(rows);
        let missing = profile.as_ref().map(|p| p.classes.missing() as f64 / rows.max(1) as f64);
        history.missing_rate.push(missing.filter(|_| rows > 0).map(brief));
    }
    match &baseline.grid {
        Grid::Numeric(grid) => {
            let numbers = |get: &dyn Fn(&NumericProfile) -> Option<f64>| {
                profiles.iter().map(|p| p.as_ref().and_then(Profile::numeric).and_then(get).map(brief)).collect()
            };
            history.mean = numbers(&|p| p.summary(grid).mean);
            history.q05 = numbers(&|p| p.quantile(grid, 0.05));
            history.q50 = numbers(&|p| p.quantile(grid, 0.5));
            history.q95 = numbers(&|p| p.quantile(grid, 0.95));
        }
        Grid::Categorical(grid) => {
            let follow = |(bin, label): (usize, &String)| CategoryHistory {
                label: label.clone(),
                values: profiles.iter().map(|p| category_share(p.as_ref(), bin)).collect(),
            };
            let bins = most_moved(baseline, profiles, grid.labels().len());
            history.shares = bins.into_iter().filter_map(|bin| Some(follow((bin, grid.labels().get(bin)?)))).collect();
        }
        Grid::Text(_) | Grid::Presence => {}
    }
    history
}

/// The kept categories whose share moved furthest from the reference in any period.
fn most_moved(baseline: &Baseline, profiles: &[Option<Profile>], kept: usize) -> Vec<usize> {
    let moved = |bin: usize| {
        let before = category_share(Some(&baseline.profile), bin).unwrap_or(0.0);
        let shares = profiles.iter().filter_map(|profile| category_share(profile.as_ref(), bin));
        shares.map(|share| (share - before).abs()).fold(0.0, f64::max)
    };
    let mut bins: Vec<(f64, usize)> = (0..kept).map(|bin| (moved(bin), bin)).collect();
    bins.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    bins.into_iter().take(CATEGORIES_FOLLOWED).map(|(_, bin)| bin).collect()
}

fn category_share(profile: Option<&Profile>, bin: usize) -> Option<f64> {
    let profile = profile?.categorical()?;
    let n = profile.n();
    (n > 0).then(|| brief(profile.counts().get(bin).copied().unwrap_or(0) as f64 / n as f64))
}
