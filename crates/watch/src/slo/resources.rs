//! Resources → objectives.

use std::collections::BTreeMap;

use watchkeeper_spec::{
    ANNOTATION_BURN_POLICY, ANNOTATION_TIER, BudgetingMethod, BurnCondition, BurnFamily, BurnPolicySpec, DurationUnit,
    Resource, SliKind, SliSpec, Slo, Span, UnknownSlices, WatchkeeperSource,
};

use super::{Clock, Family, Method, Objective, Period, Policy, Unit, UnknownAs};
use crate::evaluation::{Labels, Rank, Rule, RuleKind};
use crate::slo::policy::Share;

/// SLIs and burn policies by name.
struct Known<'a> {
    slis: BTreeMap<&'a str, &'a SliSpec>,
    policies: BTreeMap<&'a str, &'a BurnPolicySpec>,
}

/// The objectives of all SLOs among `resources` that are measured by Watchkeeper, with the length of their slices in µs;
/// evaluated with `revision` of their rule.
///
/// An SLO of several objectives has several of them, told apart by the label `objective`, from 2. Slices are those of the
/// objective, or five minutes. Without the annotation of a burn policy it is the one that suits the slices: up to half an
/// hour `stream`, up to half a day `hourly`, up to half a week `daily`, else `cohort`.
#[must_use]
pub fn objectives(resources: &[Resource], revision: u64) -> Vec<(Objective, i64)> {
    let mut known = Known { slis: BTreeMap::new(), policies: BTreeMap::new() };
    for resource in resources {
        match resource {
            Resource::Sli(sli) => {
                known.slis.insert(resource.name(), &sli.spec);
            }
            Resource::BurnPolicy(policy) => {
                known.policies.insert(resource.name(), &policy.spec);
            }
            _ => {}
        }
    }
    let slos = resources.iter().filter_map(|resource| match resource {
        Resource::Slo(slo) => Some(slo),
        _ => None,
    });
    slos.flat_map(|slo| {
        let count = slo.spec.objectives.len();
        (0..count).filter_map(|index| objective(slo, index, revision, &known)).collect::<Vec<_>>()
    })
    .collect()
}

fn objective(slo: &Slo, index: usize, revision: u64, known: &Known<'_>) -> Option<(Objective, i64)> {
    let spec = &slo.spec;
    let objective = spec.objectives.get(index)?;
    let inline = objective.indicator.as_ref().or(spec.indicator.as_ref()).map(|sli| &sli.spec);
    let name = objective.indicator_ref.as_deref().or(spec.indicator_ref.as_deref());
    let sli = inline.or_else(|| known.slis.get(name?).copied())?;
    let source = sli.sources().find_map(|(_, source)| source.watchkeeper())?;
    let width = objective.time_slice_window.map_or(Span::minutes(5), |window| window.span());
    let method = match spec.budgeting_method {
        BudgetingMethod::Occurrences => Method::Occurrences,
        BudgetingMethod::Timeslices => Method::Timeslices(objective.time_slice_target.unwrap_or(1.0)),
        BudgetingMethod::RatioTimeslices => Method::Ratios,
    };
    let period = period(slo)?;
    let beta = objective.budget_ratio();
    let policy = policy(slo, known, period.length(), beta, width.micros());
    let unknown = match source.unknown_or_default() {
        UnknownSlices::Exclude => UnknownAs::Exclude,
        UnknownSlices::Bad => UnknownAs::Bad,
        UnknownSlices::Good => UnknownAs::Good,
    };
    let objective = Objective {
        rule: Rule { kind: RuleKind::Slo, name: slo.metadata.name.clone() },
        revision,
        labels: labels(slo, source, index),
        target: objective.target_ratio(),
        method,
        unknown,
        period,
        policy,
        // What needs labels is known late, and alarms when it is known.
        clock: if source.maturity.is_some() { Clock::Knowledge } else { Clock::Event },
        rank: rank(source.kind),
    };
    Some((objective.checked().ok()?, width.micros()))
}

