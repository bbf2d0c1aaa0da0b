//! Time zones and first days of the week: whole numbers that moved round their cycle.

use super::Outcome;
use super::change::{Change, Confidence, Evidence, SemanticChange};
use super::sketch::NumericPair;
use crate::text::number;

/// A cycle that columns count in.
struct Cycle {
    period: f64,
    /// Least and greatest value.
    range: (f64, f64),
    /// What one step is, in the unit of the column.
    step: f64,
    /// Steps in the cycle.
    steps: u32,
    /// Words in the names of such columns.
    words: &'static [&'static str],
    what: &'static str,
}

const CYCLES: [Cycle; 8] = [
    cycle(24.0, 0.0, 23.0, 1.0, 24, &["hour", "hr"], "hours"),
    cycle(24.0, 1.0, 24.0, 1.0, 24, &["hour", "hr"], "hours"),
    cycle(7.0, 0.0, 6.0, 1.0, 7, &["day", "dow", "week"], "days of the week"),
    cycle(7.0, 1.0, 7.0, 1.0, 7, &["day", "dow", "week"], "days of the week"),
    cycle(12.0, 1.0, 12.0, 1.0, 12, &["month"], "months"),
    cycle(1440.0, 0.0, 1439.0, 60.0, 24, &["minute", "time"], "hours, in minutes of the day"),
    cycle(2400.0, 0.0, 2359.0, 100.0, 24, &["time", "hhmm"], "hours, as hhmm"),
    cycle(86_400.0, 0.0, 86_399.0, 3600.0, 24, &["second", "time"], "hours, in seconds of the day"),
];

const fn cycle(
    period: f64,
    lo: f64,
    hi: f64,
    step: f64,
    steps: u32,
    words: &'static [&'static str],
    what: &'static str,
) -> Cycle {
    Cycle { period, range: (lo, hi), step, steps, words, what }
}

/// Share of rows that must have gone over the end of the cycle where the column's name does not speak.
const WRAPPED: f64 = 0.05;

pub(super) fn recognise(pair: &NumericPair<'_>) -> Outcome {
    if !pair.drifted(0.03) || !whole_numbers(pair).all(|x| x.fract() == 0.0) {
        return Outcome::Nothing;
    }
    if let Some(change) = base(pair) {
        return Outcome::Found(change);
    }
    let mut fits: Vec<(f64, f64, &Cycle)> = Vec::new();
    for cycle in CYCLES.iter().filter(|cycle| cycle.suits(pair)) {
        fits.extend((1..cycle.steps).map(|i| {
            let by = f64::from(i) * cycle.step;
            (pair.distance(|x| Some(cycle.shifted(x, by))), by, cycle)
        }));
    }
    fits.sort_by(|a, b| a.0.total_cmp(&b.0));
    let Some(&(after, by, cycle)) = fits.first() else { return Outcome::Nothing };
    if after > (1.2 * pair.noise).max(0.01).max(0.25 * pair.before) || after > 0.4 * pair.before {
        return Outcome::Nothing;
    }
    if !cycle.is_named(pair.name)
        && pair.share(|x| x + by > cycle.range.1).min(pair.share(|x| x + by <= cycle.range.1)) < WRAPPED
    {
        // Without the name and without rows that went round, it may be an ordinary rise.
        return Outcome::Nothing;
    }
    if let Some(&(other, also, _)) = fits.get(1)
        && (other <= after + 0.5 * pair.noise || other <= 1.3 * after)
    {
        let (a, b) = (number(by), number(also));
        return Outcome::Undecided(format!("shifts by {a} and by {b} round the cycle fit about equally well"));
    }
    // The nearer way round is the one that people mean.
    let signed = if by > 0.5 * cycle.period { by - cycle.period } else { by };
    Outcome::Found(tell(pair, cycle, signed, after))
}

