//! Values cut off at a limit, and rows beyond a limit left out.

use super::Outcome;
use super::change::{Change, Confidence, Evidence, SemanticChange, Side};
use super::sketch::{NumericPair, cell_of};
use crate::text::{number, percent};

/// Least share of the reference beyond the limit.
const BEYOND: f64 = 0.03;
/// Most of it: what is left has to show that the rest is as it was.
const BEYOND_MAX: f64 = 0.7;

pub(super) fn recognise(pair: &NumericPair<'_>) -> Outcome {
    if !pair.drifted(0.02) {
        return Outcome::Nothing;
    }
    let found = [Side::High, Side::Low].into_iter().find_map(|side| one_side(pair, side));
    found.map_or(Outcome::Nothing, Outcome::Found)
}

fn one_side(pair: &NumericPair<'_>, side: Side) -> Option<SemanticChange> {
    let limit = match side {
        Side::High => pair.now.max?,
        Side::Low => pair.now.min?,
    };
    let is_beyond = |x: f64| match side {
        Side::High => x > limit,
        Side::Low => x < limit,
    };
    let beyond = pair.share(is_beyond);
    if !(BEYOND..=BEYOND_MAX).contains(&beyond) {
        return None;
    }
    let cell = cell_of(pair.grid, limit);
    let [_, current] = &pair.cells;
    let at_limit = current.get(cell).copied().unwrap_or(0.0);
    // The rest must be as it was, by its own rows, so an ordinary drift of the whole column does not pass.
    let good = |after: f64| after <= 1.2 * pair.noise.min(0.5 * pair.before) + 0.03 * beyond.min(1.0 - beyond);
    let saturated = pair.distance(|x| Some(if is_beyond(x) { limit } else { x }));
    // One value that many rows had, and that only moved to the limit, is not a cut.
    let single = pair.points.iter().filter(|p| is_beyond(p.value)).map(|p| p.weight).fold(0.0, f64::max);
    if at_limit >= 0.7 * beyond && single <= 0.7 * beyond && piles_up(pair, cell, (limit, side)) && good(saturated) {
        return Some(tell(pair, Change::Saturated { at: limit, side, share: at_limit }, saturated));
    }
    let truncated = pair.distance(|x| (!is_beyond(x)).then_some(x));
    let sure = pair.before >= 4.0 * pair.noise && ordinary(pair) > truncated + 0.5 * pair.noise + 0.01;
    (sure && good(truncated)).then(|| tell(pair, Change::Truncated { at: limit, side, share: beyond }, truncated))
}

/// Distance left by the best plain shift or stretch: an exponential law shifted is the same as one cut off.
fn ordinary(pair: &NumericPair<'_>) -> f64 {
    let (Some(r), Some(c)) = (pair.reference.mean, pair.now.mean) else { return 1.0 };
    let (low, now_low) = (pair.reference.min.unwrap_or(0.0), pair.now.min.unwrap_or(0.0));
    let stretch = if r == 0.0 { 1.0 } else { c / r };
    let about_low = if r == low { 1.0 } else { (c - now_low) / (r - low) };
    let maps: [&dyn Fn(f64) -> f64; 3] = [&|x| x + (c - r), &|x| x * stretch, &|x| now_low + (x - low) * about_low];
    maps.iter().map(|map| pair.distance(|x| Some(map(x)))).fold(1.0, f64::min)
}

/// Whether the values of the limit's cell lie on the limit rather than all over the cell.
fn piles_up(pair: &NumericPair<'_>, cell: usize, (limit, side): (f64, Side)) -> bool {
    let (edges, support) = (pair.grid.edges(), pair.grid.support());
    let left = cell.checked_sub(2).and_then(|at| edges.get(at)).copied().unwrap_or(support.lo);
    let right = cell.checked_sub(1).and_then(|at| edges.get(at)).copied().unwrap_or(support.hi);
    let at = if right > left { (limit - left) / (right - left) } else { 1.0 };
    let Some(position) = pair.position(cell) else { return false };
    // Distances from the end of the cell that is inside the limit.
    match side {
        Side::High => position >= 0.8 * at,
        Side::Low => 1.0 - position >= 0.8 * (1.0 - at),
    }
}

fn tell(pair: &NumericPair<'_>, change: Change, after: f64) -> SemanticChange {
    let word = |side: &Side| if *side == Side::High { "above" } else { "below" };
    let (sentence, mapping) = match &change {
        Change::Saturated { at, side, share } => (
            format!(
                "`{}` is cut off at {}: {} of values lie on it, as many as lay {} it in the reference, and the rest is as it was",
                pair.name,
                number(*at),
                percent(*share),
                word(side)
            ),
            "none: what was cut off is lost",
        ),
        Change::Truncated { at, side, share } => (
            format!(
                "rows with `{}` {} {} are missing: they were {} of the reference, and the rest is as it was",
                pair.name,
                word(side),
                number(*at),
                percent(*share)
            ),
            "none: the rows are not there",
        ),
        _ => (String::new(), ""),
    };
    let confidence = if after <= 1.2 * pair.noise && pair.before >= 5.0 * pair.noise {
        Confidence::High
    } else {
        Confidence::Medium
    };
    SemanticChange {
        columns: vec![pair.name.to_owned()],
        change,
        mapping: mapping.to_owned(),
        evidence: Evidence::Bins,
        before: pair.before,
        after,
        confidence,
        sentence,
    }
}
