//! Numeric columns: the profile, and the counter that makes one at a few nanoseconds a value.

mod counter;
mod profile;

pub use counter::NumericCounter;
pub use profile::{NumericProfile, Summary};
