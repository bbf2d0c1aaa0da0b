//! Rows per second and core of each format: bodies of 1,000 rows of 20 features, about 500 bytes a row as JSON. Beside
//! them the floor: the JSON text read by `serde_json` into nothing.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::de::IgnoredAny;
use serde_json::json;
use watchkeeper_ingest::decode::{BodyFormat, Context, content_hashes, decode};
use watchkeeper_ingest::{ColumnShape, ColumnType, Limits, Shape, Stream};

const ROWS: u64 = 1_000;
/// 2026-01-01T00:00:00Z.
const NOW_US: i64 = 1_767_225_600_000_000;
const COUNTRIES: [&str; 5] = ["DE", "FR", "US", "JP", "BR"];

/// Rows of 14 floats, 2 integers, 3 texts and a boolean, with a prediction, a score and a latency.
fn lines() -> String {
    let mut state = 1_u64;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 40).unwrap()) / f64::from(1_u32 << 24)
    };
    let rows = (0..ROWS).map(|row| {
        let mut features = serde_json::Map::new();
        for at in 0..14 {
            // Half are sums as they are measured, half have all digits of a double.
            let value = if at % 2 == 0 { (unit() * 1e4).round() / 100.0 } else { unit().sqrt() };
            features.insert(format!("feature_{at}"), json!(value));
        }
        features.insert("age".to_owned(), json!(row % 90));
        features.insert("visits".to_owned(), json!(row * 7 % 1_000));
        features.insert("country".to_owned(), json!(COUNTRIES.get(usize::try_from(row % 5).unwrap())));
        features.insert("channel".to_owned(), json!("web"));
        features.insert("plan".to_owned(), json!("standard"));
        features.insert("returning".to_owned(), json!(row % 3 == 0));
        let event = json!({
            "id": format!("req-{row:012}"), "ts": format!("2025-12-31T23:59:{:02}.{:03}Z", row % 60, row % 1_000),
            "version": "2026-01-01", "prediction": "yes", "score": unit(), "latency_ms": 12.5, "features": features,
        });
        format!("{event}\n")
    });
    rows.collect()
}

fn arrow(batch: &RecordBatch) -> Bytes {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap().into()
}

fn parquet(batch: &RecordBatch) -> Bytes {
    let mut out = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    out.into()
}

/// The same rows with texts as dictionaries and numbers as floats of 32 bits: what a client may have in memory.
fn other_types(batch: &RecordBatch) -> RecordBatch {
    use arrow_schema::DataType::{Dictionary, Float32, Float64, Int32, Utf8};
    let cast = |array: &ArrayRef| {
        let to = match array.data_type() {
            Utf8 => Dictionary(Box::new(Int32), Box::new(Utf8)),
            Float64 => Float32,
            other => other.clone(),
        };
        arrow_cast::cast(array, &to).unwrap()
    };
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, array)| (field.name(), cast(array)));
    RecordBatch::try_from_iter(columns).unwrap()
}

fn rows(criterion: &mut Criterion) {
    let limits = Limits::default();
    let shape = Shape::default();
    let context = Context {
        stream: Stream::Predictions,
        shape: &shape,
        limits: &limits,
        now_us: NOW_US,
        default_environment: "production",
        model: None,
    };
    let text = lines();
    let ndjson = Bytes::from(text.clone());
    let json = Bytes::from(format!("[{}]", text.trim_end().replace('\n', ",")));
    let batch = decode(BodyFormat::Ndjson, &ndjson, &context).unwrap().batch;
    assert_eq!(u64::try_from(batch.num_rows()).unwrap(), ROWS);
    assert!(batch.column_by_name("country").unwrap().as_string::<i32>().value(1) == "FR");
    let mut known = Shape::default();
    for field in batch.schema().fields() {
        let kind = ColumnType::of(field.data_type()).unwrap();
        known.columns.insert(field.name().clone(), ColumnShape { kind, personal: false });
    }
    let known = Context { shape: &known, ..context };

    let mut group = criterion.benchmark_group(format!("decode/rows_per_s/{}_bytes_json_row", text.len() as u64 / ROWS));
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("floor_serde_json_ignored", |bencher| {
        bencher.iter(|| {
            for line in black_box(&text).lines() {
                serde_json::from_slice::<IgnoredAny>(line.as_bytes()).unwrap();
            }
        });
    });
    let bodies = [
        ("ndjson", BodyFormat::Ndjson, ndjson),
        ("json_array", BodyFormat::Json, json),
        ("arrow", BodyFormat::ArrowStream, arrow(&batch)),
        ("arrow_dictionary_f32", BodyFormat::ArrowStream, arrow(&other_types(&batch))),
        ("parquet", BodyFormat::Parquet, parquet(&batch)),
    ];
    for (name, format, body) in &bodies {
        group.bench_function(*name, |bencher| bencher.iter(|| decode(*format, black_box(body), &known).unwrap()));
    }
    group.bench_function("content_hashes", |bencher| {
        bencher.iter(|| content_hashes(Stream::Predictions, black_box(&batch)));
    });
    let copy = Arc::new(batch.clone());
    group.bench_function("floor_copy_of_the_batch", |bencher| {
        bencher
            .iter(|| arrow_select::concat::concat_batches(&copy.schema(), [copy.as_ref(), &copy.slice(0, 0)]).unwrap());
    });
    group.finish();
}

criterion_group!(benches, rows);
criterion_main!(benches);
