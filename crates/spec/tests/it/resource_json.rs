//! Canonical JSON, YAML and comparison of resources.

use proptest::prelude::*;
use serde_json::{Value, json};
use watchkeeper_spec::{Resource, ResourceKind, diff, resource_json_schema};

const FULL: &str = r#"
apiVersion: watchkeeper/v1
kind: Model
metadata: { name: flights-delay, description: "a: \"b\"\n# c", labels: {team: ops, "yes": "1"} }
spec:
  task: binary_classification
  columns:
    - {name: "id", role: id, privacy: {hash: {domain: flight}}}
    - name: distance
      role: feature
      type: numeric
      min: -0.5
      max: 10
      importance: 2.5
      missing_as_bin: true
      empty_is_null: true
      thresholds: { psi: {warning: 0.2, critical: 0.5} }
      privacy: {generalise: {width: 10, cap: 89}}
    - {name: born, role: feature, privacy: {generalise: {time: year}}}
    - {name: zip, role: feature, privacy: {generalise: {prefix: 3}}}
    - {name: card, role: feature, privacy: {mask: {last: 4}}}
    - {name: note, role: feature, privacy: profile_only}
  undeclared: ignore
  check: {metrics: [default, energy], alpha: 0.02, fdr_q: 0.1, fail_on: warning, exact_rows: 1000, thresholds: {ks: {warning: 0.1, critical: 0.3}}}
  ingest: {mapping: {fields: {id: a.b}, columns: {c: d}, segments: {s: t.u}}}
  segments: [s]
  profiles: {bucket: 15m, keep_buckets: 3d, hour: 90d, day: 13 months}
  learning: {hours: 12, rows: 500}
  retention: {events: 30d}
---
apiVersion: watchkeeper/v1
kind: Model
metadata: {name: small}
spec: {task: other, check: {metrics: [all]}}
---
apiVersion: watchkeeper/v1
kind: Baseline
metadata: {name: b}
spec: {model: m, source: {range: {from: 2026-01-01, to: 2026-02-01T00:00:00.5Z, version: "1", environment: production}}}
---
apiVersion: watchkeeper/v1
kind: Baseline
metadata: {name: c}
spec: {model: m, source: {file: {path: "a b"}}}
---
apiVersion: watchkeeper/v1
kind: Baseline
metadata: {name: d}
spec: {model: m, source: {learning: {}}}
---
apiVersion: watchkeeper/v1
kind: Tenant
metadata: {name: t, description: "", labels: {}}
---
apiVersion: watchkeeper/v1
kind: Environment
metadata: {name: e}
---
apiVersion: watchkeeper/v1
kind: ApiKey
metadata: {name: k}
spec: {environment: production, model: m, rights: [admin, read], expires: 2030-01-01}
"#;

