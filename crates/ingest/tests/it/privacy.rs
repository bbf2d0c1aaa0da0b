//! The privacy gate: actions, decisions, and that nothing that must not be stored is in any buffer behind it.

mod actions;
mod buffers;
mod decisions;
mod keys;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use watchkeeper_ingest::Stream;
use watchkeeper_ingest::privacy::{Declared, Gate, GatePlan, Gated, NoKey, Secret};
use watchkeeper_spec::Privacy;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

fn texts<'t>(values: impl IntoIterator<Item = &'t str>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).collect::<StringArray>())
}

fn numbers(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).collect::<Float64Array>())
}

fn times(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
}

fn booleans(values: Vec<bool>) -> ArrayRef {
    Arc::new(BooleanArray::from(values))
}

fn key() -> Secret {
    Secret::new(*b"0123456789abcdef0123456789abcdef").unwrap()
}

fn plan(declared: &[(&str, Privacy)]) -> GatePlan {
    let mut plan = GatePlan::new("default", Stream::Predictions);
    for (column, privacy) in declared {
        plan.declared.insert((*column).to_owned(), Declared { privacy: Some(privacy.clone()), ..Declared::default() });
    }
    plan
}

fn gate(declared: &[(&str, Privacy)]) -> Gate {
    Gate::new(plan(declared), &key())
}

fn keyless() -> Gate {
    Gate::new(plan(&[]), &NoKey)
}

/// The texts of a column, nulls as `None`.
fn text_column(gated: &Gated, column: &str) -> Vec<Option<String>> {
    let array = gated.batch.column_by_name(column).unwrap_or_else(|| panic!("no {column} in {:?}", names(gated)));
    array.as_string::<i32>().iter().map(|value| value.map(str::to_owned)).collect()
}

fn number_column(gated: &Gated, column: &str) -> Vec<Option<f64>> {
    let array = gated.batch.column_by_name(column).unwrap_or_else(|| panic!("no {column} in {:?}", names(gated)));
    array.as_primitive::<Float64Type>().iter().collect()
}

fn names(gated: &Gated) -> Vec<String> {
    gated.batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect()
}
