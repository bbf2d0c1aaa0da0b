//! Lost ids are read from the tables before an event is taken; erased ones are not taken again.

use std::path::Path;
use std::sync::{Arc, Mutex};

use arrow_array::RecordBatch;
use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{Semaphore, mpsc, watch};
use watchkeeper_ingest::decode::{BodyFormat, Encoding};
use watchkeeper_ingest::ids::IdOptions;
use watchkeeper_ingest::intake::*;
use watchkeeper_ingest::journal::JournalOptions;
use watchkeeper_ingest::privacy::{ColumnDecision, Gate, GatePlan, NoKey};
use watchkeeper_ingest::{Limits, Shape, Stream};

const TABLE: &str = "t/models/m/predictions";

#[derive(Debug)]
struct One(Arc<StreamState>);

#[async_trait]
impl Streams for One {
    async fn stream(&self, _: &str, _: Stream, _: Option<&str>) -> Result<Arc<StreamState>, IntakeError> {
        Ok(self.0.clone())
    }

    async fn decided(&self, _: &StreamState, _: Vec<ColumnDecision>) {}
}

/// A table in memory. Reading it back takes a permit.
#[derive(Debug)]
struct Fake {
    rows: Mutex<Vec<RecordBatch>>,
    open: Semaphore,
}

#[async_trait]
impl Tables for Fake {
    async fn commit(&self, write: TableWrite) -> Result<(), CommitError> {
        assert_eq!(write.table, TABLE);
        self.rows.lock().unwrap().extend(write.batches);
        Ok(())
    }

    async fn stored(&self, _: i32, to: mpsc::Sender<StoredRows>) -> Result<(), CommitError> {
        self.open.acquire().await.unwrap().forget();
        let rows = self.rows.lock().unwrap().clone();
        for (number, batch) in (0..).zip(rows) {
            let (stream, table) = (Stream::Predictions, TABLE.to_owned());
            to.send(StoredRows { stream, table, batch, files_done: number, files: 9 }).await.unwrap();
        }
        Ok(())
    }
}

struct Running {
    intake: Intake,
    recovering: watch::Receiver<Option<Recovering>>,
    appender: std::thread::JoinHandle<()>,
    commits: tokio::task::JoinHandle<()>,
    _stop: watch::Sender<bool>,
}

impl Running {
    fn start(folder: &Path, tables: &Arc<Fake>) -> Self {
        let gate = Gate::new(GatePlan::new("t", Stream::Predictions), &NoKey);
        let of = ("t", Stream::Predictions, Some("m"));
        let state = StreamState::new(of, (TABLE.into(), "t/rejects".into()), gate, Shape::default());
        let options = StartOptions {
            folder: folder.to_path_buf(),
            node: "n".into(),
            journal: JournalOptions::default(),
            ids: IdOptions::default(),
            appender: AppenderOptions::default(),
            intake: IntakeOptions::default(),
            limits: Limits::default(),
            full: Arc::default(),
        };
        let started = start(&options, Arc::new(One(Arc::new(state))), tables.clone()).unwrap();
        let (stop, stopped) = watch::channel(false);
        let Started { intake, committer, appender, recovering, .. } = started;
        Self { intake, recovering, appender, commits: tokio::spawn(committer.run(stopped)), _stop: stop }
    }

    async fn append(&self, ids: &[&str], amount: f64) -> Result<[u64; 3], IntakeError> {
        let line = |id: &&str| format!("{{\"id\":\"{id}\",\"amount\":{amount}}}\n");
        let append = Append {
            tenant: "t".into(),
            environment: "production".into(),
            stream: Stream::Predictions,
            model: Some("m".into()),
            payload: Payload::Body {
                format: BodyFormat::Ndjson,
                encoding: Encoding::Identity,
                bytes: Bytes::from(ids.iter().map(line).collect::<String>()),
            },
            ack: Ack::Commit,
            only: Vec::new(),
            idempotency_key: None,
        };
        let answer = self.intake.append(append, jiff::Timestamp::now().as_microsecond()).await?;
        Ok([answer.accepted, answer.duplicate, answer.corrected])
    }

    async fn whole(&mut self) {
        self.recovering.wait_for(Option::is_none).await.unwrap();
    }

    async fn stop(self) {
        drop(self.intake);
        tokio::task::spawn_blocking(move || self.appender.join().unwrap()).await.unwrap();
        self.commits.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_taken_before_lost_ids_are_back() {
    let folder = tempfile::tempdir().unwrap();
    let tables = Arc::new(Fake { rows: Mutex::default(), open: Semaphore::new(1) });
    let mut first = Running::start(folder.path(), &tables);
    first.whole().await;
    assert_eq!(first.append(&["a", "b", "c"], 1.0).await.unwrap(), [3, 0, 0]);
    first.stop().await;

    std::fs::remove_file(folder.path().join("ids/runs")).unwrap();
    let mut second = Running::start(folder.path(), &tables);
    assert!(second.recovering.borrow().is_some());
    let refused = second.append(&["a"], 1.0).await;
    assert!(matches!(refused, Err(IntakeError::Unavailable { .. })), "{refused:?}");
    tables.open.add_permits(1);
    second.whole().await;
    assert_eq!(second.append(&["a", "b", "d"], 1.0).await.unwrap(), [1, 2, 0]);
    assert_eq!(second.append(&["c"], 2.0).await.unwrap(), [0, 0, 1]);
    second.intake.erase(vec![TABLE.into()], vec!["a".into(), "never".into()]).await.unwrap();
    assert_eq!(second.append(&["a", "a", "never"], 3.0).await.unwrap(), [0, 3, 0]);
    second.stop().await;

    // What is erased is known after a restart too.
    let mut third = Running::start(folder.path(), &tables);
    third.whole().await;
    assert_eq!(third.append(&["a", "never", "d"], 1.0).await.unwrap(), [0, 3, 0]);
    third.stop().await;
}
