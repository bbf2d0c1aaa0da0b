//! Whatever is changed in a valid text: no panic, and what still reads is written and read back as the same.

use proptest::prelude::*;
use watchkeeper_spec::{Monitor, Resource, Traffic, diff, lint};

use super::round_trip::{FULL, MINIMAL};

/// Values that some field takes and others do not.
const VALUES: &[&str] = &[
    "0",
    "1",
    "-1",
    "0.5",
    "1e308",
    ".nan",
    "null",
    "true",
    "\"\"",
    "\"*\"",
    "[]",
    "{}",
    "[a]",
    "{a: b}",
    "a",
    "5m",
    "1M",
    "0s",
    "1000y",
    "99999999999999999999",
    "psi",
    "volume",
    "\"kpi:x\"",
    "\"quantile:0.5\"",
    "page",
    "test",
    "\"model = a\"",
    "\"column =~ (\"",
    "2026-01-01",
    "\"env:A\"",
    "https://example.org",
    "\"* * * * *\"",
    "drift",
    "latency",
];

/// A text with some values, fields or lines changed.
fn changed() -> impl Strategy<Value = String> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8), 1..4);
    (prop::sample::select(vec![MINIMAL, FULL]), any::<prop::sample::Index>(), changes).prop_map(
        |(text, which, changes)| {
            let documents: Vec<&str> = text.split("\n---\n").collect();
            let mut text = documents[which.index(documents.len())].to_owned();
            for (place, value, how) in changes {
                // After a colon and a blank a value begins, up to the next sign.
                let starts: Vec<usize> = text.match_indices(": ").map(|(at, _)| at + 2).collect();
                let start = starts[place.index(starts.len())];
                let end = text[start..].find([',', '}', '\n']).map_or(text.len(), |end| start + end);
                match how {
                    0 | 1 => text.replace_range(start..end, VALUES[value.index(VALUES.len())]),
                    2 => text.replace_range(start..end, ""),
                    _ => text.insert(start, 'x'),
                }
            }
            text
        },
    )
}

fn lints(resource: &Resource, traffic: &Traffic) {
    let _ = lint(std::slice::from_ref(resource));
    let of_monitor = |monitor: &Monitor| (monitor.lint_traffic(traffic), monitor.lint_against(&["age", "x"]));
    match resource {
        Resource::Monitor(monitor) => drop(of_monitor(monitor)),
        Resource::Slo(slo) => drop((slo.lint_traffic(traffic, None), slo.lint_against(&["age"]))),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn changed_texts(text in changed(), rows_per_hour in any::<f64>(), reference_rows in any::<Option<u64>>()) {
        match Resource::from_yaml_documents(text.as_bytes(), "w") {
            Err(error) => prop_assert!(!error.problems().is_empty()),
            Ok(resources) => {
                for resource in &resources {
                    let json = resource.to_json();
                    let again = Resource::from_json(&json, "j").map_err(|error| TestCaseError::fail(format!("{error}\n{json}")))?;
                    prop_assert_eq!(&again, resource, "{}\n{}", text, json);
                    prop_assert_eq!(again.to_json(), json);
                    let yaml = resource.to_yaml();
                    let again = Resource::from_yaml_documents(yaml.as_bytes(), "y").map_err(|error| TestCaseError::fail(format!("{error}\n{yaml}")))?;
                    prop_assert_eq!(&again, std::slice::from_ref(resource), "{}", yaml);
                    prop_assert_eq!(diff(Some(resource), Some(&again[0])), []);
                    lints(resource, &Traffic { rows_per_hour, reference_rows });
                }
            }
        }
    }
}
