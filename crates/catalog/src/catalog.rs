//! The handle of an opened catalog.

use serde::Serialize;

use crate::database::Database;
use crate::error::{CatalogError, Doing as _};

/// An opened catalog. Clones share its connections.
///
/// The operations are grouped by what they work on: resources, ledger, outbox, state, keys.
#[derive(Debug, Clone)]
pub struct Catalog {
    pub(crate) database: Database,
}

/// Which database holds a catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// What a health check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Which database.
    pub backend: Backend,
    /// Open connections.
    pub connections: u32,
}

impl Catalog {
    /// Opens a catalog and brings its schema to this program's version.
    ///
    /// * `sqlite:///path/catalog.db`: a file, created if missing (its folder is not); write-ahead log, every commit
    ///   synced to disk, one writer at a time. Databases in memory are refused.
    /// * `postgres://user:password@host:port/database`: a server; at most eight connections.
    ///
    /// Programs that open the same catalog at the same time wait for each other while it is migrated.
    ///
    /// # Errors
    /// [`CatalogError::Address`] for another URL, [`CatalogError::Open`] if the database cannot be reached,
    /// [`CatalogError::Newer`] if a newer program migrated it, [`CatalogError::Migrate`].
    pub async fn open(url: &str) -> Result<Self, CatalogError> {
        Ok(Self { database: Database::open(url).await? })
    }

    /// Which database holds it.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self.database {
            Database::Sqlite { .. } => Backend::Sqlite,
            Database::Postgres(_) => Backend::Postgres,
        }
    }

    /// Asks the database for an answer, within ten seconds.
    ///
    /// # Errors
    /// [`CatalogError::Database`] if none came.
    pub async fn health(&self) -> Result<Health, CatalogError> {
        self.database.rows("SELECT COUNT(*) FROM ledger_heads", &[]).await.doing("reach the catalog")?;
        Ok(Health { backend: self.backend(), connections: self.database.connections() })
    }

    /// Closes all connections, of all clones, after what is under way. Later calls fail.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
