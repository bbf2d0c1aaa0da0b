//! What a journal record holds: rows of one table, who they are, and whom they replace.
//!
//! Layout: format byte · rows as Arrow IPC with their length before · identities, 24 bytes a row · replaced rows. The journal
//! checks the bytes; the reader here still refuses whatever does not fit.

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;
use arrow_select::concat::concat_batches;

use crate::ids::{Entry, IdHash};

const FORMAT: u8 = 1;

/// Rows of one table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TableRows {
    pub(super) batch: RecordBatch,
    /// Identity of each row; empty for tables whose rows have none.
    pub(super) entries: Vec<Entry>,
    /// Rows that go: id and UTC day.
    pub(super) replace: Vec<(String, i32)>,
}

/// A record that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    #[error("journal record of format {0} is not known; it was written by a newer version")]
    Format(u8),
    #[error("journal record ends early")]
    Short,
    #[error("rows of a journal record: {0}")]
    Arrow(#[from] ArrowError),
}

impl TableRows {
    /// Rows of a table that knows no identity.
    pub(super) fn without_identity(batch: RecordBatch) -> Self {
        Self { batch, entries: Vec::new(), replace: Vec::new() }
    }

    /// Rows of the same table and columns as one; `None` when the columns differ or a later one replaces rows.
    pub(super) fn join(&mut self, other: Self) -> Result<Option<Self>, ArrowError> {
        if !other.replace.is_empty() || self.batch.schema_ref().fields() != other.batch.schema_ref().fields() {
            return Ok(Some(other));
        }
        self.batch = concat_batches(&self.batch.schema(), [&self.batch, &other.batch])?;
        self.entries.extend(other.entries);
        Ok(None)
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, ArrowError> {
        let mut bytes = vec![FORMAT];
        bytes.extend(0_u64.to_le_bytes());
        let mut writer = StreamWriter::try_new(&mut bytes, self.batch.schema_ref())?;
        writer.write(&self.batch)?;
        writer.finish()?;
        drop(writer);
        let length = (bytes.len() - 9) as u64;
        if let Some(place) = bytes.get_mut(1..9) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        bytes.extend((self.entries.len() as u64).to_le_bytes());
        for entry in &self.entries {
            bytes.extend(entry.id.0.to_le_bytes());
            bytes.extend(entry.content.to_le_bytes());
            bytes.extend(entry.day.to_le_bytes());
        }
        bytes.extend((self.replace.len() as u64).to_le_bytes());
        for (id, day) in &self.replace {
            bytes.extend(day.to_le_bytes());
            bytes.extend((id.len() as u64).to_le_bytes());
            bytes.extend(id.as_bytes());
        }
        Ok(bytes)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut reader = Reader(bytes);
        let [format] = reader.array::<1>()?;
        if format != FORMAT {
            return Err(RecordError::Format(format));
        }
        let length = reader.length()?;
        let ipc = reader.take(length)?;
        let mut stream = StreamReader::try_new(Cursor::new(ipc), None)?;
        let schema = stream.schema();
        let batches = stream.by_ref().collect::<Result<Vec<_>, _>>()?;
        let batch = match <[RecordBatch; 1]>::try_from(batches) {
            Ok([batch]) => batch,
            Err(batches) => concat_batches(&Arc::clone(&schema), &batches)?,
        };
        let rows = reader.length()?;
        let mut entries = Vec::with_capacity(rows.min(reader.0.len() / 24));
        for _ in 0..rows {
            let id = IdHash(u128::from_le_bytes(reader.array()?));
            let content = u32::from_le_bytes(reader.array()?);
            entries.push(Entry { id, content, day: i32::from_le_bytes(reader.array()?) });
        }
        let count = reader.length()?;
        let mut replace = Vec::with_capacity(count.min(reader.0.len() / 12));
        for _ in 0..count {
            let day = i32::from_le_bytes(reader.array()?);
            let length = reader.length()?;
            let id = std::str::from_utf8(reader.take(length)?).map_err(|_| RecordError::Short)?;
            replace.push((id.to_owned(), day));
        }
        Ok(Self { batch, entries, replace })
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], RecordError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(RecordError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        self.take(N)?.try_into().map_err(|_| RecordError::Short)
    }

    fn length(&mut self) -> Result<usize, RecordError> {
        usize::try_from(u64::from_le_bytes(self.array()?)).map_err(|_| RecordError::Short)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, Float64Array, StringArray};

    fn rows(ids: &[&str]) -> TableRows {
        let id: ArrayRef = Arc::new(StringArray::from(ids.to_vec()));
        let values: ArrayRef = Arc::new(Float64Array::from_iter_values(ids.iter().map(|id| id.len() as f64)));
        let batch = RecordBatch::try_from_iter([("prediction_id", id), ("x", values)]).unwrap();
        let entry = |(at, _): (usize, &&str)| Entry { id: IdHash(at as u128 + 7), content: 3, day: -1 };
        TableRows { entries: ids.iter().enumerate().map(entry).collect(), batch, replace: vec![("ü".into(), 20_000)] }
    }

    #[test]
    fn a_record_is_read_back_and_every_cut_is_noticed() {
        let rows = rows(&["a", "bb"]);
        let bytes = rows.encode().unwrap();
        assert_eq!(TableRows::decode(&bytes).unwrap(), rows);
        for length in 0..bytes.len() {
            assert!(TableRows::decode(&bytes[..length]).is_err(), "{length} of {}", bytes.len());
        }
        assert!(matches!(TableRows::decode(&[9]), Err(RecordError::Format(9))));
    }

    #[test]
    fn rows_join_when_nothing_is_replaced() {
        let mut first = rows(&["a"]);
        let mut second = rows(&["b", "c"]);
        assert!(first.join(second.clone()).unwrap().is_some());
        second.replace.clear();
        assert!(first.join(second).unwrap().is_none());
        assert_eq!((first.batch.num_rows(), first.entries.len()), (3, 3));
    }
}
