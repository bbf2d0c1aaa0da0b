//! What the watch remembers, incidents, notices.

use watchkeeper_catalog::{
    CatalogError, ErrorKind, IncidentQuery, IncidentRow, NoticeChange, NoticeQueue, NoticeQueueId, NoticeRow,
    NoticeSettlement, NoticesWaiting, WatchChange,
};

use crate::support::Fixture;

fn incident(id: &str, opened: i64, closed: Option<i64>) -> IncidentRow {
    let model = if id < "i5" { "a" } else { "b" };
    IncidentRow {
        id: id.into(),
        model: model.into(),
        environment: "prod".into(),
        severity: "page".into(),
        opened,
        closed,
        body: format!("{{\"id\":\"{id}\"}}"),
    }
}

fn queue(incident: &str, target: &str) -> NoticeQueueId {
    NoticeQueueId { tenant: "t".into(), incident: incident.into(), target: target.into() }
}

fn notice(incident: &str, target: &str, sequence: i64, due: i64) -> NoticeRow {
    let key = format!("{incident} {target} {sequence}");
    NoticeRow {
        queue: queue(incident, target),
        sequence,
        created: due,
        due,
        attempts: 0,
        first_at: 0,
        delivered: false,
        hops: 0,
        error: String::new(),
        body: key.clone(),
        key,
    }
}

async fn send(fixture: &Fixture, notices: Vec<NoticeRow>) {
    let version = fixture.catalog.watch_load("t").await.unwrap().map_or(0, |(version, _)| version);
    let change = WatchChange { notices, ..WatchChange::default() };
    fixture.catalog.watch_save("t", version, &change).await.unwrap();
}

/// The first notice of each queue that can be leased at `now`, for ten µs.
async fn leased(fixture: &Fixture, now: i64) -> Vec<String> {
    let queues = fixture.catalog.notices_lease(now, now + 10, 50, 50).await.unwrap();
    queues.into_iter().map(|queue| queue.notices[0].key.clone()).collect()
}

async fn settle(fixture: &Fixture, queue: &NoticeQueue, changes: &[(&str, NoticeChange)]) -> bool {
    let changes = changes.iter().map(|(key, change)| ((*key).to_owned(), change.clone())).collect();
    let settlement = NoticeSettlement { queue: queue.id.clone(), lease: queue.lease, changes, add: None, off: None };
    fixture.catalog.notices_settle(&settlement).await.unwrap()
}

