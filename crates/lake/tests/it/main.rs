//! The lake against real tables on disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod commits;
mod maintain;
mod profiles;
mod query;
mod s3;
mod support;
mod times;
