//! OTLP over HTTP.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::events::{environment, intake_problem};
use super::{Who, body};
use crate::app::{App, Shared, to_the_end};
use crate::caller::Caller;
use crate::media;
use crate::params::Params;
use crate::ports::{OtlpAnswer, OtlpRequest, Signal};
use crate::problem::Problem;
use crate::router::in_time;

/// Export spans; inference spans become predictions by the mapping of their model.
#[utoipa::path(
    post,
    path = "/v1/traces",
    tag = "opentelemetry",
    params(("environment" = Option<String>, Query, description = "Environment of items that name none")),
    request_body(content((Vec<u8> = "application/x-protobuf"), (Object = "application/json"))),
    responses((status = 200, description = "`ExportTraceServiceResponse` in the form of the request")),
)]
pub(crate) async fn traces(State(app): State<App>, Extension(who): Who, request: Request) -> Result<Response, Problem> {
    export(app, who, Signal::Traces, request).await
}

/// Export log records; inference records become predictions by the mapping of their model.
#[utoipa::path(
    post,
    path = "/v1/logs",
    tag = "opentelemetry",
    params(("environment" = Option<String>, Query, description = "Environment of items that name none")),
    request_body(content((Vec<u8> = "application/x-protobuf"), (Object = "application/json"))),
    responses((status = 200, description = "`ExportLogsServiceResponse` in the form of the request")),
)]
pub(crate) async fn logs(State(app): State<App>, Extension(who): Who, request: Request) -> Result<Response, Problem> {
    export(app, who, Signal::Logs, request).await
}

/// Export metric points.
#[utoipa::path(
    post,
    path = "/v1/metrics",
    tag = "opentelemetry",
    params(("environment" = Option<String>, Query, description = "Environment of items that name none")),
    request_body(content((Vec<u8> = "application/x-protobuf"), (Object = "application/json"))),
    responses((status = 200, description = "`ExportMetricsServiceResponse` in the form of the request")),
)]
pub(crate) async fn metrics(
    State(app): State<App>,
    Extension(who): Who,
    request: Request,
) -> Result<Response, Problem> {
    export(app, who, Signal::Metrics, request).await
}

async fn export(app: App, caller: Caller, signal: Signal, request: Request) -> Result<Response, Problem> {
    let json = match media::content_type(request.headers()).as_str() {
        "application/x-protobuf" => false,
        "application/json" => true,
        other => return Err(media::unsupported(other, media::OTLP_TYPES)),
    };
    let encoding = media::encoding(request.headers())?;
    let params = Params::parse(request.uri().query(), &["environment"])?;
    let environment = environment(&app, &caller, &params)?;
    let (body, kept) = body(&app, request, app.deps.settings.body_bytes).await?;
    let export = OtlpRequest { caller, environment, signal, json, encoding, body };
    let answer = ask(&app, kept, export).await?;
    let content_type = if json { "application/json" } else { "application/x-protobuf" };
    Ok(([(header::CONTENT_TYPE, content_type)], answer.body).into_response())
}

/// Asks the port, to the end and in time.
pub(super) async fn ask(app: &Shared, kept: impl Send + 'static, export: OtlpRequest) -> Result<OtlpAnswer, Problem> {
    let otlp = app.deps.otlp.clone();
    let work = to_the_end(kept, async move { Ok(otlp.export(export).await) });
    in_time(app, work).await?.map_err(|error| intake_problem(error, app))
}
