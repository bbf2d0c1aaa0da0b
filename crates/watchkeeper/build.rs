//! Brings the report page into the binary.
//!
//! `ui/` builds it (`make ui`). Without it the crate still builds: reports then hold the static tables alone, which is
//! what a browser without scripts shows of the full page too.

use std::path::Path;
use std::{env, fs};

fn main() {
    let page = Path::new("../../ui/dist/report.html");
    println!("cargo::rerun-if-changed={}", page.display());
    let plain = Path::new("src/output/plain.html");
    println!("cargo::rerun-if-changed={}", plain.display());
    let source = if page.exists() {
        page
    } else {
        println!("cargo::warning=ui/dist/report.html is not built (make ui): reports will be plain tables");
        plain
    };
    let target = Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("report.html");
    if let Err(error) = fs::copy(source, &target) {
        println!("cargo::error=cannot copy {} to {}: {error}", source.display(), target.display());
    }
}
