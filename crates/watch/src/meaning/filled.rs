//! One constant in the place of many values, or of missing ones.

use watchkeeper_profile::{ValueClasses, is_null_word};

use super::Outcome;
use super::categories::CategoryPair;
use super::change::{Change, Confidence, Evidence, SemanticChange};
use super::sketch::{NOISE, NumericPair, cumulative, largest_gap};
use crate::text::{number, percent};

/// Least share of values that became the constant.
const FILLED: f64 = 0.05;
/// Least share of rows that were missing and now have the constant.
const SENTINEL: f64 = 0.01;
/// A value that held more than this of the reference may hold more by an ordinary drift.
const KNOWN: f64 = 0.05;
/// Outside the range, how far the mean may lie from the extreme, as a share of its distance from the range: ordinary
/// rows just beyond the range are there too.
const SPREAD: f64 = 0.03;
/// Rows beside the constant from which they show that they are as they were.
const REST_ROWS: f64 = 30.0;
/// Values that pipelines write for "missing".
const SENTINELS: [f64; 12] = [-1.0, 0.0, -9.0, -99.0, 99.0, -999.0, 999.0, -9999.0, 9999.0, -99_999.0, 99_999.0, 1e20];

/// A new constant and its share of the current values.
struct Atom {
    value: f64,
    share: f64,
    /// Distance of the current values from the reference with that share of it replaced.
    after: f64,
}

pub(super) fn numeric(pair: &NumericPair<'_>) -> Outcome {
    let Some(atom) = atom(pair) else { return Outcome::Nothing };
    let value = number(atom.value);
    let usable = pair.classes.1.usable() as f64 / pair.classes.1.rows().max(1) as f64;
    let before = pair.before;
    if let Some(rows) = missing_became(pair.classes, atom.share * usable) {
        let sure = SENTINELS.iter().any(|s| (atom.value - s).abs() <= 1e-9 * s.abs());
        let change = Change::NullSentinel { value, share: rows };
        return Outcome::Found(tell(pair.name, change, Evidence::Bins, (before, atom.after), sure));
    }
    if atom.share < FILLED || !pair.drifted(0.02) {
        return Outcome::Nothing;
    }
    let sure = atom.share >= 0.999;
    let change = Change::ConstantFill { value, share: atom.share };
    Outcome::Found(tell(pair.name, change, Evidence::Bins, (before, atom.after), sure))
}

/// The cell whose share grew most, if the rest only made room for it.
fn atom(pair: &NumericPair<'_>) -> Option<Atom> {
    let [reference, current] = &pair.cells;
    let (cell, p, q) = reference
        .iter()
        .zip(current)
        .enumerate()
        .map(|(cell, (p, q))| (cell, *p, *q))
        .max_by(|a, b| (a.2 - a.1).total_cmp(&(b.2 - b.1)).then(b.0.cmp(&a.0)))?;
    let constant = pair.now.min == pair.now.max;
    if constant {
        let changed = pair.reference.min != pair.reference.max && p < 0.9;
        return changed.then_some(Atom { value: pair.now.min?, share: 1.0, after: 0.0 });
    }
    let share = (q - p) / (1.0 - p);
    if p > KNOWN || share < SENTINEL {
        return None;
    }
    let value = value_of(pair, cell, share)?;
    let mixed: Vec<f64> =
        reference.iter().enumerate().map(|(at, p)| p * (1.0 - share) + if at == cell { share } else { 0.0 }).collect();
    let after = largest_gap(&cumulative(&mixed), &cumulative(current));
    // The rest must be as it was, by its own rows: values that only drew together leave a rest that is not.
    let rest = 1.0 - share;
    let rows = rest * pair.profiles.1.n() as f64;
    let noise = NOISE * (1.0 / pair.profiles.0.n() as f64 + 1.0 / rows).sqrt();
    // Outside the range nearly all values are known to be equal: there the rest may have drifted a good deal.
    let drift = if cell == 0 || cell + 1 == current.len() { 0.6 } else { 0.1 };
    let good = rows >= REST_ROWS && after <= rest * (noise + drift) && after <= 0.5 * pair.before.max(share);
    // A value that many rows had cannot vanish when others are overwritten at random.
    let kept =
        reference.iter().zip(current).enumerate().all(|(at, (p, q))| at == cell || *p < 0.2 || *q >= 0.3 * rest * p);
    (good && kept).then_some(Atom { value, share, after })
}

