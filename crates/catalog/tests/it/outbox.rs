//! The outbox.

use serde_json::json;
use watchkeeper_catalog::{Kind, OutboxId, ResourceKey};

use crate::support::{Fixture, change, model, now, removal, time};

async fn ids(fixture: &Fixture) -> Vec<(String, i64)> {
    let rows = fixture.catalog.outbox_next(200).await.unwrap();
    rows.into_iter().map(|row| (row.id.tenant, row.id.seq)).collect()
}

pub(crate) async fn rows_come_in_order_until_done(fixture: Fixture) {
    let catalog = &fixture.catalog;
    assert_eq!(catalog.outbox_next(10).await.unwrap(), vec![]);
    let other = ResourceKey::new("u", Kind::Tenant, "u");
    fixture.put(&model("a"), json!(1)).await;
    fixture.put(&model("a"), json!(1)).await;
    catalog.put(&change(&other, json!(1), None), time("2026-11-20T11:00:00Z")).await.unwrap();
    catalog.delete(&removal(&model("a"), None), time("2026-11-20T13:00:00Z")).await.unwrap();
    let rows = catalog.outbox_next(10).await.unwrap();
    let said: Vec<_> =
        rows.iter().map(|row| (row.id.tenant.as_str(), row.action.as_str(), row.kind.as_str(), row.revision)).collect();
    assert_eq!(said, [("u", "create", "Tenant", 1), ("t", "create", "Model", 1), ("t", "delete", "Model", 2)]);
    assert_eq!((rows[1].name.as_str(), rows[1].at), ("a", now()));
    // Asked again, the same; a page is the oldest.
    assert_eq!(catalog.outbox_next(10).await.unwrap(), rows);
    assert_eq!(catalog.outbox_next(1).await.unwrap(), rows[..1]);

    let done: Vec<OutboxId> = rows[..2].iter().map(|row| row.id.clone()).collect();
    assert_eq!(catalog.outbox_done(&done).await.unwrap(), 2);
    assert_eq!(catalog.outbox_done(&done).await.unwrap(), 0);
    assert_eq!(catalog.outbox_done(&[]).await.unwrap(), 0);
    assert_eq!(catalog.outbox_next(10).await.unwrap(), rows[2..]);
    assert_eq!(catalog.outbox_rows().await.unwrap(), 1);
}

pub(crate) async fn a_clock_that_jumps_back_keeps_the_order(fixture: Fixture) {
    for (body, hour) in [(1, 12), (2, 3), (3, 5), (4, 13)] {
        let at = time(&format!("2026-11-20T{hour:02}:00:00Z"));
        fixture.catalog.put(&change(&model("a"), json!(body), None), at).await.unwrap();
    }
    let tenant = |seq| ("t".to_owned(), seq);
    assert_eq!(ids(&fixture).await, [tenant(1), tenant(2), tenant(3), tenant(4)]);
    // The ledger says what the clock said.
    assert_eq!(fixture.catalog.ledger("t", 1, 1).await.unwrap()[0].at, time("2026-11-20T03:00:00Z"));
}

pub(crate) async fn trimming_bounds_it(fixture: Fixture) {
    let catalog = &fixture.catalog;
    assert_eq!(catalog.outbox_trim(now(), 0).await.unwrap(), 0);
    for hour in 1..=9 {
        let at = time(&format!("2026-11-20T0{hour}:00:00Z"));
        catalog.put(&change(&model("a"), json!(hour), None), at).await.unwrap();
    }
    assert_eq!(catalog.outbox_trim(time("2026-11-20T03:00:00Z"), 100).await.unwrap(), 2);
    assert_eq!(catalog.outbox_trim(time("2026-11-20T04:00:00Z"), 4).await.unwrap(), 3);
    assert_eq!(ids(&fixture).await.iter().map(|id| id.1).collect::<Vec<_>>(), [6, 7, 8, 9]);
    assert_eq!(catalog.outbox_trim(time("2026-11-20T04:00:00Z"), 4).await.unwrap(), 0);
    // More than one step at a time.
    fixture.fill(1500).await;
    assert_eq!(catalog.outbox_trim(time("2026-11-20T04:00:00Z"), 10).await.unwrap(), 1494);
    assert_eq!(catalog.outbox_rows().await.unwrap(), 10);
    assert!(catalog.verify_ledger("t").await.unwrap().is_intact());
}
