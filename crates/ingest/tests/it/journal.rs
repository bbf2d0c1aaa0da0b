//! The journal against a model, torn, damaged, full, and killed.

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use watchkeeper_ingest::journal::{
    Journal, JournalError, JournalOptions, OwnedRecord, Record, Recovered, SegmentNo, Segments,
};

const DIR: &str = "WATCHKEEPER_TEST_JOURNAL";
const FIRST: &str = "WATCHKEEPER_TEST_FIRST";

fn options() -> JournalOptions {
    JournalOptions { segment_bytes: 1 << 20, total_bytes: 1 << 26, ..JournalOptions::default() }
}

fn open(dir: &Path) -> (Journal, Recovered) {
    Journal::open(dir, options()).unwrap()
}

/// Bytes that tell their number, `length` of them after it.
fn payload(number: u64, length: usize) -> Vec<u8> {
    let noise = (0..length as u64).map(|i| (number.wrapping_mul(0x9E37_79B9).wrapping_add(i * 0x85EB) >> 7) as u8);
    number.to_le_bytes().into_iter().chain(noise).collect()
}

fn append(journal: &mut Journal, numbers: std::ops::Range<u64>, length: usize) -> Result<SegmentNo, JournalError> {
    let payloads: Vec<Vec<u8>> = numbers.map(|number| payload(number, length)).collect();
    let records: Vec<Record<'_>> =
        payloads.iter().map(|payload| Record { table: "t/models/m/predictions", request: [3; 16], payload }).collect();
    journal.append(&records).map(|position| position.segment)
}

fn number(record: &OwnedRecord) -> u64 {
    let number = u64::from_le_bytes(record.payload[..8].try_into().unwrap());
    assert_eq!(record.payload, payload(number, record.payload.len() - 8), "payload of {number}");
    number
}

/// The numbers of all records of sealed segments, and the damage met.
fn numbers(segments: &Segments) -> (Vec<u64>, Vec<JournalError>) {
    let (mut numbers, mut damage) = (Vec::new(), Vec::new());
    for info in segments.list() {
        for record in segments.read(info.number).unwrap() {
            match record {
                Ok(record) => numbers.push(number(&record)),
                Err(error) => damage.push(error),
            }
        }
    }
    (numbers, damage)
}

