//! How much a team can be disturbed.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::Severity;
use crate::time::WEEK;

/// Notices remembered per route; more in a week are beyond any budget.
const SPENT_MAX: usize = 1_000;
/// Incidents named in a digest at most.
const HELD_MAX: usize = 1_000;

/// Incidents that a team hears of in seven days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertBudget {
    /// With severity `page`.
    pub pages: u32,
    /// With severity `ticket`.
    pub tickets: u32,
}

impl Default for AlertBudget {
    fn default() -> Self {
        Self { pages: 2, tickets: 10 }
    }
}

/// An incident that was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Spent {
    at: i64,
    severity: Severity,
    rule: String,
}

/// What one route has told in the last seven days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spending {
    told: VecDeque<Spent>,
    held: VecDeque<(i64, String)>,
}

impl Spending {
    /// Forgets what is older than seven days at `at`.
    pub fn forget(&mut self, at: i64) {
        let since = at.saturating_sub(WEEK);
        self.told.retain(|spent| spent.at > since);
        self.held.retain(|(held, _)| *held > since);
    }

    /// Notes that an incident was told, by the rule that began it.
    pub fn tell(&mut self, at: i64, severity: Severity, rule: &str) {
        if self.told.len() >= SPENT_MAX {
            self.told.pop_front();
        }
        self.told.push_back(Spent { at, severity, rule: rule.to_owned() });
    }

    /// Notes that an incident was held back.
    pub fn hold(&mut self, at: i64, incident: &str) {
        if self.held.len() >= HELD_MAX {
            self.held.pop_front();
        }
        self.held.push_back((at, incident.to_owned()));
    }

    /// Incidents told with `severity`.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.told.iter().filter(|spent| spent.severity == severity).count()
    }

    /// Whether no further incident of `severity` is in the budget.
    #[must_use]
    pub fn is_spent(&self, severity: Severity, budget: AlertBudget) -> bool {
        let allowed = match severity {
            Severity::Page => budget.pages,
            Severity::Ticket => budget.tickets,
            Severity::Info => return false,
        };
        self.count(severity) >= usize::try_from(allowed).unwrap_or(usize::MAX)
    }

    /// Whether more was told or held than the budget has.
    #[must_use]
    pub fn is_exceeded(&self, budget: AlertBudget) -> bool {
        let pages = usize::try_from(budget.pages).unwrap_or(usize::MAX);
        !self.held.is_empty() || self.count(Severity::Page) > pages
    }

    /// Ids of the incidents held back, the oldest first.
    pub fn held(&self) -> impl Iterator<Item = &str> {
        self.held.iter().map(|(_, incident)| incident.as_str())
    }

    /// Rules with the number of incidents that they began, the most first.
    #[must_use]
    pub fn offenders(&self) -> Vec<(&str, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for spent in &self.told {
            *counts.entry(&spent.rule).or_default() += 1;
        }
        let mut ordered: Vec<_> = counts.into_iter().collect();
        ordered.sort_by_key(|&(rule, count)| (std::cmp::Reverse(count), rule));
        ordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY;

    #[test]
    fn a_week_later_there_is_room_again() {
        let budget = AlertBudget { pages: 1, tickets: 2 };
        let mut spending = Spending::default();
        for (day, rule) in [(0, "b"), (1, "a"), (2, "b")] {
            spending.tell(day * DAY, Severity::Ticket, rule);
        }
        assert!(spending.is_spent(Severity::Ticket, budget) && !spending.is_spent(Severity::Page, budget));
        assert_eq!(spending.offenders(), [("b", 2), ("a", 1)]);
        spending.hold(3 * DAY, "inc-1");
        assert!(spending.is_exceeded(budget));
        spending.forget(8 * DAY);
        assert_eq!((spending.count(Severity::Ticket), spending.held().count()), (1, 1));
        spending.forget(10 * DAY);
        assert!(!spending.is_exceeded(budget) && !spending.is_spent(Severity::Ticket, budget));
    }
}
