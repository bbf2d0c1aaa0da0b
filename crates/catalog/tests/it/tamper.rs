//! What someone with access to the tables can do, and that it is found.

use serde_json::json;
use watchkeeper_catalog::{LedgerEntry, LedgerProblem, LedgerReport, PROBLEMS_MAX, entry_hash};

use crate::support::{Fixture, model, now, removal};

async fn report(fixture: &Fixture) -> LedgerReport {
    fixture.catalog.verify_ledger("t").await.unwrap()
}

async fn problems(fixture: &Fixture) -> Vec<LedgerProblem> {
    let report = report(fixture).await;
    assert_eq!(report.is_intact(), report.problems.is_empty());
    report.problems
}

pub(crate) async fn edited_fields_are_found(fixture: Fixture) {
    fixture.fill(5).await;
    assert_eq!(problems(&fixture).await, []);
    for (field, value) in [
        ("at", "at + 1"),
        ("actor", "'someone else'"),
        ("action", "'update'"),
        ("detail", "'because'"),
        ("detail", "detail || ' '"),
    ] {
        let before =
            fixture.raw.texts(&format!("SELECT CAST({field} AS TEXT) FROM ledger WHERE seq = 3")).await.remove(0);
        assert_eq!(fixture.raw.execute(&format!("UPDATE ledger SET {field} = {value} WHERE seq = 3")).await, 1);
        let found = problems(&fixture).await;
        assert_eq!(found, [LedgerProblem::Edited { seq: 3 }], "{field}");
        assert_eq!(found[0].to_string(), "entry 3 was edited: its fields do not have its hash");
        let back = if field == "at" { before } else { format!("'{before}'") };
        fixture.raw.execute(&format!("UPDATE ledger SET {field} = {back} WHERE seq = 3")).await;
        assert_eq!(problems(&fixture).await, []);
    }
    // Fields that tie the entry to a revision: that does not fit either.
    for (field, value) in [("kind", "'Baseline'"), ("name", "'m9'"), ("revision", "2"), ("digest", "hash")] {
        let before =
            fixture.raw.texts(&format!("SELECT CAST({field} AS TEXT) FROM ledger WHERE seq = 3")).await.remove(0);
        fixture.raw.execute(&format!("UPDATE ledger SET {field} = {value} WHERE seq = 3")).await;
        let found = problems(&fixture).await;
        assert_eq!(found[0], LedgerProblem::Edited { seq: 3 }, "{field}");
        assert!(matches!(found[1], LedgerProblem::Content { seq: 3, .. }), "{field}: {found:?}");
        let back = if field == "revision" { before } else { format!("'{before}'") };
        fixture.raw.execute(&format!("UPDATE ledger SET {field} = {back} WHERE seq = 3")).await;
    }
    assert_eq!(problems(&fixture).await, []);
    fixture.raw.execute("UPDATE ledger SET prev_hash = hash WHERE seq = 3").await;
    assert_eq!(problems(&fixture).await, [LedgerProblem::Unlinked { seq: 3 }, LedgerProblem::Edited { seq: 3 }]);
}

/// The careful forger edits an entry and gives it the hash that fits.
pub(crate) async fn rewritten_entries_are_found(fixture: Fixture) {
    fixture.fill(5).await;
    let mut entry = fixture.catalog.ledger("t", 2, 1).await.unwrap().remove(0);
    entry.actor = "someone else".to_owned();
    let hash = entry_hash(&entry);
    let sql = format!("UPDATE ledger SET actor = 'someone else', hash = '{hash}' WHERE seq = 3");
    fixture.raw.execute(&sql).await;
    assert_eq!(problems(&fixture).await, [LedgerProblem::Unlinked { seq: 4 }]);

    // And of all that follow, but not of the head.
    let known = fixture.catalog.ledger_head("t").await.unwrap();
    rewrite_from(&fixture, 4, hash).await;
    assert_eq!(problems(&fixture).await, [LedgerProblem::Head { found: 5, expected: 5 }]);

    // And of the head: only who kept the former one can tell.
    let last = fixture.catalog.ledger("t", 4, 1).await.unwrap().remove(0).hash;
    fixture.raw.execute(&format!("UPDATE ledger_heads SET hash = '{last}'")).await;
    assert_eq!(problems(&fixture).await, []);
    let found = fixture.catalog.verify_against("t", &known).await.unwrap().problems;
    assert_eq!(found, [LedgerProblem::NotInChain { seq: 5, hash: known.hash }]);
}

