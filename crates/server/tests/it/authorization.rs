//! Every route × {no key, wrong key, ingest, read, admin} × {own, own or other environment, model, tenant}.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;
use watchkeeper_server::{Guard, Op, ROUTES, Reach, Right, Route, Settings};

use crate::support::fake::TRACE;
use crate::support::{Answer, Server, json_request};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Own,
    OwnEnvironment,
    OwnModel,
    OtherEnvironment,
    OtherModel,
    OtherTenant,
}

use Relation::*;

const RELATIONS: [Relation; 6] = [Own, OwnEnvironment, OwnModel, OtherEnvironment, OtherModel, OtherTenant];

fn token(relation: Relation, rights: &str) -> String {
    let scope = match relation {
        Own => "acme/-/-",
        OwnEnvironment => "acme/production/-",
        OwnModel => "acme/-/churn",
        OtherEnvironment => "acme/staging/-",
        OtherModel => "acme/-/fraud",
        OtherTenant => "globex/-/-",
    };
    format!("{scope}/{rights}")
}

fn is_grpc(route: &Route) -> bool {
    route.path.starts_with("/opentelemetry")
}

/// Whether the request of [`request`] names an environment.
fn names_environment(route: &Route) -> bool {
    let events = matches!(route.reach, Reach::Model | Reach::Rows) && route.method == "POST" && !is_grpc(route);
    events || matches!(route.op, Op::GetProfiles | Op::GetDistribution | Op::CreateKey)
}

/// A request that would succeed with all rights: for the model `churn` in `production` of the tenant `acme`.
fn request(route: &Route) -> Request<Body> {
    let path = route.path.replace("{model}", "churn").replace("{kind}", "Model").replace("{name}", "churn");
    let path = path.replace("{trace_id}", TRACE).replace("{erasure}", "e1").replace("{incident}", "inc-1");
    let query = match route.op {
        Op::GetDistribution => "?column=age&environment=production",
        Op::AppendCloudEvents => "?model=churn&environment=production",
        Op::CreateKey => "",
        _ if names_environment(route) => "?environment=production",
        _ => "",
    };
    let body = match route.op {
        Op::CreateKey => json!({"rights": ["ingest"], "environment": "production", "model": "churn"}).to_string(),
        Op::EraseEvents => json!({"ids": ["p-1"]}).to_string(),
        Op::CommandIncident => json!({"action": "acknowledge"}).to_string(),
        _ if is_grpc(route) => "\0\0\0\0\0".to_owned(),
        _ => "{}".to_owned(),
    };
    let mut request = json_request(route.method, &format!("{path}{query}"), &body);
    let content_type = match route.op {
        Op::AppendCloudEvents => "application/cloudevents+json",
        _ if is_grpc(route) => "application/grpc",
        _ => "application/json",
    };
    request.headers_mut().insert(header::CONTENT_TYPE, content_type.parse().unwrap());
    request
}

fn success(route: &Route, relation: Relation) -> StatusCode {
    match route.op {
        Op::CreateKey => StatusCode::CREATED,
        Op::PutResource if relation == OtherTenant => StatusCode::CREATED,
        Op::DeleteResource => StatusCode::NO_CONTENT,
        _ => StatusCode::OK,
    }
}

/// What the table of the design says, written down again.
fn expected(route: &Route, relation: Relation) -> StatusCode {
    const NO: StatusCode = StatusCode::FORBIDDEN;
    const GONE: StatusCode = StatusCode::NOT_FOUND;
    let fine = success(route, relation);
    let is_read = route.method == "GET" || route.op == Op::DiffResource;
    match (route.reach, relation) {
        (Reach::Public, _) | (_, Own) => fine,
        (Reach::Process, OtherTenant) => fine,
        (Reach::Process, _) => NO,
        (Reach::Model, OwnEnvironment | OwnModel) => fine,
        (Reach::Model, OtherEnvironment) if !names_environment(route) => fine,
        (Reach::Model, OtherTenant) if !is_read => fine,
        (Reach::Model, _) => {
            if is_read {
                GONE
            } else {
                NO
            }
        }
        (Reach::WholeModel, OwnModel) => fine,
        (Reach::WholeModel, OtherTenant) => GONE,
        (Reach::WholeModel, _) => {
            if is_read {
                GONE
            } else {
                NO
            }
        }
        (Reach::Rows, OtherEnvironment) if names_environment(route) => NO,
        (Reach::Rows, OtherModel) if route.op == Op::AppendCloudEvents => NO,
        (Reach::Rows, _) => fine,
        (Reach::Answer, OtherEnvironment | OtherModel | OtherTenant)
            if matches!(route.op, Op::GetTrace | Op::GetIncident | Op::CommandIncident) =>
        {
            GONE
        }
        (Reach::Answer, _) => fine,
        (Reach::Key, OtherEnvironment | OtherModel) => NO,
        (Reach::Key, _) => fine,
        (Reach::Resource, OwnModel) => fine,
        (Reach::Resource, OwnEnvironment | OtherEnvironment) => {
            if is_read {
                fine
            } else {
                NO
            }
        }
        (Reach::Resource, OtherModel) if route.op == Op::ListResources => fine,
        (Reach::Resource, OtherModel) => {
            if is_read {
                GONE
            } else {
                NO
            }
        }
        (Reach::Resource, OtherTenant) => match route.op {
            Op::ListResources | Op::PutResource | Op::DiffResource => fine,
            _ => GONE,
        },
    }
}

