//! What there is to import: files, and objects of a store, each as a file that can be read.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use futures::{StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::cli::CliError;
use crate::config::{Surroundings, follow_secret};

/// Somewhere that records are.
pub(super) enum Place {
    /// A file.
    File(PathBuf),
    /// An object; it is copied to a file for the time of its reading.
    Object(std::sync::Arc<Store>, object_store::path::Path),
}

/// A store with the runtime that its calls need.
pub(super) struct Store {
    url: Url,
    store: Box<dyn ObjectStore>,
    runtime: Runtime,
}

/// A file to read from, removed afterwards if it is a copy.
pub(super) struct Reading {
    /// The name of the original, which says more than that of a copy.
    pub(super) name: String,
    pub(super) path: PathBuf,
    is_copy: bool,
}

#[cfg(test)]
impl Reading {
    /// A file under a name of choice.
    pub(super) fn of_file(path: &Path, name: &str) -> Self {
        Self { name: name.to_owned(), path: path.to_owned(), is_copy: false }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if self.is_copy {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// All places below the paths, in the order of their names.
pub(super) fn find(paths: &[String], options: &[String], around: &Surroundings) -> Result<Vec<Place>, CliError> {
    let options = store_options(options, around)?;
    let mut places = Vec::new();
    for path in paths {
        match Url::parse(path).ok().filter(|_| path.contains("://")) {
            Some(url) if url.scheme() == "file" => {
                let local = url.to_file_path().map_err(|()| CliError::Usage(format!("`{path}` is no path")))?;
                places.extend(files(&local)?.into_iter().map(Place::File));
            }
            Some(url) => places.extend(objects(url, &options)?),
            None => places.extend(files(Path::new(path))?.into_iter().map(Place::File)),
        }
    }
    Ok(places)
}

/// A file, all files below a folder, or what a glob matches. Names with `.` or `_` in front are left out: logs of
/// tables and marks of unfinished work.
fn files(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        |source| CliError::Read { path, source }
    };
    let mut found = Vec::new();
    let mut folders = Vec::new();
    let text = path.to_string_lossy();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => folders.push(path.to_owned()),
        Ok(_) => found.push(path.to_owned()),
        Err(error) if text.contains(['*', '?', '[']) => {
            let matches = glob::glob(&text).map_err(|_| failed(path)(error))?;
            for path in matches.flatten() {
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        Err(error) => return Err(failed(path)(error)),
    }
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(failed(&folder))? {
            let entry = entry.map_err(failed(&folder))?;
            let kind = entry.file_type().map_err(failed(&entry.path()))?;
            // Links to folders are not followed: they may lead in circles.
            if is_hidden(&entry.file_name().to_string_lossy()) {
            } else if kind.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(CliError::Usage(format!("no file matches `{}`", path.display())));
    }
    Ok(found)
}

fn is_hidden(name: &str) -> bool {
    name.starts_with(['.', '_'])
}

/// `NAME=VALUE` options over the `AWS_…`, `GOOGLE_…` and `AZURE_…` variables.
fn store_options(options: &[String], around: &Surroundings) -> Result<BTreeMap<String, String>, CliError> {
    let ours = |name: &&String| ["AWS_", "GOOGLE_", "AZURE_"].iter().any(|prefix| name.starts_with(prefix));
    let variables = around.variables.iter().filter(|(name, _)| ours(name));
    let mut all: BTreeMap<String, String> =
        variables.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    for option in options {
        let (name, value) = option.split_once('=').ok_or_else(|| {
            CliError::Usage("--store-option: expected NAME=VALUE, such as region=eu-central-1".into())
        })?;
        let value = match follow_secret(value, around) {
            Some(secret) => {
                let problem = |text| CliError::Usage(format!("--store-option {name}: {text}"));
                secret.map_err(problem)?.expose().to_owned()
            }
            None => value.to_owned(),
        };
        all.insert(name.to_ascii_lowercase(), value);
    }
    Ok(all)
}

fn objects(url: Url, options: &BTreeMap<String, String>) -> Result<Vec<Place>, CliError> {
    let failed = |error: object_store::Error| CliError::Usage(format!("cannot list `{url}`: {error}"));
    let (store, prefix) = object_store::parse_url_opts(&url, options).map_err(failed)?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::Internal(error.to_string()))?;
    let listed = runtime.block_on(async {
        // The URL may name one object, or what the names of many begin with.
        match store.head(&prefix).await {
            Ok(one) => Ok(vec![one]),
            Err(_) => store.list(Some(&prefix)).try_collect::<Vec<_>>().await,
        }
    });
    let mut found: Vec<object_store::path::Path> =
        listed.map_err(failed)?.into_iter().map(|meta| meta.location).collect();
    found.retain(|path| !path.parts().any(|part| is_hidden(part.as_ref())));
    found.sort();
    if found.is_empty() {
        return Err(CliError::Usage(format!("there is nothing below `{url}`")));
    }
    let store = std::sync::Arc::new(Store { url, store, runtime });
    Ok(found.into_iter().map(|path| Place::Object(store.clone(), path)).collect())
}

impl Place {
    /// A file with its content.
    pub(super) fn open(&self) -> Result<Reading, CliError> {
        match self {
            Self::File(path) => Ok(Reading { name: path.display().to_string(), path: path.clone(), is_copy: false }),
            Self::Object(store, path) => store.copy(path),
        }
    }
}

impl Store {
    fn copy(&self, path: &object_store::path::Path) -> Result<Reading, CliError> {
        let host = self.url.host_str().unwrap_or_default();
        let name = format!("{}://{host}/{path}", self.url.scheme());
        let file = path.filename().unwrap_or("object");
        let copy = std::env::temp_dir().join(format!("watchkeeper-import-{}-{file}", std::process::id()));
        let reading = Reading { name, path: copy, is_copy: true };
        let written = |source| CliError::Write { path: reading.path.display().to_string(), source };
        let got = |error: object_store::Error| CliError::Usage(format!("cannot read `{}`: {error}", reading.name));
        let mut target = std::fs::File::create(&reading.path).map_err(written)?;
        self.runtime.block_on(async {
            let mut content = self.store.get(path).await.map_err(got)?.into_stream();
            while let Some(bytes) = content.next().await {
                target.write_all(&bytes.map_err(got)?).map_err(written)?;
            }
            Ok::<_, CliError>(())
        })?;
        Ok(reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_and_hidden_names_left_out() {
        let root = std::env::temp_dir().join(format!("watchkeeper-places-{}", std::process::id()));
        for name in ["b.jsonl", "a/2.jsonl", "a/1.jsonl", "_delta_log/0.json", ".hidden", "a/.tmp"] {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{}").unwrap();
        }
        let names = |path: &str| -> Vec<String> {
            let found = files(Path::new(path)).unwrap();
            found.iter().map(|file| file.strip_prefix(&root).unwrap().display().to_string()).collect()
        };
        let text = root.display().to_string();
        let (all, glob, one) = (names(&text), names(&format!("{text}/*/1*")), names(&format!("{text}/b.jsonl")));
        let none = files(&root.join("nothing")).unwrap_err().to_string();
        let url = find(&[format!("file://{text}/a")], &[], &Surroundings::default()).unwrap().len();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(all, ["a/1.jsonl", "a/2.jsonl", "b.jsonl"]);
        assert_eq!((glob, one, url), (vec!["a/1.jsonl".to_owned()], vec!["b.jsonl".to_owned()], 2));
        assert!(none.starts_with("cannot read"), "{none}");
    }

    #[test]
    fn options_win_over_variables_and_follow_references() {
        let variables = [("AWS_REGION", "us"), ("AWS_SECRET_ACCESS_KEY", "x"), ("KEY", "y"), ("HOME", "/")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let around = Surroundings { variables: variables.into(), ..Surroundings::default() };
        let options = |list: &[&str]| store_options(&list.iter().map(|&o| o.to_owned()).collect::<Vec<_>>(), &around);
        let all = options(&["AWS_REGION=eu", "token=env:KEY"]).unwrap();
        let pairs: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("aws_region", "eu"), ("aws_secret_access_key", "x"), ("token", "y")]);
        assert!(options(&["region"]).unwrap_err().to_string().contains("expected NAME=VALUE"));
        assert!(
            options(&["token=env:GONE"]).unwrap_err().to_string().contains("there is no environment variable `GONE`")
        );
    }
}
