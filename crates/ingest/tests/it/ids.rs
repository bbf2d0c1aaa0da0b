//! The index of ids against a map.

use proptest::prelude::*;
use std::collections::HashMap;
use std::path::Path;
use watchkeeper_ingest::ids::{Entry, IdHash, IdIndex, IdOptions, IdsError, Seen};
use watchkeeper_ingest::journal::SegmentNo;

const HORIZON: i32 = 30;
/// So near that arbitrary steps come to its last day.
const NEAR: i32 = 4;

fn options() -> IdOptions {
    IdOptions { horizon_days: HORIZON as u16, memory_bytes: 64 << 20 }
}

fn open(dir: &Path) -> IdIndex {
    open_with(dir, options())
}

fn open_with(dir: &Path, options: IdOptions) -> IdIndex {
    let opened = IdIndex::open(dir, options).unwrap();
    assert!(opened.damaged.is_empty(), "{:?}", opened.damaged);
    opened.index
}

fn entry(id: u64, content: u32, day: i32) -> Entry {
    Entry { id: IdHash::of("t/models/m/predictions", &id.to_le_bytes()), content, day }
}

#[derive(Debug, Clone)]
enum Step {
    /// Ids, content, days back from today; whether the append succeeds.
    Batch(Vec<(u64, u32, i32)>, bool),
    Persist,
    Compact,
    /// Crash: recent ids are gone and restored from the journal.
    Restart,
    Days(i32),
}

fn step() -> impl Strategy<Value = Step> {
    let row = (0_u64..400, 0_u32..2, -1_i32..9);
    prop_oneof![
        6 => (prop::collection::vec(row, 0..120), prop::bool::weighted(0.8)).prop_map(|(rows, ok)| Step::Batch(rows, ok)),
        2 => Just(Step::Persist),
        1 => Just(Step::Compact),
        1 => Just(Step::Restart),
        1 => (0_i32..4).prop_map(Step::Days),
    ]
}

/// What the index should know of an id: content, day, last day of its life.
type Model = HashMap<u64, (u32, i32, i32)>;

fn expected(model: &mut Model, today: i32, cutoff: i32, id: u64, content: u32, day: i32) -> Seen {
    let known = model.get(&id).copied();
    let seen = match known {
        Some((_, _, keep)) if keep < cutoff => Seen::New,
        Some((was, day, _)) if was == content => Seen::Same { day },
        Some((_, day, _)) => Seen::Changed { day },
        None => Seen::New,
    };
    if !matches!(seen, Seen::Same { .. }) {
        let keep = day.max(today).max(known.map_or(0, |(_, _, keep)| keep));
        model.insert(id, (content, day, keep));
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn answers_as_a_map_would(steps in prop::collection::vec(step(), 1..60), one_by_one in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let near = IdOptions { horizon_days: NEAR as u16, ..options() };
        let mut index = open_with(dir.path(), near);
        let mut model = Model::new();
        // What the journal holds behind the newest persisted segment.
        let mut journal: Vec<(Entry, i32)> = Vec::new();
        let (mut today, mut cutoff, mut segment) = (20_000, 0, SegmentNo(0));
        for step in steps {
            match step {
                Step::Batch(rows, appended) => {
                    let entries: Vec<Entry> = rows.iter().map(|(id, content, back)| entry(*id, *content, today - back)).collect();
                    let seen = if one_by_one {
                        entries.iter().map(|entry| index.check_insert(*entry, today)).collect::<Result<Vec<_>, _>>().unwrap()
                    } else {
                        index.check_insert_all(&entries, today).unwrap()
                    };
                    let before = model.clone();
                    for (i, (id, content, back)) in rows.iter().enumerate() {
                        let wanted = expected(&mut model, today, cutoff, *id, *content, today - back);
                        prop_assert_eq!(seen[i], wanted, "row {} of {:?}", i, rows);
                        if appended && !matches!(wanted, Seen::Same { .. }) {
                            // With the day of arrival that the index notes: a repeated id never dies before its first
                            // one.
                            journal.push((entries[i], model[id].2.max(today)));
                        }
                    }
                    if appended {
                        index.confirm();
                    } else {
                        index.rollback();
                        model = before;
                    }
                }
                Step::Persist => {
                    segment = segment.next();
                    index.persist(segment).unwrap();
                    journal.clear();
                    prop_assert_eq!(index.covers(), Some(segment));
                }
                Step::Compact => while index.compact_step().unwrap() {},
                Step::Restart => {
                    drop(index);
                    index = open_with(dir.path(), near);
                    prop_assert_eq!(index.covers(), Some(segment).filter(|segment| segment.0 > 0));
                    index.restore(journal.iter().copied());
                    index.expire(today).unwrap();
                    cutoff = today - NEAR;
                }
                Step::Days(days) => {
                    today += days;
                    cutoff = today - NEAR;
                    index.expire(today).unwrap();
                }
            }
        }
    }
}

#[test]
fn a_million_ids_are_new_once_and_same_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let mut index = open(dir.path());
    let all: Vec<Entry> = (0..1_000_000).map(|id| entry(id, id as u32, 20_000)).collect();
    for (number, part) in all.chunks(125_000).enumerate() {
        assert!(index.check_insert_all(part, 20_000).unwrap().iter().all(|seen| *seen == Seen::New));
        index.confirm();
        index.persist(SegmentNo(number as u64 + 1)).unwrap();
    }
    let many = index.stats();
    assert_eq!((many.ids, many.recent), (1_000_000, 0));
    while index.compact_step().unwrap() {}
    let stats = index.stats();
    assert!(stats.runs < many.runs && stats.ids == 1_000_000, "{stats:?}");
    assert!(stats.disk_bytes < 1_000_000 * 23, "{stats:?}");
    drop(index);
    let mut index = open(dir.path());
    let some: Vec<Entry> = all.iter().step_by(23).copied().collect();
    assert!(index.check_insert_all(&some, 20_001).unwrap().iter().all(|seen| *seen == Seen::Same { day: 20_000 }));
    let unknown: Vec<Entry> = (1_000_000..1_100_000).map(|id| entry(id, 0, 20_000)).collect();
    assert!(index.check_insert_all(&unknown, 20_001).unwrap().iter().all(|seen| *seen == Seen::New));
}

