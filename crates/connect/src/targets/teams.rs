//! Microsoft Teams, a workflow "when a Teams webhook request is received": an Adaptive Card.
//!
//! The older connector addresses are retired by Microsoft. Source: <https://adaptivecards.io/explorer/AdaptiveCard.html>,
//! <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook>. A message may
//! have 28 KB: what is too large loses its runbook, then alerts and suspects.

use serde_json::{Value, json};
use url::Url;
use watchkeeper_watch::notice::Notice;

use super::Request;
use super::text::{SUSPECTS_SHOWN, alert_lines, facts, headline};
use crate::show::cut;

/// Of the whole message, with room for what Teams adds.
const BYTES: usize = 27_000;
const HEADLINE_CHARS: usize = 250;
const TEXT_CHARS: usize = 3_000;
const LINE_CHARS: usize = 250;
const FACT_CHARS: usize = 250;
const URL_CHARS: usize = 2_000;

/// The message.
#[must_use]
pub fn render(notice: &Notice, url: &Url) -> Request {
    let full = Request::json(url.clone(), &message(notice, true));
    if full.body.len() <= BYTES { full } else { Request::json(url.clone(), &message(notice, false)) }
}

fn message(notice: &Notice, whole: bool) -> Value {
    let chars = if whole { TEXT_CHARS } else { TEXT_CHARS / 3 };
    let mut body = vec![
        json!({"type": "TextBlock", "size": "Large", "weight": "Bolder", "wrap": true,
               "text": escape(&cut(&headline(notice), HEADLINE_CHARS))}),
        block(&escape(&cut(&notice.summary, chars))),
    ];
    let facts: Vec<Value> = facts(notice)
        .iter()
        .map(|(name, value)| json!({"title": name, "value": escape(&cut(value, FACT_CHARS))}))
        .collect();
    body.push(json!({"type": "FactSet", "facts": facts}));
    if whole {
        if !notice.alerts.is_empty() {
            body.push(block(&list("Alerts", &alert_lines(notice))));
        }
        if !notice.suspects.is_empty() {
            body.push(block(&list("Suspects", notice.suspects.get(..SUSPECTS_SHOWN).unwrap_or(&notice.suspects))));
        }
        if !notice.runbook.is_empty() {
            body.push(block(&format!("**Runbook**\n\n{}", escape(&cut(&notice.runbook, chars)))));
        }
    } else {
        body.push(block("The message was too long for Teams; the incident has the rest."));
    }
    let actions: Vec<Value> = notice
        .url
        .iter()
        .filter(|page| page.len() <= URL_CHARS)
        .map(|page| json!({"type": "Action.OpenUrl", "title": "Open incident", "url": page}))
        .collect();
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
        "actions": actions,
    });
    json!({
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card}],
    })
}

fn block(text: &str) -> Value {
    json!({"type": "TextBlock", "wrap": true, "text": text})
}

fn list(title: &str, lines: &[String]) -> String {
    let mut text = format!("**{title}**\n");
    for line in lines {
        text.push_str("\n- ");
        text.push_str(&escape(&cut(line, LINE_CHARS)));
    }
    text
}

/// Text blocks and facts read a part of Markdown; data must not become links or mentions.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '\\' | '[' | ']' | '*' | '_' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{BYTES, render};
    use crate::targets::parse_url;
    use crate::targets::sample::notice;

    fn message(notice: &watchkeeper_watch::notice::Notice) -> Value {
        let request = render(notice, &parse_url("https://example.logic.azure.com/workflows/x?sig=s").unwrap());
        assert!(request.body.len() <= BYTES, "{} bytes", request.body.len());
        serde_json::from_slice(&request.body).unwrap()
    }

    #[test]
    fn a_card_says_what_since_when_and_what_to_do() {
        let message = message(&notice());
        assert_eq!(message["type"], "message");
        assert_eq!(message["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
        let card = &message["attachments"][0]["content"];
        assert_eq!((card["type"].as_str(), card["version"].as_str()), (Some("AdaptiveCard"), Some("1.4")));
        assert_eq!(card["body"][0]["text"], "Firing \\[page\\] credit-risk: income changed");
        assert_eq!(card["body"][2]["facts"][0], json!({"title": "Model", "value": "credit-risk"}));
        assert!(card["body"][3]["text"].as_str().unwrap().starts_with("**Alerts**\n\n- PSI of `income` is above"));
        assert_eq!(card["actions"][0]["url"], "https://watchkeeper.example.com/incidents/inc-0001");
    }

    #[test]
    fn data_becomes_no_link() {
        let mut notice = notice();
        notice.summary = "[click](https://evil.example) <at>all</at>".to_owned();
        let text = message(&notice)["attachments"][0]["content"]["body"][1]["text"].clone();
        assert_eq!(text, "\\[click\\](https://evil.example) &lt;at>all&lt;/at>");
    }

    #[test]
    fn a_message_that_is_too_long_is_cut() {
        let mut notice = notice();
        let long = "ß[".repeat(20_000);
        notice.title.clone_from(&long);
        notice.summary.clone_from(&long);
        notice.runbook.clone_from(&long);
        notice.suspects = vec![long.clone(); 50];
        notice.alerts = vec![notice.alerts[0].clone(); 100];
        notice.alerts.iter_mut().for_each(|alert| alert.sentence.clone_from(&long));
        notice.labels.insert("segment".to_owned(), long);
        let message = message(&notice);
        let body = message["attachments"][0]["content"]["body"].as_array().unwrap();
        assert!(body.len() >= 4);
    }
}
