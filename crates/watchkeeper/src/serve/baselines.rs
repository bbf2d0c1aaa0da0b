//! Baselines applied: their rows become the grids that a model's profiles lie over.

use arrow_array::RecordBatch;
use arrow_schema::DataType;
use jiff::Timestamp;
use watchkeeper_lake::profiles::GridSource;
use watchkeeper_server::FieldError;
use watchkeeper_server::ports::ResourceError;
use watchkeeper_spec::{Baseline, BaselineFile, BaselineSource};

use super::models::Models;
use crate::table::{InputError, Table};

/// Rows of a file that grids are made of at most.
const ROWS_MAX: usize = 1 << 20;

fn invalid(path: &str, message: String) -> ResourceError {
    ResourceError::Invalid(vec![FieldError { path: path.to_owned(), line: None, message, hint: None }])
}

/// Where the grids of `baseline` come from; `None`: the service goes on learning by itself.
pub(super) async fn source(
    models: &Models,
    tenant: &str,
    baseline: &Baseline,
) -> Result<Option<GridSource>, ResourceError> {
    let known = models
        .known(tenant, &baseline.model)
        .await
        .map_err(|error| ResourceError::Unavailable { detail: error.to_string() })?;
    if known.is_none() {
        return Err(invalid("spec.model", format!("there is no model `{}`; apply it first", baseline.model)));
    }
    match &baseline.source {
        BaselineSource::Range(range) => {
            Ok(Some(GridSource::Range { from: range.from.micros(), to: range.to.micros() }))
        }
        BaselineSource::File(BaselineFile::Url(url)) => Err(invalid(
            "spec.source.file.url",
            format!("`{url}` is not read by the server; expected a path on its machine"),
        )),
        BaselineSource::File(BaselineFile::Path(path)) => {
            let (location, shown) = (path.clone(), path.clone());
            let rows = tokio::task::spawn_blocking(move || rows_of(&location)).await;
            let rows = rows.map_err(|error| ResourceError::Internal { detail: error.to_string() })?;
            let rows =
                rows.map_err(|error| invalid("spec.source.file", format!("`{shown}` cannot be read: {error}")))?;
            Ok(Some(GridSource::Rows(rows)))
        }
        _ => Ok(None),
    }
}

/// Whether the model has grids of a whole baseline.
pub(super) async fn is_frozen(models: &Models, tenant: &str, baseline: &Baseline) -> Result<bool, ResourceError> {
    let failed = |error: &dyn std::fmt::Display| ResourceError::Unavailable { detail: error.to_string() };
    let known = models.known(tenant, &baseline.model).await.map_err(|error| failed(&error))?;
    match known {
        Some(known) => known.profiles.grids().await.map(|(_, frozen)| frozen).map_err(|error| failed(&error)),
        None => Ok(true),
    }
}

/// Makes the grids and counts all events over them.
pub(super) async fn freeze(
    models: &Models,
    tenant: &str,
    baseline: &Baseline,
    source: Option<GridSource>,
) -> Result<(), ResourceError> {
    let Some(source) = source else { return Ok(()) };
    let failed = |error: &dyn std::fmt::Display| ResourceError::Unavailable { detail: error.to_string() };
    let known = models.known(tenant, &baseline.model).await.map_err(|error| failed(&error))?;
    let Some(known) = known else { return Ok(()) };
    let columns = known.profiles.freeze(source, Timestamp::now().as_microsecond()).await.map_err(|e| failed(&e))?;
    tracing::info!(tenant, model = baseline.model, columns = columns.len(), "grids frozen from a baseline");
    Ok(())
}

/// The rows of a file in the types of tables: numbers as doubles, texts as plain texts.
fn rows_of(location: &str) -> Result<Vec<RecordBatch>, String> {
    let table = Table::open(location).map_err(|error| error.to_string())?;
    let columns: Vec<usize> = (0..table.columns.len()).collect();
    let mut batches = Vec::new();
    let mut rows = 0;
    let read = table.scan_batches(&columns, &mut |_, batch| {
        rows += batch.num_rows();
        batches.push(batch.clone());
        if rows >= ROWS_MAX { Err(InputError::Enough) } else { Ok(()) }
    });
    match read {
        Ok(()) | Err(InputError::Enough) => batches.iter().map(plain).collect(),
        Err(error) => Err(error.to_string()),
    }
}

fn plain(batch: &RecordBatch) -> Result<RecordBatch, String> {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns()).map(|(field, column)| {
        let stored = match field.data_type() {
            kind if kind.is_numeric() => DataType::Float64,
            DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => DataType::Utf8,
            kind => kind.clone(),
        };
        arrow_cast::cast(column, &stored).map(|column| (field.name().clone(), column))
    });
    let columns: Vec<_> = columns.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .map_err(|error| error.to_string())
}
