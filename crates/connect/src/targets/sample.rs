//! Notices that tests of several modules render.

use std::collections::BTreeMap;

use watchkeeper_watch::notice::{Action, Notice, NoticeAlert, Severity};

/// 2026-09-21T14:13:20Z in microseconds.
pub(crate) const AT: i64 = 1_790_000_000_000_000;
pub(crate) const MINUTE: i64 = 60_000_000;

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A page with two alerts, one of them over.
pub(crate) fn notice() -> Notice {
    let alert = |column: &str, sentence: &str, ends_at, value, limit| NoticeAlert {
        fingerprint: format!("f-{column}"),
        labels: labels(&[
            ("tenant", "default"),
            ("environment", "production"),
            ("model", "credit-risk"),
            ("version", ""),
            ("column", column),
            ("rule", "feature-drift"),
            ("severity", "page"),
        ]),
        sentence: sentence.to_owned(),
        starts_at: AT,
        ends_at,
        value,
        limit,
    };
    Notice {
        tenant: "default".to_owned(),
        incident: "inc-0001".to_owned(),
        sequence: 1,
        target: "on-call".to_owned(),
        key: "0011aabb".to_owned(),
        action: Action::Trigger,
        severity: Severity::Page,
        title: "credit-risk: income changed".to_owned(),
        summary: "The distribution of `income` moved. 2 alerts fire.".to_owned(),
        labels: labels(&[("tenant", "default"), ("environment", "production"), ("model", "credit-risk")]),
        alerts: vec![
            alert("income", "PSI of `income` is above its limit", None, Some(0.31), Some(0.253)),
            alert("age", "missing rate of `age` rose", Some(AT + MINUTE), None, None),
        ],
        alerts_total: 2,
        suspects: vec!["unit change of `income`: values are 1000 times larger (strong)".to_owned()],
        runbook: "1. Look at the upstream job.".to_owned(),
        url: Some("https://watchkeeper.example.com/incidents/inc-0001".to_owned()),
        started_at: AT,
        at: AT + 2 * MINUTE,
        resolved_at: None,
    }
}

/// The end of the same incident, 90 minutes after its start.
pub(crate) fn resolved() -> Notice {
    let end = AT + 90 * MINUTE;
    let mut notice = notice();
    notice.sequence = 2;
    notice.key = "0022ccdd".to_owned();
    notice.action = Action::Resolve;
    notice.resolved_at = Some(end);
    notice.at = end;
    for alert in &mut notice.alerts {
        alert.ends_at.get_or_insert(end);
    }
    notice
}
