//! Models, columns, profiles, distributions, sizes, spans.

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::{Who, ask, json};
use crate::app::App;
use crate::authorize::nothing_there;
use crate::caller::Caller;
use crate::media;
use crate::params::{self, Params, refusal};
use crate::ports::{
    ColumnsAnswer, DistributionAnswer, DistributionQuery, ModelInfo, ModelsPage, ProfileQuery, ProfilesAnswer,
    ReferenceQuery, Slice, StorageAnswer, TraceAnswer,
};
use crate::problem::Problem;
use crate::window;

/// Window of a question that names none.
const WINDOW: &str = "30d";
/// Characters of the id of a trace.
const TRACE_ID_CHARS: usize = 32;

/// Models by name.
#[utoipa::path(
    get,
    path = "/api/v1/models",
    tag = "profiles",
    params(
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 1000 (100)"),
        ("cursor" = Option<String>, Query, description = "`next` of the former page"),
    ),
    responses((status = 200, description = "A page of models", body = ModelsPage)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Who,
    request: Request,
) -> Result<Response, Problem> {
    let page = Params::parse(request.uri().query(), &["limit", "cursor"])?.page()?;
    media::accepts_json(request.headers())?;
    let mut answer = ask(&app, app.deps.profiles.models(&caller, &page)).await?;
    answer.models.retain(|model| caller.sees_model(&model.name));
    answer.models.iter_mut().for_each(|model| model.environments.retain(|name| caller.sees_environment(name)));
    json(request.headers(), answer)
}

/// A model: state, versions, rows, times.
#[utoipa::path(
    get,
    path = "/api/v1/models/{model}",
    tag = "profiles",
    params(("model" = String, Path, description = "Name of the model")),
    responses((status = 200, description = "The model", body = ModelInfo)),
)]
pub(crate) async fn model(
    State(app): State<App>,
    Extension(caller): Who,
    Path(model): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    let model = params::name("model", &model)?;
    media::accepts_json(request.headers())?;
    let mut answer = ask(&app, app.deps.profiles.model(&caller, model)).await?;
    answer.environments.retain(|name| caller.sees_environment(name));
    json(request.headers(), answer)
}

/// Columns of a model: role, type, grid, privacy.
#[utoipa::path(
    get,
    path = "/api/v1/models/{model}/columns",
    tag = "profiles",
    params(("model" = String, Path, description = "Name of the model")),
    responses((status = 200, description = "The columns", body = ColumnsAnswer)),
)]
pub(crate) async fn columns(
    State(app): State<App>,
    Extension(caller): Who,
    Path(model): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    let model = params::name("model", &model)?;
    media::accepts_json(request.headers())?;
    json(request.headers(), ask(&app, app.deps.profiles.columns(&caller, model)).await?)
}

/// Profiles of columns over a window: classes, bins, summary, and a series with `by`.
#[utoipa::path(
    get,
    path = "/api/v1/models/{model}/profiles",
    tag = "profiles",
    params(
        ("model" = String, Path, description = "Name of the model"),
        ("column" = Option<Vec<String>>, Query, description = "Columns, the parameter repeated; all if left out"),
        ("window" = Option<String>, Query, description = "`30d` (default), `2026-03`, `2026-03-01`, or `from/to`"),
        ("version" = Option<String>, Query, description = "Only this version"),
        ("environment" = Option<String>, Query, description = "Only this environment"),
        ("segment" = Option<Vec<String>>, Query, description = "Only this segment, `name:value`, may be repeated"),
        ("by" = Option<crate::ports::Step>, Query, description = "Also a series: `hour`, `day` or `month`"),
    ),
    responses((status = 200, description = "The profiles", body = ProfilesAnswer)),
)]
pub(crate) async fn profiles(
    State(app): State<App>,
    Extension(caller): Who,
    Path(model): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let known = ["column", "window", "version", "environment", "segment", "by"];
    let params = Params::parse(request.uri().query(), &known)?;
    let query = ProfileQuery {
        model: params::name("model", &model)?.to_owned(),
        columns: params.all("column").map(str::to_owned).collect(),
        window: window::parse("window", params.one("window")?.unwrap_or(WINDOW), app.deps.clock.now())?,
        slice: slice(&params, &caller)?,
        by: params.step()?,
    };
    media::accepts_json(request.headers())?;
    json(request.headers(), ask(&app, app.deps.profiles.profiles(&caller, &query)).await?)
}

