//! What is expected and what is found, line by line.

use super::Difference;
use super::run::Seen;
use super::text::{AlertText, Expectation, IncidentText, NoticeText};
use crate::alert::{Alert, Health, Phase};
use crate::evaluation::Labels;
use crate::incident::Incident;
use crate::{Action, Notice};

/// What is expected of one thing, and how it is written; what is found is written with the same details.
struct Line<'a, T> {
    text: String,
    is: Box<dyn Fn(&T) -> bool + 'a>,
}

pub(super) fn differences(expectation: &Expectation, seen: &mut Seen) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut add = |of: &'static str, lines: Option<Vec<String>>| {
        all.extend(lines.map(|lines| Difference { at: expectation.at.text.clone(), of, lines }));
    };
    if let Some(alerts) = &expectation.alerts {
        let found: Vec<&Alert> = seen.engine.alerts().filter(|alert| alert.phase != Phase::Inactive).collect();
        let lines = alerts.iter().map(|text| alert_line(text, seen)).collect();
        add("alerts", unordered(lines, &found, show_alert));
    }
    if let Some(incidents) = &expectation.incidents {
        let found: Vec<&Incident> = seen.engine.incidents().filter(|incident| incident.is_open()).collect();
        let lines = incidents.iter().map(incident_line).collect();
        add("incidents", unordered(lines, &found, show_incident));
    }
    if let Some(notices) = &expectation.notices {
        let found: Vec<&Notice> = seen.notices.iter().collect();
        let lines = notices.iter().map(notice_line).collect();
        add("notices", ordered(lines, &found, show_notice));
    }
    if let Some(budgets) = &expectation.budgets {
        let mut lines = Vec::new();
        for text in budgets {
            let found = seen.budgets.get(&text.slo);
            let consumed = |share: Option<f64>| share.map(|share| (share * 1_000.0).round() / 10.0);
            let same = found.is_some_and(|budget| {
                let near =
                    |expected: f64| consumed(budget.consumed).is_some_and(|found| (found - expected).abs() < 0.051);
                budget.state.as_str() == text.state && text.consumed.is_none_or(near)
            });
            if !same {
                let percent =
                    |value: Option<f64>| value.map_or_else(String::new, |value| format!(", {value} % used up"));
                lines.push(format!("- {}: {}{}", text.slo, text.state, percent(text.consumed)));
                let none = || "+ no counts yet".to_owned();
                lines.push(found.map_or_else(none, |budget| {
                    format!("+ {}: {}{}", text.slo, budget.state.as_str(), percent(consumed(budget.consumed)))
                }));
            }
        }
        add("budgets", (!lines.is_empty()).then_some(lines));
    }
    if let Some(held) = &expectation.held {
        let mut lines = Vec::new();
        for (reason, count) in held {
            let found = seen.engine.counts().iter().find(|(known, _)| known.as_str() == reason).map_or(0, |(_, n)| *n);
            if found != *count {
                lines.extend([format!("- {reason}: {count}"), format!("+ {reason}: {found}")]);
            }
        }
        add("held", (!lines.is_empty()).then_some(lines));
    }
    if !seen.refused.is_empty() {
        let lines = std::mem::take(&mut seen.refused).into_iter().map(|why| format!("+ {why}")).collect();
        add("commands", Some(lines));
    }
    if expectation.notices.is_some() {
        seen.notices.clear();
    }
    all
}

fn unordered<T>(expected: Vec<Line<'_, T>>, found: &[&T], show: impl Fn(&T) -> String) -> Option<Vec<String>> {
    let mut left: Vec<&T> = found.to_vec();
    let mut lines = Vec::new();
    let mut differ = false;
    for line in expected {
        match left.iter().position(|one| (line.is)(one)) {
            Some(index) => {
                left.remove(index);
                lines.push(format!("  {}", line.text));
            }
            None => {
                differ = true;
                lines.push(format!("- {}", line.text));
            }
        }
    }
    differ |= !left.is_empty();
    lines.extend(left.into_iter().map(|one| format!("+ {}", show(one))));
    differ.then_some(lines)
}

fn ordered<T>(expected: Vec<Line<'_, T>>, found: &[&T], show: impl Fn(&T) -> String) -> Option<Vec<String>> {
    let same = expected.len() == found.len() && expected.iter().zip(found).all(|(line, one)| (line.is)(one));
    if same {
        return None;
    }
    let mut lines = Vec::new();
    for index in 0..expected.len().max(found.len()) {
        match (expected.get(index), found.get(index)) {
            (Some(line), Some(one)) if (line.is)(one) => lines.push(format!("  {}", line.text)),
            (line, one) => {
                lines.extend(line.map(|line| format!("- {}", line.text)));
                lines.extend(one.map(|one| format!("+ {}", show(one))));
            }
        }
    }
    Some(lines)
}

