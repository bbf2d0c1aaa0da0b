//! Two columns that exchanged their contents.

use std::collections::BTreeMap;

use watchkeeper_profile::{Body, Grid};

use super::Column;
use super::categories::{Category, CategoryPair};
use super::change::{Change, Confidence, Evidence, SemanticChange};
use super::sketch::{NumericPair, cumulative, largest_gap, moment_distance, push};
use crate::text::number;

/// Both columns must have drifted by this much.
const DRIFTED: f64 = 0.2;
/// Most that may be left of the drift of either, as a share of it and as a distance.
const LEFT: f64 = 0.3;
const LEFT_MAX: f64 = 0.15;

/// Names from which those remembered stand for all.
const NAMES_ENOUGH: usize = 20;

/// An exchange of the columns at two indices.
pub(super) struct Swap {
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) change: SemanticChange,
}

enum Side<'a> {
    Numeric(Box<NumericPair<'a>>),
    Categorical(CategoryPair<'a>),
}

impl Side<'_> {
    fn before(&self) -> f64 {
        match self {
            Self::Numeric(pair) => pair.before,
            Self::Categorical(pair) => pair.before,
        }
    }

    fn noise(&self) -> f64 {
        match self {
            Self::Numeric(pair) => pair.noise,
            Self::Categorical(pair) => pair.noise,
        }
    }
}

/// All exchanges, best first; each column is in one at most. Looks at the first `limit` drifted columns.
pub(super) fn find(columns: &[Column<'_>], limit: usize) -> Vec<Swap> {
    let drifted: Vec<(usize, Side<'_>)> = columns
        .iter()
        .enumerate()
        .filter_map(|(index, column)| Some((index, side(column)?)))
        .filter(|(_, side)| side.before() >= DRIFTED && side.before() >= 2.0 * side.noise())
        .take(limit)
        .collect();
    let mut swaps: Vec<(f64, Swap)> = Vec::new();
    for (at, (first, a)) in drifted.iter().enumerate() {
        for (second, b) in drifted.iter().skip(at + 1) {
            if let Some((left_a, left_b)) = distances(a, b)
                && is_small(left_a, a)
                && is_small(left_b, b)
            {
                let names = [first, second].map(|&i| columns.get(i).map_or("", |c| c.name));
                let change = tell(names, (a, left_a), (b, left_b));
                swaps.push((left_a + left_b, Swap { first: *first, second: *second, change }));
            }
        }
    }
    swaps.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1.first, a.1.second).cmp(&(b.1.first, b.1.second))));
    let mut chosen: Vec<Swap> = Vec::new();
    for (_, swap) in swaps {
        let taken = |i: usize| chosen.iter().any(|s| s.first == i || s.second == i);
        if !taken(swap.first) && !taken(swap.second) {
            chosen.push(swap);
        }
    }
    chosen
}

fn side<'a>(column: &Column<'a>) -> Option<Side<'a>> {
    match (column.grid, &column.reference.body, &column.current.body) {
        (Grid::Numeric(grid), Body::Numeric(r), Body::Numeric(c)) => {
            NumericPair::new(column, grid, r, c).map(|pair| Side::Numeric(Box::new(pair)))
        }
        (Grid::Categorical(grid), Body::Categorical(r), Body::Categorical(c)) => {
            CategoryPair::new(column, grid, r, c).map(Side::Categorical)
        }
        _ => None,
    }
}

fn is_small(left: f64, side: &Side<'_>) -> bool {
    // Where hardly a value stayed, no drift of its own could bring it there: more of one may be left.
    let most = if side.before() >= 0.9 { LEFT } else { LEFT_MAX };
    left <= (LEFT * side.before()).min(most).max(1.2 * side.noise()) && left <= 0.6 * side.before()
}

/// Distances of the current values of each from the reference of the other.
fn distances(a: &Side<'_>, b: &Side<'_>) -> Option<(f64, f64)> {
    match (a, b) {
        (Side::Numeric(a), Side::Numeric(b)) => Some((numeric(a, b)?, numeric(b, a)?)),
        (Side::Categorical(a), Side::Categorical(b)) => Some((categorical(a, b), categorical(b, a))),
        _ => None,
    }
}

/// Current values of `a` against the reference of `b`, on the grid of `a` and by moments.
fn numeric(a: &NumericPair<'_>, b: &NumericPair<'_>) -> Option<f64> {
    let [_, current] = &a.cells;
    let bins = largest_gap(&cumulative(&push(a.grid, &b.points, Some)), &cumulative(current));
    let deviation = |s: &watchkeeper_profile::Summary| s.std().filter(|d| *d > 0.0);
    let (now, then) = (deviation(&a.now)?, deviation(&b.reference)?);
    let moments = moment_distance((a.now.mean? - b.reference.mean?) / then, (now / then).ln());
    // Outside the bins of `a` only the moments speak; inside, heavy tails must not outvote the bins.
    Some(if a.outside > 0.5 { bins.max(moments) } else { bins.max(0.5 * moments) })
}

fn categorical(a: &CategoryPair<'_>, b: &CategoryPair<'_>) -> f64 {
    let shares = |pair: &CategoryPair<'_>, part: fn(&Category) -> f64, rows: u64| -> BTreeMap<String, f64> {
        let present = pair.categories.iter().filter(|c| part(c) > 0.0);
        present.map(|c| (c.name.clone(), part(c) / rows as f64)).collect()
    };
    let (current, reference) = (shares(a, |c| c.current, a.rows.1), shares(b, |c| c.reference, b.rows.0));
    let common: f64 = current.iter().filter_map(|(name, q)| Some(q.min(*reference.get(name)?))).sum();
    // A profile remembers 64 new names, a sample by hash: what they hold stands for the others.
    let named: f64 = current.values().sum();
    if current.len() >= NAMES_ENOUGH && named >= 0.2 { (1.0 - common / named.min(1.0)).max(0.0) } else { 1.0 - common }
}

fn tell(names: [&str; 2], (a, left_a): (&Side<'_>, f64), (b, left_b): (&Side<'_>, f64)) -> SemanticChange {
    let [first, second] = names;
    let (before, after) = (0.5 * (a.before() + b.before()), 0.5 * (left_a + left_b));
    let evidence = match (a, b) {
        (Side::Numeric(a), Side::Numeric(b)) if a.outside.max(b.outside) > 0.5 => Evidence::Moments,
        (Side::Numeric(_), _) => Evidence::Bins,
        _ => Evidence::Categories,
    };
    let sure = left_a <= 1.2 * a.noise().max(0.03) && left_b <= 1.2 * b.noise().max(0.03);
    SemanticChange {
        columns: vec![first.to_owned(), second.to_owned()],
        change: Change::Swapped,
        mapping: format!("`{first}` ↔ `{second}`"),
        evidence,
        before,
        after,
        confidence: if sure { Confidence::High } else { Confidence::Medium },
        sentence: format!(
            "`{first}` and `{second}` look swapped: exchanging them takes their distances to the reference from {} and {} \
             to {} and {}",
            number(a.before()),
            number(b.before()),
            number(left_a),
            number(left_b)
        ),
    }
}
