//! Parts of the schema that follow from words and not from a struct.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use super::{PrivacyOptionsText, ThresholdLimitsText};
use crate::decode::{METRICS_ALL, METRICS_DEFAULT};
use crate::words::PrivacyAction;
use crate::{EventMapping, Metric};

/// Stands for a mapping from the name of a metric to its thresholds.
pub(super) struct ThresholdsByMetric;

/// Stands for a list of names of metrics, with the words for the default ones and for all.
pub(super) struct MetricNames;

impl JsonSchema for ThresholdsByMetric {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ThresholdsByMetric".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let limits = generator.subschema_for::<ThresholdLimitsText>();
        let property = |metric: &Metric| {
            let mut limits = limits.clone();
            limits.insert("description".to_owned(), Value::from(metric.about()));
            (metric.as_str().to_owned(), limits.to_value())
        };
        let properties: Map<String, Value> = Metric::ALL.iter().map(property).collect();
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

impl JsonSchema for MetricNames {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "MetricNames".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let metric = generator.subschema_for::<Metric>();
        json_schema!({
            "type": "array",
            "minItems": 1,
            "uniqueItems": true,
            "items": { "anyOf": [
                { "const": METRICS_DEFAULT, "description": "The metrics that suit the type of each column." },
                { "const": METRICS_ALL, "description": "Every metric that the type of the column allows." },
                metric,
            ] },
        })
    }
}

/// Stands for a mapping from system fields to paths.
pub(super) struct MappedFields;

impl JsonSchema for MappedFields {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "MappedFields".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let property = |field: &&str| {
            let description = match *field {
                "features" => "Path of the object whose members are features.".to_owned(),
                field => format!("Path of `{field}`."),
            };
            ((*field).to_owned(), json_schema!({ "type": "string", "description": description }).to_value())
        };
        let properties: Map<String, Value> = EventMapping::FIELDS.iter().map(property).collect();
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

/// Stands for a privacy action: a word, or a mapping with its options.
pub(super) struct PrivacyChoice;

impl JsonSchema for PrivacyChoice {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PrivacyChoice".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<PrivacyAction>();
        let options = generator.subschema_for::<PrivacyOptionsText>();
        json_schema!({ "anyOf": [word, options] })
    }
}
