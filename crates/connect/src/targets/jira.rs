//! Jira, REST API: one issue an incident. Its fields differ from project to project, so its body is a template.
//!
//! An issue is created when an incident is first told; its later notices are not sent, because they would need the number
//! that Jira gave. Jira knows no idempotency keys, so a delivery that is repeated after a lost answer makes a second issue:
//! both carry the incident as label. Source: <https://developer.atlassian.com/cloud/jira/platform/rest/v3/>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;
use watchkeeper_watch::notice::{Action, Notice};

use super::request::join;
use super::{InvalidUrl, Rendered, Request};
use crate::Secret;

/// What Jira needs to be reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The root, such as `https://example.atlassian.net`, or the whole address of its API for issues.
    pub url: Url,
    /// The user of the token; `None` for a personal access token of Jira Data Center, which is a bearer token.
    pub user: Option<Secret>,
    /// The token.
    pub token: Secret,
}

/// An example of a template, for projects whose key is `OPS`. The description is in Atlassian's document format.
pub const EXAMPLE: &str = r#"{
  "fields": {
    "project": {"key": "OPS"},
    "issuetype": {"name": "Task"},
    "summary": {{ title_line }},
    "labels": ["watchkeeper", {{ "incident-" ~ incident }}],
    "description": {
      "type": "doc",
      "version": 1,
      "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": {{ summary or title_line }}}]}
        {% for line in alert_lines + suspects %},
        {"type": "paragraph", "content": [{"type": "text", "text": {{ line or " " }}}]}
        {% endfor %}
        {% if runbook %},
        {"type": "codeBlock", "content": [{"type": "text", "text": {{ runbook }}}]}
        {% endif %}
        {% if url %},
        {"type": "paragraph", "content": [{"type": "text", "text": "Incident in Watchkeeper", "marks": [{"type": "link", "attrs": {"href": {{ url }}}}]}]}
        {% endif %}
      ]
    }
  }
}"#;

/// A new issue with this body for the trigger of an incident, nothing for its later notices.
///
/// # Errors
/// [`InvalidUrl`] if the address takes no path.
pub fn render(notice: &Notice, settings: &Settings, body: &Value) -> Result<Rendered, InvalidUrl> {
    if notice.action != Action::Trigger {
        return Ok(Rendered::Nothing("issues are created, not changed"));
    }
    let authorization = match &settings.user {
        Some(user) => format!("Basic {}", STANDARD.encode(format!("{}:{}", user.expose(), settings.token.expose()))),
        None => format!("Bearer {}", settings.token.expose()),
    };
    let is_root = settings.url.path() == "/";
    let address = if is_root { join(&settings.url, &["rest", "api", "3", "issue"])? } else { settings.url.clone() };
    Ok(Rendered::Request(Request::json(address, body).with_header("authorization", Secret::new(authorization))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use watchkeeper_watch::notice::Notice;

    use super::{EXAMPLE, Settings, render};
    use crate::Secret;
    use crate::targets::sample::{notice, resolved};
    use crate::targets::template::Template;
    use crate::targets::{Rendered, parse_url};

    fn settings() -> Settings {
        Settings {
            url: parse_url("https://example.atlassian.net").unwrap(),
            user: Some(Secret::from("bot@example.com")),
            token: Secret::from("t0ken"),
        }
    }

    fn fields(notice: &Notice) -> Value {
        Template::parse(EXAMPLE).unwrap().render(notice).unwrap()["fields"].clone()
    }

    #[test]
    fn an_incident_becomes_one_issue() {
        let Rendered::Request(request) = render(&notice(), &settings(), &json!({})).unwrap() else {
            panic!("no request")
        };
        assert_eq!(request.url.as_str(), "https://example.atlassian.net/rest/api/3/issue");
        assert_eq!(request.header("authorization"), Some("Basic Ym90QGV4YW1wbGUuY29tOnQwa2Vu"));
        assert!(matches!(render(&resolved(), &settings(), &json!({})).unwrap(), Rendered::Nothing(_)));
    }

    #[test]
    fn a_whole_address_and_a_bearer_token_are_taken_as_they_are() {
        let url = parse_url("https://jira.example.com/rest/api/2/issue").unwrap();
        let settings = Settings { url: url.clone(), user: None, ..settings() };
        let Rendered::Request(request) = render(&notice(), &settings, &json!({})).unwrap() else {
            panic!("no request")
        };
        assert_eq!((request.url.clone(), request.header("authorization")), (url, Some("Bearer t0ken")));
    }

    #[test]
    fn the_example_fits_its_format() {
        let fields = fields(&notice());
        assert_eq!(fields["labels"][1], "incident-inc-0001");
        // Summary, two alerts, a suspect, the runbook and the link.
        assert_eq!(fields["description"]["content"].as_array().unwrap().len(), 6);
    }

    #[test]
    fn an_issue_of_nothing_but_a_title_is_valid_too() {
        let mut notice = notice();
        (notice.summary, notice.runbook, notice.url) = (String::new(), String::new(), None);
        notice.alerts.clear();
        notice.suspects.clear();
        notice.alerts_total = 0;
        let content = fields(&notice)["description"]["content"].clone();
        assert_eq!(content.as_array().unwrap().len(), 1);
        assert_eq!(content[0]["content"][0]["text"], "credit-risk: income changed");
    }
}
