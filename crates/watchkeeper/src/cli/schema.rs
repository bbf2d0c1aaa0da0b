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
        SchemaFormat::Monitor => resource_json_schema(ResourceKind::Monitor),
        SchemaFormat::BurnPolicy => resource_json_schema(ResourceKind::BurnPolicy),
        SchemaFormat::NotificationTarget => resource_json_schema(ResourceKind::NotificationTarget),
        SchemaFormat::Route => resource_json_schema(ResourceKind::Route),
        SchemaFormat::InhibitRule => resource_json_schema(ResourceKind::InhibitRule),
        SchemaFormat::MaintenanceWindow => resource_json_schema(ResourceKind::MaintenanceWindow),
        SchemaFormat::Silence => resource_json_schema(ResourceKind::Silence),
        SchemaFormat::Service => resource_json_schema(ResourceKind::Service),
        SchemaFormat::DataSource => resource_json_schema(ResourceKind::DataSource),
        SchemaFormat::Slo => resource_json_schema(ResourceKind::Slo),
        SchemaFormat::Sli => resource_json_schema(ResourceKind::Sli),
        SchemaFormat::AlertPolicy => resource_json_schema(ResourceKind::AlertPolicy),
        SchemaFormat::AlertCondition => resource_json_schema(ResourceKind::AlertCondition),
        SchemaFormat::AlertNotificationTarget => resource_json_schema(ResourceKind::AlertNotificationTarget),
        SchemaFormat::Check => result::json_schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| CliError::Internal(error.to_string()))?;
    print(&format!("{text}\n"))?;
    Ok(EXIT_OK)
}
