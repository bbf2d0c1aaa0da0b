//! What is asked for, in the form in which it is stored.

use std::collections::BTreeSet;

use arrow_schema::DataType;
use serde_json::Value;
use watchkeeper_ingest::intake::{StreamState, Streams};
use watchkeeper_ingest::{Stream, names};
use watchkeeper_lake::{Selection, TableId, TableName, Wanted};
use watchkeeper_server::ports::{EraseRequest, ErasedEvents, ReadError};

use super::super::models::Models;
use super::unavailable;

/// Characters of a value in the table of rejects.
const REJECT_CHARS: usize = 64;

/// What is to be erased.
pub(super) struct Asked {
    /// Different ids or values.
    pub(super) named: u64,
    /// They, sorted, as JSON.
    pub(super) canonical: String,
    /// Ids as they were sent and as they are stored.
    pub(super) ids: BTreeSet<String>,
    /// Rows by a column, in predictions and in labels: all of their ids go too.
    pub(super) rows: Vec<(TableId, Selection)>,
    /// Rejected rows that show one of the ids or values.
    pub(super) rejects: Selection,
}

impl Asked {
    pub(super) async fn of(models: &Models, tenant: &str, request: EraseRequest) -> Result<Self, ReadError> {
        let model = request.model;
        let mut streams = Vec::new();
        for stream in [Stream::Predictions, Stream::Labels] {
            let state = models.stream(tenant, stream, Some(&model)).await.map_err(|error| unavailable(&error))?;
            streams.push((TableId::of_model(tenant, &model, TableName::from(stream)), state));
        }
        match request.events {
            ErasedEvents::Ids(ids) => {
                let ids: BTreeSet<String> = ids.into_iter().collect();
                let (named, canonical) = (ids.len() as u64, text_of(&ids));
                let sent: Vec<String> = ids.iter().cloned().collect();
                let mut stored = ids;
                for (_, state) in &streams {
                    stored.extend(as_stored(state, names::PREDICTION_ID, "ids", &sent)?);
                }
                Ok(Self { named, canonical, rejects: rejects(&model, None, &sent), ids: stored, rows: Vec::new() })
            }
            ErasedEvents::Column { column, values } => {
                let texts: BTreeSet<String> = values.iter().map(plain).collect();
                let sent: Vec<String> = texts.iter().cloned().collect();
                let mut rows = Vec::new();
                for (table, state) in &streams {
                    let schema = models.lake.schema(table).await.map_err(|error| unavailable(&error))?;
                    let field = schema.as_ref().and_then(|schema| schema.field_with_name(&column).ok());
                    let Some(field) = field else { continue };
                    rows.push((table.clone(), selection(state, &column, field.data_type(), &sent)?));
                }
                if rows.is_empty() {
                    let detail = format!("there is no column `{column}` in the predictions or labels of the model");
                    return Err(ReadError::Invalid { parameter: "column".into(), detail });
                }
                let canonical = serde_json::json!({ &column: texts }).to_string();
                let (named, rejects) = (texts.len() as u64, rejects(&model, Some(&column), &sent));
                Ok(Self { named, canonical, ids: BTreeSet::new(), rows, rejects })
            }
        }
    }
}

fn text_of(texts: &BTreeSet<String>) -> String {
    serde_json::json!(texts).to_string()
}

/// A value without the quotes of JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// How texts of a column are stored.
fn as_stored(state: &StreamState, column: &str, parameter: &str, texts: &[String]) -> Result<Vec<String>, ReadError> {
    let stored = state.gate.stored_as(column, texts).map_err(|error| unavailable(&error))?;
    stored.ok_or_else(|| ReadError::Invalid {
        parameter: parameter.into(),
        detail: format!("`{column}` does not keep its values, so no row is found by them; expected ids of predictions"),
    })
}

/// The rows in which a column of this type holds one of the values, whatever way they are written.
fn selection(
    state: &StreamState,
    column: &str,
    data_type: &DataType,
    texts: &[String],
) -> Result<Selection, ReadError> {
    let wanted = match data_type {
        DataType::Utf8 => Wanted::texts(as_stored(state, column, "column", texts)?),
        DataType::Float64 => {
            Wanted { numbers: texts.iter().filter_map(|text| text.parse().ok()).collect(), ..Wanted::default() }
        }
        DataType::Boolean => {
            Wanted { booleans: texts.iter().filter_map(|text| text.parse().ok()).collect(), ..Wanted::default() }
        }
        _ => {
            let detail = format!("`{column}` is {data_type}; expected a column of texts, numbers, or true and false");
            return Err(ReadError::Invalid { parameter: "column".into(), detail });
        }
    };
    Ok(Selection::new([(column.to_owned(), wanted)]))
}

fn rejects(model: &str, column: Option<&str>, texts: &[String]) -> Selection {
    let cut = texts.iter().map(|text| text.chars().take(REJECT_CHARS).collect());
    let one = |name: &str, value: &str| (name.to_owned(), Wanted::texts([value.to_owned()]));
    let field = column.map(|column| one("field", column));
    Selection::new([one("model", model), ("value".to_owned(), Wanted::texts(cut))].into_iter().chain(field))
}
