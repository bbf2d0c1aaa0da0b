//! Parquet files, a column of a row group at a time.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{RecordBatch, new_null_array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};

use super::{BATCH_ROWS, Format, InputError, TableColumn, VisitArray, VisitBatch, arrays_of, union_columns};

/// Values per array when one column is read: fewer calls, still in the second-level cache.
const COLUMN_BATCH_ROWS: usize = 16_384;

#[derive(Debug)]
pub(super) struct ParquetFiles {
    files: Vec<ParquetFile>,
    columns: Vec<TableColumn>,
}

#[derive(Debug)]
struct ParquetFile {
    path: PathBuf,
    /// As stored, and with strings read as dictionaries.
    plain: ArrowReaderMetadata,
    dictionary: ArrowReaderMetadata,
    first_row: u64,
    /// First row (in the table) of each row group.
    group_rows: Vec<u64>,
}

impl ParquetFiles {
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self, InputError> {
        let mut files = Vec::with_capacity(paths.len());
        let mut first_row = 0;
        for path in paths {
            let file = ParquetFile::open(path, first_row)?;
            first_row += file.rows();
            files.push(file);
        }
        let columns = union_columns(files.iter().map(|file| (file.path.clone(), file.columns())))?;
        Ok(Self { files, columns })
    }

    pub(super) fn columns(&self) -> Vec<TableColumn> {
        self.columns.clone()
    }

    pub(super) fn rows(&self) -> u64 {
        self.files.iter().map(ParquetFile::rows).sum()
    }

    pub(super) fn scan_column(
        &self,
        column: usize,
        dictionary: bool,
        visit: &mut VisitArray<'_>,
    ) -> Result<(), InputError> {
        let Some(column) = self.columns.get(column) else { return Ok(()) };
        let groups: Vec<(&ParquetFile, usize)> =
            self.files.iter().flat_map(|file| (0..file.group_rows.len()).map(move |group| (file, group))).collect();
        for index in spread(groups.len()) {
            if let Some((file, group)) = groups.get(index) {
                file.scan_group(*group, column, dictionary, visit)?;
            }
        }
        Ok(())
    }

    pub(super) fn scan_batches(&self, columns: &[usize], visit: &mut VisitBatch<'_>) -> Result<(), InputError> {
        let wanted: Vec<&TableColumn> = columns.iter().filter_map(|&column| self.columns.get(column)).collect();
        let schema = Arc::new(Schema::new(
            wanted.iter().map(|c| Field::new(&c.name, c.data_type.clone(), true)).collect::<Vec<_>>(),
        ));
        for file in &self.files {
            let mut row = file.first_row;
            let names: Vec<&str> = wanted.iter().map(|column| column.name.as_str()).collect();
            for batch in file.reader(&file.plain, &names, None, BATCH_ROWS)? {
                let batch = batch.map_err(|error| file.damaged(&error.to_string()))?;
                let rows = batch.num_rows();
                visit(row, &loose_batch(&schema, arrays_of(&batch, &wanted), rows))?;
                row += rows as u64;
            }
        }
        Ok(())
    }
}

/// A batch whose column types may differ from those of the first file.
fn loose_batch(schema: &SchemaRef, arrays: Vec<arrow_array::ArrayRef>, rows: usize) -> RecordBatch {
    let fields: Vec<Field> =
        schema.fields().iter().zip(&arrays).map(|(f, a)| Field::new(f.name(), a.data_type().clone(), true)).collect();
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .unwrap_or_else(|_| RecordBatch::new_empty(schema.clone()))
}

impl ParquetFile {
    fn open(path: &Path, first_row: u64) -> Result<Self, InputError> {
        let damaged = |problem: String| InputError::Damaged { file: path.to_owned(), format: Format::Parquet, problem };
        let file = File::open(path).map_err(|source| InputError::Io { file: path.to_owned(), source })?;
        let plain = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|e| damaged(e.to_string()))?;
        let options = ArrowReaderOptions::new().with_schema(with_dictionaries(plain.schema()));
        let dictionary =
            ArrowReaderMetadata::try_new(plain.metadata().clone(), options).unwrap_or_else(|_| plain.clone());
        let mut row = first_row;
        let starts = plain.metadata().row_groups().iter().map(|group| {
            let start = row;
            row += u64::try_from(group.num_rows()).unwrap_or(0);
            start
        });
        let group_rows = starts.collect();
        Ok(Self { path: path.to_owned(), plain, dictionary, first_row, group_rows })
    }

    fn rows(&self) -> u64 {
        u64::try_from(self.plain.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    fn columns(&self) -> Vec<TableColumn> {
        let column =
            |field: &Arc<Field>| TableColumn { name: field.name().clone(), data_type: field.data_type().clone() };
        self.plain.schema().fields().iter().map(column).collect()
    }

    fn damaged(&self, problem: &str) -> InputError {
        InputError::Damaged { file: self.path.clone(), format: Format::Parquet, problem: problem.to_owned() }
    }

    fn reader(
        &self,
        metadata: &ArrowReaderMetadata,
        names: &[&str],
        group: Option<usize>,
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchReader, InputError> {
        let file = File::open(&self.path).map_err(|source| InputError::Io { file: self.path.clone(), source })?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
        let names: HashSet<&str> = names.iter().copied().collect();
        let fields = metadata.schema().fields().iter().enumerate();
        let roots = fields.filter(|(_, field)| names.contains(field.name().as_str())).map(|(root, _)| root);
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let builder = builder.with_projection(mask).with_batch_size(batch_rows);
        let builder = if let Some(group) = group { builder.with_row_groups(vec![group]) } else { builder };
        builder.build().map_err(|error| self.damaged(&error.to_string()))
    }

    fn scan_group(
        &self,
        group: usize,
        column: &TableColumn,
        dictionary: bool,
        visit: &mut VisitArray<'_>,
    ) -> Result<(), InputError> {
        let mut row = self.group_rows.get(group).copied().unwrap_or(0);
        if !self.plain.schema().fields().iter().any(|field| *field.name() == column.name) {
            let rows = self.plain.metadata().row_groups().get(group).map_or(0, |g| g.num_rows());
            visit(row, &new_null_array(&column.data_type, usize::try_from(rows).unwrap_or(0)));
            return Ok(());
        }
        let metadata = if dictionary { &self.dictionary } else { &self.plain };
        for batch in self.reader(metadata, &[&column.name], Some(group), COLUMN_BATCH_ROWS)? {
            let batch = batch.map_err(|error| self.damaged(&format!("column `{}`: {error}", column.name)))?;
            visit(row, batch.column(0));
            row += batch.num_rows() as u64;
        }
        Ok(())
    }
}

/// String columns as dictionaries: what is stored once per page need not be copied once per row.
fn with_dictionaries(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(Field::clone(field).with_data_type(dictionary))
        }
        _ => field.clone(),
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
}

/// `0..n` so that every prefix is spread over the whole: the order of bit-reversed numbers.
fn spread(n: usize) -> Vec<usize> {
    let bits = usize::BITS - n.saturating_sub(1).leading_zeros();
    let reversed = (0..1usize << bits).map(|i| if bits == 0 { 0 } else { i.reverse_bits() >> (usize::BITS - bits) });
    reversed.filter(|&i| i < n).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn row_groups_are_visited_once_and_spread() {
        assert_eq!(spread(8), [0, 4, 2, 6, 1, 5, 3, 7]);
        assert_eq!(spread(0), [] as [usize; 0]);
        for n in 1..40 {
            let mut order = spread(n);
            order.sort_unstable();
            assert_eq!(order, (0..n).collect::<Vec<_>>());
        }
    }
}
