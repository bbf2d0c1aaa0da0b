//! Nine times of an incident, and the lengths between them.

use serde::{Deserialize, Serialize};

use super::Observed;

/// When the steps of an incident were reached, µs UTC; `None`: not yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamps {
    /// The harm began, as estimated.
    pub onset: Option<i64>,
    /// The first breach was known.
    pub first_breach: Option<i64>,
    /// The first alert fired.
    pub fired: Option<i64>,
    /// The first notice was decided.
    pub notified: Option<i64>,
    /// The first notice was taken by a target.
    pub delivered: Option<i64>,
    /// Somebody took it.
    pub acked: Option<i64>,
    /// The harm was stopped by somebody.
    pub mitigated: Option<i64>,
    /// All alerts were clear again: the beginning of the time after which they ended.
    pub recovered: Option<i64>,
    /// The incident was over.
    pub resolved: Option<i64>,
}

/// Lengths of time, µs; `None`: an end is not reached yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations {
    /// From the onset to the first delivered notice.
    pub detect: Option<i64>,
    /// From there to the acknowledgement.
    pub acknowledge: Option<i64>,
    /// From there to the mitigation.
    pub mitigate: Option<i64>,
    /// From the onset to the recovery.
    pub recover: Option<i64>,
    /// From the first alert to the end.
    pub open: Option<i64>,
}

/// Lengths of time of one incident for [`super::kaplan_meier`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObservedDurations {
    /// From the onset to the first delivered notice.
    pub detect: Option<Observed>,
    /// From there to the acknowledgement.
    pub acknowledge: Option<Observed>,
    /// From there to the mitigation.
    pub mitigate: Option<Observed>,
    /// From the onset to the recovery.
    pub recover: Option<Observed>,
}

impl Stamps {
    /// The lengths between the steps; none is below 0.
    #[must_use]
    pub fn durations(&self) -> Durations {
        let between = |from: Option<i64>, to: Option<i64>| Some(to?.saturating_sub(from?).max(0));
        Durations {
            detect: between(self.onset, self.delivered),
            acknowledge: between(self.delivered, self.acked),
            mitigate: between(self.acked, self.mitigated),
            recover: between(self.onset, self.recovered),
            open: between(self.fired, self.resolved),
        }
    }

    /// The same for statistics at `now` (µs UTC): what is not reached yet has lasted until the end of the incident, or until
    /// now, and is not over. `None` where not even its beginning is known.
    #[must_use]
    pub fn observed(&self, now: i64) -> ObservedDurations {
        let until = self.resolved.unwrap_or(now);
        let between = |from: Option<i64>, to: Option<i64>, until: i64| {
            let length = to.unwrap_or(until).saturating_sub(from?).max(0);
            Some(Observed { length, over: to.is_some() })
        };
        ObservedDurations {
            detect: between(self.onset, self.delivered, until),
            acknowledge: between(self.delivered, self.acked, until),
            mitigate: between(self.acked, self.mitigated, until),
            recover: between(self.onset, self.recovered, now),
        }
    }

    /// The earlier of two incidents' steps, for one that takes over another: what ends is the later one's to say.
    pub(crate) fn take_over(&mut self, other: &Self) {
        let earlier = |a: Option<i64>, b: Option<i64>| a.into_iter().chain(b).min();
        self.onset = earlier(self.onset, other.onset);
        self.first_breach = earlier(self.first_breach, other.first_breach);
        self.fired = earlier(self.fired, other.fired);
        self.notified = earlier(self.notified, other.notified);
        self.delivered = earlier(self.delivered, other.delivered);
        self.acked = earlier(self.acked, other.acked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_over_has_lasted_so_far() {
        let stamps = Stamps { onset: Some(10), fired: Some(20), delivered: Some(25), ..Stamps::default() };
        let observed = stamps.observed(100);
        assert_eq!(observed.detect, Some(Observed { length: 15, over: true }));
        assert_eq!(observed.acknowledge, Some(Observed { length: 75, over: false }));
        assert_eq!(observed.mitigate, None);
        assert_eq!(observed.recover, Some(Observed { length: 90, over: false }));
        let ended = Stamps { recovered: Some(40), resolved: Some(50), ..stamps };
        assert_eq!(ended.observed(100).acknowledge, Some(Observed { length: 25, over: false }), "nobody took it");
        assert_eq!(ended.durations().open, Some(30));
    }
}
