//! Which series an alert is about.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::Xxh3;

use crate::evaluation::{Labels, Rule};

/// Labels that make a series, in the order in which they are hashed. Not the version of a model: a new version does not
/// end an alert. Not values and times.
const IDENTITY: [&str; 9] =
    ["tenant", "environment", "model", "measure", "column", "segment", "source", "objective", "route"];

/// Which series of which rule: a hash of rule and labels, the same in every version of the program, written as 32 hex
/// digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// The fingerprint of the series of `rule` with `labels`. A label that is absent differs from an empty one.
    #[must_use]
    pub fn of(rule: &Rule, labels: &Labels) -> Self {
        let mut hash = Xxh3::new();
        let mut field = |text: Option<&str>| {
            // Lengths keep neighbours apart: ("ab", "c") is not ("a", "bc").
            let length = text.map_or(0, |text| text.len() as u64 + 1);
            hash.update(&length.to_le_bytes());
            hash.update(text.unwrap_or_default().as_bytes());
        };
        field(Some(rule.kind.as_str()));
        field(Some(&rule.name));
        for name in IDENTITY {
            field(labels.get(name).map(String::as_str));
        }
        Self(hash.digest128())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let valid = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = valid.then(|| u128::from_str_radix(&text, 16).ok()).flatten();
        number.map(Self).ok_or_else(|| D::Error::custom(format_args!("fingerprint `{text}`; expected 32 hex digits")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RuleKind;

    fn rule(name: &str) -> Rule {
        Rule { kind: RuleKind::Monitor, name: name.to_owned() }
    }

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn versions_and_values_do_not_count_but_series_do() {
        let base = labels(&[("model", "credit"), ("column", "age"), ("version", "1")]);
        let same = labels(&[("model", "credit"), ("column", "age"), ("version", "2"), ("severity", "page")]);
        assert_eq!(Fingerprint::of(&rule("drift"), &base), Fingerprint::of(&rule("drift"), &same));
        let other = labels(&[("model", "credit"), ("column", "ag"), ("segment", "e")]);
        assert_ne!(Fingerprint::of(&rule("drift"), &base), Fingerprint::of(&rule("drift"), &other));
        assert_ne!(Fingerprint::of(&rule("drift"), &base), Fingerprint::of(&rule("drift2"), &base));
        let slo = Rule { kind: RuleKind::Slo, name: "drift".to_owned() };
        assert_ne!(Fingerprint::of(&rule("drift"), &base), Fingerprint::of(&slo, &base));
    }

    #[test]
    fn an_absent_label_is_not_an_empty_one() {
        let empty = labels(&[("segment", "")]);
        assert_ne!(Fingerprint::of(&rule("a"), &empty), Fingerprint::of(&rule("a"), &Labels::new()));
    }
}
