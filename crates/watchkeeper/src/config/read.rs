//! The text of one setting to its value: addresses, paths, URLs, bounds.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::keys::{Form, Key};
use super::quantity::{self, DURATION_FORM, SIZE_FORM};
use super::raw::{Origin, Raw, Value};
use super::suggest::{one_of, quoted};

/// The value of a key in a source that only has text: a variable or a flag. Lists are separated by commas, and so are the
/// pairs `NAME=VALUE` of names with values.
pub(super) fn from_text(key: &Key, text: &str, origin: &Origin) -> Result<Value, String> {
    match key.form {
        Form::Addresses => Ok(Value::Many(text.split(',').map(|part| part.trim().to_owned()).collect())),
        Form::Options => Err(format!("`{}` is a map; name one: `{}.region=…`", key.path, key.path)),
        Form::Names | Form::Lists => pairs(key, text, origin).map(Value::Named),
        _ => Ok(Value::One(text.to_owned())),
    }
}

fn pairs(key: &Key, text: &str, origin: &Origin) -> Result<BTreeMap<String, (String, Origin)>, String> {
    let pair = |part: &str| match part.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), (value.trim().to_owned(), origin.clone())))
        }
        _ => {
            Err(format!("`{}` holds {}; expected `NAME=VALUE` with commas between them", key.path, quoted(part.trim())))
        }
    };
    text.split(',').filter(|part| !part.trim().is_empty()).map(pair).collect()
}

/// A name as a key of names with values has it: options of stores know no case.
pub(super) fn name(key: &Key, name: &str) -> String {
    if key.form == Form::Options { name.to_ascii_lowercase() } else { name.to_owned() }
}

/// One name with its value, as a setting.
pub(super) fn named(key: &Key, given: &str, text: &str, origin: Origin) -> Raw {
    let names = BTreeMap::from([(name(key, given), (text.to_owned(), origin.clone()))]);
    Raw { value: Value::Named(names), origin }
}

/// `IP:PORT`, `[IPv6]:PORT` or `localhost:PORT`.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    text.parse().map_err(|_| format!("{} is no address; expected `IP:PORT`, such as `127.0.0.1:8470`", quoted(text)))
}

/// A whole number, size or duration within the bounds of its key; durations in milliseconds.
pub(super) fn number(key: &Key, text: &str) -> Result<u64, String> {
    let (parse, form) = parser(key.form);
    let value = parse(text).ok_or_else(|| format!("`{}` is {}; expected {form}", key.path, quoted(text)))?;
    let (lo, hi) = key.range;
    if parse(lo).is_some_and(|lo| value < lo) {
        return Err(format!("`{}` is {}; expected at least {lo}", key.path, quoted(text)));
    }
    if parse(hi).is_some_and(|hi| value > hi) {
        return Err(format!("`{}` is {}; expected at most {hi}", key.path, quoted(text)));
    }
    Ok(value)
}

fn parser(form: Form) -> (fn(&str) -> Option<u64>, &'static str) {
    match form {
        Form::Size => (quantity::parse_size, SIZE_FORM),
        Form::Duration => (milliseconds, DURATION_FORM),
        _ => (quantity::parse_count, "a whole number"),
    }
}

fn milliseconds(text: &str) -> Option<u64> {
    quantity::parse_duration(text).and_then(|duration: Duration| u64::try_from(duration.as_millis()).ok())
}

/// One of the words of a key.
pub(super) fn word(path: &str, words: &[&'static str], text: &str) -> Result<&'static str, String> {
    let known = words.iter().find(|word| **word == text.trim());
    known.copied().ok_or_else(|| {
        let near = super::suggest::did_you_mean(text, words.iter().copied());
        let separator = if near.is_empty() { ";" } else { "" };
        format!("`{path}` is {}{near}{separator} expected {}", quoted(text), one_of(words.iter().copied()))
    })
}

/// A path made absolute, without `.` and `..`.
pub(super) fn path(text: &str, folder: &Path) -> PathBuf {
    let mut absolute = PathBuf::new();
    for part in folder.join(text).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                absolute.pop();
            }
            other => absolute.push(other),
        }
    }
    absolute
}

/// The URL of a store: a folder, or a URL of a known kind.
pub(super) fn store_url(text: &str, folder: &Path) -> Result<Url, String> {
    const SCHEMES: [&str; 10] = ["file", "s3", "s3a", "gs", "az", "abfs", "abfss", "adl", "wasb", "memory"];
    let no_url =
        |what: &str| format!("`lake.url` is {what}; expected a folder, `file://`, `s3://`, `gs://` or `az://`");
    if !text.contains("://") {
        return Url::from_directory_path(path(text, folder)).map_err(|()| no_url(&quoted(text)));
    }
    let url = Url::parse(text).map_err(|_| no_url("not a URL"))?;
    if !SCHEMES.contains(&url.scheme()) {
        return Err(no_url(&format!("of the kind {}", quoted(url.scheme()))));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("`lake.url` holds a user or password; put them in `lake.options`".into());
    }
    Ok(url)
}

/// The URL of an SQLite file.
pub(super) fn sqlite_url(file: &Path) -> String {
    let url = Url::from_file_path(file).map(String::from);
    url.ok().and_then(|url| url.strip_prefix("file:").map(|rest| format!("sqlite:{rest}"))).unwrap_or_default()
}
