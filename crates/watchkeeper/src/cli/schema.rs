//! `watchkeeper schema`.

use super::args::{SchemaArgs, SchemaFormat};
use super::{CliError, EXIT_OK, print};
use crate::check::result;

pub(super) fn run(args: &SchemaArgs) -> Result<u8, CliError> {
    let schema = match args.format {
        SchemaFormat::Model => watchkeeper_spec::model_json_schema(),
        SchemaFormat::Check => result::json_schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| CliError::Internal(error.to_string()))?;
    print(&format!("{text}\n"))?;
    Ok(EXIT_OK)
}
