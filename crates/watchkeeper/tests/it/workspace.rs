//! The shape of the repository: which crate may use which, and what no file may hold.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::root;

/// Crate, and those of ours that it may use: arrows point down (ARCHITECTURE.md).
const ARROWS: [(&str, &[&str]); 10] = [
    ("watchkeeper-stats", &[]),
    ("watchkeeper-spec", &[]),
    ("watchkeeper-profile", &["watchkeeper-stats", "watchkeeper-spec"]),
    ("watchkeeper-watch", &["watchkeeper-stats", "watchkeeper-spec", "watchkeeper-profile"]),
    ("watchkeeper-catalog", &["watchkeeper-spec"]),
    ("watchkeeper-ingest", &["watchkeeper-spec"]),
    ("watchkeeper-lake", &["watchkeeper-spec", "watchkeeper-profile"]),
    ("watchkeeper-server", &["watchkeeper-ingest"]),
    ("watchkeeper-connect", &["watchkeeper-stats", "watchkeeper-watch"]),
    (
        "watchkeeper",
        &[
            "watchkeeper-stats",
            "watchkeeper-spec",
            "watchkeeper-profile",
            "watchkeeper-watch",
            "watchkeeper-catalog",
            "watchkeeper-ingest",
            "watchkeeper-lake",
            "watchkeeper-server",
            "watchkeeper-connect",
        ],
    ),
];
/// Crates whose `cargo test` takes seconds: the default members, and what they must not link.
const LIGHT: [&str; 4] = ["watchkeeper-stats", "watchkeeper-spec", "watchkeeper-profile", "watchkeeper-watch"];
const HEAVY: [&str; 11] = [
    "parquet",
    "arrow-csv",
    "arrow-json",
    "arrow-ipc",
    "tokio",
    "clap",
    "axum",
    "sqlx",
    "rusqlite",
    "deltalake",
    "datafusion",
];
/// Crates of the service that must not see the table format, and its names.
const WITHOUT_TABLES: [&str; 4] =
    ["watchkeeper-server", "watchkeeper-ingest", "watchkeeper-catalog", "watchkeeper-connect"];
const TABLES: [&str; 2] = ["deltalake", "datafusion"];
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

/// Crates that `package` links, each as `cargo tree` names it.
fn linked(package: &str) -> Vec<String> {
    let tree = cargo(&["tree", "-p", package, "-e", "normal", "--offline", "--prefix", "none"]);
    let names: Vec<String> = tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert!(names.iter().any(|name| name == package), "no tree of {package}: {tree}");
    names
}

/// `forbidden` itself, or one of the crates that it is split into (`deltalake-core`, `datafusion-expr`).
fn is_part(name: &str, forbidden: &str) -> bool {
    name.strip_prefix(forbidden).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[test]
fn light_crates_link_nothing_heavy() {
    for light in LIGHT {
        let names = linked(light);
        for heavy in HEAVY {
            assert!(!names.iter().any(|name| is_part(name, heavy)), "{light} links {heavy}");
        }
    }
}

#[test]
fn only_the_lake_links_the_table_format() {
    for package in WITHOUT_TABLES {
        let names = linked(package);
        for forbidden in TABLES {
            let found = names.iter().find(|name| is_part(name, forbidden));
            assert!(found.is_none(), "{package} links {found:?}");
        }
    }
    // The check would pass for every crate if these were no longer the names.
    let lake = linked("watchkeeper-lake");
    for present in TABLES {
        assert!(lake.iter().any(|name| is_part(name, present)), "the lake does not link {present}");
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
