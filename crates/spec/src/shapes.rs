//! How values with several forms are written, and what the JSON Schema says of them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::span::SPAN_PATTERN;
use crate::{
    AbsenceDetector, BandDetector, BaselineTimes, BurnCondition, BurnTier, CompositeDetector, Detector, LabelValue,
    MaintenanceSchedule, MetricSpec, MonitorBaseline, Pick, Recurring, SeasonWeeks, SegmentPick, SequentialDetector,
    Severity, Span, StreamDetector, TestDetector, ThresholdDetector, TimeRange, Trailing, UtcTime, WatchkeeperSource,
};

/// Implements the schema of a type by an expression that may use its generator.
macro_rules! schema {
    ($($type:ty as $name:literal, $generator:ident => $schema:expr;)+) => { $(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )+ };
}

schema! {
    Span as "Span", _generator => json_schema!({ "type": "string", "pattern": SPAN_PATTERN });
    UtcTime as "UtcTime", _generator => json_schema!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}" });
    Pick as "Pick", _generator => json_schema!({ "type": "string", "minLength": 1 });
    SegmentPick as "SegmentPick", _generator => json_schema!({ "type": "string", "minLength": 1 });
    LabelValue as "LabelValue", _generator => json_schema!({ "anyOf": [
        { "type": "string" },
        { "type": "array", "items": { "type": "string" } },
    ] });
    MetricSpec as "MetricSpec", generator => {
        // Which of the two follows from `type`, in any case of letters, which only the parser compares.
        let own = generator.subschema_for::<WatchkeeperSource>();
        json_schema!({ "anyOf": [own, { "description": "Whatever the type of the source needs." }] })
    };
    Detector as "Detector", generator => detector(generator);
    MonitorBaseline as "MonitorBaseline", generator => baseline(generator);
    MaintenanceSchedule as "MaintenanceSchedule", generator => json_schema!({
        "type": "object",
        "properties": {
            "once": described(generator.subschema_for::<TimeRange>(), "Once."),
            "recurring": described(generator.subschema_for::<Recurring>(), "Again and again."),
        },
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    });
    BurnTier as "BurnTier", generator => tier(generator);
}

fn described(mut schema: Schema, description: &str) -> Schema {
    schema.insert("description".to_owned(), description.into());
    schema
}

/// A detector is one object: `type` beside the fields of that type.
fn detector(generator: &mut SchemaGenerator) -> Schema {
    let kinds = [
        typed(
            "test",
            "The effect is above what can be tolerated, and that is no chance.",
            TestDetector::json_schema(generator),
        ),
        typed("threshold", "The value is beyond a limit.", ThresholdDetector::json_schema(generator)),
        typed("band", "The value is outside the seasonal band of its own past.", BandDetector::json_schema(generator)),
        typed("sequential", "Evidence for a small or slow change adds up.", SequentialDetector::json_schema(generator)),
        typed("stream", "A detector of other tools, value by value.", StreamDetector::json_schema(generator)),
        typed("absence", "Nothing came.", AbsenceDetector::json_schema(generator)),
        typed("composite", "Other monitors are in breach.", composite()),
    ];
    json_schema!({ "oneOf": kinds })
}

fn typed(word: &str, description: &str, schema: Schema) -> Value {
    let mut value = described(schema, description).to_value();
    if let Some(properties) = value.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("type".to_owned(), json!({ "const": word, "description": "How it is judged." }));
    } else if let Some(object) = value.as_object_mut() {
        object
            .insert("properties".to_owned(), json!({ "type": { "const": word, "description": "How it is judged." } }));
    }
    if let Some(object) = value.as_object_mut() {
        let mut required = vec![Value::from("type")];
        if let Some(Value::Array(others)) = object.get("required") {
            required.extend(others.iter().cloned());
        }
        object.insert("required".to_owned(), Value::Array(required));
    }
    value
}

fn composite() -> Schema {
    json_schema!({
        "type": "object",
        "properties": {
            "monitors": {
                "type": "array",
                "items": { "type": "string" },
                "minItems": 1,
                "maxItems": 100,
                "uniqueItems": true,
                "description": "Names of monitors.",
            },
            "need": {
                "anyOf": [{ "enum": ["any", "all"] }, { "type": "integer", "minimum": 1 }],
                "description": "How many of them must be in breach: `any`, `all` or a number.",
            },
        },
        "required": ["monitors", "need"],
        "additionalProperties": false,
    })
}

