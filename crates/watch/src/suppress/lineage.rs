//! Which data flows into which model.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::evaluation::Labels;

/// Edges that are kept at most.
pub const EDGES_MAX: usize = 100_000;

/// A source of data or a model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// A table, a stream, a feature view.
    Source(String),
    /// A model.
    Model(String),
}

impl Node {
    /// What labels are about: the source if they name one, else the model.
    #[must_use]
    pub fn of(labels: &Labels) -> Option<Self> {
        let source = labels.get("source").map(|name| Self::Source(name.clone()));
        source.or_else(|| labels.get("model").map(|name| Self::Model(name.clone())))
    }
}

/// Data flows along it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// Where it comes from.
    pub from: Node,
    /// Where it goes.
    pub to: Node,
}

/// Edges, and what can be reached along them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Edge>", into = "Vec<Edge>")]
pub struct Lineage {
    edges: BTreeMap<Node, BTreeSet<Node>>,
}

impl From<Vec<Edge>> for Lineage {
    /// The first [`EDGES_MAX`] edges; cycles do no harm.
    fn from(edges: Vec<Edge>) -> Self {
        let mut map: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
        for Edge { from, to } in edges.into_iter().take(EDGES_MAX) {
            map.entry(from).or_default().insert(to);
        }
        Self { edges: map }
    }
}

impl From<Lineage> for Vec<Edge> {
    fn from(lineage: Lineage) -> Self {
        let of = |(from, all): (Node, BTreeSet<Node>)| all.into_iter().map(move |to| Edge { from: from.clone(), to });
        lineage.edges.into_iter().flat_map(of).collect()
    }
}

impl Lineage {
    /// Edges from `from` to `to` on the shortest way; 0 for the same node, `None` when data does not flow there.
    #[must_use]
    pub fn distance(&self, from: &Node, to: &Node) -> Option<usize> {
        if from == to {
            return Some(0);
        }
        let mut reached: BTreeSet<&Node> = BTreeSet::from([from]);
        let mut front = vec![from];
        let mut steps = 0;
        while !front.is_empty() {
            steps += 1;
            let mut next = Vec::new();
            for node in front.iter().filter_map(|node| self.edges.get(*node)).flatten() {
                if node == to {
                    return Some(steps);
                }
                if reached.insert(node) {
                    next.push(node);
                }
            }
            front = next;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_way_and_no_way_back() {
        let node = |name: &str| Node::Source(name.to_owned());
        let edge = |from: &str, to: &str| Edge { from: node(from), to: node(to) };
        let lineage =
            Lineage::from(vec![edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("a", "c"), edge("c", "d")]);
        assert_eq!(lineage.distance(&node("a"), &node("d")), Some(2));
        assert_eq!(lineage.distance(&node("d"), &node("a")), None);
        assert_eq!(lineage.distance(&node("d"), &node("d")), Some(0));
    }
}
