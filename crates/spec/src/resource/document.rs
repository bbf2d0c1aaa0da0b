//! Resource → document: the value that canonical JSON, YAML and comparisons are made from.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{ApiKey, Baseline, BaselineFile, BaselineSource, Metadata, Resource, on_document};
use crate::decode::{METRICS_ALL, METRICS_DEFAULT};
use crate::document::Part;
use crate::model::{CheckSettings, Column};
use crate::settings::{EventMapping, LearningSettings, ProfileSettings, RetentionSettings};
use crate::{Generalise, Metric, Model, Privacy, ThresholdOverrides, Undeclared};

impl Resource {
    /// The resource as a document with `apiVersion`, `kind`, `metadata` and `spec`. What equals its default is left out.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut document = Fields::default();
        let kind = self.kind();
        document.put("apiVersion", kind.api_version()).put("kind", kind.as_str());
        on_document!(
            self,
            watched => document.put("metadata", watched.metadata.to_value()).put("spec", watched.spec.to_value()),
            Self::Model(model) => {
                let metadata = metadata(&model.name, model.description.as_deref(), &model.labels);
                document.put("metadata", metadata).put("spec", model_spec(model))
            },
            Self::Baseline(baseline) => {
                document.put("metadata", metadata_of(&baseline.metadata)).put("spec", baseline_spec(baseline))
            },
            Self::ApiKey(key) => document.put("metadata", metadata_of(&key.metadata)).put("spec", api_key_spec(key)),
            Self::Tenant(super::Tenant { metadata }) | Self::Environment(super::Environment { metadata }) => {
                document.put("metadata", metadata_of(metadata))
            }
        );
        document.into_value()
    }
}

/// A mapping in the making.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Puts a value that is no default.
    fn put_unless<T: PartialEq>(&mut self, name: &str, value: T, default: &T, write: impl Fn(T) -> Value) -> &mut Self {
        if value != *default {
            self.put(name, write(value));
        }
        self
    }

    fn put_some(&mut self, name: &str, value: Option<impl Into<Value>>) -> &mut Self {
        if let Some(value) = value {
            self.put(name, value);
        }
        self
    }

    /// Puts a mapping that is not empty.
    fn put_filled(&mut self, name: &str, fields: Self) -> &mut Self {
        if !fields.0.is_empty() {
            self.put(name, fields.into_value());
        }
        self
    }

    fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

pub(crate) fn metadata_of(from: &Metadata) -> Value {
    metadata(&from.name, from.description.as_deref(), &from.labels)
}

fn metadata(name: &str, description: Option<&str>, labels: &BTreeMap<String, String>) -> Value {
    let mut fields = Fields::default();
    fields.put("name", name).put_some("description", description).put_filled("labels", texts(labels));
    fields.into_value()
}

fn texts(map: &BTreeMap<String, String>) -> Fields {
    Fields(map.iter().map(|(key, text)| (key.clone(), Value::from(text.as_str()))).collect())
}

fn model_spec(model: &Model) -> Value {
    let mut spec = Fields::default();
    spec.put("task", model.task.as_str());
    if !model.columns.is_empty() {
        spec.put("columns", model.columns.iter().map(column).collect::<Vec<_>>());
    }
    spec.put_unless("undeclared", model.undeclared, &Undeclared::Infer, |value| value.as_str().into());
    let mut ingest = Fields::default();
    ingest.put_filled("mapping", mapping(&model.ingest.mapping));
    spec.put_filled("check", check(&model.check)).put_filled("ingest", ingest);
    if !model.segments.is_empty() {
        spec.put("segments", model.segments.clone());
    }
    spec.put_filled("profiles", profiles(&model.profiles))
        .put_filled("learning", learning(&model.learning))
        .put_filled("retention", retention(&model.retention));
    spec.into_value()
}

fn column(column: &Column) -> Value {
    let mut fields = Fields::default();
    fields
        .put("name", column.name.as_str())
        .put("role", column.role.as_str())
        .put_some("type", column.kind.map(|kind| kind.as_str()))
        .put_some("min", column.min.map(|end| end + 0.0))
        .put_some("max", column.max.map(|end| end + 0.0))
        .put_unless("importance", column.importance, &1.0, Value::from)
        .put_unless("missing_as_bin", column.missing_as_bin, &false, Value::from)
        .put_unless("empty_is_null", column.empty_is_null, &false, Value::from)
        .put_filled("thresholds", thresholds(&column.thresholds))
        .put_some("privacy", column.privacy.as_ref().map(privacy));
    fields.into_value()
}

fn thresholds(overrides: &ThresholdOverrides) -> Fields {
    let pair = |limits: &crate::Thresholds| json!({ "warning": limits.warning, "critical": limits.critical });
    Fields(overrides.iter().map(|(metric, limits)| (metric.as_str().to_owned(), pair(limits))).collect())
}

