//! Notices from the outbox to their targets: at least once, in order, and no longer than it makes sense.
//!
//! * Each notice is delivered at least once, always with the same key, or ends as a dead letter and goes to the fallback.
//! * Notices of one incident to one target arrive in their order; of repetitions, none arrives after a later notice.
//! * A crash between any two steps loses nothing: what was leased comes back when the lease ends.
//!
//! What to do after an attempt is a pure function ([`Policy`]), as is what needs no telling any more ([`supersede`]).
//! The outbox is a port: [`Outbox`].

mod outcome;
mod policy;
mod ports;
mod run;
pub mod supersede;
mod worker;

pub use outcome::{Outcome, outcome_of, retry_after_ms};
pub use policy::{Next, Policy};
pub use ports::{
    Change, Clock, Disabled, Done, Entry, Found, Outbox, PortError, Queue, QueueId, Sender, Settlement, Targets, Wanted,
};
pub use run::run;
pub use worker::{DeliveryError, Options, Round, deliver_due, fallback_notice};
