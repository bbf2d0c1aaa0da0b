//! The JSON Schemas of the watch name the fields of the parser and accept what it accepts.

use serde_json::Value;
use watchkeeper_spec::{Resource, ResourceKind, resource_json_schema};

use super::round_trip::{FULL, MINIMAL};
use super::{is_openslo, read};

/// The fields that the parser says it knows in a spec that only holds an unknown one.
fn known_fields(kind: ResourceKind, spec: &str, path: &str) -> Vec<String> {
    let version = if is_openslo(kind.as_str()) { "openslo/v1" } else { "watchkeeper/v1" };
    let text = format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n");
    let error = Resource::from_yaml_documents(text.as_bytes(), "w").unwrap_err();
    let problem = error.problems().iter().find(|p| p.path == path && p.what.contains("unknown field"));
    let expected = problem.unwrap_or_else(|| panic!("{error}")).expected.clone().unwrap();
    let mut words: Vec<String> = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    words.sort();
    words
}

fn schema_fields(schema: &Value, pointer: &str) -> Vec<String> {
    let object = schema.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {schema:#}"));
    assert_eq!(object["additionalProperties"], false, "{pointer}");
    let mut fields: Vec<String> = object["properties"].as_object().unwrap().keys().cloned().collect();
    fields.sort();
    fields
}

#[test]
fn fields_are_those_of_the_parser() {
    use ResourceKind as Kind;
    let source = |path: &str| format!("spec.thresholdMetric.metricSource.spec{path}");
    for (kind, pointer, spec, path) in [
        (Kind::Monitor, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
        (Kind::Monitor, "/$defs/Select", "{select: {zzz: 1}}", "spec.select.zzz".to_owned()),
        (Kind::Monitor, "/$defs/MonitorWindow", "{window: {zzz: 1}}", "spec.window.zzz".to_owned()),
        (Kind::Monitor, "/$defs/Enter", "{enter: {zzz: 1}}", "spec.enter.zzz".to_owned()),
        (Kind::Monitor, "/$defs/Leave", "{leave: {zzz: 1}}", "spec.leave.zzz".to_owned()),
        (Kind::Monitor, "/$defs/Family", "{family: {zzz: 1}}", "spec.family.zzz".to_owned()),
        (Kind::Monitor, "/$defs/Trailing", "{baseline: {trailing: {zzz: 1}}}", "spec.baseline.trailing.zzz".to_owned()),
        (Kind::Monitor, "/$defs/SeasonWeeks", "{baseline: {season: {zzz: 1}}}", "spec.baseline.season.zzz".to_owned()),
        (Kind::BurnPolicy, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
        (Kind::BurnPolicy, "/$defs/BudgetAction", "{actions: [{zzz: 1}]}", "spec.actions[0].zzz".to_owned()),
        (Kind::NotificationTarget, "/properties/spec", "{type: webhook, zzz: 1}", "spec.zzz".to_owned()),
        (Kind::Route, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
        (Kind::Route, "/$defs/Repeat", "{repeat: {zzz: 1}}", "spec.repeat.zzz".to_owned()),
        (Kind::Route, "/$defs/AlertBudget", "{alertBudget: {zzz: 1}}", "spec.alertBudget.zzz".to_owned()),
        (Kind::InhibitRule, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
        (Kind::MaintenanceWindow, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
        (
            Kind::MaintenanceWindow,
            "/$defs/Recurring",
            "{schedule: {recurring: {zzz: 1}}}",
            "spec.schedule.recurring.zzz".to_owned(),
        ),
        (Kind::Silence, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
        (Kind::Service, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
        (Kind::DataSource, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
        (Kind::Sli, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
        (Kind::Sli, "/$defs/RatioMetric", "{ratioMetric: {zzz: 1}}", "spec.ratioMetric.zzz".to_owned()),
        (
            Kind::Sli,
            "/$defs/WatchkeeperSource",
            "{thresholdMetric: {metricSource: {type: Watchkeeper, spec: {zzz: 1}}}}",
            source(".zzz"),
        ),
        (
            Kind::Sli,
            "/$defs/Maturity",
            "{thresholdMetric: {metricSource: {type: Watchkeeper, spec: {maturity: {zzz: 1}}}}}",
            source(".maturity.zzz"),
        ),
        (Kind::Slo, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
        (Kind::Slo, "/$defs/Objective", "{objectives: [{zzz: 1}]}", "spec.objectives[0].zzz".to_owned()),
        (Kind::Slo, "/$defs/TimeWindow", "{timeWindow: [{zzz: 1}]}", "spec.timeWindow[0].zzz".to_owned()),
        (Kind::AlertPolicy, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
        (Kind::AlertCondition, "/$defs/BurnRateCondition", "{condition: {zzz: 1}}", "spec.condition.zzz".to_owned()),
        (Kind::AlertNotificationTarget, "/properties/spec", "{zzz: 1}", "spec.zzz".to_owned()),
    ] {
        let schema = resource_json_schema(kind);
        assert_eq!(known_fields(kind, spec, &path), schema_fields(&schema, pointer), "{kind} {pointer}");
    }
}

#[test]
fn detectors_have_the_fields_of_the_parser() {
    let schema = resource_json_schema(ResourceKind::Monitor);
    let detectors = schema.pointer("/properties/spec/properties/detector/oneOf").unwrap().as_array().unwrap();
    let mut seen = Vec::new();
    for (index, detector) in detectors.iter().enumerate() {
        let word = detector["properties"]["type"]["const"].as_str().unwrap();
        // What a type needs before its other fields are read.
        let more = if word == "stream" { "algorithm: adwin, " } else { "" };
        let spec = format!("{{detector: {{type: {word}, {more}zzz: 1}}}}");
        let known = known_fields(ResourceKind::Monitor, &spec, "spec.detector.zzz");
        let pointer = format!("/properties/spec/properties/detector/oneOf/{index}");
        assert_eq!(known, schema_fields(&schema, &pointer), "{word}");
        seen.push(word);
    }
    let words: Vec<&str> = watchkeeper_spec::DetectorType::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(seen, words);
}

#[test]
fn what_is_needed() {
    let required = |kind, pointer: &str| resource_json_schema(kind).pointer(pointer).unwrap()["required"].clone();
    let spec = "/properties/spec";
    assert_eq!(required(ResourceKind::Monitor, spec), serde_json::json!(["select", "detector"]));
    assert_eq!(required(ResourceKind::BurnPolicy, spec), serde_json::json!(["family"]));
    assert_eq!(required(ResourceKind::Route, spec), serde_json::json!(["targets"]));
    assert_eq!(required(ResourceKind::NotificationTarget, spec), serde_json::json!(["type"]));
    assert_eq!(required(ResourceKind::Slo, spec), serde_json::json!(["service", "budgetingMethod", "objectives"]));
    assert_eq!(required(ResourceKind::AlertPolicy, spec), serde_json::json!(["conditions"]));
    assert_eq!(
        required(ResourceKind::Silence, spec),
        serde_json::json!(["matchers", "author", "reason", "startsAt", "endsAt"])
    );
    assert_eq!(required(ResourceKind::Monitor, "/$defs/Enter"), Value::Null);
}

/// A small validator of the keywords that our schemas use, so that a valid text is known to fit its schema.
fn fits(schema: &Value, value: &Value, root: &Value) -> Result<(), String> {
    let fail = |what: String| Err(format!("{value} {what} {schema}"));
    let Some(schema_map) = schema.as_object() else { return Ok(()) };
    if let Some(reference) = schema_map.get("$ref").and_then(Value::as_str) {
        fits(root.pointer(reference.trim_start_matches('#')).unwrap(), value, root)?;
    }
    if let Some(all) = schema_map.get("anyOf").or(schema_map.get("oneOf")).and_then(Value::as_array) {
        let hits = all.iter().filter(|one| fits(one, value, root).is_ok()).count();
        if hits == 0 || (schema_map.contains_key("oneOf") && hits > 1) {
            return fail(format!("fits {hits} of"));
        }
    }
    if let Some(constant) = schema_map.get("const")
        && constant != value
    {
        return fail("is not".to_owned());
    }
    if let (Some(pattern), Some(text)) = (schema_map.get("pattern"), value.as_str())
        && !regex_lite::Regex::new(pattern.as_str().unwrap()).unwrap().is_match(text)
    {
        return fail("does not fit".to_owned());
    }
    if let Some(words) = schema_map.get("enum").and_then(Value::as_array)
        && !words.contains(value)
    {
        return fail("is none of".to_owned());
    }
    if let Some(kind) = schema_map.get("type") {
        let is = |kind: &str| match kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => panic!("{other}"),
        };
        let kinds = kind
            .as_str()
            .map_or_else(|| kind.as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect(), |k| vec![k]);
        if !kinds.into_iter().any(is) {
            return fail("is no".to_owned());
        }
    }
    if let Some(object) = value.as_object() {
        let properties = schema_map.get("properties").and_then(Value::as_object);
        for (name, value) in object {
            match properties.and_then(|properties| properties.get(name)) {
                Some(schema) => fits(schema, value, root)?,
                None => match schema_map.get("additionalProperties") {
                    Some(Value::Bool(false)) => return fail(format!("has `{name}`, not in")),
                    Some(schema) => fits(schema, value, root)?,
                    None => {}
                },
            }
        }
        for name in schema_map.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap()) {
                return fail(format!("has no {name}, of"));
            }
        }
    }
    if let (Some(items), Some(list)) = (schema_map.get("items"), value.as_array()) {
        for item in list {
            fits(items, item, root)?;
        }
    }
    Ok(())
}

#[test]
fn valid_texts_fit_their_schema() {
    for resource in read(MINIMAL).iter().chain(&read(FULL)) {
        let schema = resource_json_schema(resource.kind());
        let document = resource.to_value();
        fits(&schema, &document, &schema).unwrap_or_else(|error| panic!("{}: {error}", resource.name()));
        let mut wrong = document.clone();
        wrong["spec"]["zzz"] = 1.into();
        assert!(fits(&schema, &wrong, &schema).is_err(), "{}", resource.name());
    }
}
