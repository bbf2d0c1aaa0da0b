//! `watchkeeper test`: scenarios of rules.

use std::path::{Path, PathBuf};

use serde_json::json;
use watchkeeper_watch::scenario::{Scenario, TEXT_BYTES_MAX};

use super::args::TestArgs;
use super::service_args::TextOrJson;
use super::{CliError, EXIT_OK, EXIT_VERDICT, print};

/// Folders inside each other that are looked into.
const DEPTH_MAX: usize = 32;

/// What became of one scenario.
struct Told {
    file: String,
    name: String,
    differences: Vec<String>,
}

pub(super) fn run(args: &TestArgs) -> Result<u8, CliError> {
    let mut all = Vec::new();
    for path in &args.file {
        let mut files = Vec::new();
        find(Path::new(path), 0, &mut files)?;
        files.sort();
        if files.is_empty() {
            return Err(CliError::Usage(format!("no scenario in `{path}`; expected files `*.yaml` or `*.yml`")));
        }
        for file in files {
            all.push(tell(&file)?);
        }
    }
    let failed = all.iter().filter(|told| !told.differences.is_empty()).count();
    match args.output {
        TextOrJson::Json => {
            let of = |told: &Told| json!({ "file": told.file, "name": told.name, "differences": told.differences });
            print(&format!(
                "{:#}\n",
                json!({ "scenarios": all.iter().map(of).collect::<Vec<_>>(), "failed": failed })
            ))?;
        }
        TextOrJson::Text => {
            for Told { file, name, differences } in &all {
                let word = if differences.is_empty() { "ok" } else { "FAILED" };
                print(&format!("{word:<6} {file}: {name}\n"))?;
                for difference in differences {
                    print(&format!("  {difference}\n"))?;
                }
            }
            print(&format!("{} scenarios, {failed} failed\n", all.len()))?;
        }
    }
    Ok(if failed == 0 { EXIT_OK } else { EXIT_VERDICT })
}

fn tell(file: &Path) -> Result<Told, CliError> {
    let name = file.display().to_string();
    let text = read(file)?;
    let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
    // Files are named from where the scenario is.
    let load = |other: &str| read(&folder.join(other)).map_err(|error| error.to_string());
    let scenario = Scenario::read(&text, &name, &load).map_err(|error| CliError::Usage(error.to_string()))?;
    let differences = scenario.run().iter().map(ToString::to_string).collect();
    Ok(Told { file: name, name: scenario.name().to_owned(), differences })
}

fn read(file: &Path) -> Result<String, CliError> {
    let path = file.display().to_string();
    let failed = |source| CliError::Read { path: path.clone(), source };
    let size = std::fs::metadata(file).map_err(failed)?.len();
    if size > TEXT_BYTES_MAX as u64 {
        return Err(CliError::Usage(format!("`{path}` has {size} bytes; expected at most {TEXT_BYTES_MAX}")));
    }
    std::fs::read_to_string(file).map_err(failed)
}

/// A file, or all YAML files below a folder; hidden ones and links to folders are left out.
fn find(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let failed = |source| CliError::Read { path: path.display().to_string(), source };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        let suffix = entry.path().extension().map(|suffix| suffix.to_string_lossy().to_lowercase());
        if hidden {
        } else if is_folder && depth < DEPTH_MAX {
            find(&entry.path(), depth + 1, found)?;
        } else if matches!(suffix.as_deref(), Some("yaml" | "yml")) {
            found.push(entry.path());
        }
    }
    Ok(())
}
