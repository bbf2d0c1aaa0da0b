//! Making API keys.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use super::{Who, document, unavailable};
use crate::app::App;
use crate::caller::Caller;
use crate::media;
use crate::params::{self, Params, shown};
use crate::ports::{CreatedKey, KeyError, NewKey};
use crate::problem::{Code, FieldError, Problem};
use crate::router::in_time;

/// Characters of a description at most.
const DESCRIPTION_CHARS: usize = 200;

/// Make an API key. Its token is shown this once.
#[utoipa::path(
    post,
    path = "/api/v1/keys",
    tag = "configuration",
    request_body = NewKey,
    responses((status = 201, description = "The key with its token", body = CreatedKey)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Extension(caller): Who,
    request: Request,
) -> Result<Response, Problem> {
    Params::parse(request.uri().query(), &[])?;
    media::accepts_json(request.headers())?;
    let key: NewKey = document(&app, request).await?;
    let now = app.deps.clock.now();
    check(&key, now)?;
    check_scope(&caller, &key)?;
    let work = async { Ok(app.deps.keys.create(&caller, key, now).await) };
    let created = in_time(&app, work).await?.map_err(|error| match error {
        KeyError::Invalid { detail } => invalid("", detail),
        KeyError::Unavailable { detail } => unavailable("the store of keys", &detail, &app),
    })?;
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

fn invalid(path: &str, message: String) -> Problem {
    let mut problem = Problem::new(Code::InvalidResource, message.clone());
    problem.errors.push(FieldError { path: path.to_owned(), line: None, message, hint: None });
    problem
}

fn check(key: &NewKey, now: jiff::Timestamp) -> Result<(), Problem> {
    if key.rights.is_empty() {
        return Err(invalid("rights", "`rights` is empty; expected `ingest`, `read` or `admin`".to_owned()));
    }
    for (path, value) in [("environment", &key.environment), ("model", &key.model)] {
        if let Some(value) = value {
            params::name(path, value).map_err(|problem| invalid(path, problem.detail))?;
        }
    }
    if let Some(end) = key.expires_at.filter(|end| end.0 <= now) {
        return Err(invalid("expires_at", format!("`expires_at` is `{}`; expected a time after `{now}`", end.0)));
    }
    if let Some(long) = key.description.as_ref().filter(|text| text.chars().count() > DESCRIPTION_CHARS) {
        let found = shown(long);
        return Err(invalid("description", format!("`description` is `{found}`; expected at most 200 characters")));
    }
    Ok(())
}

/// A key makes no key that reaches further than itself.
fn check_scope(caller: &Caller, key: &NewKey) -> Result<(), Problem> {
    let within = |own: &Option<String>, new: &Option<String>| own.is_none() || own == new;
    for (what, own, new) in
        [("model", &caller.model, &key.model), ("environment", &caller.environment, &key.environment)]
    {
        if !within(own, new) {
            let own = own.as_deref().unwrap_or_default();
            let detail = format!("the API key is for the {what} `{own}` alone, and so must be the keys it makes");
            return Err(Problem::new(Code::OutOfScope, detail));
        }
    }
    Ok(())
}
