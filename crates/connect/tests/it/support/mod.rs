//! What several tests need.

pub(crate) mod outbox;
pub(crate) mod peers;
pub(crate) mod recorder;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use watchkeeper_connect::egress::{Egress, Rules, Tls};
use watchkeeper_connect::export::Sample;
use watchkeeper_connect::targets::{Channel, Target};
use watchkeeper_watch::notice::{Action, Notice, NoticeAlert, Severity};

/// 2026-09-21T14:13:20Z in microseconds.
pub(crate) const AT: i64 = 1_790_000_000_000_000;
pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;

/// The machine's time, for peers that compare with theirs.
pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// A way out that may call this machine.
pub(crate) fn local_egress() -> Arc<Egress> {
    let rules = Rules { networks: vec!["127.0.0.0/8".parse().unwrap()], ..Rules::default() };
    Arc::new(Egress::new(rules, Tls::default()).unwrap())
}

pub(crate) fn target(name: &str, channel: Channel) -> Target {
    let (name, headers) = (name.to_owned(), Vec::new());
    Target { name, channel, headers, template: None, timeout_ms: 5_000, send_resolved: true, fallback: None }
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The `sequence`-th notice of an incident to a target: a trigger, updates, or a resolution.
pub(crate) fn notice(incident: &str, target: &str, sequence: u64, action: Action, at: i64) -> Notice {
    let scope = [("tenant", "default"), ("environment", "production"), ("model", "credit-risk")];
    let mut alert_labels = labels(&scope);
    alert_labels.extend(labels(&[("column", "income"), ("rule", "feature-drift"), ("severity", "page")]));
    let over = (action == Action::Resolve).then_some(at);
    Notice {
        tenant: "default".to_owned(),
        incident: incident.to_owned(),
        sequence,
        target: target.to_owned(),
        key: format!("{incident}.{target}.{sequence}"),
        action,
        severity: Severity::Page,
        title: "credit-risk: income changed".to_owned(),
        summary: "The distribution of `income` moved.".to_owned(),
        labels: labels(&scope),
        alerts: vec![NoticeAlert {
            fingerprint: "f1".to_owned(),
            labels: alert_labels,
            sentence: "PSI of `income` is above its limit".to_owned(),
            starts_at: at,
            ends_at: over,
            value: Some(0.31),
            limit: Some(0.253),
        }],
        alerts_total: 1,
        suspects: vec!["unit change of `income` (strong)".to_owned()],
        runbook: "1. Look at the upstream job.".to_owned(),
        url: Some("https://watchkeeper.example.com/incidents/1".to_owned()),
        started_at: at,
        at,
        resolved_at: over,
    }
}

pub(crate) fn sample(name: &str, pairs: &[(&str, &str)], value: f64, at: i64) -> Sample {
    Sample { name: name.to_owned(), labels: labels(pairs), value, at }
}
