//! What does one durable commit cost? Stores side by side, rounds interleaved so that all see the same noise.
//!
//! `journal-bench [DIR] [ROUNDS]` prints one Markdown row per shape and store; `journal-bench faults [DIR]` tells what
//! is left after a torn or a changed write.

mod bare;
mod faults;
mod fjall_store;
mod redb_store;
mod sqlite;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

/// A journal as the service uses it: append durably, close a segment, forget a segment.
pub trait Store {
    /// All records in one transaction, durable when it returns.
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), Failure>;
    /// Later appends go to a new segment; the segment before the closed one is forgotten, its space given back.
    fn rotate(&mut self) -> Result<(), Failure>;
}

type Open = fn(&Path) -> Result<Box<dyn Store>, Failure>;

const STORES: [(&str, Open); 8] = [
    ("bare append + fdatasync", bare::appending),
    ("bare, recycled files", bare::recycling),
    ("fjall 3", fjall_store::open),
    ("redb 4", redb_store::open),
    ("SQLite, a table per segment", sqlite::one_file),
    ("SQLite, a file per segment", sqlite::file_per_segment::<8_192>),
    ("same, pages of 16 KiB", sqlite::file_per_segment::<16_384>),
    ("same, pages of 32 KiB", sqlite::file_per_segment::<32_768>),
];

struct Shape {
    name: &'static str,
    records: usize,
    bytes: usize,
    /// Commits per round.
    commits: usize,
    /// Commits per segment.
    segment: usize,
}

const SHAPES: [Shape; 4] = [
    Shape { name: "1 x 600 B", records: 1, bytes: 600, commits: 600, segment: 200 },
    Shape { name: "64 x 600 B", records: 64, bytes: 600, commits: 600, segment: 200 },
    Shape { name: "1 x 512 KiB", records: 1, bytes: 512 << 10, commits: 384, segment: 128 },
    Shape { name: "1 x 4 MiB", records: 1, bytes: 4 << 20, commits: 64, segment: 16 },
];

#[derive(Default)]
struct Figures {
    latencies: Vec<Duration>,
    wall: Duration,
    cpu: Duration,
    bytes: u64,
    disk_peak: u64,
    disk_end: u64,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut first = arguments.next();
    let faults = first.as_deref() == Some("faults");
    if faults {
        first = arguments.next();
    }
    let root = first.map_or_else(std::env::temp_dir, PathBuf::from);
    if faults {
        faults::run(&root, "fjall 3", fjall_store::open, fjall_store::read)?;
        faults::run(&root, "redb 4", redb_store::open, redb_store::read)?;
        return faults::run(&root, "SQLite", sqlite::one_file, sqlite::read);
    }
    let rounds: usize = arguments.next().map_or(Ok(3), |text| text.parse())?;
    println!("| commit | store | p50 ms | p99 ms | MB/s | CPU ms/MB | CPU ms/commit | disk peak MB | at end MB |");
    println!("|---|---|---:|---:|---:|---:|---:|---:|---:|");
    for shape in &SHAPES {
        let mut figures: Vec<Figures> = STORES.iter().map(|_| Figures::default()).collect();
        for round in 0..rounds {
            for (figures, (_, open)) in figures.iter_mut().zip(STORES) {
                measure(&root, shape, open, round, figures)?;
            }
        }
        for (figures, (name, _)) in figures.iter_mut().zip(STORES) {
            print(shape, name, figures);
        }
    }
    Ok(())
}

fn measure(root: &Path, shape: &Shape, open: Open, round: usize, into: &mut Figures) -> Result<(), Failure> {
    let dir = tempfile::Builder::new().prefix("journal-bench").tempdir_in(root)?;
    let mut store = open(dir.path())?;
    let mut noise = Noise(round as u64 + 1);
    let (cpu, began) = (cpu_time(), Instant::now());
    let mut making = Duration::ZERO;
    for commit in 0..shape.commits {
        let made = Instant::now();
        let records: Vec<Vec<u8>> = (0..shape.records).map(|_| noise.bytes(shape.bytes)).collect();
        making += made.elapsed();
        let appended = Instant::now();
        store.append(&records)?;
        into.latencies.push(appended.elapsed());
        into.bytes += (shape.records * shape.bytes) as u64;
        if (commit + 1) % shape.segment == 0 {
            into.disk_peak = into.disk_peak.max(disk_bytes(dir.path())?);
            store.rotate()?;
        }
    }
    into.wall += began.elapsed().saturating_sub(making);
    into.cpu += cpu_time().saturating_sub(cpu).saturating_sub(making);
    into.disk_end = into.disk_end.max(disk_bytes(dir.path())?);
    Ok(())
}

fn print(shape: &Shape, name: &str, figures: &mut Figures) {
    figures.latencies.sort_unstable();
    let at = |share: f64| {
        let last = figures.latencies.len() - 1;
        figures.latencies[(last as f64 * share) as usize].as_secs_f64() * 1e3
    };
    let mb = figures.bytes as f64 / 1e6;
    let cpu = figures.cpu.as_secs_f64() * 1e3;
    println!(
        "| {} | {name} | {:.2} | {:.1} | {:.1} | {:.2} | {:.3} | {:.0} | {:.0} |",
        shape.name,
        at(0.5),
        at(0.99),
        mb / figures.wall.as_secs_f64(),
        cpu / mb,
        cpu / figures.latencies.len() as f64,
        figures.disk_peak as f64 / 1e6,
        figures.disk_end as f64 / 1e6,
    );
}

/// Processor time of all threads of this process.
fn cpu_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Blocks that the files below `dir` take, in bytes.
fn disk_bytes(dir: &Path) -> Result<u64, Failure> {
    use std::os::unix::fs::MetadataExt;
    let mut total = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        // A background thread of the store may remove it meanwhile.
        let Ok(metadata) = entry.metadata() else { continue };
        total += if metadata.is_dir() { disk_bytes(&entry.path()).unwrap_or(0) } else { metadata.blocks() * 512 };
    }
    Ok(total)
}

/// Bytes that no store can compress.
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(length + 8);
        while out.len() < length {
            self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            out.extend_from_slice(&(self.0 ^ (self.0 >> 29)).to_le_bytes());
        }
        out.truncate(length);
        out
    }

    fn below(&mut self, bound: u64) -> u64 {
        let bytes = self.bytes(8);
        let high = bytes.iter().rev().fold(0, |sum: u64, byte| (sum << 8) | u64::from(*byte)) >> 11;
        high % bound.max(1)
    }
}
