//! What `watchkeeper serve` is told: `watchkeeper.yaml`, environment, flags.
//!
//! Precedence, lowest first: defaults, the file (`--config`, `WATCHKEEPER_CONFIG`, or `./watchkeeper.yaml` if there is
//! one), environment variables `WATCHKEEPER_<SECTION>_<KEY>`, flags. Names with values are joined name by name, anything
//! else is replaced whole. Unknown keys are refused wherever they stand. Every key is in [`reference::reference`],
//! which makes `docs/configuration.md`.
//!
//! What does NOT belong here: opening anything that a key names (but the files of secrets).

mod args;
mod environment;
mod file;
mod keys;
mod otlp;
mod quantity;
mod raw;
mod read;
pub mod reference;
mod resolve;
mod secret;
mod show;
mod suggest;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use url::Url;
use watchkeeper_ingest::Limits;
use watchkeeper_ingest::otlp::{MetricMapping, SpanMapping};
use watchkeeper_server::RateLimit;

pub use args::ConfigArgs;
pub use quantity::{parse_duration, parse_size, show_duration, show_size};
pub use raw::{Fault, Origin};
pub use secret::Secret;

/// What every environment variable of the program begins with.
pub(crate) const PREFIX: &str = "WATCHKEEPER_";

/// The file that is read when none is named.
pub const FILE_NAME: &str = "watchkeeper.yaml";

/// Where settings are looked up beside the flags. One value of it is made from the process, once.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// The folder that relative paths start from.
    pub folder: PathBuf,
}

/// Variables may hold secrets: they are counted and not shown.
impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("variables", &self.variables.len()).field("folder", &self.folder).finish()
    }
}

impl Surroundings {
    /// Those of this process; variables that are not UTF-8 are left out.
    #[must_use]
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let variables = std::env::vars_os().filter_map(text).collect();
        Self { variables, folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")) }
    }
}

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration `{path}`: {source}")]
    Read {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Settings are wrong; all that were found, never none.
    #[error("{}", lines(.0))]
    Invalid(Vec<Fault>),
    /// The server would be open to others.
    #[error(
        "listening on {address}, which is not loopback, but there is no API key; create one with `watchkeeper keys \
         create --admin {catalog}` or set `auth.bootstrap_key`, or listen on 127.0.0.1"
    )]
    OpenToOthers {
        /// The first such address.
        address: SocketAddr,
        /// The flag that names the catalog.
        catalog: String,
    },
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

/// When API keys are demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequireKeys {
    /// When any address is not loopback.
    Auto,
    /// Always.
    Always,
}

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where the tables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeConfig {
    /// Root of the tables.
    pub url: Url,
    /// Options of the store by name, in lower case; none is ever printed that may be a secret.
    pub options: BTreeMap<String, Secret>,
}

/// The journal's bounds, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalConfig {
    /// Of one segment.
    pub segment_bytes: u64,
    /// Of the whole journal; at least two segments.
    pub total_bytes: u64,
}

/// When rows go to the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitConfig {
    /// After this time at the latest.
    pub interval: Duration,
    /// After this many rows of one stream of a model.
    pub rows: u64,
}

/// Recognising repeated events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdsConfig {
    /// How far back.
    pub horizon: Duration,
    /// Memory for it, in bytes.
    pub memory_bytes: u64,
}

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthConfig {
    /// When API keys are demanded.
    pub require_keys: RequireKeys,
    /// The first administrator's key.
    pub bootstrap_key: Option<Secret>,
}

/// Keyed hashes of personal columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivacyConfig {
    /// Their key: at least 32 bytes.
    pub key: Option<Secret>,
    /// The period that the key is for.
    pub epoch: u32,
}

/// What becomes of OpenTelemetry, for all models.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtlpConfig {
    /// Attributes of spans and log records.
    pub spans: SpanMapping,
    /// Metrics that are KPIs.
    pub metrics: MetricMapping,
}

/// Time between two rounds of each job; `None` for never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenanceConfig {
    /// Merging small files.
    pub compact: Option<Duration>,
    /// Writing checkpoints.
    pub checkpoint: Option<Duration>,
    /// Removing files that nothing refers to.
    pub vacuum: Option<Duration>,
    /// Age at which they are removed.
    pub keep_removed: Duration,
    /// Removing what is too old.
    pub retention: Option<Duration>,
}

/// The log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// Form of a line.
    pub format: LogFormat,
    /// Level or list of levels per module.
    pub level: String,
}