/// The edges, without the floats before atoms, and the extremes: whole numbers when the column holds whole numbers.
fn whole_numbers(pair: &NumericPair<'_>) -> impl Iterator<Item = f64> {
    let edges = pair.grid.edges();
    let before_atom =
        |at: usize, x: f64| edges.get(at + 1).is_some_and(|&next| x.next_up() == next || next == 0.0 && x > -1e-300);
    let ends = [pair.reference.min, pair.reference.max, pair.now.min, pair.now.max].into_iter().flatten();
    let inner = edges.iter().enumerate().filter(move |&(at, &x)| !before_atom(at, x)).map(|(_, &x)| x);
    inner.chain(ends)
}

impl Cycle {
    /// Whether both sides keep inside the cycle and fill more than half of it.
    fn suits(&self, pair: &NumericPair<'_>) -> bool {
        let inside = |s: &watchkeeper_profile::Summary| {
            s.min.is_some_and(|x| x >= self.range.0) && s.max.is_some_and(|x| x <= self.range.1)
        };
        let width = pair.reference.max.unwrap_or(0.0) - pair.reference.min.unwrap_or(0.0);
        let clock = self.period != 2400.0 || whole_numbers(pair).all(|x| x.rem_euclid(100.0) < 60.0);
        inside(&pair.reference) && inside(&pair.now) && width > 0.5 * (self.range.1 - self.range.0) && clock
    }

    fn shifted(&self, x: f64, by: f64) -> f64 {
        (x - self.range.0 + by).rem_euclid(self.period) + self.range.0
    }

    fn is_named(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.words.iter().any(|word| name.contains(word))
    }
}

fn tell(pair: &NumericPair<'_>, cycle: &Cycle, by: f64, after: f64) -> SemanticChange {
    let steps = number((by / cycle.step).abs());
    let way = if by > 0.0 { "forward" } else { "back" };
    let sign = if by > 0.0 { "−" } else { "+" };
    let mapping = format!("(x {sign} {}) modulo {}", number(by.abs()), cycle.period);
    let confidence = if cycle.is_named(pair.name) && after <= 1.2 * pair.noise.max(0.01) {
        Confidence::High
    } else {
        Confidence::Medium
    };
    SemanticChange {
        columns: vec![pair.name.to_owned()],
        change: Change::CyclicShift { by, period: cycle.period },
        evidence: Evidence::Bins,
        before: pair.before,
        after,
        confidence,
        sentence: format!(
            "`{}` moved {way} by {steps} ({}), as by a time zone or another first day: the mapping {mapping} takes its \
             distance to the reference from {} to {}",
            pair.name,
            cycle.what,
            number(pair.before),
            number(after)
        ),
        mapping,
    }
}

/// Counting from one instead of zero, or the reverse: the whole cycle moved by one.
fn base(pair: &NumericPair<'_>) -> Option<SemanticChange> {
    let ends = |s: &watchkeeper_profile::Summary| Some((s.min?, s.max?));
    let (reference, current) = (ends(&pair.reference)?, ends(&pair.now)?);
    let whole =
        |low: f64, range: (f64, f64)| CYCLES.iter().any(|c| c.step == 1.0 && range == (low, low + c.period - 1.0));
    let by = current.0 - reference.0;
    if by.abs() != 1.0 || !whole(reference.0, reference) || !whole(current.0, current) {
        return None;
    }
    let after = pair.distance(|x| Some(x + by));
    if after > (1.2 * pair.noise).max(0.3 * pair.before) {
        return None;
    }
    let mapping = if by > 0.0 { "x − 1" } else { "x + 1" };
    Some(SemanticChange {
        columns: vec![pair.name.to_owned()],
        change: Change::Base { by },
        mapping: mapping.to_owned(),
        evidence: Evidence::Bins,
        before: pair.before,
        after,
        confidence: Confidence::High,
        sentence: format!(
            "`{}` counted from {} and now counts from {}: the mapping is {mapping}",
            pair.name,
            number(reference.0),
            number(current.0)
        ),
    })
}