/// A journal of `appends` with two records each, closed without sealing; where its log ended after each append.
fn written(dir: &Path, appends: u64, length: usize) -> (PathBuf, Vec<u64>) {
    let (mut journal, _) = open(dir);
    let mut ends = Vec::new();
    let mut log = PathBuf::new();
    for i in 0..appends {
        let segment = append(&mut journal, i * 2..i * 2 + 2, length).unwrap();
        log = dir.join(format!("{segment}.db-wal"));
        ends.push(std::fs::metadata(&log).unwrap().len());
    }
    (log, ends)
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<(u8, usize)>),
    Seal,
    RemoveOldest,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let length = prop_oneof![4 => 0_usize..700, 1 => 0_usize..60_000];
    prop_oneof![
        6 => prop::collection::vec((0_u8..4, length), 0..6).prop_map(Step::Append),
        1 => Just(Step::Seal),
        1 => Just(Step::RemoveOldest),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn reads_back_what_a_list_would_hold(steps in prop::collection::vec(step(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let options = JournalOptions { segment_bytes: 200_000, ..options() };
        let mut journal = Journal::open(dir.path(), options).unwrap().0;
        let mut model: BTreeMap<SegmentNo, Vec<OwnedRecord>> = BTreeMap::new();
        let (mut count, mut highest) = (0, SegmentNo(0));
        for step in steps {
            match step {
                Step::Append(shapes) => {
                    let records: Vec<OwnedRecord> = shapes.iter().map(|(table, length)| {
                        count += 1;
                        OwnedRecord { table: format!("table{table}"), request: [*table; 16], payload: payload(count, *length).into() }
                    }).collect();
                    let borrowed: Vec<Record<'_>> = records.iter()
                        .map(|r| Record { table: &r.table, request: r.request, payload: &r.payload }).collect();
                    let position = journal.append(&borrowed).unwrap();
                    if !records.is_empty() {
                        prop_assert!(position.segment >= highest);
                        highest = position.segment;
                        model.entry(position.segment).or_default().extend(records);
                    }
                }
                Step::Seal => {
                    let active = journal.segments().into_iter().find(|info| !info.sealed).map(|info| info.number);
                    prop_assert_eq!(journal.seal().unwrap(), active);
                }
                Step::RemoveOldest => if let Some(oldest) = journal.segments().first().filter(|info| info.sealed) {
                    journal.remove(oldest.number).unwrap();
                    journal.remove(oldest.number).unwrap();
                    model.remove(&oldest.number);
                },
                Step::Reopen => {
                    drop(journal);
                    let opened = Journal::open(dir.path(), options).unwrap();
                    journal = opened.0;
                    let found: Vec<_> = opened.1.segments.iter().map(|s| (s.number, s.records, s.torn_bytes, s.damaged_at)).collect();
                    let expected: Vec<_> = model.iter().map(|(n, records)| (*n, records.len() as u64, 0, None)).collect();
                    prop_assert_eq!(found, expected);
                }
            }
            let on_disk: u64 = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap())
                .filter(|e| e.file_name().to_str().unwrap().contains(".db")).map(|e| e.metadata().unwrap().len()).sum();
            prop_assert_eq!(journal.bytes(), on_disk);
        }
        journal.seal().unwrap();
        let found: BTreeMap<SegmentNo, Vec<OwnedRecord>> = journal.segments().iter()
            .map(|info| (info.number, journal.read(info.number).unwrap().map(Result::unwrap).collect())).collect();
        prop_assert_eq!(found, model);
    }
}

/// Opens a journal whose log was tampered with and asserts that all but the last append are there.
fn opens_without_the_last(dir: &Path, appends: u64, what: &str) -> Recovered {
    let (journal, recovered) = open(dir);
    let (numbers, damage) = numbers(&journal.handle());
    assert!(damage.is_empty(), "{what}: {damage:?}");
    let whole: Vec<u64> = (0..(appends - 1) * 2).collect();
    let all: Vec<u64> = (0..appends * 2).collect();
    assert!(numbers == whole || numbers == all, "{what}: {numbers:?}");
    assert!(recovered.segments.iter().all(|segment| segment.damaged_at.is_none()), "{what}");
    recovered
}

/// Puts `log` into the folder as the only thing that tells about frames, as after a crash.
fn place(dir: &Path, log: &Path, bytes: &[u8]) {
    let _ = std::fs::remove_file(dir.join("sealed"));
    std::fs::write(log, bytes).unwrap();
}

#[test]
fn a_torn_tail_is_cut_and_reported_wherever_it_is_torn() {
    let dir = tempfile::tempdir().unwrap();
    let (log, ends) = written(dir.path(), 4, 9_000);
    let whole = std::fs::read(&log).unwrap();
    let (from, to) = (ends[2] as usize, ends[3] as usize);
    // All of them take a minute: every byte near the borders of page frames, and some between.
    let every = std::env::var_os("WATCHKEEPER_TEST_EVERY_BYTE").is_some();
    let chosen = |at: &usize| every || (at - from) % 8216 < 26 || (at - from) % 8216 > 8212 || at.is_multiple_of(499);
    for at in (from..to).filter(chosen) {
        place(dir.path(), &log, &whole[..at]);
        let recovered = opens_without_the_last(dir.path(), 4, &format!("cut at {at}"));
        assert_eq!(recovered.segments[0].torn_bytes, (at - from) as u64, "cut at {at}");
        assert_eq!(recovered.segments[0].records, 6, "cut at {at}");
        let mut changed = whole.clone();
        changed[at] ^= 0x40;
        place(dir.path(), &log, &changed);
        let recovered = opens_without_the_last(dir.path(), 4, &format!("changed at {at}"));
        assert_eq!(recovered.segments[0].torn_bytes, (to - from) as u64, "changed at {at}");
    }
}

#[test]
fn any_part_of_the_sectors_of_the_last_append_may_be_missing() {
    let dir = tempfile::tempdir().unwrap();
    let (log, ends) = written(dir.path(), 5, 20_000);
    let whole = std::fs::read(&log).unwrap();
    let mut state = 42_u64;
    for round in 0..60_usize {
        let mut torn = whole.clone();
        for sector in torn[ends[3] as usize..].chunks_mut(512) {
            state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            if (state >> 40).is_multiple_of([2, 40][round % 2]) {
                sector.fill(0);
            }
        }
        place(dir.path(), &log, &torn);
        opens_without_the_last(dir.path(), 5, &format!("round {round}"));
    }
}

#[test]
fn appends_go_on_behind_a_torn_tail() {
    let dir = tempfile::tempdir().unwrap();
    let (log, ends) = written(dir.path(), 3, 500);
    let whole = std::fs::read(&log).unwrap();
    place(dir.path(), &log, &whole[..ends[2] as usize - 1]);
    let (mut journal, recovered) = open(dir.path());
    assert_eq!(recovered.segments[0].records, 4);
    let next = append(&mut journal, 4..6, 500).unwrap();
    assert!(next > recovered.segments[0].number);
    journal.seal().unwrap();
    assert_eq!(numbers(&journal.handle()).0, [0, 1, 2, 3, 4, 5]);
}

/// One byte of an append that is neither the last nor the next to last is changed, for appends of small and large rows.
#[test]
fn damage_in_the_middle_is_told_and_the_rest_is_read() {
    for (length, appends) in [(300, 40_u64), (30_000, 9)] {
        for sealed in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let (log, ends) = written(dir.path(), appends, length);
            if sealed {
                drop(open(dir.path()));
            }
            let notes = std::fs::read(dir.path().join("sealed")).unwrap();
            let whole = std::fs::read(&log).unwrap();
            let (mut lost, mut state) = (0, 7_u64);
            let tries = 32;
            for _ in 0..tries {
                state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
                let end = if sealed { appends } else { appends - 2 } as usize;
                let at = (state >> 20) as usize % ends[end - 1] as usize;
                let mut changed = whole.clone();
                changed[at] ^= 0x10;
                std::fs::write(&log, &changed).unwrap();
                std::fs::write(dir.path().join("sealed"), &notes).unwrap();
                let (journal, recovered) = open(dir.path());
                if at >= 32 {
                    assert!(
                        recovered.segments[0].damaged_at.is_some_and(|told| told <= at as u64),
                        "{at}: {recovered:?}"
                    );
                }
                let (numbers, damage) = numbers(&journal.handle());
                assert!(
                    numbers.is_sorted() && numbers.len() + damage.len() * 2 == appends as usize * 2,
                    "{at}: {damage:?}"
                );
                // A page that leads to others can take them along.
                assert!(damage.len() <= 14, "changed at {at} of {length}, sealed {sealed}: {damage:?}");
                lost += damage.len();
                assert!(damage.iter().all(|error| matches!(error, JournalError::Damaged { .. })), "{damage:?}");
            }
            // Small rows are seldom lost: what a page held before or holds after the change still leads to them.
            assert!(length > 1000 || lost * 4 < tries, "{lost} of {tries}");
            println!("length {length}, sealed {sealed}: {lost} frames lost in {tries} tries");
        }
    }
}