#[test]
fn memory_stays_within_its_bound_and_answers_stay_right() {
    let dir = tempfile::tempdir().unwrap();
    let small = IdOptions { memory_bytes: 1 << 20, ..options() };
    let mut index = IdIndex::open(dir.path(), small).unwrap().index;
    let (mut segment, mut most) = (SegmentNo(0), 0);
    for part in 0..300_u64 {
        let entries: Vec<Entry> = (part * 1000..part * 1000 + 1000).map(|id| entry(id, 1, 20_000)).collect();
        assert!(index.check_insert_all(&entries, 20_000).unwrap().iter().all(|seen| *seen == Seen::New));
        index.confirm();
        most = most.max(index.stats().memory_bytes);
        if index.wants_freeze() {
            segment = segment.next();
            index.persist(segment).unwrap();
            while index.compact_step().unwrap() {}
        }
    }
    let stats = index.stats();
    assert!((10..60).contains(&segment.0), "frozen {} times", segment.0);
    // The map may be one doubling ahead of the question whether it is too large.
    assert!(most < 2 << 20, "{most} of memory, {stats:?}");
    assert!(stats.filters > 0 && stats.filters <= stats.runs, "{stats:?}");
    for id in (0..300_000).step_by(997) {
        assert_eq!(index.check_insert(entry(id, 2, 20_003), 20_003).unwrap(), Seen::Changed { day: 20_000 });
    }
    // All filters on disk: the same answers.
    index.rollback();
    index.persist(segment.next()).unwrap();
    drop(index);
    let mut index = IdIndex::open(dir.path(), IdOptions { memory_bytes: 0, ..options() }).unwrap().index;
    assert_eq!(index.stats().filters, 0);
    assert_eq!(index.check_insert(entry(5, 1, 20_000), 20_003).unwrap(), Seen::Same { day: 20_000 });
    assert_eq!(index.check_insert(entry(300_000, 1, 20_000), 20_003).unwrap(), Seen::New);
}

#[test]
fn ids_are_known_while_another_thread_writes_and_merges() {
    let dir = tempfile::tempdir().unwrap();
    let mut index = open(dir.path());
    let known = |index: &mut IdIndex, upto: u64| {
        let seen =
            index.check_insert_all(&(0..upto).map(|id| entry(id, 0, 20_000)).collect::<Vec<_>>(), 20_000).unwrap();
        index.confirm();
        seen.iter().all(|seen| matches!(seen, Seen::Same { .. }))
    };
    for part in 0..6_u64 {
        let upto = (part + 1) * 2_000;
        let entries: Vec<Entry> = (part * 2_000..upto).map(|id| entry(id, 0, 20_000)).collect();
        index.check_insert_all(&entries, 20_000).unwrap();
        assert!(matches!(index.freeze(SegmentNo(part)), Err(IdsError::Unconfirmed { ids: 2_000 })));
        index.confirm();
        let mut jobs = vec![index.freeze(SegmentNo(part + 1)).unwrap()];
        while let Some(job) = jobs.pop() {
            let worker = std::thread::spawn(move || job.run());
            assert!(known(&mut index, upto), "part {part}");
            assert!(matches!(index.freeze(SegmentNo(part)), Err(IdsError::Busy)));
            index.install(worker.join().unwrap()).unwrap();
            assert!(known(&mut index, upto), "part {part}, installed");
            jobs.extend(index.compaction());
        }
    }
    assert_eq!((index.stats().ids, index.covers()), (12_000, Some(SegmentNo(6))));
}

