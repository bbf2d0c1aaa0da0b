//! Commits: rows into a table, once.

use std::collections::HashMap;

use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema, SchemaRef};
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake::kernel::{Action, Add, MetadataExt, StructType, Transaction};
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTableError, TableProperty};
use object_store::{ObjectStoreExt, PutPayload};
use watchkeeper_spec::event::names::DATE;

use super::file::{encode, statistics};
use super::handle::{Handle, Opened};
use super::partition::{by_day, day_text};
use super::replace::{Replace, replaced};
use super::{Lake, TableId, schema};
use crate::LakeError;

/// How often a commit is tried again after another writer was faster.
const RETRIES: usize = 15;

/// Rows for one table, as one commit.
#[derive(Debug, Clone)]
pub struct Write {
    /// The rows. New columns are added to the table; columns that a batch lacks are null.
    pub batches: Vec<RecordBatch>,
    /// Rows that `batches` take the place of.
    pub replace: Vec<Replace>,
    /// Who commits, such as `journal:<node>`, and the number of this commit: numbers of one application only rise, and when
    /// the first one's number is in the table already nothing is written. Must not be empty.
    pub applications: Vec<(String, i64)>,
}

/// What a commit did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// The rows are in since this version.
    At(u64),
    /// An earlier try had committed them already.
    Before,
    /// There was nothing to write.
    Nothing,
}

impl Lake {
    /// Writes rows to a table, creating it when it is not there. Either all of `write` is in the table or nothing.
    ///
    /// # Errors
    /// [`LakeError::ColumnType`], [`LakeError::MissingColumn`] for rows that do not fit; else the store's or log's error,
    /// after which the same call may be repeated: what is in already is not written twice.
    pub async fn commit(&self, id: &TableId, write: &Write) -> Result<Committed, LakeError> {
        if write.batches.iter().all(|batch| batch.num_rows() == 0) && write.replace.is_empty() {
            return Ok(Committed::Nothing);
        }
        let handle = self.handle(id);
        let mut opened = handle.state.lock().await;
        let mut tries = 0;
        loop {
            match self.try_commit(&handle, &mut opened, write).await {
                Err(LakeError::Delta(error)) if tries < RETRIES && is_conflict(&error) => tries += 1,
                result => {
                    if result.is_err() {
                        *opened = Opened::default();
                    }
                    return result;
                }
            }
        }
    }

    async fn try_commit(&self, handle: &Handle, opened: &mut Opened, write: &Write) -> Result<Committed, LakeError> {
        if !self.refresh(handle, opened).await? {
            self.create(handle, opened, write).await?;
        }
        if let Some((application, number)) = write.applications.first()
            && opened.transaction(application).await?.is_some_and(|done| done >= *number)
        {
            return Ok(Committed::Before);
        }
        let transactions = write.applications.iter().map(|(app, number)| Transaction::new(app, *number)).collect();
        let stored = opened.schema(&handle.path)?;
        let schemas: Vec<SchemaRef> = write.batches.iter().map(RecordBatch::schema).collect();
        let new = schema::new_fields(&handle.path, &stored, schemas.iter())?;
        let mut actions = Vec::new();
        if !new.is_empty() {
            actions.push(widened(handle, opened, &new)?);
        }
        let all = stored.fields().iter().cloned().chain(new.into_iter().map(std::sync::Arc::new));
        let whole = Schema::new(all.collect::<Vec<_>>());
        let files = schema::file_schema(&whole);
        actions.extend(replaced(self, handle, opened, &files, &write.replace).await?);
        for (day, batches) in by_day(&handle.path, handle.id.name.time_column(), &write.batches)? {
            actions.push(Action::Add(self.add_file(handle, &files, day, &new_name(), batches).await?));
        }
        self.append_to_log(opened, actions, transactions).await
    }

    /// Writes rows of one day to a file of this name.
    pub(crate) async fn add_file(
        &self,
        handle: &Handle,
        schema: &SchemaRef,
        day: i32,
        name: &str,
        batches: Vec<RecordBatch>,
    ) -> Result<Add, LakeError> {
        let date = day_text(day);
        let path = format!("{DATE}={date}/{name}");
        let (time, id) = (handle.id.name.time_column(), handle.id.name.id_column());
        let schema = schema.clone();
        let (bytes, stats) = tokio::task::spawn_blocking(move || {
            let (_, stats) = statistics(&batches, time);
            encode(&schema, &batches, time, id).map(|bytes| (bytes, stats))
        })
        .await??;
        let size = bytes.len() as u64;
        self.root().store().put(&self.file_path(&handle.path, &path)?, PutPayload::from_bytes(bytes)).await?;
        Ok(added(path, date, size, stats))
    }

