//! Events in.

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use watchkeeper_ingest::Stream;

use super::{Who, body, json, unavailable};
use crate::app::{App, Shared, to_the_end};
use crate::caller::Caller;
use crate::media;
use crate::params::{self, Params, refusal};
use crate::ports::{Ack, AppendAnswer, AppendRequest, BodyKind, IntakeError};
use crate::problem::{Code, Problem};
use crate::router::in_time;

/// Characters of an idempotency key at most.
const IDEMPOTENCY_KEY_CHARS: usize = 255;

/// Append predictions of a model.
///
/// The body is one JSON event or an array, NDJSON, an Arrow IPC stream or Parquet; gzip or zstd. A bad row does not cost
/// the others. A repeated `prediction_id` counts once.
#[utoipa::path(
    post,
    path = "/api/v1/models/{model}/predictions",
    tag = "events",
    params(
        ("model" = String, Path, description = "Name of the model"),
        ("environment" = Option<String>, Query, description = "Environment of rows that name none"),
        ("ack" = Option<Ack>, Query, description = "When to answer: `journal` (default) or `commit`"),
        ("format" = Option<String>, Query, description = "Capture format of another system, such as `sagemaker`"),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated request with the same key counts once"),
    ),
    request_body(content(
        (Object = "application/json"),
        (String = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.apache.arrow.stream"),
        (Vec<u8> = "application/vnd.apache.parquet"),
    )),
    responses((status = 200, description = "At least one row was taken or was there already", body = AppendAnswer)),
)]
pub(crate) async fn predictions(
    State(app): State<App>,
    Extension(caller): Who,
    Path(model): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    to_model(app, caller, Stream::Predictions, &model, request).await
}

/// Append labels: what turned out to be true, by `prediction_id`.
///
/// Bodies as for predictions. A repeated label replaces the former one.
#[utoipa::path(
    post,
    path = "/api/v1/models/{model}/labels",
    tag = "events",
    params(
        ("model" = String, Path, description = "Name of the model"),
        ("environment" = Option<String>, Query, description = "Environment of rows that name none"),
        ("ack" = Option<Ack>, Query, description = "When to answer: `journal` (default) or `commit`"),
        ("format" = Option<String>, Query, description = "Capture format of another system, such as `sagemaker`"),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated request with the same key counts once"),
    ),
    request_body(content(
        (Object = "application/json"),
        (String = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.apache.arrow.stream"),
        (Vec<u8> = "application/vnd.apache.parquet"),
    )),
    responses((status = 200, description = "At least one row was taken or was there already", body = AppendAnswer)),
)]
pub(crate) async fn labels(
    State(app): State<App>,
    Extension(caller): Who,
    Path(model): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    to_model(app, caller, Stream::Labels, &model, request).await
}

/// Append business numbers.
#[utoipa::path(
    post,
    path = "/api/v1/kpis",
    tag = "events",
    params(
        ("environment" = Option<String>, Query, description = "Environment of rows that name none"),
        ("ack" = Option<Ack>, Query, description = "When to answer: `journal` (default) or `commit`"),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated request with the same key counts once"),
    ),
    request_body(content(
        (Object = "application/json"),
        (String = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.apache.arrow.stream"),
        (Vec<u8> = "application/vnd.apache.parquet"),
    )),
    responses((status = 200, description = "At least one row was taken or was there already", body = AppendAnswer)),
)]
pub(crate) async fn kpis(
    State(app): State<App>,
    Extension(caller): Who,
    request: Request,
) -> Result<Response, Problem> {
    let params = Params::parse(request.uri().query(), &["environment", "ack"])?;
    let format = media::event_kind(request.headers())?;
    append(app, caller, Target { stream: Stream::Kpis, model: None, format, params }, request).await
}

/// Append change events: deploys, baseline and configuration changes, pipeline runs.
#[utoipa::path(
    post,
    path = "/api/v1/changes",
    tag = "events",
    params(
        ("environment" = Option<String>, Query, description = "Environment of rows that name none"),
        ("ack" = Option<Ack>, Query, description = "When to answer: `journal` (default) or `commit`"),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeated request with the same key counts once"),
    ),
    request_body(content(
        (Object = "application/json"),
        (String = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.apache.arrow.stream"),
        (Vec<u8> = "application/vnd.apache.parquet"),
    )),
    responses((status = 200, description = "At least one row was taken or was there already", body = AppendAnswer)),
)]
pub(crate) async fn changes(
    State(app): State<App>,
    Extension(caller): Who,
    request: Request,
) -> Result<Response, Problem> {
    let params = Params::parse(request.uri().query(), &["environment", "ack"])?;
    let format = media::event_kind(request.headers())?;
    append(app, caller, Target { stream: Stream::Changes, model: None, format, params }, request).await
}

/// Append predictions as CloudEvents 1.0: binary (`ce-*` headers), structured or batch.
///
/// Made for the inference loggers of KServe and Seldon: a request and its response are two events of one id.
#[utoipa::path(
    post,
    path = "/cloudevents",
    tag = "events",
    params(
        ("model" = Option<String>, Query, description = "Model; else what the event says"),
        ("environment" = Option<String>, Query, description = "Environment of events that name none"),
        ("ack" = Option<Ack>, Query, description = "When to answer: `journal` (default) or `commit`"),
    ),
    request_body(content(
        (Object = "application/cloudevents+json"),
        (Object = "application/cloudevents-batch+json"),
        (Object = "application/json"),
    )),
    responses((status = 200, description = "At least one event was taken or was there already", body = AppendAnswer)),
)]
pub(crate) async fn cloud_events(
    State(app): State<App>,
    Extension(caller): Who,
    request: Request,
) -> Result<Response, Problem> {
    let params = Params::parse(request.uri().query(), &["model", "environment", "ack"])?;
    let format = media::cloud_event_kind(request.headers())?;
    let model = params.name("model")?.map(str::to_owned);
    append(app, caller, Target { stream: Stream::Predictions, model, format, params }, request).await
}

