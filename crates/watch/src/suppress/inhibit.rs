//! Alerts that make others worthless, as users say.

use serde::{Deserialize, Serialize};

use crate::evaluation::Labels;
use watchkeeper_spec::Matcher;

/// While an alert of `source` fires, alerts of `target` with the same values of the labels `equal` are not told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inhibition {
    /// Its name.
    pub name: String,
    /// Which alerts make others worthless.
    #[serde(with = "crate::saved::matchers")]
    pub source: Vec<Matcher>,
    /// Which ones they make so.
    #[serde(with = "crate::saved::matchers")]
    pub target: Vec<Matcher>,
    /// Labels that must be there on both sides, with the same value.
    pub equal: Vec<String>,
}

impl Inhibition {
    /// Whether a firing alert with the labels `source` inhibits one with the labels `target`. No alert inhibits itself:
    /// callers leave it out.
    #[must_use]
    pub fn applies(&self, source: &Labels, target: &Labels) -> bool {
        // Two absent labels are not equal: that one matches everything by accident is a known trap.
        let same = |name: &String| source.get(name).is_some_and(|value| target.get(name) == Some(value));
        Matcher::all_match(&self.source, source)
            && Matcher::all_match(&self.target, target)
            && self.equal.iter().all(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_labels_are_not_equal() {
        let rule = Inhibition {
            name: "quality-first".into(),
            source: vec!["measure = missing_rate".parse().unwrap()],
            target: vec!["measure = psi".parse().unwrap()],
            equal: vec!["model".into(), "column".into()],
        };
        let labels = |pairs: &[(&str, &str)]| -> Labels {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let source = labels(&[("measure", "missing_rate"), ("model", "m"), ("column", "age")]);
        assert!(rule.applies(&source, &labels(&[("measure", "psi"), ("model", "m"), ("column", "age")])));
        assert!(!rule.applies(&source, &labels(&[("measure", "psi"), ("model", "m"), ("column", "pay")])));
        let bare = labels(&[("measure", "missing_rate"), ("model", "m")]);
        assert!(!rule.applies(&bare, &labels(&[("measure", "psi"), ("model", "m")])));
    }
}