/// The resolved configuration of a server: every value read, checked and complete.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// Folder of the journal, and of tables and catalog unless they are elsewhere; absolute.
    pub data_dir: PathBuf,
    /// Addresses for HTTP; at least one.
    pub listen: Vec<SocketAddr>,
    /// Address for OTLP over gRPC.
    pub otlp_grpc_listen: Option<SocketAddr>,
    /// The tables.
    pub lake: LakeConfig,
    /// URL of the catalog's database, which may hold a password.
    pub catalog_url: Secret,
    /// The journal.
    pub journal: JournalConfig,
    /// Commits to the tables.
    pub commit: CommitConfig,
    /// Repeated events.
    pub ids: IdsConfig,
    /// Bounds of a request.
    pub limits: Limits,
    /// Requests of one API key; `None` for any number.
    pub rate_limit: Option<RateLimit>,
    /// Memory of the process above which requests are refused, in bytes.
    pub memory_cap_bytes: u64,
    /// Who may do what.
    pub auth: AuthConfig,
    /// Keyed hashes.
    pub privacy: PrivacyConfig,
    /// Whether events of an unknown model create it.
    pub models_auto_create: bool,
    /// Hosts and networks that are not public and may be called to deliver notices.
    pub notify_allow: Vec<String>,
    /// OpenTelemetry.
    pub otlp: OtlpConfig,
    /// Jobs.
    pub maintenance: MaintenanceConfig,
    /// The log.
    pub log: LogConfig,
    /// Each setting as text that may be shown, with its origin.
    shown: Vec<show::Shown>,
}

impl ServeConfig {
    /// Resolves the configuration from flags, environment, file and defaults.
    ///
    /// # Errors
    /// [`ConfigError`]: a file that cannot be read, or every wrong setting with its place.
    pub fn load(args: &ConfigArgs, surroundings: &Surroundings) -> Result<Self, ConfigError> {
        resolve::load(args, surroundings)
    }

    /// The first address that others than this machine can reach.
    #[must_use]
    pub fn open_address(&self) -> Option<SocketAddr> {
        self.listen.iter().chain(&self.otlp_grpc_listen).copied().find(|address| !is_loopback(address))
    }

    /// Whether requests must carry an API key.
    #[must_use]
    pub fn keys_are_required(&self) -> bool {
        self.auth.require_keys == RequireKeys::Always || self.open_address().is_some()
    }

    /// Refuses to serve others when nobody could have a key: call it once the catalog is open.
    ///
    /// * `keys_exist`: the catalog holds a key that is not revoked.
    ///
    /// # Errors
    /// [`ConfigError::OpenToOthers`] with an address that is not loopback, no key in the catalog and none in
    /// `auth.bootstrap_key`.
    pub fn check_doors(&self, keys_exist: bool) -> Result<(), ConfigError> {
        match self.open_address() {
            Some(address) if !keys_exist && self.auth.bootstrap_key.is_none() => {
                let own = read::sqlite_url(&resolve::catalog_file(&self.data_dir));
                let catalog = match self.catalog_url.expose() == own {
                    true => format!("--data-dir {}", self.data_dir.display()),
                    false => format!("--catalog {}", self.catalog_url),
                };
                Err(ConfigError::OpenToOthers { address, catalog })
            }
            _ => Ok(()),
        }
    }

    /// All settings as YAML that can be used as a file, each with its origin; secrets are only shown as references.
    #[must_use]
    pub fn to_yaml_redacted(&self) -> String {
        show::yaml(&self.shown)
    }
}

/// Whether an address can only be reached from this machine; IPv4 in IPv6 counts as what it maps to.
fn is_loopback(address: &SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// The URL of the catalog that `--data-dir` or `--catalog` name; without both, the one of the server's configuration.
///
/// # Errors
/// As [`ServeConfig::load`]; only what the URL needs is looked at when a flag names it.
pub fn catalog_url(args: &ConfigArgs, surroundings: &Surroundings) -> Result<Secret, ConfigError> {
    resolve::catalog_url(args, surroundings)
}

/// The secret that `env:NAME` or `file:PATH` leads to; `None` for any other text, which is a value itself.
pub(crate) fn follow_secret(text: &str, surroundings: &Surroundings) -> Option<Result<Secret, String>> {
    secret::is_reference(text).then(|| secret::follow(text, &|name| surroundings.variables.get(name).cloned()))
}
