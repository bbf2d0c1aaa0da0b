//! Events that somebody asks to erase.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{ReadError, Time};
use crate::Caller;

/// What to erase: `ids`, or `column` with `values`.
#[derive(Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewErasure {
    /// Ids of predictions, 1 to 10,000. Their labels go with them.
    pub ids: Option<Vec<String>>,
    /// A column of the predictions or labels: events in which it holds one of `values` are erased, with all that has their
    /// ids.
    pub column: Option<String>,
    /// Texts, numbers, `true` or `false`, 1 to 10,000, as they were sent.
    #[schema(value_type = Option<Vec<Object>>)]
    pub values: Option<Vec<Value>>,
    /// Why, for the ledger. It stays there: no personal data.
    pub reason: Option<String>,
}

/// Which events.
#[derive(Clone, PartialEq)]
pub enum ErasedEvents {
    /// Those with these ids.
    Ids(Vec<String>),
    /// Those in which a column holds one of these values.
    Column {
        /// The column.
        column: String,
        /// The values.
        values: Vec<Value>,
    },
}

/// An erasure that passed its checks. It has no `Debug`: what it names is not for logs.
#[derive(Clone, PartialEq)]
pub struct EraseRequest {
    /// The model.
    pub model: String,
    /// Which events.
    pub events: ErasedEvents,
    /// Why.
    pub reason: Option<String>,
}

/// How far an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErasureState {
    /// At work, or waiting for another one.
    Running,
    /// No table has the rows in its current version, and profiles do not count them.
    Done,
    /// It ended before that; ask for it again.
    Failed,
}

/// What was erased from a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedTable {
    /// `predictions`, `labels` or `rejects`.
    pub table: String,
    /// Rows that went.
    pub rows: u64,
    /// Version of the table without them; `null` when it had none.
    pub version: Option<u64>,
    /// Data files that held them, of which copies without them were made.
    pub files: u64,
    /// Paths of these files below the table, 100 at most.
    pub paths: Vec<String>,
}

/// An erasure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ErasureAnswer {
    /// Its name.
    pub erasure: String,
    /// The model.
    pub model: String,
    /// How far it is.
    pub state: ErasureState,
    /// What it does now, and how much of that is done.
    pub step: String,
    /// Files looked at in this step.
    pub files_done: u64,
    /// Files to look at in this step.
    pub files: u64,
    /// Different ids or values that were named.
    pub named: u64,
    /// Digest of the ids or values, sorted, as JSON: `hmac-sha256:…` with the privacy key, else `sha256:…`. The ledger has
    /// the same.
    pub digest: String,
    /// What went, by table.
    pub tables: Vec<ErasedTable>,
    /// When the files that held the rows are deleted at the latest, if the service runs; `null` while it is not done, and
    /// when no file is ever deleted.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub gone_by: Option<Time>,
    /// What else is to be known.
    pub warnings: Vec<String>,
    /// Why it failed.
    pub problem: Option<String>,
}

/// Erases events.
#[async_trait]
pub trait Erasures: Send + Sync {
    /// Begins an erasure and waits for its end for a while. The same one asked for twice does no harm.
    ///
    /// # Errors
    /// [`ReadError`]; nothing was begun then.
    async fn erase(&self, caller: &Caller, request: EraseRequest) -> Result<ErasureAnswer, ReadError>;

    /// An erasure of a model since the start of the server.
    ///
    /// # Errors
    /// [`ReadError::NotFound`].
    async fn erasure(&self, caller: &Caller, model: &str, erasure: &str) -> Result<ErasureAnswer, ReadError>;
}
