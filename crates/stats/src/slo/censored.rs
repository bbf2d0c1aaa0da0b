//! Accounting while labels are still to come: an event is good, bad, pending or expired.
//!
//! Bad over labelled is not a rate when bad events are labelled sooner or only bad ones are: the denominator here is
//! always all events, and what is pending is bounded or estimated, never left out.

use crate::interval::Interval;
use crate::special::normal_isf;

/// Pending events of one kind, and how likely each is to turn out bad.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pending {
    /// How many.
    pub events: u64,
    /// Probability that one is bad, in `[0, 1]`: the rate of matured events, of the stratum, or a validated estimate.
    pub probability: f64,
    /// Standard error of that probability.
    pub standard_error: f64,
}

/// Events of a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Censored {
    /// Labelled good.
    pub good: u64,
    /// Labelled bad.
    pub bad: u64,
    /// Not labelled yet.
    pub pending: u64,
    /// What is known of the pending ones; those that no entry covers may be anything.
    pub estimates: Vec<Pending>,
}

/// What an event counts as whose label did not come within the longest delay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expired {
    /// Left out of all events; report how many.
    #[default]
    Exclude,
    /// Good.
    Good,
    /// Bad.
    Bad,
}

/// Where a quality objective stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// More bad events are known than the budget allows.
    Violated,
    /// The period is over, and the budget holds whatever the pending events turn out to be.
    Met,
    /// The budget is expected to be exceeded, beyond the uncertainty.
    AtRisk,
    /// The budget is expected to hold, beyond the uncertainty.
    OnTrack,
    /// Neither can be said.
    Undetermined,
}

/// The views of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// Indicator if every pending event is bad, and if none is.
    pub bounds: Interval,
    /// Expected bad events.
    pub expected_bad: f64,
    /// 95 % band of the bad events: Poisson-binomial noise and uncertainty of the probabilities.
    pub band: Interval,
    /// Share of the budget that is spent: if no pending event is bad, expected, if every one is.
    pub consumed: (f64, f64, f64),
    /// Where it stands.
    pub state: State,
}

impl Censored {
    /// The same with `events` whose labels expired.
    #[must_use]
    pub fn with_expired(mut self, events: u64, policy: Expired) -> Self {
        match policy {
            Expired::Exclude => {}
            Expired::Good => self.good = self.good.saturating_add(events),
            Expired::Bad => self.bad = self.bad.saturating_add(events),
        }
        self
    }

    /// The outlook against a budget `β` in `(0, 1)` of all events.
    ///
    /// `is_closed`: the period is over, so no events will be added. `None` without events, for a budget out of range,
    /// or estimates that are no probabilities or cover more events than are pending.
    #[must_use]
    pub fn outlook(&self, budget: f64, is_closed: bool) -> Option<Outlook> {
        let events = self.good.checked_add(self.bad)?.checked_add(self.pending)?;
        let covered = self.estimates.iter().try_fold(0_u64, |sum, entry| sum.checked_add(entry.events))?;
        let is_estimate = |entry: &Pending| {
            (0.0..=1.0).contains(&entry.probability) && entry.standard_error >= 0.0 && entry.standard_error.is_finite()
        };
        if events == 0
            || covered > self.pending
            || !(budget > 0.0 && budget < 1.0)
            || !self.estimates.iter().all(is_estimate)
        {
            return None;
        }
        let (bad, pending) = (self.bad as f64, self.pending as f64);
        let unknown = (self.pending - covered) as f64;
        let sum = |term: fn(&Pending) -> f64| self.estimates.iter().map(term).sum::<f64>();
        let likely = sum(|e| e.events as f64 * e.probability);
        let noise = sum(|e| e.events as f64 * e.probability * (1.0 - e.probability));
        let error = sum(|e| (e.events as f64 * e.standard_error).powi(2));
        let half = normal_isf(0.025) * (noise + error).sqrt();
        // Events of which nothing is known widen the band by all of them; the middle is the best guess.
        let expected_bad = bad + likely + 0.5 * unknown;
        let band =
            Interval { lo: (bad + likely - half).max(bad), hi: (bad + likely + half + unknown).min(bad + pending) };
        let all = events as f64;
        let allowed = budget * all;
        let state = if bad > allowed {
            State::Violated
        } else if bad + pending <= allowed {
            if is_closed { State::Met } else { State::OnTrack }
        } else if band.lo > allowed {
            State::AtRisk
        } else if band.hi <= allowed {
            State::OnTrack
        } else {
            State::Undetermined
        };
        Some(Outlook {
            bounds: Interval { lo: self.good as f64 / all, hi: (all - bad) / all },
            expected_bad,
            band,
            consumed: (bad / allowed, expected_bad / allowed, (bad + pending) / allowed),
            state,
        })
    }