#[test]
fn full_writes_nothing_and_ends_when_segments_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let options = JournalOptions { segment_bytes: 250_000, total_bytes: 1_000_000, append_bytes: 50_000, ..options() };
    let (mut journal, _) = Journal::open(dir.path(), options).unwrap();
    let mut count = 0;
    let full = loop {
        match append(&mut journal, count..count + 1, 20_000) {
            Ok(_) => count += 1,
            Err(error) => break error,
        }
        assert!(journal.bytes() <= 1_000_000);
    };
    assert!(matches!(full, JournalError::Full { total: 1_000_000, .. }) && full.is_retryable(), "{full}");
    assert!(count >= 15, "{count}");
    let large = append(&mut journal, 0..3, 20_000).unwrap_err();
    assert_eq!(large.to_string(), "append of 60024 bytes is too large for the journal: at most 50000 expected");
    let oldest = journal.segments()[0].number;
    let kept = journal.read(oldest).unwrap().count() as u64;
    journal.remove(oldest).unwrap();
    append(&mut journal, count..count + 1, 20_000).unwrap();
    journal.seal().unwrap();
    assert_eq!(numbers(&journal.handle()).0, (kept..=count).collect::<Vec<_>>());
}

#[test]
fn numbers_rise_although_all_was_removed_or_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut last = SegmentNo(0);
    for round in 0..4 {
        let (mut journal, recovered) = open(dir.path());
        assert!(recovered.segments.is_empty());
        let segment = append(&mut journal, 0..1, 10).unwrap();
        assert!(segment > last, "round {round}: {segment} after {last}");
        last = segment;
        assert_eq!(journal.seal().unwrap(), Some(segment));
        assert_eq!(journal.seal().unwrap(), None);
        journal.remove(segment).unwrap();
        assert_eq!(journal.bytes(), 0);
    }
    std::fs::remove_dir_all(dir.path()).unwrap();
    let known = JournalOptions { above: last, ..options() };
    let (mut journal, _) = Journal::open(dir.path(), known).unwrap();
    assert!(append(&mut journal, 0..1, 10).unwrap() > last);
}

