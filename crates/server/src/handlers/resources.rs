//! Configuration: resources, their revisions, differences.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::Value;

use super::{Who, document, json, unavailable};
use crate::app::{App, Shared};
use crate::authorize::nothing_there;
use crate::caller::{Caller, Right};
use crate::media;
use crate::params::{self, Params, refusal};
use crate::ports::{Diff, Expected, Page, PutAnswer, Resource, ResourceError, ResourcePage, RevisionsAnswer};
use crate::problem::{Code, Problem};
use crate::router::in_time;

/// Resources of a kind, by name.
#[utoipa::path(
    get,
    path = "/api/v1/resources/{kind}",
    tag = "configuration",
    params(
        ("kind" = String, Path, description = "Kind, such as `Model`"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 1000 (100)"),
        ("cursor" = Option<String>, Query, description = "`next` of the former page"),
    ),
    responses((status = 200, description = "A page of resources", body = ResourcePage)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Who,
    Path(kind): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let page = Params::parse(request.uri().query(), &["limit", "cursor"])?.page()?;
    let kind = params::kind(&kind)?;
    check_kind(&caller, kind)?;
    let answer = match &caller.model {
        None => ask(&app, app.deps.resources.list(&caller, kind, &page)).await?,
        Some(own) => ResourcePage { items: own_model(&app, &caller, kind, own, &page).await?, next: None },
    };
    json(request.headers(), answer)
}

/// What a key for one model sees of a list: that model.
async fn own_model(
    app: &Shared,
    caller: &Caller,
    kind: &str,
    own: &str,
    page: &Page,
) -> Result<Vec<Resource>, Problem> {
    if !is_model(kind) || page.after.is_some() {
        return Ok(Vec::new());
    }
    match ask(app, app.deps.resources.get(caller, kind, own, None)).await {
        Ok(resource) => Ok(vec![resource]),
        Err(problem) if problem.code == Code::NotFound => Ok(Vec::new()),
        Err(problem) => Err(problem),
    }
}

/// A resource; its revision is in `ETag` as well.
#[utoipa::path(
    get,
    path = "/api/v1/resources/{kind}/{name}",
    tag = "configuration",
    params(
        ("kind" = String, Path, description = "Kind, such as `Model`"),
        ("name" = String, Path, description = "Name"),
        ("revision" = Option<u64>, Query, description = "Revision; the newest if left out"),
    ),
    responses((status = 200, description = "The resource", body = Resource)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    Extension(caller): Who,
    Path((kind, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let params = Params::parse(request.uri().query(), &["revision"])?;
    let revision = match params.one("revision")? {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| refusal("revision", text, "a whole number from 1"))?),
    };
    let (kind, name) = readable(&caller, &kind, &name)?;
    media::accepts_json(request.headers())?;
    let resource = ask(&app, app.deps.resources.get(&caller, kind, name, revision)).await?;
    Ok(tagged(StatusCode::OK, resource))
}

/// Write a resource. `If-Match: "<revision>"` guards against the changes of others, `If-None-Match: *` only creates.
#[utoipa::path(
    put,
    path = "/api/v1/resources/{kind}/{name}",
    tag = "configuration",
    params(
        ("kind" = String, Path, description = "Kind, such as `Model`"),
        ("name" = String, Path, description = "Name"),
        ("If-Match" = Option<String>, Header, description = "Revision that is expected, in quotes"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: the resource must not be there yet"),
    ),
    request_body = Object,
    responses(
        (status = 200, description = "Written; unchanged resources keep their revision", body = Resource),
        (status = 201, description = "Created", body = Resource),
    ),
)]
pub(crate) async fn write(
    State(app): State<App>,
    Extension(caller): Who,
    Path((kind, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    let (kind, name) = writable(&caller, &kind, &name)?;
    if is_key(kind) {
        let problem = Problem::new(Code::InvalidParameter, "API keys are not written as resources");
        return Err(problem.hint("make them with `POST /api/v1/keys`"));
    }
    media::accepts_json(request.headers())?;
    let expected = expected(request.headers())?;
    let body: Value = document(&app, request).await?;
    let PutAnswer { resource, created } =
        ask(&app, app.deps.resources.put(&caller, kind, name, body, expected)).await?;
    Ok(tagged(if created { StatusCode::CREATED } else { StatusCode::OK }, resource))
}

/// Remove a resource. Its revisions stay readable. `If-Match` as for writing.
#[utoipa::path(
    delete,
    path = "/api/v1/resources/{kind}/{name}",
    tag = "configuration",
    params(
        ("kind" = String, Path, description = "Kind, such as `Model`"),
        ("name" = String, Path, description = "Name"),
        ("If-Match" = Option<String>, Header, description = "Revision that is expected, in quotes"),
    ),
    responses((status = 204, description = "Removed")),
)]
pub(crate) async fn remove(
    State(app): State<App>,
    Extension(caller): Who,
    Path((kind, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    let (kind, name) = writable(&caller, &kind, &name)?;
    let expected = expected(request.headers())?;
    ask(&app, app.deps.resources.delete(&caller, kind, name, expected)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Revisions of a resource, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/resources/{kind}/{name}/revisions",
    tag = "configuration",
    params(
        ("kind" = String, Path, description = "Kind, such as `Model`"),
        ("name" = String, Path, description = "Name"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 1000 (100)"),
        ("cursor" = Option<String>, Query, description = "`next` of the former page"),
    ),
    responses((status = 200, description = "A page of revisions", body = RevisionsAnswer)),
)]
pub(crate) async fn revisions(
    State(app): State<App>,
    Extension(caller): Who,
    Path((kind, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let page = Params::parse(request.uri().query(), &["limit", "cursor"])?.page()?;
    let (kind, name) = readable(&caller, &kind, &name)?;
    let answer = ask(&app, app.deps.resources.revisions(&caller, kind, name, &page)).await?;
    json(request.headers(), answer)
}

/// What writing the body would change; nothing is written.
#[utoipa::path(
    post,
    path = "/api/v1/resources/{kind}/{name}/diff",
    tag = "configuration",
    params(
        ("kind" = String, Path, description = "Kind, such as `Model`"),
        ("name" = String, Path, description = "Name"),
    ),
    request_body = Object,
    responses((status = 200, description = "The differences", body = Diff)),
)]
pub(crate) async fn diff(
    State(app): State<App>,
    Extension(caller): Who,
    Path((kind, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    let (kind, name) = readable(&caller, &kind, &name)?;
    let headers = request.headers().clone();
    let body: Value = document(&app, request).await?;
    let answer = ask(&app, app.deps.resources.diff(&caller, kind, name, body)).await?;
    json(&headers, answer)
}

fn is_model(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("model")
}

fn is_key(kind: &str) -> bool {
    kind.to_ascii_lowercase().trim_end_matches('s') == "apikey"
}

/// Who reads what: keys are for those who may make them.
fn check_kind(caller: &Caller, kind: &str) -> Result<(), Problem> {
    if is_key(kind) && !caller.rights.contains(Right::Admin) {
        let detail = "the API key lacks the right `admin`, which resources of the kind `ApiKey` need";
        return Err(Problem::new(Code::RightMissing, detail));
    }
    Ok(())
}

/// Kind and name if the caller may see them. Environments share their configuration, so a key for one sees it.
fn readable<'a>(caller: &Caller, kind: &'a str, name: &'a str) -> Result<(&'a str, &'a str), Problem> {
    let (kind, name) = (params::kind(kind)?, params::name("name", name)?);
    check_kind(caller, kind)?;
    match &caller.model {
        Some(own) if !is_model(kind) || own != name => Err(nothing_there()),
        _ => Ok((kind, name)),
    }
}

/// Kind and name if the caller may write them.
fn writable<'a>(caller: &Caller, kind: &'a str, name: &'a str) -> Result<(&'a str, &'a str), Problem> {
    let (kind, name) = (params::kind(kind)?, params::name("name", name)?);
    let own = caller.model.as_deref() == Some(name) && is_model(kind);
    if caller.environment.is_some() || !(own || caller.model.is_none()) {
        let detail = "the API key does not reach this resource; expected a key for the whole tenant, or for the model";
        return Err(Problem::new(Code::OutOfScope, detail));
    }
    Ok((kind, name))
}

/// `If-Match` and `If-None-Match`.
fn expected(headers: &HeaderMap) -> Result<Expected, Problem> {
    let text = |name: &header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default().trim());
    match (text(&header::IF_MATCH), text(&header::IF_NONE_MATCH)) {
        (None, None) => Ok(Expected::Any),
        (None, Some("*")) => Ok(Expected::Absent),
        (Some(tag), None) => match tag.trim_matches('"').parse() {
            Ok(revision) if revision > 0 => Ok(Expected::Revision(revision)),
            _ => Err(refusal("If-Match", tag, "a revision in quotes, such as `\"3\"`")),
        },
        (_, Some(other)) => Err(refusal("If-None-Match", other, "`*`, and no `If-Match` beside it")),
    }
}

fn tagged(status: StatusCode, resource: Resource) -> Response {
    let tag = HeaderValue::from_str(&format!("\"{}\"", resource.revision));
    let mut response = (status, Json(resource)).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Asks the port, in time.
async fn ask<T>(app: &Shared, work: impl Future<Output = Result<T, ResourceError>> + Send) -> Result<T, Problem> {
    in_time(app, async { Ok(work.await) }).await?.map_err(|error| problem(error, app))
}

fn problem(error: ResourceError, app: &Shared) -> Problem {
    let detail = error.to_string();
    match error {
        ResourceError::UnknownKind { known, .. } => {
            Problem::new(Code::NotFound, format!("{detail}; expected one of `{}`", known.join("`, `")))
        }
        ResourceError::NotFound { .. } => nothing_there(),
        ResourceError::Conflict { found } => {
            let found = if found == 0 { "is not there".to_owned() } else { format!("has revision {found}") };
            Problem::new(Code::RevisionConflict, format!("the resource {found}, which the request does not expect"))
                .hint("read it again, apply the change to what is there, and send that revision in `If-Match`")
        }
        ResourceError::Invalid(errors) => {
            let first = errors.first().map(|error| error.message.clone()).unwrap_or_default();
            let more = errors.len().saturating_sub(1);
            let more = if more == 0 { String::new() } else { format!("; and {more} more problems") };
            let mut problem = Problem::new(Code::InvalidResource, format!("{first}{more}"));
            problem.errors = errors;
            problem
        }
        ResourceError::Unavailable { .. } => unavailable("the catalog", &detail, app),
        ResourceError::Internal { .. } => Problem::internal("the catalog failed", &detail),
    }
}
