//! What an entry costs: printed, not judged.

use std::time::Instant;

use serde_json::json;
use watchkeeper_catalog::{Change, LedgerEntry, entry_hash};

use crate::support::{Fixture, Raw, change, model, now};

pub(crate) async fn of_an_entry(fixture: Fixture) {
    const SINGLE: usize = 200;
    const SET: usize = 1000;
    let backend = match fixture.raw {
        Raw::Sqlite(_) => "SQLite",
        Raw::Postgres(_) => "PostgreSQL",
    };
    let catalog = &fixture.catalog;
    let start = Instant::now();
    for index in 0..SINGLE {
        catalog.put(&change(&model(&format!("s{index}")), json!({"columns": [index]}), Some(0)), now()).await.unwrap();
    }
    let single = start.elapsed() / SINGLE as u32;

    let start = Instant::now();
    for index in 0..SINGLE {
        catalog.put(&change(&model(&format!("s{index}")), json!({"columns": [index]}), None), now()).await.unwrap();
    }
    let unchanged = start.elapsed() / SINGLE as u32;

    let set: Vec<Change> =
        (0..SET).map(|index| change(&model(&format!("m{index}")), json!({"columns": [index]}), Some(0))).collect();
    let start = Instant::now();
    catalog.put_all(&set, now()).await.unwrap();
    let together = start.elapsed() / SET as u32;

    let start = Instant::now();
    let report = catalog.verify_ledger("t").await.unwrap();
    let verified = start.elapsed() / (SINGLE + SET) as u32;
    assert!(report.is_intact());

    let entry: LedgerEntry = catalog.ledger("t", 0, 1).await.unwrap().remove(0);
    let start = Instant::now();
    for _ in 0..SET {
        std::hint::black_box(entry_hash(std::hint::black_box(&entry)));
    }
    let hashed = start.elapsed() / SET as u32;
    println!(
        "{backend}, per change: alone {single:?}, unchanged {unchanged:?}, in a set of {SET} {together:?}; \
         per entry: verified {verified:?}, its hash alone {hashed:?}"
    );
}
