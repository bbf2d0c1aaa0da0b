//! Reproduces the simulations of docs/simulations.md.
//!
//! `cargo run -p watchkeeper-stats --example simulations -- TABLE [STREAMS] [SEED]`, `TABLE` one of M.2 to M.6. Prints
//! Markdown: what was measured, with its sampling error, and beside it, in columns headed M, what the specification of
//! the methods states.
#![allow(clippy::print_stdout, reason = "a program that prints tables")]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "fixed parameters, chosen here")]
#![allow(unreachable_pub, missing_docs, reason = "modules of a program")]

mod binary;
mod feature;
mod harness;
mod losses;
mod rules;
mod sli;

use harness::Plan;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |index: usize, default: u64| arguments.get(index).and_then(|text| text.parse().ok()).unwrap_or(default);
    let plan = Plan { streams: number(1, 100), rows: 100_000, before: 5_000, after: 30_000, seed: number(2, 1) };
    match arguments.first().map(String::as_str) {
        Some("M.2") => binary::print("M.2 Default settings", &binary::defaults(), plan),
        Some("M.3") => binary::print("M.3 All tuned to the same ARL", &binary::tuned(), plan),
        Some("M.4") => feature::print(Plan { after: 20_000, ..plan }),
        Some("M.5") => sli::print(plan),
        Some("M.6") => losses::print(plan),
        _ => println!("usage: simulations TABLE [STREAMS] [SEED], TABLE one of M.2 M.3 M.4 M.5 M.6"),
    }
}
