//! The object store below a lake.

mod durable;

use std::collections::HashMap;
use std::sync::Arc;

use object_store::DynObjectStore;
use object_store::path::Path;
use url::Url;

use crate::LakeError;
use durable::DurableFiles;

/// Where a lake lies: the store and the URL of its root.
#[derive(Debug, Clone)]
pub struct Root {
    store: Arc<DynObjectStore>,
    url: Url,
}

impl Root {
    /// Opens the store of `location`: a folder, or a `file://`, `s3://`, `gs://`, `az://` or `memory://` URL.
    ///
    /// Local folders are created and their files synced before a write returns. `options` are those of object_store
    /// (`aws_endpoint_url`, `aws_access_key_id`, …); what is not given is taken from the store's usual environment.
    ///
    /// # Errors
    /// [`LakeError::Root`] when no store is known for the URL or its options are wrong.
    pub fn open(location: &str, options: &HashMap<String, String>) -> Result<Self, LakeError> {
        let bad = |reason: String| LakeError::Root { url: location.to_owned(), reason };
        if let Some(folder) = local_folder(location) {
            std::fs::create_dir_all(&folder).map_err(|e| bad(e.to_string()))?;
            let folder = folder.canonicalize().map_err(|e| bad(e.to_string()))?;
            let url = Url::from_directory_path(&folder).map_err(|()| bad("not an absolute path".into()))?;
            return Ok(Self { store: Arc::new(DurableFiles::default()), url });
        }
        let environment = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let mut url = Url::parse(location).map_err(|e| bad(e.to_string()))?;
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let (store, _) = object_store::parse_url_opts(&url, with_environment(options, environment))
            .map_err(|e| bad(e.to_string()))?;
        know_scheme(url.scheme()).map_err(|e| bad(e.to_string()))?;
        Ok(Self { store: Arc::from(store), url })
    }

    /// The store; `/` is its root, not the lake's.
    #[must_use]
    pub fn store(&self) -> Arc<DynObjectStore> {
        self.store.clone()
    }

    /// The URL of the lake, ending with a slash.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The URL of a folder of the lake.
    pub(crate) fn child(&self, path: &str) -> Result<Url, LakeError> {
        self.url
            .join(&format!("{path}/"))
            .map_err(|e| LakeError::Root { url: format!("{}{path}", self.url), reason: e.to_string() })
    }

    /// The path of the lake in its store.
    pub(crate) fn prefix(&self) -> Result<Path, LakeError> {
        Path::from_url_path(self.url.path())
            .map_err(|e| LakeError::Root { url: self.url.to_string(), reason: e.to_string() })
    }
}

/// `options` and, for what they do not say, the variables of the environment that stores are usually set up by. Whoever gives
/// a key gives all of the credentials: a token from the environment does not belong to it.
fn with_environment(
    options: &HashMap<String, String>,
    environment: impl Iterator<Item = (String, String)>,
) -> HashMap<String, String> {
    const CREDENTIALS: [&str; 3] = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];
    let given: HashMap<String, String> =
        options.iter().map(|(key, value)| (key.to_ascii_lowercase(), value.clone())).collect();
    let own = CREDENTIALS.iter().any(|key| given.contains_key(*key));
    let mut all: HashMap<String, String> = environment
        .map(|(key, value)| (key.to_ascii_lowercase(), value))
        .filter(|(key, _)| ["aws_", "azure_", "google_"].iter().any(|prefix| key.starts_with(prefix)))
        .filter(|(key, _)| !(own && CREDENTIALS.contains(&key.as_str())))
        .collect();
    all.extend(given);
    all
}

/// Tells delta-rs that tables may lie on stores of a scheme: it knows `file` and `memory` unless its own crates for the
/// others are linked, though all it takes from them is what it does for these.
fn know_scheme(scheme: &str) -> Result<(), url::ParseError> {
    let factories = deltalake::logstore::logstore_factories();
    let known = factories.get(&Url::parse("memory://")?).map(|factory| factory.value().clone());
    if let Some(factory) = known {
        factories.entry(Url::parse(&format!("{scheme}://"))?).or_insert(factory);
    }
    Ok(())
}

fn local_folder(location: &str) -> Option<std::path::PathBuf> {
    match Url::parse(location) {
        Ok(url) if url.scheme() == "file" => url.to_file_path().ok(),
        Ok(url) if url.scheme().len() > 1 => None,
        _ => Some(std::path::PathBuf::from(location)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_fills_in_and_never_mixes_credentials() {
        let pairs =
            |all: &[(&str, &str)]| all.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
        let environment = pairs(&[
            ("AWS_REGION", "eu-1"),
            ("AWS_ACCESS_KEY_ID", "env"),
            ("AWS_SECRET_ACCESS_KEY", "env"),
            ("AWS_SESSION_TOKEN", "env"),
            ("HOME", "/root"),
        ]);
        let merged = |options: &[(&str, &str)]| {
            with_environment(&pairs(options).into_iter().collect(), environment.clone().into_iter())
        };
        let all = merged(&[]);
        assert_eq!((all.len(), all.get("aws_session_token").map(String::as_str)), (4, Some("env")));
        let own = merged(&[("aws_access_key_id", "mine"), ("AWS_SECRET_ACCESS_KEY", "mine"), ("aws_region", "us-1")]);
        let expected = [("aws_access_key_id", "mine"), ("aws_secret_access_key", "mine"), ("aws_region", "us-1")];
        assert_eq!(own, pairs(&expected).into_iter().collect());
    }
}
