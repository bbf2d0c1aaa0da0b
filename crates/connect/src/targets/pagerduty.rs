//! PagerDuty, Events API version 2: the incident is the deduplication key, so repeated events are one incident there.
//!
//! Source: <https://developer.pagerduty.com/docs/events-api-v2-overview>. Its limits: 1,024 characters of summary, 255 of
//! key, 512 KB of event.

use serde_json::{Value, json};
use url::Url;
use watchkeeper_watch::notice::{Action, Notice, Severity};

use super::text::{ALERTS_SHOWN, alert_lines};
use super::{Request, text};
use crate::Secret;
use crate::show::{cut, one_line, time};

/// Where events go; accounts in the European region have `https://events.eu.pagerduty.com/v2/enqueue`.
pub const URL: &str = "https://events.pagerduty.com/v2/enqueue";

const SUMMARY_CHARS: usize = 1_024;
const KEY_CHARS: usize = 255;
/// Of one text in the details: all of them stay far below the limit of an event.
const DETAIL_CHARS: usize = 8_000;

/// The event: `trigger` for trigger and update, `acknowledge`, `resolve`. Severity `page` becomes `critical`, `ticket`
/// `warning`, `info` `info`.
#[must_use]
pub fn render(notice: &Notice, url: &Url, routing_key: &Secret) -> Request {
    let mut event = json!({
        "routing_key": routing_key.expose(),
        "event_action": action(notice.action),
        "dedup_key": notice.incident.chars().take(KEY_CHARS).collect::<String>(),
        "payload": payload(notice),
        "client": "Watchkeeper",
    });
    if let (Some(page), Some(fields)) = (&notice.url, event.as_object_mut()) {
        fields.insert("client_url".to_owned(), json!(page));
        fields.insert("links".to_owned(), json!([{"href": page, "text": "Incident in Watchkeeper"}]));
    }
    Request::json(url.clone(), &event)
}

const fn action(action: Action) -> &'static str {
    match action {
        Action::Trigger | Action::Update => "trigger",
        Action::Acknowledge => "acknowledge",
        Action::Resolve => "resolve",
    }
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Page => "critical",
        Severity::Ticket => "warning",
        Severity::Info => "info",
    }
}

fn payload(notice: &Notice) -> Value {
    let label = |name: &str| notice.labels.get(name).filter(|value| !value.is_empty()).cloned();
    let part = |names: [&str; 2]| names.into_iter().filter_map(label).collect::<Vec<_>>().join("/");
    let details = json!({
        "summary": cut(&notice.summary, DETAIL_CHARS),
        "alerts": alert_lines(notice).iter().map(|line| cut(line, SUMMARY_CHARS)).collect::<Vec<_>>(),
        "alerts_total": notice.alerts_total,
        "suspects": notice.suspects.iter().take(ALERTS_SHOWN).map(|line| cut(line, SUMMARY_CHARS)).collect::<Vec<_>>(),
        "runbook": cut(&notice.runbook, DETAIL_CHARS),
        "labels": notice.labels,
        "watchkeeper_severity": text::severity(notice.severity),
        "key": notice.key,
    });
    json!({
        "summary": cut(&one_line(&notice.title), SUMMARY_CHARS),
        "source": label("model").unwrap_or_else(|| "watchkeeper".to_owned()),
        "severity": severity(notice.severity),
        "timestamp": time(notice.started_at),
        "component": part(["model", "version"]),
        "group": part(["tenant", "environment"]),
        "class": part(["kind", "measure"]),
        "custom_details": details,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use watchkeeper_watch::notice::{Action, Severity};

    use super::{URL, render};
    use crate::Secret;
    use crate::targets::parse_url;
    use crate::targets::sample::{notice, resolved};

    fn body(notice: &watchkeeper_watch::notice::Notice) -> Value {
        let request = render(notice, &parse_url(URL).unwrap(), &Secret::from("R0UT1NG"));
        assert!(!format!("{request:?}").contains("R0UT1NG"));
        assert!(request.body.len() < 512 * 1024);
        serde_json::from_slice(&request.body).unwrap()
    }

    #[test]
    fn an_incident_is_one_key_there() {
        let event = body(&notice());
        assert_eq!(event["routing_key"], "R0UT1NG");
        assert_eq!(event["event_action"], "trigger");
        assert_eq!(event["dedup_key"], "inc-0001");
        assert_eq!(event["client_url"], "https://watchkeeper.example.com/incidents/inc-0001");
        let mut payload = event["payload"].clone();
        let details = payload.as_object_mut().unwrap().remove("custom_details").unwrap();
        assert_eq!(
            payload,
            json!({
                "summary": "credit-risk: income changed", "source": "credit-risk", "severity": "critical",
                "timestamp": "2026-09-21T14:13:20Z", "component": "credit-risk", "group": "default/production", "class": "",
            })
        );
        assert_eq!(details["alerts"][0], "PSI of `income` is above its limit (value 0.31, limit 0.253)");
        assert_eq!(body(&resolved())["event_action"], "resolve");
        assert_eq!(body(&resolved())["dedup_key"], "inc-0001");
    }

    #[test]
    fn actions_and_severities_have_their_words() {
        let mut notice = notice();
        for (action, word) in [(Action::Update, "trigger"), (Action::Acknowledge, "acknowledge")] {
            notice.action = action;
            assert_eq!(body(&notice)["event_action"], word);
        }
        for (severity, word) in [(Severity::Ticket, "warning"), (Severity::Info, "info")] {
            notice.severity = severity;
            assert_eq!(body(&notice)["payload"]["severity"], word);
        }
    }

    #[test]
    fn long_texts_are_cut_to_its_limits() {
        let mut notice = notice();
        notice.title = "ä".repeat(5_000);
        notice.incident = "i".repeat(300);
        notice.summary = "s".repeat(1_000_000);
        notice.runbook = "r".repeat(1_000_000);
        notice.suspects = vec!["x".repeat(100_000); 1_000];
        let event = body(&notice);
        assert_eq!(event["payload"]["summary"].as_str().unwrap().chars().count(), 1_024);
        assert_eq!(event["dedup_key"].as_str().unwrap().len(), 255);
    }
}
