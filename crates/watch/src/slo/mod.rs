//! Objectives: what counts as good, how much may be bad, how fast that is being used up.
//!
//! Counts of slices of time come in, as often as they are restated ([`Ledger`]); an [`Objective`] says what they mean;
//! out come how the budget stands ([`Budget`]) and evaluations for alerts ([`burn`]), as they were known at any time.

mod budget;
pub mod burn;
pub mod composite;
mod ledger;
mod maths;
mod objective;
mod period;
mod policy;
mod resources;

pub use budget::{Budget, State};
pub use ledger::{Ledger, REVISIONS_MAX, Revision, SLICES_MAX};
pub use objective::{Clock, Counts, InvalidObjective, Method, Objective, UnknownAs};
pub use period::{Period, Unit};
pub use policy::{Family, Guards, Policy, Test, Tier};
pub use resources::objectives;
