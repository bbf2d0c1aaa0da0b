//! Mail by SMTP: text and HTML, one thread an incident.
//!
//! The thread's root has an id made from incident and target, so each later notice can answer it without knowing what was
//! sent before. A repeated delivery has the same Message-ID, by which mail servers and readers drop it.
//! Source: RFC 5322 section 3.6.4, RFC 3834 section 5 (`Auto-Submitted`), RFC 2919 (`List-Id`).

use std::time::{Duration, UNIX_EPOCH};

use aws_lc_rs::digest;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use maud::{DOCTYPE, html};
use watchkeeper_watch::notice::Notice;

use super::text::{SUSPECTS_SHOWN, alert_lines, facts, headline};
use crate::Secret;
use crate::show::cut;

/// How a connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte; port 465.
    Tls,
    /// Plain, then TLS before anything is said; port 587. A server without it is refused.
    StartTls,
    /// Nothing: only to servers on this machine or in networks that the settings allow, and never with a password.
    None,
}

/// What mail needs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// User and password, if the server wants them.
    pub credentials: Option<(String, Secret)>,
    /// The sender, such as `Watchkeeper <watchkeeper@example.com>`.
    pub from: Mailbox,
    /// Who gets it; at least one.
    pub to: Vec<Mailbox>,
}

/// A mail that is ready to be sent, and by which server.
#[derive(Debug)]
pub struct Mail {
    /// The message with its envelope.
    pub message: Message,
    /// By which server.
    pub settings: Settings,
}

/// What is wrong with an address or a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Not an address.
    #[error("invalid mail address `{0}`; expected one such as `Someone <someone@example.com>`")]
    Address(String),
    /// A message that cannot be built.
    #[error("the mail cannot be built: {0}")]
    Message(String),
}

/// Reads an address with or without a name.
///
/// # Errors
/// [`MailError::Address`].
pub fn parse_mailbox(text: &str) -> Result<Mailbox, MailError> {
    let mailbox: Mailbox = text.trim().parse().map_err(|_| MailError::Address(cut(text, 80)))?;
    // A line end in a name would be folded into the header; nobody means one.
    let odd = mailbox.name.as_deref().is_some_and(|name| name.chars().any(char::is_control));
    if odd { Err(MailError::Address(cut(text, 80))) } else { Ok(mailbox) }
}

const SUBJECT_CHARS: usize = 200;
const TEXT_CHARS: usize = 20_000;

/// The mail.
///
/// # Errors
/// [`MailError::Message`], as when there is no receiver.
pub fn render(notice: &Notice, settings: &Settings) -> Result<Mail, MailError> {
    let domain = domain(&settings.from.email);
    let thread = format!("<{}.thread@{domain}>", identity(&[&notice.tenant, &notice.incident, &notice.target]));
    let mut builder = Message::builder()
        .from(settings.from.clone())
        .subject(cut(&headline(notice), SUBJECT_CHARS))
        .date(UNIX_EPOCH + Duration::from_micros(u64::try_from(notice.at).unwrap_or_default()))
        .raw_header(raw("Auto-Submitted", "auto-generated"))
        .raw_header(raw("List-Id", &format!("Watchkeeper <watchkeeper.{domain}>")));
    for to in &settings.to {
        builder = builder.to(to.clone());
    }
    builder = if notice.sequence <= 1 {
        builder.message_id(Some(thread))
    } else {
        let id = format!("<{}@{domain}>", identity(&[&notice.key]));
        builder.message_id(Some(id)).in_reply_to(thread.clone()).references(thread)
    };
    // lettre would draw one: the same notice must be the same bytes.
    let boundary = identity(&["boundary", &notice.key]);
    let body = MultiPart::alternative()
        .boundary(boundary)
        .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(plain(notice)))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(page(notice)));
    let message = builder.multipart(body).map_err(|error| MailError::Message(error.to_string()))?;
    Ok(Mail { message, settings: settings.clone() })
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn domain(address: &Address) -> String {
    address.domain().to_owned()
}

/// A short text of letters and digits for `parts`: ids can hold what a Message-ID must not.
fn identity(parts: &[&str]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        context.update(&part.len().to_le_bytes());
        context.update(part.as_bytes());
    }
    let bytes = context.finish();
    bytes.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn plain(notice: &Notice) -> String {
    let mut text = format!("{}\n\n", headline(notice));
    if !notice.summary.is_empty() {
        text.push_str(&format!("{}\n\n", cut(&notice.summary, TEXT_CHARS)));
    }
    for (name, value) in facts(notice) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    for (title, lines) in lists(notice) {
        text.push_str(&format!("\n{title}\n"));
        for line in lines {
            text.push_str(&format!("- {line}\n"));
        }
    }
    if !notice.runbook.is_empty() {
        text.push_str(&format!("\nRunbook\n{}\n", cut(&notice.runbook, TEXT_CHARS)));
    }
    if let Some(page) = &notice.url {
        text.push_str(&format!("\n{page}\n"));
    }
    text
}

