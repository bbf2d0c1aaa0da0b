//! What targets share.

mod events;
#[cfg(feature = "tables")]
mod tables;

pub use events::{guarded_panics_unwind, read_events};
#[cfg(feature = "tables")]
pub use tables::read_table;
