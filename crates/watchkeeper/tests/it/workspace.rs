//! The shape of the repository: which crate may use which, and what no file may hold.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::root;

/// Crate, and those of ours that it may use: arrows point down (ARCHITECTURE.md).
const ARROWS: [(&str, &[&str]); 5] = [
    ("watchkeeper-stats", &[]),
    ("watchkeeper-spec", &[]),
    ("watchkeeper-profile", &["watchkeeper-stats", "watchkeeper-spec"]),
    ("watchkeeper-watch", &["watchkeeper-stats", "watchkeeper-spec", "watchkeeper-profile"]),
    ("watchkeeper", &["watchkeeper-stats", "watchkeeper-spec", "watchkeeper-profile", "watchkeeper-watch"]),
];
/// What only the binary may link.
const HEAVY: [&str; 6] = ["parquet", "arrow-csv", "arrow-json", "arrow-ipc", "tokio", "clap"];
const LINES_MAX: usize = 600;

fn cargo(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(words).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn dependencies_point_down() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"])).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert_eq!(packages.len(), ARROWS.len(), "a new crate needs its arrows here and in ARCHITECTURE.md");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let (_, allowed) = ARROWS.iter().find(|(crate_name, _)| *crate_name == name).unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let uses = dependency["name"].as_str().unwrap();
            assert!(!uses.starts_with("watchkeeper") || allowed.contains(&uses), "{name} must not use {uses}");
        }
    }
}

#[test]
fn light_crates_link_nothing_heavy() {
    let tree = cargo(&["tree", "-p", "watchkeeper-watch", "-e", "normal", "--offline", "--prefix", "none"]);
    for heavy in HEAVY {
        assert!(!tree.lines().any(|line| line.starts_with(&format!("{heavy} v"))), "watch links {heavy}");
    }
}

fn sources(folder: &Path, visit: &mut dyn FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, visit);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "ts" || e == "tsx") {
            visit(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn files_are_short_and_finished() {
    let unfinished = ["TO", "DO"].concat();
    let broken = ["FIX", "ME"].concat();
    for folder in ["crates", "ui/src"] {
        sources(&root().join(folder), &mut |path, text| {
            let lines = text.lines().count();
            assert!(lines <= LINES_MAX, "{} has {lines} lines", path.display());
            assert!(!text.contains(&unfinished) && !text.contains(&broken), "{} is not finished", path.display());
        });
    }
}

#[test]
fn the_code_map_names_every_crate() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let name = format!("crates/{}", entry.unwrap().file_name().to_string_lossy());
        assert!(
            map.contains(&name) || map.contains(&format!("`{}`", &name[7..])),
            "ARCHITECTURE.md does not name {name}"
        );
    }
}
