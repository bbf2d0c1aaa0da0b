//! Watchkeeper: what changed in a model's data, how much, and whether it matters.
//!
//! The library behind the `watchkeeper` program: reading tables ([`table`]), comparing them ([`mod@check`]), and writing
//! what was found ([`output`]). The mathematics is in `watchkeeper-stats`, the counting in `watchkeeper-profile`, the
//! rules in `watchkeeper-watch`.

pub mod bench;
pub mod check;
pub mod cli;
pub mod client;
pub mod config;
pub mod infer;
pub mod output;
pub mod serve;
pub mod table;
pub mod time;
