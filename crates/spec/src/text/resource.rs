//! The other resources, as users write them.

use schemars::JsonSchema;

use super::{At, LearningText, MetadataText, ModelText};
use crate::Position;
use crate::name::{NAME_CHARS_MAX, NAME_PATTERN};
use crate::words::Right;
use crate::{Resource, ResourceKind};

/// One document of any kind.
#[derive(Debug)]
pub(crate) enum ResourceText {
    Model(Box<ModelText>),
    Baseline(Box<BaselineText>),
    Tenant(TenantText),
    Environment(EnvironmentText),
    ApiKey(ApiKeyText),
    /// A kind of the watch: read and resolved at once. `None` with every reason among the problems.
    Watched {
        kind: ResourceKind,
        name: Option<At<String>>,
        resource: Option<Box<Resource>>,
    },
}

/// Which data is the reference of a model, and why.
#[derive(Debug, Default, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, rename = "Baseline")]
pub(crate) struct BaselineText {
    /// Version of this format: `watchkeeper/v1`.
    #[schemars(required, extend("const" = crate::API_VERSION))]
    #[expect(dead_code, reason = "the decoder checks it; it is here for the schema")]
    pub(crate) api_version: Option<String>,
    /// What the document describes: `Baseline`.
    #[schemars(required, extend("const" = crate::KIND_BASELINE))]
    #[expect(dead_code, reason = "the decoder checks it; it is here for the schema")]
    pub(crate) kind: Option<String>,
    /// Name, description and labels.
    #[schemars(required)]
    pub(crate) metadata: Option<MetadataText>,
    /// The model and where its reference data is.
    #[schemars(required)]
    pub(crate) spec: Option<BaselineSpecText>,
}

/// The model and where its reference data is.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "BaselineSpec")]
pub(crate) struct BaselineSpecText {
    /// Name of the model.
    #[schemars(required, length(min = 1, max = NAME_CHARS_MAX), pattern(NAME_PATTERN))]
    pub(crate) model: Option<At<String>>,
    /// Where the reference data is.
    #[schemars(required)]
    pub(crate) source: Option<BaselineSourceText>,
}

/// Where the reference data is: exactly one of `file`, `range`, `learning`.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "BaselineSource", extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct BaselineSourceText {
    #[schemars(skip)]
    pub(crate) position: Option<Position>,
    /// Files.
    pub(crate) file: Option<BaselineFileText>,
    /// Events that are stored already.
    pub(crate) range: Option<BaselineRangeText>,
    /// The first events of the model.
    pub(crate) learning: Option<LearningText>,
}

/// Files: exactly one of `path`, `url`.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "BaselineFile", extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct BaselineFileText {
    #[schemars(skip)]
    pub(crate) position: Option<Position>,
    /// A file, a folder or a glob on the machine of the server.
    #[schemars(length(min = 1))]
    pub(crate) path: Option<At<String>>,
    /// A file or folder in an object store. Example: `s3://bucket/reference.parquet`.
    #[schemars(length(min = 1))]
    pub(crate) url: Option<At<String>>,
}

/// Events with `from` ≤ event time < `to`.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "BaselineRange")]
pub(crate) struct BaselineRangeText {
    /// First event time: RFC 3339, or a date in UTC.
    #[schemars(required)]
    pub(crate) from: Option<At<String>>,
    /// Event time at which the range ends: RFC 3339, or a date in UTC.
    #[schemars(required)]
    pub(crate) to: Option<At<String>>,
    /// Version of the model. Default: every version.
    #[schemars(length(min = 1))]
    pub(crate) version: Option<At<String>>,
    /// Environment. Default: every environment.
    #[schemars(length(min = 1, max = NAME_CHARS_MAX), pattern(NAME_PATTERN))]
    pub(crate) environment: Option<At<String>>,
}

/// A group of people whose data nobody else sees.
#[derive(Debug, Default, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, rename = "Tenant")]
pub(crate) struct TenantText {
    /// Version of this format: `watchkeeper/v1`.
    #[schemars(required, extend("const" = crate::API_VERSION))]
    #[expect(dead_code, reason = "the decoder checks it; it is here for the schema")]
    pub(crate) api_version: Option<String>,
    /// What the document describes: `Tenant`.
    #[schemars(required, extend("const" = crate::KIND_TENANT))]
    #[expect(dead_code, reason = "the decoder checks it; it is here for the schema")]
    pub(crate) kind: Option<String>,
    /// Name, description and labels.
    #[schemars(required)]
    pub(crate) metadata: Option<MetadataText>,
}

/// Where models run, such as `production`.
#[derive(Debug, Default, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, rename = "Environment")]
pub(crate) struct EnvironmentText {
    /// Version of this format: `watchkeeper/v1`.
    #[schemars(required, extend("const" = crate::API_VERSION))]
    #[expect(dead_code, reason = "the decoder checks it; it is here for the schema")]
    pub(crate) api_version: Option<String>,
    /// What the document describes: `Environment`.
    #[schemars(required, extend("const" = crate::KIND_ENVIRONMENT))]
    #[expect(dead_code, reason = "the decoder checks it; it is here for the schema")]
    pub(crate) kind: Option<String>,
    /// Name, description and labels.
    #[schemars(required)]
    pub(crate) metadata: Option<MetadataText>,
}

/// What a program may do. The secret is shown once when the key is made and never written here.
#[derive(Debug, Default, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, rename = "ApiKey")]
pub(crate) struct ApiKeyText {
    /// Version of this format: `watchkeeper/v1`.
    #[schemars(required, extend("const" = crate::API_VERSION))]
    #[expect(dead_code, reason = "the decoder checks it; it is here for the schema")]
    pub(crate) api_version: Option<String>,
    /// What the document describes: `ApiKey`.
    #[schemars(required, extend("const" = crate::KIND_API_KEY))]
    #[expect(dead_code, reason = "the decoder checks it; it is here for the schema")]
    pub(crate) kind: Option<String>,
    /// Name, description and labels.
    #[schemars(required)]
    pub(crate) metadata: Option<MetadataText>,
    /// Scope, rights and end.
    #[schemars(required)]
    pub(crate) spec: Option<ApiKeySpecText>,
}

/// Scope, rights and end of a key.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "ApiKeySpec")]
pub(crate) struct ApiKeySpecText {
    /// The only environment. Default: every environment of the tenant.
    #[schemars(length(min = 1, max = NAME_CHARS_MAX), pattern(NAME_PATTERN))]
    pub(crate) environment: Option<At<String>>,
    /// The only model. Default: every model of the tenant.
    #[schemars(length(min = 1, max = NAME_CHARS_MAX), pattern(NAME_PATTERN))]
    pub(crate) model: Option<At<String>>,
    /// What the key may do, at least one of `ingest`, `read`, `admin`.
    #[schemars(required, with = "Option<Vec<Right>>", length(min = 1), extend("uniqueItems" = true))]
    pub(crate) rights: Option<Vec<At<Right>>>,
    /// When the key ends: RFC 3339, or a date in UTC. Default: never.
    pub(crate) expires: Option<At<String>>,
}
