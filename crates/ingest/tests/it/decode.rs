//! Bodies → typed rows: edges, limits, hostile bytes, and that the format of a body does not change what it says.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use bytes::Bytes;
use watchkeeper_ingest::decode::{BodyFormat, Context, DecodeError, decode};
use watchkeeper_ingest::{ColumnShape, ColumnType, Decoded, Limits, Reject, RejectCode, Shape, Stream};

mod columnar;
mod compressed;
mod equal;
mod hashes;
mod hostile;
mod json;
mod streams;

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600_000_000;

/// What a body is read against, owned.
struct Case {
    stream: Stream,
    shape: Shape,
    limits: Limits,
    model: Option<&'static str>,
}

fn predictions() -> Case {
    on(Stream::Predictions)
}

fn on(stream: Stream) -> Case {
    Case { stream, shape: Shape::default(), limits: Limits::default(), model: None }
}

impl Case {
    fn column(mut self, name: &str, kind: ColumnType, personal: bool) -> Self {
        self.shape.columns.insert(name.to_owned(), ColumnShape { kind, personal });
        self
    }

    fn limit(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    fn context(&self) -> Context<'_> {
        Context {
            stream: self.stream,
            shape: &self.shape,
            limits: &self.limits,
            now_us: NOW,
            default_environment: "production",
            model: self.model,
        }
    }

    fn read(&self, format: BodyFormat, body: impl AsRef<[u8]>) -> Result<Decoded, DecodeError> {
        let decoded = decode(format, &Bytes::copy_from_slice(body.as_ref()), &self.context());
        if let Ok(decoded) = &decoded {
            check_laws(decoded);
        }
        decoded
    }

    fn json(&self, body: impl AsRef<[u8]>) -> Decoded {
        self.read(BodyFormat::Json, body).unwrap()
    }

    fn ndjson(&self, body: impl AsRef<[u8]>) -> Decoded {
        self.read(BodyFormat::Ndjson, body).unwrap()
    }

    /// The code and field of the only row, which is not taken.
    fn refused(&self, row: &str) -> (RejectCode, Option<String>) {
        let decoded = self.json(row);
        assert_eq!(decoded.batch.num_rows(), 0, "{row}");
        let [reject] = decoded.rejects.as_slice() else { panic!("one reject of {row}: {:?}", decoded.rejects) };
        (reject.code, reject.field.clone())
    }
}

/// What holds for every answer.
fn check_laws(decoded: &Decoded) {
    assert_eq!(decoded.rows, decoded.batch.num_rows() as u64 + decoded.rejects.len() as u64);
    assert!(decoded.rejects.windows(2).all(|pair| pair[0].row < pair[1].row), "in order, one a row");
    for (field, column) in decoded.batch.schema().fields().iter().zip(decoded.batch.columns()) {
        assert!(ColumnType::of(field.data_type()).is_some(), "{field}");
        column.to_data().validate_full().unwrap();
    }
    for reject in &decoded.rejects {
        assert!(reject.value.as_ref().is_none_or(|value| value.chars().count() <= 64));
        assert!(!reject.expected.is_empty());
    }
}

fn columns(batch: &RecordBatch) -> Vec<String> {
    batch.schema().fields().iter().map(|field| field.name().clone()).collect()
}

fn text(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let array = batch.column_by_name(column)?.as_string::<i32>();
    array.is_valid(row).then(|| array.value(row).to_owned())
}

fn number(batch: &RecordBatch, column: &str, row: usize) -> Option<f64> {
    let array = batch.column_by_name(column)?.as_primitive::<Float64Type>();
    array.is_valid(row).then(|| array.value(row))
}

fn time(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let array = batch.column_by_name(column)?.as_primitive::<TimestampMicrosecondType>();
    array.is_valid(row).then(|| array.value(row))
}

fn codes(rejects: &[Reject]) -> Vec<(u64, RejectCode)> {
    rejects.iter().map(|reject| (reject.row, reject.code)).collect()
}
