//! The state: compare-and-set.

use watchkeeper_catalog::{CatalogError, ErrorKind, STATE_BYTES_MAX, StateValue};

use crate::support::Fixture;

pub(crate) async fn compare_and_set(fixture: Fixture) {
    let catalog = &fixture.catalog;
    assert_eq!(catalog.state_get("t", "k").await.unwrap(), None);
    let error = catalog.state_set("t", "k", b"x", Some(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "state `k` of tenant `t` is at 0, expected 1 (0: absent)");
    assert_eq!(catalog.state_set("t", "k", b"\0\xff", Some(0)).await.unwrap(), 1);
    assert!(matches!(
        catalog.state_set("t", "k", b"x", Some(0)).await,
        Err(CatalogError::Conflict { found: 1, expected: 0, .. })
    ));
    assert_eq!(catalog.state_set("t", "k", b"", Some(1)).await.unwrap(), 2);
    assert_eq!(catalog.state_set("t", "k", b"", Some(2)).await.unwrap(), 3);
    for wrong in [1, 2, 4, -1] {
        assert_eq!(catalog.state_set("t", "k", b"x", Some(wrong)).await.unwrap_err().kind(), ErrorKind::Conflict);
    }
    assert_eq!(catalog.state_get("t", "k").await.unwrap(), Some(StateValue { version: 3, value: vec![] }));
    assert_eq!(catalog.state_set("t", "k", b"\0\xff", None).await.unwrap(), 4);
    assert_eq!(catalog.state_get("t", "k").await.unwrap().unwrap().value, b"\0\xff");
    assert_eq!(catalog.state_set("u", "k", b"y", None).await.unwrap(), 1);
    assert_eq!(fixture.raw.count("ledger").await, 0);
}

pub(crate) async fn deletions_compare_too(fixture: Fixture) {
    let catalog = &fixture.catalog;
    for expected in [None, Some(0), Some(3)] {
        assert!(!catalog.state_delete("t", "k", expected).await.unwrap());
    }
    catalog.state_set("t", "k", b"x", None).await.unwrap();
    catalog.state_set("u", "k", b"x", None).await.unwrap();
    for wrong in [0, 2] {
        assert_eq!(catalog.state_delete("t", "k", Some(wrong)).await.unwrap_err().kind(), ErrorKind::Conflict);
    }
    assert!(catalog.state_delete("t", "k", Some(1)).await.unwrap());
    assert_eq!(catalog.state_set("t", "k", b"y", Some(0)).await.unwrap(), 1);
    assert!(catalog.state_delete("t", "k", None).await.unwrap());
    assert!(catalog.state_get("u", "k").await.unwrap().is_some());
}

pub(crate) async fn lists_by_prefix(fixture: Fixture) {
    let catalog = &fixture.catalog;
    for key in ["a%", "a%b", "a_b", "ab", "aé", "a%B", "b", "A%"] {
        catalog.state_set("t", key, key.as_bytes(), None).await.unwrap();
    }
    let keys = async |prefix: &str, after: Option<&str>, limit| {
        let values = catalog.state_list("t", prefix, after, limit).await.unwrap();
        assert!(values.iter().all(|(key, state)| state.value == key.as_bytes() && state.version == 1));
        values.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    // No character of a prefix is a pattern.
    assert_eq!(keys("a%", None, 10).await, ["a%", "a%B", "a%b"]);
    assert_eq!(keys("a_", None, 10).await, ["a_b"]);
    assert_eq!(keys("aé", None, 10).await, ["aé"]);
    assert_eq!(keys("", None, 3).await, ["A%", "a%", "a%B"]);
    assert_eq!(keys("", Some("a%B"), 3).await, ["a%b", "a_b", "ab"]);
    assert_eq!(keys("a", Some("ab"), 10).await, ["aé"]);
    assert!(keys("c", None, 10).await.is_empty());
}

pub(crate) async fn bounds(fixture: Fixture) {
    let catalog = &fixture.catalog;
    let largest = vec![0; STATE_BYTES_MAX];
    assert_eq!(catalog.state_set("t", "k", &largest, None).await.unwrap(), 1);
    let larger = vec![0; STATE_BYTES_MAX + 1];
    let long = "x".repeat(129);
    for (tenant, key, value) in
        [("t", "k", larger.as_slice()), ("", "k", b"x"), ("t", "", b"x"), ("t", &long, b"x"), ("t", "k\0", b"x")]
    {
        assert_eq!(catalog.state_set(tenant, key, value, None).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert_eq!(catalog.state_get("t", "k").await.unwrap().unwrap().value, largest);
}
