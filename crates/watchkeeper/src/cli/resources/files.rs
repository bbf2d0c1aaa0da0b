//! Resource files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use watchkeeper_spec::{Resource, ResourceKind};

use crate::cli::CliError;

/// Bytes of a file at most: more than the reader of resources takes, so that it is the one that refuses.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The resources of some files, and what is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// The file of each and the resource.
    pub(super) resources: Vec<(String, Resource)>,
    /// Every problem: file, line, what is wrong.
    pub(super) problems: Vec<String>,
    /// What is hardly meant, and names that none of these resources has: others may.
    pub(super) warnings: Vec<String>,
    /// Files that were read.
    pub(super) files: usize,
}

/// Reads all files that the paths name. The same resource in two places is a problem.
///
/// # Errors
/// A path that cannot be read, or names no file at all.
pub(super) fn read(paths: &[String]) -> Result<Read, CliError> {
    let mut read = Read::default();
    for path in paths {
        for file in files(Path::new(path))? {
            let name = file.display().to_string();
            let failed = |source| CliError::Read { path: name.clone(), source };
            let size = std::fs::metadata(&file).map_err(failed)?.len();
            if size > FILE_BYTES_MAX {
                return Err(CliError::Usage(format!("`{name}` has {size} bytes; expected at most {FILE_BYTES_MAX}")));
            }
            let bytes = std::fs::read(&file).map_err(failed)?;
            read.files += 1;
            match Resource::from_yaml_documents(&bytes, &name) {
                Ok(found) => read.resources.extend(found.into_iter().map(|resource| (name.clone(), resource))),
                Err(error) => read.problems.extend(error.to_string().lines().map(str::to_owned)),
            }
        }
    }
    lint_together(&mut read);
    let mut seen: BTreeMap<(ResourceKind, String), String> = BTreeMap::new();
    for (file, resource) in &read.resources {
        let key = (resource.kind(), resource.name().to_owned());
        if let Some(first) = seen.insert(key, file.clone()) {
            let what = format!("{file}: {} `{}` is also in {first}", resource.kind(), resource.name());
            read.problems.push(what);
        }
    }
    Ok(read)
}

/// What is wrong with the resources of all files together.
fn lint_together(read: &mut Read) {
    let resources: Vec<Resource> = read.resources.iter().map(|(_, resource)| resource.clone()).collect();
    let found = watchkeeper_spec::lint(&resources);
    read.problems.extend(found.errors.iter().map(ToString::to_string));
    read.warnings.extend(found.unknown.iter().chain(&found.warnings).map(ToString::to_string));
}

/// A file, or all resource files below a folder in the order of their names; hidden ones are left out.
fn files(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    let failed = |source| CliError::Read { path: path.display().to_string(), source };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let suffix = path.extension().map(|s| s.to_string_lossy().to_lowercase()).unwrap_or_default();
            // Links to folders are not followed: they may lead in circles.
            if hidden {
            } else if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(path);
            } else if matches!(suffix.as_str(), "yaml" | "yml" | "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(CliError::Usage(format!("there is no .yaml, .yml or .json file below `{}`", path.display())));
    }
    Ok(found)
}
