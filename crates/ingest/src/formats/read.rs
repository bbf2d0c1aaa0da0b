//! One entry for all formats: bytes of a file or body, or rows of a table.

use serde_json::Value;

use super::converted::{Converted, Fault, FormatError, Options, Source};
use super::inputs::parse_json;
use super::joiner::{Halves, Joiner, JoinerLimits};
use super::{Format, azureml, databricks, lines, sagemaker, serving, vertex};

/// Reads a file or body of JSON lines (of tables also a JSON array of rows) of a format.
///
/// * `path`: where the file lies; in some formats it names endpoint, variant and hour.
/// * Formats of halves are joined within these bytes alone, and halves without another become events; to join across
///   files or requests, use [`halves`] and a [`Joiner`].
/// * Memory follows the size of `bytes`: give large files in parts of whole lines.
///
/// # Errors
///
/// [`FormatError`] when the input is larger than [`Options::limits`] allow. A row that cannot be read is none.
pub fn read(format: Format, bytes: &[u8], path: Option<&str>, options: &Options) -> Result<Converted, FormatError> {
    options.check_bytes(bytes)?;
    match format {
        Format::Canonical => canonical(rows_of(bytes), options),
        Format::Sagemaker => sagemaker::read_lines(bytes, path, options),
        Format::Databricks => databricks::read_rows(rows_of(bytes), options),
        Format::Vertex => vertex::read_rows(rows_of(bytes), options),
        Format::Kserve | Format::Seldon | Format::Azureml => join_all(halves(format, bytes, path, options)?, options),
    }
}

/// Reads rows that are JSON values already, such as those of a Parquet or Delta table.
///
/// # Errors
///
/// As [`read`].
pub fn read_rows(
    format: Format,
    rows: Vec<Value>,
    path: Option<&str>,
    options: &Options,
) -> Result<Converted, FormatError> {
    match format {
        Format::Canonical => canonical(rows.into_iter().map(Ok), options),
        Format::Sagemaker => sagemaker::read_rows(rows, path, options),
        Format::Databricks => databricks::read_rows(rows.into_iter().map(Ok), options),
        Format::Vertex => vertex::read_rows(rows.into_iter().map(Ok), options),
        Format::Azureml => join_all(azureml::read_rows(rows, path, options)?, options),
        Format::Kserve | Format::Seldon => join_all(serving::value_halves(rows, options)?, options),
    }
}

/// Reads the halves of calls for a [`Joiner`]. Formats whose rows are whole calls have none: use [`read`] for them.
///
/// # Errors
///
/// As [`read`].
pub fn halves(format: Format, bytes: &[u8], path: Option<&str>, options: &Options) -> Result<Halves, FormatError> {
    options.check_bytes(bytes)?;
    match format {
        Format::Kserve | Format::Seldon => serving::file_halves(bytes, options),
        Format::Azureml => azureml::read_lines(bytes, path, options),
        Format::Canonical | Format::Sagemaker | Format::Databricks | Format::Vertex => {
            Ok(Halves { halves: Vec::new(), converted: read(format, bytes, path, options)? })
        }
    }
}

/// Joins within one input. The rows of the input bound what waits, so nothing has to leave early.
fn join_all(input: Halves, options: &Options) -> Result<Converted, FormatError> {
    let unbounded = JoinerLimits { entries: usize::MAX, bytes: usize::MAX, age_us: i64::MAX };
    let mut joiner = Joiner::new(unbounded);
    let mut converted = joiner.join(input, 0, options)?;
    joiner.drain(options, &mut converted)?;
    converted.rejects.sort_by_key(|reject| reject.row);
    Ok(converted)
}

/// Watchkeeper's own events go through as they are.
fn canonical(
    rows: impl IntoIterator<Item = Result<Value, Fault>>,
    options: &Options,
) -> Result<Converted, FormatError> {
    let mut converted = Converted::default();
    for event in rows {
        let row = converted.rows;
        converted.count_row(options)?;
        match event {
            Ok(event @ Value::Object(_)) => {
                converted.push_events(vec![event], &Source { row, model: None }, options)?;
            }
            Ok(_) => converted.rejects.push(Fault::unreadable("a JSON object, one a row").at(row)),
            Err(fault) => converted.rejects.push(fault.at(row)),
        }
    }
    Ok(converted)
}

/// The rows of JSON lines, or of one array that may span lines.
fn rows_of(bytes: &[u8]) -> impl Iterator<Item = Result<Value, Fault>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii();
    let whole = if bytes.starts_with(b"[") { Some(parse_json(bytes, "body")) } else { None };
    let (rows, lines) = match whole {
        Some(Ok(Value::Array(rows))) => (rows.into_iter().map(Ok).collect(), None),
        // Its lines would be no rows either.
        Some(Err(fault)) if fault.is_too_large() => (vec![Err(fault)], None),
        _ => (Vec::new(), Some(lines::lines(bytes))),
    };
    rows.into_iter().chain(lines.into_iter().flatten().map(|(_, line)| parse_json(line, "line")))
}
