//! Decode and gate one request: what needs no order.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use arrow_select::filter::filter_record_batch;
use xxhash_rust::xxh3::xxh3_64;

use super::{Answer, IntakeError, IntakeStats, Payload, REJECTS_SHOWN, StreamState, day_of};
use crate::decode::{self, Context, content_hashes};
use crate::ids::{Entry, IdHash};
use crate::privacy::ColumnDecision;
use crate::{Decoded, Limits, Mapping, Reject, RejectCode, names};

/// Rejected rows of one request that are kept in the table of rejects.
const REJECTS_KEPT: usize = 10_000;
/// How often a body is read again because others fixed a column's type in the meantime.
const SETTLE_TRIES: usize = 8;

/// A request that waits for the journal.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) state: Arc<StreamState>,
    /// Identity of the request itself.
    pub(super) identity: Option<Entry>,
    /// Rows as they are stored, with `received_at`.
    pub(super) batch: RecordBatch,
    /// Content of each row before the gate.
    pub(super) hashes: Vec<u64>,
    /// Rows for the table of rejects.
    pub(super) rejects_batch: Option<RecordBatch>,
    pub(super) decisions: Vec<ColumnDecision>,
    rejects: Vec<Reject>,
    withheld: Vec<String>,
}

impl Prepared {
    pub(super) fn is_empty(&self) -> bool {
        self.batch.num_rows() == 0 && self.rejects_batch.is_none()
    }

    pub(super) fn answer(&self) -> Answer {
        Answer {
            rejected: self.rejects.len() as u64,
            rejects: self.rejects.iter().take(REJECTS_SHOWN).cloned().collect(),
            withheld: self.withheld.clone(),
            ..Answer::default()
        }
    }
}