/// Many pages that all begin with the same key, as far as the list of first keys tells.
#[test]
fn hashes_that_agree_in_their_first_half_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let mut index = open(dir.path());
    let alike = |low: u128| Entry { id: IdHash((7 << 64) | (low << 33)), content: 0, day: 20_000 };
    let all: Vec<Entry> = (0..1_000).map(|low| alike(low * 2)).collect();
    index.check_insert_all(&all, 20_000).unwrap();
    index.confirm();
    index.persist(SegmentNo(1)).unwrap();
    assert!(index.check_insert_all(&all, 20_000).unwrap().iter().all(|seen| *seen == Seen::Same { day: 20_000 }));
    let others: Vec<Entry> = (0..1_000).map(|low| alike(low * 2 + 1)).collect();
    assert!(index.check_insert_all(&others, 20_000).unwrap().iter().all(|seen| *seen == Seen::New));
}

#[test]
fn a_failed_job_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut index = open(dir.path());
    index.check_insert(entry(1, 0, 20_000), 20_000).unwrap();
    index.confirm();
    let job = index.freeze(SegmentNo(1)).unwrap();
    std::fs::remove_dir_all(dir.path()).unwrap();
    let outcome = job.run();
    assert!(index.install(outcome).is_err());
    std::fs::create_dir(dir.path()).unwrap();
    assert_eq!((index.covers(), index.stats().recent), (None, 1));
    index.persist(SegmentNo(1)).unwrap();
    drop(index);
    let mut index = open(dir.path());
    assert_eq!(index.check_insert(entry(1, 0, 20_000), 20_000).unwrap(), Seen::Same { day: 20_000 });
}

#[test]
fn old_ids_are_forgotten_and_their_files_removed() {
    let dir = tempfile::tempdir().unwrap();
    let mut index = open(dir.path());
    for (part, arrival) in [20_000, 20_010, 20_020].into_iter().enumerate() {
        // Events of long ago, which can still be repeated within the horizon of their arrival.
        let entries: Vec<Entry> = (0..1000).map(|id| entry(part as u64 * 1000 + id, 0, 19_000)).collect();
        index.check_insert_all(&entries, arrival).unwrap();
        index.confirm();
        index.persist(SegmentNo(part as u64 + 1)).unwrap();
    }
    index.expire(20_030).unwrap();
    assert_eq!(index.stats().runs, 3);
    assert_eq!(index.check_insert(entry(1, 0, 19_000), 20_030).unwrap(), Seen::Same { day: 19_000 });
    index.expire(20_041).unwrap();
    assert_eq!((index.stats().runs, index.stats().ids), (1, 1000));
    assert_eq!(index.check_insert(entry(1, 0, 19_000), 20_041).unwrap(), Seen::New);
    let files =
        std::fs::read_dir(dir.path()).unwrap().filter(|e| e.as_ref().unwrap().path().extension().is_some()).count();
    assert_eq!(files, 1);
    // Of a run that goes on, what is too old is dropped by merging.
    index.confirm();
    index.check_insert_all(&(9_000..9_100).map(|id| entry(id, 0, 20_041)).collect::<Vec<_>>(), 20_041).unwrap();
    index.confirm();
    index.persist(SegmentNo(4)).unwrap();
    for part in 0..3 {
        index.check_insert(entry(20_000 + part, 0, 20_041), 20_041).unwrap();
        index.confirm();
        index.persist(SegmentNo(5 + part)).unwrap();
    }
    index.expire(20_051).unwrap();
    while index.compact_step().unwrap() {}
    assert_eq!(index.stats().ids, 104, "{:?}", index.stats());
}

