//! Decode and gate one request: what needs no order.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::{Answer, IntakeError, IntakeStats, Payload, REJECTS_SHOWN, StreamState};
use crate::decode::{self, Context, content_hashes};
use crate::privacy::ColumnDecision;
use crate::{Decoded, Limits, Reject, names};

/// Rejected rows of one request that are kept in the table of rejects.
const REJECTS_KEPT: usize = 10_000;
/// How often a body is read again because others fixed a column's type in the meantime.
const SETTLE_TRIES: usize = 8;

/// A request that waits for the journal.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) state: Arc<StreamState>,
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

pub(super) fn prepare(
    state: &Arc<StreamState>,
    payload: Payload,
    environment: &str,
    limits: &Limits,
    now_us: i64,
    stats: &IntakeStats,
) -> Result<Prepared, IntakeError> {
    let decoded = read(state, payload, environment, limits, now_us, stats)?;
    let hashes = content_hashes(state.stream, &decoded.batch);
    let gated = state.gate.apply(decoded.batch)?;
    let batch = with_received_at(&gated.batch, now_us)?;
    let rejects_batch = rejects_batch(state, &decoded.rejects, now_us)?;
    Ok(Prepared {
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
        let shape = state.shape();
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
