//! Everything that compares with the outside: peers' values, known answers, laws that must hold for any data.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::excessive_precision,
    reason = "tests: helpers outside test functions may fail loudly too"
)]

mod bins;
mod close;
mod detectors;
mod mersenne;
mod properties;
mod simulations;
mod special;
mod specification;
mod synthetic;
