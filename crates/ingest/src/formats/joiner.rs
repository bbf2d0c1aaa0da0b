//! Requests and responses that arrive apart, joined by the id of their call, in bounded memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::converted::{Converted, FormatError, Options, Source};
use super::events::Call;
use super::weight;
use crate::Reject;

/// Which half of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What the model was asked.
    Request,
    /// What the model answered.
    Response,
}

/// One half of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Half {
    /// The halves of one call have one key.
    pub(super) key: String,
    pub(super) side: Side,
    pub(super) source: Source,
    pub(super) call: Call,
}

/// The halves of one input, and what needs no other half: labels and rejects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Halves {
    /// In the order of the input.
    pub halves: Vec<Half>,
    /// Labels, rejects and the count of rows; no events yet.
    pub converted: Converted,
}

/// Bounds of a [`Joiner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinerLimits {
    /// Halves that wait at the same time.
    pub entries: usize,
    /// Estimated bytes of the halves that wait.
    pub bytes: usize,
    /// How long a half waits, in microseconds.
    pub age_us: i64,
}

impl Default for JoinerLimits {
    fn default() -> Self {
        Self { entries: 100_000, bytes: 64 << 20, age_us: 60_000_000 }
    }
}

/// Pairs requests with responses.
///
/// A half waits for the other one until it is older than [`JoinerLimits::age_us`] or has to make room (the oldest
/// first). It then leaves alone: a response is a prediction without features, a request is an event with features and
/// no prediction, since the model was asked and its inputs count. If the other half comes after that, it becomes an
/// event of the same id: a correction. A half that comes again while it waits is taken once; with other content, the
/// older one leaves alone. Memory only: halves that wait are lost with the process, and so should not have been
/// acknowledged yet where that matters.
#[derive(Debug)]
pub struct Joiner {
    limits: JoinerLimits,
    waiting: HashMap<Arc<str>, Waiting>,
    /// Keys by arrival.
    arrivals: BTreeMap<u64, Arc<str>>,
    arrived: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    half: Half,
    arrival: u64,
    since_us: i64,
    bytes: usize,
}

impl Joiner {
    /// An empty joiner.
    #[must_use]
    pub fn new(limits: JoinerLimits) -> Self {
        Self { limits, waiting: HashMap::new(), arrivals: BTreeMap::new(), arrived: 0, bytes: 0 }
    }

    /// Halves that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Estimated bytes of the halves that wait.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes all halves of an input at the time `now_us` (microseconds since 1970); what is complete, too old or has
    /// to make room becomes events, beside the input's labels and rejects.
    ///
    /// # Errors
    ///
    /// [`FormatError::TooManyRows`] when the events are more than a request may have.
    pub fn join(&mut self, input: Halves, now_us: i64, options: &Options) -> Result<Converted, FormatError> {
        let mut converted = input.converted;
        for half in input.halves {
            self.offer(half, now_us, options, &mut converted)?;
        }
        self.expire(now_us, options, &mut converted)?;
        converted.rejects.sort_by_key(|reject| reject.row);
        Ok(converted)
    }

    /// Takes one half; adds to `converted` what is complete and what had to make room.
    ///
    /// # Errors
    ///
    /// [`FormatError::TooManyRows`] when the events are more than a request may have.
    pub fn offer(
        &mut self,
        half: Half,
        now_us: i64,
        options: &Options,
        converted: &mut Converted,
    ) -> Result<(), FormatError> {
        match self.take(&half.key) {
            None => self.wait(half, now_us),
            Some(first) if first.half.side != half.side => emit(pair(first.half, half), options, converted)?,
            Some(first) if first.half.call == half.call => self.wait(first.half, first.since_us),
            Some(first) => {
                emit(first.half, options, converted)?;
                self.wait(half, now_us);
            }
        }
        while self.waiting.len() > self.limits.entries || self.bytes > self.limits.bytes {
            let Some(oldest) = self.take_oldest() else {
                break;
            };
            emit(oldest, options, converted)?;
        }
        Ok(())
    }

    /// Lets go of the halves that are too old at `now_us`. A clock that went back makes nothing older.
    ///
    /// # Errors
    ///
    /// [`FormatError::TooManyRows`] when the events are more than a request may have.
    pub fn expire(&mut self, now_us: i64, options: &Options, converted: &mut Converted) -> Result<(), FormatError> {
        while let Some(key) = self.arrivals.values().next() {
            let since_us = self.waiting.get(key).map_or(i64::MIN, |waiting| waiting.since_us);
            if now_us.saturating_sub(since_us) <= self.limits.age_us {
                break;
            }
            let Some(oldest) = self.take_oldest() else {
                break;
            };
            emit(oldest, options, converted)?;
        }
        Ok(())
    }

    /// Lets go of everything, in order of arrival: at the end of a file or of the process.
    ///
    /// # Errors
    ///
    /// [`FormatError::TooManyRows`] when the events are more than a request may have.
    pub fn drain(&mut self, options: &Options, converted: &mut Converted) -> Result<(), FormatError> {
        while let Some(oldest) = self.take_oldest() {
            emit(oldest, options, converted)?;
        }
        Ok(())
    }

    fn wait(&mut self, half: Half, since_us: i64) {
        let key: Arc<str> = half.key.as_str().into();
        let bytes = weight::of_half(&half);
        self.bytes = self.bytes.saturating_add(bytes);
        let arrival = self.arrived;
        self.arrived += 1;
        self.arrivals.insert(arrival, Arc::clone(&key));
        self.waiting.insert(key, Waiting { half, arrival, since_us, bytes });
    }

    fn take(&mut self, key: &str) -> Option<Waiting> {
        let waiting = self.waiting.remove(key)?;
        self.arrivals.remove(&waiting.arrival);
        self.bytes = self.bytes.saturating_sub(waiting.bytes);
        Some(waiting)
    }

    fn take_oldest(&mut self) -> Option<Half> {
        let key = Arc::clone(self.arrivals.values().next()?);
        self.take(&key).map(|waiting| waiting.half)
    }
}

/// The whole call: what the request says comes first, and its time is the time of the prediction. The version that
/// answered is the response's.
fn pair(first: Half, second: Half) -> Half {
    let source = second.source.clone();
    let (mut request, response) = match first.side {
        Side::Request => (first, second),
        Side::Response => (second, first),
    };
    request.call.version = response.call.version.clone().or(request.call.version);
    request.call.complete(response.call);
    let model = request.source.model.or(response.source.model);
    Half { source: Source { model, ..source }, call: request.call, key: request.key, side: request.side }
}

fn emit(half: Half, options: &Options, converted: &mut Converted) -> Result<(), FormatError> {
    match half.call.into_events(options) {
        Ok(events) => converted.push_events(events, &half.source, options),
        Err(fault) => {
            let reject: Reject = fault.at(half.source.row);
            converted.rejects.push(reject);
            Ok(())
        }
    }
}
