//! The dead-man's switch: a heartbeat that stops when the watch stops, so that somebody else notices.
//!
//! A beat is only sent while the watch lives: if nothing was evaluated for too long, or notices wait for too long, silence
//! is the truth. What expects the beats (Alertmanager's inhibited `Watchdog`, a service that expects pings) must run elsewhere.

use std::collections::BTreeMap;

use serde_json::json;
use watchkeeper_watch::notice::{Action, Notice, NoticeAlert, Severity};

use crate::delivery::Outcome;
use crate::show::time;
use crate::targets::webhook::signed;
use crate::targets::{Channel, Courier, RenderError, Request, Target, alertmanager};

/// The name of the alert that always fires, as the field knows it.
pub const ALERT_NAME: &str = "Watchdog";

/// When beats are due, and what they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadMan {
    /// Milliseconds between beats.
    pub every_ms: u64,
    /// The longest time without an evaluation after which beats go on, in milliseconds.
    pub evaluated_within_ms: u64,
    /// The longest time that a notice may be due in the outbox, in milliseconds.
    pub delivered_within_ms: u64,
}

impl Default for DeadMan {
    /// Each minute, while something was evaluated in the last ten and no notice waits for more than ten.
    fn default() -> Self {
        Self { every_ms: 60_000, evaluated_within_ms: 600_000, delivered_within_ms: 600_000 }
    }
}

/// Signs of life, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// The last evaluation; `None` if there was none yet.
    pub evaluated_at: Option<i64>,
    /// Since when the oldest undelivered notice is due; `None` if none is.
    pub waiting_since: Option<i64>,
}

/// Why no beat is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silent {
    /// Nothing was evaluated for too long.
    NotEvaluating,
    /// A notice waits for too long.
    NotDelivering,
}

impl DeadMan {
    /// When the next beat is due after one at `last`; a clock that jumped back makes it due at once.
    #[must_use]
    pub fn due_at(&self, last: Option<i64>, now: i64) -> i64 {
        match last {
            Some(last) if last <= now => last.saturating_add(micros(self.every_ms)),
            _ => now,
        }
    }

    /// Whether a beat would be true at `now`.
    ///
    /// # Errors
    /// [`Silent`]: it would not.
    pub fn check(&self, life: Life, now: i64) -> Result<(), Silent> {
        let fresh = |at: i64, within_ms: u64| now.saturating_sub(at) <= micros(within_ms);
        if !life.evaluated_at.is_some_and(|at| fresh(at, self.evaluated_within_ms)) {
            return Err(Silent::NotEvaluating);
        }
        if life.waiting_since.is_some_and(|since| !fresh(since, self.delivered_within_ms)) {
            return Err(Silent::NotDelivering);
        }
        Ok(())
    }

    /// Sends the beat of `now`. It is not tried again: the next one comes soon enough.
    pub async fn beat(&self, courier: &Courier, target: &Target, instance: &str, now: i64) -> Outcome {
        match render(target, instance, now) {
            Ok(Some(request)) => courier.post(target, &request, now).await,
            Ok(None) => Outcome::Skipped { why: "beats go to Alertmanager and to webhooks only" },
            Err(error) => Outcome::Rejected { why: error.to_string() },
        }
    }
}

/// The beat: for Alertmanager an alert `Watchdog` that ends by itself unless it is repeated, for a webhook a POST whose
/// id is the minute. `None` for targets that people read.
///
/// # Errors
/// [`RenderError::Url`].
pub fn render(target: &Target, instance: &str, now: i64) -> Result<Option<Request>, RenderError> {
    let mut request = match &target.channel {
        Channel::Alertmanager { url } => alertmanager::render(&watchdog(instance, now), url, now)?,
        Channel::Webhook(settings) => {
            let body = json!({"type": "heartbeat", "timestamp": time(now), "data": {"instance": instance}});
            let id = format!("heartbeat-{instance}-{}", now.div_euclid(60_000_000));
            signed(Request::json(settings.url.clone(), &body), &settings.keys, &id, now)
        }
        _ => return Ok(None),
    };
    request.headers.extend(target.headers.iter().cloned());
    Ok(Some(request))
}

fn watchdog(instance: &str, now: i64) -> Notice {
    let labels = [("rule", ALERT_NAME), ("severity", "none"), ("instance", instance)];
    let labels: BTreeMap<String, String> = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let sentence = "Watchkeeper evaluates and delivers: this alert always fires, its absence is the alarm";
    let alert = NoticeAlert {
        fingerprint: String::new(),
        labels: labels.clone(),
        sentence: sentence.to_owned(),
        starts_at: now,
        ends_at: None,
        value: None,
        limit: None,
    };
    Notice {
        tenant: String::new(),
        incident: "heartbeat".to_owned(),
        sequence: 1,
        target: String::new(),
        key: String::new(),
        action: Action::Trigger,
        severity: Severity::Info,
        title: ALERT_NAME.to_owned(),
        summary: sentence.to_owned(),
        labels,
        alerts: vec![alert],
        alerts_total: 1,
        suspects: Vec::new(),
        runbook: String::new(),
        url: None,
        started_at: now,
        at: now,
        resolved_at: None,
    }
}

fn micros(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{DeadMan, Life, Silent, render};
    use crate::targets::sample::{AT, MINUTE};
    use crate::targets::webhook::Settings;
    use crate::targets::{Channel, Target, parse_url};

    fn target(channel: Channel) -> Target {
        let (name, headers) = ("dms".to_owned(), Vec::new());
        Target { name, channel, headers, template: None, timeout_ms: 1_000, send_resolved: true, fallback: None }
    }

    #[test]
    fn it_beats_each_minute() {
        let dead_man = DeadMan::default();
        assert_eq!(dead_man.due_at(None, AT), AT);
        assert_eq!(dead_man.due_at(Some(AT), AT + 5), AT + MINUTE);
        assert_eq!(dead_man.due_at(Some(AT), AT - 5), AT - 5, "the clock jumped back: at once");
    }

    #[test]
    fn it_is_silent_when_the_watch_is_not_alive() {
        let life = |evaluated_at, waiting_since| DeadMan::default().check(Life { evaluated_at, waiting_since }, AT);
        assert_eq!(life(Some(AT - 10 * MINUTE), None), Ok(()));
        assert_eq!(life(Some(AT - 10 * MINUTE - 1), None), Err(Silent::NotEvaluating));
        assert_eq!(life(None, None), Err(Silent::NotEvaluating));
        assert_eq!(life(Some(AT), Some(AT - 10 * MINUTE)), Ok(()));
        assert_eq!(life(Some(AT), Some(AT - 11 * MINUTE)), Err(Silent::NotDelivering));
    }

    #[test]
    fn a_beat_is_an_alert_that_ends_by_itself_or_a_post() {
        let url = parse_url("http://127.0.0.1:9093").unwrap();
        let request = render(&target(Channel::Alertmanager { url: url.clone() }), "a", AT).unwrap().unwrap();
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(
            (body[0]["labels"]["alertname"].as_str(), body[0]["endsAt"].as_str()),
            (Some("Watchdog"), Some("2026-09-21T14:17:20Z"))
        );
        let webhook = Channel::Webhook(Settings { url: url.clone(), keys: Vec::new() });
        let request = render(&target(webhook), "a", AT).unwrap().unwrap();
        assert_eq!(request.header("webhook-id"), Some("heartbeat-a-29833333"));
        assert!(render(&target(Channel::Slack { url }), "a", AT).unwrap().is_none());
    }
}