/// What is prepared.
pub(super) struct Request {
    pub(super) payload: Payload,
    pub(super) environment: String,
    pub(super) only: Vec<(&'static str, String)>,
    pub(super) idempotency_key: Option<String>,
}

pub(super) fn prepare(
    state: &Arc<StreamState>,
    request: Request,
    limits: &Limits,
    now_us: i64,
    stats: &IntakeStats,
) -> Result<Prepared, IntakeError> {
    let Request { payload, environment, only, idempotency_key } = request;
    let identity = idempotency_key.map(|key| request_entry(state, &key, &payload, now_us));
    let mut decoded = read(state, payload, &environment, limits, now_us, stats)?;
    for (column, value) in &only {
        decoded = restricted(decoded, column, value)?;
    }
    let hashes = content_hashes(state.stream, &decoded.batch);
    let gated = state.gate.apply(decoded.batch)?;
    let batch = with_received_at(&gated.batch, now_us)?;
    let rejects_batch = rejects_batch(state, &decoded.rejects, now_us)?;
    Ok(Prepared {
        identity,
        state: state.clone(),
        batch,
        hashes,
        rejects_batch,
        decisions: gated.decisions,
        rejects: decoded.rejects,
        withheld: gated.withheld,
    })
}

fn read(
    state: &StreamState,
    payload: Payload,
    environment: &str,
    limits: &Limits,
    now_us: i64,
    stats: &IntakeStats,
) -> Result<Decoded, IntakeError> {
    let (body, more) = match payload {
        Payload::Body { format, encoding, bytes } => {
            stats.body(bytes.len());
            (Ok((format, decode::decompress(encoding, bytes, limits)?)), Vec::new())
        }
        Payload::Values { events, rejects, bytes } => {
            stats.body(bytes);
            (Err(events), rejects)
        }
    };
    let mut unsettled = String::new();
    for _ in 0..SETTLE_TRIES {
        let mut shape = state.shape();
        if body.is_err() {
            // The model's mapping is for bodies of another shape; what was converted has the canonical one by now.
            Arc::make_mut(&mut shape).mapping = Mapping::default();
        }
        let context = Context {
            stream: state.stream,
            shape: &shape,
            limits,
            now_us,
            default_environment: environment,
            model: state.model.as_deref(),
        };
        let mut decoded = match &body {
            Ok((format, body)) => decode::decode(*format, body, &context)?,
            Err(events) => decode::decode_values(events, &context)?,
        };
        match state.settle(decoded.batch.schema_ref()) {
            Ok(()) => {
                decoded.rows += more.len() as u64;
                decoded.rejects.extend(more);
                decoded.rejects.sort_by_key(|reject| reject.row);
                return Ok(decoded);
            }
            Err(column) => unsettled = column,
        }
    }
    Err(IntakeError::Unsettled(unsettled))
}

/// The entry that stands for a whole request.
fn request_entry(state: &StreamState, key: &str, payload: &Payload, now_us: i64) -> Entry {
    let content = match payload {
        Payload::Body { bytes, .. } => xxh3_64(bytes),
        Payload::Values { events, .. } => xxh3_64(serde_json::Value::from(events.clone()).to_string().as_bytes()),
    };
    let day = day_of(now_us);
    Entry { id: IdHash::of(&format!("{}#requests", state.table), key.as_bytes()), content: Entry::fold(content), day }
}

/// Rows whose `column` holds another value than `value` become rejects. Rows without a value stay.
fn restricted(decoded: Decoded, column: &str, value: &str) -> Result<Decoded, IntakeError> {
    let found = decoded.batch.column_by_name(column).and_then(|array| array.as_string_opt::<i32>()).cloned();
    let Some(found) = found.filter(|found| found.iter().flatten().any(|text| text != value)) else {
        return Ok(decoded);
    };
    let Decoded { batch, mut rejects, rows } = decoded;
    // The accepted rows are, in order, those that are not rejected.
    let refused: HashSet<u64> = rejects.iter().map(|reject| reject.row).collect();
    let sources = (0..rows).filter(|row| !refused.contains(row));
    let mut keep = Vec::with_capacity(batch.num_rows());
    for (text, row) in found.iter().zip(sources) {
        let allowed = text.is_none_or(|text| text == value);
        keep.push(allowed);
        if !allowed {
            rejects.push(Reject {
                row,
                field: Some(column.to_owned()),
                value: text.map(|text| text.chars().take(64).collect()),
                expected: format!("`{value}`, the only one that the key may write"),
                code: RejectCode::UnknownValue,
            });
        }
    }
    rejects.sort_by_key(|reject| reject.row);
    let batch = filter_record_batch(&batch, &BooleanArray::from(keep)).map_err(internal)?;
    Ok(Decoded { batch, rejects, rows })
}

fn internal(error: arrow_schema::ArrowError) -> IntakeError {
    IntakeError::Internal(error.to_string())
}

fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn with_received_at(batch: &RecordBatch, now_us: i64) -> Result<RecordBatch, IntakeError> {
    let times = TimestampMicrosecondArray::from_value(now_us, batch.num_rows()).with_timezone("UTC");
    let kept = batch.schema_ref().fields().iter().zip(batch.columns()).filter(|(f, _)| f.name() != names::RECEIVED_AT);
    let (mut fields, mut columns): (Vec<_>, Vec<ArrayRef>) = kept.map(|(f, c)| (f.clone(), c.clone())).unzip();
    fields.push(Arc::new(Field::new(names::RECEIVED_AT, time_type(), true)));
    columns.push(Arc::new(times));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(internal)
}

fn rejects_batch(state: &StreamState, rejects: &[Reject], now_us: i64) -> Result<Option<RecordBatch>, IntakeError> {
    if rejects.is_empty() {
        return Ok(None);
    }
    let kept = rejects.get(..REJECTS_KEPT).unwrap_or(rejects);
    let times = TimestampMicrosecondArray::from_value(now_us, kept.len()).with_timezone("UTC");
    let same = |text: Option<&str>| Arc::new(kept.iter().map(|_| text).collect::<StringArray>()) as ArrayRef;
    let code = |reject: &Reject| serde_json::to_value(reject.code).ok().and_then(|v| v.as_str().map(str::to_owned));
    let rows: UInt64Array = kept.iter().map(|reject| Some(reject.row)).collect();
    let rows = arrow_cast::cast(&rows, &DataType::Int64).map_err(internal)?;
    let columns: [(&str, ArrayRef); 8] = [
        (names::RECEIVED_AT, Arc::new(times)),
        ("stream", same(Some(state.stream.as_str()))),
        ("model", same(state.model.as_deref())),
        ("row", rows),
        ("field", Arc::new(kept.iter().map(|r| r.field.as_deref()).collect::<StringArray>())),
        ("value", Arc::new(kept.iter().map(|r| r.value.as_deref()).collect::<StringArray>())),
        ("expected", Arc::new(kept.iter().map(|r| Some(r.expected.as_str())).collect::<StringArray>())),
        ("code", Arc::new(kept.iter().map(code).collect::<StringArray>())),
    ];
    let fields: Vec<Field> = columns.iter().map(|(n, c)| Field::new(*n, c.data_type().clone(), true)).collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map(Some).map_err(internal)
}