fn lists(notice: &Notice) -> Vec<(&'static str, Vec<String>)> {
    let suspects = notice.suspects.iter().take(SUSPECTS_SHOWN).cloned().collect();
    let mut lists = vec![("Alerts", alert_lines(notice)), ("Suspects", suspects)];
    lists.retain(|(_, lines)| !lines.is_empty());
    lists
}

fn page(notice: &Notice) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (headline(notice)) } }
            body style="font-family: sans-serif; line-height: 1.4; color: #222" {
                h1 style="font-size: 1.25em" { (headline(notice)) }
                @if !notice.summary.is_empty() { p { (cut(&notice.summary, TEXT_CHARS)) } }
                table {
                    @for (name, value) in facts(notice) {
                        tr { th align="left" scope="row" { (name) } td { (value) } }
                    }
                }
                @for (title, lines) in lists(notice) {
                    h2 style="font-size: 1em" { (title) }
                    ul { @for line in lines { li { (line) } } }
                }
                @if !notice.runbook.is_empty() {
                    h2 style="font-size: 1em" { "Runbook" }
                    pre style="white-space: pre-wrap" { (cut(&notice.runbook, TEXT_CHARS)) }
                }
                @if let Some(url) = notice.url.as_ref().filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
                    p { a href=(url) { "Open incident" } }
                }
            }
        }
    };
    markup.into_string()
}

#[cfg(test)]
mod tests {
    use watchkeeper_watch::notice::Notice;

    use super::{MailError, Security, Settings, parse_mailbox, render};
    use crate::targets::sample::{notice, resolved};

    fn settings() -> Settings {
        Settings {
            host: "mail.example.com".to_owned(),
            port: 587,
            security: Security::StartTls,
            credentials: None,
            from: parse_mailbox("Watchkeeper <watchkeeper@example.com>").unwrap(),
            to: vec![parse_mailbox("on-call@example.com").unwrap(), parse_mailbox("Größe <g@example.org>").unwrap()],
        }
    }

    fn formatted(notice: &Notice) -> String {
        String::from_utf8(render(notice, &settings()).unwrap().message.formatted()).unwrap()
    }

    fn header<'a>(mail: &'a str, name: &str) -> Option<&'a str> {
        let head = mail.split("\r\n\r\n").next().unwrap();
        head.split("\r\n").find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    #[test]
    fn later_notices_answer_the_first() {
        let (first, last) = (formatted(&notice()), formatted(&resolved()));
        let root = header(&first, "Message-ID").unwrap();
        assert!(root.ends_with(".thread@example.com>"), "{root}");
        assert_eq!(header(&first, "In-Reply-To"), None);
        assert_eq!(header(&last, "In-Reply-To"), Some(root));
        assert_eq!(header(&last, "References"), Some(root));
        assert_ne!(header(&last, "Message-ID"), Some(root));
        assert_eq!(header(&first, "Auto-Submitted"), Some("auto-generated"));
        assert_eq!(header(&first, "Date"), Some("Mon, 21 Sep 2026 14:15:20 +0000"));
        let mut other = notice();
        other.incident = "inc-0002".to_owned();
        assert_ne!(header(&formatted(&other), "Message-ID"), Some(root));
    }

    #[test]
    fn the_same_notice_is_the_same_mail() {
        assert_eq!(formatted(&resolved()), formatted(&resolved()));
    }

    #[test]
    fn it_has_text_and_html_and_escapes_data() {
        let mut notice = notice();
        notice.title = "a<script>alert(1)</script>\r\nBcc: eve@example.com".to_owned();
        notice.url = Some("javascript:alert(1)".to_owned());
        let mail = formatted(&notice);
        assert!(mail.contains("text/plain; charset=utf-8") && mail.contains("text/html; charset=utf-8"));
        assert!(!mail.contains("\r\nBcc:"), "{mail}");
        assert!(!super::page(&notice).contains("<script") && !super::page(&notice).contains("javascript:"));
        assert!(super::plain(&notice).contains("- PSI of `income` is above its limit (value 0.31, limit 0.253)\n"));
    }

    #[test]
    fn odd_addresses_are_refused() {
        for text in ["", "nobody", "a@b\r\nBcc: c@d", "A\nB <a@example.com>"] {
            assert!(matches!(parse_mailbox(text), Err(MailError::Address(_))), "{text:?}");
        }
        let nobody = Settings { to: Vec::new(), ..settings() };
        let error = render(&notice(), &nobody).unwrap_err().to_string();
        assert!(error.starts_with("the mail cannot be built"), "{error}");
    }
}