/// The constant's value, from the sums of its cell; outside the range the extreme, where nearly all values lie on it.
fn value_of(pair: &NumericPair<'_>, cell: usize, share: f64) -> Option<f64> {
    let grid = pair.grid;
    let (reference, current) = pair.profiles;
    let lowest = |summary: &watchkeeper_profile::Summary| summary.min.unwrap_or(0.0);
    let [_, shares] = &pair.cells;
    let mean = |profile: &watchkeeper_profile::NumericProfile, low: f64| -> Option<f64> {
        let count = *profile.cells().get(cell)?;
        (count > 0).then(|| profile.offset_sums(grid, low).get(cell).map(|sum| sum / count as f64))?
    };
    if cell == 0 {
        let low = pair.now.min?;
        let offset = mean(current, lowest(&pair.now))?;
        let far = grid.support().lo - low;
        return (offset.abs() <= SPREAD * far).then_some(low);
    }
    if cell + 1 == shares.len() {
        let (high, offset) = (pair.now.max?, mean(current, 0.0)?);
        let far = high - grid.support().hi;
        return ((far - offset).abs() <= SPREAD * far).then_some(high);
    }
    let left = if cell == 1 { grid.support().lo } else { *grid.edges().get(cell.checked_sub(2)?)? };
    let right = grid.edges().get(cell - 1).copied().unwrap_or(grid.support().hi);
    if left.next_up() >= right {
        return Some(right);
    }
    // The cell holds the constant and the rows that were there before.
    let all = mean(current, lowest(&pair.now))? * shares.get(cell)?;
    let [before, _] = &pair.cells;
    let old = mean(reference, lowest(&pair.reference)).unwrap_or(0.0) * before.get(cell)? * (1.0 - share);
    let value = (left + (all - old) / share).clamp(left, right);
    // Rows of the cell add noise of its width: a round number within it is what was meant.
    let tolerance = 0.25 * (right - left);
    let round =
        [1.0, 0.1, 0.01].iter().map(|unit| (value / unit).round() * unit).find(|r| (r - value).abs() <= tolerance);
    Some(round.filter(|r| (left..=right).contains(r)).unwrap_or(value))
}

/// The share of rows that were missing in the reference and are not any more, when it is as large as `share`.
fn missing_became((reference, current): (ValueClasses, ValueClasses), share: f64) -> Option<f64> {
    let rate = |classes: ValueClasses| classes.missing() as f64 / classes.rows().max(1) as f64;
    let (before, after) = (rate(reference), rate(current));
    let dropped = before - after;
    let error = (before * (1.0 - before) / reference.rows().max(1) as f64
        + share * (1.0 - share).max(0.0) / current.rows().max(1) as f64)
        .sqrt();
    let fits = dropped >= SENTINEL && after <= 0.5 * before && (dropped - share).abs() <= 3.0 * error + 0.3 * dropped;
    fits.then_some(share)
}

pub(super) fn categorical(pair: &CategoryPair<'_>) -> Outcome {
    let (n, m) = (pair.rows.0 as f64, pair.rows.1 as f64);
    let grown = pair.categories.iter().max_by(|a, b| {
        let growth = |c: &super::categories::Category| c.current / m - c.reference / n;
        growth(a).total_cmp(&growth(b)).then(b.name.cmp(&a.name))
    });
    let Some(top) = grown else { return Outcome::Nothing };
    let (p, q) = (top.reference / n, top.current / m);
    if p >= 1.0 {
        return Outcome::Nothing;
    }
    let share = (q - p) / (1.0 - p);
    let distance = |c: &super::categories::Category| {
        let mixed = c.reference / n * (1.0 - share) + if c.name == top.name { share } else { 0.0 };
        (mixed - c.current / m).abs()
    };
    let after = 0.5 * pair.categories.iter().map(distance).sum::<f64>();
    let usable = pair.classes.1.usable() as f64 / pair.classes.1.rows().max(1) as f64;
    let (value, before) = (top.name.to_owned(), pair.before);
    let sentinel = missing_became(pair.classes, share * usable);
    if let Some(rows) = sentinel.filter(|_| p <= KNOWN && after <= pair.noise.max(0.3 * share)) {
        let lower = top.name.trim().to_lowercase();
        let sure = is_null_word(&top.name)
            || lower.is_empty()
            || ["unknown", "missing", "n/a", "na", "none", "null", "nan"].contains(&&*lower);
        return Outcome::Found(tell(
            pair.name,
            Change::NullSentinel { value, share: rows },
            Evidence::Categories,
            (before, after),
            sure,
        ));
    }
    // One category that takes all: whatever grows less may be an ordinary drift.
    if q >= 0.999 && p <= 0.5 && pair.categories.len() > 2 {
        return Outcome::Found(tell(
            pair.name,
            Change::ConstantFill { value, share: q },
            Evidence::Categories,
            (before, 0.0),
            true,
        ));
    }
    Outcome::Nothing
}

fn tell(name: &str, change: Change, evidence: Evidence, (before, after): (f64, f64), sure: bool) -> SemanticChange {
    let (sentence, mapping) = match &change {
        Change::NullSentinel { value, share } => (
            format!(
                "missing values of `{name}` are now written as `{value}`: it holds {} of rows, as many as were missing",
                percent(*share)
            ),
            format!("`{value}` → missing"),
        ),
        Change::ConstantFill { value, share } if *share >= 0.999 => {
            (format!("`{name}` is `{value}` in all rows"), "none: the values are lost".to_owned())
        }
        Change::ConstantFill { value, share } => (
            format!("{} of the values of `{name}` were replaced by `{value}`; the rest is as it was", percent(*share)),
            format!("`{value}` → missing"),
        ),
        _ => (String::new(), String::new()),
    };
    SemanticChange {
        columns: vec![name.to_owned()],
        change,
        mapping,
        evidence,
        before,
        after,
        confidence: if sure { Confidence::High } else { Confidence::Medium },
        sentence,
    }
}
