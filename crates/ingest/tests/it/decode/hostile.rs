//! Bodies that are made to hurt: a clear answer, soon, and no other row lost.

use super::columnar::{batch, parquet, stream};
use super::*;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, StringArray};
use arrow_ipc::CompressionType;
use proptest::prelude::*;
use std::sync::Arc;
use watchkeeper_ingest::decode::DecodeErrorKind;

#[test]
fn depth() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let bomb = format!("{{\"id\":1,\"x\":{}1{}}}", open.repeat(300_000), close.repeat(300_000));
        let decoded = predictions().json(format!("[{bomb},{{\"id\":2}}]"));
        assert_eq!(codes(&decoded.rejects), [(0, RejectCode::TooLarge)]);
        let cut = format!("{{\"id\":1,\"x\":{}\n{{\"id\":2}}", open.repeat(300_000));
        assert_eq!(predictions().ndjson(cut).batch.num_rows(), 1);
    }
    let nested = |levels: usize| format!("{{\"id\":1,\"x\":{}1{}}}", "{\"a\":".repeat(levels), "}".repeat(levels));
    assert_eq!([31, 32].map(|levels| predictions().json(nested(levels)).rejects.len()), [0, 1]);
}

#[test]
fn columns_of_a_row() {
    let wide: String = (0..1_000_000).map(|at| format!(",\"c{at}\":{at}")).collect();
    let nulls: String = (0..1_000_000).map(|at| format!(",\"n{at}\":null")).collect();
    let objects: String = (0..1_000_000).map(|at| format!(",\"o{at}\":{{}}")).collect();
    for junk in [wide, nulls, objects] {
        let decoded = predictions().ndjson(format!("{{\"id\":1{junk}}}\n{{\"id\":2,\"x\":1}}"));
        assert_eq!(codes(&decoded.rejects), [(0, RejectCode::TooLarge)]);
        assert_eq!(number(&decoded.batch, "x", 0), Some(1.0), "the columns of the refused row take no place");
    }
    let case = predictions().column("known", ColumnType::Number, false).limit(|limits| limits.columns = 5);
    let decoded = case.ndjson("{\"id\":1,\"a\":1,\"b\":1,\"known\":1,\"c\":1}\n{\"id\":2,\"a\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1}\n{\"id\":3,\"a\":1}");
    assert_eq!(codes(&decoded.rejects), [(1, RejectCode::TooLarge)]);
}

