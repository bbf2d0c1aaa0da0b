//! Grids and profiles: mergeable summaries of columns, and the measurements of a pair of them.
//!
//! A *grid* is a column's bins, frozen once from the reference. A *profile* is what a set of rows looks like on that
//! grid: a vector of integers, so `profile(A ∪ B) = profile(A) + profile(B)` to the bit, for any split and any order.
//! A *baseline* is a grid with the reference's profile on it. A *measurement* is a pure function of a baseline and a
//! profile. This crate reads Arrow arrays; it knows nothing of files, rules or verdicts.

mod baseline;
mod categorical;
mod chunks;
mod classes;
mod counter;
mod decode;
mod distinct;
mod encode;
mod error;
mod exact_sum;
pub mod grid;
pub mod hash;
mod hash_sample;
pub mod measure;
mod numeric;
mod profile;

pub use baseline::{Baseline, BaselineBuilder, BaselineOptions};
pub use categorical::{CategoricalProfile, CategoryCensus};
pub use chunks::ChunkCounts;
pub use classes::ValueClasses;
pub use counter::{Counter, Keep};
pub use decode::{finite_numbers, for_each_string, is_null_word};
pub use distinct::{DISTINCT_KEPT, Distinct};
pub use encode::ENCODING_VERSION;
pub use error::ProfileError;
pub use exact_sum::ExactSum;
pub use hash_sample::{HashSample, SAMPLE_ROWS, row_hash};
pub use numeric::{NumericCounter, NumericProfile, Summary};
pub use profile::{Body, Grid, Kind, Profile};
