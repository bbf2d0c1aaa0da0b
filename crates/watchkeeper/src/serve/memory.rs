//! The memory of the process and its cap: who plans with how much of it, and what gives way at the cap.
//!
//! | share | for |
//! |---|---|
//! | 1/8 | bodies that are being received |
//! | 1/4 | requests that are decoded or wait for the journal |
//! | 1/4 | recognising repeated ids, at most |
//! | 1/8 | queries over the tables, beyond which they go to disk |
//!
//! The rest is for commits, profiles, compaction and what is open of the tables, each bounded by its own unit of work. The
//! plan counts what is asked for; the allocator and the libraries below take more. So the watch looks at what the process
//! really holds: near the cap no new request gets in until it is less. What is acknowledged goes on to the tables.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::watch;

/// How often it is looked at: so much cannot come in between that an eighth of the cap is filled.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Parts of a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shares {
    pub(super) bodies: usize,
    pub(super) requests: usize,
    pub(super) ids: u64,
    pub(super) queries: usize,
    /// Held by the process from which on requests are refused.
    full: u64,
}

impl Shares {
    pub(super) fn of(cap_bytes: u64) -> Self {
        let part = |of: u64| usize::try_from(cap_bytes / of).unwrap_or(usize::MAX);
        Self {
            bodies: part(8),
            requests: part(4),
            ids: cap_bytes / 4,
            queries: part(8),
            full: cap_bytes - cap_bytes / 8,
        }
    }
}

/// Sets `full` while the process holds more than its cap allows, until `stop`.
pub(super) async fn watch(shares: Shares, full: Arc<AtomicBool>, mut stop: watch::Receiver<bool>) {
    loop {
        let held = held_bytes().unwrap_or(0);
        let now = held >= shares.full;
        if full.swap(now, Relaxed) != now {
            let (held_mib, bound_mib) = (held >> 20, shares.full >> 20);
            if now {
                tracing::warn!(held_mib, bound_mib, "memory is near its cap; requests are refused until it is less");
            } else {
                tracing::info!(held_mib, bound_mib, "memory is below its cap again");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Memory that only this process holds, where the system tells it. Pages of files (the program's own among them) can be
/// taken away at any time and do not count.
pub(super) fn held_bytes() -> Option<u64> {
    field("RssAnon:")
}

/// Resident memory of this process, pages of files included.
pub(super) fn resident_bytes() -> Option<u64> {
    field("VmRSS:")
}

fn field(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn at_the_cap_it_says_so_and_below_it_no_longer() {
        let (stop, stopped) = watch::channel(false);
        let full = Arc::new(AtomicBool::new(false));
        let shares = |full| Shares { full, ..Shares::of(1 << 30) };
        let Some(held) = held_bytes() else { return };
        for (bound, expected) in [(held / 2, true), (held * 64, false)] {
            let task = tokio::spawn(super::watch(shares(bound), full.clone(), stopped.clone()));
            tokio::time::sleep(2 * LOOK_EVERY).await;
            assert_eq!(full.load(Relaxed), expected, "{held} bytes held, bound {bound}");
            task.abort();
        }
        drop(stop);
    }

    #[test]
    fn the_shares_leave_a_quarter() {
        let shares = Shares::of(1 << 30);
        let planned = (shares.bodies + shares.requests + shares.queries) as u64 + shares.ids;
        assert_eq!(planned, 3 << 28);
        assert_eq!(shares.full, 7 << 27);
    }
}
