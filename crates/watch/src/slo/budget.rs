//! How a budget stands.

use serde::{Deserialize, Serialize};

use super::{Counts, Ledger, Objective, Period, maths};
use crate::suppress::recurring::UnknownZone;

/// Share of the budget below which it is at risk.
const AT_RISK: f64 = 0.25;
/// Share of what can be said below which nothing is said.
const COVERAGE: f64 = 0.8;

/// How a budget stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// As promised.
    Met,
    /// As promised, and less than a quarter of the budget is left.
    AtRisk,
    /// Not as promised.
    Breached,
    /// Of less than 80 % it is known whether it was good.
    Unknown,
}

impl State {
    /// The word in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Met => "MET",
            Self::AtRisk => "AT_RISK",
            Self::Breached => "BREACHED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// How a budget stands at one time, as known at one time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Beginning of the period, µs UTC.
    pub from: i64,
    /// Its end, µs UTC: `at` for a rolling one.
    pub to: i64,
    /// At which time, µs UTC.
    pub at: i64,
    /// As known when, µs UTC.
    pub known_at: i64,
    /// What counts.
    pub counts: Counts,
    /// Share that was good; `None` without anything that counts.
    pub sli: Option<f64>,
    /// Share of the budget that is used up; more than 1 beyond it.
    pub consumed: Option<f64>,
    /// Whether the period is not full yet, so that its budget is an estimate from the traffic so far.
    pub partial: bool,
    /// How fast it is being used up lately, in multiples of the allowed rate.
    pub burn: Option<f64>,
    /// When it is used up if that goes on, µs UTC; `None`: not within the period, or already.
    pub exhausted_at: Option<i64>,
    /// In one word.
    pub state: State,
}

impl Budget {
    /// How the budget of `objective` stands at `at` with what was known at `known_at`; slices of which `excluded(from, to)`
    /// holds do not count. `None` in times that no calendar has.
    ///
    /// Of a period that is not full, the budget is `beta` times the valid events that it will have at the mean rate so far.
    /// "Lately" is a tenth of the period. The forecast takes that rate as lasting; on a rolling period a rate of at most 1
    /// never uses the budget up, since as much leaves the period as comes in.
    ///
    /// # Errors
    /// [`UnknownZone`] for a period of the calendar in an unknown time zone.
    pub fn of(
        objective: &Objective,
        ledger: &Ledger,
        at: i64,
        known_at: i64,
        excluded: &dyn Fn(i64, i64) -> bool,
    ) -> Result<Option<Self>, UnknownZone> {
        let Some((from, to)) = objective.period.range(at)? else {
            return Ok(None);
        };
        let beta = objective.beta();
        let counts = ledger.sum(objective, (from, at), known_at, excluded);
        let length = to.saturating_sub(from);
        let began = ledger.first().map_or(from, |first| first.max(from));
        let elapsed = at.saturating_sub(began);
        // A slice at either end may be missing from a full period.
        let partial = elapsed < length.saturating_sub(ledger.width());
        let scale = if partial && elapsed > 0 { length as f64 / elapsed as f64 } else { 1.0 };
        let allowed = counts.valid() as f64 * scale * beta;
        let consumed = (counts.valid() > 0).then(|| counts.bad as f64 / allowed);
        let sli = (counts.valid() > 0).then(|| counts.good as f64 / counts.valid() as f64);
        let lately = ledger.sum(objective, (at.saturating_sub(length / 10), at), known_at, excluded);
        let burn = maths::burn(lately.bad, lately.valid(), beta);
        let remaining = consumed.map(|consumed| 1.0 - consumed);
        let rolling = matches!(objective.period, Period::Rolling { .. });
        let exhausted_at = match (remaining, burn) {
            (Some(remaining), Some(burn)) if remaining > 0.0 && !(rolling && burn <= 1.0) => {
                let when = maths::lasts(remaining, length, burn).map(|span| at.saturating_add(span));
                when.filter(|when| rolling || *when < to)
            }
            _ => None,
        };
        let known = counts.coverage().is_some_and(|share| share >= COVERAGE);
        let state = match remaining.filter(|_| known) {
            None => State::Unknown,
            Some(remaining) if remaining < 0.0 => State::Breached,
            Some(remaining) if remaining < AT_RISK => State::AtRisk,
            Some(_) => State::Met,
        };
        Ok(Some(Self { from, to, at, known_at, counts, sli, consumed, partial, burn, exhausted_at, state }))
    }
}
