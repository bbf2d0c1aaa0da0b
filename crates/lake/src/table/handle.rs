//! Open tables. One handle a table and process, reopened now and then: a long-lived one grows with every commit.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arrow_schema::SchemaRef;
use deltalake::kernel::engine::arrow_conversion::TryIntoArrow;
use deltalake::kernel::{Action, Transaction};
use deltalake::table::state::DeltaTableState;
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use object_store::path::Path;

use super::schema::plain;
use super::{TableId, schema};
use crate::profiles::{Cache, OpenColumns};
use crate::{LakeError, Root};

/// Commits after which a table is opened anew (delta-rs keeps something of each commit in its snapshot).
const COMMITS_BEFORE_REOPEN: u32 = 50;
/// The log is listed so often at least. In between it is enough to look for the commit that would come next: that costs the
/// same however long the log is. Entries are deleted after days only, so none can have come and gone unseen.
const LIST_EVERY: Duration = Duration::from_secs(600);
/// Tables kept open; beyond that those that are not in use are closed.
const OPEN_MAX: usize = 4096;

/// All tables below a root.
#[derive(Debug, Clone)]
pub struct Lake {
    root: Root,
    handles: Arc<Mutex<HashMap<TableId, Arc<Handle>>>>,
    pub(crate) queries: Arc<crate::query::Engine>,
    pub(crate) profile_rows: Arc<Cache>,
    pub(crate) open_columns: OpenColumns,
    pub(super) ranges: super::Ranges,
}

/// A table of this process. Writers of one table take turns here; other processes are met in the log.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) id: TableId,
    pub(crate) path: String,
    pub(crate) state: tokio::sync::Mutex<Opened>,
}

/// What is open of a table.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    pub(crate) table: Option<DeltaTable>,
    commits: u32,
    /// When the log was listed last.
    listed: Option<Instant>,
    /// Numbers of applications at this version, as far as they are known: reading them goes through the log.
    applications: HashMap<String, Option<i64>>,
}

impl Lake {
    /// The lake below `root`.
    #[must_use]
    pub fn new(root: Root) -> Self {
        Self {
            root,
            handles: Arc::default(),
            queries: Arc::default(),
            profile_rows: Arc::default(),
            open_columns: OpenColumns::default(),
            ranges: super::Ranges::default(),
        }
    }

    /// Where it lies.
    #[must_use]
    pub fn root(&self) -> &Root {
        &self.root
    }

