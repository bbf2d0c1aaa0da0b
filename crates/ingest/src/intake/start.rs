//! Starting: the journal and the index of ids are opened, what the journal holds goes to the tables first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::{Semaphore, mpsc, watch};

use super::appender::{Appender, AppenderOptions};
use super::recover::{Recovering, restore};
use super::{Committer, Intake, IntakeError, IntakeOptions, IntakeStats, Streams, Tables};
use crate::Limits;
use crate::ids::{IdIndex, IdOptions, Job};
use crate::journal::{Journal, JournalOptions};

/// Erasures that may wait.
const ERASURES: usize = 16;

/// Where the journal and the index of ids lie, and how large all may become.
#[derive(Debug, Clone)]
pub struct StartOptions {
    /// Folder of `journal/` and `ids/`.
    pub folder: PathBuf,
    /// Name under which the journal commits; never the same for two journals of one lake.
    pub node: String,
    /// Bounds of the journal.
    pub journal: JournalOptions,
    /// Bounds of the index of ids.
    pub ids: IdOptions,
    /// When segments are sealed.
    pub appender: AppenderOptions,
    /// Bounds of what is in memory.
    pub intake: IntakeOptions,
    /// Bounds of one request.
    pub limits: Limits,
    /// Requests are shed while this is set.
    pub full: Arc<AtomicBool>,
}

/// What runs after a start.
#[derive(Debug)]
pub struct Started {
    /// Takes requests in.
    pub intake: Intake,
    /// To be run as a task. It commits what an earlier run left first.
    pub committer: Committer,
    /// The thread that appends; it ends when the last [`Intake`] is gone.
    pub appender: JoinHandle<()>,
    /// Tables with new rows, by path.
    pub changed: mpsc::UnboundedReceiver<String>,
    /// Counts.
    pub stats: Arc<IntakeStats>,
    /// How far ids are read from the tables again, while they are: no events are taken then.
    pub recovering: watch::Receiver<Option<Recovering>>,
    /// What an earlier run left.
    pub left: Left,
}

/// What an earlier run left in the journal.
#[derive(Debug, Clone)]
pub struct Left {
    newest: Option<u64>,
    settled: watch::Receiver<u64>,
}

impl Left {
    /// Whether all of it is in the tables, or in none that takes it. Until then no request is taken: the types of the
    /// columns that it brings are not known.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.newest.is_none_or(|newest| *self.settled.borrow() >= newest)
    }
}

/// Opens the journal and starts its thread, which makes the index of ids again first when part of it is lost. To be called
/// within a runtime.
///
/// # Errors
/// [`IntakeError::Internal`] when the journal or the index cannot be opened.
pub fn start(
    options: &StartOptions,
    streams: Arc<dyn Streams>,
    tables: Arc<dyn Tables>,
) -> Result<Started, IntakeError> {
    let internal = |error: &dyn std::fmt::Display| IntakeError::Internal(error.to_string());
    let (journal, recovered) =
        Journal::open(options.folder.join("journal"), options.journal).map_err(|error| internal(&error))?;
    for segment in &recovered.segments {
        tracing::info!(
            segment = segment.number.0,
            records = segment.records,
            torn_bytes = segment.torn_bytes,
            damaged = segment.damaged_at.is_some(),
            "journal segment left by an earlier run"
        );
    }
    let opened = IdIndex::open(options.folder.join("ids"), options.ids).map_err(|error| internal(&error))?;
    for error in &opened.damaged {
        tracing::error!(%error, "part of the index of event ids is lost");
    }
    // A folder that is new may be one that was lost: an empty lake is read in no time.
    let lost = opened.is_new || !opened.damaged.is_empty();
    let mut ids = opened.index;
    let segments = journal.handle();
    if !lost {
        restore(&segments, &mut ids)?;
    }
    let (recovering, recovering_seen) = watch::channel(lost.then(Recovering::default));

    let stats = Arc::new(IntakeStats::default());
    let commit_micros = Arc::new(AtomicU64::new(0));
    let (queue, waiting) = sync_channel(options.intake.queue);
    let (sealed, to_commit) = mpsc::unbounded_channel();
    let (to_appender, committed) = channel();
    let (done, done_seen) = watch::channel(0);
    let (settled, settled_seen) = watch::channel(0);
    let (changed, changes) = mpsc::unbounded_channel();
    for segment in segments.list().iter().filter(|segment| segment.sealed) {
        // The receiver is below.
        let _ = sealed.send(segment.number);
    }
    let newest = segments.list().last().map(|segment| segment.number);
    let (erasures, to_erase) = sync_channel(ERASURES);
    let (jobs, to_do) = sync_channel::<Job>(1);
    let (done_jobs, finished) = channel();
    std::thread::Builder::new()
        .name("ids".into())
        .spawn(move || {
            // Ends when the appender is gone.
            while let Ok(job) = to_do.recv() {
                if done_jobs.send(job.run()).is_err() {
                    break;
                }
            }
        })
        .map_err(|error| internal(&error))?;
    let appender = Appender {
        journal,
        ids,
        options: options.appender,
        stats: stats.clone(),
        sealed: Some(sealed),
        committed,
        uncommitted: BTreeMap::new(),
        in_tables: BTreeSet::new(),
        jobs,
        finished,
        at_work: None,
        frozen_at: Instant::now(),
        freeze_now: false,
        opened: None,
        open_bytes: 0,
        open_rows: 0,
        open_segment: None,
        newest,
        expired: 0,
        commit_micros: commit_micros.clone(),
        erasures: to_erase,
        tables: tables.clone(),
        runtime: tokio::runtime::Handle::try_current().ok(),
        lost,
        recovering,
    };
    let appender = std::thread::Builder::new()
        .name("appender".into())
        .spawn(move || appender.run(&waiting))
        .map_err(|error| internal(&error))?;
    let committer = Committer {
        segments,
        tables,
        node: options.node.clone(),
        stats: stats.clone(),
        sealed: to_commit,
        to_appender,
        done,
        settled,
        commit_micros,
        changed,
        held: Mutex::default(),
    };
    let left = Left { newest: newest.map(|segment| segment.0), settled: settled_seen };
    let intake = Intake {
        streams,
        limits: Arc::new(options.limits.clone()),
        stats: stats.clone(),
        queue,
        erasures,
        committed: done_seen,
        left: left.clone(),
        decoders: Arc::new(Semaphore::new(options.intake.decoders.max(1))),
        memory: Arc::new(Semaphore::new(options.intake.memory_bytes / 1024)),
        full: options.full.clone(),
    };
    Ok(Started { intake, committer, appender, changed: changes, stats, recovering: recovering_seen, left })
}