/// Where the rows of a request go, and what they are.
struct Target {
    stream: Stream,
    model: Option<String>,
    format: BodyKind,
    params: Params,
}

async fn to_model(
    app: App,
    caller: Caller,
    stream: Stream,
    model: &str,
    request: Request,
) -> Result<Response, Problem> {
    let model = Some(params::name("model", model)?.to_owned());
    let params = Params::parse(request.uri().query(), &["environment", "ack", "format"])?;
    let plain = media::event_kind(request.headers())?;
    let format = match params.one("format")? {
        None => plain,
        Some(word) => capture_format(&app, word)?,
    };
    append(app, caller, Target { stream, model, format, params }, request).await
}

fn capture_format(app: &Shared, word: &str) -> Result<BodyKind, Problem> {
    let known = &app.deps.settings.capture_formats;
    if known.iter().any(|format| format == word) {
        return Ok(BodyKind::Capture(word.to_owned()));
    }
    Err(refusal("format", word, &format!("one of `{}`", known.join("`, `"))))
}

async fn append(app: App, caller: Caller, target: Target, request: Request) -> Result<Response, Problem> {
    media::accepts_json(request.headers())?;
    let Target { stream, model, format, params } = target;
    let environment = environment(&app, &caller, &params)?;
    let ack = ack(&params)?;
    let headers = request.headers().clone();
    let cloud_event = match format {
        BodyKind::CloudEventBinary { .. } => cloud_event_headers(&headers)?,
        _ => Vec::new(),
    };
    let (encoding, idempotency_key) = (media::encoding(&headers)?, idempotency_key(&headers)?);
    let (body, kept) = body(&app, request, app.deps.settings.body_bytes).await?;
    let append =
        AppendRequest { caller, environment, stream, model, format, encoding, body, idempotency_key, ack, cloud_event };
    let intake = app.deps.intake.clone();
    let work = to_the_end(kept, async move { Ok(intake.append(append).await) });
    let answer = in_time(&app, work).await?.map_err(|error| intake_problem(error, &app))?;
    app.deps.metrics.appended(stream, &answer);
    if answer.rejected > 0 && answer.accepted + answer.duplicate == 0 {
        return Err(all_rejected(&answer));
    }
    json(&headers, answer)
}

/// The environment of rows that name none: the query's, the key's, or the default.
pub(super) fn environment(app: &Shared, caller: &Caller, params: &Params) -> Result<String, Problem> {
    let named = params.name("environment")?.or(caller.environment.as_deref());
    Ok(named.unwrap_or(&app.deps.settings.default_environment).to_owned())
}

fn ack(params: &Params) -> Result<Ack, Problem> {
    match params.one("ack")? {
        None | Some("journal") => Ok(Ack::Journal),
        Some("commit") => Ok(Ack::Commit),
        Some(other) => Err(refusal("ack", other, "`journal` or `commit`")),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=IDEMPOTENCY_KEY_CHARS).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => {
            let detail = "the header `Idempotency-Key` is not valid; expected 1 to 255 visible ASCII characters";
            Err(Problem::new(Code::InvalidParameter, detail))
        }
    }
}

/// The `ce-*` headers without their prefix.
fn cloud_event_headers(headers: &HeaderMap) -> Result<Vec<(String, String)>, Problem> {
    let attributes = headers.iter().filter_map(|(name, value)| Some((name.as_str().strip_prefix("ce-")?, value)));
    let text = |(name, value): (&str, &axum::http::HeaderValue)| match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Ok((name.to_owned(), text.to_owned())),
        Err(_) => Err(Problem::new(Code::InvalidParameter, format!("the header `ce-{name}` is not UTF-8"))),
    };
    attributes.map(text).collect()
}

fn all_rejected(answer: &AppendAnswer) -> Problem {
    let detail = format!("all {} rows were rejected; `rejects` says why", answer.rejected);
    let mut problem = Problem::new(Code::AllRowsRejected, detail);
    if let Ok(serde_json::Value::Object(members)) = serde_json::to_value(answer) {
        problem.members = Some(Box::new(members));
    }
    problem
}

/// A refused request, as clients see it.
pub(super) fn intake_problem(error: IntakeError, app: &Shared) -> Problem {
    let detail = error.to_string();
    match error {
        IntakeError::UnknownModel { hint, .. } => Problem::new(Code::ModelNotFound, detail).hint(hint),
        IntakeError::TooLarge { .. } => Problem::new(Code::TooLarge, detail),
        IntakeError::Unsupported { .. } => Problem::new(Code::UnsupportedMediaType, detail),
        IntakeError::Malformed { .. } => Problem::new(Code::MalformedBody, detail),
        IntakeError::OutOfScope { .. } => Problem::new(Code::OutOfScope, detail),
        IntakeError::Overloaded { retry_after } => {
            app.deps.metrics.shed("intake");
            Problem::new(Code::Overloaded, detail).retry_after(retry_after)
        }
        IntakeError::KeyMissing { .. } => Problem::new(Code::PrivacyKeyMissing, detail),
        IntakeError::NotNow { .. } => {
            Problem::new(Code::Unavailable, detail).retry_after(app.deps.settings.retry_after)
        }
        IntakeError::Unavailable { .. } => unavailable("the journal or the tables", &detail, app),
        IntakeError::Internal { .. } => Problem::internal("the events were not taken", &detail),
    }
}
