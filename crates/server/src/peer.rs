//! What requests and their connection tell each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What requests tell their connection: how many there were, and how many of them are at work.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peer(Arc<Work>);

#[derive(Debug, Default)]
struct Work {
    begun: AtomicUsize,
    active: AtomicUsize,
    /// Whether a part of the newest request's body may still be on its way.
    unread: AtomicBool,
}

impl Peer {
    /// Counts a request as at work until the answer is dropped. `sends`: its client sends a body whatever it is answered.
    pub(crate) fn busy(&self, sends: bool) -> Busy {
        self.0.unread.store(sends, Ordering::Relaxed);
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        self.0.active.fetch_add(1, Ordering::Relaxed);
        Busy(self.clone())
    }

    /// The body of the newest request was read to its end.
    pub(crate) fn has_read_all(&self) {
        self.0.unread.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_unread(&self) -> bool {
        self.0.unread.load(Ordering::Relaxed)
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.0.active.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn begun(&self) -> usize {
        self.0.begun.load(Ordering::Relaxed)
    }
}

/// A request at work.
#[derive(Debug)]
pub(crate) struct Busy(Peer);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}