/// The words for baselines without options.
pub(crate) const BASELINE_WORDS: &[&str] = &["training", "trailing", "previous_version", "season"];

fn baseline(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "enum": BASELINE_WORDS },
            {
                "type": "object",
                "properties": {
                    "fixed": { "type": "string", "description": "A baseline by its name." },
                    "range": described(generator.subschema_for::<BaselineTimes>(), "Events of a time range."),
                    "trailing": described(generator.subschema_for::<Trailing>(), "The time before each window."),
                    "season": described(generator.subschema_for::<SeasonWeeks>(), "The same hours of the weeks before."),
                },
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ],
    })
}

fn tier(generator: &mut SchemaGenerator) -> Schema {
    let severity = generator.subschema_for::<Severity>();
    let common = |mut own: Value, required: &[&str]| {
        if let Some(own) = own.as_object_mut() {
            own.insert("severity".to_owned(), described(severity.clone(), "How loud it is.").to_value());
            let tier = "Only for SLOs of this tier and those above it; 1 is the most important. Default: for all.";
            own.insert("tier".to_owned(), json!({ "type": ["integer", "null"], "minimum": 1, "description": tier }));
        }
        json!({ "type": "object", "properties": own, "required": required, "additionalProperties": false })
    };
    let span = |description: &str| json!({ "type": "string", "pattern": SPAN_PATTERN, "description": description });
    let count = |description: &str| json!({ "type": "integer", "minimum": 1, "description": description });
    let budget = json!({
        "budget": { "type": "number", "exclusiveMinimum": 0, "maximum": 100, "description": "Percent of the budget." },
        "long": span("The window in which it was spent."),
        "short": span("The window that still shows it. Default: a twelfth of `long`."),
    });
    let slices = json!({ "bad": count("Bad slices that are needed."), "of": count("Slices that are looked at.") });
    json_schema!({ "anyOf": [
        common(budget, &["severity", "budget", "long"]),
        common(slices, &["severity", "bad", "of"]),
    ] })
}

impl Serialize for Pick {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Together => serializer.serialize_none(),
            Self::Each => serializer.serialize_str("*"),
            Self::One(name) => serializer.serialize_str(name),
        }
    }
}

impl Serialize for SegmentPick {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole => serializer.serialize_none(),
            Self::Each => serializer.serialize_str("*"),
            Self::EachOf(name) => serializer.serialize_str(name),
            Self::One { name, value } => serializer.collect_str(&format_args!("{name}:{value}")),
        }
    }
}

impl Serialize for LabelValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(text) => serializer.serialize_str(text),
            Self::Many(texts) => texts.serialize(serializer),
        }
    }
}

impl Serialize for MetricSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Watchkeeper(source) => source.serialize(serializer),
            Self::Other(value) => value.serialize(serializer),
        }
    }
}

impl Serialize for BurnTier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("BurnTier", 5)?;
        fields.serialize_field("severity", &self.severity)?;
        match &self.condition {
            BurnCondition::Budget { percent, long, short } => {
                fields.serialize_field("budget", percent)?;
                fields.serialize_field("long", long)?;
                fields.serialize_field("short", short)?;
            }
            BurnCondition::Slices { bad, of } => {
                fields.serialize_field("bad", bad)?;
                fields.serialize_field("of", of)?;
            }
        }
        if let Some(tier) = self.tier {
            fields.serialize_field("tier", &tier)?;
        }
        fields.end()
    }
}

impl Serialize for CompositeDetector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("CompositeDetector", 2)?;
        fields.serialize_field("monitors", &self.monitors)?;
        let count = u64::try_from(self.monitors.len()).unwrap_or(u64::MAX);
        match self.at_least {
            1 => fields.serialize_field("need", "any")?,
            all if all == count => fields.serialize_field("need", "all")?,
            number => fields.serialize_field("need", &number)?,
        }
        fields.end()
    }
}
