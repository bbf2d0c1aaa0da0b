//! Rows that are selected by what their columns hold.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, BooleanArray, RecordBatch};

/// Values of one column.
#[derive(Clone, Default)]
pub struct Wanted {
    /// Texts.
    pub texts: HashSet<String>,
    /// Numbers.
    pub numbers: Vec<f64>,
    /// `true`, `false` or both.
    pub booleans: Vec<bool>,
}

impl Wanted {
    /// These texts.
    #[must_use]
    pub fn texts(texts: impl IntoIterator<Item = String>) -> Self {
        Self { texts: texts.into_iter().collect(), ..Self::default() }
    }
}

/// The rows in which each of the columns holds one of its values; every row when there is no column.
///
/// `Debug` shows no value: they may be what nobody is to see any more.
#[derive(Clone)]
pub struct Selection(Arc<Vec<(String, Wanted)>>);

impl fmt::Debug for Selection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.columns()).finish()
    }
}

impl Selection {
    /// The rows in which each of `columns` holds one of its values.
    #[must_use]
    pub fn new(columns: impl IntoIterator<Item = (String, Wanted)>) -> Self {
        Self(Arc::new(columns.into_iter().collect()))
    }

    /// Names of the columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Which rows of `batch` are selected. A column that the batch lacks holds nothing.
    pub(crate) fn of(&self, batch: &RecordBatch) -> BooleanArray {
        let mut selected = vec![true; batch.num_rows()];
        for (name, wanted) in self.0.iter() {
            let holds = batch.column_by_name(name).map(|array| holds(array.as_ref(), wanted));
            match holds {
                Some(holds) => selected.iter_mut().zip(holds).for_each(|(row, holds)| *row &= holds),
                None => selected.fill(false),
            }
        }
        BooleanArray::from(selected)
    }

    /// The rows of `batch` that stay without those selected.
    pub(crate) fn rest(&self, batch: &RecordBatch) -> BooleanArray {
        self.of(batch).iter().map(|selected| selected.map(|selected| !selected)).collect()
    }
}

fn holds(array: &dyn Array, wanted: &Wanted) -> Vec<bool> {
    if let Some(texts) = array.as_string_opt::<i32>() {
        return texts.iter().map(|text| text.is_some_and(|text| wanted.texts.contains(text))).collect();
    }
    if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        let bits: HashSet<u64> = wanted.numbers.iter().map(|number| number.to_bits()).collect();
        return numbers.iter().map(|number| number.is_some_and(|number| bits.contains(&number.to_bits()))).collect();
    }
    if let Some(booleans) = array.as_boolean_opt() {
        return booleans.iter().map(|value| value.is_some_and(|value| wanted.booleans.contains(&value))).collect();
    }
    vec![false; array.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, Float64Array, StringArray};

    #[test]
    fn every_column_must_hold_one_of_its_values_and_nothing_is_shown() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("b"), None]));
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), Some(2.0), Some(1.0)]));
        let batch = RecordBatch::try_from_iter([("t", texts), ("n", numbers)]).unwrap();
        let text = || ("t".to_owned(), Wanted::texts(["a".to_owned(), "b".to_owned()]));
        let number = ("n".to_owned(), Wanted { numbers: vec![1.0], ..Wanted::default() });
        let of = |columns: Vec<(String, Wanted)>| Selection::new(columns).of(&batch);
        assert_eq!(of(vec![text()]), BooleanArray::from(vec![true, true, false]));
        assert_eq!(of(vec![text(), number]), BooleanArray::from(vec![true, false, false]));
        assert_eq!(of(vec![("other".into(), text().1)]), BooleanArray::from(vec![false; 3]));
        assert_eq!(format!("{:?}", Selection::new([text()])), "[\"t\"]");
    }
}
