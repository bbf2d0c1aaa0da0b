//! Resources and their history.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use watchkeeper_catalog::{
    BODY_BYTES_MAX, CHANGES_MAX, Catalog, CatalogError, Change, ErrorKind, Kind, Outcome, Put, ResourceKey, sha256_hex,
};

use crate::support::{Fixture, change, model, now, removal, time};

pub(crate) async fn a_life(fixture: Fixture) {
    let (catalog, key) = (&fixture.catalog, model("flights"));
    assert_eq!(catalog.get(&key).await.unwrap(), None);
    assert_eq!(catalog.delete(&removal(&key, None), now()).await.unwrap(), None);
    assert_eq!(catalog.get_revision(&key, 1).await.unwrap(), None);
    assert_eq!(catalog.revisions(&key, None, 10).await.unwrap(), vec![]);

    let put = |revision, outcome| Put { revision, outcome };
    assert_eq!(fixture.put(&key, json!({"b": 1, "a": 2})).await, put(1, Outcome::Created));
    assert_eq!(fixture.put(&key, json!({"a": 2, "b": 1})).await, put(1, Outcome::Unchanged));
    let later = time("2026-11-20T13:00:00.5Z");
    let mut update = change(&key, json!({"a": 3}), Some(1));
    update.detail = "as agreed".to_owned();
    assert_eq!(catalog.put(&update, later).await.unwrap(), put(2, Outcome::Updated));

    let found = catalog.get(&key).await.unwrap().unwrap();
    assert_eq!((found.key, found.body), (key.clone(), json!({"a": 3})));
    let info = found.revision;
    assert_eq!((info.revision, info.at, info.seq), (2, later, 2));
    assert_eq!([&info.actor, &info.action, &info.detail], ["tester", "update", "as agreed"]);
    assert_eq!(info.digest, sha256_hex(br#"{"a":3}"#));

    assert_eq!(catalog.delete(&removal(&key, Some(2)), now()).await.unwrap(), Some(3));
    assert_eq!(catalog.delete(&removal(&key, None), now()).await.unwrap(), None);
    assert_eq!(catalog.get(&key).await.unwrap(), None);
    let gone = catalog.get_revision(&key, 3).await.unwrap().unwrap();
    assert_eq!((gone.body, gone.info.action.as_str(), gone.info.digest.as_str()), (None, "delete", ""));
    let first = catalog.get_revision(&key, 1).await.unwrap().unwrap();
    assert_eq!(first.body, Some(json!({"a": 2, "b": 1})));

    // The numbers go on after a deletion, also with the content of before.
    assert_eq!(fixture.put(&key, json!({"a": 3})).await, put(4, Outcome::Created));
    let history = catalog.revisions(&key, None, 10).await.unwrap();
    let history: Vec<_> = history.iter().map(|info| (info.revision, info.action.as_str())).collect();
    assert_eq!(history, [(4, "create"), (3, "delete"), (2, "update"), (1, "create")]);
    let page = catalog.revisions(&key, Some(4), 2).await.unwrap();
    assert_eq!(page.iter().map(|info| info.revision).collect::<Vec<_>>(), [3, 2]);
}

pub(crate) async fn revisions_are_expected(fixture: Fixture) {
    let (catalog, key) = (&fixture.catalog, model("flights"));
    let error = catalog.put(&change(&key, json!(1), Some(1)), now()).await.unwrap_err();
    assert_eq!(error.to_string(), "Model `flights` of tenant `t` is at 0, expected 1 (0: absent)");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    catalog.put(&change(&key, json!(1), Some(0)), now()).await.unwrap();
    for wrong in [0, 2, -1] {
        // Also when the content would be unchanged: the caller's picture is wrong.
        for body in [json!(1), json!(2)] {
            let error = catalog.put(&change(&key, body, Some(wrong)), now()).await.unwrap_err();
            assert!(matches!(error, CatalogError::Conflict { found: 1, .. }), "{error}");
        }
        let error = catalog.delete(&removal(&key, Some(wrong)), now()).await.unwrap_err();
        assert!(matches!(error, CatalogError::Conflict { found: 1, .. }), "{error}");
    }
    catalog.delete(&removal(&key, Some(1)), now()).await.unwrap();
    // A deleted resource is absent.
    assert!(catalog.put(&change(&key, json!(1), Some(2)), now()).await.is_err());
    assert_eq!(catalog.put(&change(&key, json!(1), Some(0)), now()).await.unwrap().revision, 3);
    assert_eq!(fixture.raw.count("ledger").await, 3);
}

pub(crate) async fn pages_are_in_the_order_of_bytes(fixture: Fixture) {
    let catalog = &fixture.catalog;
    // Languages put these in another order.
    let mut names = vec!["a", "a-b", "a.c", "a0", "aa", "ab", "b", "B", "Z", "z", "é", "e", "f", "10", "9", "a b"];
    for name in &names {
        fixture.put(&model(name), json!(name)).await;
    }
    for other in [ResourceKey::new("u", Kind::Model, "other"), ResourceKey::new("t", Kind::Baseline, "other")] {
        fixture.put(&other, json!(0)).await;
    }
    catalog.delete(&removal(&model("e"), None), now()).await.unwrap();
    names.retain(|name| *name != "e");
    names.sort_unstable();
    for limit in [1, 3, 100, 0, u32::MAX] {
        let mut found: Vec<String> = Vec::new();
        loop {
            let page = catalog.list("t", Kind::Model, found.last().map(String::as_str), limit).await.unwrap();
            assert!(page.len() <= limit.max(1) as usize);
            if page.is_empty() {
                break;
            }
            assert!(page.iter().all(|resource| resource.body == json!(resource.key.name)));
            found.extend(page.into_iter().map(|resource| resource.key.name));
        }
        assert_eq!(found, names);
    }
    assert_eq!(catalog.list("nobody", Kind::Model, None, 10).await.unwrap(), vec![]);
}

pub(crate) async fn sets_are_all_or_nothing(fixture: Fixture) {
    let catalog = &fixture.catalog;
    assert_eq!(catalog.put_all(&[], now()).await.unwrap(), vec![]);
    let other = ResourceKey::new("u", Kind::Tenant, "u");
    let set = [
        change(&model("a"), json!(1), Some(0)),
        change(&other, json!(2), None),
        change(&model("b"), json!(3), Some(7)),
    ];
    assert!(matches!(catalog.put_all(&set, now()).await, Err(CatalogError::Conflict { .. })));
    for table in ["resources", "revisions", "ledger", "ledger_heads", "outbox"] {
        assert_eq!(fixture.raw.count(table).await, 0, "{table}");
    }
    // The same resource twice: in this order.
    let set = [
        change(&model("a"), json!(1), Some(0)),
        change(&other, json!(2), None),
        change(&model("a"), json!(9), Some(1)),
        change(&model("a"), json!(9), Some(2)),
    ];
    let puts = catalog.put_all(&set, now()).await.unwrap();
    let puts: Vec<_> = puts.iter().map(|put| (put.revision, put.outcome)).collect();
    use Outcome::{Created, Unchanged, Updated};
    assert_eq!(puts, [(1, Created), (1, Created), (2, Updated), (2, Unchanged)]);
    assert_eq!(catalog.ledger_head("t").await.unwrap().seq, 2);
    assert_eq!(catalog.ledger_head("u").await.unwrap().seq, 1);
    let many: Vec<Change> = (0..=CHANGES_MAX).map(|_| change(&other, json!(0), None)).collect();
    let error = catalog.put_all(&many, now()).await.unwrap_err().to_string();
    assert_eq!(error, "a set of 1001 changes, expected at most 1000");
}

pub(crate) async fn what_cannot_be_stored_is_refused(fixture: Fixture) {
    let long = "x".repeat(129);
    let bodies = [("", "m"), (long.as_str(), "m"), ("t", ""), ("t", long.as_str()), ("t\0", "m"), ("t", "m\n")];
    for (tenant, name) in bodies {
        let bad = change(&ResourceKey::new(tenant, Kind::Model, name), json!(1), None);
        refused(&fixture.catalog, &bad).await;
    }
    let good = change(&model("m"), json!(1), None);
    refused(&fixture.catalog, &Change { actor: String::new(), ..good.clone() }).await;
    refused(&fixture.catalog, &Change { actor: "x".repeat(257), ..good.clone() }).await;
    refused(&fixture.catalog, &Change { detail: "x".repeat(4097), ..good.clone() }).await;
    refused(&fixture.catalog, &Change { detail: "\0".to_owned(), ..good.clone() }).await;
    refused(&fixture.catalog, &Change { body: json!("x".repeat(BODY_BYTES_MAX)), ..good.clone() }).await;
    assert_eq!(fixture.raw.count("ledger_heads").await, 0);
    let largest = Change { body: json!("x".repeat(BODY_BYTES_MAX - 2)), detail: "ä\n\"'".to_owned(), ..good };
    fixture.catalog.put(&largest, now()).await.unwrap();
    assert_eq!(fixture.catalog.get(&model("m")).await.unwrap().unwrap().body, largest.body);
}

async fn refused(catalog: &Catalog, change: &Change) {
    let error = catalog.put(change, now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(error.to_string().len() < 300, "{error}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("\0'\"\\; DROP TABLE ledger; -- $1 ?")),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

pub(crate) async fn any_json_comes_back(fixture: Fixture) {
    let mut runner = TestRunner::deterministic();
    let changes: Vec<Change> = (0..200)
        .map(|index| {
            let body = any_json().new_tree(&mut runner).unwrap().current();
            change(&model(&format!("m{index}")), body, None)
        })
        .collect();
    fixture.catalog.put_all(&changes, now()).await.unwrap();
    for change in &changes {
        let found = fixture.catalog.get(&change.key).await.unwrap().unwrap();
        assert_eq!(found.body, change.body);
        // What came back is the same content.
        assert_eq!(fixture.put(&change.key, found.body).await.outcome, Outcome::Unchanged);
    }
    assert!(fixture.catalog.verify_ledger("t").await.unwrap().is_intact());
}

pub(crate) async fn times_are_kept_to_the_microsecond(fixture: Fixture) {
    for (index, (given, kept)) in [
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ("2026-11-20T12:00:00.123456789Z", "2026-11-20T12:00:00.123456Z"),
        ("9999-12-30T22:00:00Z", "9999-12-30T22:00:00Z"),
    ]
    .into_iter()
    .enumerate()
    {
        let key = model(&format!("m{index}"));
        fixture.catalog.put(&change(&key, json!(1), None), time(given)).await.unwrap();
        assert_eq!(fixture.catalog.get(&key).await.unwrap().unwrap().revision.at, time(kept));
    }
    assert!(fixture.catalog.verify_ledger("t").await.unwrap().is_intact());
}