fn labels(slo: &Slo, source: &WatchkeeperSource, index: usize) -> Labels {
    let mut labels = Labels::new();
    let mut put = |name: &str, value: Option<String>| labels.extend(value.map(|value| (name.to_owned(), value)));
    put("model", Some(source.model.clone().unwrap_or_else(|| slo.spec.service.clone())));
    put("environment", source.environment.clone());
    put("version", source.version.clone());
    put("segment", source.segment.clone().filter(|segment| segment != "*"));
    put("column", source.column.clone());
    put("tier", slo.metadata.annotations.get(ANNOTATION_TIER).cloned());
    put("objective", (index > 0).then(|| (index + 1).to_string()));
    labels
}

fn period(slo: &Slo) -> Option<Period> {
    let Some(window) = slo.spec.time_window.first() else {
        return Some(Period::Rolling { length: slo.spec.period().micros() });
    };
    let unit = match window.duration.unit() {
        DurationUnit::Minute | DurationUnit::Hour => None,
        DurationUnit::Day => Some(Unit::Day),
        DurationUnit::Week => Some(Unit::Week),
        DurationUnit::Month => Some(Unit::Month),
        DurationUnit::Quarter => Some(Unit::Quarter),
        DurationUnit::Year => Some(Unit::Year),
    };
    match (&window.calendar, unit) {
        (Some(calendar), Some(unit)) => Some(Period::Calendar {
            start: calendar.start_time.parse().ok()?,
            unit,
            count: window.duration.count().max(1),
            time_zone: calendar.time_zone.clone(),
        }),
        _ => Some(Period::Rolling { length: window.duration.span().micros() }),
    }
}

fn policy(slo: &Slo, known: &Known<'_>, period: i64, beta: f64, width: i64) -> Policy {
    let name = slo.metadata.annotations.get(ANNOTATION_BURN_POLICY).map(String::as_str);
    let named = name.and_then(|name| known.policies.get(name).copied());
    let word = name.and_then(|name| name.parse::<BurnFamily>().ok());
    let Some(spec) = named else {
        let family = match word {
            Some(BurnFamily::Stream) => Family::Stream,
            Some(BurnFamily::Hourly) => Family::Hourly,
            Some(BurnFamily::Daily) => Family::Daily,
            Some(BurnFamily::Cohort) => Family::Cohort,
            None => Family::of_slices(width),
        };
        return Policy::of(family, period, beta, width);
    };
    let tier = slo.metadata.annotations.get(ANNOTATION_TIER).and_then(|tier| tier.parse::<u64>().ok());
    let applies = |only: Option<u64>| only.is_none_or(|least| tier.is_some_and(|tier| tier <= least));
    let (mut shares, mut slices) = (Vec::new(), Vec::new());
    for one in spec.tiers.iter().filter(|one| applies(one.tier)) {
        match one.condition {
            BurnCondition::Budget { percent, long, short } => {
                let part = short.seconds() as f64 / long.seconds().max(1) as f64;
                shares.push(Share { severity: one.severity, share: percent / 100.0, long: long.micros(), part });
            }
            BurnCondition::Slices { bad, of } => slices.push((one.severity, bad, of)),
            _ => {}
        }
    }
    let mut policy = Policy::of_shares(&shares, &slices, period, beta, width);
    policy.guards.min_bad = spec.min_bad;
    policy.guards.min_total = spec.min_total;
    policy
}

/// Where what an SLI is about stands in the chain of causes. That answers are slow explains nothing about data.
const fn rank(kind: SliKind) -> Rank {
    match kind {
        SliKind::Availability | SliKind::Throughput | SliKind::Freshness | SliKind::Monitoring => Rank::Source,
        SliKind::LabelCoverage | SliKind::DataQuality => Rank::Quality,
        SliKind::Drift => Rank::FeatureDrift,
        SliKind::EstimatedQuality => Rank::EstimatedPerformance,
        SliKind::Quality | SliKind::Fairness | SliKind::Latency => Rank::Performance,
        SliKind::Kpi => Rank::Kpi,
    }
}