#[test]
fn only_sealed_segments_are_read_and_removed_and_one_process_is_enough() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(dir.path());
    let segment = append(&mut journal, 0..1, 10).unwrap();
    assert!(matches!(journal.read(segment), Err(JournalError::NotSealed { .. })));
    assert!(matches!(journal.remove(segment), Err(JournalError::NotSealed { .. })));
    assert!(matches!(journal.read(SegmentNo(99)), Err(JournalError::NoSegment { .. })));
    journal.remove(SegmentNo(99)).unwrap();
    assert!(matches!(Journal::open(dir.path(), options()), Err(JournalError::Locked { .. })));
    drop(journal);
    assert_eq!(open(dir.path()).1.segments.len(), 1);
}

#[test]
fn another_thread_drains_while_one_appends() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(dir.path(), JournalOptions { segment_bytes: 60_000, ..options() }).unwrap();
    let segments = journal.handle();
    let (send, sealed) = std::sync::mpsc::channel::<SegmentNo>();
    let drained = std::thread::spawn(move || {
        let mut all = Vec::new();
        for segment in sealed {
            all.extend(segments.read(segment).unwrap().map(|record| number(&record.unwrap())));
            segments.remove(segment).unwrap();
        }
        all
    });
    let mut current = None;
    for i in 0..200 {
        let segment = append(&mut journal, i..i + 1, 2_000).unwrap();
        if let Some(former) = current.replace(segment).filter(|former| *former != segment) {
            send.send(former).unwrap();
        }
    }
    send.send(journal.seal().unwrap().unwrap()).unwrap();
    drop(send);
    assert_eq!(drained.join().unwrap(), (0..200).collect::<Vec<_>>());
    assert_eq!(journal.bytes(), 0);
}

