//! Sending: what a notice became goes out, and what came back becomes an [`Outcome`].

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use watchkeeper_watch::notice::Notice;

use super::{Channel, Rendered, Request, Target};
use crate::Secret;
use crate::delivery::{Outcome, Sender, outcome_of};
use crate::egress::{Egress, EgressError};

/// Renders notices and sends them.
#[derive(Debug, Clone)]
pub struct Courier {
    egress: Arc<Egress>,
}

impl Courier {
    /// One that sends through `egress`.
    #[must_use]
    pub const fn new(egress: Arc<Egress>) -> Self {
        Self { egress }
    }

    /// Sends a request as `target` would be sent one.
    pub async fn post(&self, target: &Target, request: &Request, now: i64) -> Outcome {
        match self.egress.post(request, Duration::from_millis(target.timeout_ms)).await {
            Ok(response) => scrubbed(outcome_of(&response, now), target),
            Err(error) => scrubbed(failed(&error), target),
        }
    }
}

#[async_trait]
impl Sender for Courier {
    async fn send(&self, target: &Target, notice: &Notice, now: i64) -> Outcome {
        match target.render(notice, now) {
            Err(error) => scrubbed(Outcome::Rejected { why: error.to_string() }, target),
            Ok(Rendered::Nothing(why)) => Outcome::Skipped { why },
            Ok(Rendered::Request(request)) => self.post(target, &request, now).await,
            Ok(Rendered::Mail(mail)) => match self.egress.mail(&mail, Duration::from_millis(target.timeout_ms)).await {
                Ok(()) => Outcome::Delivered,
                Err(error) => scrubbed(failed(&error), target),
            },
        }
    }
}

fn failed(error: &EgressError) -> Outcome {
    let why = error.to_string();
    if error.is_permanent() { Outcome::Rejected { why } } else { Outcome::Failed { retry_after_ms: None, why } }
}

/// A receiver can repeat in its answer what it was sent: no secret of the target may get into a log that way.
fn scrubbed(mut outcome: Outcome, target: &Target) -> Outcome {
    let mut secrets: Vec<&str> = target.headers.iter().map(|(_, value)| value.expose()).collect();
    match &target.channel {
        Channel::PagerDuty { routing_key: key, .. } | Channel::Opsgenie { key, .. } => secrets.push(key.expose()),
        Channel::Slack { url } | Channel::Teams { url } => {
            secrets.extend([url.as_str(), url.path(), url.query().unwrap_or_default()]);
        }
        Channel::Jira(settings) => {
            secrets.extend([settings.token.expose(), settings.user.as_ref().map(Secret::expose).unwrap_or_default()]);
        }
        Channel::Email(settings) => secrets.extend(settings.credentials.iter().map(|(_, password)| password.expose())),
        Channel::Webhook(settings) => secrets.extend([settings.url.path(), settings.url.query().unwrap_or_default()]),
        Channel::Alertmanager { .. } => {}
    }
    if let Outcome::Failed { why, .. } | Outcome::Rejected { why } | Outcome::Gone { why } = &mut outcome {
        // Shorter texts, such as the path `/`, are no secrets and would riddle the message.
        for secret in secrets.into_iter().filter(|secret| secret.len() >= 4) {
            *why = why.replace(secret, "[secret]");
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::scrubbed;
    use crate::Secret;
    use crate::delivery::Outcome;
    use crate::targets::{Channel, Target, parse_url};

    #[test]
    fn answers_do_not_bring_secrets_into_logs() {
        let target = Target {
            name: "chat".to_owned(),
            channel: Channel::Slack { url: parse_url("https://hooks.slack.com/services/T0/B0/XXXX").unwrap() },
            headers: vec![("x-token".to_owned(), Secret::from("t0k3n"))],
            template: None,
            timeout_ms: 1_000,
            send_resolved: true,
            fallback: None,
        };
        let why = "404: no /services/T0/B0/XXXX for t0k3n".to_owned();
        assert_eq!(
            scrubbed(Outcome::Rejected { why }, &target),
            Outcome::Rejected { why: "404: no [secret] for [secret]".to_owned() }
        );
        assert!(!format!("{target:?}").contains("XXXX") && !format!("{target:?}").contains("t0k3n"));
    }
}
