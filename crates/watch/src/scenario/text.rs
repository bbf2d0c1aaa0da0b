//! The file, as users write it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::times::{At, Length, Start, a_minute, an_hour};
use crate::alert::AlertSettings;
use crate::evaluation::{Labels, Rank, Rule, RuleKind};
use crate::suppress::lineage::{Edge, Node};
use crate::{Action, Severity};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct File {
    /// What it is about.
    pub(super) name: String,
    #[serde(default = "tenant")]
    pub(super) tenant: String,
    #[serde(default)]
    pub(super) start: Start,
    /// Length of the windows of series.
    #[serde(default = "an_hour")]
    pub(super) every: Length,
    /// How often time alone is looked at.
    #[serde(default = "a_minute")]
    pub(super) tick: Length,
    /// Documents as for `watchkeeper apply`.
    pub(super) resources: Option<String>,
    /// Files with such documents.
    #[serde(default)]
    pub(super) files: Vec<String>,
    #[serde(default)]
    pub(super) lineage: Vec<EdgeText>,
    /// Rules that are no resources here.
    #[serde(default)]
    pub(super) rules: Vec<RuleText>,
    #[serde(default)]
    pub(super) series: Vec<SeriesText>,
    #[serde(default)]
    pub(super) counts: Vec<CountsText>,
    #[serde(default)]
    pub(super) commands: Vec<Act>,
    #[serde(default)]
    pub(super) changes: Vec<Changed>,
    pub(super) expect: Vec<Expectation>,
}

fn tenant() -> String {
    "default".to_owned()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EdgeText {
    from: String,
    to: String,
}

impl TryFrom<&EdgeText> for Edge {
    type Error = String;

    fn try_from(text: &EdgeText) -> Result<Self, String> {
        let node = |text: &str| match text.split_once(':') {
            Some(("source", name)) => Ok(Node::Source(name.to_owned())),
            Some(("model", name)) => Ok(Node::Model(name.to_owned())),
            _ => Err(format!("lineage `{text}`; expected `source:NAME` or `model:NAME`")),
        };
        Ok(Self { from: node(&text.from)?, to: node(&text.to)? })
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RuleText {
    name: String,
    #[serde(default = "monitor")]
    kind: RuleKind,
    /// `2 of 3`.
    enter: Option<String>,
    keep_firing: Option<u32>,
    no_data_after: Option<Length>,
    pub(super) runbook: Option<String>,
}

const fn monitor() -> RuleKind {
    RuleKind::Monitor
}

impl RuleText {
    pub(super) fn rule(&self) -> Rule {
        Rule { kind: self.kind, name: self.name.clone() }
    }

    pub(super) fn settings(&self) -> Result<AlertSettings, String> {
        let usual = AlertSettings::default();
        let enter = self.enter.as_deref().map(|text| {
            let numbers =
                text.split_once(" of ").and_then(|(k, n)| Some((k.trim().parse().ok()?, n.trim().parse().ok()?)));
            numbers.ok_or_else(|| format!("enter `{text}` of rule `{}`; expected `2 of 3`", self.name))
        });
        let (breaches, of) = enter.transpose()?.unwrap_or((usual.breaches, usual.of));
        let settings = AlertSettings {
            breaches,
            of,
            keep_firing: self.keep_firing.unwrap_or(usual.keep_firing),
            no_data_after: self.no_data_after.map(|length| length.0),
        };
        settings.checked().map_err(|error| format!("rule `{}`: {error}", self.name))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeriesText {
    pub(super) rule: String,
    #[serde(default = "monitor")]
    pub(super) kind: RuleKind,
    #[serde(default)]
    pub(super) labels: Labels,
    #[serde(default = "ticket")]
    pub(super) severity: Severity,
    #[serde(default = "drift")]
    pub(super) rank: Rank,
    pub(super) every: Option<Length>,
    /// How long after the end of a window its evaluation is known.
    #[serde(default = "at_once")]
    pub(super) delay: Length,
    pub(super) limit: Option<f64>,
    /// Share of the limit below which a value is clear.
    #[serde(default = "most")]
    pub(super) clear: f64,
    pub(super) values: String,
    pub(super) sentence: Option<String>,
}

const fn ticket() -> Severity {
    Severity::Ticket
}

const fn drift() -> Rank {
    Rank::FeatureDrift
}

const fn at_once() -> Length {
    Length(0)
}

const fn most() -> f64 {
    0.8
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CountsText {
    pub(super) slo: String,
    pub(super) every: Option<Length>,
    #[serde(default = "at_once")]
    pub(super) delay: Length,
    pub(super) values: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    pub(super) at: At,
    #[serde(default = "somebody")]
    pub(super) by: String,
    #[serde(rename = "do")]
    pub(super) deed: Deed,
    /// The incident of the first alert that fires with this rule.
    pub(super) rule: Option<String>,
    pub(super) until: Option<At>,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) matchers: Vec<String>,
}

fn somebody() -> String {
    "somebody".to_owned()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Deed {
    Acknowledge,
    Assign,
    Comment,
    Mitigate,
    Silence,
    Unsilence,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changed {
    pub(super) at: At,
    pub(super) id: String,
    pub(super) kind: String,
    #[serde(default)]
    pub(super) labels: Labels,
    #[serde(default)]
    pub(super) summary: String,
}

/// What is expected at a time. Lists are complete: what is not in them is not there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectation {
    pub(super) at: At,
    /// Alerts that are not inactive.
    pub(super) alerts: Option<Vec<AlertText>>,
    /// Incidents that are open.
    pub(super) incidents: Option<Vec<IncidentText>>,
    /// Notices since they were last expected, in order.
    pub(super) notices: Option<Vec<NoticeText>>,
    /// How budgets stand.
    pub(super) budgets: Option<Vec<BudgetText>>,
    /// How often something was not told, by reason.
    pub(super) held: Option<BTreeMap<String, u64>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertText {
    pub(super) rule: String,
    #[serde(default)]
    pub(super) labels: Labels,
    pub(super) state: String,
    pub(super) severity: Option<Severity>,
    #[serde(default)]
    pub(super) flapping: bool,
    /// `ok`, `no_data` or `error`.
    pub(super) health: Option<String>,
    pub(super) restated: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IncidentText {
    /// Rule of the alert that stands for it.
    pub(super) rule: String,
    pub(super) severity: Option<Severity>,
    /// Alerts that go on.
    pub(super) alerts: Option<usize>,
    /// Those of them that are explained by others.
    pub(super) absorbed: Option<usize>,
    pub(super) assignee: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticeText {
    pub(super) target: String,
    pub(super) action: Action,
    pub(super) rule: Option<String>,
    pub(super) severity: Option<Severity>,
    pub(super) alerts: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BudgetText {
    pub(super) slo: String,
    pub(super) state: String,
    /// Percent that is used up, to one digit.
    pub(super) consumed: Option<f64>,
}
