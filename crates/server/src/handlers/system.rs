//! Health, metrics, the description of the API.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::openapi;
use crate::problem::{Code, FieldError, Problem};

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
}

/// Whether the process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "system",
    responses((status = 200, description = "It does", body = Health)),
)]
pub(crate) async fn live() -> axum::Json<Health> {
    axum::Json(Health { status: "ok" })
}

/// Whether the service can do its work; 503 names what is missing.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "system",
    responses((status = 200, description = "It can", body = Health)),
)]
pub(crate) async fn ready(State(app): State<App>) -> Result<axum::Json<Health>, Problem> {
    let mut missing = app.deps.readiness.missing().await;
    if app.is_stopping() {
        missing.insert(0, "the server is stopping".to_owned());
    }
    if missing.is_empty() {
        return Ok(axum::Json(Health { status: "ok" }));
    }
    let mut problem = Problem::new(Code::Unavailable, format!("not ready: {}", missing.join("; ")))
        .retry_after(app.deps.settings.retry_after);
    let error = |message| FieldError { path: String::new(), line: None, message, hint: None };
    problem.errors = missing.into_iter().map(error).collect();
    Err(problem)
}

/// Metrics of the server as OpenMetrics text.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "system",
    responses((
        status = 200,
        description = "OpenMetrics 1.0 text",
        body = String,
        content_type = "application/openmetrics-text",
    )),
)]
pub(crate) async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let mut text = String::new();
    text::encode(&mut text, &app.deps.registry)
        .map_err(|error| Problem::internal("the metrics cannot be written", &error))?;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, content_type)], text).into_response())
}

/// This description.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "system",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)),
)]
pub(crate) async fn api() -> Result<Response, Problem> {
    let text = openapi::document()
        .to_json()
        .map_err(|error| Problem::internal("the description of the API cannot be written", &error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}
