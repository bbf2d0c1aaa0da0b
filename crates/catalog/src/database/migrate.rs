//! Brings a database to the schema of this program.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use crate::error::CatalogError;

/// The migrations: version, what it adds, SQL. A released one never changes: its checksum is stored.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "catalog", include_str!("../../migrations/0001_catalog.sql")),
    (2, "watch", include_str!("../../migrations/0002_watch.sql")),
];

/// PostgreSQL sorts text by the language of the database unless told otherwise, SQLite by bytes. Pages of a list need
/// one order on both, so columns that are sorted say so in PostgreSQL's words, and SQLite is not shown them.
const BYTE_ORDER: &str = " COLLATE \"C\"";

pub(super) async fn sqlite(pool: &SqlitePool, address: &str) -> Result<(), CatalogError> {
    let failed = |source: sqlx::Error| CatalogError::Open { address: address.to_owned(), source };
    // The migrator takes no lock on SQLite. Within a writing transaction of ours, two programs that start together
    // wait for each other, and a failed migration leaves nothing.
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let migrator = migrator(|sql| sql.replace(BYTE_ORDER, ""));
    // `Migrator::run` on a borrowed connection makes a future that cannot be spawned; this is what it calls.
    migrator.run_direct(None, &mut *transaction, false).await.map_err(|error| explained(error, address))?;
    transaction.commit().await.map_err(failed)
}

pub(super) async fn postgres(pool: &PgPool, address: &str) -> Result<(), CatalogError> {
    // The migrator holds an advisory lock.
    migrator(str::to_owned).run(pool).await.map_err(|error| explained(error, address))
}

fn migrator(dialect: impl Fn(&str) -> String) -> Migrator {
    let migrations = MIGRATIONS.iter().map(|(version, description, sql)| {
        // Safe: the text is a constant of this program.
        let sql = AssertSqlSafe(dialect(sql)).into_sql_str();
        Migration::new(*version, (*description).into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

fn explained(error: MigrateError, address: &str) -> CatalogError {
    let address = address.to_owned();
    let known = MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or_default();
    match error {
        MigrateError::VersionMissing(found) if found > known => CatalogError::Newer { address, found, known },
        source => CatalogError::Migrate { address, source },
    }
}
