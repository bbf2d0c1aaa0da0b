//! Spans of recent traces, in bounded memory.

use std::collections::{BTreeMap, HashMap};

use super::kept::KeptSpan;

/// Bounds of a [`SpanStore`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// Traces at the same time.
    pub traces: usize,
    /// Spans of one trace; further ones are dropped.
    pub spans_per_trace: usize,
    /// Estimated bytes of all spans.
    pub bytes: usize,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { traces: 20_000, spans_per_trace: 500, bytes: 64 << 20 }
    }
}

/// Spans by trace id. The trace that began to arrive first leaves first.
#[derive(Debug)]
pub struct SpanStore {
    limits: StoreLimits,
    traces: HashMap<String, Trace>,
    /// Trace ids by arrival of their first span.
    arrivals: BTreeMap<u64, String>,
    arrived: u64,
    bytes: usize,
    dropped: u64,
}

#[derive(Debug)]
struct Trace {
    spans: Vec<KeptSpan>,
    bytes: usize,
}

/// What a trace takes beside its spans: its id twice, and its places in two maps.
const TRACE_BYTES: usize = 256;

impl SpanStore {
    /// An empty store.
    #[must_use]
    pub fn new(limits: StoreLimits) -> Self {
        Self { limits, traces: HashMap::new(), arrivals: BTreeMap::new(), arrived: 0, bytes: 0, dropped: 0 }
    }

    /// Adds a span. One that is there already (a retried request) replaces itself; one beyond the bound of its trace
    /// is dropped; the oldest traces leave until the rest is within bounds.
    pub fn insert(&mut self, span: KeptSpan) {
        if !self.traces.contains_key(&span.trace_id) {
            let arrival = self.arrived;
            self.arrived += 1;
            self.arrivals.insert(arrival, span.trace_id.clone());
            self.traces.insert(span.trace_id.clone(), Trace { spans: Vec::new(), bytes: TRACE_BYTES });
            self.bytes = self.bytes.saturating_add(TRACE_BYTES);
        }
        let Some(trace) = self.traces.get_mut(&span.trace_id) else {
            return;
        };
        let bytes = span.bytes();
        if let Some(same) = trace.spans.iter_mut().find(|own| own.span_id == span.span_id) {
            let before = same.bytes();
            *same = span;
            trace.bytes = trace.bytes.saturating_sub(before).saturating_add(bytes);
            self.bytes = self.bytes.saturating_sub(before).saturating_add(bytes);
        } else if trace.spans.len() < self.limits.spans_per_trace {
            trace.spans.push(span);
            trace.bytes = trace.bytes.saturating_add(bytes);
            self.bytes = self.bytes.saturating_add(bytes);
        } else {
            self.dropped += 1;
        }
        while self.traces.len() > self.limits.traces || self.bytes > self.limits.bytes {
            if !self.remove_oldest() {
                break;
            }
        }
    }

    /// The spans of a trace (32 lower-case hex digits) by their start; empty when it is not known (any more).
    #[must_use]
    pub fn trace(&self, trace_id: &str) -> Vec<&KeptSpan> {
        let mut spans: Vec<&KeptSpan> =
            self.traces.get(trace_id).map_or_else(Vec::new, |trace| trace.spans.iter().collect());
        spans.sort_by(|one, other| (one.start_us, &one.span_id).cmp(&(other.start_us, &other.span_id)));
        spans
    }

    /// Traces that are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.traces.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.traces.is_empty()
    }

    /// Estimated bytes of what is kept.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Spans that were dropped or left with their trace, since the start.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    fn remove_oldest(&mut self) -> bool {
        let Some((_, trace_id)) = self.arrivals.pop_first() else {
            return false;
        };
        if let Some(trace) = self.traces.remove(&trace_id) {
            self.bytes = self.bytes.saturating_sub(trace.bytes);
            self.dropped += trace.spans.len() as u64;
        }
        true
    }
}
