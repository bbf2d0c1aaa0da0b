//! The JSON Schema names the same fields and words as the parser, and describes them.

use serde_json::Value;
use watchkeeper_spec::{Metric, Model, ResourceKind, Role, model_json_schema, resource_json_schema};

/// The fields that the parser says it knows in a mapping that only holds an unknown one.
fn known_fields(text: &str, path: &str) -> Vec<String> {
    let error = Model::from_yaml(text, "m").unwrap_err();
    let problem = error.problems().iter().find(|p| p.path == path && p.what.contains("unknown field"));
    let expected = problem.unwrap_or_else(|| panic!("{error}")).expected.clone().unwrap();
    let mut words: Vec<String> = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    words.sort();
    words
}

fn object<'a>(schema: &'a Value, pointer: &str) -> &'a Value {
    schema.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {schema:#}"))
}

fn schema_fields(schema: &Value, pointer: &str) -> Vec<String> {
    let object = object(schema, pointer);
    assert_eq!(object["additionalProperties"], false, "{pointer}");
    let mut fields: Vec<String> = object["properties"].as_object().unwrap().keys().cloned().collect();
    fields.sort();
    fields
}

#[test]
fn fields_are_those_of_the_parser() {
    let schema = model_json_schema();
    let head = "apiVersion: watchkeeper/v1\nkind: Model\n";
    for (definition, text, path) in [
        ("", format!("{head}zzz: 1"), "zzz"),
        ("/properties/metadata", format!("{head}metadata: {{zzz: 1}}"), "metadata.zzz"),
        ("/properties/spec", format!("{head}spec: {{zzz: 1}}"), "spec.zzz"),
        ("/$defs/Column", format!("{head}spec: {{columns: [{{zzz: 1}}]}}"), "spec.columns[0].zzz"),
        ("/$defs/Check", format!("{head}spec: {{check: {{zzz: 1}}}}"), "spec.check.zzz"),
        (
            "/$defs/Thresholds",
            format!("{head}spec: {{check: {{thresholds: {{psi: {{zzz: 1}}}}}}}}"),
            "spec.check.thresholds.psi.zzz",
        ),
        ("/$defs/Ingest", format!("{head}spec: {{ingest: {{zzz: 1}}}}"), "spec.ingest.zzz"),
        ("/$defs/Mapping", format!("{head}spec: {{ingest: {{mapping: {{zzz: 1}}}}}}"), "spec.ingest.mapping.zzz"),
        (
            "/$defs/Mapping/properties/fields",
            format!("{head}spec: {{ingest: {{mapping: {{fields: {{zzz: 1}}}}}}}}"),
            "spec.ingest.mapping.fields.zzz",
        ),
        ("/$defs/Profiles", format!("{head}spec: {{profiles: {{zzz: 1}}}}"), "spec.profiles.zzz"),
        ("/$defs/Learning", format!("{head}spec: {{learning: {{zzz: 1}}}}"), "spec.learning.zzz"),
        ("/$defs/Retention", format!("{head}spec: {{retention: {{zzz: 1}}}}"), "spec.retention.zzz"),
        (
            "/$defs/PrivacyOptions",
            format!("{head}spec: {{columns: [{{privacy: {{zzz: 1}}}}]}}"),
            "spec.columns[0].privacy.zzz",
        ),
        (
            "/$defs/Generalise",
            format!("{head}spec: {{columns: [{{privacy: {{generalise: {{zzz: 1}}}}}}]}}"),
            "spec.columns[0].privacy.generalise.zzz",
        ),
    ] {
        assert_eq!(known_fields(&text, path), schema_fields(&schema, definition), "{definition}");
    }
}

#[test]
fn required_fields() {
    let schema = model_json_schema();
    assert_eq!(schema["required"], serde_json::json!(["apiVersion", "kind", "metadata", "spec"]));
    let required = |pointer: &str| object(&schema, pointer)["required"].clone();
    assert_eq!(required("/properties/metadata"), serde_json::json!(["name"]));
    assert_eq!(required("/properties/spec"), serde_json::json!(["task"]));
    assert_eq!(required("/$defs/Column"), serde_json::json!(["name", "role"]));
    assert_eq!(required("/$defs/Check"), Value::Null);
    assert_eq!(required("/$defs/Thresholds"), serde_json::json!(["warning", "critical"]));
}

#[test]
fn words_and_metrics() {
    let schema = model_json_schema();
    let text = object(&schema, "/$defs/Column/properties/role").to_string();
    for role in Role::ALL {
        assert!(text.contains(&format!("\"{role}\"")), "{text}");
    }
    let thresholds = schema["$defs"]["Check"]["properties"]["thresholds"]["properties"].as_object().unwrap();
    assert_eq!(thresholds.len(), Metric::ALL.len());
    assert_eq!(thresholds["psi"]["description"], Metric::Psi.about());
}

#[test]
fn every_property_has_a_description() {
    fn walk(value: &Value, path: &str) {
        if let Some(properties) = value["properties"].as_object() {
            for (name, property) in properties {
                assert!(property["description"].is_string(), "{path}.{name}: {property}");
                walk(property, &format!("{path}.{name}"));
            }
        }
        if let Some(definitions) = value["$defs"].as_object() {
            for (name, definition) in definitions {
                walk(definition, name);
            }
        }
    }
    for kind in ResourceKind::ALL {
        walk(&resource_json_schema(*kind), kind.as_str());
    }
}

#[test]
fn constraints() {
    let schema = model_json_schema();
    assert_eq!(schema["properties"]["apiVersion"]["const"], "watchkeeper/v1");
    assert_eq!(schema["properties"]["kind"]["const"], "Model");
    let name = object(&schema, "/properties/metadata/properties/name");
    assert_eq!((&name["type"], &name["maxLength"]), (&"string".into(), &63.into()));
    assert_eq!(name["pattern"], "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$");
    let alpha = &schema["$defs"]["Check"]["properties"]["alpha"];
    assert_eq!(alpha["exclusiveMaximum"], 0.5);
}
