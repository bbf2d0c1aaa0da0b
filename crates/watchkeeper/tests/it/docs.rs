//! Documents tell the truth: their commands run, and what is made from code is up to date.

use std::path::{Path, PathBuf};

use crate::support::{Dir, root};

/// README, CONTRIBUTING and all of `docs/`.
pub(crate) fn documents() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    all.extend(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    all.sort();
    all
}

/// Lines of `sh` blocks that call the program.
fn commands(document: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(document).unwrap();
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            inside = !inside && matches!(language, "sh" | "console");
        } else if inside && let Some(command) = line.trim_start_matches("$ ").strip_prefix("watchkeeper ") {
            found.push(command.to_owned());
        }
    }
    found
}

/// Its commands are one shell session with a server in it: `tests/clients/getting_started.py` executes them.
const SESSION: &str = "getting-started.md";

#[test]
fn every_command_of_the_documents_runs() {
    let mut run = 0;
    assert!(root().join("tests/clients/getting_started.py").exists(), "nothing executes {SESSION}");
    for document in documents().into_iter().filter(|document| !document.ends_with(SESSION)) {
        let folder = Dir::new("docs");
        std::os::unix::fs::symlink(root().join("examples"), folder.path().join("examples")).unwrap();
        for command in commands(&document) {
            let (line, expected) = match command.split_once("# exit ") {
                Some((line, code)) => (line, code.trim().parse().unwrap()),
                None => (command.as_str(), 0),
            };
            let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(['\'', '"'])).collect();
            let outcome = folder.run_words(&words, &[]);
            let fine = outcome.code == Some(expected) || (expected == 0 && outcome.code == Some(1));
            assert!(fine, "{}: {outcome}", document.display());
            run += 1;
        }
    }
    assert!(run >= 5, "only {run} commands found");
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            if !path.is_empty() && !path.contains("://") {
                assert!(document.parent().unwrap().join(path).exists(), "{}: {target}", document.display());
            }
        }
    }
}

#[test]
fn the_command_line_reference_is_made_from_the_program() {
    let path = root().join("docs/cli.md");
    let made = watchkeeper::cli::reference::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, made, "docs/cli.md is out of date: make docs");
}

/// Compares `docs/schemas/NAME.schema.json` with what the program makes, or rewrites it with `UPDATE_DOCS`.
fn same_schema(name: &str, made: &str) {
    let path = root().join(format!("docs/schemas/{name}.schema.json"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "{} is out of date: make docs", path.display());
}

#[test]
fn the_published_schemas_are_made_from_the_program() {
    let folder = Dir::new("schemas");
    let kinds = watchkeeper_spec::ResourceKind::ALL.iter().map(|kind| kind.as_str().to_ascii_lowercase());
    for format in std::iter::once("check".to_owned()).chain(kinds) {
        same_schema(&format, &folder.run(&format!("schema {format}")).code(0).stdout);
    }
}

/// Blocks of `yaml` that are resources: each of them passes the linter.
#[test]
fn every_resource_of_the_documents_is_valid() {
    let mut linted = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for (at, block) in text.split("```yaml\n").skip(1).enumerate() {
            let block = block.split("```").next().unwrap();
            if !block.contains("apiVersion:") {
                continue;
            }
            let folder = Dir::new("documented");
            folder.write("resource.yaml", block);
            let outcome = folder.run("lint -f resource.yaml");
            assert_eq!(outcome.code, Some(0), "{}, block {}: {outcome}", document.display(), at + 1);
            linted += 1;
        }
    }
    assert!(linted >= 3, "only {linted} resources found");
}
