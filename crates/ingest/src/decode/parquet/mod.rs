//! Parquet files: what they claim is checked page by page before anything is decompressed, then they are batches.

mod pages;

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Schema};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::ParquetMetaData;

use super::arrow::Batches;
use super::{Context, DecodeError};
use crate::Decoded;

/// Rows of a batch: small enough that a batch of long lists stays small.
const BATCH_ROWS: usize = 8_192;
/// Bytes of the footer at most: 2,000 columns of a row group take less than one MiB.
const FOOTER_BYTES: usize = 16 << 20;
const MAGIC: &[u8] = b"PAR1";

/// Reads a Parquet file. An empty body has no rows.
pub(super) fn decode_file(body: &Bytes, context: &Context<'_>) -> Result<Decoded, DecodeError> {
    let mut batches = Batches::new(context);
    if body.is_empty() {
        return batches.finish();
    }
    check_footer(body)?;
    // The Arrow schema that writers embed is left out: texts are then texts, whatever they were in memory.
    let options = || ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(body, options()).map_err(|_| broken("the footer"))?;
    check_claims(metadata.metadata(), context)?;
    pages::check(body, metadata.metadata(), context.limits)?;

    let schema = Arc::new(Schema::new(metadata.schema().fields().iter().map(with_views).collect::<Vec<_>>()));
    let parquet = Arc::clone(metadata.metadata());
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(&parquet), options().with_schema(schema))
        .or_else(|_| ArrowReaderMetadata::try_new(parquet, options()))
        .map_err(|_| broken("the schema"))?;
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(body.clone(), metadata)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(|_| broken("the schema"))?;
    for batch in reader {
        batches.add(&batch.map_err(|_| broken("a data page"))?)?;
    }
    batches.finish()
}

fn broken(at: &str) -> DecodeError {
    DecodeError::malformed(at, "a valid Parquet file")
}

/// The length of the footer, which the reader takes memory for.
fn check_footer(body: &[u8]) -> Result<(), DecodeError> {
    let footer = body.strip_suffix(MAGIC).and_then(<[u8]>::last_chunk::<4>);
    let (true, Some(length)) = (body.starts_with(MAGIC), footer) else {
        return Err(DecodeError::malformed("its first or last bytes", "`PAR1`"));
    };
    let length = u32::from_le_bytes(*length) as usize;
    if length > body.len() {
        return Err(broken("the footer"));
    }
    if length > FOOTER_BYTES {
        return Err(DecodeError::too_large("bytes of the Parquet footer", length, FOOTER_BYTES));
    }
    Ok(())
}

/// The rows, columns and bytes that the footer claims.
fn check_claims(metadata: &ParquetMetaData, context: &Context<'_>) -> Result<(), DecodeError> {
    let limits = context.limits;
    let size = |claimed: i64| usize::try_from(claimed).map_err(|_| broken("the footer"));
    let mut rows = 0_usize;
    let mut bytes = 0_usize;
    for group in metadata.row_groups() {
        rows = rows.saturating_add(size(group.num_rows())?);
        for column in group.columns() {
            bytes = bytes.saturating_add(size(column.uncompressed_size())?);
        }
    }
    if rows > limits.rows {
        return Err(DecodeError::too_large("rows", rows, limits.rows));
    }
    if bytes > limits.decompressed_bytes {
        return Err(DecodeError::too_large("uncompressed bytes of the body", bytes, limits.decompressed_bytes));
    }
    // Twice: a table may have them all, and a file as many that are new and refused one by one.
    let columns = metadata.file_metadata().schema_descr().num_columns();
    if columns > limits.columns.saturating_mul(2) {
        return Err(DecodeError::too_large("columns", columns, limits.columns.saturating_mul(2)));
    }
    Ok(())
}

/// Texts are read as views into the dictionary page: one text said a million times is then in memory once.
fn with_views(field: &FieldRef) -> FieldRef {
    if *field.data_type() == DataType::Utf8 {
        return Arc::new(Field::new(field.name(), DataType::Utf8View, field.is_nullable()));
    }
    Arc::clone(field)
}
