//! Arrow and Parquet: types, structs, maps, several batches, bad rows.

use super::*;
use arrow_array::builder::{Float64Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
    Int8Array, Int32Array, Int64Array, LargeStringArray, NullArray, StringArray, StringViewArray, StructArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow_buffer::NullBuffer;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{DataType, Field, Fields};
use std::sync::Arc;

pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

pub(super) fn stream(batches: &[RecordBatch], codec: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(codec).unwrap();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &batches[0].schema(), options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.into_inner().unwrap()
}

pub(super) fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    out
}

fn ids(count: i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(0..count))
}

fn arrow(case: &Case, columns: Vec<(&str, ArrayRef)>) -> Decoded {
    case.read(BodyFormat::ArrowStream, stream(&[batch(columns)], None)).unwrap()
}

#[test]
fn every_type_becomes_its_column() {
    let half = 1_767_225_600_500_i64;
    let dictionary = DictionaryArray::new(Int32Array::from(vec![1, 0]), Arc::new(StringArray::from(vec!["b", "a"])));
    let mut list = ListBuilder::new(Float64Builder::new());
    list.append_value([Some(1.0), None, Some(2.5)]);
    list.append_null();
    let rows = batch(vec![
        ("id", Arc::new(UInt64Array::from(vec![u64::MAX, 2])) as ArrayRef),
        ("ts", Arc::new(TimestampMillisecondArray::from(vec![Some(half), None]).with_timezone("+02:00"))),
        ("i8", Arc::new(Int8Array::from(vec![Some(-1), None]))),
        ("f32", Arc::new(Float32Array::from(vec![0.5, f32::NAN]))),
        ("dec", Arc::new(Decimal128Array::from(vec![12_345, -1]).with_precision_and_scale(10, 3).unwrap())),
        (
            "big",
            Arc::new(
                Decimal128Array::from(vec![123_456_789_012_345_678_901, 1]).with_precision_and_scale(38, 2).unwrap(),
            ),
        ),
        ("bool", Arc::new(BooleanArray::from(vec![true, false]))),
        ("large", Arc::new(LargeStringArray::from(vec!["x", "y"]))),
        ("view", Arc::new(StringViewArray::from(vec!["a text longer than a view", "y"]))),
        ("dict", Arc::new(dictionary)),
        ("day", Arc::new(Date32Array::from(vec![1, -1]))),
        ("ns", Arc::new(TimestampNanosecondArray::from(vec![-1, 1_999]))),
        ("list", Arc::new(list.finish())),
        ("none", Arc::new(NullArray::new(2))),
    ]);
    let decoded = predictions().read(BodyFormat::ArrowStream, stream(&[rows], None)).unwrap();
    let found = &decoded.batch;
    assert_eq!(decoded.rejects, []);
    assert_eq!(text(found, "prediction_id", 0).unwrap(), u64::MAX.to_string());
    assert_eq!([time(found, "ts", 0), time(found, "ts", 1)], [Some(half * 1_000), Some(NOW)]);
    assert_eq!([number(found, "i8", 0), number(found, "i8", 1)], [Some(-1.0), None]);
    assert!(number(found, "f32", 1).unwrap().is_nan());
    assert_eq!([number(found, "dec", 0), number(found, "dec", 1)], [Some(12.345), Some(-0.001)]);
    assert_eq!(number(found, "big", 0), Some(1_234_567_890_123_456_789.01));
    assert_eq!(["large", "view", "dict"].map(|name| text(found, name, 1).unwrap()), ["y", "y", "b"]);
    assert_eq!(
        [time(found, "day", 1), time(found, "ns", 0), time(found, "ns", 1)],
        [Some(-86_400_000_000), Some(-1), Some(1)]
    );
    assert_eq!(text(found, "list", 0).unwrap(), "[1,null,2.5]");
    assert!(found.column_by_name("none").is_none());
}