fn read(text: &str) -> Vec<Resource> {
    Resource::from_yaml_documents(text.as_bytes(), "r").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn json_and_yaml_read_back() {
    let resources = read(FULL);
    assert_eq!(resources.len(), 8);
    for resource in &resources {
        let json = resource.to_json();
        let again = Resource::from_json(&json, "catalog").unwrap_or_else(|error| panic!("{error}\n{json}"));
        assert_eq!((&again, again.to_json()), (resource, json));
        assert_eq!(read(&resource.to_yaml()), std::slice::from_ref(resource), "{}", resource.to_yaml());
        assert_eq!(diff(Some(resource), Some(&again)), []);
    }
}

#[test]
fn canonical() {
    let resources = read(FULL);
    assert_eq!(
        resources[1].to_json(),
        r#"{"apiVersion":"watchkeeper/v1","kind":"Model","metadata":{"name":"small"},"spec":{"check":{"metrics":["all"]},"task":"other"}}"#
    );
    assert_eq!(
        resources[7].to_json(),
        r#"{"apiVersion":"watchkeeper/v1","kind":"ApiKey","metadata":{"name":"k"},"spec":{"environment":"production","expires":"2030-01-01T00:00:00Z","model":"m","rights":["read","admin"]}}"#
    );
    assert_eq!(
        resources[7].to_yaml(),
        "apiVersion: watchkeeper/v1\nkind: ApiKey\nmetadata:\n  name: k\nspec:\n  environment: production\n  \
         expires: \"2030-01-01T00:00:00Z\"\n  model: m\n  rights: [read, admin]\n"
    );
}

#[test]
fn bad_json() {
    let error = |text: &str| Resource::from_json(text, "catalog").unwrap_err().to_string();
    assert_eq!(error("{\"a\": secret}"), "catalog: invalid JSON at line 1, column 7");
    assert!(error("[1]").contains("the document is a list"));
    assert!(error(&format!("\"{}\"", "x".repeat(9000))).contains("expected texts of at most 8192 bytes"));
    assert!(error("{\"a\": 1, \"a\": 2}").contains("repeated field `a`"));
    assert!(error(&"[".repeat(100_000)).contains("invalid JSON"));
}

fn paths(old: Option<&Resource>, new: Option<&Resource>) -> Vec<(String, Value, Value)> {
    let value = |value: Option<Value>| value.unwrap_or(Value::Null);
    diff(old, new).into_iter().map(|change| (change.path, value(change.old), value(change.new))).collect()
}

#[test]
fn changes() {
    let before = &read(FULL)[0];
    let text = FULL
        .replace("alpha: 0.02, ", "")
        .replace("max: 10\n", "max: 11\n")
        .replace("    - {name: note, role: feature, privacy: profile_only}\n", "    - {name: new, role: feature}\n")
        .replace("segments: [s]", "segments: [s, t]");
    let after = &read(&text)[0];
    let change = |path: &str, old: Value, new: Value| (path.to_owned(), old, new);
    assert_eq!(
        paths(Some(before), Some(after)),
        [
            change("spec.check.alpha", json!(0.02), Value::Null),
            change("spec.columns[distance].max", json!(10.0), json!(11.0)),
            change("spec.columns[new].name", Value::Null, json!("new")),
            change("spec.columns[new].role", Value::Null, json!("feature")),
            change("spec.columns[note].name", json!("note"), Value::Null),
            change("spec.columns[note].privacy", json!("profile_only"), Value::Null),
            change("spec.columns[note].role", json!("feature"), Value::Null),
            change("spec.segments", json!(["s"]), json!(["s", "t"])),
        ]
    );
}

#[test]
fn another_order_of_columns_is_a_change() {
    let model = |columns: &str| {
        read(&format!("apiVersion: watchkeeper/v1\nkind: Model\nmetadata: {{name: m}}\nspec: {{task: other, columns: [{columns}]}}"))
            .remove(0)
    };
    let (a, b) = ("{name: a, role: feature}", "{name: b, role: feature}");
    let (one, two) = (model(&format!("{a}, {b}")), model(&format!("{b}, {a}")));
    let order = ("spec.columns".to_owned(), json!(["a", "b"]), json!(["b", "a"]));
    assert_eq!(paths(Some(&one), Some(&two)), [order]);
}

#[test]
fn a_new_resource_is_all_changes() {
    let tenant = &read(FULL)[5];
    let found = paths(None, Some(tenant));
    let names: Vec<&str> = found.iter().map(|(path, _, _)| path.as_str()).collect();
    assert_eq!(names, ["apiVersion", "kind", "metadata.description", "metadata.name"]);
    assert_eq!(paths(Some(tenant), None).len(), 4);
    assert_eq!(diff(None, None), []);
}

#[test]
fn every_kind_has_a_schema() {
    for kind in ResourceKind::ALL {
        let schema = resource_json_schema(*kind);
        assert_eq!(schema["properties"]["kind"]["const"], kind.as_str());
        assert_eq!(schema["additionalProperties"], false);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_survives(name in any::<String>(), label in any::<String>(), description in any::<String>(), end in any::<f64>()) {
        prop_assume!(!name.is_empty() && !label.is_empty() && end.is_finite());
        let document = json!({
            "apiVersion": "watchkeeper/v1",
            "kind": "Model",
            "metadata": { "name": "m", "description": description, "labels": { label: "x" } },
            "spec": { "task": "other", "columns": [{ "name": name, "role": "feature", "min": end, "type": "numeric" }] },
        });
        let resource = Resource::from_json(&document.to_string(), "j").unwrap();
        prop_assert_eq!(&Resource::from_json(&resource.to_json(), "j").unwrap(), &resource);
        let yaml = resource.to_yaml();
        prop_assert_eq!(Resource::from_yaml_documents(yaml.as_bytes(), "y").unwrap(), vec![resource], "{}", yaml);
    }

    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Resource::from_yaml_documents(&bytes, "r");
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = Resource::from_json(text, "r");
        }
    }
}
