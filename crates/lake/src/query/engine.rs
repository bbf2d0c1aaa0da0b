//! What all queries of a lake share: memory, room on disk, threads.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::{Lake, LakeError};

/// Memory that each thread of a query should have: a sort that shares its memory with more cannot merge what it spilled.
const THREAD_BYTES: usize = 16 << 20;

/// Sorts at once that find room for merging what they spilled.
const SORTS: usize = 8;

/// Bounds of the queries of a lake, all together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryOptions {
    /// Bytes that sorts, groups and joins hold; beyond them they go to disk.
    pub memory_bytes: usize,
    /// Bytes that they may take on disk.
    pub spill_bytes: u64,
    /// Where; the system's folder for temporary files when `None`.
    pub spill_folder: Option<PathBuf>,
}

impl Default for QueryOptions {
    fn default() -> Self {
        Self { memory_bytes: 512 << 20, spill_bytes: 8 << 30, spill_folder: None }
    }
}

/// The engine behind the queries, started with the first one.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    options: QueryOptions,
    runtime: Mutex<Option<Arc<RuntimeEnv>>>,
}

impl Engine {
    /// A session of its own over what is shared.
    pub(super) fn session(&self) -> Result<SessionContext, LakeError> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = cores.min(self.options.memory_bytes / THREAD_BYTES).max(1);
        let config = SessionConfig::new()
            .with_target_partitions(threads)
            .with_sort_spill_reservation_bytes(self.options.memory_bytes / threads / SORTS)
            .with_information_schema(false);
        Ok(SessionContext::new_with_config_rt(config, self.runtime()?))
    }

    fn runtime(&self) -> Result<Arc<RuntimeEnv>, LakeError> {
        let mut runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = runtime.as_ref() {
            return Ok(runtime.clone());
        }
        let mut builder = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(self.options.memory_bytes)))
            .with_max_temp_directory_size(self.options.spill_bytes);
        if let Some(folder) = &self.options.spill_folder {
            builder = builder.with_temp_file_path(folder);
        }
        Ok(runtime.insert(builder.build_arc()?).clone())
    }
}

impl Lake {
    /// The same lake with other bounds for its queries.
    #[must_use]
    pub fn with_queries(mut self, options: QueryOptions) -> Self {
        self.queries = Arc::new(Engine { options, runtime: Mutex::default() });
        self
    }
}
