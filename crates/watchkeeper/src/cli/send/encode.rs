//! Rows to request bodies of bounded size.

use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use arrow_json::LineDelimitedWriter;
use arrow_schema::ArrowError;
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::cli::service_args::Wire;

/// Media type of an Arrow IPC stream.
pub(crate) const ARROW: &str = "application/vnd.apache.arrow.stream";
/// Media type of one JSON object a line.
pub(crate) const NDJSON: &str = "application/x-ndjson";
/// Bytes of a body that this program makes at most, unless a single row is larger: below what servers take by default.
pub(crate) const BODY_BYTES_MAX: usize = 24 << 20;

/// A body and the rows in it.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Bytes,
    pub(crate) rows: usize,
}

/// The bodies of a batch, in order: one, or as many as it takes to stay below [`BODY_BYTES_MAX`].
pub(super) fn batch(batch: &RecordBatch, wire: Wire) -> Result<Vec<Body>, ArrowError> {
    bounded(batch, wire, BODY_BYTES_MAX)
}

fn bounded(batch: &RecordBatch, wire: Wire, bytes_max: usize) -> Result<Vec<Body>, ArrowError> {
    let (media_type, bytes) = match wire {
        Wire::Arrow => (ARROW, arrow(batch)?),
        Wire::Ndjson => (NDJSON, ndjson(batch)?),
    };
    let rows = batch.num_rows();
    if bytes.len() <= bytes_max || rows < 2 {
        return Ok(vec![Body { media_type, bytes: bytes.into(), rows }]);
    }
    let half = rows / 2;
    let mut bodies = bounded(&batch.slice(0, half), wire, bytes_max)?;
    bodies.extend(bounded(&batch.slice(half, rows - half), wire, bytes_max)?);
    Ok(bodies)
}

fn arrow(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), batch.schema_ref())?;
    writer.write(batch)?;
    writer.into_inner()
}

fn ndjson(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let mut writer = LineDelimitedWriter::new(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner())
}

/// The bodies of objects, in order.
pub(crate) fn objects<'a>(objects: impl IntoIterator<Item = &'a Map<String, Value>>) -> Vec<Body> {
    let mut lines = Lines::default();
    let mut bodies: Vec<Body> = Vec::new();
    for object in objects {
        // A map of JSON values is always written.
        let line = serde_json::to_vec(object).unwrap_or_default();
        bodies.extend(lines.push(&line));
    }
    bodies.extend(lines.finish());
    bodies
}

/// Collects lines to bodies.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    bytes: Vec<u8>,
    rows: usize,
}

impl Lines {
    /// Takes a line without its break; a full body comes out before it.
    pub(crate) fn push(&mut self, line: &[u8]) -> Option<Body> {
        let full = self.rows > 0 && self.bytes.len() + line.len() >= BODY_BYTES_MAX;
        let body = if full { self.finish() } else { None };
        self.bytes.extend_from_slice(line);
        self.bytes.push(b'\n');
        self.rows += 1;
        body
    }

    /// The lines so far; `None` without any.
    pub(crate) fn finish(&mut self) -> Option<Body> {
        let (bytes, rows) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.rows));
        (rows > 0).then(|| Body { media_type: NDJSON, bytes: bytes.into(), rows })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Arc;

    use arrow_array::{ArrayRef, StringArray, TimestampMicrosecondArray};
    use arrow_ipc::reader::StreamReader;

    use super::*;

    fn texts(rows: usize) -> RecordBatch {
        let array: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("{row:0>1000}"))));
        RecordBatch::try_from_iter([("a", array)]).unwrap()
    }

    #[test]
    fn bodies_stay_below_the_bound_and_lose_no_row() {
        let all = texts(1000);
        for wire in [Wire::Arrow, Wire::Ndjson] {
            let bodies = bounded(&all, wire, 100_000).unwrap();
            assert!(bodies.len() > 8 && bodies.iter().all(|body| body.bytes.len() <= 100_000));
            assert_eq!(bodies.iter().map(|body| body.rows).sum::<usize>(), 1000);
        }
        let bodies = bounded(&all, Wire::Arrow, 100_000).unwrap();
        let read = |body: Body| StreamReader::try_new(Cursor::new(body.bytes), None).unwrap().map(Result::unwrap);
        let back: Vec<RecordBatch> = bodies.into_iter().flat_map(read).collect();
        assert_eq!(arrow_select::concat::concat_batches(all.schema_ref(), &back).unwrap(), all);
        // A single row is sent whatever its size.
        assert_eq!(bounded(&texts(1), Wire::Ndjson, 10).unwrap().len(), 1);
    }

    #[test]
    fn times_are_written_with_their_zone() {
        let array: ArrayRef =
            Arc::new(TimestampMicrosecondArray::from(vec![1_357_000_000_123_456]).with_timezone("UTC"));
        let bytes = ndjson(&RecordBatch::try_from_iter([("ts", array)]).unwrap()).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "{\"ts\":\"2013-01-01T00:26:40.123456Z\"}\n");
    }

    #[test]
    fn lines_are_cut_between_rows() {
        let mut lines = Lines::default();
        let line = vec![b'x'; 10 << 20];
        let first: Vec<bool> = (0..4).map(|_| lines.push(&line).is_some()).collect();
        assert_eq!(first, [false, false, true, false]);
        assert_eq!(lines.finish().map(|body| (body.rows, body.bytes.len())), Some((2, 2 * ((10 << 20) + 1))));
        assert!(lines.finish().is_none());
    }
}
