//! API keys: `watchkeeper_<environment>_<id>_<secret><checksum>`.
//!
//! | part | what |
//! |---|---|
//! | environment | where the key is for, by the rule of names: it has no `_` |
//! | id | 12 characters: finds the record, may be shown and logged |
//! | secret | 52 characters: 32 random bytes; only its SHA-256 is kept (it cannot be guessed, so no slow hash is needed) |
//! | checksum | 6 characters over all before them: tells a typing error without asking the database |
//!
//! Id, secret and checksum are base 32 of RFC 4648 (<https://www.rfc-editor.org/rfc/rfc4648#section-6>) in lower case,
//! without padding. A record is a resource of kind [`ApiKey`](crate::Kind::ApiKey) whose name is the id, so that every
//! key made and revoked is in the ledger.

mod record;
mod store;
mod token;

use thiserror::Error;

pub use record::{ApiKeyRecord, Right, Scopes, verify};
pub use store::Authenticated;
pub use token::{ENTROPY_BYTES, PresentedKey, Token, entropy, mint, parse};

/// What can go wrong with making or reading a key.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The text has not the form of a key.
    #[error("not an API key: {problem}, expected `watchkeeper_<environment>_<id>_<secret>`")]
    Form {
        /// What is wrong; never a part of the key.
        problem: &'static str,
    },
    /// The text has the form, but some character is wrong.
    #[error("the API key has a typing error: its checksum does not fit")]
    Checksum,
    /// The environment cannot be part of a key.
    #[error("environment `{environment}`, expected 1 to 63 lower-case letters, digits, `-` or `.`")]
    Environment {
        /// Its start.
        environment: String,
    },
    /// A key without rights could do nothing.
    #[error("an API key without rights, expected at least one of `ingest`, `read`, `admin`")]
    NoRights,
    /// The system gave no random bytes.
    #[error("no random bytes from the system")]
    Entropy,
}

/// Why a well-formed key is not accepted.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such key, or its secret or environment is another; callers are not told which.
    #[error("unknown API key")]
    Unknown,
    /// It was revoked.
    #[error("the API key was revoked")]
    Revoked,
    /// Its time is over.
    #[error("the API key has expired")]
    Expired,
}
