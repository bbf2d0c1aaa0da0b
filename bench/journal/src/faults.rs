//! What is left after a fault? The last commit is torn (any subset of its 512-byte sectors reached the disk), or one
//! byte of an older commit is changed.

use crate::{Failure, Noise, Open};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reads the numbers of all records from a store that is not open, or says why that is impossible.
pub type Read = fn(&Path) -> Result<Vec<u64>, Failure>;

const SECTOR: usize = 512;
const COMMITS: u64 = 24;
/// Records of a commit and bytes of each.
const SHAPES: [(u64, usize); 2] = [(16, 1_500), (1, 24_000)];
const TRIES: u64 = 100;

type Files = BTreeMap<PathBuf, Vec<u8>>;

#[derive(Default, Debug)]
struct Outcome {
    right: u64,
    lost: u64,
    refused: BTreeMap<String, u64>,
}

/// Prints one line per kind of fault: how often all acknowledged records were there, fewer were, or it did not open.
pub fn run(root: &Path, name: &str, open: Open, read: Read) -> Result<(), Failure> {
    // A store that panics has refused; the text is in the counts.
    std::panic::set_hook(Box::new(|_| {}));
    SHAPES.iter().try_for_each(|(records, bytes)| one(root, name, open, read, *records, *bytes))
}

fn one(root: &Path, name: &str, open: Open, read: Read, count: u64, bytes: usize) -> Result<(), Failure> {
    let read = |dir: &Path| std::panic::catch_unwind(|| read(dir)).unwrap_or_else(|_| Err("panic when opened".into()));
    let dir = tempfile::Builder::new().prefix("journal-faults").tempdir_in(root)?;
    let live = dir.path().join("live");
    std::fs::create_dir(&live)?;
    let mut store = open(&live)?;
    let mut noise = Noise(7);
    let mut states = Vec::new();
    for commit in 0..COMMITS {
        let records: Vec<Vec<u8>> = (0..count).map(|i| record(commit * count + i, bytes, &mut noise)).collect();
        store.append(&records)?;
        states.push(files(&live)?);
    }
    let (Some(last), Some(before)) = (states.last(), states.get(states.len() - 2)) else { return Ok(()) };
    let mut torn = Outcome::default();
    let mut flipped = Outcome::default();
    for number in 0..TRIES {
        let copy = dir.path().join(format!("torn{number}"));
        write(&copy, &tear(before, last, &mut noise))?;
        judge(&mut torn, read(&copy), (COMMITS - 1) * count, 0);
        std::fs::remove_dir_all(&copy)?;
        let copy = dir.path().join(format!("flipped{number}"));
        let middle = states.len() / 2;
        write(&copy, &flip(&states[middle - 1], &states[middle], last, &mut noise))?;
        // All of one commit may go, no more.
        judge(&mut flipped, read(&copy), COMMITS * count, count);
        std::fs::remove_dir_all(&copy)?;
    }
    println!("{name}, {count} x {bytes} B: torn last commit {torn:?}");
    println!("{name}, {count} x {bytes} B: byte changed in an older commit {flipped:?}");
    // Closing may want files that are gone by then.
    std::mem::forget(store);
    Ok(())
}

fn judge(outcome: &mut Outcome, read: Result<Vec<u64>, Failure>, acknowledged: u64, allowed: u64) {
    match read {
        Ok(numbers) => {
            let there = (0..acknowledged).filter(|number| numbers.contains(number)).count() as u64;
            if there + allowed >= acknowledged { outcome.right += 1 } else { outcome.lost += 1 }
        }
        Err(failure) => *outcome.refused.entry(failure.to_string().chars().take(60).collect()).or_default() += 1,
    }
}

/// Number, checksum of the rest, noise.
fn record(number: u64, bytes: usize, noise: &mut Noise) -> Vec<u8> {
    let body = noise.bytes(bytes);
    [number.to_le_bytes().as_slice(), sum(&body).to_le_bytes().as_slice(), &body].concat()
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The number of a record that is whole.
pub fn number(record: &[u8]) -> Option<u64> {
    let (head, body) = record.split_at_checked(16)?;
    let (number, checksum) = head.split_at(8);
    (u64::from_le_bytes(checksum.try_into().ok()?) == sum(body)).then_some(())?;
    Some(u64::from_le_bytes(number.try_into().ok()?))
}

fn files(dir: &Path) -> Result<Files, Failure> {
    fn walk(base: &Path, dir: &Path, into: &mut Files) -> Result<(), Failure> {
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                walk(base, &path, into)?;
            } else {
                into.insert(path.strip_prefix(base)?.to_path_buf(), std::fs::read(&path)?);
            }
        }
        Ok(())
    }
    let mut all = Files::new();
    walk(dir, dir, &mut all)?;
    Ok(all)
}

fn write(dir: &Path, files: &Files) -> Result<(), Failure> {
    for (path, bytes) in files {
        let path = dir.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, bytes)?;
    }
    Ok(())
}

/// The last commit as a power cut may leave it: each changed sector new or old, few or half of them old, a grown file
/// at any length.
fn tear(before: &Files, after: &Files, noise: &mut Noise) -> Files {
    let rare = if noise.below(2) == 0 { 2 } else { 40 };
    let mut torn = Files::new();
    for (path, new) in after {
        let old = before.get(path).map_or(&[][..], Vec::as_slice);
        let mut bytes = new.clone();
        for (sector, chunk) in bytes.chunks_mut(SECTOR).enumerate() {
            let at = sector * SECTOR;
            let former: Vec<u8> = (at..at + chunk.len()).map(|i| old.get(i).copied().unwrap_or(0)).collect();
            if former != chunk && noise.below(rare) == 0 {
                chunk.copy_from_slice(&former);
            }
        }
        if new.len() > old.len() && noise.below(rare) == 0 {
            bytes.truncate(old.len() + noise.below((new.len() - old.len()) as u64) as usize);
        }
        torn.insert(path.clone(), bytes);
    }
    torn
}

/// One byte that the commit between `before` and `after` wrote and that is still there in `last`.
fn flip(before: &Files, after: &Files, last: &Files, noise: &mut Noise) -> Files {
    let mut places = Vec::new();
    for (path, new) in after {
        let old = before.get(path);
        let kept = last.get(path);
        for (at, byte) in new.iter().enumerate() {
            let changed = old.and_then(|old| old.get(at)) != Some(byte);
            if changed && kept.and_then(|kept| kept.get(at)) == Some(byte) && *byte != 0 {
                places.push((path, at));
            }
        }
    }
    let (path, at) = places[noise.below(places.len() as u64) as usize];
    let mut flipped = last.clone();
    if let Some(byte) = flipped.get_mut(path).and_then(|bytes| bytes.get_mut(at)) {
        *byte ^= 1 << noise.below(8);
    }
    flipped
}
