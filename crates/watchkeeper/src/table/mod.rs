//! Tables in files: Parquet, CSV, NDJSON and Arrow IPC behind one way of scanning.
//!
//! Parquet is read column by column, row group by row group; the other formats batch by batch. Memory does not
//! grow with the rows of a file.

mod arrow_ipc;
mod csv;
mod error;
mod format;
mod ndjson;
mod parquet;
mod text_types;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use arrow_array::{ArrayRef, RecordBatch, new_null_array};
use arrow_schema::DataType;

pub use error::InputError;
pub use format::Format;

/// Rows read at once.
pub const BATCH_ROWS: usize = 8192;
/// Rows that types and roles are inferred from.
pub const SAMPLE_ROWS: usize = BATCH_ROWS;

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// Its type: as stored, or inferred from the first rows of text formats.
    pub data_type: DataType,
}

impl TableColumn {
    /// Lists, maps and structs.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.data_type.is_nested() && !matches!(self.data_type, DataType::Dictionary(..))
    }
}

/// One side of a check: one or more files of the same format.
#[derive(Debug)]
pub struct Table {
    /// The files, in order of their names.
    pub files: Vec<PathBuf>,
    /// Their format.
    pub format: Format,
    /// The columns of the first file, then those that only later files have.
    pub columns: Vec<TableColumn>,
    /// All rows, when the format tells without reading.
    pub rows: Option<u64>,
    /// Size of the files.
    pub bytes: u64,
    positions: HashMap<String, usize>,
    reader: Reader,
}

#[derive(Debug)]
enum Reader {
    Parquet(parquet::ParquetFiles),
    Csv(csv::CsvFiles),
    Ndjson(ndjson::NdjsonFiles),
    Ipc(arrow_ipc::IpcFiles),
}

/// Receives the number of an array's first row and the array.
pub type VisitArray<'a> = dyn FnMut(u64, &ArrayRef) + 'a;
/// Receives the number of a batch's first row and the batch, its columns in the order asked for.
pub type VisitBatch<'a> = dyn FnMut(u64, &RecordBatch) -> Result<(), InputError> + 'a;

impl Table {
    /// Opens a path, or all files that match a glob.
    ///
    /// # Errors
    /// [`InputError`] names the file and says what is wrong with it.
    pub fn open(pattern: &str) -> Result<Self, InputError> {
        let files = find(pattern)?;
        let mut bytes = 0;
        let mut found: Option<(Format, PathBuf)> = None;
        for file in &files {
            let (format, size) = format::detect(file)?;
            bytes += size;
            match &found {
                Some((first, path)) if *first != format => {
                    return Err(InputError::MixedFormats {
                        first: path.clone(),
                        first_format: *first,
                        other: file.clone(),
                        other_format: format,
                    });
                }
                Some(_) => {}
                None => found = Some((format, file.clone())),
            }
        }
        let Some((format, _)) = found else { return Err(InputError::NotFound { pattern: pattern.to_owned() }) };
        let reader = match format {
            Format::Parquet => Reader::Parquet(parquet::ParquetFiles::open(&files)?),
            Format::Csv => Reader::Csv(csv::CsvFiles::open(&files)?),
            Format::Ndjson => Reader::Ndjson(ndjson::NdjsonFiles::open(&files)?),
            Format::ArrowIpc => Reader::Ipc(arrow_ipc::IpcFiles::open(&files)?),
        };
        let (columns, rows) = match &reader {
            Reader::Parquet(files) => (files.columns(), Some(files.rows())),
            Reader::Csv(files) => (files.columns(), None),
            Reader::Ndjson(files) => (files.columns(), None),
            Reader::Ipc(files) => (files.columns(), None),
        };
        if let (true, Some(file)) = (columns.is_empty(), files.first()) {
            return Err(InputError::NoColumns { file: file.clone() });
        }
        let positions = columns.iter().enumerate().map(|(at, column)| (column.name.clone(), at)).collect();
        Ok(Self { files, format, columns, rows, bytes, positions, reader })
    }

