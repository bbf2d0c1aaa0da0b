//! Maintenance: fewer files with the same rows, a short log, nothing on the disk that no reader needs; beside writers.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::FutureExt;
use jiff::{Span, Timestamp};
use tempfile::TempDir;
use watchkeeper_lake::maintain::{CompactOptions, Compacted, Erased};
use watchkeeper_lake::query::{Caps, Scan};
use watchkeeper_lake::{Lake, LakeError, Replace, Selection, TableId, TableName, Wanted};

use crate::support::{HOUR, START, lake, open, predictions, read_back, rows, write};

const DAY: i32 = (START / (24 * HOUR)) as i32;

fn pairs() -> CompactOptions {
    CompactOptions { min_files: 2, ..CompactOptions::default() }
}

fn later(days: i64) -> Timestamp {
    Timestamp::now() + Span::new().hours(days * 24)
}

/// Data files on the disk.
fn on_disk(folder: &TempDir, id: &TableId) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for day in std::fs::read_dir(folder.path().join(id.to_string())).unwrap() {
        let day = day.unwrap();
        let name = day.file_name().into_string().unwrap();
        if name.starts_with("date=") {
            for file in std::fs::read_dir(day.path()).unwrap() {
                found.insert(format!("{name}/{}", file.unwrap().file_name().into_string().unwrap()));
            }
        }
    }
    found
}

async fn live(lake: &Lake, id: &TableId) -> BTreeSet<String> {
    lake.files(id, None).await.unwrap().into_iter().map(|file| file.path).collect()
}

/// `n` commits of one row each, all in the first day.
async fn small_commits(lake: &Lake, id: &TableId, n: i64) {
    for i in 0..n {
        let hour = i % 24;
        let batch = rows(hour..hour + 1, |_| i as f64);
        let ids: arrow_array::ArrayRef = std::sync::Arc::new(arrow_array::StringArray::from(vec![format!("q{i:04}")]));
        let columns = batch.schema_ref().fields().iter().map(|f| f.name().clone()).zip(batch.columns().iter().cloned());
        let columns =
            columns.map(|(name, column)| if name == "prediction_id" { (name, ids.clone()) } else { (name, column) });
        let batch = arrow_array::RecordBatch::try_from_iter(columns).unwrap();
        lake.commit(id, &write(vec![batch], i + 1)).await.unwrap();
    }
}

async fn at_version(lake: &Lake, id: &TableId, version: u64) -> Result<usize, LakeError> {
    let scan = Scan { as_of: Some(version), ..Scan::default() };
    let all = lake.scan(id, &scan).await?.collect(Caps { rows: usize::MAX, bytes: usize::MAX }).await?;
    Ok(all.batches.iter().map(|batch| batch.num_rows()).sum())
}

#[tokio::test]
async fn compaction_keeps_every_row_and_followers_see_none() {
    let (lake, folder) = lake();
    let id = predictions();
    assert_eq!(lake.compact(&id, &pairs()).await.unwrap(), Compacted::default());
    for n in 0..5 {
        lake.commit(&id, &write(vec![rows(n * 10..n * 10 + 10, |i| i as f64)], n + 1)).await.unwrap();
    }
    // A column that the first files lack.
    let late: arrow_array::ArrayRef = std::sync::Arc::new(arrow_array::Float64Array::from(vec![0.25]));
    let batch = rows(50..51, |i| i as f64);
    let columns = batch.schema_ref().fields().iter().map(|f| f.name().clone()).zip(batch.columns().iter().cloned());
    let wide = arrow_array::RecordBatch::try_from_iter(columns.chain([("late".to_owned(), late)])).unwrap();
    lake.commit(&id, &write(vec![wide], 6)).await.unwrap();

    let before = read_back(&lake, &id).await;
    let version = lake.version(&id).await.unwrap().unwrap();
    let done = lake.compact(&id, &pairs()).await.unwrap();
    assert_eq!((done.files_before, done.files_after, done.dropped), (8, 3, 0), "{done:?}");
    assert_eq!(done.rows, 51);
    assert_eq!(read_back(&lake, &id).await, before);
    assert_eq!(read_back(&open(&folder), &id).await, before);
    let size = lake.size(&id).await.unwrap().unwrap();
    assert_eq!((size.rows, size.files, size.days), (51, 3, Some((DAY, DAY + 2))));
    let changes = lake.changes(&id, Some(version), 100).await.unwrap();
    assert_eq!(changes.len(), 3);
    assert!(changes.iter().all(|change| change.added.is_empty() && change.removed.is_empty() && !change.retention));
    let late = Scan { equals: vec![("late".into(), "0.25".into())], ..Scan::default() };
    assert_eq!(lake.count(&id, &late).await.unwrap(), 1);
    let again = lake.compact(&id, &pairs()).await.unwrap();
    assert_eq!((again.files_before, again.files_after, again.rows), (3, 3, 0));
}

