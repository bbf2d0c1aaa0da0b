//! From the table of routes to a service.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio::time::timeout;

use crate::app::{App, Deps, Permit, Shared};
use crate::authorize::authorize;
use crate::edge::edge;
use crate::handlers;
use crate::problem::{Code, Problem};
use crate::routes::{ROUTES, Reach};

/// The whole service as a router, for [`run`](crate::run) and for tests.
pub fn router(deps: Deps) -> Router {
    with(&Shared::new(deps))
}

pub(crate) fn with(app: &App) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let mut handler = handlers::of(route.op).route_layer(from_fn_with_state((App::clone(app), *route), authorize));
        if route.reach != Reach::Public {
            handler = handler.route_layer(from_fn_with_state(App::clone(app), admit));
        }
        router = router.route(route.path, handler);
    }
    router
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(from_fn_with_state(App::clone(app), edge))
        .with_state(App::clone(app))
}

/// Lets a request in if there is room. Health checks pass by: they must answer when nothing else does.
async fn admit(State(app): State<App>, mut request: Request, next: Next) -> Result<Response, Problem> {
    let Some(permit) = app.admission.request().map(Permit::new) else {
        app.deps.metrics.shed("requests");
        let after = app.deps.settings.retry_after;
        let detail = "the server works on as many requests as it takes at once";
        return Err(Problem::new(Code::Overloaded, detail).retry_after(after));
    };
    request.extensions_mut().insert(permit.clone());
    let response = next.run(request).await;
    drop(permit);
    Ok(response)
}

/// Bounds the work of a handler once its body is there.
pub(crate) async fn in_time<T>(
    app: &Shared,
    work: impl Future<Output = Result<T, Problem>> + Send,
) -> Result<T, Problem> {
    let settings = &app.deps.settings;
    timeout(settings.request_timeout, work).await.unwrap_or_else(|_| {
        let detail = format!("no answer within {} s", settings.request_timeout.as_secs_f64());
        let hint = "events may have been taken; send them again, rows with the same ids count once";
        Err(Problem::new(Code::TimedOut, detail).hint(hint).retry_after(settings.retry_after))
    })
}
