//! The ledger as it is written.

use serde_json::json;
use watchkeeper_catalog::{
    ErrorKind, GENESIS_HASH, Kind, LedgerHead, LedgerProblem, Note, ResourceKey, entry_hash, sha256_hex,
};

use crate::support::{Fixture, model, now, removal};

pub(crate) async fn every_change_has_its_entry(fixture: Fixture) {
    let catalog = &fixture.catalog;
    fixture.put(&model("a"), json!(1)).await;
    fixture.put(&model("a"), json!(1)).await;
    fixture.put(&model("a"), json!(2)).await;
    fixture.put(&ResourceKey::new("u", Kind::Tenant, "u"), json!({})).await;
    catalog.delete(&removal(&model("a"), None), now()).await.unwrap();

    let entries = catalog.ledger("t", 0, 100).await.unwrap();
    let said: Vec<_> = entries.iter().map(|entry| (entry.seq, entry.action.as_str(), entry.revision)).collect();
    assert_eq!(said, [(1, "create", 1), (2, "update", 2), (3, "delete", 3)]);
    let mut before = GENESIS_HASH.to_owned();
    for entry in &entries {
        assert_eq!((&entry.prev_hash, &entry.hash), (&before, &entry_hash(entry)));
        assert_eq!((entry.kind.as_str(), entry.name.as_str(), entry.at), ("Model", "a", now()));
        before.clone_from(&entry.hash);
    }
    assert_eq!(entries[1].digest, sha256_hex(b"2"));
    assert_eq!((entries[2].digest.as_str(), entries[2].detail.as_str()), ("", "no longer"));
    assert_eq!(catalog.ledger_head("t").await.unwrap(), LedgerHead { seq: 3, hash: before });
    assert_eq!(catalog.ledger("t", 1, 1).await.unwrap(), entries[1..2]);
    assert_eq!(catalog.ledger_tenants(None, 10).await.unwrap(), ["t", "u"]);
    assert_eq!(catalog.ledger_tenants(Some("t"), 10).await.unwrap(), ["u"]);
    // Tenants do not share a chain: equal histories differ in their hashes.
    assert_eq!(catalog.ledger("u", 0, 10).await.unwrap()[0].prev_hash, GENESIS_HASH);
    assert!(catalog.verify_ledger("u").await.unwrap().is_intact());
    for table in ["ledger", "revisions", "outbox"] {
        assert_eq!(fixture.raw.count(table).await, 4, "{table}");
    }
}

pub(crate) async fn notes_are_entries_without_revision(fixture: Fixture) {
    fixture.put(&model("a"), json!(1)).await;
    let note = Note {
        tenant: "t".to_owned(),
        actor: "job:retention".to_owned(),
        action: "drop_partitions".to_owned(),
        kind: "Table".to_owned(),
        name: "predictions".to_owned(),
        detail: "3 days".to_owned(),
    };
    assert_eq!(fixture.catalog.record(&note, now()).await.unwrap(), 2);
    let entry = fixture.catalog.ledger("t", 1, 10).await.unwrap().remove(0);
    assert_eq!((entry.revision, entry.digest.as_str(), entry.kind.as_str()), (0, "", "Table"));
    assert!(fixture.catalog.verify_ledger("t").await.unwrap().is_intact());
    assert_eq!(fixture.catalog.outbox_rows().await.unwrap(), 1);
    for action in ["", "create", "update", "delete"] {
        let bad = Note { action: action.to_owned(), ..note.clone() };
        assert_eq!(fixture.catalog.record(&bad, now()).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
}

pub(crate) async fn long_ledgers_verify_over_pages(fixture: Fixture) {
    // Whole pages of entries, and one more.
    for (count, total) in [(500, 500), (501, 501), (1100, 1100)] {
        fixture.raw.execute("DELETE FROM revisions").await;
        for table in ["ledger", "ledger_heads", "resources", "outbox"] {
            fixture.raw.execute(&format!("DELETE FROM {table}")).await;
        }
        fixture.fill(count).await;
        let report = fixture.catalog.verify_ledger("t").await.unwrap();
        assert_eq!((report.entries, report.problems), (total, vec![]));
        assert_eq!(report.head, fixture.catalog.ledger_head("t").await.unwrap());
    }
}

pub(crate) async fn an_empty_ledger_is_intact(fixture: Fixture) {
    let catalog = &fixture.catalog;
    let report = catalog.verify_ledger("nobody").await.unwrap();
    assert!(report.is_intact() && report.entries == 0 && report.head == LedgerHead::empty());
    assert!(catalog.verify_against("nobody", &LedgerHead::empty()).await.unwrap().is_intact());
    assert_eq!(catalog.ledger_head("nobody").await.unwrap(), LedgerHead::empty());
    assert_eq!(catalog.ledger_tenants(None, 10).await.unwrap(), Vec::<String>::new());
    let known = LedgerHead { seq: 1, hash: sha256_hex(b"") };
    let report = catalog.verify_against("nobody", &known).await.unwrap();
    assert_eq!(report.problems, [LedgerProblem::NotInChain { seq: 1, hash: known.hash }]);
    // Every state that a ledger had remains a part of it.
    let mut heads = vec![LedgerHead::empty()];
    for body in 0..3 {
        fixture.put(&model("a"), json!(body)).await;
        heads.push(catalog.ledger_head("t").await.unwrap());
    }
    for head in &heads {
        assert!(catalog.verify_against("t", head).await.unwrap().is_intact());
    }
}
