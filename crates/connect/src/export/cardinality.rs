//! A bound on series: per metric and in all, with a count of what was dropped.

use std::collections::BTreeMap;

use super::registry::DROPPED;
use super::sample::{Sample, Series};

/// Which series are exported. A series that was admitted stays so while it has samples; new ones come in while there is
/// room, in the order of their names and labels, whatever the order of the samples.
#[derive(Debug, Clone)]
pub struct Cardinality {
    per_metric: usize,
    total: usize,
    forget_micros: i64,
    /// Metric → series → time of its last sample.
    known: BTreeMap<String, BTreeMap<String, i64>>,
    dropped: BTreeMap<String, u64>,
}

/// What may be exported of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    /// The samples, by series and time.
    pub samples: Vec<Sample>,
    /// How many of this batch were dropped.
    pub dropped: u64,
}

/// Metrics whose drops are counted apart; further ones count as `other`.
const DROPPED_METRICS: usize = 1_000;

impl Cardinality {
    /// At most `per_metric` series of a metric and `total` of all. A series without a sample for `forget_ms` makes room.
    #[must_use]
    pub fn new(per_metric: usize, total: usize, forget_ms: u64) -> Self {
        let forget_micros = i64::try_from(forget_ms).unwrap_or(i64::MAX).saturating_mul(1_000);
        Self { per_metric, total, forget_micros, known: BTreeMap::new(), dropped: BTreeMap::new() }
    }

    /// Takes a batch in at `now` (microseconds since 1970) and answers what of it may be exported.
    pub fn admit(&mut self, samples: &[Sample], now: i64) -> Admitted {
        self.forget(now);
        let mut admitted = Admitted { samples: Vec::new(), dropped: 0 };
        for ((name, labels), values) in super::sample::series(samples) {
            if !self.admit_series(name, &key(&(name, labels.clone())), now) {
                let count = u64::try_from(values.len()).unwrap_or(u64::MAX);
                admitted.dropped += count;
                self.count(name, count);
                continue;
            }
            let labels: BTreeMap<String, String> =
                labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            admitted.samples.extend(values.into_iter().map(|(at, value)| Sample {
                name: name.to_owned(),
                labels: labels.clone(),
                value,
                at,
            }));
        }
        admitted
    }

    /// How many samples were dropped so far, as samples themselves: to be exported with the rest, and not limited.
    #[must_use]
    pub fn dropped_samples(&self, now: i64) -> Vec<Sample> {
        let sample = |(metric, count): (&String, &u64)| Sample {
            name: DROPPED.name.to_owned(),
            labels: BTreeMap::from([("metric".to_owned(), metric.clone())]),
            #[expect(clippy::cast_precision_loss, reason = "a count for people; exact up to 2^53")]
            value: *count as f64,
            at: now,
        };
        self.dropped.iter().map(sample).collect()
    }

    fn admit_series(&mut self, name: &str, key: &str, now: i64) -> bool {
        let all: usize = self.known.values().map(BTreeMap::len).sum();
        let of_metric = self.known.entry(name.to_owned()).or_default();
        if let Some(last) = of_metric.get_mut(key) {
            *last = now;
            return true;
        }
        let room = of_metric.len() < self.per_metric && all < self.total;
        if room {
            of_metric.insert(key.to_owned(), now);
        }
        room
    }

    fn forget(&mut self, now: i64) {
        let oldest = now.saturating_sub(self.forget_micros);
        for series in self.known.values_mut() {
            series.retain(|_, last| *last >= oldest);
        }
        self.known.retain(|_, series| !series.is_empty());
    }

    fn count(&mut self, name: &str, count: u64) {
        let known = self.dropped.contains_key(name) || self.dropped.len() < DROPPED_METRICS;
        *self.dropped.entry(if known { name } else { "other" }.to_owned()).or_default() += count;
    }
}

/// A text that no two series share.
fn key(series: &Series<'_>) -> String {
    let mut key = String::new();
    for (name, value) in &series.1 {
        key.push_str(&format!("{}:{name}{}:{value}", name.len(), value.len()));
    }
    key
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Cardinality;
    use crate::export::Sample;
    use crate::export::sample::tests::sample;

    fn batch(columns: std::ops::Range<u32>, at: i64) -> Vec<Sample> {
        columns.map(|column| sample("drift", &[("column", &format!("c{column:03}"))], 0.5, at)).collect()
    }

    #[test]
    fn what_is_too_much_is_dropped_and_counted() {
        let mut limit = Cardinality::new(3, 100, 3_600_000);
        let first = limit.admit(&batch(0..5, 0), 0);
        assert_eq!((first.samples.len(), first.dropped), (3, 2));
        // Those that were admitted stay, although others come first by name.
        let second = limit.admit(&batch(2..5, 1), 1);
        assert_eq!((second.samples.len(), second.dropped), (1, 2));
        assert_eq!(
            limit.dropped_samples(9),
            [sample("watchkeeper_export_dropped_samples_total", &[("metric", "drift")], 4.0, 9)]
        );
    }

    #[test]
    fn silent_series_make_room() {
        let mut limit = Cardinality::new(3, 100, 1_000);
        limit.admit(&batch(0..3, 0), 0);
        assert_eq!(limit.admit(&batch(3..6, 0), 1_000_000).dropped, 3);
        assert_eq!(limit.admit(&batch(3..6, 0), 1_000_001).dropped, 0);
    }

    #[test]
    fn all_metrics_share_the_total() {
        let mut limit = Cardinality::new(10, 4, 1_000);
        let mut samples = batch(0..3, 0);
        samples.extend(batch(0..3, 0).into_iter().map(|sample| Sample { name: "quality".to_owned(), ..sample }));
        assert_eq!(limit.admit(&samples, 0).dropped, 2);
    }

    proptest! {
        #[test]
        fn the_order_of_samples_does_not_matter(columns in proptest::collection::vec(0_u32..40, 0..60), seed: u64) {
            let samples: Vec<Sample> = columns.iter().flat_map(|column| batch(*column..column + 1, 0)).collect();
            let mut shuffled = samples.clone();
            let length = shuffled.len().max(1) as u64;
            for index in 0..shuffled.len() {
                let other = (seed.wrapping_mul(index as u64 + 1) >> 7) % length;
                shuffled.swap(index, other as usize);
            }
            let (mut a, mut b) = (Cardinality::new(10, 20, 1_000), Cardinality::new(10, 20, 1_000));
            prop_assert_eq!(a.admit(&samples, 0), b.admit(&shuffled, 0));
        }
    }
}
