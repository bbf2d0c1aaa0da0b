//! The tables of the lake, as taking in sees them.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use async_trait::async_trait;
use tokio::sync::mpsc;
use watchkeeper_ingest::intake::{CommitError, StoredRows, TableWrite, Tables};
use watchkeeper_ingest::{Stream, names};
use watchkeeper_lake::{FileRef, Lake, LakeError, Replace, TableId, TableName, Write};

const DAY_MICROS: i64 = 86_400_000_000;

/// Writes to the lake.
#[derive(Debug, Clone)]
pub(super) struct LakeTables(pub(super) Lake);

fn explained(error: &LakeError) -> CommitError {
    let reason = error.to_string();
    if error.is_retryable() { CommitError::Later(reason) } else { CommitError::Never(reason) }
}

#[async_trait]
impl Tables for LakeTables {
    async fn commit(&self, write: TableWrite) -> Result<(), CommitError> {
        let TableWrite { table, batches, replace, application } = write;
        let id = TableId::parse(&table).ok_or_else(|| CommitError::Never(format!("`{table}` is not a table")))?;
        let replace = replace.into_iter().map(|(id, day)| Replace { id, day }).collect();
        let write = Write { batches, replace, applications: vec![application] };
        self.0.commit(&id, &write).await.map(drop).map_err(|error| explained(&error))
    }

    async fn stored(&self, oldest: i32, to: mpsc::Sender<StoredRows>) -> Result<(), CommitError> {
        self.read(oldest, &to).await.map_err(|error| explained(&error))
    }
}

/// The stream whose rows a table holds.
fn stream(name: TableName) -> Option<Stream> {
    [Stream::Predictions, Stream::Labels, Stream::Kpis, Stream::Changes]
        .into_iter()
        .find(|stream| TableName::from(*stream) == name)
}

impl LakeTables {
    async fn read(&self, oldest: i32, to: &mpsc::Sender<StoredRows>) -> Result<(), LakeError> {
        let mut all: Vec<(TableId, Stream, FileRef)> = Vec::new();
        for (id, _) in self.0.report().await? {
            let Some(stream) = stream(id.name) else { continue };
            all.extend(self.0.files(&id, None).await?.into_iter().map(|file| (id.clone(), stream, file)));
        }
        let files = all.len() as u64;
        for (files_done, (id, stream, file)) in (0..).zip(all) {
            // Old events may have come lately.
            let is_old = file.day.is_some_and(|day| day < oldest);
            if is_old && !self.came_since(&id, &file, oldest).await? {
                continue;
            }
            let told = |batch| StoredRows { stream, table: id.to_string(), batch, files_done, files };
            match self.pass_on(&id, &file, to, told).await {
                // Its rows are lost for good: events sent again may take their place.
                Err(LakeError::Parquet(error)) => tracing::error!(%error, table = %id, "a data file is damaged"),
                sent => sent?,
            }
            if to.is_closed() {
                break;
            }
        }
        Ok(())
    }

    /// Hands the rows of a file over for as long as somebody listens.
    async fn pass_on(
        &self,
        id: &TableId,
        file: &FileRef,
        to: &mpsc::Sender<StoredRows>,
        told: impl Fn(RecordBatch) -> StoredRows,
    ) -> Result<(), LakeError> {
        let mut rows = self.0.read_file(id, file, None).await?;
        while let Some(batch) = rows.next().await? {
            if to.send(told(batch)).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Whether a row of a file came on the day `oldest` or later.
    async fn came_since(&self, id: &TableId, file: &FileRef, oldest: i32) -> Result<bool, LakeError> {
        let since = i64::from(oldest).saturating_mul(DAY_MICROS);
        let mut rows = self.0.read_file(id, file, Some(&[names::RECEIVED_AT])).await?;
        while let Some(batch) = rows.next().await? {
            let times = batch.column_by_name(names::RECEIVED_AT);
            let times = times.and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>());
            if times.is_some_and(|times| times.iter().flatten().any(|time| time >= since)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
