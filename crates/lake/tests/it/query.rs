//! Questions: windows to the microsecond, files left unopened, values, samples, versions, SQL.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, TimeUnit};
use watchkeeper_lake::maintain::CompactOptions;
use watchkeeper_lake::query::{Caps, QueryOptions, Rows, Scan};
use watchkeeper_lake::{Lake, LakeError, TableId, TableName};

use crate::support::{HOUR, START, lake, open, predictions, rows, write};

const ALL: Caps = Caps { rows: usize::MAX, bytes: usize::MAX };

async fn ids(rows: Rows) -> Vec<String> {
    let all = rows.collect(ALL).await.unwrap();
    assert!(!all.truncated);
    let column = |batch: &RecordBatch| batch.column_by_name("prediction_id").unwrap().as_string::<i32>().clone();
    all.batches.iter().flat_map(|b| column(b).iter().map(|id| id.unwrap().to_owned()).collect::<Vec<_>>()).collect()
}

fn window(from: i64, to: i64) -> Scan {
    Scan { from_us: Some(from), to_us: Some(to), ..Scan::default() }
}

/// 100 hours in commits of 10, with a version and a segment.
async fn filled() -> (Lake, tempfile::TempDir, TableId) {
    let (lake, folder) = lake();
    let id = predictions();
    for n in 0..10 {
        let batch = rows(n * 10..n * 10 + 10, |i| i as f64 / 2.0);
        let text = |value: &dyn Fn(i64) -> Option<&'static str>| {
            std::sync::Arc::new((n * 10..n * 10 + 10).map(value).collect::<StringArray>()) as ArrayRef
        };
        let more = [
            ("version".to_owned(), text(&|i| Some(if i < 50 { "1" } else { "2" }))),
            ("environment".to_owned(), text(&|_| Some("production"))),
            (
                "segment.Region X".to_owned(),
                text(&|i| (i % 4 != 3).then_some(if i % 2 == 0 { "north" } else { "south" })),
            ),
        ];
        let columns = batch.schema_ref().fields().iter().map(|f| f.name().clone()).zip(batch.columns().iter().cloned());
        let batch = RecordBatch::try_from_iter(columns.chain(more)).unwrap();
        lake.commit(&id, &write(vec![batch], n + 1)).await.unwrap();
    }
    (lake, folder, id)
}

#[tokio::test]
async fn windows_are_half_open_to_the_microsecond() {
    let (lake, _folder, id) = filled().await;
    let cases = [
        (START, START + 1, 1),
        (START, START, 0),
        (START + 1, START + HOUR, 0),
        (START + 1, START + HOUR + 1, 1),
        (START + 23 * HOUR, START + 24 * HOUR, 1),
        (START + 23 * HOUR, START + 24 * HOUR + 1, 2),
        (START + 24 * HOUR, START + 48 * HOUR, 24),
        (START + 9, START, 0),
        (i64::MIN, i64::MAX, 100),
        (START + 99 * HOUR, START + 1000 * HOUR, 1),
    ];
    for (from, to, expected) in cases {
        let scan = window(from, to);
        assert_eq!(lake.count(&id, &scan).await.unwrap(), expected, "{from}..{to}");
        assert_eq!(ids(lake.scan(&id, &scan).await.unwrap()).await.len() as u64, expected, "{from}..{to}");
    }
    assert_eq!(lake.count(&id, &Scan::default()).await.unwrap(), 100);
    let open_ended = Scan { from_us: Some(START + 90 * HOUR), ..Scan::default() };
    assert_eq!(lake.count(&id, &open_ended).await.unwrap(), 10);
}

#[tokio::test]
async fn files_outside_the_window_are_not_opened() {
    let (lake, folder, id) = filled().await;
    // The first day's hours 0..10 and 10..20 lie in files of their own; only the second is wanted.
    let inside = window(START + 12 * HOUR, START + 20 * HOUR);
    let wanted = lake.scan(&id, &inside).await.unwrap();
    let wanted = ids(wanted).await;
    let mut deleted = 0;
    for file in lake.files(&id, None).await.unwrap() {
        let found = lake.read_file(&id, &file, None).await.unwrap().all().await.unwrap();
        let first = found[0].column_by_name("prediction_id").unwrap().as_string::<i32>().value(0).to_owned();
        if first != "p10" {
            std::fs::remove_file(folder.path().join(id.to_string()).join(&file.path)).unwrap();
            deleted += 1;
        }
    }
    assert!(deleted > 10);
    let pruned = open(&folder);
    assert_eq!(ids(pruned.scan(&id, &inside).await.unwrap()).await, wanted);
    assert_eq!(pruned.count(&id, &inside).await.unwrap(), 8);
    // The other half of the proof: what reaches outside does open them.
    let outside = pruned.scan(&id, &window(START + 9 * HOUR, START + 20 * HOUR)).await;
    assert!(match outside {
        Ok(rows) => rows.collect(ALL).await.is_err(),
        Err(_) => true,
    });
}

