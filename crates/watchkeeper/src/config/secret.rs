//! Values that are never printed.

use std::fmt;
use std::path::Path;

/// The most that a secret's file may hold: 64 KiB.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// A value that no log, message or listing shows: neither `Debug` nor `Display` has its content.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    value: String,
    shown: String,
}

impl Secret {
    /// A secret given in plain text; it is shown as `***`.
    #[must_use]
    pub fn plain(value: impl Into<String>) -> Self {
        Self { value: value.into(), shown: "***".into() }
    }

    /// A value with a text that may be shown in its place.
    pub(super) fn shown_as(value: impl Into<String>, shown: impl Into<String>) -> Self {
        Self { value: value.into(), shown: shown.into() }
    }

    /// The content, for the one who needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.value
    }

    /// What may be shown: the reference it came from (`env:NAME`, `file:PATH`), a URL without its password, or `***`.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.shown)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Whether a text is a reference to a secret and not the value itself.
pub(super) fn is_reference(text: &str) -> bool {
    text.starts_with("env:") || text.starts_with("file:") && !text.starts_with("file://")
}

/// The content that `env:NAME` or `file:PATH` leads to; the white space around it is left out.
///
/// # Errors
/// What is wrong, without any content.
pub(super) fn follow(reference: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Secret, String> {
    let content = if let Some(name) = reference.strip_prefix("env:") {
        variable(name).ok_or_else(|| format!("there is no environment variable `{name}`"))?
    } else if let Some(path) = reference.strip_prefix("file:") {
        read(Path::new(path)).map_err(|problem| format!("cannot read the secret's file `{path}`: {problem}"))?
    } else {
        return Err("expected `env:NAME` or `file:PATH`".into());
    };
    let content = content.trim();
    if content.is_empty() {
        return Err(format!("`{reference}` is empty"));
    }
    Ok(Secret::shown_as(content, reference))
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!("it has {size} bytes; expected at most {FILE_BYTES_MAX}"));
    }
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => "it is not UTF-8 text".into(),
        _ => error.to_string(),
    })
}

/// A URL with what it may hold of secrets replaced: the password, and parameters that are named like secrets.
pub(super) fn redact_url(text: &str) -> String {
    let Ok(mut url) = url::Url::parse(text) else {
        // Not a URL: a path is shown, anything that could hold a password is not.
        return if text.contains('@') || text.contains('?') { "***".into() } else { text.to_owned() };
    };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "***".into();
    }
    if url.query().is_some() {
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mut query = url.query_pairs_mut();
        query.clear();
        for (name, value) in &pairs {
            query.append_pair(name, if is_harmless(name) { value } else { "***" });
        }
    }
    url.into()
}

/// Options of stores and databases that hold no secret: their plain values are shown.
pub(super) fn is_harmless(name: &str) -> bool {
    const HARMLESS: [&str; 18] = [
        "region",
        "default_region",
        "endpoint",
        "endpoint_url",
        "bucket",
        "bucket_name",
        "allow_http",
        "account_name",
        "container_name",
        "virtual_hosted_style_request",
        "conditional_put",
        "copy_if_not_exists",
        "skip_signature",
        "timeout",
        "connect_timeout",
        "mode",
        "sslmode",
        "application_name",
    ];
    let name = name.to_ascii_lowercase();
    let bare = ["aws_", "google_", "azure_storage_", "azure_"].iter().find_map(|prefix| name.strip_prefix(prefix));
    HARMLESS.contains(&bare.unwrap_or(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_printing_shows_a_secret() {
        let none = |_: &str| None;
        let one = |name: &str| (name == "KEY").then(|| "s3cr3t\n".to_owned());
        let secret = follow("env:KEY", &one).unwrap();
        assert_eq!(secret.expose(), "s3cr3t");
        assert_eq!(
            format!("{secret} {secret:?} {:#?}", Some(&secret)),
            "env:KEY Secret(env:KEY) Some(\n    Secret(env:KEY),\n)"
        );
        let plain = Secret::plain("s3cr3t");
        assert_eq!(format!("{plain} {plain:?}"), "*** Secret(***)");
        assert_eq!(follow("env:KEY", &none).unwrap_err(), "there is no environment variable `KEY`");
        assert_eq!(follow("s3cr3t", &none).unwrap_err(), "expected `env:NAME` or `file:PATH`");
        assert_eq!(follow("env:KEY", &|_| Some(" \n".into())).unwrap_err(), "`env:KEY` is empty");
    }

    #[test]
    fn files_are_read_once_and_bounded() {
        let path = std::env::temp_dir().join(format!("watchkeeper-secret-{}", std::process::id()));
        let reference = format!("file:{}", path.display());
        let none = |_: &str| None;
        assert!(follow(&reference, &none).unwrap_err().starts_with("cannot read the secret's file"));
        std::fs::write(&path, "  planted-canary \n").unwrap();
        let secret = follow(&reference, &none).unwrap();
        std::fs::write(&path, vec![b'x'; 1 << 17]).unwrap();
        let large = follow(&reference, &none).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((secret.expose(), secret.shown()), ("planted-canary", reference.as_str()));
        assert!(large.ends_with("it has 131072 bytes; expected at most 65536"), "{large}");
    }

    #[test]
    fn urls_lose_their_passwords() {
        for (url, expected) in [
            ("postgres://wk:pa55@db:5432/wk", "postgres://wk:***@db:5432/wk"),
            ("postgres://wk@db/wk?password=pa55&sslmode=require", "postgres://wk@db/wk?password=***&sslmode=require"),
            ("sqlite:///data/catalog.db", "sqlite:///data/catalog.db"),
            ("not a url with pa55@word", "***"),
            ("/data/lake", "/data/lake"),
        ] {
            assert_eq!(redact_url(url), expected);
        }
    }

    #[test]
    fn a_file_url_is_no_reference() {
        assert!(is_reference("file:/run/secrets/key") && is_reference("file:key") && is_reference("env:X"));
        assert!(!is_reference("file:///data/lake") && !is_reference("s3://bucket"));
    }
}
