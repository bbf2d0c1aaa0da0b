//! CSV: every field is read as text and parsed by the column's type later, so one bad value costs one row of one
//! column and not the file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_csv::ReaderBuilder;
use arrow_csv::reader::Format as CsvFormat;
use arrow_schema::{DataType, Field, Schema};

use super::text_types::TypeGuess;
use super::{BATCH_ROWS, Format, InputError, SAMPLE_ROWS, TableColumn, VisitBatch, union_columns};

/// Fields of a batch: 32 MB of positions.
const FIELDS_MAX: usize = 4 << 20;

#[derive(Debug)]
pub(super) struct CsvFiles {
    files: Vec<CsvFile>,
    columns: Vec<TableColumn>,
}

#[derive(Debug)]
struct CsvFile {
    path: PathBuf,
    delimiter: u8,
    names: Vec<String>,
    /// Bytes before the header: a byte-order mark.
    skip: u64,
}

impl CsvFiles {
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self, InputError> {
        let files = paths.iter().map(|path| CsvFile::open(path)).collect::<Result<Vec<_>, _>>()?;
        let text = |name: &String| TableColumn { name: name.clone(), data_type: DataType::Utf8 };
        let columns = union_columns(files.iter().map(|f| (f.path.clone(), f.names.iter().map(text).collect())))?;
        let mut csv = Self { files, columns };
        csv.guess_types()?;
        Ok(csv)
    }

    fn guess_types(&mut self) -> Result<(), InputError> {
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let mut guesses = vec![TypeGuess::new(); all.len()];
        let outcome = self.scan_batches(&all, &mut |row, batch| {
            for (guess, array) in guesses.iter_mut().zip(batch.columns()) {
                if let Some(strings) = array.as_string_opt::<i32>() {
                    strings.iter().flatten().for_each(|text| guess.see(text));
                }
            }
            if row as usize + batch.num_rows() >= SAMPLE_ROWS { Err(InputError::Enough) } else { Ok(()) }
        });
        match outcome {
            Ok(()) | Err(InputError::Enough) => {}
            Err(error) => return Err(error),
        }
        for (column, guess) in self.columns.iter_mut().zip(guesses) {
            column.data_type = guess.data_type();
        }
        Ok(())
    }

    pub(super) fn columns(&self) -> Vec<TableColumn> {
        self.columns.clone()
    }

    pub(super) fn scan_batches(&self, columns: &[usize], visit: &mut VisitBatch<'_>) -> Result<(), InputError> {
        let wanted: Vec<&str> = columns.iter().filter_map(|&c| self.columns.get(c)).map(|c| c.name.as_str()).collect();
        let mut row = 0;
        for file in &self.files {
            row = file.scan(&wanted, row, visit)?;
        }
        Ok(())
    }
}