#[tokio::test]
async fn a_merged_file_is_written_as_the_others_are() {
    let (lake, folder) = lake();
    let id = predictions();
    small_commits(&lake, &id, 10).await;
    lake.compact(&id, &CompactOptions::default()).await.unwrap();
    let merged = live(&lake, &id).await.into_iter().next().unwrap();
    let file = std::fs::File::open(folder.path().join(id.to_string()).join(merged)).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let group = reader.metadata().row_group(0);
    assert_eq!((reader.metadata().num_row_groups(), group.num_rows()), (1, 10));
    for column in group.columns() {
        let name = column.column_path().string();
        assert!(matches!(column.compression(), parquet::basic::Compression::ZSTD(_)), "{name}");
        assert_eq!(column.statistics().is_some(), name == "ts", "{name}");
        assert!(name != "prediction_id" || column.dictionary_page_offset().is_none());
    }
}

#[tokio::test]
async fn a_day_can_be_chosen() {
    let (lake, _folder) = lake();
    let id = predictions();
    for n in 0..3 {
        lake.commit(&id, &write(vec![rows(n * 48..n * 48 + 48, |i| i as f64)], n + 1)).await.unwrap();
        lake.commit(&id, &write(vec![rows(0..0, |_| 0.0), rows(n..n + 1, |i| i as f64)], 100 + n)).await.unwrap();
    }
    let day = CompactOptions { day: Some(DAY), ..pairs() };
    let done = lake.compact(&id, &day).await.unwrap();
    assert_eq!(done.files_after, 1, "{done:?}");
    assert_eq!(lake.files(&id, Some(DAY)).await.unwrap().len(), 1);
    assert!(lake.files(&id, None).await.unwrap().len() > 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_and_corrections_by_others_during_compaction_lose_and_repeat_nothing() {
    let (lake, folder) = lake();
    let (other, third) = (open(&folder), open(&folder));
    let id = predictions();
    lake.commit(&id, &write(vec![rows(0..20, |i| i as f64)], 1)).await.unwrap();
    let appends = async {
        for n in 1..25_i64 {
            let mut batch = write(vec![rows(n * 20..n * 20 + 20, |i| i as f64)], n);
            batch.applications = vec![("journal:other".into(), n)];
            other.commit(&id, &batch).await.unwrap();
        }
    };
    let corrections = async {
        for n in 0..20_i64 {
            let mut batch = write(vec![rows(n..n + 1, |i| 1000.0 + i as f64)], n);
            batch.applications = vec![("journal:third".into(), n)];
            batch.replace = vec![Replace { id: format!("p{n}"), day: DAY }];
            // Every writer but one is slower each time: what is late may be asked for again.
            while third.commit(&id, &batch).await.is_err_and(|error| error.is_retryable()) {}
        }
    };
    let writers = AtomicU32::new(2);
    let compactions = async {
        let mut merged = 0;
        while writers.load(Ordering::Relaxed) > 0 {
            merged += lake.compact(&id, &pairs()).await.unwrap().rows;
            tokio::task::yield_now().await;
        }
        merged
    };
    let ended = || writers.fetch_sub(1, Ordering::Relaxed);
    let (_, _, merged) = tokio::join!(appends.map(|()| ended()), corrections.map(|()| ended()), compactions);
    assert!(merged > 0);
    let expected: BTreeSet<String> = (0..500).map(|i| format!("p{i}")).collect();
    let found = read_back(&open(&folder), &id).await;
    assert_eq!(found.len(), 500);
    assert_eq!(found.iter().map(|(id, _)| id.clone()).collect::<BTreeSet<_>>(), expected);
    for (id, value) in found {
        let number: f64 = id.trim_start_matches('p').parse().unwrap();
        assert_eq!(value, Some(if number < 20.0 { 1000.0 + number } else { number }), "{id}");
    }
    // Nothing refers to merges that were given up, and they are gone.
    let known: BTreeSet<String> = lake
        .changes(&id, None, 1000)
        .await
        .unwrap()
        .into_iter()
        .flat_map(|change| change.added)
        .map(|file| file.path)
        .collect();
    let live = live(&lake, &id).await;
    let merged_left: Vec<_> =
        on_disk(&folder, &id).into_iter().filter(|f| !known.contains(f) && !live.contains(f)).collect();
    // Files of merges that were replaced later stay until vacuum; a vacuum removes all but the live ones.
    lake.vacuum(&id, Duration::ZERO, None, later(2)).await.unwrap();
    assert_eq!(on_disk(&folder, &id), live, "left before: {merged_left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_compactions_at_once_keep_each_row_once() {
    let (lake, folder) = lake();
    let other = open(&folder);
    let id = predictions();
    small_commits(&lake, &id, 40).await;
    let (options, before) = (pairs(), read_back(&lake, &id).await);
    let (one, two) = tokio::join!(lake.compact(&id, &options), other.compact(&id, &options));
    assert_eq!(one.unwrap().dropped + two.unwrap().dropped, 1);
    assert_eq!(read_back(&open(&folder), &id).await, before);
}

#[tokio::test]
async fn older_versions_are_readable_until_vacuum() {
    let (lake, folder) = lake();
    let id = predictions();
    small_commits(&lake, &id, 12).await;
    let before = lake.version(&id).await.unwrap().unwrap();
    lake.compact(&id, &pairs()).await.unwrap();
    assert_eq!(at_version(&lake, &id, before).await.unwrap(), 12);
    assert_eq!(at_version(&lake, &id, 3).await.unwrap(), 3);
    let week = Duration::from_secs(7 * 86_400);
    assert_eq!(lake.vacuum(&id, week, None, later(6)).await.unwrap().files, 0);
    assert_eq!(at_version(&lake, &id, before).await.unwrap(), 12);
    let gone = lake.vacuum(&id, week, None, later(8)).await.unwrap();
    assert_eq!((gone.files, gone.kept_for_followers), (12, 0));
    assert!(at_version(&lake, &id, before).await.is_err());
    assert_eq!(read_back(&lake, &id).await.len(), 12);
    assert_eq!(on_disk(&folder, &id), live(&lake, &id).await);
}

#[tokio::test]
async fn what_a_follower_has_yet_to_read_survives_vacuum_and_clean_up() {
    let (lake, folder) = lake();
    let id = predictions();
    small_commits(&lake, &id, 6).await;
    let read = 3;
    // Comes and goes after the follower's version: in no version that the follower or a reader would name.
    let mut correction = write(vec![rows(40..41, |_| 1.0)], 50);
    correction.replace = vec![Replace { id: "q0005".into(), day: DAY }];
    lake.commit(&id, &correction).await.unwrap();
    lake.compact(&id, &pairs()).await.unwrap();
    lake.checkpoint(&id, Some(read), later(400)).await.unwrap();
    let done = lake.vacuum(&id, Duration::ZERO, Some(read), later(400)).await.unwrap();
    // Versions 1 to 3 are read. 4, 5 and 6 and the removed one are needed, and so are the files of 1 to 3: who counts the
    // correction anew reads the table as it was then, before the merge.
    assert_eq!((done.files, done.kept_for_followers), (0, 6), "{done:?}");
    let then = lake.changes(&id, Some(read), 100).await.unwrap().last().unwrap().version - 1;
    assert_eq!(at_version(&lake, &id, then).await.unwrap(), 6);
    let changes = open(&folder).changes(&id, Some(read), 100).await.unwrap();
    let mut count = 0;
    for change in &changes {
        for file in change.added.iter().chain(&change.removed) {
            lake.read_file(&id, file, None).await.unwrap();
            count += 1;
        }
    }
    assert_eq!(count, 3 + 2);
    let done = lake.vacuum(&id, Duration::ZERO, lake.version(&id).await.unwrap(), later(400)).await.unwrap();
    assert_eq!((done.files, done.kept_for_followers), (6, 0));
    assert_eq!(read_back(&lake, &id).await.len(), 6);
}

#[tokio::test]
async fn left_over_files_go_after_a_day_and_fresh_ones_stay() {
    let (lake, folder) = lake();
    let id = predictions();
    small_commits(&lake, &id, 2).await;
    let table = folder.path().join(id.to_string());
    let day = on_disk(&folder, &id).into_iter().next().unwrap().split('/').next().unwrap().to_owned();
    for name in ["part-lost.parquet", "part-lost.parquet#77", "notes.txt"] {
        std::fs::write(table.join(&day).join(name), "x").unwrap();
    }
    std::fs::write(table.join("_delta_log/00000000000000000009.json#3"), "x").unwrap();
    let fresh = lake.vacuum(&id, Duration::ZERO, None, Timestamp::now()).await.unwrap();
    assert_eq!((fresh.files, fresh.staged), (0, 0));
    let old = lake.vacuum(&id, Duration::ZERO, None, later(2)).await.unwrap();
    assert_eq!((old.files, old.bytes, old.staged), (1, 1, 2));
    assert!(table.join(&day).join("notes.txt").exists());
    assert!(!table.join(&day).join("part-lost.parquet").exists());
    assert_eq!(read_back(&open(&folder), &id).await.len(), 2);
}

#[tokio::test]
async fn old_days_expire_in_one_commit_that_followers_recognise() {
    let (lake, _folder) = lake();
    let id = predictions();
    assert_eq!(lake.expire(&id, DAY).await.unwrap().version, None);
    for n in 0..3 {
        lake.commit(&id, &write(vec![rows(n * 32..n * 32 + 32, |i| i as f64)], n + 1)).await.unwrap();
    }
    assert_eq!(lake.expire(&id, DAY).await.unwrap().files, 0);
    let version = lake.version(&id).await.unwrap();
    let gone = lake.expire(&id, DAY + 2).await.unwrap();
    assert_eq!((gone.version, gone.rows, gone.files), (version.map(|v| v + 1), 48, 3), "{gone:?}");
    let left = read_back(&lake, &id).await;
    assert_eq!(left.len(), 96 - 48);
    assert!(left.iter().all(|(_, value)| value.unwrap() >= 48.0));
    let changes = lake.changes(&id, None, 100).await.unwrap();
    let (last, others) = changes.split_last().unwrap();
    assert!(last.retention && last.added.is_empty());
    assert_eq!(last.removed.len(), gone.files);
    assert!(last.removed.iter().all(|file| file.day.unwrap() < DAY + 2));
    assert!(others.iter().all(|change| !change.retention));
    assert_eq!(lake.expire(&id, DAY + 2).await.unwrap().version, None);
}

#[tokio::test]
async fn erased_rows_are_gone_from_the_disk_after_a_vacuum() {
    let (lake, folder) = lake();
    let id = predictions();
    let which = |ids: &[&str]| {
        let texts = Wanted::texts(ids.iter().map(|id| (*id).to_owned()));
        Selection::new([("prediction_id".to_owned(), texts)])
    };
    let nobody = which(&["nobody"]);
    let quiet = |_, _| {};
    assert_eq!(lake.erase(&id, &nobody, &quiet).await.unwrap(), Erased::default());
    assert!(lake.version(&id).await.unwrap().is_none(), "an erasure creates no table");
    lake.commit(&id, &write(vec![rows(0..30, |i| i as f64)], 1)).await.unwrap();
    lake.commit(&id, &write(vec![rows(30..40, |i| i as f64)], 2)).await.unwrap();
    let four = which(&["p4", "p30", "p31", "p9"]);
    assert_eq!(lake.ids_of(&id, &four, 4).await.unwrap().unwrap().len(), 4);
    assert_eq!(lake.ids_of(&id, &four, 3).await.unwrap(), None);
    let done = lake.erase(&id, &four, &quiet).await.unwrap();
    assert_eq!((done.rows, done.files, done.paths.len()), (4, 2, 2), "{done:?}");
    let version = lake.version(&id).await.unwrap();
    assert_eq!((done.version, version), (Some(4), Some(4)), "a commit a day");
    let changes = lake.changes(&id, Some(2), 10).await.unwrap();
    assert!(changes.iter().all(|change| change.removed.len() == 1 && change.added.len() == 1 && !change.retention));
    assert_eq!(lake.erase(&id, &four, &quiet).await.unwrap(), Erased::default());
    assert_eq!(lake.erase(&id, &nobody, &quiet).await.unwrap(), Erased::default());
    assert_eq!(lake.version(&id).await.unwrap(), version, "what finds nothing commits nothing");
    let left = read_back(&lake, &id).await;
    assert_eq!(left.len(), 36);
    assert!(!left.iter().any(|(id, _)| ["p4", "p9", "p30", "p31"].contains(&id.as_str())));
    // A file of which nothing is left has no successor.
    let last: Vec<String> = (32..40).map(|n| format!("p{n}")).collect();
    let last: Vec<&str> = last.iter().map(String::as_str).collect();
    assert_eq!(lake.erase(&id, &which(&last), &quiet).await.unwrap().rows, 8);
    assert_eq!(lake.size(&id).await.unwrap().unwrap().rows, 28);
    lake.vacuum(&id, Duration::ZERO, None, Timestamp::now() + Span::new().seconds(1)).await.unwrap();
    assert_eq!(on_disk(&folder, &id), live(&lake, &id).await);
}

#[tokio::test]
async fn many_commits_keep_few_files_and_a_short_log() {
    let (lake, folder) = lake();
    let id = predictions();
    small_commits(&lake, &id, 120).await;
    let done = lake.compact(&id, &CompactOptions::default()).await.unwrap();
    assert_eq!((done.files_before, done.files_after, done.rows), (120, 1, 120));
    let log = || std::fs::read_dir(folder.path().join(id.to_string()).join("_delta_log")).unwrap().count();
    assert!(log() > 120);
    let kept = lake.checkpoint(&id, None, Timestamp::now()).await.unwrap().unwrap();
    assert_eq!((kept.version, kept.log_files_deleted), (121, 0), "nothing is 30 days old");
    let again = lake.checkpoint(&id, Some(100), later(31)).await.unwrap().unwrap();
    assert_eq!(again.log_files_deleted, 0, "no checkpoint is as old as the follower");
    let cleaned = lake.checkpoint(&id, None, later(31)).await.unwrap().unwrap();
    assert_eq!(cleaned.log_files_deleted, 121);
    assert!(log() <= 4, "{}", log());
    let fresh = open(&folder);
    assert_eq!(read_back(&fresh, &id).await.len(), 120);
    assert_eq!(fresh.transaction(&id, "journal:test").await.unwrap(), Some(120));
    assert!(matches!(fresh.changes(&id, Some(3), 10).await, Err(LakeError::LogTruncated { version: 4, .. })));
    fresh.commit(&id, &write(vec![rows(200..201, |_| 0.0)], 121)).await.unwrap();
    assert_eq!(read_back(&lake, &id).await.len(), 121);
}

#[tokio::test]
async fn a_report_lists_tables_by_size() {
    let (lake, folder) = lake();
    assert!(lake.report().await.unwrap().is_empty());
    let small = TableId::of_model("acme", "small", TableName::Predictions);
    lake.commit(&small, &write(vec![rows(0..3, |i| i as f64)], 1)).await.unwrap();
    lake.commit(&predictions(), &write(vec![rows(0..3000, |i| (i as f64).sin())], 1)).await.unwrap();
    std::fs::create_dir_all(folder.path().join("acme/models/empty/labels")).unwrap();
    std::fs::create_dir_all(folder.path().join("acme/strange")).unwrap();
    let report = open(&folder).report().await.unwrap();
    let names: Vec<_> = report.iter().map(|(id, size)| (id.to_string(), size.rows)).collect();
    assert_eq!(
        names,
        [("default/models/flights/predictions".into(), 3000), ("acme/models/small/predictions".into(), 3)]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_clock_does_not_let_vacuum_take_what_is_about_to_be_committed() {
    let (lake, _folder) = lake();
    let id = TableId::of_model("default", "flights", TableName::Predictions);
    let done = AtomicU32::new(0);
    let commits = async {
        for n in 0..30 {
            lake.commit(&id, &write(vec![rows(n * 5..n * 5 + 5, |i| i as f64)], n + 1)).await.unwrap();
        }
        done.store(1, Ordering::Relaxed);
    };
    let vacuums = async {
        while done.load(Ordering::Relaxed) == 0 {
            lake.vacuum(&id, Duration::from_secs(86_400), None, later(3)).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(commits, vacuums);
    assert_eq!(read_back(&lake, &id).await.len(), 150);
}
