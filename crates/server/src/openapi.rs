//! The description of the API, made from the handlers and the table of routes.

use serde::Serialize;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{OpenApi, ToSchema};

use crate::FieldError;
use crate::handlers::{erasures, events, keys, models, otlp, resources, system, watch};
use crate::ports::{AppendAnswer, Step};
use crate::problem::TYPE_ROOT;
use crate::routes::{Op, ROUTES, Reach, Route};

/// Problem details (RFC 9457): the body of every error.
#[derive(Debug, Serialize, ToSchema)]
struct ProblemDetails {
    /// Address of the documents of the code.
    #[serde(rename = "type")]
    kind: String,
    /// The same for every problem of the code.
    title: String,
    /// HTTP status.
    status: u16,
    /// What happened this time.
    detail: String,
    /// Stable word to branch on.
    code: String,
    /// Identity of the request, also in the log.
    request_id: String,
    /// What to do about it.
    hint: Option<String>,
    /// Several things that are wrong.
    errors: Option<Vec<FieldError>>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Watchkeeper",
        description = "Events in, once and for good; profiles out, always current. Every error is a problem detail \
                       (RFC 9457) with a stable `code`. OTLP is also served over gRPC on the same port.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        events::predictions, events::labels, events::kpis, events::changes, events::cloud_events,
        otlp::traces, otlp::logs, otlp::metrics,
        models::list, models::model, models::columns, models::profiles, models::distribution, models::storage,
        models::trace,
        resources::list, resources::read, resources::write, resources::remove, resources::revisions, resources::diff,
        erasures::create, erasures::read,
        keys::create,
        watch::alerts, watch::incidents, watch::incident, watch::command, watch::measurements,
        system::live, system::ready, system::metrics, system::api,
    ),
    components(schemas(ProblemDetails, AppendAnswer, Step)),
    tags(
        (name = "events", description = "Events in"),
        (name = "opentelemetry", description = "OpenTelemetry in"),
        (name = "profiles", description = "Models, columns, profiles, distributions"),
        (name = "watch", description = "Measurements, alerts, incidents"),
        (name = "configuration", description = "Resources and keys"),
        (name = "system", description = "Health and metrics"),
    ),
)]
struct Document;

/// The description of the API as OpenAPI 3.1. Rights and errors come from the table of routes.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    for route in ROUTES {
        let item = document.paths.paths.get_mut(route.path);
        if let Some(operation) = item.and_then(|item| operation_mut(item, route.method)) {
            complete(operation, *route);
        }
    }
    let components = document.components.get_or_insert_with(Default::default);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key")).build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let header = ApiKey::Header(ApiKeyValue::with_description("X-API-Key", "An API key"));
    components.add_security_scheme("header", SecurityScheme::ApiKey(header));
    document
}

fn operation_mut<'a>(item: &'a mut PathItem, method: &str) -> Option<&'a mut Operation> {
    match method {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PUT" => item.put.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}

/// What follows from the route alone.
fn complete(operation: &mut Operation, route: Route) {
    let id = format!("{:?}", route.op);
    let mut letters = id.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_lowercase).collect();
    operation.operation_id = Some(first + letters.as_str());
    let responses = &mut operation.responses.responses;
    responses.insert("default".to_owned(), problem(&format!("A problem; `type` is `{TYPE_ROOT}<code>`")));
    if matches!(
        route.op,
        Op::AppendPredictions | Op::AppendLabels | Op::AppendKpis | Op::AppendChanges | Op::AppendCloudEvents
    ) {
        let description =
            "Every row was rejected; the members of the answer to an append are beside those of a problem";
        responses.insert("422".to_owned(), problem(description));
    }
    if route.reach == Reach::Public {
        operation.security = Some(Vec::new());
        return;
    }
    let words: Vec<String> = route.rights.iter().map(|right| format!("`{}`", right.as_str())).collect();
    let needs = format!("Needs the right {}.", words.join(" or "));
    operation.description = Some(match operation.description.take() {
        Some(text) if !text.is_empty() => format!("{text}\n\n{needs}"),
        _ => needs,
    });
    let none: [&str; 0] = [];
    operation.security = Some(vec![SecurityRequirement::new("bearer", none), SecurityRequirement::new("header", none)]);
}

fn problem(description: &str) -> RefOr<Response> {
    let schema = Ref::from_schema_name("ProblemDetails");
    let content = Content::new(Some(schema));
    ResponseBuilder::new().description(description).content("application/problem+json", content).build().into()
}