/// The distribution of a column in a window, beside that of its reference.
#[utoipa::path(
    get,
    path = "/api/v1/models/{model}/distribution",
    tag = "profiles",
    params(
        ("model" = String, Path, description = "Name of the model"),
        ("column" = String, Query, description = "The column"),
        ("window" = Option<String>, Query, description = "`30d` (default), `2026-03`, `2026-03-01`, or `from/to`"),
        ("reference" = Option<String>, Query, description = "`baseline` (default), `none`, or a window"),
        ("version" = Option<String>, Query, description = "Only this version"),
        ("environment" = Option<String>, Query, description = "Only this environment"),
        ("segment" = Option<Vec<String>>, Query, description = "Only this segment, `name:value`, may be repeated"),
        ("by" = Option<crate::ports::Step>, Query, description = "Also a series: `hour`, `day` or `month`"),
    ),
    responses((status = 200, description = "The distribution", body = DistributionAnswer)),
)]
pub(crate) async fn distribution(
    State(app): State<App>,
    Extension(caller): Who,
    Path(model): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let known = ["column", "window", "reference", "version", "environment", "segment", "by"];
    let params = Params::parse(request.uri().query(), &known)?;
    let now = app.deps.clock.now();
    let query = DistributionQuery {
        model: params::name("model", &model)?.to_owned(),
        column: params.needed("column")?.to_owned(),
        reference: match params.one("reference")? {
            None | Some("baseline") => Some(ReferenceQuery::Baseline),
            Some("none") => None,
            Some(text) => Some(ReferenceQuery::Window(window::parse("reference", text, now)?)),
        },
        window: window::parse("window", params.one("window")?.unwrap_or(WINDOW), now)?,
        slice: slice(&params, &caller)?,
        by: params.step()?,
    };
    media::accepts_json(request.headers())?;
    json(request.headers(), ask(&app, app.deps.profiles.distribution(&caller, &query)).await?)
}

/// How big is what: rows, files and bytes of each table.
#[utoipa::path(
    get,
    path = "/api/v1/storage",
    tag = "profiles",
    responses((status = 200, description = "The sizes", body = StorageAnswer)),
)]
pub(crate) async fn storage(
    State(app): State<App>,
    Extension(caller): Who,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    media::accepts_json(request.headers())?;
    let mut answer = ask(&app, app.deps.profiles.storage(&caller)).await?;
    if let Some(own) = &caller.model {
        answer.tables.retain(|table| table.model.as_ref() == Some(own));
        answer.bytes = answer.tables.iter().map(|table| table.bytes).sum();
    }
    json(request.headers(), answer)
}

/// The spans of a trace that are kept.
#[utoipa::path(
    get,
    path = "/api/v1/traces/{trace_id}",
    tag = "profiles",
    params(("trace_id" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, description = "The spans", body = TraceAnswer)),
)]
pub(crate) async fn trace(
    State(app): State<App>,
    Extension(caller): Who,
    Path(trace_id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    if trace_id.len() != TRACE_ID_CHARS || !trace_id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(refusal("trace_id", &trace_id, "32 hexadecimal digits"));
    }
    media::accepts_json(request.headers())?;
    let mut answer = ask(&app, app.deps.traces.trace(&caller, &trace_id.to_ascii_lowercase())).await?;
    // A narrow key sees the spans of its own model and environment; those that name none may be anybody's.
    if let Some(own) = &caller.model {
        answer.spans.retain(|span| span.model.as_ref() == Some(own));
    }
    if let Some(own) = &caller.environment {
        answer.spans.retain(|span| span.environment.as_ref() == Some(own));
    }
    if answer.spans.is_empty() {
        return Err(nothing_there());
    }
    json(request.headers(), answer)
}

/// Which events count. A key for one environment counts those of its own only.
fn slice(params: &Params, caller: &Caller) -> Result<Slice, Problem> {
    let environment = params.name("environment")?.map(str::to_owned).or_else(|| caller.environment.clone());
    Ok(Slice { version: params.one("version")?.map(str::to_owned), environment, segments: params.segments()? })
}
