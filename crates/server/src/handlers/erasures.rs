//! Erasing events.

use axum::Extension;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::{Who, ask, document, json};
use crate::app::App;
use crate::media;
use crate::params::{self, Params};
use crate::ports::{EraseRequest, ErasedEvents, ErasureAnswer, ErasureState, NewErasure};
use crate::problem::Problem;

/// Ids or values of one erasure.
const NAMED_MAX: usize = 10_000;
/// Bytes of one of them, and of a reason.
const TEXT_BYTES: usize = 1024;

/// Erase events for good: their rows in predictions, labels and rejects, and what profiles count of them.
///
/// Events with these ids that come later count as duplicates. The files that held the rows are deleted by the vacuum: see
/// `gone_by`. Answers when it is done, or after some seconds with 202.
#[utoipa::path(
    post,
    path = "/api/v1/models/{model}/erasures",
    tag = "configuration",
    params(("model" = String, Path, description = "Name of the model")),
    request_body = NewErasure,
    responses(
        (status = 200, description = "It is done", body = ErasureAnswer),
        (status = 202, description = "It is at work: ask for it by its name", body = ErasureAnswer),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Extension(caller): Who,
    Path(model): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    let model = params::name("model", &model)?.to_owned();
    media::accepts_json(request.headers())?;
    let NewErasure { ids, column, values, reason } = document(&app, request).await?;
    if let Some(reason) = &reason {
        bounded("reason", reason)?;
    }
    let request = EraseRequest { model, events: events(ids, column, values)?, reason };
    let answer = ask(&app, app.deps.erasures.erase(&caller, request)).await?;
    let status = if answer.state == ErasureState::Running { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(answer)).into_response())
}

/// An erasure since the start of the server.
#[utoipa::path(
    get,
    path = "/api/v1/models/{model}/erasures/{erasure}",
    tag = "configuration",
    params(
        ("model" = String, Path, description = "Name of the model"),
        ("erasure" = String, Path, description = "Name of the erasure"),
    ),
    responses((status = 200, description = "The erasure", body = ErasureAnswer)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    Extension(caller): Who,
    Path((model, erasure)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    let model = params::name("model", &model)?;
    let erasure = params::name("erasure", &erasure)?;
    media::accepts_json(request.headers())?;
    json(request.headers(), ask(&app, app.deps.erasures.erasure(&caller, model, erasure)).await?)
}

fn events(
    ids: Option<Vec<String>>,
    column: Option<String>,
    values: Option<Vec<Value>>,
) -> Result<ErasedEvents, Problem> {
    match (ids, column, values) {
        (Some(ids), None, None) => {
            counted("ids", ids.len())?;
            ids.iter().try_for_each(|id| bounded("ids", id))?;
            Ok(ErasedEvents::Ids(ids))
        }
        (None, Some(column), Some(values)) => {
            bounded("column", &column)?;
            counted("values", values.len())?;
            for value in &values {
                match value {
                    Value::String(text) => bounded("values", text)?,
                    Value::Number(_) | Value::Bool(_) => {}
                    _ => {
                        return Err(Problem::field(
                            "values",
                            "a value is neither a text, a number, `true` nor `false`".into(),
                        ));
                    }
                }
            }
            Ok(ErasedEvents::Column { column, values })
        }
        _ => Err(Problem::field("", "expected either `ids`, or `column` with `values`".into())),
    }
}

fn counted(path: &str, found: usize) -> Result<(), Problem> {
    if (1..=NAMED_MAX).contains(&found) {
        return Ok(());
    }
    Err(Problem::field(path, format!("`{path}` has {found} entries; expected 1 to {NAMED_MAX}")))
}

/// The text itself is not repeated: it may be what is to be erased.
fn bounded(path: &str, text: &str) -> Result<(), Problem> {
    if (1..=TEXT_BYTES).contains(&text.len()) && !text.contains('\0') {
        return Ok(());
    }
    let found = text.len();
    Err(Problem::field(
        path,
        format!("a text of `{path}` has {found} bytes; expected 1 to {TEXT_BYTES}, none of them NUL"),
    ))
}
