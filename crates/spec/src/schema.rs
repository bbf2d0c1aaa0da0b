//! JSON Schema for editors.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::document::Spec;
use crate::text::{ApiKeyText, BaselineText, EnvironmentText, MetadataText, ModelText, TenantText};
use crate::{
    AlertConditionSpec, AlertNotificationTargetSpec, AlertPolicySpec, BurnPolicySpec, DataSourceSpec, InhibitRuleSpec,
    MaintenanceWindowSpec, Metadata, MonitorSpec, NotificationTargetSpec, ResourceKind, RouteSpec, ServiceSpec,
    SilenceSpec, SliSpec, SloSpec,
};

/// The JSON Schema (2020-12) of a model as users write it, with descriptions.
///
/// It accepts every text that [`crate::Model::from_yaml`] accepts, apart from YAML merge keys. It does not say what
/// relates two fields (`min` and `max`, repeated columns): only the parser checks these.
#[must_use]
pub fn model_json_schema() -> Value {
    schema_of::<ModelText>()
}

/// The JSON Schema (2020-12) of a baseline as users write it; its limits are those of [`model_json_schema`].
#[must_use]
pub fn baseline_json_schema() -> Value {
    schema_of::<BaselineText>()
}

/// The JSON Schema (2020-12) of a tenant as users write it.
#[must_use]
pub fn tenant_json_schema() -> Value {
    schema_of::<TenantText>()
}

/// The JSON Schema (2020-12) of an environment as users write it.
#[must_use]
pub fn environment_json_schema() -> Value {
    schema_of::<EnvironmentText>()
}

/// The JSON Schema (2020-12) of an API key as users write it.
#[must_use]
pub fn api_key_json_schema() -> Value {
    schema_of::<ApiKeyText>()
}

/// The JSON Schema (2020-12) of the documents of one kind.
#[must_use]
pub fn resource_json_schema(kind: ResourceKind) -> Value {
    match kind {
        ResourceKind::Model => model_json_schema(),
        ResourceKind::Baseline => baseline_json_schema(),
        ResourceKind::Tenant => tenant_json_schema(),
        ResourceKind::Environment => environment_json_schema(),
        ResourceKind::ApiKey => api_key_json_schema(),
        ResourceKind::Monitor => document::<MonitorSpec>(kind),
        ResourceKind::BurnPolicy => document::<BurnPolicySpec>(kind),
        ResourceKind::NotificationTarget => document::<NotificationTargetSpec>(kind),
        ResourceKind::Route => document::<RouteSpec>(kind),
        ResourceKind::InhibitRule => document::<InhibitRuleSpec>(kind),
        ResourceKind::MaintenanceWindow => document::<MaintenanceWindowSpec>(kind),
        ResourceKind::Silence => document::<SilenceSpec>(kind),
        ResourceKind::Service => document::<ServiceSpec>(kind),
        ResourceKind::DataSource => document::<DataSourceSpec>(kind),
        ResourceKind::Slo => document::<SloSpec>(kind),
        ResourceKind::Sli => document::<SliSpec>(kind),
        ResourceKind::AlertPolicy => document::<AlertPolicySpec>(kind),
        ResourceKind::AlertCondition => document::<AlertConditionSpec>(kind),
        ResourceKind::AlertNotificationTarget => document::<AlertNotificationTargetSpec>(kind),
    }
}

impl JsonSchema for Metadata {
    fn schema_name() -> Cow<'static, str> {
        MetadataText::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        MetadataText::json_schema(generator)
    }
}

fn schema_of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

/// The schema of a document of metadata and spec.
fn document<S: Spec>(kind: ResourceKind) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let (metadata, spec) =
        (S::Metadata::json_schema(&mut generator).to_value(), S::json_schema(&mut generator).to_value());
    let version = kind.api_version();
    let constant = |value: &str, what: &str| json!({ "type": "string", "const": value, "description": format!("{what}: `{value}`.") });
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.as_str(),
        "description": kind.about(),
        "type": "object",
        "properties": {
            "apiVersion": constant(version, "Version of this format"),
            "kind": constant(kind.as_str(), "What the document describes"),
            "metadata": metadata,
            "spec": spec,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": false,
    });
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty()
        && let Some(schema) = schema.as_object_mut()
    {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}
