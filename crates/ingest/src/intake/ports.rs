//! What taking in needs of models and tables.

use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::RecordBatch;
use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{IntakeError, StreamState};
use crate::Stream;
use crate::privacy::ColumnDecision;

/// Knows the streams of all tenants and models.
#[async_trait]
pub trait Streams: Debug + Send + Sync + 'static {
    /// The state of a stream; the same one each time, so that concurrent requests agree on new columns.
    async fn stream(&self, tenant: &str, stream: Stream, model: Option<&str>) -> Result<Arc<StreamState>, IntakeError>;

    /// Keeps what the gate decided.
    async fn decided(&self, state: &StreamState, decisions: Vec<ColumnDecision>);
}

/// Rows of one segment for one table.
#[derive(Debug, Clone)]
pub struct TableWrite {
    /// Path of the table, as [`StreamState::table`] has it.
    pub table: String,
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// Rows that go: id, and UTC day since 1970.
    pub replace: Vec<(String, i32)>,
    /// Who commits, and the number: a number that is in already must not be written again.
    pub application: (String, i64),
}

/// Why rows are not in a table.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// It may work later: the store does not answer, or others write too.
    #[error("{0}")]
    Later(String),
    /// It will not work with these rows.
    #[error("{0}")]
    Never(String),
}

/// Rows as they lie in a table.
#[derive(Debug, Clone)]
pub struct StoredRows {
    /// What they are.
    pub stream: Stream,
    /// Path of the table, as [`StreamState::table`] has it.
    pub table: String,
    /// The rows, in all columns.
    pub batch: RecordBatch,
    /// Files read before, of all tables.
    pub files_done: u64,
    /// Files of all tables.
    pub files: u64,
}

/// Writes to tables, and reads back what is in them.
#[async_trait]
pub trait Tables: Debug + Send + Sync + 'static {
    /// Commits `write`, once: a repeated call changes nothing.
    async fn commit(&self, write: TableWrite) -> Result<(), CommitError>;

    /// Sends the rows of all tables of events whose event or arrival is not before the UTC day `oldest` since 1970; others
    /// may be among them. Ends early when nobody listens any more.
    async fn stored(&self, oldest: i32, to: mpsc::Sender<StoredRows>) -> Result<(), CommitError>;
}