#[tokio::test]
async fn values_select_and_what_no_row_can_have_selects_nothing() {
    let (lake, _folder, id) = filled().await;
    let count = async |scan: Scan| lake.count(&id, &scan).await.unwrap();
    let equals = |name: &str, value: &str| Scan { equals: vec![(name.into(), value.into())], ..Scan::default() };
    assert_eq!(count(Scan { version: Some("2".into()), ..Scan::default() }).await, 50);
    assert_eq!(count(Scan { environment: Some("staging".into()), ..Scan::default() }).await, 0);
    assert_eq!(count(equals("segment.Region X", "north")).await, 50);
    assert_eq!(count(equals("segment.Region X", "south")).await, 25);
    assert_eq!(count(equals("distance", "3.5")).await, 1);
    assert_eq!(count(equals("distance", "3.50")).await, 1);
    assert_eq!(count(equals("distance", "three' or 1=1 --")).await, 0);
    assert_eq!(count(equals("segment.unknown", "x")).await, 0);
    let both = Scan { version: Some("1".into()), ..equals("segment.Region X", "south") };
    assert_eq!(count(Scan { from_us: Some(START + 40 * HOUR), ..both }).await, 3);
}

#[tokio::test]
async fn answers_have_plain_types_and_the_columns_asked_for() {
    let (lake, _folder, id) = filled().await;
    let columns = ["segment.Region X", "gone", "ts", "prediction_id", "date"].map(String::from).to_vec();
    let scan = Scan { columns: Some(columns), limit: Some(7), ..Scan::default() };
    let answer = lake.scan(&id, &scan).await.unwrap();
    let schema = answer.schema();
    let types: Vec<_> = schema.fields().iter().map(|f| (f.name().as_str(), f.data_type().clone())).collect();
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let expected = [
        ("segment.Region X", DataType::Utf8),
        ("ts", time),
        ("prediction_id", DataType::Utf8),
        ("date", DataType::Date32),
    ];
    assert_eq!(types, expected);
    let all = answer.collect(ALL).await.unwrap();
    assert!(all.batches.iter().all(|batch| batch.schema().fields() == schema.fields()));
    assert_eq!(all.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 7);
}

#[tokio::test]
async fn caps_cut_and_say_so() {
    let (lake, _folder, id) = filled().await;
    let collect = async |caps| lake.scan(&id, &Scan::default()).await.unwrap().collect(caps).await.unwrap();
    let rows = |batches: &[RecordBatch]| batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    for (cap, truncated) in [(0, true), (1, true), (99, true), (100, false), (101, false)] {
        let some = collect(Caps { rows: cap, ..ALL }).await;
        assert_eq!((rows(&some.batches), some.truncated), (cap.min(100), truncated), "{cap}");
    }
    let some = collect(Caps { bytes: 1, ..ALL }).await;
    assert!(some.truncated && some.batches.len() == 1);
}

#[tokio::test]
async fn a_table_that_is_not_there_is_empty() {
    let (lake, _folder) = lake();
    let id = predictions();
    let scan = window(START, START + HOUR);
    assert_eq!(lake.count(&id, &scan).await.unwrap(), 0);
    for answer in [lake.scan(&id, &scan).await.unwrap(), lake.sample(&id, &scan, 5, 1).await.unwrap()] {
        assert!(answer.schema().fields().is_empty());
        assert!(answer.collect(ALL).await.unwrap().batches.is_empty());
    }
    assert!(lake.version(&id).await.unwrap().is_none(), "a question creates no table");
}

