//! Opsgenie's Alert API, which Jira Service Management took over: the incident is the alert's alias.
//!
//! Atlassian ends Opsgenie itself in April 2027. Source: <https://docs.opsgenie.com/docs/alert-api>. Its limits: 130
//! characters of message, 512 of alias, 15,000 of description, 20 tags of 50.

use serde_json::{Value, json};
use url::Url;
use watchkeeper_watch::notice::{Action, Notice, Severity};

use super::request::join;
use super::text::{alert_lines, severity};
use super::{InvalidUrl, Rendered, Request};
use crate::Secret;
use crate::show::{cut, one_line};

/// The root of the API; accounts in the European region have `https://api.eu.opsgenie.com`.
pub const URL: &str = "https://api.opsgenie.com";

const MESSAGE_CHARS: usize = 130;
const DESCRIPTION_CHARS: usize = 15_000;
const ALIAS_CHARS: usize = 512;
const TAG_CHARS: usize = 50;
const TAGS: usize = 20;
const NOTE_CHARS: usize = 1_000;

/// Create, note, acknowledge or close.
///
/// # Errors
/// [`InvalidUrl`] if `url` takes no path.
pub fn render(notice: &Notice, url: &Url, key: &Secret) -> Result<Rendered, InvalidUrl> {
    let alias: String = notice.incident.chars().take(ALIAS_CHARS).collect();
    let verb = match notice.action {
        Action::Trigger => None,
        Action::Update => Some("notes"),
        Action::Acknowledge => Some("acknowledge"),
        Action::Resolve => Some("close"),
    };
    let (address, body) = match verb {
        None => (join(url, &["v2", "alerts"])?, alert(notice, &alias)),
        Some(verb) => {
            let mut address = join(url, &["v2", "alerts", &alias, verb])?;
            address.set_query(Some("identifierType=alias"));
            let note = cut(&format!("{}: {}", one_line(&notice.title), notice.summary), NOTE_CHARS);
            (address, json!({"source": "Watchkeeper", "note": note}))
        }
    };
    let authorization = Secret::new(format!("GenieKey {}", key.expose()));
    Ok(Rendered::Request(Request::json(address, &body).with_header("authorization", authorization)))
}

fn alert(notice: &Notice, alias: &str) -> Value {
    let mut description = format!("{}\n", notice.summary);
    for (title, lines) in [("Alerts", &alert_lines(notice)), ("Suspects", &notice.suspects)] {
        if !lines.is_empty() {
            description.push_str(&format!("\n{title}:\n- {}\n", lines.join("\n- ")));
        }
    }
    if !notice.runbook.is_empty() {
        description.push_str(&format!("\nRunbook:\n{}\n", notice.runbook));
    }
    let tag = |name: &str| notice.labels.get(name).filter(|value| !value.is_empty()).map(|value| cut(value, TAG_CHARS));
    let tags: Vec<String> = ["model", "environment", "kind"].into_iter().filter_map(tag).take(TAGS).collect();
    let mut details = notice.labels.clone();
    if let Some(page) = &notice.url {
        details.insert("url".to_owned(), page.clone());
    }
    details.insert("watchkeeper_severity".to_owned(), severity(notice.severity).to_owned());
    json!({
        "message": cut(&one_line(&notice.title), MESSAGE_CHARS),
        "alias": alias,
        "description": cut(&description, DESCRIPTION_CHARS),
        "tags": tags,
        "details": details,
        "entity": notice.labels.get("model").map(String::as_str).unwrap_or_default(),
        "source": "Watchkeeper",
        "priority": match notice.severity { Severity::Page => "P1", Severity::Ticket => "P3", Severity::Info => "P5" },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use watchkeeper_watch::notice::{Action, Notice};

    use super::{URL, render};
    use crate::Secret;
    use crate::targets::sample::{notice, resolved};
    use crate::targets::{Rendered, Request, parse_url};

    fn request(notice: &Notice) -> (Request, Value) {
        let Rendered::Request(request) = render(notice, &parse_url(URL).unwrap(), &Secret::from("K")).unwrap() else {
            panic!("no request")
        };
        assert_eq!(request.header("Authorization"), Some("GenieKey K"));
        let body = serde_json::from_slice(&request.body).unwrap();
        (request, body)
    }

    #[test]
    fn an_incident_is_an_alias() {
        let (created, body) = request(&notice());
        assert_eq!(created.url.as_str(), "https://api.opsgenie.com/v2/alerts");
        assert_eq!((body["alias"].as_str(), body["priority"].as_str()), (Some("inc-0001"), Some("P1")));
        assert!(body["description"].as_str().unwrap().contains("Suspects:\n- unit change of `income`"));
        let (closed, _) = request(&resolved());
        assert_eq!(closed.url.as_str(), "https://api.opsgenie.com/v2/alerts/inc-0001/close?identifierType=alias");
    }

    #[test]
    fn an_odd_id_stays_one_part_of_the_path() {
        let mut notice = notice();
        notice.incident = "a/../b?x".to_owned();
        notice.action = Action::Acknowledge;
        let (request, body) = request(&notice);
        assert_eq!(
            request.url.as_str(),
            "https://api.opsgenie.com/v2/alerts/a%2F..%2Fb%3Fx/acknowledge?identifierType=alias"
        );
        assert!(body["note"].as_str().unwrap().starts_with("credit-risk: income changed: "));
    }
}
