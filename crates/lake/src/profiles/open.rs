//! How many columns have their grids open, over all models: an open grid is made for speed and takes 20 KB and more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Columns beyond which models put their grids away once they have used them.
const COLUMNS_MAX: usize = 8192;

/// The count, shared by all models of a lake.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenColumns(Arc<AtomicUsize>);

impl OpenColumns {
    /// Whether there are more than should be.
    pub(super) fn too_many(&self) -> bool {
        self.0.load(Relaxed) > COLUMNS_MAX
    }

    /// Counts the columns of one model, until what is returned is gone.
    pub(super) fn count(&self, columns: usize) -> Counted {
        self.0.fetch_add(columns, Relaxed);
        Counted { all: self.clone(), columns }
    }
}

/// Columns of one model that are counted.
#[derive(Debug)]
pub(super) struct Counted {
    all: OpenColumns,
    columns: usize,
}

impl Counted {
    /// How many they are.
    pub(super) const fn columns(&self) -> usize {
        self.columns
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.columns, Relaxed);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use std::collections::HashMap;

    use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};

    use super::*;
    use crate::profiles::{Learning, ModelProfiles, Plan, Query};
    use crate::{Lake, Root, TableId, TableName, Write};

    const SECOND: i64 = 1_000_000;

    #[test]
    fn what_is_put_away_is_not_counted() {
        let all = OpenColumns::default();
        let first = all.count(COLUMNS_MAX);
        assert!(!all.too_many());
        let second = all.count(1);
        assert!(all.too_many());
        drop(first);
        assert!(!all.too_many());
        drop(second);
        assert_eq!(all.0.load(Relaxed), 0);
    }

    fn rows(from: i64) -> Write {
        let numbers = from..from + 200;
        let id: ArrayRef = Arc::new(numbers.clone().map(|n| Some(format!("p{n}"))).collect::<StringArray>());
        let times = TimestampMicrosecondArray::from_iter_values(numbers.clone().map(|n| n * SECOND));
        let time: ArrayRef = Arc::new(times.with_timezone("UTC"));
        let value: ArrayRef = Arc::new(Float64Array::from_iter_values(numbers.map(|n| (n % 7) as f64)));
        let batch = RecordBatch::try_from_iter([("prediction_id", id), ("ts", time), ("x", value)]).unwrap();
        Write { batches: vec![batch], replace: Vec::new(), applications: vec![("test".into(), from + 1)] }
    }

    async fn counted(profiles: &ModelProfiles) -> u64 {
        let all = Query { windows: vec![(0, 86_400 * SECOND)], ..Query::default() };
        profiles.profiles(&all).await.unwrap()[0]["x"].profile.classes.rows()
    }

    #[tokio::test]
    async fn grids_that_were_put_away_are_the_same_ones() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::new(Root::open(folder.path().to_str().unwrap(), &HashMap::new()).unwrap());
        let events = TableId::of_model("default", "m", TableName::Predictions);
        let plan = Plan { learning: Learning { hours: 1, rows: 100 }, ..Plan::default() };
        let profiles = ModelProfiles::new(lake.clone(), "default", "m", plan);
        lake.commit(&events, &rows(0)).await.unwrap();
        assert_eq!(profiles.follow(300 * SECOND).await.unwrap().version, Some(1));
        profiles.rest().await;
        let open = profiles.state.lock().await.grids.len();
        assert_eq!(open, 1, "there is room");

        let others = lake.open_columns.count(COLUMNS_MAX);
        profiles.rest().await;
        assert!(profiles.state.lock().await.grids.is_empty());
        assert_eq!(lake.open_columns.0.load(Relaxed), COLUMNS_MAX);
        lake.commit(&events, &rows(200)).await.unwrap();
        assert_eq!(profiles.follow(600 * SECOND).await.unwrap().rows, 200);
        profiles.rest().await;
        profiles.flush().await.unwrap();
        profiles.rest().await;
        // A question opens them and puts them away again, as long as there are too many.
        assert_eq!(counted(&profiles).await, 400);
        assert_eq!(lake.open_columns.0.load(Relaxed), COLUMNS_MAX);
        drop(others);
        assert_eq!(counted(&profiles).await, 400);
        assert_eq!(lake.open_columns.0.load(Relaxed), 1);
    }
}
