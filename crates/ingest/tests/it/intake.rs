//! Taking in: what is acknowledged goes to the tables in its order, whatever fails on the way.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use watchkeeper_ingest::decode::{BodyFormat, Encoding};
use watchkeeper_ingest::ids::IdOptions;
use watchkeeper_ingest::intake::{
    self, Ack, Answer, Append, AppenderOptions, CommitError, Intake, IntakeError, IntakeOptions, IntakeStats, Payload,
    Recovering, StartOptions, Started, StoredRows, StreamState, Streams, TableWrite, Tables,
};
use watchkeeper_ingest::journal::JournalOptions;
use watchkeeper_ingest::privacy::{ColumnDecision, Gate, GatePlan, NoKey};
use watchkeeper_ingest::{Limits, Shape, Stream};

const LONG: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct OneStream(Arc<StreamState>);

#[async_trait]
impl Streams for OneStream {
    async fn stream(&self, _: &str, _: Stream, _: Option<&str>) -> Result<Arc<StreamState>, IntakeError> {
        Ok(self.0.clone())
    }

    async fn decided(&self, _: &StreamState, _: Vec<ColumnDecision>) {}
}

/// How tables answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    Away,
    Refuses,
}

/// Tells of each commit, taken or refused, its number, its rows, and how many it takes the place of.
#[derive(Debug)]
struct Told(mpsc::UnboundedSender<(i64, usize, usize)>, watch::Receiver<Mood>);

#[async_trait]
impl Tables for Told {
    async fn commit(&self, write: TableWrite) -> Result<(), CommitError> {
        let mood = *self.1.borrow();
        if mood == Mood::Away {
            return Err(CommitError::Later("it is away".into()));
        }
        let rows = write.batches.iter().map(arrow_array::RecordBatch::num_rows).sum();
        self.0.send((write.application.1, rows, write.replace.len())).unwrap();
        if mood == Mood::Refuses { Err(CommitError::Never("not these".into())) } else { Ok(()) }
    }

    /// These tables only listen.
    async fn stored(&self, _: i32, _: mpsc::Sender<StoredRows>) -> Result<(), CommitError> {
        Ok(())
    }
}

/// A running intake, its commits, and whether its tables answer.
struct Running {
    intake: Intake,
    commits: mpsc::UnboundedReceiver<(i64, usize, usize)>,
    tables: watch::Sender<Mood>,
    stats: Arc<IntakeStats>,
    recovering: watch::Receiver<Option<Recovering>>,
    _abandon: watch::Sender<bool>,
}

fn start(folder: &Path, mood: Mood) -> (Running, intake::Left) {
    let gate = Gate::new(GatePlan::new("t", Stream::Predictions), &NoKey);
    let names = ("t/models/m/predictions".to_owned(), "t/rejects".to_owned());
    let state = StreamState::new(("t", Stream::Predictions, Some("m")), names, gate, Shape::default());
    let (told, commits) = mpsc::unbounded_channel();
    let (tables, answers) = watch::channel(mood);
    let options = StartOptions {
        folder: folder.to_owned(),
        node: "n".into(),
        journal: JournalOptions { segment_bytes: 100_000, ..JournalOptions::default() },
        ids: IdOptions::default(),
        appender: AppenderOptions { interval: Duration::from_millis(100), ..AppenderOptions::default() },
        intake: IntakeOptions::default(),
        limits: Limits::default(),
        full: Arc::default(),
    };
    let streams = Arc::new(OneStream(Arc::new(state)));
    let started = intake::start(&options, streams, Arc::new(Told(told, answers))).unwrap();
    let Started { intake, committer, stats, left, recovering, .. } = started;
    let (abandon, abandoned) = watch::channel(false);
    tokio::spawn(committer.run(abandoned));
    (Running { intake, commits, tables, stats, recovering, _abandon: abandon }, left)
}

impl Running {
    async fn append(&self, ids: std::ops::Range<u32>) -> Result<Answer, IntakeError> {
        let line = |n| format!("{{\"id\":\"e{n}\",\"features\":{{\"text\":\"{}\"}}}}\n", "x".repeat(500));
        self.send(ids.map(line).collect()).await
    }

