//! Evidence for a small or slow change that adds up over windows (methods.md C).

use watchkeeper_spec::{Direction, MonitorSpec, SequentialDetector, SequentialMethod, SequentialStatistic, Span};
use watchkeeper_stats::checkpoint::Checkpoint;
use watchkeeper_stats::sequential::bets::log_wealth_of_counts;
use watchkeeper_stats::sequential::episode::{Alarm, Bounds, Transition};
use watchkeeper_stats::sequential::pit::{Pit, PitSettings, Side};
use watchkeeper_stats::sequential::shares::CategoryShares;
use watchkeeper_stats::sequential::{EDetector, Episode, Recursion, SequentialError, Totals, loss, proportion};

use super::{About, Finding, Memory};
use crate::evaluation::Outcome;
use crate::measured::Point;
use crate::reason::number;

/// Error of the confidence sequence that ends an alarm.
const CLEAR_ALPHA: f64 = 0.05;
/// Tolerance of the mean rank of a column, where the rule says none.
const COLUMN_TOLERANCE: f64 = 0.02;
/// Name under which the state is kept.
const KIND: &str = "sequential.v1";

/// What one window says, in bets.
struct Window {
    log_wealth: Vec<f64>,
    weights: Option<Vec<f64>>,
    /// Of what is bet on, and the band in which its mean counts as unchanged.
    totals: Totals,
    band: (f64, f64),
    /// What each bet means.
    meaning: fn(&Plan, usize) -> &'static str,
    plan: Plan,
}

enum Plan {
    Pit(Box<Pit>),
    Other,
}

pub(super) fn judge(
    rule: &SequentialDetector,
    spec: &MonitorSpec,
    about: About<'_>,
    point: &Point,
    memory: &mut Memory,
) -> Finding {
    let threshold = rule.run_length(about.sequential_series, spec.window.every);
    match step(rule, about, point, memory, threshold) {
        Ok(Some(found)) => finding(&found, threshold, spec.window.every),
        Ok(None) => Finding::unknown("the measure has neither bins nor counts to add evidence from"),
        Err(error) => Finding::unknown(format!("evidence cannot be added: {error}")),
    }
}

/// What the detector knows after a window.
struct Stepped {
    log_evidence: f64,
    alarm: Option<Alarm>,
    meaning: &'static str,
}

fn step(
    rule: &SequentialDetector,
    about: About<'_>,
    point: &Point,
    memory: &mut Memory,
    threshold: f64,
) -> Result<Option<Stepped>, SequentialError> {
    let Some(window) = window(rule, about, point)? else { return Ok(None) };
    let recursion = match rule.statistic {
        SequentialStatistic::Sr => Recursion::ShiryaevRoberts,
        SequentialStatistic::Cusum => Recursion::Cusum,
    };
    let mut detector = match &window.weights {
        Some(weights) => EDetector::with_weights(recursion, weights)?,
        None => EDetector::new(recursion, window.log_wealth.len())?,
    };
    let mut episode = Episode::default();
    let mut leading = memory.words(KIND).and_then(|words| restore(words, &mut detector, &mut episode));
    let (below, above) = (window.band.1, window.band.0);
    let bounds = Bounds { threshold, above, below, alpha: CLEAR_ALPHA };
    // The evidence of the window that raises an alarm is gone after it: it is told as it was.
    let mut log_evidence = detector.log_evidence();
    if memory.is_new(point) {
        let mut ahead = detector.clone();
        ahead.update(point.start, &window.log_wealth)?;
        log_evidence = match episode.step(&mut detector, point.start, &window.log_wealth, window.totals, bounds)? {
            Transition::Raised(alarm) => {
                leading = ahead.leading_bet();
                alarm.log_evidence
            }
            Transition::Renewed(alarm) => alarm.log_evidence,
            Transition::None | Transition::Cleared => detector.log_evidence(),
        };
        memory.keep(point, KIND, saved(&detector, &episode, leading), log_evidence.to_bits());
    } else if let Some(said) = memory.said() {
        log_evidence = f64::from_bits(said);
    }
    let meaning = leading.map_or("", |bet| (window.meaning)(&window.plan, bet));
    Ok(Some(Stepped { log_evidence, alarm: episode.alarm(), meaning }))
}

fn window(rule: &SequentialDetector, about: About<'_>, point: &Point) -> Result<Option<Window>, SequentialError> {
    let by_counts = matches!(rule.method, SequentialMethod::Proportion | SequentialMethod::Loss);
    match (&point.bins, point.counts.or(point.law.rate_counts())) {
        (Some((reference, current)), _) if !by_counts => {
            of_bins(rule, about.is_categorical, reference, current).map(Some)
        }
        (_, Some(counts)) => of_counts(rule, point, counts).map(Some),
        _ => Ok(None),
    }
}

