//! Opening, migrating, closing.

use serde_json::json;
use watchkeeper_catalog::{Backend, Catalog, CatalogError, ErrorKind};

use crate::support::{Fixture, Raw, change, model, now};

pub(crate) async fn reopened_catalogs_have_what_was_written(fixture: Fixture) {
    fixture.put(&model("a"), json!({"x": 1})).await;
    fixture.catalog.close().await;
    let again = Catalog::open(&fixture.url).await.unwrap();
    assert_eq!(again.get(&model("a")).await.unwrap().unwrap().body, json!({"x": 1}));
    assert!(again.verify_ledger("t").await.unwrap().is_intact());
}

pub(crate) async fn many_open_a_new_catalog_at_once(fixture: Fixture) {
    let url = fixture.empty().await;
    let tasks: Vec<_> = (0..6)
        .map(|index| {
            let url = url.clone();
            tokio::spawn(async move {
                let catalog = Catalog::open(&url).await.unwrap();
                let name = format!("m{index}");
                catalog.put(&change(&model(&name), json!(index), Some(0)), now()).await.unwrap();
                catalog.close().await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let report = Catalog::open(&url).await.unwrap().verify_ledger("t").await.unwrap();
    assert_eq!((report.entries, report.problems), (6, vec![]));
}

pub(crate) async fn a_newer_schema_is_refused(fixture: Fixture) {
    let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
               SELECT 99, 'later', TRUE, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
    assert_eq!(fixture.raw.execute(sql).await, 1);
    let error = Catalog::open(&fixture.url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    let text = error.to_string();
    assert!(text.ends_with("has schema version 99, expected at most 2: start the newer program"), "{text}");
    // What is running already goes on.
    fixture.put(&model("a"), json!(1)).await;
}

pub(crate) async fn a_changed_migration_is_refused(fixture: Fixture) {
    let checksum = match fixture.raw {
        Raw::Sqlite(_) => "X'00'",
        Raw::Postgres(_) => r"'\x00'",
    };
    fixture.raw.execute(&format!("UPDATE _sqlx_migrations SET checksum = {checksum}")).await;
    let error = Catalog::open(&fixture.url).await.unwrap_err();
    assert!(matches!(error, CatalogError::Migrate { .. }), "{error}");
}

pub(crate) async fn health_and_close(fixture: Fixture) {
    let health = fixture.catalog.health().await.unwrap();
    let backend = match fixture.raw {
        Raw::Sqlite(_) => Backend::Sqlite,
        Raw::Postgres(_) => Backend::Postgres,
    };
    assert_eq!((health.backend, fixture.catalog.backend()), (backend, backend));
    assert!((1..=8).contains(&health.connections), "{health:?}");
    let clone = fixture.catalog.clone();
    fixture.catalog.close().await;
    assert!(clone.health().await.is_err());
    assert!(clone.put(&change(&model("a"), json!(1), None), now()).await.is_err());
}

#[tokio::test]
async fn addresses_that_are_none() {
    for (url, problem) in [
        ("", "no scheme"),
        ("catalog.db", "no scheme"),
        ("mysql://host/db", "unknown scheme `mysql`"),
        ("sqlite::memory:", "not a file"),
        ("sqlite://", "not a file"),
        ("sqlite:///tmp/x.db?mode=memory", "not a file"),
        ("sqlite:///tmp/x.db?colour=red", "unknown query parameter `colour`"),
        ("postgres://user:hunter2@host:port/db", "not a URL of PostgreSQL"),
    ] {
        let error = Catalog::open(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
        let text = error.to_string();
        assert!(text.contains(problem) && text.contains("expected `sqlite:///path/catalog.db`"), "{text}");
    }
}

#[tokio::test]
async fn a_password_is_never_shown() {
    for url in
        ["mysql://user:hunter2@host/db", "postgres://user:hunter2@host:x/db", "postgres://user:hunter2@127.0.0.1:1/db"]
    {
        let error = Catalog::open(url).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_retryable() {
    let error = Catalog::open("postgres://user@127.0.0.1:1/db").await.unwrap_err();
    assert_eq!(error.to_string(), "cannot open the catalog `postgres://127.0.0.1:1/db`");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_folder_that_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/missing/catalog.db", dir.path().display());
    let error = Catalog::open(&url).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open the catalog `{url}`"));
}

#[tokio::test]
async fn a_file_that_is_no_database() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    std::fs::write(&path, "this is not a database, but long enough to be looked at as one".repeat(100)).unwrap();
    let error = Catalog::open(&format!("sqlite://{}", path.display())).await.unwrap_err();
    assert!(matches!(error, CatalogError::Open { .. }), "{error}");
    assert!(!error.is_retryable());
}

/// A restart of the server: what is under way fails and says that it may be tried again; then all is as before.
#[tokio::test]
async fn lost_connections_are_replaced() {
    let Some(fixture) = Fixture::postgres().await else { return };
    for body in 0..20 {
        let ended = "SELECT CAST(COUNT(pg_terminate_backend(pid)) AS TEXT) FROM pg_stat_activity \
                     WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'watchkeeper'";
        fixture.raw.texts(ended).await;
        let change = change(&model("a"), json!(body), None);
        while let Err(error) = fixture.catalog.put(&change, now()).await {
            assert!(error.is_retryable(), "{error:?}");
        }
    }
    let report = fixture.catalog.verify_ledger("t").await.unwrap();
    assert_eq!((report.entries, report.problems), (20, vec![]));
}
