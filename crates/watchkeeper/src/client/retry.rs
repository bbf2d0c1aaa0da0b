//! Whether and when a request is sent again: a pure function of what happened.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// What became of one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// An answer came.
    Answered {
        /// HTTP status.
        status: u16,
        /// The server's `Retry-After`.
        after: Option<Duration>,
    },
    /// No connection: nothing was sent.
    NotConnected,
    /// The connection broke, or no answer came in time: the request may have arrived.
    Broken,
}

impl Attempt {
    /// Whether it makes sense to send the same again.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        match self {
            // Gateways answer 502 and 504 while a server behind them restarts.
            Self::Answered { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::NotConnected | Self::Broken => true,
        }
    }
}

/// How long and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The wait before the second try; it doubles with each further one.
    pub first: Duration,
    /// The longest wait of its own choice; a server may ask for a longer one.
    pub longest: Duration,
    /// All waits of a request together.
    pub patience: Duration,
}

impl RetryPolicy {
    /// For commands that somebody waits for: a few seconds.
    pub const INTERACTIVE: Self = Self::with_patience(Duration::from_secs(3));

    /// The usual waits, given up after `patience` in all.
    #[must_use]
    pub const fn with_patience(patience: Duration) -> Self {
        Self { first: Duration::from_millis(200), longest: Duration::from_secs(10), patience }
    }

    /// How long to wait before the next try; `None` to give up.
    ///
    /// * `tries`: tries before this one, from 0; `waited`: all waits so far.
    /// * `jitter`: a number in `[0, 1)`; of the own wait one half is fixed and the other is multiplied by it, so that
    ///   clients that were refused together do not come back together.
    ///
    /// What the server asks for is kept: never less is waited. Waits that would exceed the patience are not begun.
    #[must_use]
    pub fn wait(&self, attempt: Attempt, tries: u32, waited: Duration, jitter: f64) -> Option<Duration> {
        if !attempt.is_retryable() {
            return None;
        }
        let doubled = self.first.saturating_mul(2u32.saturating_pow(tries.min(31))).min(self.longest);
        let own = doubled.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0));
        let wait = match attempt {
            Attempt::Answered { after: Some(after), .. } => after.max(own.min(self.first)),
            _ => own,
        };
        (waited.checked_add(wait)? <= self.patience).then_some(wait)
    }
}

/// The wait that a `Retry-After` asks for: seconds, or a date, which counts from `now`. A past date is no wait.
#[must_use]
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    let milliseconds = at.as_millisecond().saturating_sub(now.as_millisecond());
    Some(Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0)))
}

/// A random number in `[0, 1)`; 0 when the system has none.
pub(super) fn jitter() -> f64 {
    let mut bytes = [0u8; 4];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        return 0.0;
    }
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy::with_patience(Duration::from_secs(60));

    fn answered(status: u16, after: Option<u64>) -> Attempt {
        Attempt::Answered { status, after: after.map(Duration::from_secs) }
    }

    #[test]
    fn answers_that_time_does_not_change_are_final() {
        for status in [200, 201, 204, 301, 400, 401, 403, 404, 409, 413, 415, 422, 500, 501] {
            assert_eq!(POLICY.wait(answered(status, Some(1)), 0, Duration::ZERO, 0.5), None, "{status}");
        }
        for status in [429, 502, 503, 504] {
            assert!(POLICY.wait(answered(status, None), 0, Duration::ZERO, 0.5).is_some(), "{status}");
        }
    }

    #[test]
    fn waits_double_to_a_bound_and_half_of_them_is_random() {
        let wait = |tries, jitter| POLICY.wait(Attempt::NotConnected, tries, Duration::ZERO, jitter).unwrap();
        assert_eq!((wait(0, 0.0), wait(0, 1.0)), (Duration::from_millis(100), Duration::from_millis(200)));
        assert_eq!((wait(3, 0.0), wait(3, 1.0)), (Duration::from_millis(800), Duration::from_millis(1600)));
        assert_eq!((wait(9, 1.0), wait(u32::MAX, 1.0)), (POLICY.longest, POLICY.longest));
    }

    #[test]
    fn the_server_is_given_the_time_it_asks_for() {
        let wait = |after| POLICY.wait(answered(429, Some(after)), 20, Duration::ZERO, 1.0);
        assert_eq!(wait(7), Some(Duration::from_secs(7)));
        assert_eq!(wait(45), Some(Duration::from_secs(45)));
        // Zero does not mean as fast as possible.
        assert_eq!(wait(0), Some(POLICY.first));
        assert_eq!(wait(61), None);
        assert_eq!(wait(u64::MAX), None);
    }

    #[test]
    fn patience_ends() {
        let (mut waited, mut tries) = (Duration::ZERO, 0);
        while let Some(wait) = POLICY.wait(Attempt::Broken, tries, waited, 1.0) {
            waited += wait;
            tries += 1;
            assert!(tries < 100);
        }
        assert!(waited <= POLICY.patience && waited + POLICY.longest > POLICY.patience, "{waited:?} in {tries} tries");
        assert_eq!(POLICY.wait(Attempt::Broken, 0, Duration::MAX, 0.0), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2015-10-21T07:28:00Z".parse().unwrap();
        let after = |text| retry_after(text, now).map(|duration| duration.as_secs());
        assert_eq!(after(" 120 "), Some(120));
        assert_eq!(after("Wed, 21 Oct 2015 07:28:30 GMT"), Some(30));
        assert_eq!(after("Wed, 21 Oct 2015 07:27:00 GMT"), Some(0));
        for text in ["", "-1", "1.5", "soon", "2015-10-21"] {
            assert_eq!(after(text), None, "{text}");
        }
    }
}
