//! The flights of 2013 by month.

use std::collections::BTreeMap;

use crate::data::Values;

/// Months of the reference: January and February.
pub(crate) const REFERENCE: std::ops::Range<usize> = 0..2;
pub(crate) const TEXTS: [&str; 3] = ["carrier", "origin", "dest"];

/// Per column and value the rows of each of the twelve months.
pub(crate) struct Flights {
    pub(crate) columns: BTreeMap<String, Vec<(Option<String>, [u64; 12])>>,
}

impl Flights {
    pub(crate) fn load() -> Self {
        let mut columns: BTreeMap<String, Vec<(Option<String>, [u64; 12])>> = BTreeMap::new();
        for line in include_str!("../fixtures/flights_counts.csv").lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let counts = std::array::from_fn(|i| fields[i + 2].parse().unwrap_or(0));
            let value = (!fields[1].is_empty()).then(|| fields[1].to_owned());
            columns.entry(fields[0].to_owned()).or_default().push((value, counts));
        }
        Self { columns }
    }

    pub(crate) fn values(&self, column: &str, months: std::ops::Range<usize>) -> Values {
        let table = &self.columns[column];
        let rows = |counts: &[u64; 12]| counts[months.clone()].iter().sum::<u64>();
        if TEXTS.contains(&column) {
            return Values::Texts(
                table.iter().map(|(value, counts)| (value.clone(), rows(counts))).filter(|c| c.1 > 0).collect(),
            );
        }
        let number = |value: &Option<String>| value.as_ref().map(|text| text.parse::<f64>().unwrap());
        Values::Numbers(
            table.iter().flat_map(|(v, counts)| std::iter::repeat_n(number(v), rows(counts) as usize)).collect(),
        )
    }
}
