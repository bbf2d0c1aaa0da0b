//! Samples that are the same each time.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, UInt64Array};
use arrow_schema::DataType;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarUDF, Volatility, cast, create_udf};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{Rows, Scan, chosen, column};
use crate::{Lake, LakeError, TableId};

impl Lake {
    /// `rows` rows of those that `scan` asks for, drawn by the hash of their id under `seed`: each row is as likely as any
    /// other, and the same rows come whatever files they lie in and whenever they are asked for. A larger sample under the
    /// same seed holds the smaller ones. Rows are ordered by their hash; the limit of `scan` plays no part.
    ///
    /// # Errors
    /// [`LakeError::MissingColumn`] for a table whose rows have no id; else as [`Lake::scan`].
    pub async fn sample(&self, id: &TableId, scan: &Scan, rows: usize, seed: u64) -> Result<Rows, LakeError> {
        let Some(name) = id.name.id_column() else {
            return Err(LakeError::MissingColumn { table: id.to_string(), column: "of an id".into() });
        };
        let Some(all) = self.filtered(id, scan).await? else { return Ok(Rows::none()) };
        let text = cast(column(name), DataType::Utf8);
        let order: Vec<_> = [hash(seed).call(vec![text]), column(name), column(id.name.time_column())]
            .into_iter()
            .map(|expr: Expr| expr.sort(true, true))
            .collect();
        // Sorting with a limit holds no more than `rows` rows a thread.
        Rows::of(chosen(all.sort(order)?.limit(0, Some(rows))?, scan)?).await
    }
}

/// The hash of a text under a seed: XXH3, which is the same on every machine and in every version.
fn hash(seed: u64) -> ScalarUDF {
    let hash = move |arguments: &[ColumnarValue]| {
        let [texts] = ColumnarValue::values_to_arrays(arguments)?.try_into().map_err(|_| wrong())?;
        let texts: &ArrayRef = &texts;
        let texts = texts.as_string_opt::<i32>().ok_or_else(wrong)?;
        let hashes: UInt64Array =
            texts.iter().map(|text| text.map(|text| xxh3_64_with_seed(text.as_bytes(), seed))).collect();
        Ok(ColumnarValue::Array(Arc::new(hashes) as Arc<dyn Array>))
    };
    create_udf("sample_hash", vec![DataType::Utf8], DataType::UInt64, Volatility::Immutable, Arc::new(hash))
}

fn wrong() -> DataFusionError {
    DataFusionError::Internal("the hash of a sample takes one text".into())
}
