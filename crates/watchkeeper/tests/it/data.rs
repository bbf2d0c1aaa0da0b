//! Test data: tables made from seeds, written in every format.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use watchkeeper_stats::random::Xoshiro256;

pub(crate) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

pub(crate) fn floats(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

pub(crate) fn integers(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

pub(crate) fn texts<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// 2013-01-01 in microseconds.
pub(crate) const YEAR_2013: i64 = 1_356_998_400_000_000;
pub(crate) const HOUR: i64 = 3_600_000_000;

pub(crate) fn times(micros: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(micros))
}

/// `rows` normals around `mean`.
pub(crate) fn normals(seed: u64, rows: usize, mean: f64) -> ArrayRef {
    let mut random = Xoshiro256::new(seed);
    floats((0..rows).map(|_| mean + random.normal()))
}

/// Rows with a column of each usual kind, some without a value; `shift` moves what drifts.
pub(crate) fn rows(seed: u64, rows: usize, shift: f64) -> RecordBatch {
    let mut random = Xoshiro256::new(seed);
    let mut amount = Vec::with_capacity(rows);
    let (mut count, mut city, mut flag, mut note) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let x = random.normal() + shift;
        amount.push((random.below(20) > 0).then_some((x * 1e6).round() / 1e6));
        count.push((random.below(30) > 0).then_some(random.below(40) as i64));
        let cities = ["Oslo", "Bergen", "Trondheim", "Ålesund", "Bodø", "Hamar, Innlandet"];
        let mut at = random.below(cities.len() as u64) as usize;
        if random.uniform() < shift.abs() / 4.0 {
            at = 0;
        }
        city.push((random.below(25) > 0).then_some(cities[at]));
        flag.push((random.below(50) > 0).then_some(random.uniform() < 0.3 + shift / 10.0));
        let words = 5 + random.below(6) as usize;
        let text: Vec<String> = (0..words).map(|_| format!("w{}", random.below(500))).collect();
        note.push(text.join(" "));
    }
    batch(vec![
        ("id", texts((0..rows).map(|i| format!("r{seed}-{i}")))),
        ("ts", times((0..rows).map(|i| YEAR_2013 + i as i64 * HOUR / 2))),
        ("amount", Arc::new(Float64Array::from(amount))),
        ("count", Arc::new(Int64Array::from(count))),
        ("city", Arc::new(StringArray::from(city))),
        ("flag", Arc::new(BooleanArray::from(flag))),
        ("note", texts(note)),
    ])
}

pub(crate) fn write_parquet(path: &Path, batch: &RecordBatch, rows_a_group: usize) {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows_a_group)).build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

pub(crate) fn write_csv(path: &Path, batch: &RecordBatch) {
    arrow_csv::Writer::new(File::create(path).unwrap()).write(batch).unwrap();
}

pub(crate) fn write_ndjson(path: &Path, batch: &RecordBatch) {
    let mut writer = arrow_json::LineDelimitedWriter::new(File::create(path).unwrap());
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

pub(crate) fn write_ipc_file(path: &Path, batch: &RecordBatch) {
    let mut writer = arrow_ipc::writer::FileWriter::try_new(File::create(path).unwrap(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

pub(crate) fn write_ipc_stream(path: &Path, batch: &RecordBatch) {
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(File::create(path).unwrap(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

/// Writes in the format of the suffix; `.arrows` is a stream.
pub(crate) fn write(path: &Path, batch: &RecordBatch) {
    match path.extension().and_then(|suffix| suffix.to_str()) {
        Some("parquet") => write_parquet(path, batch, 1 << 20),
        Some("csv") => write_csv(path, batch),
        Some("ndjson" | "jsonl") => write_ndjson(path, batch),
        Some("arrow") => write_ipc_file(path, batch),
        Some("arrows") => write_ipc_stream(path, batch),
        other => panic!("no writer for {other:?}"),
    }
}
