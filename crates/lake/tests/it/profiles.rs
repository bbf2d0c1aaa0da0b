//! Profiles that follow: equal to a rebuild, to the bit, whatever happened on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use watchkeeper_lake::profiles::{Buckets, Learning, ModelProfiles, Plan, Query};
use watchkeeper_lake::{Lake, Replace, TableId, TableName};

use crate::support::{HOUR, START, lake, open, predictions, rows, write};

/// An hour after the 200th row.
const NOW: i64 = START + 201 * HOUR;
const DAY: i64 = 24 * HOUR;

fn plan() -> Plan {
    Plan {
        segments: vec!["origin".into()],
        learning: Learning { hours: 24, rows: 20 },
        buckets: Buckets { hour_after: 48 * 3600, day_after: 5 * 86_400, ..Buckets::default() },
        ..Plan::default()
    }
}

/// Rows with an origin and a version.
fn flights(range: std::ops::Range<i64>) -> RecordBatch {
    let batch = rows(range.clone(), |i| ((i * 7919) % 1000) as f64 / 10.0);
    let origin: ArrayRef =
        Arc::new(range.clone().map(|i| Some(["EWR", "JFK", "LGA"][(i % 3) as usize])).collect::<StringArray>());
    let version: ArrayRef = Arc::new(range.map(|i| Some(if i < 100 { "1" } else { "2" })).collect::<StringArray>());
    let schema = batch.schema();
    let columns = schema.fields().iter().map(|f| f.name().clone()).zip(batch.columns().iter().cloned());
    RecordBatch::try_from_iter(columns.chain([("origin".into(), origin), ("version".into(), version)])).unwrap()
}

/// `batch` with the time of hour `hour`.
fn late(batch: &RecordBatch, hour: i64) -> RecordBatch {
    let mut columns = batch.columns().to_vec();
    let times = arrow_array::TimestampMicrosecondArray::from_value(START + hour * HOUR, batch.num_rows());
    columns[1] = Arc::new(times.with_timezone("UTC"));
    RecordBatch::try_new(batch.schema(), columns).unwrap()
}

fn profiles(lake: &Lake) -> ModelProfiles {
    ModelProfiles::new(lake.clone(), "default", "flights", plan())
}

fn by_day() -> Query {
    Query { windows: (0..9).map(|d| (START + d * DAY, START + (d + 1) * DAY)).collect(), ..Query::default() }
}

type Bits = Vec<BTreeMap<String, (i32, Vec<u8>)>>;

async fn bits(profiles: &ModelProfiles, query: &Query) -> Bits {
    let windows = profiles.profiles(query).await.unwrap();
    windows
        .into_iter()
        .map(|w| w.into_iter().map(|(c, p)| (c, (p.grid.number, p.profile.encode()))).collect())
        .collect()
}

fn count(bits: &Bits) -> u64 {
    bits.iter().map(|w| watchkeeper_profile::Profile::decode(&w["distance"].1).unwrap().classes.rows()).sum()
}

async fn rebuilt(lake: &Lake, query: &Query) -> Bits {
    let anew = profiles(lake);
    anew.follow(NOW).await.unwrap();
    anew.rebuild(NOW).await.unwrap();
    bits(&anew, query).await
}

#[tokio::test]
async fn following_in_any_steps_is_a_rebuild() {
    let (lake, _folder) = lake();
    let live = profiles(&lake);
    for step in 0..20 {
        lake.commit(&predictions(), &write(vec![flights(step * 10..step * 10 + 10)], step + 1)).await.unwrap();
        live.follow(START + (step * 10 + 10) * HOUR).await.unwrap();
        if step % 4 == 3 {
            live.flush().await.unwrap();
        }
    }
    let live_bits = bits(&live, &by_day()).await;
    assert_eq!(count(&live_bits), 200);
    let mut half = by_day();
    half.segments.insert("origin".into(), "JFK".into());
    half.version = Some("2".into());
    assert_eq!(count(&bits(&live, &half).await), 34);
    live.flush().await.unwrap();
    assert_eq!(bits(&live, &by_day()).await, live_bits, "a flush changes nothing");
    let hours = Query { windows: vec![(START + 170 * HOUR, START + 173 * HOUR)], ..Query::default() };
    let few = bits(&live, &hours).await;
    assert_eq!(count(&few), 3);
    assert!(live.roll_up(NOW, 100).await.unwrap().days > 0);
    assert_eq!(bits(&live, &by_day()).await, live_bits, "a roll-up changes nothing");
    assert_eq!(bits(&live, &hours).await, few, "nor for a window that cuts through sums");
    assert_eq!(live.roll_up(NOW, 100).await.unwrap().days, 0, "once is enough");
    // What comes late lies beside the sums of its day.
    lake.commit(&predictions(), &write(vec![flights(200..201)], 21)).await.unwrap();
    lake.commit(&predictions(), &write(vec![late(&flights(500..501), 30)], 22)).await.unwrap();
    live.follow(NOW).await.unwrap();
    live.flush().await.unwrap();
    let live_bits = bits(&live, &by_day()).await;
    assert_eq!(count(&live_bits), 202);
    assert_eq!(rebuilt(&lake, &by_day()).await, live_bits);
    assert_eq!(rebuilt(&lake, &half).await, bits(&live, &half).await);
}

#[tokio::test]
async fn a_crash_before_the_flush_loses_and_doubles_nothing() {
    let (lake, folder) = lake();
    let first = profiles(&lake);
    for step in 0..10 {
        lake.commit(&predictions(), &write(vec![flights(step * 20..step * 20 + 20)], step + 1)).await.unwrap();
        first.follow(NOW).await.unwrap();
        if step == 6 {
            first.flush().await.unwrap();
        }
    }
    let before = bits(&first, &by_day()).await;
    drop(first);
    let lake = open(&folder);
    let second = profiles(&lake);
    second.follow(NOW).await.unwrap();
    assert_eq!(bits(&second, &by_day()).await, before);
    assert_eq!(count(&before), 200);
}

