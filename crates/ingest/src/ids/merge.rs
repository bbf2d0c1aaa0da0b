//! Which runs to merge, and merging them.

use super::error::IdsError;
use super::run::{Run, Scan};
use super::write::RunWriter;
use crate::journal::SegmentNo;
use std::path::Path;
use std::sync::Arc;

/// Runs of one tier that are merged at once; each tier is so many times larger than the one before.
const FAN_IN: usize = 4;
/// The smallest tier ends here; entries.
const FIRST_TIER: u64 = 1 << 16;
/// Beyond so many runs two neighbours are merged whatever their size: each run costs each look-up.
const MOST_RUNS: usize = 20;

/// What to merge next: a range of `runs` (newest first), or nothing. Neighbours only: the latest entry must win.
///
/// Each entry is written once per tier, so a billion ids are written about eight times in their life.
pub(super) fn choose(runs: &[Arc<Run>], cutoff: u16) -> Option<std::ops::Range<usize>> {
    let mut start = 0;
    for (place, run) in runs.iter().enumerate() {
        if runs.get(start).is_some_and(|first| tier(first) != tier(run)) {
            start = place;
        }
        if place + 1 - start == FAN_IN {
            return Some(start..place + 1);
        }
    }
    if runs.len() > MOST_RUNS {
        let sum = |pair: &[Arc<Run>]| pair.iter().map(|run| run.facts.entries).sum::<u64>();
        let least = runs.windows(2).enumerate().min_by_key(|(_, pair)| sum(pair))?;
        return Some(least.0..least.0 + 2);
    }
    // A third of it is beyond the horizon.
    let stale = |run: &Arc<Run>| run.facts.days.before(cutoff) * 3 > run.facts.entries;
    runs.iter().position(stale).map(|place| place..place + 1)
}

fn tier(run: &Run) -> u32 {
    let fan_in = FAN_IN as u64;
    (run.facts.entries / FIRST_TIER).checked_ilog(fan_in).map_or(0, |tier| tier + 1)
}

/// Writes what is in `runs` (newest first) and still within the horizon to one run. Memory: a page per run.
pub(super) fn merge(runs: &[Arc<Run>], cutoff: u16, path: &Path) -> Result<(), IdsError> {
    let most = runs.iter().map(|run| run.facts.entries).sum();
    let oldest = runs.iter().map(|run| run.facts.days.oldest()).min().unwrap_or(0).max(cutoff);
    let newest = runs.iter().map(|run| run.facts.newest).max().unwrap_or(0);
    let covers = runs.iter().map(|run| run.facts.covers).max().unwrap_or(SegmentNo(0));
    let failed = || IdsError::io("write", path);
    let mut out = RunWriter::create(path, most, (oldest, newest), covers).map_err(failed())?;
    let mut scans: Vec<Scan> = runs.iter().map(|run| Arc::clone(run).scan()).collect();
    let mut heads = scans.iter_mut().map(Scan::next).collect::<Result<Vec<_>, _>>()?;
    // The first of equal keys is the newest; few runs, so a plain search for the least.
    while let Some(least) = heads.iter().flatten().map(|(key, _)| *key).min() {
        let mut newest = None;
        for (head, scan) in heads.iter_mut().zip(&mut scans) {
            if let Some((key, value)) = *head
                && key == least
            {
                newest = newest.or(Some(value));
                *head = scan.next()?;
            }
        }
        if let Some(value) = newest.filter(|value| value.keep_day() >= cutoff) {
            out.push(least, value).map_err(failed())?;
        }
    }
    out.finish().map_err(failed())
}
