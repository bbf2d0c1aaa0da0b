//! Laws of content hashes.

use super::*;
use arrow_array::{ArrayRef, Float64Array};
use arrow_schema::{Field, Schema};
use std::sync::Arc;
use watchkeeper_ingest::decode::{ASSIGNED_TIME_KEY, content_hashes, stored_hashes};

fn hashes(batch: &RecordBatch) -> Vec<u64> {
    content_hashes(Stream::Predictions, batch)
}

fn of(body: &str) -> u64 {
    hashes(&predictions().json(body).batch)[0]
}

#[test]
fn order_and_absence_do_not_count() {
    let row = of(r#"{"id":1,"ts":1767220000,"a":1,"b":"x"}"#);
    assert_eq!(row, of(r#"{"b":"x","features":{"a":1.0},"ts":1767220000000,"id":"1","c":null}"#));
    let two = predictions()
        .ndjson("{\"id\":1,\"ts\":1767220000,\"a\":1,\"b\":\"x\"}\n{\"id\":2,\"ts\":1767220000,\"c\":true}")
        .batch;
    assert_eq!(hashes(&two)[0], row);
    let reversed = two.project(&(0..two.num_columns()).rev().collect::<Vec<_>>()).unwrap();
    assert_eq!(hashes(&two), hashes(&reversed));
    assert_eq!(hashes(&two.slice(1, 1))[0], hashes(&two)[1]);
}

#[test]
fn every_value_and_its_column_count() {
    let rows = [
        r#"{"id":1,"ts":1767220000,"a":1,"b":2}"#,
        r#"{"id":1,"ts":1767220000,"a":2,"b":1}"#,
        r#"{"id":1,"ts":1767220000,"a":1}"#,
        r#"{"id":1,"ts":1767220000,"a":"1"}"#,
        r#"{"id":1,"ts":1767220000,"a":true}"#,
        r#"{"id":1,"ts":1767220001,"a":1}"#,
        r#"{"id":2,"ts":1767220000,"a":1}"#,
        r#"{"id":1,"ts":1767220000,"a":0}"#,
        r#"{"id":1,"ts":1767220000,"a":-0.0}"#,
        r#"{"id":1,"ts":1767220000,"a":""}"#,
        r#"{"id":1,"ts":1767220000,"environment":"a"}"#,
    ];
    let mut all: Vec<u64> = rows.iter().map(|row| of(row)).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), rows.len());
}

#[test]
fn a_time_of_ours_does_not_count() {
    let case = predictions();
    let context = case.context();
    let later = Context { now_us: NOW + 5, ..context };
    let body = Bytes::from_static(b"{\"id\":1,\"a\":1}\n{\"id\":2,\"ts\":1767220000}");
    let [first, second] = [context, later].map(|context| decode(BodyFormat::Ndjson, &body, &context).unwrap().batch);
    assert!(first.schema().metadata().contains_key(ASSIGNED_TIME_KEY));
    assert_ne!(time(&first, "ts", 0), time(&second, "ts", 0));
    assert_eq!(hashes(&first), hashes(&second));
    assert_ne!(hashes(&first)[0], of(r#"{"id":1,"a":1,"ts":1767225600}"#), "a time of theirs does");
}

#[test]
fn columns_of_ours_do_not_count_and_nan_is_one_value() {
    let with = |name: &str, number: f64| {
        let batch = predictions().json(r#"{"id":1,"ts":1767220000}"#).batch;
        let mut fields: Vec<Field> = batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        let extra: ArrayRef = Arc::new(Float64Array::from(vec![number]));
        fields.push(Field::new(name, extra.data_type().clone(), true));
        let arrays = [batch.columns().to_vec(), vec![extra]].concat();
        hashes(&RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap())[0]
    };
    assert_eq!(with("received_at", 1.0), with("date", 2.0));
    assert_eq!(with("x", f64::NAN), with("x", f64::from_bits(f64::NAN.to_bits() ^ 1)));
    assert_ne!(with("x", f64::NAN), with("x", f64::INFINITY));
}

#[test]
fn a_row_as_it_is_stored_has_one_content_whenever_it_came() {
    let case = predictions();
    let stored = |now_us: i64, body: &'static [u8]| {
        let context = Context { now_us, ..case.context() };
        let batch = decode(BodyFormat::Ndjson, &Bytes::from_static(body), &context).unwrap().batch;
        let received = arrow_array::TimestampMicrosecondArray::from_value(now_us, batch.num_rows());
        let received: ArrayRef = Arc::new(received.with_timezone("UTC"));
        let mut fields: Vec<Field> = batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        fields.push(Field::new("received_at", received.data_type().clone(), true));
        let arrays = [batch.columns().to_vec(), vec![received]].concat();
        // As the tables give it back: without metadata.
        (
            hashes(&batch),
            stored_hashes(Stream::Predictions, &RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()),
        )
    };
    let body = b"{\"id\":1,\"a\":1}\n{\"id\":2,\"ts\":1767220000,\"a\":1}";
    let (sent, first) = stored(NOW, body);
    assert_eq!(first, stored(NOW + 7, body).1);
    assert_eq!(first, sent, "what passes the gate as it is has the same content on both sides");
    assert_ne!(first, stored(NOW, b"{\"id\":1,\"a\":2}\n{\"id\":2,\"ts\":1767220001,\"a\":1}").1);
}
