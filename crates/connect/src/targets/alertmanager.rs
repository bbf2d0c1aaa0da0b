//! Alertmanager, API version 2: one alert of ours is one of its alerts.
//!
//! Alertmanager tells alerts apart by their labels alone and forgets those that nobody repeats. So what changes while an
//! alert fires (value, sentence) is an annotation; the incident is a label, stable over its life, to group by. An alert
//! that fires is sent each minute and ends by itself four minutes after the last time, as Prometheus does it.
//!
//! Source: <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::Url;
use watchkeeper_watch::notice::{Action, Notice, NoticeAlert};

use super::request::join;
use super::{InvalidUrl, Request};
use crate::show::{cut, number, time};

/// How often a firing alert is sent again, in microseconds: what Prometheus does by default.
const AGAIN_MICROS: i64 = 60_000_000;
/// How long after a sending a firing alert is held for true, in microseconds: four times that.
const HOLDS_MICROS: i64 = 4 * AGAIN_MICROS;
/// Characters of an annotation. Alertmanager has no limit; the tools behind it have.
const ANNOTATION_CHARS: usize = 4_000;
/// The name of alerts without a rule.
const NAME: &str = "watchkeeper";

/// `POST /api/v2/alerts` below `url`, as of `now` (microseconds since 1970).
///
/// # Errors
/// [`InvalidUrl`] if `url` takes no path.
pub fn render(notice: &Notice, url: &Url, now: i64) -> Result<Request, InvalidUrl> {
    let alerts: Vec<Value> = notice.alerts.iter().map(|alert| alert_of(notice, alert, now)).collect();
    Ok(Request::json(join(url, &["api", "v2", "alerts"])?, &Value::Array(alerts)))
}

/// When to send a notice again that was delivered at `now`: in a minute while an alert of it fires, else never.
#[must_use]
pub fn again_at(notice: &Notice, now: i64) -> Option<i64> {
    let fires = notice.action != Action::Resolve && notice.alerts.iter().any(|alert| alert.ends_at.is_none());
    fires.then(|| now.saturating_add(AGAIN_MICROS))
}

fn alert_of(notice: &Notice, alert: &NoticeAlert, now: i64) -> Value {
    let over = if notice.action == Action::Resolve {
        alert.ends_at.or(notice.resolved_at).or(Some(now))
    } else {
        alert.ends_at
    };
    let ends_at = over.unwrap_or_else(|| now.saturating_add(HOLDS_MICROS));
    let mut annotations = BTreeMap::from([
        ("summary", cut(&alert.sentence, ANNOTATION_CHARS)),
        ("description", cut(&notice.summary, ANNOTATION_CHARS)),
    ]);
    if !notice.suspects.is_empty() {
        annotations.insert("suspects", cut(&notice.suspects.join("; "), ANNOTATION_CHARS));
    }
    if !notice.runbook.is_empty() {
        annotations.insert("runbook", cut(&notice.runbook, ANNOTATION_CHARS));
    }
    for (name, value) in [("value", alert.value), ("limit", alert.limit)] {
        if let Some(value) = value {
            annotations.insert(name, number(value));
        }
    }
    let mut body = json!({
        "labels": labels(notice, alert),
        "annotations": annotations,
        // It refuses alerts that end before they start.
        "startsAt": time(alert.starts_at.min(ends_at)),
        "endsAt": time(ends_at),
    });
    if let (Some(url), Some(fields)) = (&notice.url, body.as_object_mut()) {
        fields.insert("generatorURL".to_owned(), Value::from(url.as_str()));
    }
    body
}

/// The identity of the alert at Alertmanager: it takes no empty values, and names of letters, digits and `_` only.
fn labels(notice: &Notice, alert: &NoticeAlert) -> BTreeMap<String, String> {
    let name = alert.labels.get("rule").filter(|rule| !rule.is_empty()).map_or(NAME, String::as_str);
    let mut labels: BTreeMap<String, String> = alert
        .labels
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (label_name(name), value.clone()))
        .collect();
    labels.insert("alertname".to_owned(), name.to_owned());
    labels.insert("incident".to_owned(), notice.incident.clone());
    labels
}

fn label_name(name: &str) -> String {
    let good: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if good.starts_with(|c: char| c.is_ascii_digit()) || good.is_empty() { format!("_{good}") } else { good }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{again_at, label_name, render};
    use crate::targets::parse_url;
    use crate::targets::sample::{AT, MINUTE, notice, resolved};

    fn body(notice: &watchkeeper_watch::notice::Notice, now: i64) -> Value {
        let request = render(notice, &parse_url("http://127.0.0.1:9093").unwrap(), now).unwrap();
        assert_eq!(request.url.as_str(), "http://127.0.0.1:9093/api/v2/alerts");
        serde_json::from_slice(&request.body).unwrap()
    }

    #[test]
    fn a_firing_alert_ends_four_minutes_after_it_was_sent() {
        let body = body(&notice(), AT + 3 * MINUTE);
        assert_eq!(
            body[0],
            json!({
                "labels": {
                    "alertname": "feature-drift", "incident": "inc-0001", "tenant": "default", "environment": "production",
                    "model": "credit-risk", "column": "income", "rule": "feature-drift", "severity": "page",
                },
                "annotations": {
                    "summary": "PSI of `income` is above its limit",
                    "description": "The distribution of `income` moved. 2 alerts fire.",
                    "suspects": "unit change of `income`: values are 1000 times larger (strong)",
                    "runbook": "1. Look at the upstream job.",
                    "value": "0.31",
                    "limit": "0.253",
                },
                "startsAt": "2026-09-21T14:13:20Z",
                "endsAt": "2026-09-21T14:20:20Z",
                "generatorURL": "https://watchkeeper.example.com/incidents/inc-0001",
            })
        );
        assert_eq!(body[1]["endsAt"], "2026-09-21T14:14:20Z", "that one is over");
    }

    #[test]
    fn it_is_sent_again_until_it_is_over() {
        assert_eq!(again_at(&notice(), AT), Some(AT + MINUTE));
        assert_eq!(again_at(&resolved(), AT), None);
        let mut over = notice();
        over.alerts.iter_mut().for_each(|alert| alert.ends_at = Some(AT));
        assert_eq!(again_at(&over, AT), None);
    }

    #[test]
    fn a_resolved_incident_ends_all_its_alerts() {
        let mut notice = resolved();
        notice.alerts[0].ends_at = None;
        notice.alerts[1].starts_at = AT + 100 * MINUTE;
        let body = body(&notice, AT + 200 * MINUTE);
        assert_eq!(body[0]["endsAt"], "2026-09-21T15:43:20Z");
        assert_eq!(body[1]["startsAt"], body[1]["endsAt"], "never a start after the end");
    }

    #[test]
    fn names_are_made_valid() {
        let names = ["model", "9lives", "a-b.c", "", "größe"].map(label_name);
        assert_eq!(names, ["model", "_9lives", "a_b_c", "_", "gr__e"]);
    }
}