/// The HTTP status, or the one that a gRPC status stands for.
fn status(answer: &Answer) -> StatusCode {
    match answer.header("grpc-status") {
        Some("16") => StatusCode::UNAUTHORIZED,
        Some("7") => StatusCode::FORBIDDEN,
        Some("5") => StatusCode::NOT_FOUND,
        Some(other) => panic!("gRPC status {other}"),
        None => answer.status,
    }
}

async fn call(server: &Server, route: &Route, token: Option<&str>) -> Answer {
    let mut request = request(route);
    if let Some(token) = token {
        request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    }
    server.send(request).await
}

#[tokio::test]
async fn strangers_get_nothing() {
    for route in ROUTES {
        for token in [None, Some("wrong"), Some("")] {
            let server = Server::keyed();
            let answer = call(&server, route, token).await;
            let expected = if route.reach == Reach::Public { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            assert_eq!(status(&answer), expected, "{route:?} {token:?}");
            if expected == StatusCode::UNAUTHORIZED {
                assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"), "{route:?}");
            }
            assert!(server.fake.callers.lock().unwrap().is_empty(), "{route:?} reached a port");
            assert!(server.fake.appends.lock().unwrap().is_empty(), "{route:?} reached the intake");
        }
    }
}

#[tokio::test]
async fn each_right_opens_its_routes_only() {
    for route in ROUTES {
        for right in Right::ALL {
            let server = Server::keyed();
            let answer = call(&server, route, Some(&token(Own, right.as_str()))).await;
            let fits = route.rights.is_empty() || route.rights.contains(&right);
            let expected = if fits { success(route, Own) } else { StatusCode::FORBIDDEN };
            assert_eq!(status(&answer), expected, "{route:?} {right:?}: {}", answer.text());
            if !fits && !is_grpc(route) {
                assert_eq!(answer.code(), "right_missing");
            }
        }
    }
}

#[tokio::test]
async fn no_key_reaches_beyond_its_scope() {
    for route in ROUTES {
        for relation in RELATIONS {
            let server = Server::keyed();
            let answer = call(&server, route, Some(&token(relation, "ingest+read+admin"))).await;
            let case = format!("{route:?} {relation:?}: {}", answer.text());
            assert_eq!(status(&answer), expected(route, relation), "{case}");
            // An answer shows nothing of others, whatever its status. Names that the request itself had may come back.
            let text = answer.text();
            if route.reach != Reach::Public {
                assert!(relation != OtherTenant || !text.contains("marker-acme"), "{case}");
                let lists = matches!(route.op, Op::ListModels | Op::GetStorage | Op::ListResources);
                assert!(relation != OtherModel || !(lists && text.contains("churn")), "{case}");
                let models = matches!(route.op, Op::ListModels | Op::GetModel);
                assert!(relation != OtherEnvironment || !(models && text.contains("production")), "{case}");
            }
            bounded(&server, relation, &case);
        }
    }
}

/// What reached the ports carries the scope of the key.
fn bounded(server: &Server, relation: Relation, case: &str) {
    let fake = &server.fake;
    let mut callers = fake.callers.lock().unwrap().clone();
    let appends = fake.appends.lock().unwrap();
    let exports = fake.exports.lock().unwrap();
    callers.extend(appends.iter().map(|append| append.caller.clone()));
    callers.extend(exports.iter().map(|export| export.caller.clone()));
    let (tenant, environment, model) = match relation {
        Own => ("acme", None, None),
        OwnEnvironment => ("acme", Some("production"), None),
        OwnModel => ("acme", None, Some("churn")),
        OtherEnvironment => ("acme", Some("staging"), None),
        OtherModel => ("acme", None, Some("fraud")),
        OtherTenant => ("globex", None, None),
    };
    for caller in callers {
        let scope = (caller.tenant.as_str(), caller.environment.as_deref(), caller.model.as_deref());
        assert_eq!(scope, (tenant, environment, model), "{case}");
    }
    for default in appends.iter().map(|append| &append.environment).chain(exports.iter().map(|e| &e.environment)) {
        assert_eq!(default, environment.unwrap_or("production"), "{case}");
    }
}

#[tokio::test]
async fn the_table_has_each_operation_once() {
    for (index, route) in ROUTES.iter().enumerate() {
        let same = |other: &&Route| other.op == route.op || (other.path, other.method) == (route.path, route.method);
        assert_eq!(ROUTES.iter().position(|other| same(&other)), Some(index), "{route:?}");
        assert_eq!(route.rights.is_empty(), route.reach == Reach::Public, "{route:?}");
    }
}

#[tokio::test]
async fn a_narrow_question_of_a_narrow_key_is_its_own() {
    let server = Server::keyed();
    let read = |path: &str, token: &str| Request::get(path).header("x-api-key", token).body(Body::empty()).unwrap();
    let path = "/api/v1/models/churn/distribution?column=age";
    let answer = server.send(read(path, "acme/staging/-/read")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(server.fake.queries.lock().unwrap()[0].slice.environment.as_deref(), Some("staging"));
    // A second value of the parameter, and one in disguise, are looked at too.
    for query in ["&environment=staging&environment=production", "&env%69ronment=production"] {
        let answer = server.send(read(&format!("{path}{query}"), "acme/staging/-/read")).await;
        assert_eq!(answer.code(), "not_found", "{query}");
    }
    let missing = server.send(read("/api/v1/models/nothing", "acme/-/-/read")).await;
    let foreign = server.send(read("/api/v1/models/churn", "acme/-/fraud/read")).await;
    let elsewhere = server.send(read("/api/v1/models/churn", "globex/-/-/read")).await;
    let shape = |answer: &Answer| {
        let mut json = answer.json();
        json["request_id"] = json!(null);
        json
    };
    assert_eq!(shape(&missing), shape(&foreign), "what is out of scope looks like what is not there");
    assert_eq!(shape(&missing), shape(&elsewhere));
}

#[tokio::test]
async fn encoded_names_do_not_slip_through() {
    let server = Server::keyed();
    for path in ["/api/v1/models/c%68urn/columns", "/api/v1/models/churn%2Fx", "/api/v1/models/%63hurn"] {
        let request = Request::get(path).header("x-api-key", "acme/-/fraud/read").body(Body::empty()).unwrap();
        assert_eq!(server.send(request).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(server.fake.callers.lock().unwrap().is_empty());
}

#[tokio::test]
async fn keys_come_in_two_headers_and_are_bounded() {
    let server = Server::keyed();
    let ask = |name: &str, value: &str| {
        let request = Request::get("/api/v1/models").header(name, value).body(Body::empty()).unwrap();
        server.send(request)
    };
    for (name, value, code) in [
        ("authorization", "bearer acme/-/-/read", None),
        ("x-api-key", "acme/-/-/read", None),
        ("authorization", "Basic YTpi", Some("key_missing")),
        ("authorization", "acme/-/-/read", Some("key_missing")),
        ("authorization", "Bearer ", Some("key_missing")),
        ("x-api-key", &format!("acme/-/-/read{}", "x".repeat(300)), Some("key_invalid")),
        ("x-api-key", "nonsense", Some("key_invalid")),
    ] {
        let answer = ask(name, value).await;
        let found = (answer.status != StatusCode::OK).then(|| answer.code());
        assert!(
            found.as_deref() == code || (found.is_some() && code == Some("key_missing")),
            "{name} {value} {found:?}"
        );
        assert!(!answer.text().contains(value) || code.is_none());
    }
    *server.fake.keys_down.lock().unwrap() = true;
    let answer = ask("x-api-key", "acme/-/-/read").await;
    assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("unavailable", Some("1")));
    assert!(!answer.text().contains("marker-detail"));
}

#[tokio::test]
async fn an_open_server_answers_to_its_own_names_only() {
    let server = Server::open();
    for (host, status) in [("localhost:8080", 200), ("127.0.0.1", 200), ("[::1]:1", 200), ("evil.example", 421)] {
        for path in ["/api/v1/models", "/healthz"] {
            let request = Request::get(path).header(header::HOST, host).body(Body::empty()).unwrap();
            assert_eq!(server.send(request).await.status, status, "{host} {path}");
        }
    }
    let request = Request::get("http://evil.example/api/v1/models").body(Body::empty()).unwrap();
    assert_eq!(server.send(request).await.code(), "host_not_allowed");
    let keyed = Server::with(Guard::Keys, Settings::default());
    let request = Request::get("/api/v1/models").header(header::HOST, "watch.example");
    let request = request.header("x-api-key", "acme/-/-/read").body(Body::empty()).unwrap();
    assert_eq!(keyed.send(request).await.status, StatusCode::OK);
}