fn privacy(privacy: &Privacy) -> Value {
    match privacy {
        Privacy::Keep => "keep".into(),
        Privacy::Drop => "drop".into(),
        Privacy::Hash { domain: None } => "hash".into(),
        Privacy::Hash { domain: Some(domain) } => json!({ "hash": { "domain": domain } }),
        Privacy::Mask { last: 0 } => "mask".into(),
        Privacy::Mask { last } => json!({ "mask": { "last": last } }),
        Privacy::ProfileOnly => "profile_only".into(),
        Privacy::Generalise(Generalise::Time { step }) => json!({ "generalise": { "time": step.as_str() } }),
        Privacy::Generalise(Generalise::Text { prefix }) => json!({ "generalise": { "prefix": prefix } }),
        Privacy::Generalise(Generalise::Number { width, cap }) => {
            let mut options = Fields::default();
            options.put_some("width", *width).put_some("cap", *cap);
            json!({ "generalise": options.into_value() })
        }
    }
}

fn check(check: &CheckSettings) -> Fields {
    let default = CheckSettings::default();
    let mut fields = Fields::default();
    if check.metrics != default.metrics {
        fields.put("metrics", metrics(check));
    }
    fields
        .put_unless("alpha", check.alpha, &default.alpha, Value::from)
        .put_unless("fdr_q", check.fdr_q, &default.fdr_q, Value::from)
        .put_unless("fail_on", check.fail_on, &default.fail_on, |value| value.as_str().into())
        .put_unless("exact_rows", check.exact_rows, &default.exact_rows, Value::from)
        .put_filled("thresholds", thresholds(&check.thresholds));
    fields
}

fn metrics(check: &CheckSettings) -> Vec<Value> {
    let selection = &check.metrics;
    if !selection.default && selection.named == Metric::ALL {
        return vec![METRICS_ALL.into()];
    }
    let default = selection.default.then(|| Value::from(METRICS_DEFAULT));
    default.into_iter().chain(selection.named.iter().map(|metric| metric.as_str().into())).collect()
}

fn mapping(mapping: &EventMapping) -> Fields {
    let mut fields = Fields::default();
    fields
        .put_filled("fields", texts(&mapping.fields))
        .put_filled("columns", texts(&mapping.columns))
        .put_filled("segments", texts(&mapping.segments));
    fields
}

fn profiles(profiles: &ProfileSettings) -> Fields {
    let default = ProfileSettings::default();
    let text = |span: crate::Span| Value::from(span.to_string());
    let mut fields = Fields::default();
    fields
        .put_unless("bucket", profiles.bucket, &default.bucket, text)
        .put_unless("keep_buckets", profiles.keep_buckets, &default.keep_buckets, text)
        .put_unless("hour", profiles.hour, &default.hour, text)
        .put_unless("day", profiles.day, &default.day, text);
    fields
}

fn learning(learning: &LearningSettings) -> Fields {
    let default = LearningSettings::default();
    let mut fields = Fields::default();
    fields.put_unless("hours", learning.hours, &default.hours, Value::from).put_unless(
        "rows",
        learning.rows,
        &default.rows,
        Value::from,
    );
    fields
}

fn retention(retention: &RetentionSettings) -> Fields {
    let default = RetentionSettings::default();
    let mut fields = Fields::default();
    fields.put_unless("events", retention.events, &default.events, |span| span.to_string().into());
    fields
}

fn baseline_spec(baseline: &Baseline) -> Value {
    let source = match &baseline.source {
        BaselineSource::File(BaselineFile::Path(path)) => json!({ "file": { "path": path } }),
        BaselineSource::File(BaselineFile::Url(url)) => json!({ "file": { "url": url } }),
        BaselineSource::Learning(settings) => json!({ "learning": learning(settings).into_value() }),
        BaselineSource::Range(range) => {
            let mut fields = Fields::default();
            fields
                .put("from", range.from.to_string())
                .put("to", range.to.to_string())
                .put_some("version", range.version.as_deref())
                .put_some("environment", range.environment.as_deref());
            json!({ "range": fields.into_value() })
        }
    };
    json!({ "model": baseline.model, "source": source })
}

fn api_key_spec(key: &ApiKey) -> Value {
    let mut fields = Fields::default();
    fields
        .put_some("environment", key.environment.as_deref())
        .put_some("model", key.model.as_deref())
        .put("rights", key.rights.iter().map(|right| Value::from(right.as_str())).collect::<Vec<_>>())
        .put_some("expires", key.expires.map(|time| time.to_string()));
    fields.into_value()
}
