//! A new catalog for each test, and a way past it to its tables.

mod postgres;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::postgres::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use std::str::FromStr as _;
use tempfile::TempDir;
use watchkeeper_catalog::{Catalog, Change, Kind, Put, Removal, ResourceKey};

/// An empty catalog on one of the databases.
pub(crate) struct Fixture {
    pub(crate) catalog: Catalog,
    pub(crate) url: String,
    pub(crate) raw: Raw,
    _dir: Option<TempDir>,
}

impl Fixture {
    pub(crate) async fn sqlite() -> Self {
        let dir = TempDir::new().unwrap();
        let url = format!("sqlite://{}/catalog.db", dir.path().display());
        let catalog = Catalog::open(&url).await.unwrap();
        let options = SqliteConnectOptions::from_str(&url).unwrap().foreign_keys(false);
        let pool = SqlitePoolOptions::new().max_connections(1);
        let raw = Raw::Sqlite(pool.connect_with(options).await.unwrap());
        Self { catalog, url, raw, _dir: Some(dir) }
    }

    /// `None` if PostgreSQL is left out on purpose.
    pub(crate) async fn postgres() -> Option<Self> {
        let url = postgres::new_database().await?;
        let catalog = Catalog::open(&url).await.unwrap();
        let raw = Raw::Postgres(PgPool::connect(&url).await.unwrap());
        Some(Self { catalog, url, raw, _dir: None })
    }

    /// The address of a database without any table.
    pub(crate) async fn empty(&self) -> String {
        match self.raw {
            Raw::Sqlite(_) => self.url.replace("catalog.db", "empty.db"),
            Raw::Postgres(_) => postgres::new_database().await.unwrap(),
        }
    }

    /// Writes a body over whatever is there.
    pub(crate) async fn put(&self, key: &ResourceKey, body: Value) -> Put {
        self.catalog.put(&change(key, body, None), now()).await.unwrap()
    }

    /// A ledger of `count` entries of tenant `t`: models `m1`, `m2`, …
    pub(crate) async fn fill(&self, count: usize) {
        let changes: Vec<Change> =
            (1..=count).map(|index| change(&model(&format!("m{index}")), Value::from(index), Some(0))).collect();
        for some in changes.chunks(watchkeeper_catalog::CHANGES_MAX) {
            self.catalog.put_all(some, now()).await.unwrap();
        }
    }
}

/// The tables themselves: what an attacker would use.
pub(crate) enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Raw {
    pub(crate) async fn execute(&self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(pool) => pool.execute(sql).await.unwrap().rows_affected(),
            Self::Postgres(pool) => pool.execute(sql).await.unwrap().rows_affected(),
        }
    }

    /// The first column of all rows, as text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(pool) => pool.fetch_all(sql).await.unwrap().iter().map(|row| row.get(0)).collect(),
            Self::Postgres(pool) => pool.fetch_all(sql).await.unwrap().iter().map(|row| row.get(0)).collect(),
        }
    }

    pub(crate) async fn count(&self, table: &str) -> usize {
        let texts = self.texts(&format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table}")).await;
        texts[0].parse().unwrap()
    }
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    time("2026-11-20T12:00:00Z")
}

pub(crate) fn model(name: &str) -> ResourceKey {
    ResourceKey::new("t", Kind::Model, name)
}

pub(crate) fn change(key: &ResourceKey, body: Value, expected_revision: Option<i64>) -> Change {
    Change { key: key.clone(), body, expected_revision, actor: "tester".to_owned(), detail: String::new() }
}

pub(crate) fn removal(key: &ResourceKey, expected_revision: Option<i64>) -> Removal {
    Removal { key: key.clone(), expected_revision, actor: "tester".to_owned(), detail: "no longer".to_owned() }
}
