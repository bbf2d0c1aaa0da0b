//! What can go wrong between us and the tables.

use deltalake::DeltaTableError;

/// An error of the lake.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The root is not a URL that a store is known for.
    #[error("lake `{url}` is not usable: {reason}; expected a folder or a file://, s3://, gs:// or az:// URL")]
    Root {
        /// The URL as given.
        url: String,
        /// Why not.
        reason: String,
    },
    /// A table is not there.
    #[error("table `{0}` does not exist")]
    NoTable(String),
    /// A column of the rows has another type than in the table.
    #[error("column `{column}` of table `{table}` is {stored}, the rows bring {found}")]
    ColumnType {
        /// Path of the table.
        table: String,
        /// Name of the column.
        column: String,
        /// Type in the table.
        stored: String,
        /// Type of the rows.
        found: String,
    },
    /// Rows lack a column that every table of the kind has.
    #[error("rows for table `{table}` lack the column `{column}`")]
    MissingColumn {
        /// Path of the table.
        table: String,
        /// Name of the column.
        column: String,
    },
    /// The log no longer holds a version that is needed to follow the table.
    #[error("version {version} of table `{table}` is no longer in its log; profiles must be rebuilt from the events")]
    LogTruncated {
        /// Path of the table.
        table: String,
        /// The version.
        version: u64,
    },
    /// Files were put together and the result is not what was read; nothing was changed.
    #[error("files of table `{table}` merged into {found} rows or bytes, expected {expected}; nothing was changed")]
    Merge {
        /// Path of the table.
        table: String,
        /// What the log tells.
        expected: u64,
        /// What was written.
        found: u64,
    },
    /// A stored profile or grid cannot be read.
    #[error("profile state of column `{column}` cannot be read: {source}")]
    Profile {
        /// The column.
        column: String,
        /// Why.
        source: watchkeeper_profile::ProfileError,
    },
    /// The table format's library reports an error.
    #[error("table error: {0}")]
    Delta(Box<DeltaTableError>),
    /// The object store reports an error.
    #[error("object store error: {0}")]
    Store(#[from] object_store::Error),
    /// Parquet reports an error.
    #[error("parquet error: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Arrow reports an error.
    #[error("arrow error: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
    /// The query engine reports an error.
    #[error("query error: {0}")]
    Query(#[from] datafusion::error::DataFusionError),
    /// Work on another thread ended early.
    #[error("work was cut off: {0}")]
    CutOff(String),
}

impl LakeError {
    /// Whether the same call may succeed later: the store was not reachable or another writer was faster.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Delta(_) | Self::Store(_) | Self::CutOff(_))
    }
}

impl From<DeltaTableError> for LakeError {
    fn from(error: DeltaTableError) -> Self {
        Self::Delta(Box::new(error))
    }
}

impl From<tokio::task::JoinError> for LakeError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::CutOff(error.to_string())
    }
}
