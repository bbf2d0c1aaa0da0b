//! NDJSON: one object a line; scalars are read as text and parsed by the column's type later.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};
use serde_json::{Map, Value};

use super::csv::text_batch;
use super::text_types::TypeGuess;
use super::{BATCH_ROWS, Format, InputError, TableColumn, VisitBatch, arrays_of, union_columns};

/// Objects that names and types are taken from.
const SCHEMA_LINES: usize = 2000;

#[derive(Debug)]
pub(super) struct NdjsonFiles {
    files: Vec<PathBuf>,
    columns: Vec<TableColumn>,
}

impl NdjsonFiles {
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self, InputError> {
        let described =
            paths.iter().map(|path| Ok((path.clone(), describe(path)?))).collect::<Result<Vec<_>, InputError>>()?;
        Ok(Self { files: paths.to_vec(), columns: union_columns(described.into_iter())? })
    }

    pub(super) fn columns(&self) -> Vec<TableColumn> {
        self.columns.clone()
    }

    pub(super) fn scan_batches(&self, columns: &[usize], visit: &mut VisitBatch<'_>) -> Result<(), InputError> {
        let wanted: Vec<&TableColumn> = columns.iter().filter_map(|&column| self.columns.get(column)).collect();
        let scalars: Vec<&TableColumn> = wanted.iter().copied().filter(|column| !column.is_nested()).collect();
        let fields: Vec<Field> = scalars.iter().map(|column| Field::new(&column.name, DataType::Utf8, true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let names: Vec<&str> = wanted.iter().map(|column| column.name.as_str()).collect();
        let mut row = 0;
        for path in &self.files {
            let content = BufReader::with_capacity(1 << 18, open(path)?);
            let reader = ReaderBuilder::new(schema.clone())
                .with_coerce_primitive(true)
                .with_batch_size(BATCH_ROWS)
                .build(content)
                .map_err(|error| damaged(path, &error.to_string()))?;
            for batch in reader {
                let told = |error: ArrowError| first_fault(path, &scalars).unwrap_or_else(|| error.to_string());
                let batch = batch.map_err(|error| damaged(path, &told(error)))?;
                let rows = batch.num_rows();
                visit(row, &text_batch(&names, arrays_of(&batch, &wanted), rows))?;
                row += rows as u64;
            }
        }
        Ok(())
    }
}

/// The file from its first object on: a byte-order mark is skipped.
fn open(path: &Path) -> Result<File, InputError> {
    let io = |source| InputError::Io { file: path.to_owned(), source };
    let mut file = File::open(path).map_err(io)?;
    let mut mark = Vec::new();
    file.by_ref().take(3).read_to_end(&mut mark).map_err(io)?;
    if mark != b"\xef\xbb\xbf" {
        file.rewind().map_err(io)?;
    }
    Ok(file)
}

fn damaged(path: &Path, problem: &str) -> InputError {
    let problem = problem.trim_start_matches("Json error: ").to_owned();
    InputError::Damaged { file: path.to_owned(), format: Format::Ndjson, problem }
}

/// The object of a line, `None` for a blank one.
fn object(number: usize, line: std::io::Result<String>) -> Result<Option<Map<String, Value>>, String> {
    let fault = |text: &str| format!("line {}: {text}", number + 1);
    let line = line.map_err(|error| match error.kind() {
        ErrorKind::InvalidData => fault("it is not UTF-8 text"),
        _ => fault(&error.to_string()),
    })?;
    let text = if number == 0 { line.trim_start_matches('\u{feff}') } else { &line };
    if text.trim().is_empty() {
        return Ok(None);
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Ok(value) => Err(fault(&format!("expected an object, found `{}`", kind(&value)))),
        // Of the line it is always line 1.
        Err(error) => Err(fault(&error.to_string().replace(" at line 1 column", " at column"))),
    }
}

/// The place and fault of the first line that is no object, or has a nested value where the first lines had none: the
/// batch reader tells no lines.
fn first_fault(path: &Path, scalars: &[&TableColumn]) -> Option<String> {
    let lines = BufReader::with_capacity(1 << 18, open(path).ok()?).lines();
    lines.enumerate().find_map(|(number, line)| match object(number, line) {
        Ok(Some(object)) => {
            let nested = |c: &&&TableColumn| matches!(object.get(&c.name), Some(Value::Array(_) | Value::Object(_)));
            let column = scalars.iter().find(nested)?;
            let what = object.get(&column.name).map_or("", kind);
            Some(format!("line {}: `{}` is {what}; in the first lines it is a plain value", number + 1, column.name))
        }
        Ok(None) => None,
        Err(fault) => Some(fault),
    })
}

/// Names, in order of appearance, and types of the first objects.
fn describe(path: &Path) -> Result<Vec<TableColumn>, InputError> {
    let mut names: Vec<(String, TypeGuess, bool)> = Vec::new();
    let mut index = std::collections::HashMap::new();
    let mut objects = 0;
    for (number, line) in BufReader::with_capacity(1 << 18, open(path)?).lines().enumerate() {
        let Some(object) = object(number, line).map_err(|problem| damaged(path, &problem))? else { continue };
        for (name, value) in object {
            let at = *index.entry(name.clone()).or_insert_with(|| {
                names.push((name, TypeGuess::new(), false));
                names.len() - 1
            });
            if let Some((_, guess, nested)) = names.get_mut(at) {
                match value {
                    Value::Null => {}
                    Value::String(text) => guess.see(&text),
                    Value::Number(number) => guess.see(&number.to_string()),
                    Value::Bool(value) => guess.see(if value { "true" } else { "false" }),
                    Value::Array(_) | Value::Object(_) => *nested = true,
                }
            }
        }
        objects += 1;
        if objects >= SCHEMA_LINES {
            break;
        }
    }
    if names.is_empty() {
        return Err(InputError::NoColumns { file: path.to_owned() });
    }
    let column = |(name, guess, nested): (String, TypeGuess, bool)| {
        let data_type = if nested { DataType::Struct(Fields::empty()) } else { guess.data_type() };
        TableColumn { name, data_type }
    };
    Ok(names.into_iter().map(column).collect())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