pub(crate) async fn a_step_is_saved_as_a_whole(fixture: Fixture) {
    let catalog = &fixture.catalog;
    assert_eq!(catalog.watch_load("t").await.unwrap(), None);
    let change = WatchChange {
        body: vec![0, 255],
        incidents: vec![incident("i1", 1, None)],
        notices: vec![notice("i1", "mail", 1, 0)],
    };
    assert_eq!(catalog.watch_save("t", 0, &change).await.unwrap(), 1);
    assert_eq!(catalog.watch_load("t").await.unwrap(), Some((1, vec![0, 255])));
    // Another one that began at the same place loses, and leaves nothing.
    let late = WatchChange {
        body: vec![1],
        incidents: vec![incident("i2", 2, None)],
        notices: vec![notice("i2", "mail", 1, 0)],
    };
    for expected in [0, 2, 7] {
        let error = catalog.watch_save("t", expected, &late).await.unwrap_err();
        assert!(matches!(error, CatalogError::Conflict { found: 1, .. }), "{error}");
    }
    assert_eq!(catalog.incident("t", "i2").await.unwrap(), None);
    assert_eq!(fixture.raw.count("notices").await, 1);
    // An incident that cannot be written takes the rest of the step with it.
    let bad = WatchChange { body: vec![2], incidents: vec![incident("", 2, None)], notices: Vec::new() };
    assert_eq!(catalog.watch_save("t", 1, &bad).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(catalog.watch_save("t", 1, &late).await.unwrap(), 2);
    assert_eq!(catalog.watch_save("u", 0, &late).await.unwrap(), 1);
    assert_eq!(catalog.incident("t", "i2").await.unwrap(), Some(incident("i2", 2, None)));
}

pub(crate) async fn incidents_are_found(fixture: Fixture) {
    let catalog = &fixture.catalog;
    let incidents: Vec<_> =
        (1..=8).map(|n| incident(&format!("i{n}"), n / 2, (n % 3 == 0).then_some(n + 100))).collect();
    let change = WatchChange { incidents, ..WatchChange::default() };
    catalog.watch_save("t", 0, &change).await.unwrap();
    let ids = async |query: IncidentQuery| {
        let rows = catalog.incidents("t", &IncidentQuery { limit: 3, ..query }).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(IncidentQuery::default()).await, ["i8", "i7", "i6"]);
    let before = Some((3, "i6".to_owned()));
    assert_eq!(ids(IncidentQuery { before, ..IncidentQuery::default() }).await, ["i5", "i4", "i3"]);
    assert_eq!(ids(IncidentQuery { open: Some(false), ..IncidentQuery::default() }).await, ["i6", "i3"]);
    let open = IncidentQuery { open: Some(true), model: Some("a".into()), ..IncidentQuery::default() };
    assert_eq!(ids(open).await, ["i4", "i2", "i1"]);
    let elsewhere = IncidentQuery { environment: Some("test".into()), ..IncidentQuery::default() };
    assert!(ids(elsewhere).await.is_empty());
    // Closed by a later step.
    let change = WatchChange { incidents: vec![incident("i4", 2, Some(9))], ..WatchChange::default() };
    catalog.watch_save("t", 1, &change).await.unwrap();
    assert_eq!(catalog.incident("t", "i4").await.unwrap().unwrap().closed, Some(9));
    assert_eq!(catalog.incidents_trim(104).await.unwrap(), 2);
    assert_eq!(fixture.raw.count("incidents").await, 6);
}

pub(crate) async fn notices_keep_their_order(fixture: Fixture) {
    let first = vec![
        notice("i1", "mail", 1, 5),
        notice("i1", "mail", 2, 0),
        notice("i1", "slack", 1, 3),
        notice("i2", "mail", 1, 50),
    ];
    send(&fixture, first.clone()).await;
    // Written again by a step that was repeated: nothing is doubled.
    send(&fixture, first).await;
    assert_eq!(fixture.raw.count("notices").await, 4);
    // The second waits for the first, also when it was due before.
    assert_eq!(leased(&fixture, 4).await, ["i1 slack 1"]);
    let mail = fixture.catalog.notices_lease(6, 16, 50, 50).await.unwrap().remove(0);
    assert_eq!(
        mail.notices.iter().map(|n| (n.sequence, n.attempts, n.first_at)).collect::<Vec<_>>(),
        [(1, 1, 6), (2, 0, 0)]
    );
    assert!(leased(&fixture, 7).await.is_empty());
    // Whoever had the other is gone: its lease ends.
    assert_eq!(leased(&fixture, 14).await, ["i1 slack 1"]);
    assert!(settle(&fixture, &mail, &[("i1 mail 1", NoticeChange::Done)]).await);
    assert_eq!(leased(&fixture, 15).await, ["i1 mail 2"]);
    // What is done is remembered: its key makes no second notice.
    send(&fixture, vec![notice("i1", "mail", 1, 0)]).await;
    assert!(leased(&fixture, 16).await.is_empty());
    assert_eq!(fixture.catalog.notices_trim(6).await.unwrap(), 1);
}

pub(crate) async fn notices_are_tried_again_and_given_up(fixture: Fixture) {
    let catalog = &fixture.catalog;
    send(&fixture, vec![notice("i1", "mail", 1, 0), notice("i1", "mail", 2, 0)]).await;
    let first = catalog.notices_lease(1, 50, 9, 50).await.unwrap().remove(0);
    let retry = NoticeChange::Retry { due: 100, error: "503\0".into() };
    assert!(settle(&fixture, &first, &[("i1 mail 1", retry.clone())]).await);
    assert!(leased(&fixture, 99).await.is_empty(), "nor does the next one overtake it");
    let again = catalog.notices_lease(100, 110, 50, 50).await.unwrap().remove(0);
    let notice_again = &again.notices[0];
    assert_eq!((notice_again.attempts, notice_again.first_at, notice_again.error.as_str()), (2, 1, "503"));
    let waiting = NoticesWaiting { pending: 2, dead: 0, oldest: Some(0) };
    assert_eq!(catalog.notices_waiting().await.unwrap(), waiting);
    // The lease of the first try is over, and so is what it wanted to say.
    assert!(!settle(&fixture, &first, &[("i1 mail 1", NoticeChange::Done)]).await);
    let settlement = NoticeSettlement {
        queue: again.id.clone(),
        lease: again.lease,
        changes: vec![("i1 mail 1".into(), NoticeChange::Dead { error: "x".repeat(1000) })],
        add: Some(notice("i1", "pager", 1, 0)),
        off: Some((105, "410".into())),
    };
    assert!(catalog.notices_settle(&settlement).await.unwrap());
    assert_eq!(leased(&fixture, 106).await, ["i1 mail 2", "i1 pager 1"]);
    assert_eq!(catalog.target_off("t", "mail").await.unwrap().as_deref(), Some("410"));
    assert_eq!(catalog.target_off("u", "mail").await.unwrap(), None);
    assert!(catalog.target_on("t", "mail").await.unwrap());
    assert!(!catalog.target_on("t", "mail").await.unwrap());
    let dead = catalog.notices_dead("t", 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].error.len(), dead[0].attempts), (1, 500, 2));
    assert!(catalog.notices_dead("u", 10).await.unwrap().is_empty());
    assert_eq!(catalog.notices_trim(1).await.unwrap(), 1);
    assert_eq!(fixture.raw.count("notices").await, 2);
}