    /// Position of a column by name.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// Whether single columns can be read without the others.
    #[must_use]
    pub fn is_columnar(&self) -> bool {
        matches!(self.reader, Reader::Parquet(_))
    }

    /// Reads one column of a columnar table. Row groups come in an order that spreads the first ones over the file;
    /// `dictionary` asks for strings as dictionaries.
    ///
    /// # Errors
    /// [`InputError`] when a file cannot be read.
    pub fn scan_column(&self, column: usize, dictionary: bool, visit: &mut VisitArray<'_>) -> Result<(), InputError> {
        match &self.reader {
            Reader::Parquet(files) => files.scan_column(column, dictionary, visit),
            _ => self.scan_batches(&[column], &mut |row, batch| {
                visit(row, batch.column(0));
                Ok(())
            }),
        }
    }

    /// Reads `columns` batch by batch, in the order of the rows.
    ///
    /// # Errors
    /// [`InputError`] when a file cannot be read, or what `visit` returns.
    pub fn scan_batches(&self, columns: &[usize], visit: &mut VisitBatch<'_>) -> Result<(), InputError> {
        match &self.reader {
            Reader::Parquet(files) => files.scan_batches(columns, visit),
            Reader::Csv(files) => files.scan_batches(columns, visit),
            Reader::Ndjson(files) => files.scan_batches(columns, visit),
            Reader::Ipc(files) => files.scan_batches(columns, visit),
        }
    }

    /// The first rows of the given columns, one list of arrays per column.
    ///
    /// # Errors
    /// [`InputError`] when a file cannot be read.
    pub fn sample(&self, columns: &[usize]) -> Result<Vec<Vec<ArrayRef>>, InputError> {
        let mut sample = vec![Vec::new(); columns.len()];
        let outcome = self.scan_batches(columns, &mut |row, batch| {
            sample.iter_mut().zip(batch.columns()).for_each(|(arrays, array)| arrays.push(array.clone()));
            if row as usize + batch.num_rows() >= SAMPLE_ROWS { Err(InputError::Enough) } else { Ok(()) }
        });
        match outcome {
            Ok(()) | Err(InputError::Enough) => Ok(sample),
            Err(error) => Err(error),
        }
    }
}

fn find(pattern: &str) -> Result<Vec<PathBuf>, InputError> {
    let path = Path::new(pattern);
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let pattern_text = if path.is_dir() { format!("{}/*", glob::Pattern::escape(pattern)) } else { pattern.to_owned() };
    let paths = glob::glob(&pattern_text)
        .map_err(|error| InputError::Pattern { pattern: pattern.to_owned(), problem: error.msg.to_owned() })?;
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']));
    let mut files: Vec<PathBuf> = paths.flatten().filter(|path| path.is_file() && !hidden(path)).collect();
    files.sort();
    if files.is_empty() {
        return Err(InputError::NotFound { pattern: pattern.to_owned() });
    }
    Ok(files)
}

/// The arrays of the columns that are wanted, in their order; a column that the batch does not have is all null.
fn arrays_of(batch: &RecordBatch, wanted: &[&TableColumn]) -> Vec<ArrayRef> {
    let fields = batch.schema_ref().fields();
    let positions: HashMap<&str, usize> = fields.iter().enumerate().map(|(at, f)| (f.name().as_str(), at)).collect();
    let array =
        |column: &&TableColumn| match positions.get(column.name.as_str()).and_then(|&at| batch.columns().get(at)) {
            Some(array) => array.clone(),
            None => new_null_array(&column.data_type, batch.num_rows()),
        };
    wanted.iter().map(array).collect()
}

/// All names, those of the first file first; a name twice in one file is an error.
fn union_columns(files: impl Iterator<Item = (PathBuf, Vec<TableColumn>)>) -> Result<Vec<TableColumn>, InputError> {
    let mut all: Vec<TableColumn> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for (file, columns) in files {
        let mut here = std::collections::HashSet::new();
        for column in columns {
            if !here.insert(column.name.clone()) {
                return Err(InputError::DuplicateColumn { file, column: column.name });
            }
            if known.insert(column.name.clone()) {
                all.push(column);
            }
        }
    }
    Ok(all)
}
