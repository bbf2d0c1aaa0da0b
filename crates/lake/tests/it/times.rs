//! When rows of a table begin and end, to the microsecond, and when a version was committed.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use watchkeeper_lake::maintain::CompactOptions;

use crate::support::{HOUR, START, lake, open, predictions, write};

fn at(times: &[i64], first: usize) -> RecordBatch {
    let ids: ArrayRef = Arc::new((0..times.len()).map(|n| Some(format!("p{}", first + n))).collect::<StringArray>());
    let times = |add: i64| {
        let times = TimestampMicrosecondArray::from_iter_values(times.iter().map(|time| START + time + add));
        Arc::new(times.with_timezone("UTC")) as ArrayRef
    };
    RecordBatch::try_from_iter([("prediction_id", ids), ("ts", times(0)), ("received_at", times(1))]).unwrap()
}

#[tokio::test]
async fn first_and_last_are_exact_though_the_log_is_not() {
    let (lake, folder) = lake();
    let table = predictions();
    assert_eq!(lake.times(&table).await.unwrap(), None);
    // All in the same milliseconds: the log cannot tell them apart.
    let commits: [&[i64]; 4] =
        [&[5_000_700, 5_000_200], &[5_000_100, 90_000_999], &[90_000_000], &[3 * HOUR, 40 * HOUR + 7]];
    let mut whole = (i64::MAX, i64::MIN);
    let mut rows = 0;
    for (number, times) in commits.into_iter().enumerate() {
        lake.commit(&table, &write(vec![at(times, rows)], number as i64 + 1)).await.unwrap();
        rows += times.len();
        for time in times {
            whole = (whole.0.min(START + time), whole.1.max(START + time));
        }
        assert_eq!(lake.times(&table).await.unwrap(), Some(whole));
    }
    lake.compact(&table, &CompactOptions::default()).await.unwrap();
    assert_eq!(lake.times(&table).await.unwrap(), Some((START + 5_000_100, START + 40 * HOUR + 7)));
    assert_eq!(open(&folder).times(&table).await.unwrap(), Some((START + 5_000_100, START + 40 * HOUR + 7)));
}

#[tokio::test]
async fn a_version_was_committed_when_its_log_entry_says() {
    let (lake, _folder) = lake();
    let table = predictions();
    assert_eq!(lake.committed_at(&table, 0).await.unwrap(), None);
    let before = jiff::Timestamp::now().as_millisecond() * 1000;
    lake.commit(&table, &write(vec![at(&[0], 0)], 1)).await.unwrap();
    let version = lake.version(&table).await.unwrap().unwrap();
    let at = lake.committed_at(&table, version).await.unwrap().unwrap();
    assert!(before <= at && at <= jiff::Timestamp::now().as_microsecond(), "{before} {at}");
    assert_eq!(lake.committed_at(&table, version + 1).await.unwrap(), None);
}
