//! API keys in the catalog.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan as _};
use watchkeeper_catalog::keys::{
    ApiKeyRecord, ENTROPY_BYTES, PresentedKey, Refusal, Right, Scopes, Token, entropy, mint, parse, verify,
};
use watchkeeper_catalog::{CatalogError, Kind, ResourceKey};

use crate::support::{Fixture, Raw, now, removal};

fn minted(random: &[u8; ENTROPY_BYTES], expires: Option<Timestamp>) -> (Token, ApiKeyRecord) {
    mint("production", Scopes::default(), BTreeSet::from([Right::Ingest]), expires, random).unwrap()
}

fn presented(token: &Token) -> PresentedKey {
    parse(token.expose()).unwrap()
}

pub(crate) async fn a_key_lives_and_ends(fixture: Fixture) {
    let catalog = &fixture.catalog;
    let expires = now() + 10.hours();
    let (token, record) = minted(&[1; ENTROPY_BYTES], Some(expires));
    let presented = presented(&token);
    assert_eq!(catalog.authenticate(&presented, now()).await.unwrap().unwrap_err(), Refusal::Unknown);
    catalog.key_create("t", &record, "root", now()).await.unwrap();
    let again = catalog.key_create("t", &record, "root", now()).await;
    assert!(matches!(again, Err(CatalogError::Conflict { .. })));

    let found = catalog.authenticate(&presented, now()).await.unwrap().unwrap();
    assert_eq!((found.tenant.as_str(), &found.record), ("t", &record));
    assert_eq!(catalog.authenticate(&presented, expires).await.unwrap().unwrap_err(), Refusal::Expired);

    assert!(!catalog.key_revoke("u", &record.id, "root", "", now()).await.unwrap());
    assert!(!catalog.key_revoke("t", "unknown", "root", "", now()).await.unwrap());
    assert!(catalog.key_revoke("t", &record.id, "root", "left the company", now()).await.unwrap());
    assert!(!catalog.key_revoke("t", &record.id, "root", "", now()).await.unwrap());
    assert_eq!(catalog.authenticate(&presented, now()).await.unwrap().unwrap_err(), Refusal::Revoked);

    let entries = catalog.ledger("t", 0, 10).await.unwrap();
    let said: Vec<_> = entries.iter().map(|entry| [&*entry.action, &*entry.kind, &*entry.detail]).collect();
    assert_eq!(said, [["create", "ApiKey", ""], ["update", "ApiKey", "left the company"]]);
    assert!(entries.iter().all(|entry| entry.name == record.id));
    assert_eq!(catalog.list("t", Kind::ApiKey, None, 10).await.unwrap().len(), 1);

    // A deleted key is unknown, also to who has its secret.
    let key = ResourceKey::new("t", Kind::ApiKey, &record.id);
    catalog.delete(&removal(&key, None), now()).await.unwrap();
    assert_eq!(catalog.authenticate(&presented, now()).await.unwrap().unwrap_err(), Refusal::Unknown);
}

pub(crate) async fn strangers_are_refused(fixture: Fixture) {
    let catalog = &fixture.catalog;
    let (_, record) = minted(&[1; ENTROPY_BYTES], None);
    catalog.key_create("t", &record, "root", now()).await.unwrap();
    // The same id with another secret, and another id.
    let mut random = [2; ENTROPY_BYTES];
    random[..8].copy_from_slice(&[1; 8]);
    let (wrong, same_id) = minted(&random, None);
    assert_eq!(same_id.id, record.id);
    for token in [wrong, minted(&[3; ENTROPY_BYTES], None).0, minted(&entropy().unwrap(), None).0] {
        assert_eq!(catalog.authenticate(&presented(&token), now()).await.unwrap().unwrap_err(), Refusal::Unknown);
    }
    // The right secret under the word of another environment.
    let (elsewhere, _) =
        mint("staging", Scopes::default(), BTreeSet::from([Right::Read]), None, &[1; ENTROPY_BYTES]).unwrap();
    assert_eq!(catalog.authenticate(&presented(&elsewhere), now()).await.unwrap().unwrap_err(), Refusal::Unknown);
    assert_eq!(catalog.key_last_used(&record.id).await.unwrap(), None);
}