#[tokio::test]
async fn corrections_and_erasures_are_as_if_they_had_always_been() {
    let (lake, _folder) = lake();
    let live = profiles(&lake);
    lake.commit(&predictions(), &write(vec![flights(0..200)], 1)).await.unwrap();
    live.follow(NOW).await.unwrap();
    live.flush().await.unwrap();
    live.roll_up(NOW, 100).await.unwrap();
    let day = |i: i64| i32::try_from((START + i * HOUR) / DAY).unwrap();
    let corrected = rows(4..5, |_| 7e9);
    let mut columns = corrected.columns().to_vec();
    // A correction is received later than what it corrects.
    let received = arrow_array::TimestampMicrosecondArray::from_iter_values([START + 300 * HOUR]);
    columns[2] = Arc::new(received.with_timezone("UTC"));
    let corrected = RecordBatch::try_new(corrected.schema(), columns).unwrap();
    let mut correction = write(vec![corrected, flights(200..203)], 2);
    correction.replace = vec![Replace { id: "p4".into(), day: day(4) }, Replace { id: "p150".into(), day: day(150) }];
    lake.commit(&predictions(), &correction).await.unwrap();
    live.follow(NOW + 3 * HOUR).await.unwrap();
    let got = bits(&live, &by_day()).await;
    assert_eq!(count(&got), 202);
    assert_eq!(rebuilt(&lake, &by_day()).await, got);
    let first_day = watchkeeper_profile::Profile::decode(&got[0]["distance"].1).unwrap();
    let summary = first_day.numeric().unwrap().summary(match live.grids().await.unwrap().0["distance"].grid.as_ref() {
        watchkeeper_profile::Grid::Numeric(grid) => grid,
        other => panic!("{other:?}"),
    });
    assert_eq!(summary.max, Some(7e9));
    live.roll_up(NOW, 100).await.unwrap();
    assert_eq!(bits(&live, &by_day()).await, got);
}

#[tokio::test]
async fn a_new_column_gets_its_grid_and_its_past() {
    let (lake, _folder) = lake();
    let live = profiles(&lake);
    lake.commit(&predictions(), &write(vec![flights(0..60)], 1)).await.unwrap();
    live.follow(NOW).await.unwrap();
    let wide = |range: std::ops::Range<i64>| {
        let batch = flights(range.clone());
        let more: ArrayRef = Arc::new(arrow_array::Float64Array::from_iter_values(range.map(|i| i as f64)));
        let schema = batch.schema();
        let columns = schema.fields().iter().map(|f| f.name().clone()).zip(batch.columns().iter().cloned());
        RecordBatch::try_from_iter(columns.chain([("gust".into(), more)])).unwrap()
    };
    // All within a day, so that the grid sees enough of them.
    let same_day = |from: i64| {
        let batch = wide(from..from + 120);
        let ts = arrow_array::TimestampMicrosecondArray::from_iter_values((0..120).map(|i| START + 70 * HOUR + i));
        let mut columns = batch.columns().to_vec();
        columns[1] = Arc::new(ts.with_timezone("UTC"));
        RecordBatch::try_new(batch.schema(), columns).unwrap()
    };
    lake.commit(&predictions(), &write(vec![same_day(60)], 2)).await.unwrap();
    live.follow(NOW).await.unwrap();
    let got = bits(&live, &by_day()).await;
    let gust: u64 =
        got.iter().map(|w| watchkeeper_profile::Profile::decode(&w["gust"].1).unwrap().classes.usable()).sum();
    assert_eq!(gust, 120);
    assert_eq!(rebuilt(&lake, &by_day()).await, got);
}

#[tokio::test]
async fn a_correction_reaches_buckets_that_are_wider_than_their_age_asks_for() {
    let (lake, _folder) = lake();
    let live = profiles(&lake);
    lake.commit(&predictions(), &write(vec![flights(0..200)], 1)).await.unwrap();
    // The clock was a month ahead, so all buckets are a day wide.
    live.follow(NOW + 30 * DAY).await.unwrap();
    live.flush().await.unwrap();
    let mut erasure = write(vec![flights(200..203)], 2);
    let day = i32::try_from((START + 198 * HOUR) / DAY).unwrap();
    erasure.replace = vec![Replace { id: "p198".into(), day }];
    lake.commit(&predictions(), &erasure).await.unwrap();
    live.follow(NOW).await.unwrap();
    let got = bits(&live, &by_day()).await;
    assert_eq!(count(&got), 202);
    assert_eq!(rebuilt(&lake, &by_day()).await, got);
}

#[tokio::test]
async fn retention_takes_old_profiles_and_no_grid() {
    let (lake, _folder) = lake();
    let live = profiles(&lake);
    lake.commit(&predictions(), &write(vec![flights(0..200)], 1)).await.unwrap();
    live.follow(NOW).await.unwrap();
    live.flush().await.unwrap();
    let grids = live.grids().await.unwrap().0;
    let before = bits(&live, &by_day()).await;
    let table = TableId::of_model("default", "flights", TableName::Profiles);
    let first_day = i32::try_from(START / DAY).unwrap();
    assert!(lake.expire(&table, first_day + 1).await.unwrap().rows > 0);
    let after_a_restart = profiles(&lake);
    assert_eq!(after_a_restart.grids().await.unwrap().0.keys().collect::<Vec<_>>(), grids.keys().collect::<Vec<_>>());
    let after = bits(&after_a_restart, &by_day()).await;
    assert_ne!(after[0], before[0]);
    assert_eq!(after[1..], before[1..]);
}
