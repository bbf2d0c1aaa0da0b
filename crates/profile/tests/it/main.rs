//! Profiles and measurements over arbitrary and over published data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
mod brackets;
mod encodings;
mod parity;
mod properties;
mod sources;
