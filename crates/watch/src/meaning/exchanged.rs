//! Two categories that changed places: a boolean inverted, two codes exchanged.

use super::Outcome;
use super::categories::{Category, CategoryPair};
use super::change::{Change, Confidence, Evidence, SemanticChange};
use crate::text::{number, percent};

/// The shares must differ by this for an exchange to be seen, and to be no ordinary drift.
const APART: f64 = 0.2;

pub(super) fn recognise(pair: &CategoryPair<'_>) -> Outcome {
    let (n, m) = (pair.rows.0 as f64, pair.rows.1 as f64);
    let share = |c: &Category| (c.reference / n, c.current / m);
    let mut moved: Vec<&Category> = pair.categories.iter().filter(|c| c.reference > 0.0).collect();
    moved.sort_by(|a, b| {
        let change = |c: &Category| share(c).1 - share(c).0;
        change(b).total_cmp(&change(a)).then(a.name.cmp(&b.name))
    });
    let (Some(up), Some(down)) = (moved.first(), moved.last()) else { return Outcome::Nothing };
    let ((p_up, q_up), (p_down, q_down)) = (share(up), share(down));
    let drift = if pair.is_boolean { 0.04 } else { 0.02 };
    let same = |a: f64, b: f64| (a - b).abs() <= 3.0 * pair.error(a) + drift * a.max(b).max(0.5);
    let exchanged = p_down - p_up >= APART && q_up - q_down >= APART && same(p_up, q_down) && same(p_down, q_up);
    if up.name == down.name || !exchanged {
        return Outcome::Nothing;
    }
    let rest: f64 = pair
        .categories
        .iter()
        .filter(|c| c.name != up.name && c.name != down.name)
        .map(|c| (share(c).0 - share(c).1).abs())
        .sum();
    let after = 0.5 * (rest + (p_up - q_down).abs() + (p_down - q_up).abs());
    if after > pair.noise.max(0.15 * pair.before) {
        return Outcome::Nothing;
    }
    let (a, b) = (&down.name, &up.name);
    let confidence = if after <= pair.noise && pair.before >= 0.4 { Confidence::High } else { Confidence::Medium };
    let verb = if pair.is_boolean { "is inverted" } else { "has two categories exchanged" };
    Outcome::Found(SemanticChange {
        columns: vec![pair.name.to_owned()],
        change: Change::Exchanged { pair: [a.clone(), b.clone()] },
        mapping: format!("`{a}` → `{b}`, `{b}` → `{a}`"),
        evidence: Evidence::Categories,
        before: pair.before,
        after,
        confidence,
        sentence: format!(
            "`{}` {verb}: `{a}` went from {} to {} and `{b}` from {} to {}; exchanging them takes the distance to the \
             reference from {} to {}",
            pair.name,
            percent(p_down),
            percent(q_down),
            percent(p_up),
            percent(q_up),
            number(pair.before),
            number(after)
        ),
    })
}
