//! Baselines applied: their rows become the grids that a model's profiles lie over.

use arrow_array::RecordBatch;
use arrow_schema::DataType;
use jiff::Timestamp;
use watchkeeper_catalog::{Kind, ResourceKey};
use watchkeeper_lake::profiles::{EventRange, GridSource};
use watchkeeper_lake::query::Scan;
use watchkeeper_lake::{TableId, TableName};
use watchkeeper_server::FieldError;
use watchkeeper_server::ports::ResourceError;
use watchkeeper_spec::{Baseline, BaselineFile, BaselineSource, Resource};

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
            let range = EventRange {
                from: range.from.micros(),
                to: range.to.micros(),
                version: range.version.clone(),
                environment: range.environment.clone(),
            };
            has_events(models, tenant, baseline, &range).await?;
            Ok(Some(GridSource::Range(range)))
        }
        BaselineSource::File(file) => {
            let location = location(file)?;
            let shown = location.clone();
            let rows = tokio::task::spawn_blocking(move || rows_of(&location)).await;
            let rows = rows.map_err(|error| ResourceError::Internal { detail: error.to_string() })?;
            let rows =
                rows.map_err(|error| invalid("spec.source.file", format!("`{shown}` cannot be read: {error}")))?;
            Ok(Some(GridSource::Rows(rows)))
        }
        _ => Ok(None),
    }
}

/// The path of a baseline's files. The URL of another store is not shown: it may hold a signature.
fn location(file: &BaselineFile) -> Result<String, ResourceError> {
    let url = match file {
        BaselineFile::Path(path) => return Ok(path.clone()),
        BaselineFile::Url(url) => url,
        _ => return Err(invalid("spec.source.file", "this kind of source is not known to the server".into())),
    };
    let parsed = url::Url::parse(url).ok();
    let path = parsed.as_ref().filter(|url| url.scheme() == "file").and_then(|url| url.to_file_path().ok());
    path.and_then(|path| path.into_os_string().into_string().ok()).ok_or_else(|| {
        let scheme = url.split("://").next().unwrap_or_default();
        let message = format!("the server reads no baseline from `{scheme}://`; expected a file on its machine");
        let hint = "copy the file there and name it as `path`, or send its rows as events and take a `range` of them";
        ResourceError::Invalid(vec![FieldError {
            path: "spec.source.file.url".into(),
            line: None,
            message,
            hint: Some(hint.into()),
        }])
    })
}

/// Refuses a range without events: no grid could be made of it, and nobody would be told.
async fn has_events(
    models: &Models,
    tenant: &str,
    baseline: &Baseline,
    range: &EventRange,
) -> Result<(), ResourceError> {
    let scan = Scan {
        from_us: Some(range.from),
        to_us: Some(range.to),
        version: range.version.clone(),
        environment: range.environment.clone(),
        ..Scan::default()
    };
    let events = TableId::of_model(tenant, &baseline.model, TableName::Predictions);
    let rows = models.lake.count(&events, &scan).await;
    if rows.map_err(|error| ResourceError::Unavailable { detail: error.to_string() })? > 0 {
        return Ok(());
    }
    // Its events may have grown too old since it was applied first: applying it again is no mistake.
    let key = ResourceKey::new(tenant, Kind::Baseline, &baseline.metadata.name);
    let stored = models.catalog.get(&key).await;
    let stored = stored.map_err(|error| ResourceError::Unavailable { detail: error.to_string() })?;
    let stored = stored.and_then(|stored| Resource::from_json(&stored.body.to_string(), "the catalog").ok());
    if matches!(stored, Some(Resource::Baseline(stored)) if stored.source == baseline.source) {
        return Ok(());
    }
    let of = |what: &str, value: &Option<String>| {
        value.as_ref().map_or_else(String::new, |value| format!(" of {what} `{value}`"))
    };
    let narrowed = of("version", &range.version) + &of("environment", &range.environment);
    Err(invalid("spec.source.range", format!("model `{}` has no stored events{narrowed} in it", baseline.model)))
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
