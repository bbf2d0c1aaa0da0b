//! Every kind reads back from its canonical JSON and from its YAML, with nothing and with everything set.

use watchkeeper_spec::{Resource, ResourceKind, diff};

use super::{one, read};

pub(crate) const MINIMAL: &str = r#"
apiVersion: watchkeeper/v1
kind: Monitor
metadata: {name: drift}
spec: {select: {model: m}, detector: {type: test}}
---
apiVersion: watchkeeper/v1
kind: BurnPolicy
metadata: {name: b}
spec: {family: stream}
---
apiVersion: watchkeeper/v1
kind: NotificationTarget
metadata: {name: t}
spec: {type: alertmanager, url: "http://localhost:9093"}
---
apiVersion: watchkeeper/v1
kind: Route
metadata: {name: r}
spec: {targets: [t]}
---
apiVersion: watchkeeper/v1
kind: InhibitRule
metadata: {name: i}
spec: {source: [severity = page], target: [severity = ticket]}
---
apiVersion: watchkeeper/v1
kind: MaintenanceWindow
metadata: {name: w}
spec: {schedule: {once: {from: 2026-01-01, to: 2026-01-02}}, matchers: [model = m], reason: move}
---
apiVersion: watchkeeper/v1
kind: Silence
metadata: {name: s}
spec: {matchers: [model = m], author: ann, reason: known, startsAt: 2026-01-01, endsAt: 2026-01-31}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: m}
spec: {}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: metrics}
spec: {type: Prometheus}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: slo}
spec: {service: m, indicatorRef: sli, budgetingMethod: Occurrences, objectives: [{target: 0.9}]}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: sli}
spec: {thresholdMetric: {metricSource: {type: watchkeeper, spec: {kind: drift}}}}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: p}
spec: {conditions: [{conditionRef: c}]}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: c}
spec: {severity: page, condition: {threshold: 2, lookbackWindow: 1h}}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: OnCall}
spec: {target: email}
"#;

pub(crate) const FULL: &str = r#"
apiVersion: watchkeeper/v1
kind: Monitor
metadata: {name: a, description: d, labels: {team: ops}}
spec:
  select: {model: m, environment: production, version: "*", segment: "country:de", columns: [age, "shap_*"], exclude: [shap_id]}
  measure: psi
  detector: {type: test, alpha: 0.001, effect: 0.2}
  window: {size: 6h, every: 1h, lateness: 1h}
  baseline: {trailing: {length: 56d, offset: 1d, excludeIncidents: false}}
  minSamples: 500
  enter: {k: 3, n: 5}
  leave: {clear: 0.5, keepFiring: 6}
  severity: page
  family: {name: f, procedure: by, q: 0.1, weights: equal}
  noDataAfter: 2d
  runbook: "https://example.org/runbook"
  summary: "age moved: \"look\""
---
apiVersion: watchkeeper/v1
kind: Monitor
metadata: {name: b}
spec:
  select: {model: m, environment: "*", segment: "*"}
  measure: latency_p99_9
  detector: {type: threshold, op: gt, value: -0.5, of: ratio, decide: point}
  baseline: previous_version
  severity: info
---
apiVersion: watchkeeper/v1
kind: Monitor
metadata: {name: c}
spec:
  select: {model: m, segment: country}
  measure: "kpi:revenue"
  detector: {type: band, k: 5, direction: down, season: hour_of_day, weeks: 4, minHistory: 5, transform: log, falseAlerts30d: 0.1}
  baseline: {season: {weeks: 4}}
---
apiVersion: watchkeeper/v1
kind: Monitor
metadata: {name: d}
spec:
  select: {model: m}
  measure: "quantile:0.95"
  detector: {type: sequential, method: proportion, statistic: cusum, direction: up, tolerance: 0.03, bets: 8, delta: 0.05, falseAlarms: 2, per: 7d, arlMin: 2000, season: none}
  baseline: {range: {from: 2026-01-01, to: 2026-02-01T12:00:00Z}}
