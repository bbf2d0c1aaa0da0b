//! `watchkeeper schema`.

use watchkeeper_spec::{ResourceKind, resource_json_schema};

use super::args::{SchemaArgs, SchemaFormat};
use super::{CliError, EXIT_OK, print};
use crate::check::result;

pub(super) fn run(args: &SchemaArgs) -> Result<u8, CliError> {
    let schema = match args.format {
        SchemaFormat::Model => resource_json_schema(ResourceKind::Model),
        SchemaFormat::Baseline => resource_json_schema(ResourceKind::Baseline),
        SchemaFormat::Tenant => resource_json_schema(ResourceKind::Tenant),
        SchemaFormat::Environment => resource_json_schema(ResourceKind::Environment),
        SchemaFormat::ApiKey => resource_json_schema(ResourceKind::ApiKey),
        SchemaFormat::Check => result::json_schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| CliError::Internal(error.to_string()))?;
    print(&format!("{text}\n"))?;
    Ok(EXIT_OK)
}
