//! Who may pass: key, right and scope, checked before a byte of the body is read.

use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use url::form_urlencoded;

use crate::app::{App, Shared};
use crate::caller::{Caller, Right};
use crate::edge::RequestId;
use crate::guard::{Guard, is_loopback_host};
use crate::ports::{Grant, KeyError};
use crate::problem::{Code, Problem};
use crate::routes::{Reach, Route};

/// Tokens longer than this are not looked at.
const TOKEN_BYTES: usize = 256;

/// The layer of one route.
pub(crate) async fn authorize(
    State((app, route)): State<(App, Route)>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if app.deps.guard == Guard::Open {
        check_host(&request)?;
    }
    if route.reach == Reach::Public {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let caller = caller(&app, &parts).await?;
    tracing::Span::current().record("tenant", caller.tenant.as_str());
    check_rate(&app, &caller, route)?;
    check_right(&caller, route)?;
    check_scope(&caller, route, &mut parts, &app).await?;
    parts.extensions.insert(caller);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Refuses requests for other hosts on an open server: a page of another site that points its name here (DNS
/// rebinding) sends its own name as the host.
fn check_host(request: &Request) -> Result<(), Problem> {
    let header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let host = request.uri().authority().map(|authority| authority.as_str()).or(header);
    match host {
        Some(host) if !is_loopback_host(host) => Err(Problem::new(
            Code::HostNotAllowed,
            "a server without keys answers to the names of its own machine only, such as `localhost`",
        )
        .hint("make an API key, then the server answers to any name")),
        _ => Ok(()),
    }
}

async fn caller(app: &Shared, parts: &Parts) -> Result<Caller, Problem> {
    let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    if app.deps.guard == Guard::Open {
        return Ok(Caller::open(request_id));
    }
    let token = token(&parts.headers)?;
    let invalid = || challenge(Problem::new(Code::KeyInvalid, "the API key is unknown, expired or mistyped"), true);
    if token.is_empty() || token.len() > TOKEN_BYTES {
        return Err(invalid());
    }
    let grant = app.deps.keys.authenticate(token, app.deps.clock.now()).await.map_err(|error| match error {
        KeyError::Invalid { .. } => invalid(),
        KeyError::Unavailable { detail } => {
            tracing::error!(error = detail, "keys cannot be checked");
            Problem::new(Code::Unavailable, "API keys cannot be checked at the moment")
                .retry_after(app.deps.settings.retry_after)
        }
    })?;
    let Grant { tenant, environment, model, rights, key_id } = grant.ok_or_else(invalid)?;
    Ok(Caller { tenant, environment, model, rights, key_id: Some(key_id), request_id })
}

/// The token of `Authorization: Bearer` or `X-API-Key`.
fn token(headers: &HeaderMap) -> Result<&str, Problem> {
    let missing = || {
        let problem = Problem::new(Code::KeyMissing, "the request has no API key");
        challenge(problem.hint("send it as `Authorization: Bearer watchkeeper_…` or as `X-API-Key`"), false)
    };
    if let Some(value) = headers.get("x-api-key") {
        return value.to_str().map(str::trim).map_err(|_| missing());
    }
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(missing()),
    }
}

fn challenge(problem: Problem, was_given: bool) -> Problem {
    let value = if was_given {
        r#"Bearer realm="watchkeeper", error="invalid_token""#
    } else {
        r#"Bearer realm="watchkeeper""#
    };
    problem.header(header::WWW_AUTHENTICATE, HeaderValue::from_static(value))
}

/// Counts the request of a key. Without keys nobody can be told from another: all share one rate. What watches the server
/// must see it when it refuses.
fn check_rate(app: &Shared, caller: &Caller, route: Route) -> Result<(), Problem> {
    if route.reach == Reach::Process {
        return Ok(());
    }
    app.admission.rate(caller.key_id.as_deref().unwrap_or_default()).map_err(|after| {
        app.deps.metrics.shed("rate");
        let who = caller.key_id.as_ref().map_or("requests come faster than", |_| "the key sends more requests than");
        Problem::new(Code::RateLimited, format!("{who} `limits.requests_per_second` allows")).retry_after(after)
    })
}

fn check_right(caller: &Caller, route: Route) -> Result<(), Problem> {
    if route.rights.iter().any(|right| caller.rights.contains(*right)) {
        return Ok(());
    }
    let words = |rights: &mut dyn Iterator<Item = Right>| {
        rights.map(|right| format!("`{}`", right.as_str())).collect::<Vec<_>>().join(" or ")
    };
    let needed = words(&mut route.rights.iter().copied());
    let has = caller.rights.iter().map(|right| format!("`{}`", right.as_str())).collect::<Vec<_>>().join(" and ");
    Err(Problem::new(Code::RightMissing, format!("the API key has the right {has}; expected {needed}")))
}

/// Checks what path and query name against the scope of the key.
///
/// Reads of others' things are answered as if they were not there; writes, which tell nothing, are answered plainly.
async fn check_scope(caller: &Caller, route: Route, parts: &mut Parts, app: &App) -> Result<(), Problem> {
    if caller.is_tenant_wide() {
        return Ok(());
    }
    let refuse = |what: &str, own: &str| match route.method {
        "GET" => Err(nothing_there()),
        _ => Err(Problem::new(Code::OutOfScope, format!("the API key is for the {what} `{own}` alone"))),
    };
    if route.reach == Reach::Process {
        let detail = "this concerns the whole server, and the API key is for one model or environment";
        return Err(Problem::new(Code::OutOfScope, detail));
    }
    if let Some(own) = caller.environment.as_ref().filter(|_| route.reach == Reach::WholeModel) {
        return refuse("environment", own);
    }
    let path = RawPathParams::from_request_parts(parts, app).await;
    let in_path = |name: &str| {
        let path = path.as_ref().ok()?;
        path.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    };
    let query: Vec<(String, String)> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let named = |name: &str| query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect();
    if let Some(own) = &caller.model {
        let models: Vec<String> = named("model");
        if in_path("model").iter().chain(&models).any(|model| model != own) {
            return refuse("model", own);
        }
    }
    if let Some(own) = &caller.environment {
        let environments: Vec<String> = named("environment");
        if environments.iter().any(|environment| environment != own) {
            return refuse("environment", own);
        }
    }
    Ok(())
}

/// What is out of scope looks like this, and so does what does not exist.
pub(crate) fn nothing_there() -> Problem {
    Problem::new(Code::NotFound, "there is nothing of this name that the API key may see")
}