    fn handles(&self) -> MutexGuard<'_, HashMap<TableId, Arc<Handle>>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn handle(&self, id: &TableId) -> Arc<Handle> {
        let mut handles = self.handles();
        if let Some(handle) = handles.get(id) {
            return handle.clone();
        }
        if handles.len() >= OPEN_MAX {
            handles.retain(|_, handle| Arc::strong_count(handle) > 1);
        }
        let handle = Handle { id: id.clone(), path: id.to_string(), state: tokio::sync::Mutex::default() };
        handles.entry(id.clone()).or_insert_with(|| Arc::new(handle)).clone()
    }

    pub(crate) fn unopened(&self, path: &str) -> Result<DeltaTable, LakeError> {
        let url = self.root.child(path)?;
        Ok(DeltaTableBuilder::from_url(url.clone())?.with_storage_backend(self.root.store(), url).build()?)
    }

    /// Opens the table of `handle` in `opened` and brings it up to date; `false` when there is none.
    pub(crate) async fn refresh(&self, handle: &Handle, opened: &mut Opened) -> Result<bool, LakeError> {
        if opened.commits >= COMMITS_BEFORE_REOPEN {
            *opened = Opened::default();
        }
        let mut table = match opened.table.take() {
            Some(table) => {
                if opened.is_newest(&table).await? {
                    opened.table = Some(table);
                    return Ok(true);
                }
                table
            }
            None => {
                let table = self.unopened(&handle.path)?;
                if !table.verify_deltatable_existence().await? {
                    return Ok(false);
                }
                table
            }
        };
        opened.applications.clear();
        match table.update_state().await {
            Ok(()) => {
                opened.table = Some(table);
                opened.listed = Some(Instant::now());
                Ok(true)
            }
            Err(DeltaTableError::NotATable(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The columns of a table with their Arrow types, `date` among them; `None` when there is no such table.
    ///
    /// # Errors
    /// [`LakeError`] when the log cannot be read.
    pub async fn schema(&self, id: &TableId) -> Result<Option<SchemaRef>, LakeError> {
        let handle = self.handle(id);
        let mut opened = handle.state.lock().await;
        if !self.refresh(&handle, &mut opened).await? {
            return Ok(None);
        }
        Ok(Some(opened.schema(&handle.path)?))
    }

    /// The newest version of a table; `None` when there is no such table.
    ///
    /// # Errors
    /// [`LakeError`] when the log cannot be read.
    pub async fn version(&self, id: &TableId) -> Result<Option<u64>, LakeError> {
        let handle = self.handle(id);
        let mut opened = handle.state.lock().await;
        if !self.refresh(&handle, &mut opened).await? {
            return Ok(None);
        }
        Ok(opened.table.as_ref().and_then(DeltaTable::version))
    }

    /// The newest version that application `app` committed to a table; `None` when it never did.
    ///
    /// # Errors
    /// [`LakeError`] when the log cannot be read.
    pub async fn transaction(&self, id: &TableId, app: &str) -> Result<Option<i64>, LakeError> {
        let handle = self.handle(id);
        let mut opened = handle.state.lock().await;
        if !self.refresh(&handle, &mut opened).await? {
            return Ok(None);
        }
        opened.transaction(app).await
    }

    /// The path in the store of a file of a table.
    pub(crate) fn file_path(&self, handle_path: &str, file: &str) -> Result<Path, LakeError> {
        let prefix = self.root.prefix()?;
        let file = Path::from_url_path(file).map_err(object_store::Error::from)?;
        Ok(prefix.parts().chain(Path::from(handle_path).parts()).chain(file.parts()).collect())
    }
}

impl Opened {
    pub(crate) fn of(table: DeltaTable) -> Self {
        Self { table: Some(table), ..Self::default() }
    }

    pub(crate) fn table(&self, path: &str) -> Result<&DeltaTable, LakeError> {
        self.table.as_ref().ok_or_else(|| LakeError::NoTable(path.to_owned()))
    }

    pub(crate) fn schema(&self, path: &str) -> Result<SchemaRef, LakeError> {
        let kernel = self.table(path)?.snapshot()?.schema();
        let arrow: arrow_schema::Schema = kernel.as_ref().try_into_arrow()?;
        Ok(plain(&arrow))
    }

    /// Whether no commit came after the version that `table` shows.
    async fn is_newest(&self, table: &DeltaTable) -> Result<bool, LakeError> {
        let (Some(version), Some(listed)) = (table.version(), self.listed) else { return Ok(false) };
        Ok(listed.elapsed() < LIST_EVERY && table.log_store().read_commit_entry(version + 1).await?.is_none())
    }

    pub(crate) async fn transaction(&mut self, app: &str) -> Result<Option<i64>, LakeError> {
        let Some(table) = &self.table else { return Ok(None) };
        if let Some(number) = self.applications.get(app) {
            return Ok(*number);
        }
        let number = table.snapshot()?.transaction_version(table.log_store().as_ref(), app).await?;
        self.applications.insert(app.to_owned(), number);
        Ok(number)
    }

    /// Takes over the state after a commit of this process that brought `transactions`.
    pub(crate) fn committed(&mut self, state: DeltaTableState, transactions: Vec<Transaction>) {
        if let Some(table) = &mut self.table {
            // Commits of others in between may have brought transactions too.
            if table.version().map(|version| version + 1) != Some(state.version()) {
                self.applications.clear();
            }
            table.state = Some(state);
        }
        let numbers = transactions.into_iter().map(|transaction| (transaction.app_id, Some(transaction.version)));
        self.applications.extend(numbers);
        self.commits += 1;
    }

    /// Files of the table, of `day` only when given.
    pub(crate) fn files(&self, path: &str, day: Option<i32>) -> Result<Vec<super::FileRef>, LakeError> {
        let files = self.table(path)?.snapshot()?.log_data();
        let all = files.iter().map(|view| super::FileRef::of(&view));
        Ok(all.filter(|file| day.is_none() || file.day == day).collect())
    }

    /// The log entries that take `files` out of the table, with their rows or not; `None` when one of them is not in it.
    pub(crate) fn removes(
        &self,
        path: &str,
        files: &[super::FileRef],
        data_change: bool,
    ) -> Result<Option<Vec<Action>>, LakeError> {
        let live = self.table(path)?.snapshot()?.log_data();
        let wanted: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let found: Vec<Action> = live
            .iter()
            .filter(|view| wanted.contains(view.path().as_ref()))
            .map(|view| Action::Remove(view.remove_action(data_change)))
            .collect();
        Ok((found.len() == wanted.len()).then_some(found))
    }

    pub(crate) fn file_schema(&self, path: &str) -> Result<SchemaRef, LakeError> {
        Ok(schema::file_schema(self.schema(path)?.as_ref()))
    }
}
