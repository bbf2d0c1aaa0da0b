//! What an engine goes by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::alert::AlertSettings;
use crate::evaluation::{Labels, Rule};
use crate::suppress::budget::AlertBudget;
use crate::suppress::inhibit::Inhibition;
use crate::suppress::lineage::Lineage;
use crate::suppress::maintenance::Maintenance;
use crate::suppress::silence::Silence;
use crate::time::{HOUR, MINUTE};
use crate::{RuleKind, Severity};
use watchkeeper_spec::Matcher;

/// What an engine goes by: all of it at once, as it is from the time at which it is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The rules that are evaluated. An alert whose rule is not among them ends.
    pub rules: Vec<RuleConfig>,
    /// Who is told; the first one that matches, and those after it while they say `continues`.
    pub routes: Vec<Route>,
    /// Alerts that make others worthless.
    pub inhibitions: Vec<Inhibition>,
    /// Work that is known beforehand.
    pub maintenance: Vec<Maintenance>,
    /// Alerts that are not told, as resources; silences by command come on top.
    pub silences: Vec<Silence>,
    /// Which data flows into which model.
    pub lineage: Lineage,
    /// Where the pages of incidents are: their id is appended.
    pub incident_url: Option<String>,
}

/// A rule, as alerts need it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleConfig {
    /// Which rule.
    pub rule: Rule,
    /// When its alerts begin and end.
    pub settings: AlertSettings,
    /// What to do, Markdown; for incidents that it stands for.
    pub runbook: Option<String>,
}

/// Who is told of what, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// Which alerts: all of these match.
    #[serde(with = "crate::saved::matchers")]
    pub matchers: Vec<Matcher>,
    /// Names of the targets.
    pub targets: Vec<String>,
    /// How long the first notice waits for more alerts, µs.
    pub group_wait: i64,
    /// At least this long between notices about further alerts, µs.
    pub group_interval: i64,
    /// A page is told again after this long, µs.
    pub repeat_page: i64,
    /// A ticket is told again after this long, µs.
    pub repeat_ticket: i64,
    /// Whether ends are told.
    pub tells_resolved: bool,
    /// Whether routes after this one are tried, too.
    pub continues: bool,
    /// How much the team can be disturbed; `None`: any amount.
    pub budget: Option<AlertBudget>,
}

impl Route {
    /// A route for all alerts to these targets, with the usual waits: 2 min, 5 min, 4 h, 24 h.
    #[must_use]
    pub fn new(name: impl Into<String>, targets: Vec<String>) -> Self {
        Self {
            name: name.into(),
            matchers: Vec::new(),
            targets,
            group_wait: 2 * MINUTE,
            group_interval: 5 * MINUTE,
            repeat_page: 4 * HOUR,
            repeat_ticket: 24 * HOUR,
            tells_resolved: true,
            continues: false,
            budget: None,
        }
    }

    /// After how long an incident of `severity` is told again, µs.
    #[must_use]
    pub const fn repeat(&self, severity: Severity) -> i64 {
        match severity {
            Severity::Page => self.repeat_page,
            Severity::Ticket | Severity::Info => self.repeat_ticket,
        }
    }
}

impl Config {
    /// Routes for an alert with these labels.
    pub(crate) fn routes_for<'a>(&'a self, labels: &'a Labels) -> impl Iterator<Item = &'a Route> {
        // What an engine says about a route goes to that route.
        let own = labels.get("measure").is_some_and(|measure| measure == super::own::ALERT_BUDGET);
        let named = labels.get("route").filter(|_| own);
        let mut over = false;
        self.routes.iter().filter(move |route| {
            if let Some(name) = named {
                return route.name == *name;
            }
            let fits = !over && Matcher::all_match(&route.matchers, labels);
            over |= fits && !route.continues;
            fits
        })
    }

    /// Settings by rule.
    pub(crate) fn settings(&self) -> BTreeMap<Rule, AlertSettings> {
        self.rules.iter().map(|rule| (rule.rule.clone(), rule.settings)).collect()
    }

    /// What alerts of a rule that is not configured go by: a budget rule looks at several windows itself.
    pub(crate) fn default_settings(kind: RuleKind) -> AlertSettings {
        match kind {
            RuleKind::Monitor => AlertSettings::default(),
            RuleKind::Slo => AlertSettings::immediate(),
        }
    }
}
