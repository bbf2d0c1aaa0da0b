//! The watch from outside: states over time, incidents, notices, budgets, scenarios; rules over planted changes and over
//! real data.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "tests: helpers outside test functions may fail loudly too"
)]

mod alert;
mod alert_properties;
mod data;
mod engine;
mod flights;
mod incidents;
mod meaning;
mod noise;
mod resources;
mod runbook;
mod saved;
mod scenarios;
mod slo;
mod support;
mod suspect;
