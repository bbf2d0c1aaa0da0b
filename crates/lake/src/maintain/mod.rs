//! Keeps the number of files and their age bounded.
//!
//! Bounded jobs, each safe beside writers of this and of other processes: [`Lake::compact`] puts small files together,
//! [`Lake::checkpoint`] shortens the log, [`Lake::vacuum`] deletes files that no reader needs, [`Lake::expire`] drops old
//! days, [`Lake::erase`] takes out rows for good, [`Lake::report`] tells what takes how much.
//!
//! What removes files from a table here is committed right after the version it was decided on, or decided anew: delta-rs
//! sees no conflict when two commits remove one file and the first did so without changing rows (a compaction), so its own
//! retries could bring rows back, or twice.

mod checkpoint;
mod compact;
mod erase;
mod expire;
mod report;
mod vacuum;

use deltalake::kernel::Action;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::protocol::DeltaOperation;

pub use checkpoint::Checkpointed;
pub use compact::{CompactOptions, Compacted};
pub use erase::Erased;
pub use expire::Expired;
pub use vacuum::Vacuumed;

#[cfg(doc)]
use crate::Lake;
use crate::LakeError;
use crate::table::{Handle, Opened, is_conflict};

/// Key in a commit's information under which the reason of a removal stands.
pub(crate) const REASON: &str = "watchkeeper.reason";
/// The reason of removals by age.
pub(crate) const RETENTION: &str = "retention";
/// The reason of removals that somebody asked for.
const ERASURE: &str = "erasure";
/// How often a commit is decided anew after another writer was faster.
const TRIES: usize = 40;

/// What became of one try to commit.
enum Tried {
    /// It is in, as this version.
    In(u64),
    /// Another commit came between; read the table again.
    Late,
}

/// Tries to commit `actions` right after the version that `opened` shows.
async fn try_commit(
    handle: &Handle,
    opened: &mut Opened,
    actions: Vec<Action>,
    operation: DeltaOperation,
    reason: Option<&str>,
) -> Result<Tried, LakeError> {
    let committed = {
        let table = opened.table(&handle.path)?;
        let properties = CommitProperties::default()
            .with_metadata(reason.map(|reason| (REASON.to_owned(), reason.into())))
            .with_create_checkpoint(false)
            .with_cleanup_expired_logs(Some(false))
            .with_max_retries(0);
        let builder = CommitBuilder::from(properties).with_actions(actions);
        builder.build(Some(table.snapshot()?), table.log_store(), operation).await
    };
    match committed {
        Ok(finished) => {
            let version = finished.version();
            opened.committed(finished.snapshot(), Vec::new());
            Ok(Tried::In(version))
        }
        Err(error) if is_conflict(&error) => Ok(Tried::Late),
        Err(error) => {
            *opened = Opened::default();
            Err(error.into())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};

    use super::*;
    use crate::{Lake, LakeError, Root, TableId, TableName, Write};

    fn write(number: i64) -> Write {
        let id: ArrayRef = Arc::new(StringArray::from(vec![format!("p{number}")]));
        let time: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![number]).with_timezone("UTC"));
        let batch = RecordBatch::try_from_iter([("prediction_id", id), ("ts", time)]).unwrap();
        Write { batches: vec![batch], replace: Vec::new(), applications: vec![("test".into(), number)] }
    }

    #[tokio::test]
    async fn what_removes_files_is_refused_after_a_version_it_has_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = || Root::open(folder.path().to_str().unwrap(), &HashMap::new()).unwrap();
        let (lake, other) = (Lake::new(root()), Lake::new(root()));
        let id = TableId::of_model("default", "m", TableName::Predictions);
        for number in 1..4 {
            lake.commit(&id, &write(number)).await.unwrap();
        }
        let handle = lake.handle(&id);
        let mut opened = handle.state.lock().await;
        lake.refresh(&handle, &mut opened).await.unwrap();
        let removes = |data_change| {
            let live = opened.table(&handle.path).unwrap().snapshot().unwrap().log_data();
            live.iter().map(|view| Action::Remove(view.remove_action(data_change))).collect::<Vec<_>>()
        };
        let (merge, correction) = (removes(false), removes(true));
        let options = CompactOptions { min_files: 2, ..CompactOptions::default() };
        assert_eq!(other.compact(&id, &options).await.unwrap().rows, 3);

        let operation = DeltaOperation::Optimize { predicate: None, target_size: 1 };
        let tried = try_commit(&handle, &mut opened, merge, operation, None).await.unwrap();
        assert!(matches!(tried, Tried::Late));
        match lake.append_to_log(&mut opened, correction, Vec::new()).await {
            Err(LakeError::Delta(error)) => assert!(is_conflict(&error), "{error}"),
            committed => panic!("{committed:?}"),
        }
        assert_eq!(other.size(&id).await.unwrap().unwrap().rows, 3);
    }
}
