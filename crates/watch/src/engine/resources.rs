//! Resources → what an engine goes by.

use watchkeeper_spec::{MaintenanceEffect, MaintenanceSchedule, Resource};

use super::{Config, Route, RuleConfig};
use crate::alert::AlertSettings;
use crate::evaluation::{Rule, RuleKind};
use crate::suppress::budget::AlertBudget;
use crate::suppress::inhibit::Inhibition;
use crate::suppress::maintenance::{Effect, Maintenance, When};
use crate::suppress::silence::Silence;

impl Config {
    /// What an engine goes by with these resources of one tenant; other kinds are left out. Routes are in the order in
    /// which they are tried: by `order`, then by name. Lineage and the address of pages are no resources: callers add
    /// them.
    #[must_use]
    pub fn from_resources(resources: &[Resource]) -> Self {
        let mut config = Self::default();
        let mut routes = Vec::new();
        for resource in resources {
            let name = resource.name();
            match resource {
                Resource::Monitor(monitor) => {
                    let spec = &monitor.spec;
                    let settings = AlertSettings {
                        breaches: spec.enter.k,
                        of: spec.enter.n,
                        keep_firing: spec.leave.keep_firing,
                        no_data_after: Some(spec.no_data_after.micros()),
                    };
                    let rule = Rule { kind: RuleKind::Monitor, name: name.to_owned() };
                    config.rules.push(RuleConfig { rule, settings, runbook: spec.runbook.clone() });
                }
                Resource::Slo(slo) => {
                    let rule = Rule { kind: RuleKind::Slo, name: name.to_owned() };
                    let runbook = slo.metadata.annotations.get("watchkeeper.dev/runbook").cloned();
                    config.rules.push(RuleConfig { rule, settings: AlertSettings::immediate(), runbook });
                }
                Resource::Route(route) => routes.push((route.spec.order, self::route(name, &route.spec))),
                Resource::InhibitRule(rule) => config.inhibitions.push(Inhibition {
                    name: name.to_owned(),
                    source: rule.spec.source.clone(),
                    target: rule.spec.target.clone(),
                    equal: rule.spec.equal.iter().map(|label| label.as_str().to_owned()).collect(),
                }),
                Resource::MaintenanceWindow(window) => config.maintenance.extend(maintenance(name, &window.spec)),
                Resource::Silence(silence) => config.silences.push(Silence {
                    name: name.to_owned(),
                    matchers: silence.spec.matchers.clone(),
                    author: silence.spec.author.clone(),
                    reason: silence.spec.reason.clone(),
                    starts_at: silence.spec.starts_at.micros(),
                    ends_at: silence.spec.ends_at.micros(),
                }),
                _ => {}
            }
        }
        routes.sort_by(|(a, first), (b, second)| (a, &first.name).cmp(&(b, &second.name)));
        config.routes = routes.into_iter().map(|(_, route)| route).collect();
        config
    }
}

fn route(name: &str, spec: &watchkeeper_spec::RouteSpec) -> Route {
    let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let budget = spec.alert_budget;
    Route {
        name: name.to_owned(),
        matchers: spec.matchers.clone(),
        targets: spec.targets.clone(),
        group_wait: spec.group_wait.micros(),
        group_interval: spec.group_interval.micros(),
        repeat_page: spec.repeat.page.micros(),
        repeat_ticket: spec.repeat.ticket.micros(),
        tells_resolved: spec.resolved,
        continues: spec.goes_on,
        budget: Some(AlertBudget { pages: count(budget.pages), tickets: count(budget.tickets) }),
    }
}

/// `None` for a schedule that this version does not know.
fn maintenance(name: &str, spec: &watchkeeper_spec::MaintenanceWindowSpec) -> Option<Maintenance> {
    let when = match &spec.schedule {
        MaintenanceSchedule::Once(range) => When::Once { from: range.from.micros(), to: range.to.micros() },
        MaintenanceSchedule::Recurring(again) => When::Cron {
            schedule: again.cron.clone(),
            duration: again.duration.micros(),
            time_zone: again.time_zone.clone(),
        },
        _ => return None,
    };
    let effect = match spec.effect {
        MaintenanceEffect::Suppress => Effect::Suppress,
        MaintenanceEffect::Exclude => Effect::Exclude,
    };
    Some(Maintenance {
        name: name.to_owned(),
        matchers: spec.matchers.clone(),
        when,
        effect,
        reason: spec.reason.clone(),
    })
}
