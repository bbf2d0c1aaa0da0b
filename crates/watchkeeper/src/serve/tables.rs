//! The tables of the lake, as taking in sees them.

use async_trait::async_trait;
use watchkeeper_ingest::intake::{CommitError, TableWrite, Tables};
use watchkeeper_lake::{Lake, Replace, TableId, Write};

/// Writes to the lake.
#[derive(Debug, Clone)]
pub(super) struct LakeTables(pub(super) Lake);

#[async_trait]
impl Tables for LakeTables {
    async fn commit(&self, write: TableWrite) -> Result<(), CommitError> {
        let TableWrite { table, batches, replace, application } = write;
        let id = TableId::parse(&table).ok_or_else(|| CommitError::Never(format!("`{table}` is not a table")))?;
        let replace = replace.into_iter().map(|(id, day)| Replace { id, day }).collect();
        let write = Write { batches, replace, applications: vec![application] };
        match self.0.commit(&id, &write).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_retryable() => Err(CommitError::Later(error.to_string())),
            Err(error) => Err(CommitError::Never(error.to_string())),
        }
    }
}
