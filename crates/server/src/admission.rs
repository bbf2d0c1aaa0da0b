//! What is let in: requests at once, bytes at once, requests per key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::settings::{RateLimit, Settings};

/// Bytes that one permit of the memory budget stands for.
const UNIT: usize = 1 << 10;
/// Keys whose rate is remembered at most; those that have rested longest go first.
const KEYS_MAX: usize = 10_000;

/// Counts what is let in. Full means refused at once: nothing waits in memory.
#[derive(Debug)]
pub(crate) struct Admission {
    requests: Arc<Semaphore>,
    requests_max: u32,
    memory: Arc<Semaphore>,
    rate: Option<RateLimiter>,
}

/// A share of the memory budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    memory: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

impl Admission {
    pub(crate) fn new(settings: &Settings) -> Self {
        let clamp = |value: usize| u32::try_from(value.clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let requests_max = clamp(settings.concurrent_requests);
        Self {
            requests: Arc::new(Semaphore::new(requests_max as usize)),
            requests_max,
            memory: Arc::new(Semaphore::new(clamp(settings.in_flight_bytes.div_ceil(UNIT)) as usize)),
            rate: settings.rate_limit.map(RateLimiter::new),
        }
    }

    /// Room for one more request; `None` when there is none.
    pub(crate) fn request(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.requests).try_acquire_owned().ok()
    }

    /// Waits until no request is at work any more, and lets no further one in.
    pub(crate) async fn drained(&self) {
        if let Ok(all) = self.requests.acquire_many(self.requests_max).await {
            all.forget();
        }
    }

    /// Whether `bytes` would fit at the moment.
    pub(crate) fn fits(&self, bytes: usize) -> bool {
        self.memory.available_permits() >= bytes.div_ceil(UNIT)
    }

    /// An empty share of the memory budget, to be grown.
    pub(crate) fn hold(&self) -> Held {
        Held { memory: Arc::clone(&self.memory), permit: None, bytes: 0 }
    }

    /// Counts a request of `key`; the time until its next one is let in if this one is not.
    pub(crate) fn rate(&self, key: &str) -> Result<(), Duration> {
        self.rate.as_ref().map_or(Ok(()), |rate| rate.take(key, Instant::now()))
    }
}

impl Held {
    /// Grows the share by `bytes`; `false` when the budget is used up.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let units = |bytes: usize| bytes.div_ceil(UNIT);
        let more = units(self.bytes.saturating_add(bytes)) - units(self.bytes);
        let Ok(more) = u32::try_from(more) else { return false };
        if more > 0 {
            let Ok(permit) = Arc::clone(&self.memory).try_acquire_many_owned(more) else { return false };
            match &mut self.permit {
                Some(held) => held.merge(permit),
                None => self.permit = Some(permit),
            }
        }
        self.bytes += bytes;
        true
    }

    /// Bytes of the share.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

/// A token bucket for each key.
#[derive(Debug)]
struct RateLimiter {
    limit: RateLimit,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl RateLimiter {
    fn new(limit: RateLimit) -> Self {
        let limit = RateLimit { per_second: limit.per_second.max(1), burst: limit.burst.max(1) };
        Self { limit, buckets: Mutex::default() }
    }

    fn take(&self, key: &str, now: Instant) -> Result<(), Duration> {
        let (rate, burst) = (f64::from(self.limit.per_second), f64::from(self.limit.burst));
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEYS_MAX && !buckets.contains_key(key) {
            // A bucket that has had time to fill is as good as none.
            buckets.retain(|_, bucket| bucket.tokens + (now - bucket.at).as_secs_f64() * rate < burst);
        }
        if buckets.len() >= KEYS_MAX && !buckets.contains_key(key) {
            return Err(Duration::from_secs(1));
        }
        let bucket = buckets.entry(key.to_owned()).or_insert(Bucket { tokens: burst, at: now });
        bucket.tokens = ((now - bucket.at).as_secs_f64().mul_add(rate, bucket.tokens)).min(burst);
        bucket.at = now;
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / rate));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_round_up_once_and_are_given_back() {
        let admission = Admission::new(&Settings { in_flight_bytes: 3 * UNIT, ..Settings::default() });
        let mut held = admission.hold();
        for _ in 0..UNIT {
            assert!(held.grow(1));
        }
        assert!(admission.fits(2 * UNIT) && !admission.fits(2 * UNIT + 1));
        assert!(!held.grow(2 * UNIT + 1), "more than there is");
        assert!(held.grow(2 * UNIT));
        assert!(!admission.hold().grow(1));
        assert!(admission.hold().grow(0));
        drop(held);
        assert!(admission.fits(3 * UNIT));
    }

    #[test]
    fn a_bucket_refills_with_time_and_keys_do_not_share() {
        let limiter = RateLimiter::new(RateLimit { per_second: 2, burst: 3 });
        let start = Instant::now();
        let burst: Vec<bool> = (0..4).map(|_| limiter.take("a", start).is_ok()).collect();
        assert_eq!(burst, [true, true, true, false]);
        assert_eq!(limiter.take("a", start), Err(Duration::from_millis(500)));
        assert_eq!(limiter.take("b", start), Ok(()));
        assert_eq!(limiter.take("a", start + Duration::from_millis(500)), Ok(()));
        assert!(limiter.take("a", start + Duration::from_millis(500)).is_err());
        let rested = start + Duration::from_secs(60);
        assert_eq!((0..5).filter(|_| limiter.take("a", rested).is_ok()).count(), 3);
    }

    #[test]
    fn remembered_keys_are_bounded() {
        let limiter = RateLimiter::new(RateLimit { per_second: 1, burst: 1 });
        let start = Instant::now();
        for key in 0..KEYS_MAX {
            limiter.take(&key.to_string(), start).unwrap();
        }
        assert!(limiter.take("one more", start).is_err());
        assert!(limiter.take("one more", start + Duration::from_secs(2)).is_ok());
        assert!(limiter.buckets.lock().unwrap().len() <= KEYS_MAX);
    }
}