#[test]
fn sizes() {
    let case = predictions().limit(|limits| limits.string_bytes = 8);
    assert_eq!(case.refused(r#"{"id":1,"x":"123456789"}"#).0, RejectCode::TooLarge);
    assert_eq!(case.refused(r#"{"id":1,"x":[1,2,3,4,5]}"#).0, RejectCode::TooLarge);
    assert_eq!(case.refused(r#"{"id":"123456789"}"#).0, RejectCode::TooLarge);
    assert_eq!(case.json(r#"{"id":1,"x":"12345678","y":[1,2,3]}"#).rejects, []);
    assert_eq!(predictions().refused(&format!("{{\"id\":1,\"{}\":1}}", "k".repeat(256))).0, RejectCode::TooLarge);
    let rows = predictions().limit(|limits| limits.rows = 2);
    assert_eq!(rows.ndjson("{\"id\":1}\n\n{\"id\":2}\n").rows, 2);
    let error = rows.read(BodyFormat::Ndjson, "{\"id\":1}\n{}\n{\"id\":2}").unwrap_err();
    assert_eq!(error.to_string(), "rows must be at most 2, found at least 3");
}

#[test]
fn sparse_rows_of_wide_tables() {
    let case = predictions().limit(|limits| limits.decompressed_bytes = 200_000);
    let wide: String = (0..1_000).map(|at| format!(",\"c{at}\":1")).collect();
    let body = format!("{{\"id\":1{wide}}}\n{}", "{\"id\":1}\n".repeat(1_000));
    assert_eq!(case.read(BodyFormat::Ndjson, body).unwrap_err().kind(), DecodeErrorKind::TooLarge);
}

#[test]
fn lengths_of_arrow_messages() {
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let good = stream(&[batch(vec![("id", ids)])], None);
    assert_eq!(predictions().read(BodyFormat::ArrowStream, &good).unwrap().batch.num_rows(), 2);
    for at in 0..good.len() {
        for byte in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] = byte;
            let _ = predictions().read(BodyFormat::ArrowStream, bad);
        }
        let cut = predictions().read(BodyFormat::ArrowStream, &good[..at]);
        assert!(cut.is_err() || at == 0 || cut.unwrap().rows < 2 || good.len() - at <= 8, "cut at {at}");
    }
}

#[test]
fn an_arrow_schema_without_fields() {
    // Found by fuzzing: the reader panics on it, which is caught, but need not come to that.
    let body = include_bytes!("../../fixtures/schema_without_fields.arrows");
    let error = predictions().read(BodyFormat::ArrowStream, body).unwrap_err();
    assert!(error.to_string().contains("a schema with its fields"), "{error}");
}

#[test]
fn compressed_arrow_says_how_large_it_is() {
    let zeros: ArrayRef = Arc::new(Int64Array::from(vec![0; 500_000]));
    for codec in [CompressionType::ZSTD, CompressionType::LZ4_FRAME] {
        let body = stream(&[batch(vec![("id", Arc::clone(&zeros))])], Some(codec));
        let taken = predictions().read(BodyFormat::ArrowStream, &body).unwrap();
        assert_eq!(taken.batch.num_rows(), 500_000);
        let small = predictions().limit(|limits| limits.decompressed_bytes = 1 << 20);
        assert_eq!(small.read(BodyFormat::ArrowStream, &body).unwrap_err().kind(), DecodeErrorKind::TooLarge);
        // A length that lies is found before anything is decompressed.
        let declared = 4_000_000_i64.to_le_bytes();
        let at = body.windows(8).position(|bytes| bytes == declared).unwrap();
        let mut lie = body.clone();
        lie[at..at + 8].copy_from_slice(&8_i64.to_le_bytes());
        assert_eq!(predictions().read(BodyFormat::ArrowStream, lie).unwrap_err().kind(), DecodeErrorKind::Malformed);
    }
}

#[test]
fn one_text_said_by_every_row() {
    let case = predictions().limit(|limits| limits.decompressed_bytes = 8 << 20);
    let keys = Int32Array::from(vec![0; 2_000]);
    let long: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(60_000)]));
    let texts: ArrayRef = Arc::new(DictionaryArray::new(keys, long));
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..2_000));
    let rows = batch(vec![("id", ids), ("t", texts)]);
    for (format, body) in
        [(BodyFormat::ArrowStream, stream(std::slice::from_ref(&rows), None)), (BodyFormat::Parquet, parquet(&rows))]
    {
        assert!(body.len() < 4 << 20, "{}", body.len());
        assert_eq!(case.read(format, body).unwrap_err().kind(), DecodeErrorKind::TooLarge, "{format:?}");
    }
}

#[test]
fn every_byte_of_a_parquet_file() {
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let good = parquet(&batch(vec![("id", ids)]));
    for at in 0..good.len() {
        for byte in [0, 0x7f, 0xff] {
            let mut bad = good.clone();
            bad[at] = byte;
            let _ = predictions().read(BodyFormat::Parquet, bad);
        }
        assert!(at == 0 || predictions().read(BodyFormat::Parquet, &good[..at]).is_err());
    }
    let few = predictions().limit(|limits| limits.rows = 1);
    assert_eq!(few.read(BodyFormat::Parquet, &good).unwrap_err().kind(), DecodeErrorKind::TooLarge);
}

const FORMATS: [BodyFormat; 4] = [BodyFormat::Json, BodyFormat::Ndjson, BodyFormat::ArrowStream, BodyFormat::Parquet];
const STREAMS: [Stream; 4] = [Stream::Predictions, Stream::Labels, Stream::Kpis, Stream::Changes];

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), stream in 0_usize..4) {
        for format in FORMATS {
            let _ = on(STREAMS[stream]).read(format, &bytes);
        }
    }

    /// Text made of pieces of JSON: the scanner takes what `serde_json` takes.
    #[test]
    fn the_scanner_agrees_with_serde_json(pieces in proptest::collection::vec(prop_oneof![
        Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just(":"), Just("\"a\""), Just("\"\\u00e9\\n\""), Just(" "),
        Just("1"), Just("-0"), Just("0.5e3"), Just("true"), Just("null"), Just("\"b\""), Just("1e"), Just("\"id\":1"), Just("\\"),
    ], 0..12)) {
        let text = format!("{{\"id\":1,\"x\":{}}}", pieces.concat());
        let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        let ours = predictions().read(BodyFormat::Json, &text);
        prop_assert_eq!(ours.is_ok(), theirs, "{}: {:?}", text, ours.err());
    }
}