async fn rewrite_from(fixture: &Fixture, seq: i64, mut prev: String) {
    for mut entry in fixture.catalog.ledger("t", seq - 1, 100).await.unwrap() {
        entry.prev_hash = prev;
        let hash = entry_hash(&entry);
        let LedgerEntry { seq, prev_hash, .. } = entry;
        let sql = format!("UPDATE ledger SET prev_hash = '{prev_hash}', hash = '{hash}' WHERE seq = {seq}");
        fixture.raw.execute(&sql).await;
        prev = hash;
    }
}

pub(crate) async fn missing_entries_are_found(fixture: Fixture) {
    fixture.fill(6).await;
    fixture.raw.execute("DELETE FROM ledger WHERE seq = 1").await;
    fixture.raw.execute("DELETE FROM ledger WHERE seq IN (3, 4)").await;
    let found = problems(&fixture).await;
    let chain = [
        LedgerProblem::Missing { from: 1, to: 1 },
        LedgerProblem::Unlinked { seq: 2 },
        LedgerProblem::Missing { from: 3, to: 4 },
        LedgerProblem::Unlinked { seq: 5 },
    ];
    assert_eq!(found[..4], chain);
    assert_eq!(found[0].to_string(), "entry 1 is missing");
    assert_eq!(found[2].to_string(), "entries 3 to 4 are missing");
    // The revisions that they recorded are there, and nobody says why.
    let orphans: Vec<i64> = found[4..]
        .iter()
        .map(|problem| match problem {
            LedgerProblem::Content { seq, .. } => *seq,
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(orphans, [1, 3, 4]);
    // All of them: the head and the revisions are left.
    fixture.raw.execute("DELETE FROM ledger").await;
    assert_eq!(problems(&fixture).await[0], LedgerProblem::Head { found: 0, expected: 6 });
    assert_eq!(fixture.catalog.ledger_tenants(None, 10).await.unwrap(), ["t"]);
}

pub(crate) async fn reordered_entries_are_found(fixture: Fixture) {
    fixture.fill(5).await;
    for (from, to) in [(2, 100), (3, 2), (100, 3)] {
        fixture.raw.execute(&format!("UPDATE ledger SET seq = {to} WHERE seq = {from}")).await;
    }
    let found = problems(&fixture).await;
    for seq in [2, 3] {
        assert!(found.contains(&LedgerProblem::Edited { seq }), "{found:?}");
        assert!(found.contains(&LedgerProblem::Unlinked { seq }), "{found:?}");
    }
    assert!(found.contains(&LedgerProblem::Unlinked { seq: 4 }));
}

pub(crate) async fn forks_are_found(fixture: Fixture) {
    fixture.fill(4).await;
    // Who may change the schema can also take its rules away.
    let copy = "CREATE TABLE copy AS SELECT * FROM ledger";
    for sql in [copy, "DROP TABLE ledger", "ALTER TABLE copy RENAME TO ledger"] {
        fixture.raw.execute(sql).await;
    }
    let mut second = fixture.catalog.ledger("t", 2, 1).await.unwrap().remove(0);
    second.actor = "someone else".to_owned();
    let hash = entry_hash(&second);
    let columns = "tenant, seq, at, action, kind, name, revision, digest, detail, prev_hash";
    let sql = format!(
        "INSERT INTO ledger ({columns}, actor, hash) SELECT {columns}, 'someone else', '{hash}' FROM ledger WHERE seq = 3"
    );
    assert_eq!(fixture.raw.execute(&sql).await, 1);
    let found = problems(&fixture).await;
    assert_eq!(found[0], LedgerProblem::Forked { seq: 3 });
    assert!(found.contains(&LedgerProblem::Unlinked { seq: 3 }), "{found:?}");
    fixture.raw.execute("DELETE FROM ledger WHERE actor = 'someone else'").await;
    assert_eq!(problems(&fixture).await, []);

    let sql = format!(
        "INSERT INTO ledger ({columns}, actor, hash) SELECT tenant, 0, at, action, kind, name, 0, '', detail, \
                       prev_hash, actor, hash FROM ledger WHERE seq = 1"
    );
    fixture.raw.execute(&sql).await;
    assert!(problems(&fixture).await.contains(&LedgerProblem::Forked { seq: 0 }));
}

pub(crate) async fn a_cut_end_is_found(fixture: Fixture) {
    fixture.fill(5).await;
    let head = fixture.catalog.ledger_head("t").await.unwrap();
    fixture.raw.execute("DELETE FROM ledger WHERE seq >= 4").await;
    let found = problems(&fixture).await;
    assert_eq!(found[0], LedgerProblem::Head { found: 3, expected: 5 });
    assert_eq!(found.len(), 3);
    let found = fixture.catalog.verify_against("t", &head).await.unwrap().problems;
    assert_eq!(found[1], LedgerProblem::NotInChain { seq: 5, hash: head.hash });
    fixture.raw.execute("DELETE FROM ledger_heads").await;
    assert_eq!(problems(&fixture).await[0], LedgerProblem::Head { found: 3, expected: 0 });
}

pub(crate) async fn a_cut_end_with_its_head_needs_a_known_head(fixture: Fixture) {
    fixture.fill(5).await;
    let known = fixture.catalog.ledger_head("t").await.unwrap();
    let third = fixture.catalog.ledger("t", 2, 1).await.unwrap().remove(0);
    for sql in [
        "DELETE FROM ledger WHERE seq > 3".to_owned(),
        "DELETE FROM revisions WHERE seq > 3".to_owned(),
        "DELETE FROM outbox WHERE seq > 3".to_owned(),
        "DELETE FROM resources WHERE name IN ('m4', 'm5')".to_owned(),
        format!("UPDATE ledger_heads SET seq = 3, hash = '{}'", third.hash),
    ] {
        fixture.raw.execute(&sql).await;
    }
    assert_eq!(problems(&fixture).await, []);
    let found = fixture.catalog.verify_against("t", &known).await.unwrap();
    assert!(!found.is_intact());
    assert_eq!(found.problems, [LedgerProblem::NotInChain { seq: 5, hash: known.hash.clone() }]);
    // Neither do new entries in place of the old ones help.
    fixture.put(&model("m4"), json!("other")).await;
    fixture.put(&model("m5"), json!("other")).await;
    assert_eq!(problems(&fixture).await, []);
    assert!(!fixture.catalog.verify_against("t", &known).await.unwrap().is_intact());
}

pub(crate) async fn edited_contents_are_found(fixture: Fixture) {
    let content = |seq, name: &str, revision| LedgerProblem::Content {
        seq,
        kind: "Model".to_owned(),
        name: name.to_owned(),
        revision,
    };
    fixture.fill(3).await;
    fixture.put(&model("m2"), json!("new")).await;
    fixture.catalog.delete(&removal(&model("m3"), None), now()).await.unwrap();
    assert_eq!(problems(&fixture).await, []);

    fixture.raw.execute("UPDATE revisions SET body = '7' WHERE name = 'm1'").await;
    let found = problems(&fixture).await;
    assert_eq!(found, [content(1, "m1", 1)]);
    assert_eq!(found[0].to_string(), "revision 1 of Model `m1` is not what entry 1 recorded");
    // With the digest that fits.
    let digest = watchkeeper_catalog::sha256_hex(b"7");
    fixture.raw.execute(&format!("UPDATE revisions SET digest = '{digest}' WHERE name = 'm1'")).await;
    assert_eq!(problems(&fixture).await, [content(1, "m1", 1)]);
    let digest = watchkeeper_catalog::sha256_hex(b"1");
    fixture.raw.execute(&format!("UPDATE revisions SET body = '1', digest = '{digest}' WHERE name = 'm1'")).await;
    assert_eq!(problems(&fixture).await, []);

    // An older revision made current again.
    fixture.raw.execute("UPDATE resources SET revision = 1 WHERE name = 'm2'").await;
    let found = problems(&fixture).await;
    let current = LedgerProblem::Current { kind: "Model".to_owned(), name: "m2".to_owned(), found: 1, expected: 2 };
    assert_eq!(found, [current]);
    fixture.raw.execute("UPDATE resources SET revision = 2 WHERE name = 'm2'").await;

    // A deletion undone by removing it.
    fixture.raw.execute("DELETE FROM revisions WHERE name = 'm3' AND revision = 2").await;
    fixture.raw.execute("UPDATE resources SET revision = 1 WHERE name = 'm3'").await;
    assert_eq!(problems(&fixture).await, [content(5, "m3", 2)]);
}

pub(crate) async fn problems_are_bounded(fixture: Fixture) {
    fixture.fill(700).await;
    fixture.raw.execute("UPDATE ledger SET actor = 'x' WHERE seq <= 600").await;
    let report = report(&fixture).await;
    assert_eq!((report.entries, report.problems.len(), report.problems_total), (700, PROBLEMS_MAX, 600));
}
