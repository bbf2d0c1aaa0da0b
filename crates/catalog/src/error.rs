//! What can go wrong with a catalog.

use thiserror::Error;

/// Why an operation on a catalog failed. Nothing was changed then.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The URL is not one of a catalog. Passwords are left out.
    #[error(
        "catalog address `{address}`: {problem}, expected `sqlite:///path/catalog.db` or `postgres://host/database`"
    )]
    Address {
        /// The address without its password.
        address: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The database cannot be reached or opened.
    #[error("cannot open the catalog `{address}`")]
    Open {
        /// The address without its password.
        address: String,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// The database was written by a newer program.
    #[error("the catalog `{address}` has schema version {found}, expected at most {known}: start the newer program")]
    Newer {
        /// The address without its password.
        address: String,
        /// Highest version of the database.
        found: i64,
        /// Highest version that this program knows.
        known: i64,
    },
    /// The schema could not be brought to this program's version.
    #[error("cannot migrate the catalog `{address}`")]
    Migrate {
        /// The address without its password.
        address: String,
        /// Why.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// The content is not what the caller believed: read it again.
    #[error("{what} is at {found}, expected {expected} (0: absent)")]
    Conflict {
        /// Which resource or state.
        what: String,
        /// Its revision or version, 0 if there is none.
        found: i64,
        /// What the caller expected.
        expected: i64,
    },
    /// A name of that kind is taken elsewhere.
    #[error("{what} exists already in tenant `{tenant}`")]
    Taken {
        /// Which resource.
        what: String,
        /// Who has it.
        tenant: String,
    },
    /// A field has a value that cannot be stored.
    #[error("{field} `{value}`, expected {expected}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// The start of its value.
        value: String,
        /// What is allowed.
        expected: String,
    },
    /// Something is larger than its bound.
    #[error("{what} of {found} {unit}, expected at most {bound}")]
    TooLarge {
        /// Which thing.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The bound.
        bound: usize,
        /// Of what: `bytes`, `levels`, `changes`.
        unit: &'static str,
    },
    /// What is stored is not what this program writes.
    #[error("{what} in the catalog is damaged: {problem}")]
    Damaged {
        /// Which thing.
        what: String,
        /// What is wrong.
        problem: String,
    },
    /// The database refused or failed.
    #[error("cannot {doing}")]
    Database {
        /// What was tried.
        doing: &'static str,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
}

/// What a caller can do about a [`CatalogError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The input is wrong: change it.
    Invalid,
    /// Someone was faster: read again.
    Conflict,
    /// The database is busy or away: try again.
    Unavailable,
    /// Something is broken.
    Internal,
}

impl CatalogError {
    /// What a caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Address { .. } | Self::Invalid { .. } | Self::TooLarge { .. } => ErrorKind::Invalid,
            Self::Conflict { .. } | Self::Taken { .. } => ErrorKind::Conflict,
            Self::Open { source, .. } | Self::Database { source, .. } if is_passing(source) => ErrorKind::Unavailable,
            Self::Newer { .. }
            | Self::Open { .. }
            | Self::Migrate { .. }
            | Self::Damaged { .. }
            | Self::Database { .. } => ErrorKind::Internal,
        }
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind() == ErrorKind::Unavailable
    }
}

/// Faults that go away: no connection, a lock held by another, a transaction chosen as the victim of a deadlock.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // PostgreSQL: class 08 connection, 40 rollback, 53 resources, 57 operator, 55P03 lock, 25P03 idle.
            // SQLite: the primary code in the low byte, 5 busy, 6 locked, 13 full.
            matches!(code.get(..2), Some("08" | "40" | "53" | "57") if code.len() == 5)
                || matches!(&*code, "55P03" | "25P03")
                || (code.len() < 5 && code.parse::<u32>().is_ok_and(|number| matches!(number & 0xff, 5 | 6 | 13)))
        }),
        _ => false,
    }
}

/// Says what was tried when a database call failed.
pub(crate) trait Doing<T> {
    /// `cannot {doing}: …`
    fn doing(self, doing: &'static str) -> Result<T, CatalogError>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &'static str) -> Result<T, CatalogError> {
        self.map_err(|source| CatalogError::Database { doing, source })
    }
}
