//! What the event targets share.

use watchkeeper_ingest::decode::{BodyFormat, Context, content_hashes, decode};
use watchkeeper_ingest::{ColumnShape, ColumnType, Limits, Shape, Stream};

/// Lets panics of the Arrow and Parquet libraries unwind: the decoder takes them for a broken body. Any other panic is a
/// finding, and so is one of theirs that nobody takes. For `init` of a target.
pub fn guarded_panics_unwind() {
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map(|location| location.file().to_owned()).unwrap_or_default();
        if !["/arrow-", "/parquet-", "/flatbuffers-"].iter().any(|theirs| place.contains(theirs)) {
            abort(info);
        }
    }));
}

/// Decodes `bytes` for every stream; whether each was read. A body may be refused; none may panic, and what is read
/// must add up.
pub fn read_events(format: BodyFormat, bytes: &[u8]) -> bool {
    let mut shape = Shape::default();
    for (name, kind) in [("n", ColumnType::Number), ("b", ColumnType::Boolean), ("t", ColumnType::Time)] {
        shape.columns.insert(name.to_owned(), ColumnShape { kind, personal: name == "n" });
    }
    let limits = Limits { decompressed_bytes: 16 << 20, rows: 100_000, ..Limits::default() };
    let body = bytes::Bytes::copy_from_slice(bytes);
    [Stream::Predictions, Stream::Labels, Stream::Kpis, Stream::Changes].into_iter().all(|stream| {
        let context = Context {
            stream,
            shape: &shape,
            limits: &limits,
            now_us: 1_767_225_600_000_000,
            default_environment: "production",
            model: Some("m"),
        };
        let decoded = match decode(format, &body, &context) {
            Ok(decoded) => decoded,
            Err(error) => {
                assert!(!error.to_string().is_empty(), "a refusal says why");
                return false;
            }
        };
        let rows = decoded.batch.num_rows();
        assert_eq!(decoded.rows, (rows + decoded.rejects.len()) as u64, "a row is taken or refused");
        assert_eq!(content_hashes(stream, &decoded.batch).len(), rows);
        for reject in &decoded.rejects {
            let value = reject.value.as_deref().unwrap_or_default();
            assert!(value.chars().count() <= 64 && reject.row < decoded.rows, "{reject:?}");
        }
        true
    })
}
