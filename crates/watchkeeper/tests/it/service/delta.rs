//! Delta tables as any other program finds them: the log as JSON, the live files as Parquet.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

/// Batches of the live files of the table in `folder`, whose log goes back to its beginning; none without a table.
pub(super) fn rows(folder: &Path) -> Vec<RecordBatch> {
    let Ok(entries) = std::fs::read_dir(folder.join("_delta_log")) else { return Vec::new() };
    let mut commits: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    commits.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    commits.sort();
    let mut live = BTreeMap::new();
    for commit in commits {
        for line in std::fs::read_to_string(&commit).unwrap().lines() {
            let action: Value = serde_json::from_str(line).unwrap();
            if let Some(path) = action["remove"]["path"].as_str() {
                assert!(live.remove(path).is_some(), "{path} is removed and was not there");
            }
            if let Some(path) = action["add"]["path"].as_str() {
                live.insert(path.to_owned(), action["add"]["deletionVector"].clone());
            }
        }
    }
    let mut batches = Vec::new();
    for (path, deleted) in live {
        assert!(deleted.is_null(), "{path} has a deletion vector");
        let file = File::open(folder.join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        batches.extend(reader.map(Result::unwrap));
    }
    batches
}

pub(super) fn count(folder: &Path) -> u64 {
    rows(folder).iter().map(|batch| batch.num_rows() as u64).sum()
}

/// How often each id is there, and the bits of `number` in its last row; a missing number is `None`.
pub(super) fn by_id(folder: &Path, number: &str) -> BTreeMap<String, (u32, Option<u64>)> {
    let mut found: BTreeMap<String, (u32, Option<u64>)> = BTreeMap::new();
    for batch in rows(folder) {
        let ids = batch.column_by_name("prediction_id").unwrap().as_string::<i32>();
        let numbers = batch.column_by_name(number).map(|column| column.as_primitive::<Float64Type>());
        for (row, id) in ids.iter().enumerate() {
            let bits = numbers.filter(|numbers| numbers.is_valid(row)).map(|numbers| numbers.value(row).to_bits());
            let entry = found.entry(id.unwrap().to_owned()).or_default();
            *entry = (entry.0 + 1, bits);
        }
    }
    found
}