/// Not a test of its own: what [`killed_at_any_time_nothing_acknowledged_is_lost`] starts and kills.
#[test]
fn child_appends() {
    let (Some(dir), Ok(first)) = (std::env::var_os(DIR), std::env::var(FIRST)) else { return };
    let (mut journal, _) = Journal::open(dir, JournalOptions { segment_bytes: 300_000, ..options() }).unwrap();
    let mut next: u64 = first.parse().unwrap();
    loop {
        let count = next % 4 + 1;
        let length = if next.is_multiple_of(7) { 40_000 } else { 600 };
        append(&mut journal, next..next + count, length).unwrap();
        next += count;
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nacknowledged {next}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn killed_at_any_time_nothing_acknowledged_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let (mut next, mut acknowledged_in_all) = (0, 0);
    for round in 0..20_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["journal::child_appends", "--exact", "--nocapture"])
            .envs([(DIR, dir.path().as_os_str()), (FIRST, next.to_string().as_ref())])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let acknowledged = |line: &String| line.strip_prefix("acknowledged ").and_then(|text| text.parse::<u64>().ok());
        let mut last = next;
        for line in lines.by_ref().filter_map(|line| acknowledged(&line)).take(round as usize * 7 % 60) {
            last = line;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it died counts as well; a line cut short does not.
        last = lines.filter_map(|line| acknowledged(&line)).last().map_or(last, |more| more.max(last));
        acknowledged_in_all += last - next;
        let (journal, recovered) = open(dir.path());
        let (found, damage) = numbers(&journal.handle());
        assert!(
            damage.is_empty() && recovered.segments.iter().all(|s| s.damaged_at.is_none()),
            "round {round}: {damage:?}"
        );
        assert_eq!(found, (0..found.len() as u64).collect::<Vec<_>>(), "round {round}: whole, once, in order");
        assert!(found.len() as u64 >= last, "round {round}: {last} acknowledged, {} there", found.len());
        next = found.len() as u64;
    }
    println!("20 kills, {acknowledged_in_all} records acknowledged, none lost");
    assert!(acknowledged_in_all > 500, "{acknowledged_in_all}");
}

#[test]
fn a_full_disk_loses_nothing_and_is_usable_again() {
    let dir = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let status = Command::new(program).args(arguments).arg(dir.path()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if !run("mount", &["-t", "tmpfs", "-o", "size=1500k", "tmpfs"]) {
        println!("skipped: a small tmpfs cannot be mounted here");
        return;
    }
    let outcome = std::panic::catch_unwind(|| fill_disk(&dir.path().join("journal")));
    assert!(run("umount", &[]));
    outcome.unwrap();
}

fn fill_disk(dir: &Path) {
    let options = JournalOptions { segment_bytes: 400_000, ..options() };
    let (mut journal, _) = Journal::open(dir, options).unwrap();
    let mut count = 0;
    let full = |journal: &mut Journal, count: &mut u64| loop {
        match append(journal, *count..*count + 1, 30_000) {
            Ok(_) => *count += 1,
            Err(error) => return error,
        }
    };
    let error = full(&mut journal, &mut count);
    assert!(matches!(error, JournalError::NoSpace { .. }) && error.is_retryable(), "{error:?}");
    assert!(count > 20, "{count}");
    // Still full, still no harm.
    assert!(matches!(full(&mut journal, &mut count), JournalError::NoSpace { .. }));
    // Not even room for a line: sealed and restarted all the same.
    let filler = dir.with_file_name("filler");
    let mut fill = std::fs::File::create(&filler).unwrap();
    let mut fill = || while fill.write_all(&[0; 512]).is_ok() {};
    fill();
    journal.seal().unwrap();
    drop(journal);
    // Opening removes what a failed append left, which is room again.
    drop(Journal::open(dir, options).unwrap());
    fill();
    let (mut journal, _) = Journal::open(dir, options).unwrap();
    assert_eq!(numbers(&journal.handle()).0, (0..count).collect::<Vec<_>>());
    std::fs::remove_file(filler).unwrap();
    let segments = journal.segments();
    let kept = journal.read(segments[0].number).unwrap().count() as u64;
    journal.remove(segments[0].number).unwrap();
    let before = count;
    full(&mut journal, &mut count);
    assert!(count > before);
    // Without a restart too.
    journal.seal().unwrap();
    assert_eq!(numbers(&journal.handle()).0, (kept..count).collect::<Vec<_>>());
    for info in journal.segments() {
        journal.remove(info.number).unwrap();
    }
    append(&mut journal, 0..1, 30_000).unwrap();
}
