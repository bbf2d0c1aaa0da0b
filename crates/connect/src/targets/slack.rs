//! Slack, an incoming webhook: one message a notice, in blocks.
//!
//! Such a webhook can neither change a message nor answer in a thread; repeated deliveries are repeated messages, which
//! the incident's id in each lets people see. Source: <https://api.slack.com/messaging/webhooks>,
//! <https://api.slack.com/reference/block-kit/blocks>. Its limits: 150 characters of header, 3,000 of section, 2,000 of
//! field, 10 fields, 50 blocks.

use serde_json::{Value, json};
use url::Url;
use watchkeeper_watch::notice::Notice;

use super::Request;
use super::text::{SUSPECTS_SHOWN, alert_lines, facts, headline};
use crate::show::cut;

const HEADER_CHARS: usize = 150;
const SECTION_CHARS: usize = 3_000;
const FIELD_CHARS: usize = 2_000;
const FIELDS: usize = 10;
const LINE_CHARS: usize = 250;
const URL_CHARS: usize = 3_000;

/// The message.
#[must_use]
pub fn render(notice: &Notice, url: &Url) -> Request {
    let headline = headline(notice);
    let mut blocks = vec![json!({
        "type": "header",
        "text": {"type": "plain_text", "text": cut(&headline, HEADER_CHARS), "emoji": false},
    })];
    if !notice.summary.is_empty() {
        blocks.push(section(&escape(&notice.summary)));
    }
    let fields: Vec<Value> = facts(notice)
        .iter()
        .take(FIELDS)
        .map(|(name, value)| mrkdwn(&format!("*{name}*\n{}", escape(value)), FIELD_CHARS))
        .collect();
    blocks.push(json!({"type": "section", "fields": fields}));
    if !notice.alerts.is_empty() {
        blocks.push(section(&list("Alerts", &alert_lines(notice))));
    }
    if !notice.suspects.is_empty() {
        blocks.push(section(&list("Suspects", notice.suspects.get(..SUSPECTS_SHOWN).unwrap_or(&notice.suspects))));
    }
    if !notice.runbook.is_empty() {
        blocks.push(section(&format!("*Runbook*\n{}", escape(&notice.runbook))));
    }
    if let Some(page) = notice.url.as_ref().filter(|page| page.len() <= URL_CHARS) {
        let text = json!({"type": "plain_text", "text": "Open incident"});
        blocks.push(json!({"type": "actions", "elements": [{"type": "button", "text": text, "url": page}]}));
    }
    // `text` is what notifications and screen readers say.
    Request::json(url.clone(), &json!({"text": cut(&escape(&headline), SECTION_CHARS), "blocks": blocks}))
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": mrkdwn(text, SECTION_CHARS)})
}

fn mrkdwn(text: &str, chars: usize) -> Value {
    json!({"type": "mrkdwn", "text": cut_escaped(text, chars)})
}

fn list(title: &str, lines: &[String]) -> String {
    let mut text = format!("*{title}*");
    for line in lines {
        text.push_str("\n• ");
        text.push_str(&escape(&cut(line, LINE_CHARS)));
    }
    text
}

/// The three characters with which text could mention people or become a link.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Cut so that no escape is left half.
fn cut_escaped(text: &str, chars: usize) -> String {
    let short = cut(text, chars);
    if short == text {
        return short;
    }
    match short.rfind('&') {
        Some(start) if !short.get(start..).is_some_and(|rest| rest.contains(';')) => {
            format!("{}…", short.get(..start).unwrap_or_default())
        }
        _ => short,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{cut_escaped, render};
    use crate::targets::parse_url;
    use crate::targets::sample::notice;

    fn body(notice: &watchkeeper_watch::notice::Notice) -> Value {
        let request = render(notice, &parse_url("https://hooks.slack.com/services/T/B/X").unwrap());
        serde_json::from_slice(&request.body).unwrap()
    }

    #[test]
    fn a_message_says_what_since_when_and_what_to_do() {
        let body = body(&notice());
        assert_eq!(body["text"], "Firing [page] credit-risk: income changed");
        let kinds: Vec<&str> = body["blocks"].as_array().unwrap().iter().map(|b| b["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["header", "section", "section", "section", "section", "section", "actions"]);
        assert_eq!(body["blocks"][2]["fields"][0], json!({"type": "mrkdwn", "text": "*Model*\ncredit-risk"}));
        assert_eq!(
            body["blocks"][3]["text"]["text"],
            "*Alerts*\n• PSI of `income` is above its limit (value 0.31, limit 0.253)\n• missing rate of `age` rose (over)"
        );
        let page = &body["blocks"][6]["elements"][0]["url"];
        assert_eq!(page, "https://watchkeeper.example.com/incidents/inc-0001");
    }

    #[test]
    fn data_cannot_mention_people() {
        let mut notice = notice();
        notice.title = "<!channel> & <@U1>".to_owned();
        notice.alerts[0].sentence = "<!here|x>".to_owned();
        notice.suspects = vec!["<https://evil.example|click>".to_owned()];
        notice.runbook = "<!everyone>".to_owned();
        notice.labels.insert("segment".to_owned(), "<!channel>".to_owned());
        let mut body = body(&notice);
        // A header is plain text: there it is shown as it is.
        body["blocks"][0] = Value::Null;
        assert!(
            !body.to_string().contains("<!") && !body.to_string().contains("<@") && !body.to_string().contains("<http")
        );
        assert_eq!(body["text"], "Firing [page] &lt;!channel&gt; &amp; &lt;@U1&gt;");
    }

    #[test]
    fn long_texts_are_cut_to_its_limits() {
        let mut notice = notice();
        notice.title = "t".repeat(1_000);
        notice.summary = "&".repeat(10_000);
        notice.runbook = "r".repeat(10_000);
        notice.suspects = vec!["<".repeat(10_000); 100];
        notice.alerts = vec![notice.alerts[0].clone(); 100];
        notice.alerts.iter_mut().for_each(|alert| alert.sentence = "s".repeat(5_000));
        for block in body(&notice)["blocks"].as_array().unwrap() {
            let most = if block["type"] == "header" { 150 } else { 3_000 };
            let text = block["text"]["text"].as_str().unwrap_or_default();
            assert!(text.chars().count() <= most, "{} characters", text.chars().count());
        }
    }

    #[test]
    fn no_escape_is_cut_in_half() {
        assert_eq!(cut_escaped("ab&amp;", 7), "ab&amp;");
        assert_eq!(cut_escaped("ab&amp;cd", 6), "ab…");
        assert_eq!(cut_escaped("ab&amp;cd", 8), "ab&amp;…");
    }
}
