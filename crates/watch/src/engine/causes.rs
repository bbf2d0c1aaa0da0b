//! Changes that may be behind alerts.

use std::collections::BTreeMap;

use super::{CHANGES_MAX, ChangeEvent, Engine, Output};
use crate::incident::{Event, Member};
use crate::suppress::causal::{EFFECT_WITHIN, Scope};
use crate::suppress::lineage::Node;

impl Engine {
    /// Remembers a change, and adds it to the incidents that it may be behind.
    pub(super) fn remember(&mut self, change: ChangeEvent, out: &mut Vec<Output>) {
        if self.changes.iter().any(|old| old.id == change.id) {
            return;
        }
        let open: Vec<String> = self
            .incidents
            .values()
            .filter(|incident| {
                let mut active = incident.active();
                incident.is_open() && active.any(|(_, member)| self.is_behind(&change, &member.scope, &member.labels))
            })
            .map(|incident| incident.id.clone())
            .collect();
        for id in open {
            let one = BTreeMap::from([(change.id.clone(), change.summary.clone())]);
            self.add_changes(&id, one, self.now, out);
        }
        self.changes.push(change);
        if self.changes.len() > CHANGES_MAX {
            self.changes.remove(0);
        }
    }

    /// Changes that may be behind an alert: what they are, by id.
    pub(super) fn changes_behind(&self, member: &Member) -> BTreeMap<String, String> {
        let behind = self.changes.iter().filter(|change| self.is_behind(change, &member.scope, &member.labels));
        behind.map(|change| (change.id.clone(), change.summary.clone())).collect()
    }

    /// Whether a change may be behind an alert: it was made at most 6 h (or one window) before the onset and not after the
    /// first window, and the alert is where the change was, or downstream of it.
    fn is_behind(&self, change: &ChangeEvent, scope: &Scope, labels: &crate::Labels) -> bool {
        let before = EFFECT_WITHIN.max(scope.window);
        let from = scope.onset.saturating_sub(before);
        let to = scope.onset.saturating_add(scope.window);
        let node = Node::of(&change.labels);
        let downstream = match (&node, &scope.node) {
            (Some(from), Some(to)) => self.config.lineage.distance(from, to).is_some(),
            _ => false,
        };
        let place = |name: &str| matches!(name, "model" | "source");
        let same = change.labels.iter().all(|(name, value)| place(name) || labels.get(name) == Some(value));
        (from..=to).contains(&change.at) && downstream && same
    }

    pub(super) fn add_changes(&mut self, id: &str, changes: BTreeMap<String, String>, at: i64, out: &mut Vec<Output>) {
        for (change, summary) in changes {
            let new = self.incidents.get_mut(id).is_some_and(|incident| incident.changes.insert(change.clone()));
            if new {
                self.note(id, at, Event::Change { change, summary }, out);
            }
        }
    }
}
