//! What is let go when there are more models than are held, and what is not.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use serde_json::json;
use watchkeeper_ingest::Limits;
use watchkeeper_ingest::ids::IdOptions;
use watchkeeper_ingest::intake::{Ack, Append, AppenderOptions, IntakeOptions, Payload, StartOptions, start};
use watchkeeper_ingest::journal::JournalOptions;
use watchkeeper_ingest::privacy::NoKey;
use watchkeeper_lake::profiles::Query;
use watchkeeper_lake::{Root, Write};

use super::super::tables::LakeTables;
use super::*;

const HOUR: i64 = 3_600_000_000;
/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000_000;

/// A folder of its own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("watchkeeper-models-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Models of which one is held.
async fn models(folder: &Path) -> Arc<Models> {
    let catalog = Catalog::open(&format!("sqlite://{}", folder.join("catalog.db").display())).await.unwrap();
    let lake = Lake::new(Root::open(folder.join("lake").to_str().unwrap(), &HashMap::new()).unwrap());
    Arc::new(Models { held_max: 1, ..Models::new(catalog, lake, Box::new(NoKey), 1, true) })
}

fn names_of(models: &Models) -> BTreeSet<String> {
    models.in_use().into_iter().map(|((_, name), _)| name).collect()
}

/// Rows of ids `range`, a minute apart.
fn rows(range: std::ops::Range<i64>) -> RecordBatch {
    let times = |add: i64| {
        let times = TimestampMicrosecondArray::from_iter_values(range.clone().map(|i| START + i * HOUR / 60 + add));
        Arc::new(times.with_timezone("UTC")) as ArrayRef
    };
    let ids: ArrayRef = Arc::new(range.clone().map(|i| Some(format!("p{i}"))).collect::<StringArray>());
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values(range.clone().map(|i| i as f64)));
    RecordBatch::try_from_iter([("prediction_id", ids), ("ts", times(0)), ("received_at", times(1)), ("x", values)])
        .unwrap()
}

async fn profiled(models: &Models, name: &str) -> u64 {
    let known = models.known("t", name).await.unwrap().unwrap();
    let query = Query { windows: vec![(START, START + 1000 * HOUR)], ..Query::default() };
    let windows = known.profiles.profiles(&query).await.unwrap();
    windows[0].get("x").map_or(0, |column| column.profile.classes.rows())
}

#[tokio::test]
async fn a_model_with_uncommitted_counts_is_not_let_go() {
    let folder = Folder::new();
    let models = models(&folder.0).await;
    let table = TableId::of_model("t", "a", TableName::Predictions);
    for (number, range) in [(1, 0..200), (2, 200..250)] {
        let write = Write {
            batches: vec![rows(range)],
            replace: Vec::new(),
            applications: vec![("journal:test".into(), number)],
        };
        models.lake.commit(&table, &write).await.unwrap();
        let known = models.known_or_new("t", "a").await.unwrap();
        known.profiles.follow(START + 10 * HOUR).await.unwrap();
    }
    assert!(!models.known("t", "a").await.unwrap().unwrap().profiles.is_settled());
    for other in ["b", "c"] {
        models.known_or_new("t", other).await.unwrap();
    }
    assert_eq!(names_of(&models), BTreeSet::from(["a".into(), "c".into()]), "`b` has nothing to lose");
    assert_eq!(profiled(&models, "a").await, 250);

    models.known("t", "a").await.unwrap().unwrap().profiles.flush().await.unwrap();
    models.known_or_new("t", "d").await.unwrap();
    assert_eq!(names_of(&models), BTreeSet::from(["d".into()]));
    assert_eq!(profiled(&models, "a").await, 250, "what was let go is read again");
}

fn append(model: &str, id: &str, ack: Ack) -> Append {
    let event = json!({"id": id, "ts": "2026-01-01T00:00:00Z", "features": {"x": 1.5}});
    Append {
        tenant: "t".into(),
        environment: "production".into(),
        stream: Stream::Predictions,
        model: Some(model.into()),
        payload: Payload::Values { events: vec![event], rejects: Vec::new(), bytes: 100 },
        ack,
        only: Vec::new(),
        idempotency_key: None,
    }
}

#[tokio::test]
async fn a_stream_with_rows_that_are_not_in_its_table_is_not_let_go() {
    let folder = Folder::new();
    let models = models(&folder.0).await;
    let options = StartOptions {
        folder: folder.0.clone(),
        node: "test".into(),
        journal: JournalOptions::default(),
        ids: IdOptions::default(),
        appender: AppenderOptions { interval: std::time::Duration::from_secs(3600), ..AppenderOptions::default() },
        intake: IntakeOptions::default(),
        limits: Limits::default(),
        full: Arc::default(),
    };
    let tables = Arc::new(LakeTables(models.lake.clone()));
    let mut started = start(&options, models.clone(), tables).unwrap();
    started.recovering.wait_for(Option::is_none).await.unwrap();
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let commits = tokio::spawn(started.committer.run(stopped));

    let stream = |name: &'static str| models.stream("t", Stream::Predictions, Some(name));
    let state = Arc::downgrade(&stream("a").await.unwrap());
    let answer = started.intake.append(append("a", "1", Ack::Journal), START).await.unwrap();
    assert_eq!((answer.accepted, answer.rejected), (1, 0));
    for other in ["b", "c"] {
        stream(other).await.unwrap();
    }
    // What the row said of `x` is known: the table will not say it before the commit.
    assert!(state.upgrade().unwrap().shape().columns.contains_key("x"));
    assert!(Arc::ptr_eq(&state.upgrade().unwrap(), &stream("a").await.unwrap()));

    started.intake.append(append("a", "2", Ack::Commit), START).await.unwrap();
    drop(started.intake);
    tokio::task::spawn_blocking(|| started.appender.join().unwrap()).await.unwrap();
    commits.await.unwrap();
    stream("d").await.unwrap();
    assert!(state.upgrade().is_none(), "in the table, and so let go");
    assert!(stream("a").await.unwrap().shape().columns.contains_key("x"));
}