#[tokio::test]
async fn a_sample_is_the_same_whatever_the_files() {
    let (lake, folder, id) = filled().await;
    let scan = Scan { columns: Some(vec!["prediction_id".into()]), ..Scan::default() };
    let sample =
        async |lake: &Lake, scan: &Scan, rows, seed| ids(lake.sample(&id, scan, rows, seed).await.unwrap()).await;
    let first = sample(&lake, &scan, 20, 7).await;
    assert_eq!(first.len(), 20);
    lake.compact(&id, &CompactOptions { min_files: 2, ..CompactOptions::default() }).await.unwrap();
    assert_eq!(sample(&open(&folder), &scan, 20, 7).await, first);
    assert_eq!(sample(&lake, &scan, 5, 7).await, first[..5]);
    assert_ne!(sample(&lake, &scan, 20, 8).await, first);
    assert_eq!(sample(&lake, &scan, 1000, 7).await.len(), 100);
    // Pinned: the hash is part of what a stored sample means.
    assert_eq!(first[..3], ["p21", "p81", "p66"]);
    let north = Scan { version: Some("2".into()), ..scan.clone() };
    let some = sample(&lake, &north, 30, 7).await;
    assert_eq!(some.len(), 30);
    assert!(some.iter().all(|id| id[1..].parse::<i64>().unwrap() >= 50));
    let rejects = TableId::of_tenant("default", TableName::Rejects);
    assert!(matches!(lake.sample(&rejects, &scan, 5, 7).await, Err(LakeError::MissingColumn { .. })));
}

#[tokio::test]
async fn sql_asks_and_does_nothing_else() {
    let (lake, folder, id) = filled().await;
    let tables = [("events", id.clone())];
    let sql =
        r#"select "segment.Region X" as region, avg(distance) as mean from events group by 1 order by 1 nulls last"#;
    let all = lake.sql(&tables, sql).await.unwrap().collect(ALL).await.unwrap();
    let batch = &all.batches[0];
    assert_eq!(batch.column(0).data_type(), &DataType::Utf8);
    let regions: Vec<_> = batch.column(0).as_string::<i32>().iter().collect();
    assert_eq!(regions, [Some("north"), Some("south"), None]);
    let means: Vec<_> = batch.column(1).as_primitive::<Float64Type>().values().to_vec();
    assert_eq!(means, [24.5, 24.5, 25.5]);
    let secret = folder.path().join("secret.csv");
    std::fs::write(&secret, "a\n1\n").unwrap();
    let target = folder.path().join("out.csv");
    for refused in [
        format!("select * from '{}'", secret.display()),
        format!("create external table t stored as csv location '{}'", secret.display()),
        format!("copy (select 1) to '{}'", target.display()),
        "insert into events select * from events".into(),
        "drop table events".into(),
        "set datafusion.execution.batch_size = 1".into(),
        "selec".into(),
    ] {
        let answer = lake.sql(&tables, &refused).await;
        assert!(matches!(answer, Err(LakeError::Query(_))), "{refused}: {answer:?}");
    }
    assert!(!target.exists());
    let missing = [("events", TableId::of_tenant("nobody", TableName::Kpis))];
    assert!(matches!(lake.sql(&missing, "select 1").await, Err(LakeError::NoTable(_))));
}

#[tokio::test]
async fn a_sort_beyond_the_memory_of_queries_goes_to_disk_or_fails_alone() {
    let (lake, folder) = lake();
    let id = predictions();
    lake.commit(&id, &write(vec![rows(0..20, |i| i as f64)], 1)).await.unwrap();
    let spill = tempfile::tempdir().unwrap();
    let options =
        |memory_bytes| QueryOptions { memory_bytes, spill_bytes: 1 << 30, spill_folder: Some(spill.path().to_owned()) };
    let sql = "select a.value, repeat('x', 200 + a.value % 7) as pad from range(0, 300000) as a order by a.value % 10007 desc, pad";
    let small = open(&folder).with_queries(options(24 << 20));
    let mut answer = small.sql(&[("events", id.clone())], sql).await.unwrap();
    let mut total = 0;
    while let Some(batch) = answer.next().await.unwrap() {
        total += batch.num_rows();
    }
    assert_eq!(total, 300_000);
    let none = open(&folder).with_queries(options(1 << 10));
    let failed = none.sql(&[("events", id.clone())], sql).await.unwrap().collect(ALL).await;
    assert!(matches!(failed, Err(LakeError::Query(_))), "{:?}", failed.map(|all| all.truncated));
    assert_eq!(none.count(&id, &Scan::default()).await.unwrap(), 20);
}
