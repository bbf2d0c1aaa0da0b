//! Resources → what engines and budgets go by.

use watchkeeper_spec::Resource;
use watchkeeper_watch::alert::AlertSettings;
use watchkeeper_watch::engine::Config;
use watchkeeper_watch::slo::{Clock, Method, Period, Test, Unit, UnknownAs, objectives};
use watchkeeper_watch::suppress::maintenance::{Effect, When};
use watchkeeper_watch::time::{DAY, HOUR, MINUTE};
use watchkeeper_watch::{Rank, Severity};

const WATCH: &str = "
apiVersion: watchkeeper/v1
kind: Monitor
metadata: { name: age-drift }
spec:
  select: { model: credit, columns: [age] }
  detector: { type: test }
  window: { size: 1h, every: 1h }
  enter: { k: 3, n: 5 }
  leave: { keepFiring: 4 }
  noDataAfter: 6h
  runbook: look at the source
---
apiVersion: watchkeeper/v1
kind: Route
metadata: { name: zebra }
spec: { targets: [chat], order: 5, alertBudget: { pages: 1, tickets: 3 } }
---
apiVersion: watchkeeper/v1
kind: Route
metadata: { name: late }
spec: { targets: [chat], matchers: ['model = credit'], groupWait: 30s, continue: true, resolved: false }
---
apiVersion: watchkeeper/v1
kind: Route
metadata: { name: ant }
spec: { targets: [chat, mail], order: 5, repeat: { page: 1h, ticket: 12h } }
---
apiVersion: watchkeeper/v1
kind: InhibitRule
metadata: { name: quality-first }
spec: { source: ['measure = missing_rate'], target: ['measure = psi'], equal: [model, column] }
---
apiVersion: watchkeeper/v1
kind: MaintenanceWindow
metadata: { name: move }
spec:
  schedule: { once: { from: 2026-01-05, to: 2026-01-06 } }
  matchers: ['model = credit']
  effect: exclude
  reason: new cluster
---
apiVersion: watchkeeper/v1
kind: Silence
metadata: { name: quiet }
spec: { matchers: ['model = credit'], author: ann, reason: known, startsAt: 2026-01-05, endsAt: 2026-01-07 }
";

fn read(text: &str) -> Vec<Resource> {
    Resource::from_yaml_documents(text.as_bytes(), "watch.yaml").unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn an_engine_goes_by_resources() {
    let config = Config::from_resources(&read(WATCH));
    let rule = &config.rules[0];
    let settings = AlertSettings { breaches: 3, of: 5, keep_firing: 4, no_data_after: Some(6 * HOUR) };
    assert_eq!((rule.rule.name.as_str(), rule.settings), ("age-drift", settings));
    assert_eq!(rule.runbook.as_deref(), Some("look at the source"));
    let names: Vec<&str> = config.routes.iter().map(|route| route.name.as_str()).collect();
    assert_eq!(names, ["ant", "zebra", "late"], "by order, then by name");
    let (ant, zebra, late) = (&config.routes[0], &config.routes[1], &config.routes[2]);
    assert_eq!((ant.repeat_page, ant.repeat_ticket, ant.targets.len()), (HOUR, 12 * HOUR, 2));
    assert_eq!(zebra.budget.map(|budget| (budget.pages, budget.tickets)), Some((1, 3)));
    assert_eq!((late.group_wait, late.group_interval), (MINUTE / 2, 5 * MINUTE));
    assert_eq!((late.continues, late.tells_resolved), (true, false));
    assert_eq!(config.inhibitions[0].equal, ["model", "column"]);
    let start = crate::support::START;
    assert_eq!(config.maintenance[0].when, When::Once { from: start, to: start + DAY });
    assert_eq!(config.maintenance[0].effect, Effect::Exclude);
    assert_eq!((config.silences[0].starts_at, config.silences[0].ends_at), (start, start + 2 * DAY));
    // What is saved reads back, patterns included.
    let loaded: Config = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
    assert_eq!(loaded, config);
}

const OBJECTIVES: &str = "
apiVersion: openslo/v1
kind: SLO
metadata: { name: auc, annotations: { watchkeeper.dev/burn-policy: mine, watchkeeper.dev/tier: '2' } }
spec:
  service: credit
  timeWindow: [{ duration: 1M, calendar: { startTime: '2026-01-01 00:00:00', timeZone: Europe/Berlin } }]
  budgetingMethod: Timeslices
  indicatorRef: auc-sli
  objectives: [{ op: gte, value: 0.78, targetPercent: 90, timeSliceTarget: 0.95, timeSliceWindow: 1h }]
---
apiVersion: openslo/v1
kind: SLI
metadata: { name: auc-sli }
spec:
  thresholdMetric:
    metricSource:
      type: Watchkeeper
      spec: { kind: quality, metric: roc_auc, environment: prod, maturity: { horizon: 30d }, unknown: bad }
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: elsewhere }
spec:
  service: credit
  budgetingMethod: Occurrences
  indicator:
    metadata: { name: other }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { type: Prometheus, spec: { query: good } } }
        total: { metricSource: { type: Prometheus, spec: { query: all } } }
  objectives: [{ target: 0.99 }]
---
apiVersion: watchkeeper/v1
kind: BurnPolicy
metadata: { name: mine }
spec:
  family: hourly
  minBad: 2
  tiers:
    - { severity: page, budget: 5, long: 6h }
    - { severity: ticket, budget: 20, long: 3d, short: 12h }
    - { severity: ticket, bad: 3, of: 4, tier: 1 }
";

#[test]
fn objectives_of_resources() {
    let resources = read(OBJECTIVES);
    let all = objectives(&resources, 7);
    assert_eq!(all.len(), 1, "what others measure is theirs");
    let (objective, width) = &all[0];
    assert_eq!((objective.rule.name.as_str(), objective.revision, *width), ("auc", 7, HOUR));
    assert_eq!(objective.method, Method::Timeslices(0.95));
    assert!((objective.target - 0.9).abs() < 1e-12);
    assert_eq!((objective.unknown, objective.clock), (UnknownAs::Bad, Clock::Knowledge));
    assert_eq!(objective.rank, Rank::Performance);
    assert!(
        matches!(&objective.period, Period::Calendar { unit: Unit::Month, count: 1, time_zone, .. } if time_zone == "Europe/Berlin")
    );
    let labels = crate::support::labels(&[("model", "credit"), ("environment", "prod"), ("tier", "2")]);
    assert_eq!(objective.labels, labels);
    assert_eq!(objective.policy.guards.min_bad, 2);
    let tests: Vec<_> = objective.policy.tiers.iter().map(|tier| (tier.severity, tier.test)).collect();
    assert_eq!(tests.len(), 2, "the third step is for tier 1: {tests:?}");
    assert_eq!(tests[0], (Severity::Page, Test::Burn { long: 6 * HOUR, short: HOUR, factor: 6.0 }));
    assert!(
        matches!(tests[1].1, Test::Burn { long, short, factor } if long == 3 * DAY && short == 12 * HOUR && (factor - 2.0).abs() < 1e-9)
    );
}
