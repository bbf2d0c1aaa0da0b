//! Runs the real binary in a folder of its own, and reads what it says.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

/// A temporary folder, removed when dropped.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new(name: &str) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let unique = format!("watchkeeper-it-{}-{}-{name}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a file in it; folders in between are made.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs `watchkeeper` with the words of `line` in this folder. No word holds a space.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>(), &[])
    }

    /// `check` of `r` and `c` with further words, as JSON.
    pub(crate) fn check(&self, r: &str, c: &str, more: &str) -> Run {
        self.run(&format!("check --reference {r} --current {c} --output json {more}"))
    }

    pub(crate) fn run_words<S: AsRef<OsStr>>(&self, words: &[S], variables: &[(&str, &str)]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_watchkeeper"))
            .args(words)
            .current_dir(&self.0)
            .env_remove("COLUMNS")
            .env_remove("NO_COLOR")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        let words: Vec<String> = words.iter().map(|word| word.as_ref().to_string_lossy().into_owned()).collect();
        let run = Run {
            line: words.join(" "),
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        run.is_calm();
        run
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a run of the program left behind.
pub(crate) struct Run {
    pub(crate) line: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// No panic, no internal error, no name of a Rust type: whatever the input.
    fn is_calm(&self) {
        for word in ["panicked", "internal error", "RUST_BACKTRACE"] {
            assert!(!self.stderr.contains(word), "{self}");
        }
        for name in ["Some(", "None)", "Utf8", "Int64(", "ArrowError", "ParquetError", "Os {", "::"] {
            assert!(!self.stderr.contains(name), "{name} in {self}");
        }
        assert!(matches!(self.code, Some(0..=2)), "{self}");
    }

    pub(crate) fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, Some(expected), "{self}");
        self
    }

    /// Exit code 2, one error on standard error that holds all of `parts`, and nothing on standard output.
    pub(crate) fn refused(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(2), "{self}");
        assert!(self.stdout.is_empty(), "{self}");
        assert!(self.stderr.starts_with("error: "), "{self}");
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` is not in the message of {self}");
        }
    }

    pub(crate) fn json(&self) -> Value {
        assert!(matches!(self.code, Some(0 | 1)), "{self}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self}"))
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let head: String = self.stdout.chars().take(600).collect();
        write!(f, "`watchkeeper {}` (exit code {:?})\nstderr: {}\nstdout: {head}", self.line, self.code, self.stderr)
    }
}

/// The row of a column in the JSON result.
pub(crate) fn column<'a>(result: &'a Value, name: &str) -> &'a Value {
    let columns = result["columns"].as_array().unwrap();
    columns.iter().find(|column| column["name"] == name).unwrap_or_else(|| panic!("no column {name} in {result:#}"))
}

/// A measurement of a column.
pub(crate) fn measurement<'a>(result: &'a Value, name: &str, metric: &str) -> &'a Value {
    let rows = column(result, name)["measurements"].as_array().unwrap();
    rows.iter().find(|row| row["metric"] == metric).unwrap_or_else(|| panic!("no {metric} of {name} in {rows:#?}"))
}

pub(crate) fn value(result: &Value, name: &str, metric: &str) -> f64 {
    let row = measurement(result, name, metric);
    row["value"].as_f64().unwrap_or_else(|| panic!("no value in {row:#}"))
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
