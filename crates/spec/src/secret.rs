//! Secrets by reference: `env:NAME` or `file:PATH`. The value itself never stands in a resource.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// What a message says is expected.
pub(crate) const SECRET_RULE: &str = "a reference to a secret, `env:NAME` or `file:PATH`";

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretReference {
    /// An environment variable of the server.
    Env(String),
    /// A file of the server's machine; blanks around its content do not count.
    File(String),
}

/// A text that is no reference to a secret. It does not hold the text: that may be the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a reference to a secret; expected {SECRET_RULE}")]
pub struct InvalidSecretReference;

impl FromStr for SecretReference {
    type Err = InvalidSecretReference;

    fn from_str(text: &str) -> Result<Self, InvalidSecretReference> {
        let is_variable = |name: &str| {
            !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if let Some(name) = text.strip_prefix("env:").filter(|name| is_variable(name)) {
            return Ok(Self::Env(name.to_owned()));
        }
        // `file://` is a URL.
        let path = text.strip_prefix("file:").filter(|path| !path.is_empty() && !path.starts_with("//"));
        path.map(|path| Self::File(path.to_owned())).ok_or(InvalidSecretReference)
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(formatter, "env:{name}"),
            Self::File(path) => write!(formatter, "file:{path}"),
        }
    }
}

impl Serialize for SecretReference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for SecretReference {
    fn schema_name() -> Cow<'static, str> {
        "SecretReference".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|file:/?[^/].*)$",
            "description": "Where a secret is: `env:NAME` or `file:PATH`.",
        })
    }
}

/// A text that may stand in the resource, or a reference to one that may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextOrSecret {
    /// The text itself.
    Text(String),
    /// Where it is.
    Secret(SecretReference),
}

impl TextOrSecret {
    /// A text that begins with `env:` or `file:` as a reference, any other as itself.
    ///
    /// # Errors
    /// For a text that begins like a reference and is none.
    pub fn parse(text: &str) -> Result<Self, InvalidSecretReference> {
        if text.starts_with("env:") || text.starts_with("file:") {
            return text.parse().map(Self::Secret);
        }
        Ok(Self::Text(text.to_owned()))
    }
}

impl fmt::Display for TextOrSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Secret(reference) => reference.fmt(formatter),
        }
    }
}

impl Serialize for TextOrSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for TextOrSecret {
    fn schema_name() -> Cow<'static, str> {
        "TextOrSecret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A text, or a reference to a secret: `env:NAME` or `file:PATH`." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        for text in ["env:SLACK_URL", "env:_a1", "file:/run/secrets/key", "file:key"] {
            assert_eq!(text.parse::<SecretReference>().unwrap().to_string(), text);
        }
        for text in ["", "hunter2", "env:", "env:A-B", "env:1A", "file:", "file:///key", "ENV:A"] {
            let error = text.parse::<SecretReference>().unwrap_err().to_string();
            assert!(text.is_empty() || !error.contains("hunter2"), "{error}");
        }
        assert_eq!(TextOrSecret::parse("Bearer x"), Ok(TextOrSecret::Text("Bearer x".into())));
        assert!(TextOrSecret::parse("env:").is_err());
    }
}
