//! Resources on a server.

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use watchkeeper_spec::{Resource, ResourceKind};

use super::{Change, Difference, Store, Stored, path_word};
use crate::cli::CliError;
use crate::client::{Client, ClientError, Request};

/// Resources of one page.
const PAGE: &str = "200";

pub(super) struct Remote(pub(super) Client);

#[derive(Deserialize)]
struct WireResource {
    kind: String,
    name: String,
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    updated_at: String,
    #[serde(default)]
    body: Value,
}

#[derive(Deserialize)]
struct WirePage {
    items: Vec<WireResource>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct WireChange {
    path: String,
    #[serde(default)]
    before: Option<Value>,
    #[serde(default)]
    after: Option<Value>,
}

#[derive(Deserialize)]
struct WireDiff {
    exists: bool,
    changes: Vec<WireChange>,
}

impl From<WireResource> for Stored {
    fn from(wire: WireResource) -> Self {
        let WireResource { kind, name, revision, updated_at, body } = wire;
        Self { kind, name, revision, updated_at, body }
    }
}

impl Remote {
    fn read<T: for<'de> Deserialize<'de>>(&self, request: &Request) -> Result<T, CliError> {
        let value = self.0.json(request)?;
        let answer = |error: serde_json::Error| ClientError::Answer {
            server: self.0.server().to_owned(),
            problem: error.to_string(),
        };
        Ok(serde_json::from_value(value).map_err(answer)?)
    }
}

fn request(method: Method, kind: ResourceKind, rest: &[&str]) -> Request {
    let kind = path_word(kind);
    let mut path = vec!["resources", kind.as_str()];
    path.extend(rest);
    Request::new(method, &path)
}

/// The document as it is sent; the text was made from a value a moment before.
pub(super) fn body(resource: &Resource) -> Result<Value, CliError> {
    serde_json::from_str(&resource.to_json()).map_err(|error| CliError::Internal(error.to_string()))
}

impl Store for Remote {
    fn diff(&self, resource: &Resource) -> Result<Difference, CliError> {
        let mut request = request(Method::POST, resource.kind(), &[resource.name(), "diff"]).json(&body(resource)?);
        request.is_question = true;
        let WireDiff { exists, changes } = self.read(&request)?;
        let change = |WireChange { path, before, after }| Change { path, before, after };
        Ok(Difference { exists, changes: changes.into_iter().map(change).collect() })
    }

    fn put(&self, resources: &[&Resource]) -> Result<Vec<u64>, CliError> {
        let one = |resource: &&Resource| {
            let request = request(Method::PUT, resource.kind(), &[resource.name()]).json(&body(resource)?);
            let answer: Value = self.read(&request)?;
            Ok(answer.get("revision").and_then(Value::as_u64).unwrap_or(0))
        };
        resources.iter().map(one).collect()
    }

    fn get(&self, kind: ResourceKind, name: &str) -> Result<Option<Stored>, CliError> {
        match self.read::<WireResource>(&request(Method::GET, kind, &[name])) {
            Ok(found) => Ok(Some(found.into())),
            Err(CliError::Client(error)) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list(&self, kind: ResourceKind) -> Result<Vec<Stored>, CliError> {
        let mut all: Vec<Stored> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut request = request(Method::GET, kind, &[]);
            request.query.push(("limit".into(), PAGE.into()));
            request.query.extend(after.iter().map(|after| ("cursor".to_owned(), after.clone())));
            let WirePage { items, next } = self.read(&request)?;
            all.extend(items.into_iter().map(Stored::from));
            // A cursor that stays where it is would never end.
            match next {
                Some(next) if Some(&next) != after.as_ref() => after = Some(next),
                _ => return Ok(all),
            }
        }
    }

    fn delete(&self, kind: ResourceKind, name: &str) -> Result<bool, CliError> {
        match self.0.json(&request(Method::DELETE, kind, &[name])) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
