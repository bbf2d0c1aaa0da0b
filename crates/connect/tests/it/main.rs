//! Delivery and export against receivers: real ones where they run here, else a server that records.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: helpers outside test functions may fail loudly too"
)]

mod alertmanager;
mod delivery;
mod egress;
mod mail;
mod prometheus;
mod rules;
mod support;
mod targets;
mod victoria_metrics;
