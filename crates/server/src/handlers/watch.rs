//! Measurements, alerts, incidents.

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::{Who, ask, document, json};
use crate::app::App;
use crate::media;
use crate::params::{self, Params, refusal};
use crate::ports::{
    AlertsAnswer, IncidentAnswer, IncidentCommand, IncidentsPage, IncidentsQuery, MeasurementsAnswer,
    MeasurementsQuery, Time,
};
use crate::problem::Problem;
use crate::window;

/// Window of a question that names none.
const WINDOW: &str = "7d";
/// Bytes of a text in a command.
const TEXT_BYTES: usize = 4096;

/// Alerts that are not inactive, those that fire first.
#[utoipa::path(
    get,
    path = "/api/v1/alerts",
    tag = "watch",
    params(("model" = Option<String>, Query, description = "Only of this model")),
    responses((status = 200, description = "The alerts", body = AlertsAnswer)),
)]
pub(crate) async fn alerts(
    State(app): State<App>,
    Extension(caller): Who,
    request: Request,
) -> Result<Response, Problem> {
    let params = Params::parse(request.uri().query(), &["model"])?;
    let model = params.name("model")?;
    media::accepts_json(request.headers())?;
    json(request.headers(), ask(&app, app.deps.watch.alerts(&caller, model)).await?)
}

/// Incidents, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/incidents",
    tag = "watch",
    params(
        ("model" = Option<String>, Query, description = "Only of this model"),
        ("state" = Option<String>, Query, description = "`open` or `closed`"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 1000 (100)"),
        ("cursor" = Option<String>, Query, description = "`next` of the former page"),
    ),
    responses((status = 200, description = "A page of incidents", body = IncidentsPage)),
)]
pub(crate) async fn incidents(
    State(app): State<App>,
    Extension(caller): Who,
    request: Request,
) -> Result<Response, Problem> {
    let params = Params::parse(request.uri().query(), &["model", "state", "limit", "cursor"])?;
    let open = match params.one("state")? {
        None => None,
        Some("open") => Some(true),
        Some("closed") => Some(false),
        Some(other) => return Err(refusal("state", other, "`open` or `closed`")),
    };
    let query = IncidentsQuery { model: params.name("model")?.map(str::to_owned), open };
    let page = params.page()?;
    media::accepts_json(request.headers())?;
    json(request.headers(), ask(&app, app.deps.watch.incidents(&caller, &query, &page)).await?)
}

/// An incident: alerts, timeline, suspects, runbook.
#[utoipa::path(
    get,
    path = "/api/v1/incidents/{incident}",
    tag = "watch",
    params(("incident" = String, Path, description = "Id of the incident")),
    responses((status = 200, description = "The incident", body = IncidentAnswer)),
)]
pub(crate) async fn incident(
    State(app): State<App>,
    Extension(caller): Who,
    Path(incident): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    let incident = params::name("incident", &incident)?;
    media::accepts_json(request.headers())?;
    json(request.headers(), ask(&app, app.deps.watch.incident(&caller, incident)).await?)
}

/// Take an incident, comment on it, assign it, say that the harm is stopped, review it.
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{incident}/commands",
    tag = "watch",
    params(("incident" = String, Path, description = "Id of the incident")),
    request_body = IncidentCommand,
    responses((status = 200, description = "The incident as it is now", body = IncidentAnswer)),
)]
pub(crate) async fn command(
    State(app): State<App>,
    Extension(caller): Who,
    Path(incident): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    let incident = params::name("incident", &incident)?.to_owned();
    media::accepts_json(request.headers())?;
    let headers = request.headers().clone();
    let command: IncidentCommand = document(&app, request).await?;
    checked(&command)?;
    json(&headers, ask(&app, app.deps.watch.command(&caller, &incident, command)).await?)
}

fn checked(command: &IncidentCommand) -> Result<(), Problem> {
    let (field, text) = match command {
        IncidentCommand::Acknowledge { .. } => return Ok(()),
        IncidentCommand::Assign { to } => ("to", to),
        IncidentCommand::Comment { text }
        | IncidentCommand::Hypothesis { text }
        | IncidentCommand::Mitigate { text } => ("text", text),
        IncidentCommand::Review { verdict } => {
            if ["useful", "noise", "expected"].contains(&verdict.as_str()) {
                return Ok(());
            }
            return Err(Problem::field("verdict", "`verdict` is none of `useful`, `noise`, `expected`".into()));
        }
    };
    if (1..=TEXT_BYTES).contains(&text.len()) && !text.contains('\0') {
        return Ok(());
    }
    Err(Problem::field(
        field,
        format!("`{field}` has {} bytes; expected 1 to {TEXT_BYTES}, none of them NUL", text.len()),
    ))
}

/// Measurements of a model: drift, data quality, volume, freshness, latency, errors, by window.
#[utoipa::path(
    get,
    path = "/api/v1/models/{model}/measurements",
    tag = "watch",
    params(
        ("model" = String, Path, description = "Name of the model"),
        ("window" = Option<String>, Query, description = "Windows that end in here: `24h`, `7d` (default), or `from/to`"),
        ("column" = Option<String>, Query, description = "Only of this column"),
        ("measure" = Option<String>, Query, description = "Only this one, such as `psi` or `latency_p99`"),
        ("known_at" = Option<String>, Query, description = "As it was known then (RFC 3339); default: now"),
    ),
    responses((status = 200, description = "The measurements", body = MeasurementsAnswer)),
)]
pub(crate) async fn measurements(
    State(app): State<App>,
    Extension(caller): Who,
    Path(model): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let params = Params::parse(request.uri().query(), &["window", "column", "measure", "known_at"])?;
    let model = params::name("model", &model)?.to_owned();
    let window = window::parse("window", params.one("window")?.unwrap_or(WINDOW), app.deps.clock.now())?;
    let known_at = match params.one("known_at")? {
        None => None,
        Some(text) => match text.parse() {
            Ok(at) => Some(Time(at)),
            Err(_) => return Err(refusal("known_at", text, "a time such as `2026-01-05T12:00:00Z`")),
        },
    };
    let text = |name: &str| Ok::<_, Problem>(params.one(name)?.filter(|value| !value.is_empty()).map(str::to_owned));
    let query = MeasurementsQuery { model, window, column: text("column")?, measure: text("measure")?, known_at };
    media::accepts_json(request.headers())?;
    json(request.headers(), ask(&app, app.deps.watch.measurements(&caller, &query)).await?)
}