pub(crate) async fn what_targets_forget_is_sent_again(fixture: Fixture) {
    let catalog = &fixture.catalog;
    send(&fixture, vec![notice("i1", "am", 1, 0)]).await;
    let queue = catalog.notices_lease(1, 2, 9, 50).await.unwrap().remove(0);
    assert!(settle(&fixture, &queue, &[("i1 am 1", NoticeChange::Again(60))]).await);
    assert_eq!(catalog.notices_waiting().await.unwrap(), NoticesWaiting::default(), "nobody waits for a repetition");
    assert!(leased(&fixture, 59).await.is_empty());
    let queue = catalog.notices_lease(60, 61, 9, 50).await.unwrap().remove(0);
    assert_eq!((queue.notices[0].attempts, queue.notices[0].first_at, queue.notices[0].delivered), (1, 60, true));
    assert!(settle(&fixture, &queue, &[("i1 am 1", NoticeChange::Again(120))]).await);
    // It holds up nobody.
    send(&fixture, vec![notice("i1", "am", 2, 70)]).await;
    let queue = catalog.notices_lease(70, 80, 9, 50).await.unwrap().remove(0);
    assert_eq!(queue.notices.iter().map(|n| (n.sequence, n.attempts)).collect::<Vec<_>>(), [(1, 0), (2, 1)]);
    let both = [("i1 am 1", NoticeChange::Done), ("i1 am 2", NoticeChange::Done)];
    assert!(settle(&fixture, &queue, &both).await);
    assert!(leased(&fixture, 1000).await.is_empty());
}

pub(crate) async fn a_slow_target_does_not_keep_all_senders_busy(fixture: Fixture) {
    let mut notices: Vec<_> = (0..5).map(|n| notice(&format!("i{n}"), "slow", 1, n)).collect();
    notices.push(notice("i1", "mail", 1, 50));
    send(&fixture, notices).await;
    let leased = async |now: i64| {
        let queues = fixture.catalog.notices_lease(now, now + 10, 50, 2).await.unwrap();
        queues.into_iter().map(|queue| queue.notices[0].key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(leased(60).await, ["i0 slow 1", "i1 slow 1", "i1 mail 1"]);
    assert!(leased(61).await.is_empty());
    assert_eq!(leased(70).await.len(), 3, "the leases are over");
}

pub(crate) async fn two_senders_never_have_the_same_notice(fixture: Fixture) {
    let notices: Vec<_> = (0..40).map(|n| notice(&format!("i{n}"), "mail", 1, 0)).collect();
    send(&fixture, notices).await;
    let lease = |catalog: watchkeeper_catalog::Catalog| {
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let queues = catalog.notices_lease(1, 100, 3, 50).await.unwrap();
                if queues.is_empty() {
                    return mine;
                }
                mine.extend(queues.into_iter().map(|queue| queue.id.incident));
            }
        })
    };
    let tasks: Vec<_> = (0..4).map(|_| lease(fixture.catalog.clone())).collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    let leases = all.len();
    all.sort();
    all.dedup();
    assert!(all.len() <= 40 && leases == all.len(), "{leases} leases of {} queues", all.len());
    // A sender that lost a race may have seen nothing more: what is left is leased the next time.
    assert_eq!(all.len() + leased(&fixture, 1).await.len(), 40);
}
