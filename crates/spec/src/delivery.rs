//! Who is told about an incident, how, and what is held back.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::watch_words::TargetKind;
use crate::{AlertLabel, Document, Matcher, SecretReference, Span, TextOrSecret};

/// A notification target.
pub type NotificationTarget = Document<NotificationTargetSpec>;

/// A route.
pub type Route = Document<RouteSpec>;

/// An inhibit rule.
pub type InhibitRule = Document<InhibitRuleSpec>;

/// Where notices go and in which form.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "NotificationTargetSpec")]
#[non_exhaustive]
pub struct NotificationTargetSpec {
    /// Which kind of target.
    #[serde(rename = "type")]
    pub kind: TargetKind,
    /// Where it is: `https://…`, for e-mail `smtp://host:587` or `smtps://host:465`, or a reference to a secret that holds
    /// it. For Slack and Teams the URL is a secret itself. PagerDuty and Opsgenie have a default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<TextOrSecret>,
    /// Secrets by name: `routing_key` (PagerDuty), `api_key` (Opsgenie), `user` and `token` (Jira), `user` and `password`
    /// (e-mail, Alertmanager), `signing_key` (webhook), `bearer` (any with HTTP).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "Option<BTreeMap<String, SecretReference>>")]
    pub secrets: BTreeMap<String, SecretReference>,
    /// Further HTTP headers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "Option<BTreeMap<String, TextOrSecret>>")]
    pub headers: BTreeMap<String, TextOrSecret>,
    /// E-mail: the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// E-mail: the receivers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<String>>")]
    pub to: Vec<String>,
    /// The body with placeholders `{{ field }}`. Default: that of the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// How long an answer is waited for, 1 second to 2 minutes. Default: `10s`.
    #[schemars(with = "Option<Span>")]
    pub timeout: Span,
    /// Whether the end of an incident is told. Default: true.
    #[schemars(with = "Option<bool>")]
    pub send_resolved: bool,
    /// Name of the target that is told when this one cannot be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
}

/// Which incidents go to which targets, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "RouteSpec")]
#[non_exhaustive]
pub struct RouteSpec {
    /// Conditions that all must hold. Default: none, so everything.
    #[schemars(with = "Option<Vec<Matcher>>")]
    pub matchers: Vec<Matcher>,
    /// Names of notification targets, at least one.
    pub targets: Vec<String>,
    /// Name of the target that is told when a target without a fallback of its own cannot be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// Routes are tried from the smallest number, those with the same number by name. Default: 100.
    #[schemars(with = "Option<u64>")]
    pub order: u64,
    /// Whether the routes behind are tried although this one matched. Default: false.
    #[serde(rename = "continue")]
    #[schemars(with = "Option<bool>")]
    pub goes_on: bool,
    /// How long further alerts of an incident are waited for before the first notice. Default: `2m`.
    #[schemars(with = "Option<Span>")]
    pub group_wait: Span,
    /// How long between two notices of an incident at least, if something changed. Default: `5m`.
    #[schemars(with = "Option<Span>")]
    pub group_interval: Span,
    /// How often an open incident is told again.
    #[schemars(with = "Option<Repeat>")]
    pub repeat: Repeat,
    /// Whether the end of an incident is told. Default: true.
    #[schemars(with = "Option<bool>")]
    pub resolved: bool,
    /// How many notices the team can bear.
    #[schemars(with = "Option<AlertBudget>")]
    pub alert_budget: AlertBudget,
}

/// How often an open incident is told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Repeat")]
#[non_exhaustive]
pub struct Repeat {
    /// A page, at least 1 minute. Default: `4h`.
    #[schemars(with = "Option<Span>")]
    pub page: Span,
    /// A ticket, at least 1 minute. Default: `24h`.
    #[schemars(with = "Option<Span>")]
    pub ticket: Span,
}

impl Default for Repeat {
    fn default() -> Self {
        Self { page: Span::hours(4), ticket: Span::hours(24) }
    }
}

/// Notices in a week; those beyond go to a digest, which names the loudest rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "AlertBudget")]
#[non_exhaustive]
pub struct AlertBudget {
    /// Pages. Default: 2.
    #[schemars(with = "Option<u64>")]
    pub pages: u64,
    /// Tickets. Default: 10.
    #[schemars(with = "Option<u64>")]
    pub tickets: u64,
}

impl Default for AlertBudget {
    fn default() -> Self {
        Self { pages: 2, tickets: 10 }
    }
}

/// While an alert of the source is open, those of the target are not told.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "InhibitRuleSpec")]
#[non_exhaustive]
pub struct InhibitRuleSpec {
    /// The alerts that speak for the others: conditions that all must hold, at least one.
    pub source: Vec<Matcher>,
    /// The alerts that are held back: conditions that all must hold, at least one.
    pub target: Vec<Matcher>,
    /// Labels that both have, with the same value. A label that is absent on both sides does not count as equal.
    #[schemars(with = "Option<Vec<AlertLabel>>")]
    pub equal: Vec<AlertLabel>,
}

impl InhibitRuleSpec {
    /// Whether an alert with the labels `source` holds back one with the labels `target`.
    #[must_use]
    pub fn inhibits(&self, source: &BTreeMap<String, String>, target: &BTreeMap<String, String>) -> bool {
        let both_have = |label: &AlertLabel| {
            let of = |labels: &BTreeMap<String, String>| {
                labels.get(label.as_str()).filter(|value| !value.is_empty()).cloned()
            };
            of(source).is_some_and(|value| of(target).as_ref() == Some(&value))
        };
        Matcher::all_match(&self.source, source)
            && Matcher::all_match(&self.target, target)
            && self.equal.iter().all(both_have)
    }
}
