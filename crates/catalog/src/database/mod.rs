//! The two databases behind one small surface: a statement with `$1` parameters, rows, transactions.
//!
//! Statements are written once, in the SQL that SQLite and PostgreSQL share.

mod migrate;
mod session;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::Executor as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::error::CatalogError;
pub(crate) use session::{Arg, Row, Session};

/// Connections of a SQLite catalog that read at the same time. One more writes.
const SQLITE_READERS: u32 = 4;
/// Connections of a PostgreSQL catalog.
const POSTGRES_CONNECTIONS: u32 = 8;
/// How long a caller waits for a connection, or for another program's lock, before it is told that the catalog is busy.
const WAIT: Duration = Duration::from_secs(10);

/// Set on each connection to PostgreSQL: nothing waits forever, and no forgotten transaction holds a tenant's lock.
const POSTGRES_SETTINGS: &str = "SET statement_timeout = '60s'; SET lock_timeout = '10s'; \
                                 SET idle_in_transaction_session_timeout = '60s'";

/// An opened database with the schema of this program.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// SQLite has one writer at a time: a pool of one connection hands the pen over in order of arrival, where
    /// several connections would poll for it.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
    },
    Postgres(PgPool),
}

impl Database {
    pub(crate) async fn open(url: &str) -> Result<Self, CatalogError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => open_sqlite(url).await,
            Some(("postgres" | "postgresql", _)) => open_postgres(url).await,
            Some((scheme, _)) => Err(address(scheme, format!("unknown scheme `{scheme}`"))),
            None => Err(address("", "no scheme".to_owned())),
        }
    }

    /// A transaction that may write. On SQLite nobody else writes until it ends.
    pub(crate) async fn write(&self) -> Result<Session, sqlx::Error> {
        Ok(match self {
            Self::Sqlite { write, .. } => Session::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => {
                Session::Postgres(pool.begin_with("BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE").await?)
            }
        })
    }

    /// A transaction that sees one state of the database for all its statements, and changes nothing.
    pub(crate) async fn snapshot(&self) -> Result<Session, sqlx::Error> {
        Ok(match self {
            Self::Sqlite { read, .. } => Session::Sqlite(read.begin_with("BEGIN DEFERRED").await?),
            Self::Postgres(pool) => {
                Session::Postgres(pool.begin_with("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// The rows of one reading statement, outside of any transaction.
    pub(crate) async fn rows(&self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Sqlite { read, .. } => session::sqlite_rows(&mut *read.acquire().await?, sql, args).await,
            Self::Postgres(pool) => session::postgres_rows(&mut *pool.acquire().await?, sql, args).await,
        }
    }

    /// Connections that are open, over all pools.
    pub(crate) fn connections(&self) -> u32 {
        match self {
            Self::Sqlite { write, read } => write.size() + read.size(),
            Self::Postgres(pool) => pool.size(),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                // The last connection to leave moves the log into the file.
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(url: &str) -> Result<Database, CatalogError> {
    let options = SqliteConnectOptions::from_str(url).map_err(|error| address(url, error.to_string()))?;
    // Each connection would have a database of its own.
    let path = options.get_filename().to_owned();
    if path == Path::new("") || url.contains(":memory:") || url.contains("mode=memory") {
        return Err(address(url, "not a file".to_owned()));
    }
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT)
        .pragma("trusted_schema", "off")
        .disable_statement_logging();
    let failed = |source| CatalogError::Open { address: url.to_owned(), source };
    // A connection to a file neither ages nor breaks.
    let pool = || SqlitePoolOptions::new().acquire_timeout(WAIT).max_lifetime(None).test_before_acquire(false);
    let write = pool().max_connections(1).connect_with(options.clone()).await.map_err(failed)?;
    migrate::sqlite(&write, url).await?;
    let read = options.pragma("query_only", "on");
    let read = pool().max_connections(SQLITE_READERS).connect_with(read).await.map_err(failed)?;
    Ok(Database::Sqlite { write, read })
}

async fn open_postgres(url: &str) -> Result<Database, CatalogError> {
    // The parser's text may quote what it was given, passwords too.
    let options = PgConnectOptions::from_str(url)
        .map_err(|_unsafe_to_show| address("postgres:", "not a URL of PostgreSQL".to_owned()))?;
    let options = options.application_name("watchkeeper").disable_statement_logging();
    let shown = shown_address(&options);
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(WAIT)
        .after_connect(|connection, _| Box::pin(async move { connection.execute(POSTGRES_SETTINGS).await.map(drop) }))
        .connect_with(options)
        .await
        .map_err(|source| CatalogError::Open { address: shown.clone(), source })?;
    migrate::postgres(&pool, &shown).await?;
    Ok(Database::Postgres(pool))
}

/// The address without user and password.
fn shown_address(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or_else(|| options.get_host().to_owned(), |path| path.display().to_string());
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    format!("postgres://{host}:{}/{database}", options.get_port())
}

fn address(address: &str, problem: String) -> CatalogError {
    CatalogError::Address { address: address.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_synced_and_its_readers_only_read() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(&format!("sqlite://{}/catalog.db", dir.path().display())).await.unwrap();
        let mut session = database.write().await.unwrap();
        for (sql, expected) in [
            ("PRAGMA synchronous", 2),
            ("PRAGMA foreign_keys", 1),
            ("PRAGMA busy_timeout", 10_000),
            ("PRAGMA query_only", 0),
        ] {
            let row = session.row(sql, &[]).await.unwrap().unwrap();
            assert_eq!(row.get::<i64>(0).unwrap(), expected, "{sql}");
        }
        let row = session.row("PRAGMA journal_mode", &[]).await.unwrap().unwrap();
        assert_eq!(row.get::<String>(0).unwrap(), "wal");
        drop(session);
        let mut session = database.snapshot().await.unwrap();
        let error = session.execute("DELETE FROM ledger", &[]).await.unwrap_err();
        assert!(error.to_string().contains("readonly"), "{error}");
    }

    #[tokio::test]
    async fn a_transaction_that_is_not_committed_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(&format!("sqlite://{}/catalog.db", dir.path().display())).await.unwrap();
        let insert = "INSERT INTO state (tenant, key, version, value) VALUES ('t', 'k', 1, $1)";
        let mut session = database.write().await.unwrap();
        assert_eq!(session.execute(insert, &[Arg::Bytes(b"x")]).await.unwrap(), 1);
        drop(session);
        assert!(database.rows("SELECT version FROM state", &[]).await.unwrap().is_empty());
        let mut session = database.write().await.unwrap();
        session.execute(insert, &[Arg::Bytes(b"x")]).await.unwrap();
        session.commit().await.unwrap();
        assert_eq!(database.rows("SELECT version FROM state", &[]).await.unwrap().len(), 1);
    }
}
