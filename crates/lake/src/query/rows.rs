//! Rows of an answer, batch by batch.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::DataFrame;
use futures::StreamExt;

use crate::LakeError;
use crate::table::{plain, plain_batch};

/// Rows as they are read, in plain types: text as Utf8, times as microseconds in UTC.
pub struct Rows {
    schema: SchemaRef,
    stream: Option<SendableRecordBatchStream>,
}

/// How much of an answer is taken into memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Rows.
    pub rows: usize,
    /// Bytes of the rows in memory; the last batch may reach beyond them.
    pub bytes: usize,
}

/// An answer, or its beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Collected {
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// Whether there was more than the caps allow.
    pub truncated: bool,
}

impl Rows {
    pub(super) async fn of(frame: DataFrame) -> Result<Self, LakeError> {
        let stream = frame.execute_stream().await?;
        Ok(Self { schema: plain(&stream.schema()), stream: Some(stream) })
    }

    pub(super) fn none() -> Self {
        Self { schema: Arc::new(Schema::empty()), stream: None }
    }

    /// The columns; empty when the table was not there.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// The next rows; `None` after the last.
    ///
    /// # Errors
    /// [`LakeError::Query`] when a file cannot be read or the memory of queries does not suffice.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>, LakeError> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        match stream.next().await {
            Some(batch) => plain_batch(&batch?).map(Some),
            None => Ok(None),
        }
    }

    /// All rows, as far as `caps` allow; the rest is not read.
    ///
    /// # Errors
    /// As [`Rows::next`].
    pub async fn collect(mut self, caps: Caps) -> Result<Collected, LakeError> {
        let (mut rows, mut bytes) = (0, 0);
        let mut batches = Vec::new();
        while let Some(batch) = self.next().await? {
            if batch.num_rows() == 0 {
                continue;
            }
            if rows == caps.rows || bytes >= caps.bytes {
                return Ok(Collected { batches, truncated: true });
            }
            let taken = batch.slice(0, batch.num_rows().min(caps.rows - rows));
            let cut = taken.num_rows() < batch.num_rows();
            rows += taken.num_rows();
            bytes += batch.get_array_memory_size();
            batches.push(taken);
            if cut {
                return Ok(Collected { batches, truncated: true });
            }
        }
        Ok(Collected { batches, truncated: false })
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("schema", &self.schema).finish_non_exhaustive()
    }
}
