//! One handler for each operation of the table.

pub(crate) mod erasures;
pub(crate) mod events;
pub(crate) mod grpc;
pub(crate) mod keys;
pub(crate) mod models;
pub(crate) mod otlp;
pub(crate) mod resources;
pub(crate) mod system;
pub(crate) mod watch;

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post, put};
use axum::{Extension, Json};
use serde::Serialize;

use crate::app::{App, Permit, Shared};
use crate::body::{self, HeldBody};
use crate::caller::Caller;
use crate::media;
use crate::metrics::InFlight;
use crate::peer::Peer;
use crate::ports::{Encoding, ReadError, Signal};
use crate::problem::{Code, Problem};
use crate::router::in_time;
use crate::routes::Op;

/// The caller, put there by the authorisation of the route.
pub(crate) type Who = Extension<Caller>;

/// The handler of an operation: adding an [`Op`] without one does not compile.
pub(crate) fn of(op: Op) -> MethodRouter<App> {
    match op {
        Op::AppendPredictions => post(events::predictions),
        Op::AppendLabels => post(events::labels),
        Op::AppendKpis => post(events::kpis),
        Op::AppendChanges => post(events::changes),
        Op::AppendCloudEvents => post(events::cloud_events),
        Op::OtlpTraces => post(otlp::traces),
        Op::OtlpLogs => post(otlp::logs),
        Op::OtlpMetrics => post(otlp::metrics),
        Op::GrpcTraces => post(|app, who, request| grpc::export(app, who, Signal::Traces, request)),
        Op::GrpcLogs => post(|app, who, request| grpc::export(app, who, Signal::Logs, request)),
        Op::GrpcMetrics => post(|app, who, request| grpc::export(app, who, Signal::Metrics, request)),
        Op::ListModels => get(models::list),
        Op::GetModel => get(models::model),
        Op::ListColumns => get(models::columns),
        Op::GetProfiles => get(models::profiles),
        Op::GetDistribution => get(models::distribution),
        Op::ListResources => get(resources::list),
        Op::GetResource => get(resources::read),
        Op::PutResource => put(resources::write),
        Op::DeleteResource => delete(resources::remove),
        Op::ListRevisions => get(resources::revisions),
        Op::DiffResource => post(resources::diff),
        Op::EraseEvents => post(erasures::create),
        Op::GetErasure => get(erasures::read),
        Op::CreateKey => post(keys::create),
        Op::GetStorage => get(models::storage),
        Op::GetTrace => get(models::trace),
        Op::ListAlerts => get(watch::alerts),
        Op::ListIncidents => get(watch::incidents),
        Op::GetIncident => get(watch::incident),
        Op::CommandIncident => post(watch::command),
        Op::GetMeasurements => get(watch::measurements),
        Op::Live => get(system::live),
        Op::Ready => get(system::ready),
        Op::MetricsText => get(system::metrics),
        Op::OpenApi => get(system::api),
    }
}

/// What has to live as long as the bytes of a body.
pub(crate) struct Kept {
    _held: crate::admission::Held,
    _gauge: InFlight,
    _permit: Option<Permit>,
}

/// The body of a request, with what has to live as long as it does.
pub(crate) async fn body(app: &Shared, request: Request, limit: usize) -> Result<(bytes::Bytes, Kept), Problem> {
    let (parts, body) = request.into_parts();
    let read = body::read(&parts.headers, body, limit, &app.admission, &app.deps.settings).await;
    let HeldBody { bytes, held } = read.inspect_err(|problem| {
        if problem.code == Code::Overloaded {
            app.deps.metrics.shed("memory");
        }
    })?;
    if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<Peer>>() {
        peer.has_read_all();
    }
    let route = parts.extensions.get::<axum::extract::MatchedPath>().map_or("none", |path| path.as_str());
    app.deps.metrics.body(route, bytes.len());
    tracing::Span::current().record("bytes", bytes.len());
    let permit = parts.extensions.get::<Permit>().cloned();
    let kept = Kept { _gauge: app.deps.metrics.holding(held.bytes()), _held: held, _permit: permit };
    Ok((bytes, kept))
}

/// A JSON document as the body of a request.
pub(crate) async fn document<T: serde::de::DeserializeOwned>(app: &Shared, request: Request) -> Result<T, Problem> {
    let content_type = media::content_type(request.headers());
    if content_type != "application/json" {
        return Err(media::unsupported(&content_type, media::DOCUMENT_TYPES));
    }
    if media::encoding(request.headers())? != Encoding::Identity {
        let detail = "the document is compressed; expected no header `Content-Encoding`";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let (bytes, _kept) = body(app, request, app.deps.settings.document_bytes).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let text = crate::params::shown(&error.to_string());
        Problem::new(Code::MalformedBody, format!("the document cannot be read: {text}")).hint(format!(
            "look at line {}, column {}",
            error.line(),
            error.column()
        ))
    })
}

/// A JSON answer, if the client takes one.
pub(crate) fn json<T: Serialize>(headers: &HeaderMap, body: T) -> Result<Response, Problem> {
    media::accepts_json(headers)?;
    Ok(Json(body).into_response())
}

/// Asks the port, in time.
async fn ask<T>(app: &Shared, work: impl Future<Output = Result<T, ReadError>> + Send) -> Result<T, Problem> {
    in_time(app, async { Ok(work.await) }).await?.map_err(|error| read_problem(error, app))
}

/// A read that failed, as clients see it.
fn read_problem(error: ReadError, app: &Shared) -> Problem {
    match error {
        ReadError::NotFound { .. } => crate::authorize::nothing_there(),
        ReadError::Invalid { parameter, detail } => Problem::field(&parameter, detail),
        ReadError::Unavailable { detail } => unavailable("the tables", &detail, app),
        ReadError::Internal { detail } => Problem::internal("the tables cannot be read", &detail),
    }
}

/// Something that is not there at the moment; what exactly is for the log.
pub(crate) fn unavailable(what: &str, detail: &str, app: &Shared) -> Problem {
    tracing::warn!(error = detail, "{what} not available");
    Problem::new(Code::Unavailable, format!("{what} cannot be reached at the moment"))
        .retry_after(app.deps.settings.retry_after)
}
