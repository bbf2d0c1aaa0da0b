//! Tests of the crate from outside, one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod decode;
mod formats;
mod ids;
mod intake;
mod journal;
mod otlp;
mod privacy;
mod recover;