fn of_bins(
    rule: &SequentialDetector,
    is_categorical: bool,
    reference: &[u64],
    current: &[u64],
) -> Result<Window, SequentialError> {
    let tolerance = rule.tolerance.unwrap_or(COLUMN_TOLERANCE);
    if is_categorical {
        let plan = CategoryShares::new(reference, tolerance)?;
        let log_wealth = plan.log_wealth(current)?;
        // An alarm is over when the share of rows that moved is inside the tolerance again.
        let (moved, rows) = moved(reference, current);
        return Ok(Window {
            log_wealth,
            weights: Some(plan.weights().to_vec()),
            totals: Totals::of_counts(moved, rows),
            band: (f64::NEG_INFINITY, 2.0 * tolerance),
            meaning: |_, _| "shares of categories have moved",
            plan: Plan::Other,
        });
    }
    let settings = PitSettings { location: tolerance, spread: tolerance, ..PitSettings::default() };
    let plan = Pit::new(reference, settings)?;
    let log_wealth = plan.log_wealth(current)?;
    let [location, _] = plan.totals(current)?;
    let [band, _] = plan.bands();
    Ok(Window {
        log_wealth,
        weights: None,
        totals: location,
        band: (band.lo, band.hi),
        meaning: side,
        plan: Plan::Pit(Box::new(plan)),
    })
}

/// Rows that lie in other categories than the reference's shares would have them, at least; and all rows.
fn moved(reference: &[u64], current: &[u64]) -> (u64, u64) {
    let (n, m) = (reference.iter().sum::<u64>().max(1) as f64, current.iter().sum::<u64>());
    let excess = |(r, c): (&u64, &u64)| (*c as f64 - *r as f64 / n * m as f64).max(0.0);
    let moved: f64 = reference.iter().zip(current).map(excess).sum();
    ((moved.round() as u64).min(m), m)
}

fn side(plan: &Plan, bet: usize) -> &'static str {
    let Plan::Pit(pit) = plan else { return "" };
    match pit.side(bet) {
        Some(Side::LocationUp) => "values have become greater",
        Some(Side::LocationDown) => "values have become smaller",
        Some(Side::SpreadUp) => "values lie farther apart",
        Some(Side::SpreadDown) => "values lie closer together",
        None => "",
    }
}

fn of_counts(rule: &SequentialDetector, point: &Point, (bad, rows): (u64, u64)) -> Result<Window, SequentialError> {
    let reference = point.reference.unwrap_or(0.0);
    let room = rule.tolerance.unwrap_or_else(|| loss::tolerance(reference));
    let (theta, bad) = match rule.direction {
        // Fewer is what is bad: what is not there is counted.
        Some(Direction::Down) => (1.0 - reference + room, rows.saturating_sub(bad)),
        _ => (reference + room, bad),
    };
    let theta = theta.clamp(1e-6, 1.0 - 1e-6);
    let bets = proportion::bets(theta)?;
    Ok(Window {
        log_wealth: log_wealth_of_counts(&bets, bad, rows)?,
        weights: None,
        totals: Totals::of_counts(bad, rows),
        band: (f64::NEG_INFINITY, theta * 1.2),
        meaning: |_, _| "the share has moved",
        plan: Plan::Other,
    })
}

fn finding(found: &Stepped, threshold: f64, every: Span) -> Finding {
    let limit = threshold.ln();
    let score = found.log_evidence.max(0.0) / limit;
    let (outcome, onset, sentence) = match found.alarm {
        Some(alarm) => {
            let days = threshold * every.seconds() as f64 / 86_400.0;
            let what = if found.meaning.is_empty() { "it has changed" } else { found.meaning };
            let sentence = format!(
                "{what}, little by little: without a change evidence as strong as this comes once in {} days",
                number(days)
            );
            (Outcome::Breach, alarm.change, sentence)
        }
        None if score > 0.8 => (Outcome::Near, None, "evidence for a change is adding up".to_owned()),
        None => (Outcome::Clear, None, "no evidence for a lasting change".to_owned()),
    };
    Finding {
        outcome,
        limit: Some(limit),
        score: Some(score),
        p_value: None,
        onset,
        evidence: vec![("log_evidence", found.log_evidence), ("run_length", threshold)],
        sentence,
    }
}

/// Words of the episode and of the bet that led when it began, those of the detector behind them.
fn saved(detector: &EDetector, episode: &Episode, leading: Option<usize>) -> Vec<u64> {
    let since = episode.since();
    let alarm = episode.alarm();
    let change = alarm.and_then(|alarm| alarm.change);
    let mut words = vec![
        u64::from(alarm.is_some()),
        alarm.map_or(0, |alarm| alarm.at.cast_unsigned()),
        u64::from(change.is_some()),
        change.unwrap_or(0).cast_unsigned(),
        alarm.map_or(0, |alarm| alarm.log_evidence.to_bits()),
        since.rows,
        since.sum.to_bits(),
        since.sum_of_squares.to_bits(),
        leading.map_or(u64::MAX, |bet| bet as u64),
    ];
    words.extend(detector.save());
    words
}

/// Takes a state over and says which bet led; one that does not fit, as after another number of bins, is no state.
fn restore(words: &[u64], detector: &mut EDetector, episode: &mut Episode) -> Option<usize> {
    let (&[is_on, at, has_change, change, evidence, rows, sum, squares, leading], rest) =
        words.split_first_chunk::<9>()?;
    detector.load(rest).ok()?;
    let change = (has_change == 1).then(|| change.cast_signed());
    let alarm = Alarm { at: at.cast_signed(), change, log_evidence: f64::from_bits(evidence) };
    let since = Totals { rows, sum: f64::from_bits(sum), sum_of_squares: f64::from_bits(squares) };
    *episode = Episode::from_parts((is_on == 1).then_some(alarm), since);
    usize::try_from(leading).ok().filter(|_| leading != u64::MAX)
}