#[test]
fn damage_and_missing_files_are_told_until_the_index_is_made_again() {
    let make = |dir: &Path| {
        let mut index = open(dir);
        let entries: Vec<Entry> = (0..5_000).map(|id| entry(id, 0, 20_000)).collect();
        index.check_insert_all(&entries, 20_000).unwrap();
        index.confirm();
        index.persist(SegmentNo(3)).unwrap();
        std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().is_some()).unwrap()
    };
    let dir = tempfile::tempdir().unwrap();
    let run = make(dir.path());
    let whole = std::fs::read(&run).unwrap();
    let pages = whole.len() / 4096;
    for page in 0..pages {
        let mut changed = whole.clone();
        changed[page * 4096 + 100] ^= 1;
        std::fs::write(&run, changed).unwrap();
        let Ok(mut opened) = IdIndex::open(dir.path(), options()) else { panic!("page {page}") };
        let all: Vec<Entry> = (0..5_000).map(|id| entry(id, 0, 20_000)).collect();
        let told = !opened.damaged.is_empty()
            || matches!(opened.index.check_insert_all(&all, 20_000), Err(IdsError::Damaged { .. }));
        assert!(told, "page {page} of {pages}");
    }
    std::fs::write(&run, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(IdIndex::open(dir.path(), options()).unwrap().damaged.len(), 1);
    std::fs::remove_file(&run).unwrap();
    let opened = IdIndex::open(dir.path(), options()).unwrap();
    assert!(matches!(opened.damaged[..], [IdsError::Io { .. }]), "{:?}", opened.damaged);
    let mut index = opened.index;
    // Going on without repair does not hide it.
    index.persist(SegmentNo(4)).unwrap();
    drop(index);
    let opened = IdIndex::open(dir.path(), options()).unwrap();
    assert!(matches!(opened.damaged[..], [IdsError::Incomplete { .. }]), "{:?}", opened.damaged);
    let mut index = opened.index;
    index.mend().unwrap();
    index.restore((0..5_000).map(|id| (entry(id, 0, 20_000), 20_000)));
    index.persist(SegmentNo(4)).unwrap();
    index.rebuilt().unwrap();
    drop(index);
    let mut index = open(dir.path());
    assert_eq!(index.check_insert(entry(77, 1, 20_000), 20_000).unwrap(), Seen::Changed { day: 20_000 });
    drop(index);
    // A list that is gone does not take its runs with it unnoticed.
    std::fs::remove_file(dir.path().join("runs")).unwrap();
    assert!(IdIndex::open(dir.path(), options()).unwrap().is_new);
    std::fs::write(dir.path().join("runs"), "watchkeeper ids 1\nnext 9\n").unwrap();
    assert!(matches!(IdIndex::open(dir.path(), options()).unwrap().damaged[..], [IdsError::Damaged { .. }]));
}

#[test]
fn an_erased_id_counts_as_seen_whatever_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let mut index = open(dir.path());
    index.check_insert_all(&[entry(1, 7, 20_000), entry(2, 7, 20_000)], 20_000).unwrap();
    let erased = Entry::erased(entry(1, 0, 0).id, 20_001);
    assert_eq!(index.check_insert(erased, 20_001).unwrap(), Seen::Changed { day: 20_000 });
    assert_eq!(index.check_insert(erased, 20_001).unwrap(), Seen::Same { day: 20_001 });
    index.confirm();
    index.persist(SegmentNo(1)).unwrap();
    drop(index);
    let mut index = open(dir.path());
    for content in [7, 8, Entry::fold(u64::from(u32::MAX))] {
        assert_eq!(index.check_insert(entry(1, content, 20_001), 20_001).unwrap(), Seen::Same { day: 20_001 });
    }
    // Known by another form of its content.
    let seen = |index: &mut IdIndex, other: u32| {
        index.check_insert_all_or(&[entry(2, 9, 20_001)], 20_001, |_| Some(other)).unwrap()[0]
    };
    assert_eq!(seen(&mut index, 7), Seen::Same { day: 20_000 });
    assert_eq!(seen(&mut index, 6), Seen::Changed { day: 20_000 });
}

#[test]
fn hashes_are_fixed_for_all_time() {
    assert_eq!(
        IdHash::of("default/models/m/predictions", b"p-1"),
        IdHash::seeded(IdHash::seed("default/models/m/predictions"), b"p-1")
    );
    // xxh3-128 of "p-1" with the seed xxh3-64 of "t".
    assert_eq!(IdHash::of("t", b"p-1"), IdHash(281_252_942_874_833_948_889_759_044_143_021_904_158));
    assert_ne!(IdHash::of("a", b"p-1"), IdHash::of("b", b"p-1"));
    assert_eq!(Entry::fold(0x1234_5678_0000_0001), 0x1234_5679);
}