pub(crate) async fn last_use_is_noted_once_a_minute(fixture: Fixture) {
    let catalog = &fixture.catalog;
    let (token, record) = minted(&[1; ENTROPY_BYTES], None);
    let presented = presented(&token);
    catalog.key_create("t", &record, "root", now()).await.unwrap();
    assert_eq!(catalog.key_last_used(&record.id).await.unwrap(), None);
    for (seconds, noted) in [(0, 0), (59, 0), (60, 60), (61, 60), (30, 60), (200, 200)] {
        catalog.authenticate(&presented, now() + seconds.seconds()).await.unwrap().unwrap();
        let last = catalog.key_last_used(&record.id).await.unwrap();
        assert_eq!(last, Some(now() + noted.seconds()), "after {seconds} s");
    }
    // Use is no change.
    assert_eq!(catalog.ledger_head("t").await.unwrap().seq, 1);
}

pub(crate) async fn an_id_belongs_to_one_tenant(fixture: Fixture) {
    let catalog = &fixture.catalog;
    let (token, record) = minted(&[1; ENTROPY_BYTES], None);
    catalog.key_create("t", &record, "root", now()).await.unwrap();
    let error = catalog.key_create("u", &record, "root", now()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("ApiKey `{}` exists already in tenant `t`", record.id));
    assert_eq!(catalog.ledger_head("u").await.unwrap().seq, 0);
    assert_eq!(catalog.authenticate(&presented(&token), now()).await.unwrap().unwrap().tenant, "t");
}

/// CATALOG-4: looked for in every table and in the files of SQLite.
pub(crate) async fn the_secret_is_nowhere(fixture: Fixture) {
    let catalog = &fixture.catalog;
    let (token, record) = minted(&entropy().unwrap(), None);
    catalog.key_create("t", &record, "root", now()).await.unwrap();
    catalog.authenticate(&presented(&token), now()).await.unwrap().unwrap();
    let secret = &token.expose().split('_').nth(3).unwrap()[..20];
    for (table, columns) in [
        ("ledger", "actor || action || kind || name || digest || detail || hash"),
        ("revisions", "name || digest || body"),
        ("resources", "tenant || kind || name"),
        ("api_keys", "id || tenant"),
    ] {
        let texts = fixture.raw.texts(&format!("SELECT {columns} FROM {table}")).await;
        assert_eq!(texts.len(), 1);
        assert!(texts[0].contains(&record.id), "{table} is not looked at");
        assert!(!texts[0].contains(secret), "{table}");
    }
    if let Raw::Sqlite(_) = fixture.raw {
        let path = fixture.url.strip_prefix("sqlite://").unwrap();
        for suffix in ["", "-wal"] {
            let bytes = std::fs::read(format!("{path}{suffix}")).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(secret));
            assert!(suffix.is_empty() || text.contains(&record.id));
        }
    }
}

/// Whether an id exists must not be told by the clock. Medians of interleaved runs, with room for a busy machine.
#[test]
fn an_unknown_id_takes_the_time_of_a_wrong_secret() {
    let (token, _) = minted(&[1; ENTROPY_BYTES], None);
    let (_, other) = minted(&[2; ENTROPY_BYTES], None);
    let presented = presented(&token);
    let timed = |record: Option<&ApiKeyRecord>| {
        let start = Instant::now();
        for _ in 0..100 {
            assert!(verify(std::hint::black_box(&presented), std::hint::black_box(record), now()).is_err());
        }
        start.elapsed()
    };
    let (mut unknown, mut wrong): (Vec<Duration>, Vec<Duration>) =
        (0..400).map(|_| (timed(None), timed(Some(&other)))).unzip();
    unknown.sort_unstable();
    wrong.sort_unstable();
    let ratio = unknown[200].as_secs_f64() / wrong[200].as_secs_f64();
    println!("verify: unknown id {:?}, wrong secret {:?} per 100, ratio {ratio:.3}", unknown[200], wrong[200]);
    assert!((0.5..2.0).contains(&ratio), "{ratio}");
}