---
apiVersion: watchkeeper/v1
kind: Monitor
metadata: {name: e}
spec: {select: {model: m}, measure: mean, detector: {type: stream, algorithm: adwin, parameters: {delta: 0.01}}, baseline: {fixed: v1}}
---
apiVersion: watchkeeper/v1
kind: Monitor
metadata: {name: f}
spec: {select: {model: m}, detector: {type: absence, after: 3h}, window: {size: 1h}, baseline: trailing}
---
apiVersion: watchkeeper/v1
kind: Monitor
metadata: {name: g}
spec: {select: {model: m}, detector: {type: composite, monitors: [a, b, c], need: 2}, family: {procedure: none}, baseline: season}
---
apiVersion: watchkeeper/v1
kind: BurnPolicy
metadata: {name: b}
spec:
  family: hourly
  tiers: [{severity: page, budget: 5, long: 6h, short: 1h, tier: 1}, {severity: ticket, bad: 2, of: 3}]
  minBad: 2
  minTotal: 10
  actions: [{at: 90, do: close_gate}]
---
apiVersion: watchkeeper/v1
kind: NotificationTarget
metadata: {name: hook}
spec:
  type: webhook
  url: https://example.org/hook
  secrets: {signing_key: "env:KEY", bearer: "file:/run/secrets/bearer"}
  headers: {X-Team: ops, X-Token: "env:TOKEN"}
  template: '{"text": "{{ title }}"}'
  timeout: 30s
  sendResolved: false
  fallback: mail
---
apiVersion: watchkeeper/v1
kind: NotificationTarget
metadata: {name: mail}
spec: {type: email, url: "smtp://localhost:587", from: w@example.org, to: [a@example.org], secrets: {user: "env:U", password: "env:P"}}
---
apiVersion: watchkeeper/v1
kind: Route
metadata: {name: r}
spec:
  matchers: ["model =~ \"credit.*\"", severity != info]
  targets: [hook, pager]
  fallback: mail
  order: 1
  continue: true
  groupWait: 0s
  groupInterval: 1m
  repeat: {page: 1h, ticket: 2d}
  resolved: false
  alertBudget: {pages: 1, tickets: 3}
---
apiVersion: watchkeeper/v1
kind: InhibitRule
metadata: {name: i}
spec: {source: [measure = volume], target: [measure != volume], equal: [model, environment]}
---
apiVersion: watchkeeper/v1
kind: MaintenanceWindow
metadata: {name: w}
spec:
  schedule: {recurring: {cron: "0 2 * * sun", duration: 2h, timeZone: Europe/Berlin}}
  matchers: [environment = staging]
  effect: exclude
  reason: weekly load
---
apiVersion: openslo/v1
kind: Service
metadata: {name: credit-risk, displayName: Credit, labels: {env: prod, tags: [a, b]}, annotations: {a.b/c: d}}
spec: {description: Scores applications}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: prom}
spec: {description: d, type: Prometheus, connectionDetails: {url: "http://p:9090", retries: 3, nested: [{a: null, b: -1.5, c: true}]}}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: raw}
spec: {description: d, ratioMetric: {counter: true, rawType: failure, raw: {metricSource: {metricSourceRef: prom, spec: {query: "errors:ratio5m"}}}}}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: composite, annotations: {watchkeeper.dev/burn-policy: b, watchkeeper.dev/tier: "2"}}
spec:
  service: credit-risk
  timeWindow: [{duration: 1Q, isRolling: false, calendar: {startTime: 2026-01-01 00:00:00, timeZone: America/New_York}}]
  budgetingMethod: RatioTimeslices
  objectives:
    - {displayName: one, targetPercent: 99.95, timeSliceWindow: 5, indicatorRef: raw, compositeWeight: 2}
    - displayName: two
      target: 0.5
      timeSliceWindow: 1h
      timeSliceTarget: 0.9
      compositeWeight: 1
      indicator:
        metadata: {name: fast}
        spec:
          ratioMetric:
            good: {metricSource: {type: Watchkeeper, spec: {kind: latency, op: lte, value: 200, model: m, version: champion, environment: production, segment: "*", unknown: bad}}}
            total: {metricSource: {type: Watchkeeper, spec: {kind: latency}}}
  alertPolicies:
    - alertPolicyRef: other
    - kind: AlertPolicy
      metadata: {name: inner}
      spec:
        alertWhenNoData: true
        alertWhenResolved: false
        alertWhenBreaching: true
        conditions:
          - kind: AlertCondition
            metadata: {name: fast-burn}
            spec: {description: d, severity: page, condition: {kind: burnrate, op: gte, threshold: 1.5, lookbackWindow: 6h, alertAfter: 5m}}
        notificationTargets:
          - targetRef: on-call
          - {kind: AlertNotificationTarget, metadata: {name: slack}, spec: {description: d, target: slack}}
