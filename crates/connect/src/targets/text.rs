//! The words that all tools share: headline, facts and lines of a notice.

use watchkeeper_watch::notice::{Action, Notice, NoticeAlert, Severity};

use crate::show::{duration, number, one_line, time_for_people};

/// Alerts that a message for people lists; the rest is counted.
pub(super) const ALERTS_SHOWN: usize = 10;
/// Suspects that a message for people lists.
pub(super) const SUSPECTS_SHOWN: usize = 5;

/// The word of an action in headlines.
pub(super) const fn action(action: Action) -> &'static str {
    match action {
        Action::Trigger => "Firing",
        Action::Update => "Update",
        Action::Acknowledge => "Acknowledged",
        Action::Resolve => "Resolved",
    }
}

/// The word of a severity on the wire.
pub(super) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Ticket => "ticket",
        Severity::Page => "page",
    }
}

/// One line: what happened, how bad, to what.
pub(super) fn headline(notice: &Notice) -> String {
    one_line(&format!("{} [{}] {}", action(notice.action), severity(notice.severity), notice.title))
}

/// Names and values that belong at the head of a message, at most ten; labels in the order in which people look for them.
pub(super) fn facts(notice: &Notice) -> Vec<(&'static str, String)> {
    const LABELS: [(&str, &str); 6] = [
        ("model", "Model"),
        ("version", "Version"),
        ("environment", "Environment"),
        ("segment", "Segment"),
        ("column", "Column"),
        ("rule", "Rule"),
    ];
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    for (label, shown) in LABELS {
        if let Some(value) = notice.labels.get(label).filter(|value| !value.is_empty()) {
            facts.push((shown, one_line(value)));
        }
    }
    facts.push(("Since", time_for_people(notice.started_at)));
    if let Some(resolved_at) = notice.resolved_at {
        let lasted = duration(resolved_at.saturating_sub(notice.started_at));
        facts.push(("Resolved", format!("{} after {lasted}", time_for_people(resolved_at))));
    }
    facts.push(("Incident", one_line(&notice.incident)));
    facts
}

/// One alert on one line, with value and limit where there are such.
pub(super) fn alert_line(alert: &NoticeAlert) -> String {
    let mut line = one_line(&alert.sentence);
    if let (Some(value), Some(limit)) = (alert.value, alert.limit) {
        line.push_str(&format!(" (value {}, limit {})", number(value), number(limit)));
    }
    if alert.ends_at.is_some() {
        line.push_str(" (over)");
    }
    line
}

/// The alerts to show, and the sentence about those that are not.
pub(super) fn alert_lines(notice: &Notice) -> Vec<String> {
    let mut lines: Vec<String> = notice.alerts.iter().take(ALERTS_SHOWN).map(alert_line).collect();
    let shown = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let more = notice.alerts_total.saturating_sub(shown);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{alert_lines, facts, headline};
    use crate::targets::sample::{notice, resolved};

    #[test]
    fn a_notice_in_words() {
        let mut notice = notice();
        notice.title = "credit-risk: 2 columns\nchanged".to_owned();
        assert_eq!(headline(&notice), "Firing [page] credit-risk: 2 columns changed");
        assert_eq!(
            facts(&resolved()),
            [
                ("Model", "credit-risk".to_owned()),
                ("Environment", "production".to_owned()),
                ("Since", "2026-09-21 14:13 UTC".to_owned()),
                ("Resolved", "2026-09-21 15:43 UTC after 1 h 30 min".to_owned()),
                ("Incident", "inc-0001".to_owned()),
            ]
        );
        notice.alerts_total = 14;
        assert_eq!(
            alert_lines(&notice),
            [
                "PSI of `income` is above its limit (value 0.31, limit 0.253)",
                "missing rate of `age` rose (over)",
                "and 12 more"
            ]
        );
    }
}