#[test]
fn bad_rows_are_refused_alone() {
    let case = predictions().column("n", ColumnType::Number, true).column("s", ColumnType::Text, false);
    let decoded = arrow(
        &case,
        vec![
            (
                "id",
                Arc::new(StringArray::from(vec![Some("a"), None, Some(""), Some("d"), Some("e"), Some("f")]))
                    as ArrayRef,
            ),
            (
                "ts",
                Arc::new(TimestampSecondArray::from(vec![
                    1_767_225_600,
                    1_767_225_600,
                    1_767_225_600,
                    0,
                    i64::MAX,
                    1_767_225_600,
                ])),
            ),
            ("n", Arc::new(StringArray::from(vec![None, Some("x"), None, None, None, Some("y")]))),
            ("s", Arc::new(Int64Array::from(vec![i64::MAX; 6]))),
        ],
    );
    assert_eq!(text(&decoded.batch, "s", 0).unwrap(), i64::MAX.to_string());
    let expected = [
        (1, RejectCode::WrongType),
        (2, RejectCode::Missing),
        (3, RejectCode::OutOfBounds),
        (4, RejectCode::OutOfBounds),
        (5, RejectCode::WrongType),
    ];
    assert_eq!(codes(&decoded.rejects), expected);
    assert_eq!(decoded.rejects[4].value.as_deref(), Some("***"));
    let inexact = arrow(
        &predictions(),
        vec![("id", ids(2)), ("x", Arc::new(Int64Array::from(vec![(1 << 53) + 1, 1 << 54])) as ArrayRef)],
    );
    assert_eq!(codes(&inexact.rejects), [(0, RejectCode::OutOfBounds)]);
    let binary = arrow(
        &predictions(),
        vec![("id", ids(2)), ("x", Arc::new(BinaryArray::from(vec![Some(b"a".as_ref()), None])) as ArrayRef)],
    );
    assert_eq!(codes(&binary.rejects), [(0, RejectCode::WrongType)]);
}

#[test]
fn structs_and_maps_are_opened() {
    let fields = Fields::from(vec![Field::new("x", DataType::Float64, true), Field::new("ts", DataType::Utf8, true)]);
    let members: Vec<ArrayRef> =
        vec![Arc::new(Float64Array::from(vec![1.0, 2.0])), Arc::new(StringArray::from(vec!["p", "q"]))];
    let features = StructArray::new(fields, members, Some(NullBuffer::from(vec![true, false])));
    let mut segments = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    segments.keys().append_value("country");
    segments.values().append_value("DE");
    segments.append(true).unwrap();
    segments.keys().append_value("tier");
    segments.values().append_value("1");
    segments.append(true).unwrap();
    let decoded = arrow(
        &predictions(),
        vec![("id", ids(2)), ("features", Arc::new(features) as ArrayRef), ("segments", Arc::new(segments.finish()))],
    );
    let found = decoded.batch;
    assert_eq!(columns(&found)[3..], ["feature.ts", "segment.country", "segment.tier", "x"]);
    assert_eq!([number(&found, "x", 0), number(&found, "x", 1)], [Some(1.0), None], "null where the struct is");
    assert_eq!([text(&found, "segment.country", 1), text(&found, "segment.tier", 1)], [None, Some("1".to_owned())]);
}

#[test]
fn two_columns_of_one_name_fill_each_other() {
    let decoded = arrow(
        &predictions(),
        vec![
            ("id", Arc::new(StringArray::from(vec![Some("a"), None, Some("c")])) as ArrayRef),
            ("prediction_id", Arc::new(StringArray::from(vec![None, Some("b"), Some("c")]))),
        ],
    );
    assert_eq!([0, 1].map(|row| text(&decoded.batch, "prediction_id", row).unwrap()), ["a", "b"]);
    assert_eq!(codes(&decoded.rejects), [(2, RejectCode::Malformed)]);
}

#[test]
fn several_batches_are_one() {
    let rows = batch(vec![
        ("id", ids(5)),
        ("x", Arc::new(Float64Array::from(vec![None, None, Some(3.0), None, Some(5.0)])) as ArrayRef),
    ]);
    let whole = predictions().read(BodyFormat::ArrowStream, stream(std::slice::from_ref(&rows), None)).unwrap();
    let parts = [rows.slice(0, 2), rows.slice(2, 0), rows.slice(2, 3)];
    let split = predictions().read(BodyFormat::ArrowStream, stream(&parts, Some(CompressionType::LZ4_FRAME))).unwrap();
    assert_eq!(whole.batch, split.batch);
    // A body that does not begin at a multiple of 8 bytes.
    let body = stream(&[rows], None);
    let shifted = Bytes::from([vec![0], body].concat()).slice(1..);
    assert_eq!(decode(BodyFormat::ArrowStream, &shifted, &predictions().context()).unwrap().batch, whole.batch);
}
