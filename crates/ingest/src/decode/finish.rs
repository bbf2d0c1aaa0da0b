//! Columns of rows that were taken → the batch: defaults, generated ids, one order of columns.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray, TimestampMicrosecondArray};
use arrow_schema::{Field, Schema};

use super::{ASSIGNED_TIME_KEY, Context, DecodeError, hash};
use crate::{ColumnType, Decoded, Reject, Stream, names};

/// First columns of a batch, in this order; the others follow by name.
const FIRST: [&str; 16] = [
    names::PREDICTION_ID,
    names::KPI_ID,
    names::CHANGE_ID,
    "kind",
    "name",
    names::LABEL_TS,
    names::TS,
    "model",
    names::VERSION,
    names::ENVIRONMENT,
    names::TRACE_ID,
    names::LATENCY_MS,
    names::PREDICTION,
    names::SCORE,
    names::LABEL,
    "value",
];

/// Seeds of the two halves of a generated id; the hash of contents has the seed 0.
const ID_SEEDS: [u64; 2] = [0x5741_5443, 0x484b_4550];

/// Makes the batch of `rows` rows.
///
/// Rows without a time get the time of receipt, without an environment or model those of the context, KPIs and changes
/// without an id one made of their content. Columns without a value are left out, but for id, time and environment.
pub(super) fn assemble(
    context: &Context<'_>,
    mut columns: Vec<(String, ArrayRef)>,
    rows: usize,
    rejects: Vec<Reject>,
    seen: u64,
) -> Result<Decoded, DecodeError> {
    let stream = context.stream;
    let time = position(&mut columns, stream.time_column(), ColumnType::Time, rows);
    let assigned = replace(&mut columns, time, |array| fill_times(array, context.now_us));
    let environment = position(&mut columns, names::ENVIRONMENT, ColumnType::Text, rows);
    replace(&mut columns, environment, |array| fill_texts(array, |_| context.default_environment));
    let is_shared = matches!(stream, Stream::Kpis | Stream::Changes);
    if let Some(model) = context.model.filter(|_| is_shared) {
        let at = position(&mut columns, "model", ColumnType::Text, rows);
        replace(&mut columns, at, |array| fill_texts(array, |_| model));
    }
    let id = position(&mut columns, stream.id_column(), ColumnType::Text, rows);
    if is_shared {
        let batch = batch_of(&columns, rows, HashMap::new())?;
        replace(&mut columns, id, |array| generate_ids(array, stream, &batch));
    }

    let kept = [stream.id_column(), stream.time_column(), names::ENVIRONMENT];
    columns.retain(|(name, array)| array.null_count() < rows || kept.contains(&name.as_str()));
    columns.sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
    let metadata = if assigned {
        HashMap::from([(ASSIGNED_TIME_KEY.to_owned(), context.now_us.to_string())])
    } else {
        HashMap::new()
    };
    Ok(Decoded { batch: batch_of(&columns, rows, metadata)?, rejects, rows: seen })
}

fn rank(name: &str) -> usize {
    FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len())
}

fn batch_of(
    columns: &[(String, ArrayRef)],
    rows: usize,
    metadata: HashMap<String, String>,
) -> Result<RecordBatch, DecodeError> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    let arrays = columns.iter().map(|(_, array)| Arc::clone(array)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    // The columns have one length each and the types of their fields; an error here is a mistake above.
    RecordBatch::try_new_with_options(schema, arrays, &options)
        .map_err(|_| DecodeError::malformed("its columns", "columns of one length"))
}

/// The index of a column, which is added with nulls when it is not there.
fn position(columns: &mut Vec<(String, ArrayRef)>, name: &str, kind: ColumnType, rows: usize) -> usize {
    columns.iter().position(|(other, _)| other == name).unwrap_or_else(|| {
        columns.push((name.to_owned(), arrow_array::new_null_array(&kind.data_type(), rows)));
        columns.len() - 1
    })
}

/// Replaces a column by what `fill` makes of it when it has nulls; whether it did.
fn replace(columns: &mut [(String, ArrayRef)], at: usize, fill: impl FnOnce(&ArrayRef) -> ArrayRef) -> bool {
    match columns.get_mut(at) {
        Some((_, array)) if array.null_count() > 0 => {
            *array = fill(array);
            true
        }
        _ => false,
    }
}

fn fill_times(array: &ArrayRef, micros: i64) -> ArrayRef {
    let times = array.as_primitive::<TimestampMicrosecondType>();
    let filled = times.iter().map(|time| time.unwrap_or(micros));
    Arc::new(TimestampMicrosecondArray::from_iter_values(filled).with_timezone("UTC"))
}

fn fill_texts<'t>(array: &'t ArrayRef, default: impl Fn(usize) -> &'t str) -> ArrayRef {
    let texts = array.as_string::<i32>();
    let filled = texts.iter().enumerate().map(|(row, text)| text.unwrap_or_else(|| default(row)));
    Arc::new(StringArray::from_iter_values(filled))
}

/// Ids of rows that brought none: the same content (with its time) gives the same id.
fn generate_ids(array: &ArrayRef, stream: Stream, batch: &RecordBatch) -> ArrayRef {
    let [high, low] = ID_SEEDS.map(|seed| hash::seeded(stream, batch, None, seed));
    let made: Vec<String> = high.iter().zip(&low).map(|(high, low)| format!("auto-{high:016x}{low:016x}")).collect();
    fill_texts(array, |row| made.get(row).map_or("", String::as_str))
}
