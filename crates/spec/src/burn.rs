//! How fast an error budget may be spent before somebody is told.

use schemars::JsonSchema;
use serde::Serialize;

use crate::watch_words::{BudgetDeed, BurnFamily};
use crate::{Document, Severity, Span};

/// A burn policy.
pub type BurnPolicy = Document<BurnPolicySpec>;

/// The share of the greatest possible burn rate, `1 / (1 - target)`, that a factor may reach: one above can hardly fire.
pub const FACTOR_SHARE_MAX: f64 = 0.9;

/// When spending is too fast, and what happens as the budget goes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "BurnPolicySpec")]
#[non_exhaustive]
pub struct BurnPolicySpec {
    /// How fine the counts are.
    pub family: BurnFamily,
    /// When somebody is told, the loudest first. Default: those of the family.
    #[schemars(with = "Option<Vec<BurnTier>>")]
    pub tiers: Vec<BurnTier>,
    /// Bad events or slices that the long window needs. Default: 5; 0 for `daily` and `cohort`.
    #[schemars(with = "Option<u64>")]
    pub min_bad: u64,
    /// Events or slices that the long window needs. Default: 30; 0 for `daily` and `cohort`.
    #[schemars(with = "Option<u64>")]
    pub min_total: u64,
    /// What happens as the budget goes. Default: a note at 50 %, a ticket at 75 %, a closed gate at 100 %.
    #[schemars(with = "Option<Vec<BudgetAction>>")]
    pub actions: Vec<BudgetAction>,
}

impl BurnPolicySpec {
    /// The policy of a family without any setting. An SLO takes it by the word of the family.
    #[must_use]
    pub fn of(family: BurnFamily) -> Self {
        let guarded = matches!(family, BurnFamily::Stream | BurnFamily::Hourly);
        Self {
            family,
            tiers: default_tiers(family),
            min_bad: if guarded { 5 } else { 0 },
            min_total: if guarded { 30 } else { 0 },
            actions: default_actions(),
        }
    }
}

/// One rule of a burn policy.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BurnTier {
    /// How loud it is.
    pub severity: Severity,
    /// When it fires.
    pub condition: BurnCondition,
    /// Only for SLOs of this tier (1 is the most important) and those above it. `None`: for all.
    pub tier: Option<u64>,
}

/// When a burn tier fires.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum BurnCondition {
    /// So much of the budget of the period was spent in the long window, at a rate that the short one still shows.
    Budget {
        /// Percent of the budget, above 0 and at most 100.
        percent: f64,
        /// The long window.
        long: Span,
        /// The short window, below the long one.
        short: Span,
    },
    /// So many of the last slices were bad.
    Slices {
        /// Bad slices that are needed, 1 to `of`.
        bad: u64,
        /// Slices that are looked at.
        of: u64,
    },
}

impl BurnCondition {
    /// The burn rate above which it fires for an SLO with this period: `percent / 100 · period / long` (methods K.2).
    /// `None` for slices.
    #[must_use]
    pub fn factor(&self, period: Span) -> Option<f64> {
        match self {
            Self::Budget { percent, long, .. } => {
                Some(percent / 100.0 * period.seconds() as f64 / long.seconds().max(1) as f64)
            }
            Self::Slices { .. } => None,
        }
    }
}

/// What happens when a share of the budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "BudgetAction")]
#[non_exhaustive]
pub struct BudgetAction {
    /// Percent of the budget, above 0.
    pub at: f64,
    /// What happens.
    #[serde(rename = "do")]
    pub deed: BudgetDeed,
}

const fn budget(severity: Severity, percent: f64, long_hours: u32) -> BurnTier {
    // A twelfth of the long window, in minutes.
    let condition =
        BurnCondition::Budget { percent, long: Span::hours(long_hours), short: Span::minutes(long_hours * 5) };
    BurnTier { severity, condition, tier: None }
}

const fn slices(severity: Severity, bad: u64, of: u64, tier: Option<u64>) -> BurnTier {
    BurnTier { severity, condition: BurnCondition::Slices { bad, of }, tier }
}

/// The tiers of a family without any setting.
pub(crate) fn default_tiers(family: BurnFamily) -> Vec<BurnTier> {
    use Severity::{Page, Ticket};
    match family {
        BurnFamily::Stream => {
            vec![budget(Page, 2.0, 1), budget(Page, 5.0, 6), budget(Ticket, 10.0, 24), budget(Ticket, 10.0, 72)]
        }
        BurnFamily::Hourly => vec![budget(Page, 5.0, 6), budget(Ticket, 10.0, 24), budget(Ticket, 20.0, 72)],
        BurnFamily::Daily => vec![slices(Page, 4, 7, Some(1)), slices(Ticket, 2, 3, None)],
        BurnFamily::Cohort => vec![slices(Page, 2, 2, None), slices(Ticket, 1, 1, None)],
    }
}

/// The actions without any setting.
pub(crate) fn default_actions() -> Vec<BudgetAction> {
    [(50.0, BudgetDeed::Annotate), (75.0, BudgetDeed::Ticket), (100.0, BudgetDeed::CloseGate)]
        .map(|(at, deed)| BudgetAction { at, deed })
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_of_28_days() {
        let period = Span::days(28);
        let factor = |percent, hours| budget(Severity::Page, percent, hours).condition.factor(period).unwrap();
        for (percent, hours, expect) in [(2.0, 1, 13.44), (5.0, 6, 5.6), (10.0, 24, 2.8), (10.0, 72, 14.0 / 15.0)] {
            assert!((factor(percent, hours) - expect).abs() < 1e-12, "{percent} {hours}");
        }
        assert!((budget(Severity::Page, 2.0, 1).condition.factor(Span::days(30)).unwrap() - 14.4).abs() < 1e-12);
        let BurnCondition::Budget { short, .. } = budget(Severity::Page, 5.0, 6).condition else { panic!() };
        assert_eq!(short, Span::minutes(30));
    }
}
