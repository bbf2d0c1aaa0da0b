//! Which format a file has: by its suffix, checked against its first bytes.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::InputError;

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Comma-, semicolon-, tab- or bar-separated text with a header line.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Arrow IPC, file (Feather v2) or stream.
    ArrowIpc,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Parquet => "Parquet",
            Self::Csv => "CSV",
            Self::Ndjson => "NDJSON",
            Self::ArrowIpc => "Arrow IPC",
        })
    }
}

/// The format and size of a file.
pub(super) fn detect(file: &Path) -> Result<(Format, u64), InputError> {
    let io = |source| InputError::Io { file: file.to_owned(), source };
    let mut handle = File::open(file).map_err(io)?;
    let size = handle.metadata().map_err(io)?.len();
    let mut start = [0u8; 64];
    let read = handle.read(&mut start).map_err(io)?;
    let start = start.get(..read).unwrap_or(&[]);
    if size == 0 {
        return Err(InputError::Empty { file: file.to_owned() });
    }
    let suffix = file.extension().map(|s| s.to_string_lossy().to_lowercase()).unwrap_or_default();
    let by_suffix = match suffix.as_str() {
        "parquet" | "parq" | "pq" => Some(Format::Parquet),
        "csv" | "tsv" | "txt" => Some(Format::Csv),
        "ndjson" | "jsonl" | "json" => Some(Format::Ndjson),
        "arrow" | "arrows" | "feather" | "ipc" => Some(Format::ArrowIpc),
        _ => None,
    };
    let content = sniff(start);
    match (by_suffix, content) {
        (Some(format), Some(found)) if agrees(format, found) => Ok((format, size)),
        (Some(expected), found) => {
            Err(InputError::NotWhatItSays { file: file.to_owned(), expected, found: describe(expected, found, start) })
        }
        (None, Some(found)) if found != Format::Csv => Ok((found, size)),
        (None, _) => Err(InputError::UnknownFormat { file: file.to_owned() }),
    }
}

fn agrees(expected: Format, found: Format) -> bool {
    // A first CSV field may begin with a brace.
    expected == found || (expected == Format::Csv && found == Format::Ndjson)
}

/// The format that the first bytes look like; `None` for bytes that are not text.
fn sniff(start: &[u8]) -> Option<Format> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    match text {
        [b'P', b'A', b'R', b'1', ..] => Some(Format::Parquet),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] | [0xff, 0xff, 0xff, 0xff, ..] => Some(Format::ArrowIpc),
        _ if text.contains(&0) => None,
        _ if text.trim_ascii_start().first() == Some(&b'{') => Some(Format::Ndjson),
        _ => Some(Format::Csv),
    }
}

fn describe(expected: Format, found: Option<Format>, start: &[u8]) -> String {
    let looks = match found {
        Some(Format::Csv) if start.trim_ascii_start().first() == Some(&b'[') && expected == Format::Ndjson => {
            return "it holds one JSON array; write one object a line (`jq -c '.[]'`)".into();
        }
        Some(Format::Csv) if start.trim_ascii().is_empty() => return "it begins with nothing but white space".into(),
        Some(Format::Csv) => "text",
        Some(Format::Parquet) => "Parquet",
        Some(Format::Ndjson) => "JSON",
        Some(Format::ArrowIpc) => "Arrow IPC",
        None => "binary data of another kind",
    };
    format!("it looks like {looks}")
}
