//! Values of series at times.

use std::collections::BTreeMap;

/// One value of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The metric, such as `watchkeeper_predictions_total`.
    pub name: String,
    /// Labels; those with an empty value count as absent.
    pub labels: BTreeMap<String, String>,
    /// The value. What is not finite is left out where a format has no way to write it.
    pub value: f64,
    /// Microseconds since 1970, UTC.
    pub at: i64,
}

/// The identity of a series: its name, and its labels that are not empty, by name.
pub type Series<'a> = (&'a str, Vec<(&'a str, &'a str)>);

impl Sample {
    /// Its series.
    #[must_use]
    pub fn series(&self) -> Series<'_> {
        let present = self.labels.iter().filter(|(_, value)| !value.is_empty());
        (&self.name, present.map(|(name, value)| (name.as_str(), value.as_str())).collect())
    }
}

/// Samples by series, each in the order of time; of two at one time the later in `samples` counts.
#[must_use]
pub fn series(samples: &[Sample]) -> BTreeMap<Series<'_>, BTreeMap<i64, f64>> {
    let mut all: BTreeMap<Series<'_>, BTreeMap<i64, f64>> = BTreeMap::new();
    for sample in samples {
        all.entry(sample.series()).or_default().insert(sample.at, sample.value);
    }
    all
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Sample, series};

    /// A sample for tests.
    pub(crate) fn sample(name: &str, labels: &[(&str, &str)], value: f64, at: i64) -> Sample {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sample { name: name.to_owned(), labels, value, at }
    }

    #[test]
    fn an_empty_label_is_an_absent_one() {
        let samples = [
            sample("a", &[("x", "1"), ("y", "")], 1.0, 20),
            sample("a", &[("x", "1")], 2.0, 10),
            sample("a", &[("x", "1")], 3.0, 10),
        ];
        let all = series(&samples);
        assert_eq!(all.len(), 1);
        let values: Vec<(i64, f64)> = all[&("a", vec![("x", "1")])].iter().map(|(at, value)| (*at, *value)).collect();
        assert_eq!(values, [(10, 3.0), (20, 1.0)]);
    }
}
