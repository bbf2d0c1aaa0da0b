//! JSON Schema for editors.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::ResourceKind;
use crate::text::{ApiKeyText, BaselineText, EnvironmentText, ModelText, TenantText};

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
    }
}

fn schema_of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}
