//! JSON Schema for editors.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::text::ModelText;

/// The JSON Schema (2020-12) of a model as users write it, with descriptions.
///
/// It accepts every text that [`crate::Model::from_yaml`] accepts, apart from YAML merge keys. It does not say what
/// relates two fields (`min` and `max`, repeated columns): only the parser checks these.
#[must_use]
pub fn model_json_schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<ModelText>().to_value()
}
