//! Commits: once, in their day, with new columns, with rows replaced; followed commit by commit.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, StringArray};
use watchkeeper_lake::{Committed, LakeError, Replace};

use crate::support::{lake, open, predictions, read_back, rows, write};

#[tokio::test]
async fn a_repeated_commit_changes_nothing() {
    let (lake, folder) = lake();
    let id = predictions();
    assert!(lake.schema(&id).await.unwrap().is_none());
    assert!(matches!(lake.commit(&id, &write(vec![rows(0..30, |i| i as f64)], 1)).await.unwrap(), Committed::At(_)));
    assert_eq!(lake.commit(&id, &write(vec![rows(0..30, |i| i as f64)], 1)).await.unwrap(), Committed::Before);
    let other = open(&folder);
    assert_eq!(other.commit(&id, &write(vec![rows(0..30, |i| i as f64)], 1)).await.unwrap(), Committed::Before);
    assert_eq!(other.transaction(&id, "journal:test").await.unwrap(), Some(1));
    let size = other.size(&id).await.unwrap().unwrap();
    assert_eq!((size.rows, size.files), (30, 2));
    assert_eq!(read_back(&lake, &id).await.len(), 30);
}

#[tokio::test]
async fn columns_come_later_and_types_do_not_change() {
    let (lake, _folder) = lake();
    let id = predictions();
    lake.commit(&id, &write(vec![rows(0..3, |i| i as f64)], 1)).await.unwrap();
    let batch = rows(3..5, |i| i as f64);
    let more: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let columns = batch.schema_ref().fields().iter().map(|f| f.name().clone()).zip(batch.columns().iter().cloned());
    let wide = arrow_array::RecordBatch::try_from_iter(columns.chain([("Sepal Width (cm)".to_owned(), more)])).unwrap();
    lake.commit(&id, &write(vec![wide, rows(5..6, |_| 0.5)], 2)).await.unwrap();
    let schema = lake.schema(&id).await.unwrap().unwrap();
    assert!(schema.field_with_name("Sepal Width (cm)").is_ok(), "{schema:?}");
    assert_eq!(read_back(&lake, &id).await.len(), 6);
    let wrong: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
    let batch = rows(7..8, |_| 0.0);
    let columns = batch.schema_ref().fields().iter().map(|f| f.name().clone()).zip(batch.columns().iter().cloned());
    let columns = columns.map(|(name, column)| if name == "distance" { (name, wrong.clone()) } else { (name, column) });
    let changed = arrow_array::RecordBatch::try_from_iter(columns).unwrap();
    let error = lake.commit(&id, &write(vec![changed], 3)).await.unwrap_err();
    assert!(matches!(error, LakeError::ColumnType { ref column, .. } if column == "distance"), "{error}");
    assert_eq!(read_back(&lake, &id).await.len(), 6);
}

#[tokio::test]
async fn a_replaced_row_is_there_once_and_the_tail_tells() {
    let (lake, _folder) = lake();
    let id = predictions();
    lake.commit(&id, &write(vec![rows(0..30, |i| i as f64)], 1)).await.unwrap();
    let mut correction = write(vec![rows(4..5, |_| 99.0)], 2);
    correction.replace =
        vec![Replace { id: "p4".into(), day: i32::try_from(crate::support::START / 86_400_000_000).unwrap() }];
    lake.commit(&id, &correction).await.unwrap();
    let rows = read_back(&lake, &id).await;
    assert_eq!(rows.len(), 30);
    assert_eq!(rows.iter().find(|(id, _)| id == "p4").unwrap().1, Some(99.0));
    let changes = lake.changes(&id, None, 100).await.unwrap();
    let last = changes.last().unwrap();
    assert_eq!((last.removed.len(), last.added.len()), (1, 2));
    let added: u64 = changes.iter().flat_map(|c| &c.added).filter_map(|f| f.rows).sum();
    assert_eq!(added, 30 + 23 + 1);
    assert!(lake.changes(&id, Some(last.version), 100).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_lakes_write_one_table() {
    let (lake, folder) = lake();
    let other = open(&folder);
    let id = predictions();
    let one = async {
        for n in 0..12 {
            lake.commit(&id, &write(vec![rows(n * 10..n * 10 + 10, |i| i as f64)], n + 1)).await.unwrap();
        }
    };
    let two = async {
        for n in 0..12 {
            let mut w = write(vec![rows(1000 + n * 10..1000 + n * 10 + 10, |i| i as f64)], n + 1);
            w.applications[0].0 = "journal:other".into();
            other.commit(&id, &w).await.unwrap();
        }
    };
    tokio::join!(one, two);
    assert_eq!(read_back(&lake, &id).await.len(), 240);
}
