//! Parquet files of a table: rows to bytes with statistics, and back.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{Schema, SchemaRef};
use bytes::Bytes;
use deltalake::kernel::LogicalFileView;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use watchkeeper_spec::event::names::DATE;

use super::partition::parse_day;
use crate::LakeError;

/// A data file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRef {
    /// Path below the table.
    pub path: String,
    /// UTC day of its rows since 1970; `None` for a table without partitions.
    pub day: Option<i32>,
    /// Bytes.
    pub bytes: u64,
    /// Rows, when the log tells.
    pub rows: Option<u64>,
}

impl FileRef {
    /// The file as the log describes it.
    pub(super) fn of(view: &LogicalFileView) -> Self {
        let date = view.partition_values_map().remove(DATE).flatten();
        Self {
            path: view.path().into_owned(),
            day: date.as_deref().and_then(parse_day),
            bytes: u64::try_from(view.size()).unwrap_or(0),
            rows: view.num_records().map(|rows| rows as u64),
        }
    }
}

const ROW_GROUP_ROWS: usize = 1 << 17;
/// Files of fewer rows are compressed without zstd, whose state costs a column more than so few of its values; merged
/// files have more.
const SMALL_ROWS: usize = 4096;

/// How files of `rows` rows are written: compressed, with statistics where they prune.
pub(crate) fn properties(time: &str, id: Option<&str>, rows: usize) -> WriterProperties {
    let zstd = || Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default());
    let mut properties = WriterProperties::builder()
        .set_compression(if rows < SMALL_ROWS { Compression::SNAPPY } else { zstd() })
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_column_statistics_enabled(ColumnPath::from(time), EnabledStatistics::Chunk);
    if let Some(id) = id {
        // Ids do not repeat: a dictionary of them is work for nothing.
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(id), false);
    }
    properties.build()
}

/// The rows of `batches` as one Parquet file in the columns of `schema`; missing columns are null.
pub(crate) fn encode(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    time: &str,
    id: Option<&str>,
) -> Result<Bytes, LakeError> {
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties(time, id, rows)))?;
    for batch in batches {
        writer.write(&conform(batch, schema)?)?;
    }
    Ok(Bytes::from(writer.into_inner()?))
}

/// `batch` in the columns of `schema`.
pub(crate) fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, LakeError> {
    if batch.schema_ref().fields() == schema.fields() {
        return Ok(batch.clone());
    }
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) if column.data_type() == field.data_type() => Ok(column.clone()),
            Some(column) => Ok(arrow_cast::cast(column, field.data_type())?),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        })
        .collect::<Result<_, LakeError>>()?;
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}

/// Statistics of a file for its log entry: rows, and the range of its time column (to the millisecond, outwards).
pub(super) fn statistics(batches: &[RecordBatch], time: &str) -> (u64, String) {
    let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let range = batches.iter().fold(None, |range, batch| time_range(range, batch, time));
    (rows, statistics_text(rows, range, time))
}

/// `range` widened by the times of `batch`.
pub(crate) fn time_range(range: Option<(i64, i64)>, batch: &RecordBatch, time: &str) -> Option<(i64, i64)> {
    let times = batch.column_by_name(time).and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
    match (range, times.and_then(|times| arrow_min_max(times.values()))) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (range, found) => range.or(found),
    }
}

/// The statistics of a log entry for a file of `rows` rows with times in `range`.
pub(crate) fn statistics_text(rows: u64, range: Option<(i64, i64)>, time: &str) -> String {
    let text = |micros: i64, up: bool| {
        let millis = if up { micros.div_euclid(1000) + 1 } else { micros.div_euclid(1000) };
        jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |t| format!("{t:.3}"))
    };
    let stats = match range {
        Some((low, high)) => serde_json::json!({
            "numRecords": rows,
            "minValues": { time: text(low, false) },
            "maxValues": { time: text(high, true) },
            "nullCount": { time: 0 },
        }),
        None => serde_json::json!({ "numRecords": rows }),
    };
    stats.to_string()
}

fn arrow_min_max(values: &[i64]) -> Option<(i64, i64)> {
    let low = values.iter().copied().min()?;
    Some((low, values.iter().copied().max()?))
}

/// A batch with our plain types, whatever the reader made of them.
pub(crate) fn plain_batch(batch: &RecordBatch) -> Result<RecordBatch, LakeError> {
    let plain: Arc<Schema> = super::schema::plain(batch.schema_ref());
    conform(batch, &plain)
}