    async fn send(&self, lines: String) -> Result<Answer, IntakeError> {
        let bytes = lines.into();
        let append = Append {
            tenant: "t".into(),
            environment: "production".into(),
            stream: Stream::Predictions,
            model: Some("m".into()),
            payload: Payload::Body { format: BodyFormat::Ndjson, encoding: Encoding::Identity, bytes },
            ack: Ack::Journal,
            only: Vec::new(),
            idempotency_key: None,
        };
        self.recovering.clone().wait_for(Option::is_none).await.unwrap();
        self.intake.append(append, Timestamp::now().as_microsecond()).await
    }

    async fn commit(&mut self) -> (i64, usize, usize) {
        timeout(LONG, self.commits.recv()).await.expect("a commit").unwrap()
    }
}

/// The journal as a crash leaves it, in another folder.
fn after_a_crash(folder: &Path) -> tempfile::TempDir {
    let copied = tempfile::tempdir().unwrap();
    std::fs::create_dir(copied.path().join("journal")).unwrap();
    for entry in std::fs::read_dir(folder.join("journal")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copied.path().join("journal").join(entry.file_name())).unwrap();
    }
    copied
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_passes_rows_that_their_table_does_not_take() {
    let folder = tempfile::tempdir().unwrap();
    let (mut running, _) = start(folder.path(), Mood::Refuses);
    assert_eq!(running.append(0..10).await.unwrap().accepted, 10);
    assert_eq!(running.commit().await, (1, 10, 0));
    running.tables.send_replace(Mood::Takes);
    assert_eq!(running.append(10..30).await.unwrap().accepted, 20);
    let parked = async {
        while running.stats.counts().parked < 2 {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, parked).await.unwrap();
    // A later number would say that the first segment is in the table.
    assert!(running.commits.try_recv().is_err());
    let copied = after_a_crash(folder.path());
    let (mut again, _) = start(copied.path(), Mood::Takes);
    assert_eq!((again.commit().await, again.commit().await), ((1, 10, 0), (2, 20, 0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segment_that_ends_with_an_append_that_fails_is_committed_before_later_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (mut running, _) = start(folder.path(), Mood::Takes);
    assert_eq!(running.append(0..100).await.unwrap().accepted, 100);
    // The next segment cannot begin: a folder has its name.
    let in_the_way = folder.path().join("journal/2.db");
    std::fs::create_dir(&in_the_way).unwrap();
    // Large enough for the journal to end the first segment by itself.
    let refused = running.append(100..400).await.unwrap_err();
    assert!(matches!(refused, IntakeError::Unavailable { .. }), "{refused}");
    assert_eq!(running.commit().await, (1, 100, 0));
    std::fs::remove_dir(&in_the_way).unwrap();
    assert_eq!(running.append(100..400).await.unwrap().accepted, 300);
    assert_eq!(running.commit().await, (2, 300, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_taken_before_the_tables_have_what_an_earlier_run_left() {
    let folder = tempfile::tempdir().unwrap();
    let (running, left) = start(folder.path(), Mood::Away);
    assert!(left.is_settled());
    assert_eq!(running.append(0..10).await.unwrap().accepted, 10);
    let copied = after_a_crash(folder.path());
    let (mut again, left) = start(copied.path(), Mood::Away);
    assert!(!left.is_settled());
    assert!(matches!(again.append(10..20).await.unwrap_err(), IntakeError::CatchingUp));
    again.tables.send_replace(Mood::Takes);
    assert_eq!(again.commit().await, (1, 10, 0));
    let taken = async {
        loop {
            match again.append(10..20).await {
                Err(IntakeError::CatchingUp) => tokio::task::yield_now().await,
                answer => return answer.unwrap().accepted,
            }
        }
    };
    assert_eq!(timeout(LONG, taken).await.unwrap(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_behind_a_repetition_takes_the_place_of_the_stored_row() {
    let folder = tempfile::tempdir().unwrap();
    let (mut running, _) = start(folder.path(), Mood::Takes);
    let ts = Timestamp::now().as_second();
    let row = |amount: u32| format!("{{\"id\":\"a\",\"ts\":{ts},\"features\":{{\"amount\":{amount}}}}}\n");
    running.send(row(1)).await.unwrap();
    assert_eq!(running.commit().await, (1, 1, 0));
    // One request repeats the row and then corrects it, twice.
    let answer = running.send(row(1) + &row(2) + &row(2) + &row(3)).await.unwrap();
    assert_eq!((answer.accepted, answer.duplicate, answer.corrected), (0, 2, 2));
    assert_eq!(running.commit().await, (2, 1, 1));
}
