//! Which alert explains which.

use serde::{Deserialize, Serialize};

use super::lineage::{Lineage, Node};
use crate::evaluation::{Labels, Rank};
use crate::time::HOUR;

/// How long after a cause an effect may begin, µs.
pub const EFFECT_WITHIN: i64 = 6 * HOUR;

/// Where and when an alert is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Place in the chain of causes.
    pub rank: Rank,
    /// Source or model; `None`: neither is named, and it explains nothing.
    pub node: Option<Node>,
    /// Environment, if named.
    pub environment: Option<String>,
    /// Column, if about one.
    pub column: Option<String>,
    /// Segment, if about one.
    pub segment: Option<String>,
    /// When it began, as far as known, µs UTC.
    pub onset: i64,
    /// How long its windows are, µs: onsets are not known better than that.
    pub window: i64,
}

impl Scope {
    /// The scope of an alert with these labels.
    #[must_use]
    pub fn new(labels: &Labels, rank: Rank, onset: i64, window: i64) -> Self {
        let get = |name: &str| labels.get(name).cloned();
        Self {
            rank,
            node: Node::of(labels),
            environment: get("environment"),
            column: get("column"),
            segment: get("segment"),
            onset,
            window,
        }
    }

    /// Whether this alert explains `effect`: it stands earlier in the chain of causes, `effect` lies downstream of it,
    /// and began no earlier than one window before and no later than 6 h after it (or one window, where windows are
    /// longer: an onset is not known better).
    #[must_use]
    pub fn explains(&self, effect: &Self, lineage: &Lineage) -> bool {
        let window = self.window.max(effect.window);
        let from = self.onset.saturating_sub(window);
        let to = self.onset.saturating_add(EFFECT_WITHIN.max(window));
        self.rank < effect.rank
            && (from..=to).contains(&effect.onset)
            && self.flows_into(effect, lineage)
            && covers(self.segment.as_deref(), effect.segment.as_deref())
            // The fault of a column is not that of its neighbour; what has no column depends on all of them.
            && (self.column.is_none() || effect.column.is_none() || self.column == effect.column)
    }

    /// Whether both alerts may have one cause: the same node, or one downstream of the other, with onsets within 6 h
    /// (or one window).
    #[must_use]
    pub fn is_related(&self, other: &Self, lineage: &Lineage) -> bool {
        let near = EFFECT_WITHIN.max(self.window).max(other.window);
        (i128::from(self.onset) - i128::from(other.onset)).unsigned_abs() <= near.unsigned_abs().into()
            && (self.flows_into(other, lineage) || other.flows_into(self, lineage))
    }

    fn flows_into(&self, other: &Self, lineage: &Lineage) -> bool {
        let (Some(from), Some(to)) = (&self.node, &other.node) else {
            return false;
        };
        // A source without an environment serves all of them; two models must be in the same one.
        let free = |scope: &Self| matches!(scope.node, Some(Node::Source(_))) && scope.environment.is_none();
        let together = self.environment == other.environment || free(self) || free(other);
        together && lineage.distance(from, to).is_some()
    }
}

/// A whole covers its segments; a segment shows in the whole; segments do not explain each other.
fn covers(cause: Option<&str>, effect: Option<&str>) -> bool {
    cause.is_none() || effect.is_none() || cause == effect
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppress::lineage::Edge;
    use crate::time::DAY;

    fn scope(rank: Rank, pairs: &[(&str, &str)], onset: i64) -> Scope {
        let labels = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Scope::new(&labels, rank, onset, HOUR)
    }

    #[test]
    fn a_source_explains_what_it_feeds_in_time() {
        let edge = Edge { from: Node::Source("orders".into()), to: Node::Model("credit".into()) };
        let lineage = Lineage::from(vec![edge]);
        let cause = scope(Rank::Source, &[("source", "orders")], 10 * HOUR);
        let drift =
            |at| scope(Rank::FeatureDrift, &[("model", "credit"), ("environment", "prod"), ("column", "age")], at);
        assert!(cause.explains(&drift(9 * HOUR), &lineage));
        assert!(cause.explains(&drift(16 * HOUR), &lineage));
        assert!(!cause.explains(&drift(9 * HOUR - 1), &lineage));
        assert!(!cause.explains(&drift(16 * HOUR + 1), &lineage));
        assert!(!cause.explains(&drift(10 * HOUR), &Lineage::default()));
        assert!(!drift(10 * HOUR).explains(&cause, &lineage));
        let long = Scope { window: DAY, ..drift(34 * HOUR) };
        assert!(cause.explains(&long, &lineage), "a daily onset is known to a day");
    }

    #[test]
    fn columns_segments_and_environments_stay_apart() {
        let none = Lineage::default();
        let at = |rank, pairs: &[(&str, &str)]| scope(rank, &[&[("model", "m")], pairs].concat(), 0);
        let missing = at(Rank::Quality, &[("column", "age"), ("segment", "eu")]);
        assert!(missing.explains(&at(Rank::FeatureDrift, &[("column", "age")]), &none));
        assert!(!missing.explains(&at(Rank::FeatureDrift, &[("column", "pay")]), &none));
        assert!(missing.explains(&at(Rank::Performance, &[]), &none));
        assert!(!missing.explains(&at(Rank::Performance, &[("segment", "us")]), &none));
        assert!(!missing.explains(&at(Rank::Performance, &[("environment", "test")]), &none));
        assert!(missing.is_related(&at(Rank::FeatureDrift, &[("column", "pay")]), &none));
        assert!(!missing.is_related(&scope(Rank::Quality, &[("model", "other")], 0), &none));
        let unnamed = scope(Rank::Source, &[], 0);
        assert!(!unnamed.explains(&missing, &none) && !unnamed.is_related(&unnamed, &none));
    }
}
