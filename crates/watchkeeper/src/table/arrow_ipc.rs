//! Arrow IPC files (Feather v2) and streams.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, Schema};

use super::csv::text_batch;
use super::{Format, InputError, TableColumn, VisitBatch, arrays_of, union_columns};

#[derive(Debug)]
pub(super) struct IpcFiles {
    files: Vec<PathBuf>,
    columns: Vec<TableColumn>,
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

impl IpcFiles {
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self, InputError> {
        let described = paths.iter().map(|path| {
            let (schema, _) = read(path)?;
            let column = |f: &std::sync::Arc<arrow_schema::Field>| TableColumn {
                name: f.name().clone(),
                data_type: f.data_type().clone(),
            };
            Ok((path.clone(), schema.fields().iter().map(column).collect()))
        });
        let described = described.collect::<Result<Vec<_>, InputError>>()?;
        Ok(Self { files: paths.to_vec(), columns: union_columns(described.into_iter())? })
    }

    pub(super) fn columns(&self) -> Vec<TableColumn> {
        self.columns.clone()
    }

    pub(super) fn scan_batches(&self, columns: &[usize], visit: &mut VisitBatch<'_>) -> Result<(), InputError> {
        let wanted: Vec<&TableColumn> = columns.iter().filter_map(|&column| self.columns.get(column)).collect();
        let names: Vec<&str> = wanted.iter().map(|column| column.name.as_str()).collect();
        let mut row = 0;
        for path in &self.files {
            for batch in read(path)?.1 {
                let batch = batch.map_err(|error| damaged(path, &error))?;
                let rows = batch.num_rows();
                visit(row, &text_batch(&names, arrays_of(&batch, &wanted), rows))?;
                row += rows as u64;
            }
        }
        Ok(())
    }
}

fn damaged(path: &Path, error: &ArrowError) -> InputError {
    InputError::Damaged { file: path.to_owned(), format: Format::ArrowIpc, problem: error.to_string() }
}

fn read(path: &Path) -> Result<(Schema, Batches), InputError> {
    let io = |source| InputError::Io { file: path.to_owned(), source };
    let mut file = File::open(path).map_err(io)?;
    let mut mark = [0u8; 6];
    let read = file.read(&mut mark).map_err(io)?;
    file.rewind().map_err(io)?;
    let content = BufReader::with_capacity(1 << 18, file);
    if read == mark.len() && &mark == b"ARROW1" {
        let reader = FileReader::try_new(content, None).map_err(|error| damaged(path, &error))?;
        Ok((reader.schema().as_ref().clone(), Box::new(reader)))
    } else {
        let reader = StreamReader::try_new(content, None).map_err(|error| damaged(path, &error))?;
        Ok((reader.schema().as_ref().clone(), Box::new(reader)))
    }
}
