//! The key of hashes: where it is, and a type that never shows it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Bytes of a key at least: those of the hash.
pub const KEY_BYTES_MIN: usize = 32;

/// Bytes of a key file at most: a longer file is another file by mistake.
const KEY_BYTES_MAX: u64 = 64 << 10;

/// A key. Neither `Debug` nor an error shows its bytes; there is no `Display` and no serialisation.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A key of these bytes.
    ///
    /// # Errors
    /// [`KeyError::Short`] for less than [`KEY_BYTES_MIN`] bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let bytes = bytes.into();
        if bytes.len() < KEY_BYTES_MIN {
            return Err(KeyError::Short { found: bytes.len() });
        }
        Ok(Self(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(***)")
    }
}

/// Where a key comes from.
pub trait KeySource {
    /// The key, or `None` if none is configured.
    ///
    /// # Errors
    /// Of a key that is configured and cannot be used.
    fn key(&self) -> Result<Option<Secret>, KeyError>;
}

/// No key is configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoKey;

impl KeySource for NoKey {
    fn key(&self) -> Result<Option<Secret>, KeyError> {
        Ok(None)
    }
}

impl KeySource for Secret {
    fn key(&self) -> Result<Option<Secret>, KeyError> {
        Ok(Some(self.clone()))
    }
}

/// A reference to a key in a configuration: `file:PATH` or `env:NAME`. The key is its bytes as they are; line breaks at
/// the end are no part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyReference {
    /// A file.
    File(PathBuf),
    /// A variable of the environment.
    Env(String),
}

impl FromStr for KeyReference {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        // The text is not repeated: it may be a key that somebody wrote into the configuration.
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            _ => Err(KeyError::Reference),
        }
    }
}

impl KeySource for KeyReference {
    fn key(&self) -> Result<Option<Secret>, KeyError> {
        let bytes = match self {
            Self::File(path) => read(path)?,
            Self::Env(name) => {
                let value = std::env::var_os(name).ok_or_else(|| KeyError::Unset { name: name.clone() })?;
                value.into_encoded_bytes()
            }
        };
        let end = bytes.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
        Secret::new(bytes.get(..end).unwrap_or_default()).map(Some)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, KeyError> {
    let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > KEY_BYTES_MAX {
        return Err(KeyError::Long { path: path.to_owned(), found: size });
    }
    std::fs::read(path).map_err(unreadable)
}

/// Why there is no usable key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The reference is neither of the two forms.
    #[error("invalid reference to a key; expected `file:PATH` or `env:NAME`")]
    Reference,
    /// The variable is not set.
    #[error("environment variable `{name}` is not set; expected a key of at least {KEY_BYTES_MIN} bytes")]
    Unset {
        /// The variable.
        name: String,
    },
    /// The file cannot be read.
    #[error("key file `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is too long for a key.
    #[error("key file `{}` has {found} bytes; expected at most {KEY_BYTES_MAX}", path.display())]
    Long {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        found: u64,
    },
    /// The key is too short.
    #[error("key has {found} bytes; expected at least {KEY_BYTES_MIN}")]
    Short {
        /// Its length in bytes.
        found: usize,
    },
}
