//! Arithmetic of service-level objectives: budgets, burn rates, tiers of alerts, guards for low traffic, late labels.
//!
//! An indicator is `good/valid` over a window; the objective `t` leaves a budget `β = 1 − t` of bad ones. Everything
//! here is a function of counts and durations; durations are microseconds (`i64`) where they are times, and any one
//! unit where they are floats.

pub mod burn;
pub mod censored;
pub mod composite;
pub mod forecast;
pub mod guard;
pub mod tiers;

pub use burn::{burn_rate, consumed};
pub use censored::{Censored, Expired, Outlook, Pending, State};
pub use forecast::{Exhaustion, Period};
pub use guard::{Counts, Guard};
pub use tiers::{Dropped, Reset, Severity, Tier, TierPlan, tiers};

use thiserror::Error;

/// An objective or a window that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("{what} is {found}, expected {expected}")]
pub struct SloError {
    /// Which parameter.
    pub what: &'static str,
    /// What was given.
    pub found: f64,
    /// Its range.
    pub expected: &'static str,
}

/// Checks a budget `β` in `(0, 1)`.
pub(crate) fn check_budget(budget: f64) -> Result<(), SloError> {
    let good = budget > 0.0 && budget < 1.0;
    if good { Ok(()) } else { Err(SloError { what: "error budget", found: budget, expected: "a number in (0, 1)" }) }
}