"#;

#[test]
fn json_and_yaml_read_back() {
    for text in [MINIMAL, FULL] {
        for resource in read(text) {
            let json = resource.to_json();
            let again = Resource::from_json(&json, "catalog").unwrap_or_else(|error| panic!("{error}\n{json}"));
            assert_eq!((&again, again.to_json()), (&resource, json));
            let yaml = resource.to_yaml();
            assert_eq!(read(&yaml), std::slice::from_ref(&resource), "{yaml}");
            assert_eq!(diff(Some(&resource), Some(&again)), []);
        }
    }
}

#[test]
fn every_kind_of_the_watch_is_tested() {
    let kinds: Vec<ResourceKind> = read(MINIMAL).iter().map(Resource::kind).collect();
    let watched = ResourceKind::ALL.iter().skip_while(|kind| **kind != ResourceKind::Monitor);
    assert_eq!(kinds, watched.copied().collect::<Vec<_>>());
}

#[test]
fn what_equals_its_default_is_left_out() {
    let json: Vec<String> = read(MINIMAL).iter().map(Resource::to_json).collect();
    assert_eq!(
        json[0],
        r#"{"apiVersion":"watchkeeper/v1","kind":"Monitor","metadata":{"name":"drift"},"spec":{"detector":{"type":"test"},"select":{"model":"m"}}}"#
    );
    assert_eq!(
        json[1],
        r#"{"apiVersion":"watchkeeper/v1","kind":"BurnPolicy","metadata":{"name":"b"},"spec":{"family":"stream"}}"#
    );
    let written_out = r#"
apiVersion: watchkeeper/v1
kind: Monitor
metadata: {name: drift, labels: {}}
spec:
  select: {model: m, columns: []}
  measure: drift
  detector: {type: test, alpha: 0.01}
  window: {size: 24h, every: 1d, lateness: 15m}
  baseline: training
  minSamples: 30
  enter: {k: 2, n: 3}
  leave: {clear: 0.8, keepFiring: 3}
  severity: ticket
  family: {procedure: bh, q: 0.05, weights: importance}
  noDataAfter: 3d
"#;
    assert_eq!(read(written_out)[0].to_json(), json[0]);
}

/// What was written is what is exported: the text of a file as values, but for the order of keys.
#[test]
fn openslo_is_kept_as_it_was_written() {
    let documents = [MINIMAL, FULL].into_iter().flat_map(|text| text.split("\n---\n"));
    let mut kept = 0;
    for text in documents.filter(|text| text.contains("apiVersion: openslo/v1")) {
        let tree = watchkeeper_spec::yaml::document(text).unwrap().unwrap();
        assert_eq!(plain(&tree), with_points(one(text).to_value()), "{text}");
        kept += 1;
    }
    assert_eq!(kept, 11);
}

/// A tree of the reader as a value.
fn plain(node: &watchkeeper_spec::yaml::Node) -> serde_json::Value {
    use watchkeeper_spec::yaml::Value;
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(value) => (*value).into(),
        // Numbers that a field takes for ones with a point are written so.
        Value::Whole(value) => (*value as f64).into(),
        Value::Number(value) => (*value).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(plain).collect::<Vec<_>>().into(),
        Value::Mapping(entries) => {
            let entry = |(key, value): &(_, _)| (plain(key).as_str().unwrap().to_owned(), plain(value));
            serde_json::Value::Object(entries.iter().map(entry).collect())
        }
    }
}

/// Every number as one with a point.
fn with_points(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Number(number) => number.as_f64().unwrap().into(),
        Value::Array(items) => items.into_iter().map(with_points).collect::<Vec<_>>().into(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, with_points(value))).collect(),
        other => other,
    }
}