    /// Burn rates of a window: the lower bound, from known bad events alone, which a page must exceed, and the expected
    /// one, for tickets.
    #[must_use]
    pub fn burn_rates(&self, budget: f64) -> Option<(f64, f64)> {
        self.outlook(budget, false).map(|outlook| (outlook.consumed.0, outlook.consumed.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(good: u64, bad: u64, pending: u64, probability: f64) -> Censored {
        let estimates = vec![Pending { events: pending, probability, standard_error: 0.0 }];
        Censored { good, bad, pending, estimates }
    }

    #[test]
    fn example_of_the_specification() {
        let outlook = of(9_000, 60, 940, 0.006).outlook(0.01, false).unwrap();
        assert_eq!(outlook.state, State::OnTrack);
        assert!((outlook.expected_bad - 65.64).abs() < 1e-9);
        let (best, expected, worst) = outlook.consumed;
        assert!((best - 0.6).abs() < 1e-12 && (expected - 0.6564).abs() < 1e-12 && (worst - 10.0).abs() < 1e-12);
        assert!((outlook.bounds.lo - 0.9).abs() < 1e-15 && (outlook.bounds.hi - 0.994).abs() < 1e-15);
        assert_eq!(of(9_000, 60, 940, 0.006).burn_rates(0.01), Some((best, expected)));
    }

    #[test]
    fn states() {
        let state = |counts: Censored, closed| counts.outlook(0.01, closed).unwrap().state;
        assert_eq!(state(of(890, 11, 99, 0.0), false), State::Violated);
        assert_eq!(state(of(995, 4, 1, 1.0), true), State::Met);
        assert_eq!(state(of(995, 4, 1, 1.0), false), State::OnTrack);
        assert_eq!(state(of(500, 9, 491, 0.1), false), State::AtRisk);
        assert_eq!(state(of(500, 9, 491, 0.002), false), State::Undetermined);
        // Nothing is known of the pending ones.
        let unknown = Censored { good: 500, bad: 5, pending: 495, estimates: vec![] };
        let outlook = unknown.outlook(0.01, false).unwrap();
        assert_eq!((outlook.state, outlook.band), (State::Undetermined, Interval { lo: 5.0, hi: 500.0 }));
    }

    #[test]
    fn expired() {
        let counts = |policy| {
            let with = of(9, 1, 0, 0.0).with_expired(10, policy);
            (with.good, with.bad)
        };
        assert_eq!([Expired::Exclude, Expired::Good, Expired::Bad].map(counts), [(9, 1), (19, 1), (9, 11)]);
    }

    #[test]
    fn refused() {
        assert_eq!(of(0, 0, 0, 0.1).outlook(0.01, true), None);
        assert_eq!(of(1, 0, 1, 1.5).outlook(0.01, true), None);
        assert_eq!(of(1, 0, 1, f64::NAN).outlook(0.01, true), None);
        assert_eq!(of(1, 0, 1, 0.5).outlook(0.0, true), None);
        let mut too_many = of(1, 0, 1, 0.5);
        too_many.estimates[0].events = 2;
        assert_eq!(too_many.outlook(0.01, true), None);
    }

    proptest! {
        #[test]
        fn bounds_hold(
            good in 0u64..5_000,
            bad in 0u64..500,
            pending in 0u64..5_000,
            p in 0.0..=1.0_f64,
            se in 0.0..0.1_f64,
        ) {
            prop_assume!(good + bad + pending > 0);
            let mut counts = of(good, bad, pending, p);
            counts.estimates[0].standard_error = se;
            let outlook = counts.outlook(0.02, false).unwrap();
            let (b, u) = (bad as f64, pending as f64);
            prop_assert!(b <= outlook.expected_bad && outlook.expected_bad <= b + u + 1e-9);
            prop_assert!(b <= outlook.band.lo && outlook.band.lo <= outlook.band.hi && outlook.band.hi <= b + u + 1e-9);
            prop_assert!(outlook.band.lo <= outlook.expected_bad + 1e-9);
            prop_assert!(outlook.expected_bad <= outlook.band.hi + 1e-9);
            // One more known bad event never helps.
            let more = of(good, bad + 1, pending, p).outlook(0.02, false).unwrap();
            let before = of(good, bad, pending, p).outlook(0.02, false).unwrap();
            prop_assert!(more.consumed.0 >= before.consumed.0);
        }
    }
}
