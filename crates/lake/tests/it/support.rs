//! Lakes in temporary folders, and rows to put in.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use tempfile::TempDir;
use watchkeeper_lake::{Lake, Replace, Root, TableId, TableName, Write};

pub(crate) const HOUR: i64 = 3_600_000_000;
/// 2026-11-01T00:00:00Z.
pub(crate) const START: i64 = 1_793_491_200_000_000;

pub(crate) fn lake() -> (Lake, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (open(&folder), folder)
}

pub(crate) fn open(folder: &TempDir) -> Lake {
    Lake::new(Root::open(folder.path().to_str().unwrap(), &HashMap::new()).unwrap())
}

pub(crate) fn predictions() -> TableId {
    TableId::of_model("default", "flights", TableName::Predictions)
}

/// Rows of ids `range`, an hour of event time apart from `START`, with one feature.
pub(crate) fn rows(range: std::ops::Range<i64>, feature: impl Fn(i64) -> f64) -> RecordBatch {
    let ids: ArrayRef = Arc::new(range.clone().map(|i| Some(format!("p{i}"))).collect::<StringArray>());
    let times = TimestampMicrosecondArray::from_iter_values(range.clone().map(|i| START + i * HOUR));
    let received = TimestampMicrosecondArray::from_iter_values(range.clone().map(|i| START + i * HOUR + 1));
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values(range.map(feature)));
    RecordBatch::try_from_iter([
        ("prediction_id", ids),
        ("ts", Arc::new(times.with_timezone("UTC")) as ArrayRef),
        ("received_at", Arc::new(received.with_timezone("UTC"))),
        ("distance", values),
    ])
    .unwrap()
}

pub(crate) fn write(batches: Vec<RecordBatch>, number: i64) -> Write {
    Write { batches, replace: Vec::<Replace>::new(), applications: vec![("journal:test".into(), number)] }
}

/// All values of a number column and the ids, by id.
pub(crate) async fn read_back(lake: &Lake, id: &TableId) -> Vec<(String, Option<f64>)> {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Float64Type;
    let mut all = Vec::new();
    for file in lake.files(id, None).await.unwrap() {
        for batch in lake.read_file(id, &file, None).await.unwrap().all().await.unwrap() {
            let ids = batch.column_by_name("prediction_id").unwrap().as_string::<i32>().clone();
            let values = batch.column_by_name("distance").unwrap().as_primitive::<Float64Type>().clone();
            all.extend(ids.iter().map(|id| id.unwrap().to_owned()).zip(values.iter()));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}
