//! What leaves Watchkeeper: notices to people's tools, and metrics, rules and dashboards to metric stores.
//!
//! Everything that can be is a pure function of its input: a notice renders to the same bytes each time, a policy says
//! when to try again, an exporter turns samples into a body. Sending is a thin layer above, through one client that goes
//! nowhere it must not ([`egress`]). Storage and clocks are ports ([`delivery::Outbox`], [`delivery::Clock`]) that the
//! binary implements.

pub mod dead_man;
pub mod delivery;
pub mod egress;
pub mod export;
mod secret;
mod show;
pub mod targets;

pub use secret::Secret;
