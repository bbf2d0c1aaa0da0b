//! Resources as files, on a server or in a catalog: `apply`, `diff`, `lint`, `get`, `delete`, `export`.

mod catalog;
mod commands;
mod files;
mod server;
mod show;

use serde::Serialize;
use serde_json::Value;
use watchkeeper_spec::{Resource, ResourceKind};

use super::service_args::TargetArgs;
use super::{CliError, Connection};

pub(super) use catalog::{ACTOR, Opened, Where};
pub(super) use commands::{apply, delete, diff, export, get, lint};
pub(super) use show::columns;

/// A resource as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Stored {
    /// Its kind, as in files.
    pub(super) kind: String,
    /// Its name.
    pub(super) name: String,
    /// How often it was written.
    pub(super) revision: u64,
    /// When it was written last, RFC 3339.
    pub(super) updated_at: String,
    /// Its document.
    pub(super) body: Value,
}

/// One field that would be another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Change {
    pub(super) path: String,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

/// What writing a resource would change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Difference {
    /// Whether it is there already.
    pub(super) exists: bool,
    pub(super) changes: Vec<Change>,
}

/// Where resources are kept.
pub(super) trait Store {
    /// What writing it would change; checks it as a write would.
    fn diff(&self, resource: &Resource) -> Result<Difference, CliError>;
    /// Writes all of them; answers their revisions.
    fn put(&self, resources: &[&Resource]) -> Result<Vec<u64>, CliError>;
    /// `None` when there is none.
    fn get(&self, kind: ResourceKind, name: &str) -> Result<Option<Stored>, CliError>;
    /// All of a kind, by name.
    fn list(&self, kind: ResourceKind) -> Result<Vec<Stored>, CliError>;
    /// Whether there was one.
    fn delete(&self, kind: ResourceKind, name: &str) -> Result<bool, CliError>;
}

/// The store that the arguments name. `may_create`: a catalog that is not there yet is made.
fn store(target: &TargetArgs, may_create: bool) -> Result<Box<dyn Store>, CliError> {
    if let Some(place) = Where::of(target) {
        let tenant = target.tenant.clone().unwrap_or_else(|| "default".into());
        return Ok(Box::new(Opened::open(&place, tenant, may_create)?));
    }
    if target.tenant.is_some() {
        return Err(CliError::Usage("--tenant goes with --data-dir or --catalog: on a server, the key says it".into()));
    }
    Ok(Box::new(server::Remote(Connection::from(&target.server).interactive()?)))
}

/// The kind that a word names: that of files (`Model`), in any case, one or many (`models`).
fn kind(word: &str) -> Result<ResourceKind, CliError> {
    let lower = word.to_ascii_lowercase();
    let is = |kind: &ResourceKind| {
        let name = kind.as_str().to_ascii_lowercase();
        let one = lower.strip_suffix("ies").map(|stem| format!("{stem}y"));
        lower == name || lower.strip_suffix('s') == Some(&name) || one.as_ref() == Some(&name)
    };
    ResourceKind::ALL.iter().copied().find(is).ok_or_else(|| {
        let words: Vec<String> = ResourceKind::ALL.iter().map(|kind| format!("`{}`", path_word(*kind))).collect();
        CliError::Usage(format!("there is no kind `{word}`; expected one of {}", words.join(", ")))
    })
}

/// The kind in paths of the server.
fn path_word(kind: ResourceKind) -> String {
    kind.as_str().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_in_any_case_one_or_many() {
        for (word, expected) in [
            ("model", ResourceKind::Model),
            ("Models", ResourceKind::Model),
            ("apikey", ResourceKind::ApiKey),
            ("ApiKey", ResourceKind::ApiKey),
            ("environments", ResourceKind::Environment),
            ("SLOs", ResourceKind::Slo),
            ("burnpolicies", ResourceKind::BurnPolicy),
        ] {
            assert_eq!(kind(word).unwrap(), expected, "{word}");
        }
        let text = kind("modle").unwrap_err().to_string();
        assert!(text.starts_with("there is no kind `modle`; expected one of `model`, `baseline`"), "{text}");
        assert!(kind("").is_err() && kind("s").is_err());
    }
}
