//! Statistics of model monitoring on plain slices: drift metrics, tests, intervals, multiplicity.
//!
//! Everything here is a pure function of numbers: no files, no threads, no clocks, no serialisation.
//! One metric is one file; a formula, its edge cases, its source and its tests stand side by side.
//!
//! Conventions of the whole crate:
//! * `reference` always comes before `current`; `n` and `m` are their row counts, `s = 1/n + 1/m`.
//! * Counts are `u64` over the SAME bins; samples are ascending slices of finite `f64`.
//! * No function panics, whatever the input. Where a formula has no value the result is an error or `None`.
//! * Everything random takes an explicit seed and gives the same answer on every machine.
//! * `ln` is the natural logarithm and `0 · ln 0 = 0`.
#![allow(
    clippy::indexing_slicing,
    reason = "numeric kernels: every index is bounded by a length checked in the same function"
)]

pub mod attribution;
pub mod checkpoint;
pub mod dependence;
pub mod drift;
pub mod effect;
pub mod interval;
pub mod multiple;
pub mod null;
pub mod online_fdr;
pub mod pooling;
pub mod random;
pub mod sequential;
pub mod series;
pub mod shares;
pub mod slo;
pub mod special;
pub mod stream;
pub mod sum;

pub use drift::{Bracket, TestResult};
pub use pooling::BinOrder;
pub use shares::{BinsError, Smoothing};