    pub(crate) async fn append_to_log(
        &self,
        opened: &mut Opened,
        actions: Vec<Action>,
        transactions: Vec<Transaction>,
    ) -> Result<Committed, LakeError> {
        let finished = {
            let Some(table) = &opened.table else { return Ok(Committed::Nothing) };
            // delta-rs sees no conflict between our removing a file and a compaction that had removed it before: the
            // rows would be there twice. So what removes files must follow the version it has read, or start anew.
            let removes = actions.iter().any(|action| matches!(action, Action::Remove(_)));
            // Checkpoints and clean-up are the maintenance job's: they would make one commit in so many slow.
            let properties = CommitProperties::default()
                .with_application_transactions(transactions.clone())
                .with_create_checkpoint(false)
                .with_cleanup_expired_logs(Some(false))
                .with_max_retries(if removes { 0 } else { RETRIES });
            let operation = DeltaOperation::Write {
                mode: SaveMode::Append,
                partition_by: Some(vec![DATE.into()]),
                predicate: None,
            };
            CommitBuilder::from(properties)
                .with_actions(actions)
                .build(Some(table.snapshot()?), table.log_store(), operation)
                .await?
        };
        let version = finished.version();
        opened.committed(finished.snapshot(), transactions);
        Ok(Committed::At(version))
    }

    async fn create(&self, handle: &Handle, opened: &mut Opened, write: &Write) -> Result<(), LakeError> {
        let schemas: Vec<SchemaRef> = write.batches.iter().map(RecordBatch::schema).collect();
        let mut fields = schema::new_fields(&handle.path, &Schema::empty(), schemas.iter())?;
        fields.retain(|field| field.name() != DATE);
        fields.push(Field::new(DATE, arrow_schema::DataType::Date32, true));
        let columns = schema::delta_fields(&handle.path, &Schema::new(fields))?;
        let created = self
            .unopened(&handle.path)?
            .create()
            .with_columns(columns)
            .with_partition_columns([DATE])
            .with_save_mode(SaveMode::Ignore)
            // Ids and texts can be personal: their smallest and largest must not outlive an erasure in the log.
            .with_configuration_property(TableProperty::DataSkippingStatsColumns, Some(handle.id.name.time_column()))
            .await?;
        opened.table = Some(created);
        Ok(())
    }
}

/// The name of a new data file: it begins with the time of writing.
pub(crate) fn new_name() -> String {
    format!("part-{}.parquet", uuid::Uuid::now_v7())
}

/// The log entry of a new file.
pub(crate) fn added(path: String, date: String, bytes: u64, stats: String) -> Add {
    Add {
        path,
        partition_values: HashMap::from([(DATE.to_owned(), Some(date))]),
        size: i64::try_from(bytes).unwrap_or(i64::MAX),
        modification_time: jiff::Timestamp::now().as_millisecond(),
        data_change: true,
        stats: Some(stats),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}

/// The metadata of the table with more columns.
fn widened(handle: &Handle, opened: &Opened, new: &[Field]) -> Result<Action, LakeError> {
    let snapshot = opened.table(&handle.path)?.snapshot()?;
    let more = schema::delta_fields(&handle.path, &Schema::new(new.to_vec()))?;
    let fields = snapshot.schema().fields().cloned().chain(more).collect::<Vec<_>>();
    let schema = StructType::try_new(fields).map_err(DeltaTableError::from)?;
    let metadata = snapshot.metadata().clone().with_schema(&schema).map_err(DeltaTableError::from)?;
    Ok(Action::Metadata(metadata))
}

pub(crate) fn is_conflict(error: &DeltaTableError) -> bool {
    matches!(
        error,
        DeltaTableError::Transaction {
            source: TransactionError::CommitConflict(_)
                | TransactionError::MaxCommitAttempts(_)
                | TransactionError::VersionAlreadyExists(_)
        } | DeltaTableError::VersionAlreadyExists(_)
    )
}