impl CsvFile {
    fn open(path: &Path) -> Result<Self, InputError> {
        let io = |source| InputError::Io { file: path.to_owned(), source };
        let mut start = vec![0u8; 1 << 16];
        let read = File::open(path).and_then(|mut file| file.read(&mut start)).map_err(io)?;
        start.truncate(read);
        let skip = if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let tab = path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("tsv"));
        let delimiter = if tab { b'\t' } else { likely_delimiter(&start) };
        let mut file = Self { path: path.to_owned(), delimiter, names: Vec::new(), skip };
        file.check_text()?;
        let format = CsvFormat::default().with_header(true).with_delimiter(delimiter);
        let (schema, _) =
            format.infer_schema(file.content()?, Some(0)).map_err(|error| file.damaged(&error.to_string()))?;
        file.names = schema.fields().iter().map(|field| field.name().clone()).collect();
        if file.names.is_empty() {
            return Err(InputError::NoColumns { file: path.to_owned() });
        }
        Ok(file)
    }

    /// Refuses bytes that are not UTF-8 before the parser sees them.
    ///
    /// arrow-csv 59 checks a batch with its separators taken out and then slices fields unchecked: a character that a
    /// separator splits would pass as text, which is undefined behaviour. In valid UTF-8 no ASCII separator can.
    fn check_text(&self) -> Result<(), InputError> {
        let mut content = self.content()?;
        let (mut buffer, mut kept, mut line) = (vec![0u8; 1 << 18], 0, 1);
        loop {
            let room = buffer.get_mut(kept..).unwrap_or_default();
            let read = content.read(room).map_err(|source| InputError::Io { file: self.path.clone(), source })?;
            let bytes = buffer.get(..kept + read).unwrap_or_default();
            let (valid, broken) = match std::str::from_utf8(bytes) {
                Ok(_) => (bytes.len(), false),
                // A character may go on in the next part; at the end of the file it may not.
                Err(error) => (error.valid_up_to(), error.error_len().is_some() || read == 0),
            };
            line += bytes.iter().take(valid).filter(|&&byte| byte == b'\n').count();
            if broken {
                return Err(self.damaged(&format!("invalid UTF-8 data at line {line}")));
            }
            if read == 0 {
                return Ok(());
            }
            let end = kept + read;
            buffer.copy_within(valid..end, 0);
            kept = end - valid;
        }
    }

    fn content(&self) -> Result<BufReader<File>, InputError> {
        let io = |source| InputError::Io { file: self.path.clone(), source };
        let mut file = File::open(&self.path).map_err(io)?;
        file.seek(SeekFrom::Start(self.skip)).map_err(io)?;
        Ok(BufReader::with_capacity(1 << 18, file))
    }

    fn damaged(&self, problem: &str) -> InputError {
        let problem = problem.trim_start_matches("Csv error: ").trim_start_matches("Parser error: ");
        InputError::Damaged { file: self.path.clone(), format: Format::Csv, problem: problem.to_owned() }
    }

    fn scan(&self, wanted: &[&str], mut row: u64, visit: &mut VisitBatch<'_>) -> Result<u64, InputError> {
        let fields: Vec<Field> = self.names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        let positions: HashMap<&str, usize> = self.names.iter().enumerate().map(|(at, n)| (n.as_str(), at)).collect();
        let present: Vec<Option<usize>> = wanted.iter().map(|name| positions.get(name).copied()).collect();
        let mut projection: Vec<usize> = present.iter().flatten().copied().collect();
        projection.sort_unstable();
        let reader = ReaderBuilder::new(Arc::new(Schema::new(fields)))
            .with_header(true)
            .with_delimiter(self.delimiter)
            .with_batch_size(batch_rows(self.names.len()))
            .with_projection(projection.clone())
            .build(self.content()?)
            .map_err(|error| self.damaged(&error.to_string()))?;
        for batch in reader {
            let batch = batch.map_err(|error| self.damaged(&error.to_string()))?;
            let rows = batch.num_rows();
            let array = |source: &Option<usize>| -> ArrayRef {
                let at = source.and_then(|source| projection.binary_search(&source).ok());
                at.map_or_else(|| new_null_array(&DataType::Utf8, rows), |at| batch.column(at).clone())
            };
            visit(row, &text_batch(wanted, present.iter().map(array).collect(), rows))?;
            row += rows as u64;
        }
        Ok(row)
    }
}

/// Rows read at once: the reader sets 8 bytes aside for each field of a batch, so that very wide files take few.
fn batch_rows(columns: usize) -> usize {
    (FIELDS_MAX / columns.max(1)).clamp(64, BATCH_ROWS)
}

/// A batch of text columns under these names.
pub(super) fn text_batch(names: &[&str], arrays: Vec<ArrayRef>, rows: usize) -> RecordBatch {
    let fields: Vec<Field> =
        names.iter().zip(&arrays).map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), arrays, &options)
        .unwrap_or_else(|_| RecordBatch::new_empty(schema))
}

/// The separator that the header line has most of.
fn likely_delimiter(start: &[u8]) -> u8 {
    let header = start.split(|&byte| byte == b'\n').next().unwrap_or(&[]);
    let count = |delimiter: u8| header.iter().filter(|&&byte| byte == delimiter).count();
    let candidates = [b',', b';', b'\t', b'|'];
    // The first of equals wins: a header without any separator is one column of CSV.
    candidates.into_iter().rev().max_by_key(|&delimiter| count(delimiter)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::likely_delimiter;

    #[test]
    fn a_character_split_by_a_separator_is_refused() {
        let path = std::env::temp_dir().join(format!("watchkeeper-split-{}.csv", std::process::id()));
        let mut content = b"a,b\n".to_vec();
        // Valid characters across the borders of the buffer first.
        content.extend("é€,ü\n".repeat(60_000).as_bytes());
        std::fs::write(&path, &content).unwrap();
        let sound = super::CsvFile::open(&path).map(|_| ());
        content.extend(b"x\xef,\xbb\xbfy\n");
        std::fs::write(&path, &content).unwrap();
        let split = super::CsvFile::open(&path).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        sound.unwrap();
        assert!(split.ends_with("invalid UTF-8 data at line 60002"), "{split}");
    }

    #[test]
    fn the_separator_is_read_off_the_header() {
        for (header, expected) in [("a,b;c,d", b','), ("a;b;c", b';'), ("a\tb", b'\t'), ("a|b|c", b'|'), ("one", b',')]
        {
            assert_eq!(likely_delimiter(header.as_bytes()), expected, "{header}");
        }
    }
}
