//! Files that hold predictions together with their labels: each batch becomes one of predictions, which do not know the
//! label, and one of labels.

use std::sync::Arc;

use arrow_array::{Array, BooleanArray, RecordBatch, UInt64Array};
use arrow_schema::{ArrowError, Field, Schema};
use arrow_select::filter::filter_record_batch;
use serde_json::{Map, Value};
use watchkeeper_ingest::names;

/// Columns that a label takes over from its prediction.
const CARRIED: [&str; 5] = [names::PREDICTION_ID, "id", names::TS, names::VERSION, names::ENVIRONMENT];

/// Which columns are labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabelColumns {
    /// The first one is the label and is sent under that name; the others keep theirs. Never empty.
    pub(super) labels: Vec<String>,
    /// When the label became known; sent as `label_ts`.
    pub(super) time: Option<String>,
}

/// Labels and the row of the input that each came from.
pub(super) type Labels<T> = (T, Vec<u64>);

impl LabelColumns {
    fn is_label(&self, column: &str) -> bool {
        self.labels.iter().any(|label| label == column) || self.time.as_deref() == Some(column)
    }

    /// The name that a column has among the labels; `None` for columns that only predictions have.
    fn name_of<'a>(&'a self, column: &'a str) -> Option<&'a str> {
        if self.labels.first().is_some_and(|label| label == column) {
            Some(names::LABEL)
        } else if self.time.as_deref() == Some(column) {
            Some(names::LABEL_TS)
        } else if self.is_label(column) || CARRIED.contains(&column) {
            Some(column)
        } else {
            None
        }
    }

    /// Predictions without the labels' columns, and the labels of the rows that have one. `first_row` is the number of
    /// the batch's first row.
    pub(super) fn split(
        &self,
        batch: &RecordBatch,
        first_row: u64,
    ) -> Result<(RecordBatch, Labels<RecordBatch>), ArrowError> {
        let fields = batch.schema_ref().fields().iter().enumerate();
        let kept: Vec<usize> = fields.clone().filter(|(_, f)| !self.is_label(f.name())).map(|(at, _)| at).collect();
        let predictions = batch.project(&kept)?;
        let (mut columns, mut arrays) = (Vec::new(), Vec::new());
        for (at, field) in fields {
            if let (Some(name), Some(array)) = (self.name_of(field.name()), batch.columns().get(at)) {
                columns.push(Field::new(name, field.data_type().clone(), true));
                arrays.push(array.clone());
            }
        }
        let all = RecordBatch::try_new(Arc::new(Schema::new(columns)), arrays)?;
        let label = all.column_by_name(names::LABEL);
        let known = |row: usize| label.is_some_and(|label| label.is_valid(row));
        let mask: BooleanArray = (0..all.num_rows()).map(|row| Some(known(row))).collect();
        let rows = UInt64Array::from_iter_values((first_row..).take(all.num_rows()));
        let rows = rows.values().iter().copied().zip(mask.values()).filter(|(_, known)| *known).map(|(row, _)| row);
        let rows = rows.collect();
        Ok((predictions, (filter_record_batch(&all, &mask)?, rows)))
    }

    /// The same of one object: the label is taken out of it, `None` when it has none.
    pub(super) fn split_object(&self, object: &mut Map<String, Value>) -> Option<Map<String, Value>> {
        let mut label = Map::new();
        for name in CARRIED {
            if let Some(value) = object.get(name) {
                label.insert(name.to_owned(), value.clone());
            }
        }
        for name in self.labels.iter().chain(&self.time) {
            if let (Some(value), Some(under)) = (object.remove(name), self.name_of(name)) {
                label.insert(under.to_owned(), value);
            }
        }
        label.get(names::LABEL).is_some_and(|value| !value.is_null()).then_some(label)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::table::Table;

    fn flights() -> LabelColumns {
        LabelColumns { labels: vec!["label".into(), "arr_delay".into()], time: Some("label_ts".into()) }
    }

    #[test]
    fn real_flights_are_split_into_predictions_and_labels() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/flights/current/2014-01.parquet");
        let table = Table::open(file.to_str().unwrap()).unwrap();
        let all: Vec<usize> = (0..table.columns.len()).collect();
        let (mut rows, mut labels, mut numbers) = (0, 0, Vec::new());
        table
            .scan_batches(&all, &mut |first, batch| {
                let (predictions, (known, of)) = flights().split(batch, first).unwrap();
                assert_eq!(predictions.num_rows(), batch.num_rows());
                assert_eq!(predictions.num_columns(), batch.num_columns() - 3);
                for gone in ["label", "arr_delay", "label_ts"] {
                    assert!(predictions.column_by_name(gone).is_none(), "{gone}");
                }
                let schema = known.schema();
                let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                assert_eq!(names, ["prediction_id", "ts", "label_ts", "label", "arr_delay"]);
                assert_eq!(known.column_by_name("label").unwrap().null_count(), 0);
                assert_eq!(known.num_rows(), of.len());
                rows += batch.num_rows();
                labels += known.num_rows();
                numbers.extend(of);
                Ok(())
            })
            .unwrap();
        // 88 flights of that night; those cancelled or diverted have no label.
        assert_eq!(rows, 88);
        assert!(labels > 0 && labels <= rows, "{labels}");
        let nulls = {
            let at = table.index_of("label").unwrap();
            let mut nulls = 0;
            table.scan_column(at, false, &mut |_, array| nulls += array.null_count()).unwrap();
            nulls
        };
        assert_eq!(labels + nulls, rows);
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn the_first_label_column_is_the_label_and_null_is_none() {
        let columns = LabelColumns { labels: vec!["late".into(), "delay".into()], time: None };
        let split = |mut object: Value| {
            let object = object.as_object_mut().unwrap();
            let label = columns.split_object(object).map(Value::Object);
            (Value::Object(object.clone()), label)
        };
        let (prediction, label) = split(json!({"id": "a", "x": 1, "late": 1, "delay": 20, "version": "2"}));
        assert_eq!(prediction, json!({"id": "a", "x": 1, "version": "2"}));
        assert_eq!(label, Some(json!({"id": "a", "version": "2", "label": 1, "delay": 20})));
        assert_eq!(split(json!({"id": "a", "late": null, "delay": 20})), (json!({"id": "a"}), None));
        assert_eq!(split(json!({"id": "a"})).1, None);
    }

    #[test]
    fn a_batch_without_any_label_gives_no_labels() {
        let id: arrow_array::ArrayRef = Arc::new(arrow_array::StringArray::from(vec!["a", "b"]));
        let late: arrow_array::ArrayRef = Arc::new(arrow_array::Int64Array::from(vec![None, None]));
        let batch =
            RecordBatch::try_from_iter_with_nullable([("prediction_id", id, false), ("late", late, true)]).unwrap();
        let columns = LabelColumns { labels: vec!["late".into()], time: None };
        let (predictions, (labels, rows)) = columns.split(&batch, 7).unwrap();
        assert_eq!((predictions.num_rows(), labels.num_rows(), rows.len()), (2, 0, 0));
    }
}
