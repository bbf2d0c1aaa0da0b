//! Several writers, and writers that vanish.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde_json::{Value, json};
use watchkeeper_catalog::{Catalog, CatalogError, Kind, ResourceKey};

use crate::support::{Fixture, change, model, now};

const WRITERS: usize = 8;

/// Some share a handle, some have opened the catalog themselves, as another program would.
async fn handles(fixture: &Fixture) -> Vec<Catalog> {
    let second = Catalog::open(&fixture.url).await.unwrap();
    (0..WRITERS).map(|index| if index % 2 == 0 { fixture.catalog.clone() } else { second.clone() }).collect()
}

pub(crate) async fn eight_writers_keep_one_chain(fixture: Fixture) {
    const CHANGES: usize = 25;
    let mut tasks = Vec::new();
    for (writer, catalog) in handles(&fixture).await.into_iter().enumerate() {
        tasks.push(tokio::spawn(async move {
            for index in 0..CHANGES {
                let key = model(&format!("m{writer}-{}", index % 5));
                catalog.put(&change(&key, json!([writer, index]), None), now()).await.unwrap();
                let read = catalog.get(&key).await.unwrap().unwrap();
                assert_eq!(read.body, json!([writer, index]), "what was acknowledged is there");
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let report = fixture.catalog.verify_ledger("t").await.unwrap();
    assert_eq!((report.entries, report.problems), ((WRITERS * CHANGES) as u64, vec![]));
    assert_eq!(fixture.catalog.outbox_rows().await.unwrap(), (WRITERS * CHANGES) as u64);
}

pub(crate) async fn compare_and_set_loses_no_update(fixture: Fixture) {
    const STEPS: usize = 10;
    let mut tasks = Vec::new();
    for catalog in handles(&fixture).await {
        tasks.push(tokio::spawn(async move {
            for _ in 0..STEPS {
                add_to_resource(&catalog).await;
                add_to_state(&catalog).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let total = WRITERS * STEPS;
    let found = fixture.catalog.get(&model("counter")).await.unwrap().unwrap();
    assert_eq!((found.body, found.revision.revision), (json!(total), total as i64));
    let state = fixture.catalog.state_get("t", "counter").await.unwrap().unwrap();
    assert_eq!((state.version, state.value), (total as i64, (total as u64).to_be_bytes().to_vec()));
    assert!(fixture.catalog.verify_ledger("t").await.unwrap().is_intact());
}

async fn add_to_resource(catalog: &Catalog) {
    loop {
        let current = catalog.get(&model("counter")).await.unwrap();
        let (value, revision) = current.map_or((0, 0), |found| (found.body.as_u64().unwrap(), found.revision.revision));
        match catalog.put(&change(&model("counter"), Value::from(value + 1), Some(revision)), now()).await {
            Ok(_) => return,
            Err(CatalogError::Conflict { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

async fn add_to_state(catalog: &Catalog) {
    loop {
        let current = catalog.state_get("t", "counter").await.unwrap();
        let (value, version) =
            current.map_or((0, 0), |state| (u64::from_be_bytes(state.value.try_into().unwrap()), state.version));
        match catalog.state_set("t", "counter", &(value + 1).to_be_bytes(), Some(version)).await {
            Ok(_) => return,
            Err(CatalogError::Conflict { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// Sets that name the same tenants in opposite orders would wait for each other without an order of locks.
pub(crate) async fn sets_over_the_same_tenants_do_not_block_each_other(fixture: Fixture) {
    let mut tasks = Vec::new();
    for (writer, catalog) in handles(&fixture).await.into_iter().enumerate() {
        tasks.push(tokio::spawn(async move {
            for index in 0..10 {
                let mut set: Vec<_> = ["a", "b", "c"]
                    .map(|tenant| {
                        let key = ResourceKey::new(tenant, Kind::Model, format!("m{writer}"));
                        change(&key, json!(index), None)
                    })
                    .into();
                if writer % 2 == 0 {
                    set.reverse();
                }
                catalog.put_all(&set, now()).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    for tenant in ["a", "b", "c"] {
        let report = fixture.catalog.verify_ledger(tenant).await.unwrap();
        assert_eq!((report.entries, report.problems), ((WRITERS * 10) as u64, vec![]));
    }
}

/// Polls a future a number of times, then drops it: as if its caller had gone away just there.
struct Interrupted<F> {
    inner: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> Future for Interrupted<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        self.inner.as_mut().poll(context).map(Some)
    }
}

pub(crate) async fn a_change_dropped_anywhere_leaves_all_or_nothing(fixture: Fixture) {
    let catalog = &fixture.catalog;
    let (mut acknowledged, mut interrupted, mut polls) = (0, 0, 1);
    // Until nothing is left to interrupt: each time one step further.
    while acknowledged < 3 {
        let key = model(&format!("m{polls}"));
        let first = change(&key, json!(1), Some(0));
        let set = [first, change(&key, json!(2), Some(1))];
        let inner = Box::pin(catalog.put_all(&set, now()));
        let answer = Interrupted { inner, polls }.await;
        let found = catalog.get(&key).await.unwrap().map(|found| found.revision.revision);
        match answer {
            Some(puts) => {
                assert_eq!(puts.unwrap().len(), 2);
                assert_eq!(found, Some(2));
                acknowledged += 1;
            }
            // The commit may have been under way: both changes or none.
            None => {
                assert!(found.is_none() || found == Some(2), "{found:?} after {polls} polls");
                interrupted += 1;
            }
        }
        // In one statement: a commit that was under way may land at any moment.
        let sql = "SELECT CAST((SELECT COUNT(*) FROM ledger) AS TEXT) || ' ' || CAST((SELECT COUNT(*) FROM revisions) AS TEXT) \
                   || ' ' || CAST((SELECT COUNT(*) FROM outbox) AS TEXT)";
        let counts = fixture.raw.texts(sql).await.remove(0);
        let counts: Vec<&str> = counts.split(' ').collect();
        assert!(counts.windows(2).all(|pair| pair[0] == pair[1]), "{counts:?}");
        assert!(catalog.verify_ledger("t").await.unwrap().is_intact());
        polls += 1;
        assert!(polls < 1000, "the change never ends");
    }
    println!("interrupted at {interrupted} places");
    assert!(interrupted >= 5);
}
