//! When to try again, and when to stop: a pure function.

use aws_lc_rs::digest;
use watchkeeper_stats::random::unit_interval;

const MILLIS: i64 = 1_000;

/// Exponential backoff with full jitter: before attempt n+1 a wait of `u · min(cap, first · 2^(n−1))`, u uniform in
/// [0, 1). Source: Brooker 2015, <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The longest wait after the first attempt, in milliseconds.
    pub first_ms: u64,
    /// The longest wait at all, in milliseconds.
    pub cap_ms: u64,
    /// How long after the first attempt a notice is given up, in milliseconds.
    pub give_up_ms: u64,
    /// The longest wait that a target may ask for, in milliseconds.
    pub retry_after_max_ms: u64,
}

impl Default for Policy {
    /// From 5 s to 15 minutes, for 24 hours; a target may ask for an hour.
    fn default() -> Self {
        Self { first_ms: 5_000, cap_ms: 900_000, give_up_ms: 86_400_000, retry_after_max_ms: 3_600_000 }
    }
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Another attempt, not before this time (microseconds since 1970).
    Retry {
        /// When.
        at: i64,
    },
    /// None: it is a dead letter.
    Dead,
}

impl Policy {
    /// What follows the failed attempt number `attempts` (from 1) at `now`, the first having been at `first_at` (both
    /// microseconds since 1970). `key` is the notice's: it seeds the jitter, so the same attempt of the same notice always
    /// waits the same, and many notices spread. The last attempt is when the time is up.
    #[must_use]
    pub fn next(&self, key: &str, attempts: u32, first_at: i64, now: i64, retry_after_ms: Option<u64>) -> Next {
        let deadline = first_at.saturating_add(micros(self.give_up_ms));
        if now >= deadline {
            return Next::Dead;
        }
        let asked = retry_after_ms.unwrap_or_default().min(self.retry_after_max_ms);
        let wait = self.jittered_ms(key, attempts).max(asked);
        Next::Retry { at: now.saturating_add(micros(wait)).min(deadline) }
    }

    /// The longest wait after attempt number `attempts`.
    #[must_use]
    pub fn ceiling_ms(&self, attempts: u32) -> u64 {
        let doublings = attempts.saturating_sub(1);
        let factor = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
        self.first_ms.saturating_mul(factor).min(self.cap_ms)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "within 0..=ceiling"
    )]
    fn jittered_ms(&self, key: &str, attempts: u32) -> u64 {
        (uniform(key, attempts) * self.ceiling_ms(attempts) as f64) as u64
    }
}

fn micros(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(MILLIS)
}

/// Uniform in [0, 1), by what is tried.
fn uniform(key: &str, attempts: u32) -> f64 {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(key.as_bytes());
    context.update(&attempts.to_le_bytes());
    let bits = context.finish().as_ref().iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    unit_interval(bits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Next, Policy};

    const HOUR: i64 = 3_600_000_000;

    #[test]
    fn the_ceiling_doubles_from_5_seconds_to_15_minutes() {
        let policy = Policy::default();
        let seconds: Vec<u64> = (1..=10).map(|attempts| policy.ceiling_ms(attempts) / 1_000).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!((policy.ceiling_ms(0), policy.ceiling_ms(u32::MAX)), (5_000, 900_000));
    }

    #[test]
    fn waits_are_uniform_below_the_ceiling() {
        let policy = Policy::default();
        let waits: Vec<i64> = (0..10_000)
            .map(|n| match policy.next(&format!("key-{n}"), 3, 0, 0, None) {
                Next::Retry { at } => at,
                Next::Dead => panic!("dead"),
            })
            .collect();
        // 20 s uniform: mean 10 s with a standard error of 58 ms; five of them.
        let mean = waits.iter().sum::<i64>() as f64 / 10_000.0 / 1e6;
        assert!((mean - 10.0).abs() < 0.29, "{mean}");
        assert!(waits.iter().all(|wait| (0..20_000_000).contains(wait)));
        let below_quarter = waits.iter().filter(|wait| **wait < 5_000_000).count();
        assert!((2_283..2_717).contains(&below_quarter), "{below_quarter}");
    }

    #[test]
    fn after_a_day_it_is_a_dead_letter() {
        let policy = Policy::default();
        assert_eq!(policy.next("k", 50, 0, 24 * HOUR, None), Next::Dead);
        assert_eq!(policy.next("k", 50, 0, 24 * HOUR - 1, Some(60_000)), Next::Retry { at: 24 * HOUR });
    }

    #[test]
    fn the_target_may_ask_for_a_wait_but_not_for_ever() {
        let policy = Policy::default();
        assert_eq!(policy.next("k", 1, 0, 0, Some(60_000)), Next::Retry { at: 60_000_000 });
        assert_eq!(policy.next("k", 1, 0, 0, Some(u64::MAX)), Next::Retry { at: HOUR });
    }

    proptest! {
        #[test]
        fn a_retry_is_never_in_the_past_nor_behind_the_deadline(
            attempts in 1_u32..1_000, first in 0_i64..1_000_000_000, age in 0_i64..100_000_000_000, asked: Option<u64>,
        ) {
            let now = first + age;
            match Policy::default().next("key", attempts, first, now, asked) {
                Next::Dead => prop_assert!(age >= 24 * HOUR),
                Next::Retry { at } => prop_assert!(at >= now && at <= first + 24 * HOUR),
            }
            prop_assert_eq!(
                Policy::default().next("key", attempts, first, now, asked),
                Policy::default().next("key", attempts, first, now, asked)
            );
        }
    }
}
