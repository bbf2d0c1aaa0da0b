//! Ids per second against an index that holds millions, and durable appends per second.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::{Duration, Instant};
use watchkeeper_ingest::ids::{Entry, IdHash, IdIndex, IdOptions};
use watchkeeper_ingest::journal::{Journal, JournalOptions, Record, SegmentNo};

const BATCH: u64 = 1_000;
const DAY: i32 = 20_000;

fn entries(from: u64, count: u64) -> Vec<Entry> {
    let seed = IdHash::seed("default/models/m/predictions");
    let entry = |id: u64| Entry { id: IdHash::seeded(seed, &id.to_le_bytes()), content: id as u32, day: DAY };
    (from..from + count).map(entry).collect()
}

/// `held` ids in runs, as many as writing parts of half a million and merging leaves.
fn index(dir: &std::path::Path, held: u64) -> IdIndex {
    let options = IdOptions { memory_bytes: 1 << 30, ..IdOptions::default() };
    let mut index = IdIndex::open(dir, options).unwrap().index;
    for (number, from) in (0..held).step_by(500_000).enumerate() {
        index.check_insert_all(&entries(from, 500_000.min(held - from)), DAY).unwrap();
        index.confirm();
        index.persist(SegmentNo(number as u64 + 1)).unwrap();
        while index.compact_step().unwrap() {}
    }
    index
}

fn ids(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ids");
    group.throughput(Throughput::Elements(BATCH)).sample_size(50);
    for held in [0, 1_000_000, 20_000_000_u64] {
        let dir = tempfile::tempdir().unwrap();
        let mut index = index(dir.path(), held);
        let runs = index.stats().runs;
        let mut next = 1 << 40;
        group.bench_function(BenchmarkId::new("new", format!("{held} in {runs} runs")), |bench| {
            bench.iter_custom(|times| {
                let mut spent = Duration::ZERO;
                for _ in 0..times {
                    next += BATCH;
                    let batch = entries(next, BATCH);
                    let began = Instant::now();
                    black_box(index.check_insert_all(&batch, DAY).unwrap());
                    spent += began.elapsed();
                    // Taken back now and then: else the recent part grows with the length of the bench.
                    if index.stats().recent > 1_000_000 {
                        index.rollback();
                    }
                }
                spent
            });
        });
        index.rollback();
        if held > 0 {
            let mut at = 0;
            let repeated = |at: &mut u64| {
                *at = (*at + 7_919 * BATCH) % (held - BATCH);
                entries(*at, BATCH)
            };
            group.bench_function(BenchmarkId::new("same", format!("{held} in {runs} runs")), |bench| {
                bench.iter_batched(
                    || repeated(&mut at),
                    |batch| {
                        let seen = index.check_insert_all(&batch, DAY).unwrap();
                        index.confirm();
                        black_box(seen)
                    },
                    BatchSize::SmallInput,
                );
            });
        }
    }
    group.finish();
}

fn journal(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal");
    group.sample_size(30);
    for (records, bytes) in [(1, 600), (64, 600), (1, 512 << 10), (1, 4 << 20)] {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(dir.path(), JournalOptions::default()).unwrap().0;
        let payload: Vec<u8> = (0..bytes).map(|i: u32| (i.wrapping_mul(0x9E37_79B1) >> 13) as u8).collect();
        let record = Record { table: "default/models/m/predictions", request: [1; 16], payload: &payload };
        let all = vec![record; records];
        let mut current = None;
        group.throughput(Throughput::Bytes(records as u64 * u64::from(bytes)));
        group.bench_function(BenchmarkId::new("append", format!("{records} x {bytes} B")), |bench| {
            bench.iter(|| {
                let segment = journal.append(&all).unwrap().segment;
                if let Some(former) = current.replace(segment).filter(|former| *former != segment) {
                    journal.remove(former).unwrap();
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, ids, journal);
criterion_main!(benches);
