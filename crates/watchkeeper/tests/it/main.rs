//! The whole product, through its command line: real files in, exit code, standard output and files out.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests: helpers outside test functions may fail loudly too"
)]

mod bad_input;
mod ci_files;
mod data;
mod docs;
mod flights;
mod formats;
mod groups;
mod init;
mod outputs;
mod schemas;
mod segments;
mod service;
mod support;
mod workspace;
