//! The description of the API is complete, consistent, and the one in `docs/`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use watchkeeper_server::{ROUTES, Reach, api_document};

use crate::support::Server;

fn document() -> Value {
    serde_json::to_value(api_document()).unwrap()
}

#[test]
fn it_has_every_route_of_the_table_and_no_other() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert((path.clone(), method.to_uppercase()));
        }
    }
    let http = ROUTES.iter().filter(|route| !route.path.starts_with("/opentelemetry"));
    let table: BTreeSet<_> = http.map(|route| (route.path.to_owned(), route.method.to_owned())).collect();
    assert_eq!(described, table);
}

#[test]
fn every_operation_says_who_may_and_what_may_go_wrong() {
    let document = document();
    let mut ids = BTreeSet::new();
    for route in ROUTES.iter().filter(|route| !route.path.starts_with("/opentelemetry")) {
        let operation = &document["paths"][route.path][route.method.to_lowercase()];
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{route:?}");
        let problem = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(problem, "#/components/schemas/ProblemDetails", "{route:?}");
        let security = operation["security"].as_array().unwrap();
        assert_eq!(security.is_empty(), route.reach == Reach::Public, "{route:?}");
        for right in route.rights {
            let named = format!("`{}`", right.as_str());
            assert!(operation["description"].as_str().unwrap().contains(&named), "{route:?}");
        }
        let in_path: BTreeSet<&str> = route.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let described: BTreeSet<&str> =
            parameters.iter().filter(|p| p["in"] == "path").filter_map(|p| p["name"].as_str()).collect();
        assert_eq!(in_path, described, "{route:?}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, whole: &Value, seen: &mut usize) {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            assert!(whole.pointer(target.trim_start_matches('#')).is_some(), "{target}");
            *seen += 1;
        }
        match value {
            Value::Object(members) => members.values().for_each(|member| walk(member, whole, seen)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, whole, seen)),
            _ => {}
        }
    }
    let (document, mut seen) = (document(), 0);
    walk(&document, &document, &mut seen);
    assert!(seen > 50, "{seen}");
}

#[tokio::test]
async fn it_is_served() {
    let answer = Server::keyed().get("/api/v1/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), document());
}

#[test]
fn the_committed_one_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let text = api_document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "docs/openapi.json is out of date; `make docs` rewrites it");
}