fn show_labels(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { String::new() } else { format!(" {{{}}}", pairs.join(", ")) }
}

const fn health(health: Health) -> &'static str {
    match health {
        Health::Ok => "ok",
        Health::NoData => "no_data",
        Health::Error => "error",
    }
}

fn show_alert(alert: &Alert) -> String {
    let flapping = if alert.is_flapping() { ", flapping" } else { "" };
    let (name, labels) = (&alert.rule.name, show_labels(&alert.labels));
    format!("{name}{labels}: {}, {}, health {}{flapping}", alert.phase.as_str(), alert.severity, health(alert.health))
}

fn alert_line<'a>(text: &'a AlertText, seen: &'a Seen) -> Line<'a, Alert> {
    let mut shown = format!("{}{}: {}", text.rule, show_labels(&text.labels), text.state);
    shown.push_str(&text.severity.map_or_else(String::new, |severity| format!(", {severity}")));
    shown.push_str(&text.health.as_ref().map_or_else(String::new, |health| format!(", health {health}")));
    if text.flapping {
        shown.push_str(", flapping");
    }
    shown.push_str(&text.restated.map_or_else(String::new, |times| format!(", {times} windows restated")));
    let is = move |alert: &Alert| {
        let restated = seen.restated.get(&alert.fingerprint).copied().unwrap_or(0);
        alert.rule.name == text.rule
            && text.labels.iter().all(|(name, value)| alert.labels.get(name) == Some(value))
            && alert.phase.as_str() == text.state
            && text.severity.is_none_or(|severity| alert.severity == severity)
            && text.health.as_deref().is_none_or(|expected| health(alert.health) == expected)
            && alert.is_flapping() == text.flapping
            && text.restated.is_none_or(|times| times == restated)
    };
    Line { text: shown, is: Box::new(is) }
}

fn root_rule(incident: &Incident) -> &str {
    incident.members.get(&incident.root).map_or("", |member| member.rule.name.as_str())
}

fn absorbed(incident: &Incident) -> usize {
    incident.active().filter(|(_, member)| member.absorbed_by.is_some()).count()
}

fn show_incident(incident: &Incident) -> String {
    let (alerts, absorbed) = (incident.active().count(), absorbed(incident));
    format!("{}: {}, {alerts} alerts, {absorbed} absorbed", root_rule(incident), incident.severity)
}

fn incident_line(text: &IncidentText) -> Line<'_, Incident> {
    let mut shown = format!("{}:", text.rule);
    shown.push_str(&text.severity.map_or_else(String::new, |severity| format!(" {severity}")));
    shown.push_str(&text.alerts.map_or_else(String::new, |count| format!(", {count} alerts")));
    shown.push_str(&text.absorbed.map_or_else(String::new, |count| format!(", {count} absorbed")));
    let is = |incident: &Incident| {
        root_rule(incident) == text.rule
            && text.severity.is_none_or(|severity| incident.severity == severity)
            && text.alerts.is_none_or(|count| incident.active().count() == count)
            && text.absorbed.is_none_or(|count| absorbed(incident) == count)
            && text.assignee.as_ref().is_none_or(|name| incident.assignee.as_ref() == Some(name))
    };
    Line { text: shown, is: Box::new(is) }
}

const fn action(action: Action) -> &'static str {
    match action {
        Action::Trigger => "trigger",
        Action::Update => "update",
        Action::Acknowledge => "acknowledge",
        Action::Resolve => "resolve",
    }
}

fn show_notice(notice: &Notice) -> String {
    let (target, severity, total) = (&notice.target, notice.severity, notice.alerts_total);
    let at = crate::time::show(notice.at);
    format!("{target}: {}, {severity}, {total} alerts ({at}, {})", action(notice.action), notice.title)
}

fn notice_line(text: &NoticeText) -> Line<'_, Notice> {
    let mut shown = format!("{}: {}", text.target, action(text.action));
    shown.push_str(&text.severity.map_or_else(String::new, |severity| format!(", {severity}")));
    shown.push_str(&text.alerts.map_or_else(String::new, |count| format!(", {count} alerts")));
    shown.push_str(&text.rule.as_ref().map_or_else(String::new, |rule| format!(", of rule {rule}")));
    let is = |notice: &Notice| {
        let of_rule = |rule: &String| notice.alerts.iter().any(|alert| alert.labels.get("rule") == Some(rule));
        notice.target == text.target
            && notice.action == text.action
            && text.severity.is_none_or(|severity| notice.severity == severity)
            && text.alerts.is_none_or(|count| notice.alerts_total == count)
            && text.rule.as_ref().is_none_or(of_rule)
    };
    Line { text: shown, is: Box::new(is) }
}
