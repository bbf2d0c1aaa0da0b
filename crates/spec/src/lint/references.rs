//! Names of other resources: whether there is such a one, and whether they lead in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::Lint;
use crate::places::Places;
use crate::watch_words::BurnFamily;
use crate::{
    ANNOTATION_BURN_POLICY, AlertPolicySpec, ConditionChoice, Detector, MonitorBaseline, PolicyChoice, Resource,
    ResourceKind, SliSpec, Slo, TargetChoice, show, suggest,
};

/// The word for the baseline of a model in an SLI.
const APPROVED: &str = "approved";

/// The given resources by kind and name.
pub(super) struct Index<'r> {
    by_name: BTreeMap<(ResourceKind, &'r str), &'r Resource>,
}

impl<'r> Index<'r> {
    pub(super) fn of(resources: &'r [Resource]) -> Self {
        Self { by_name: resources.iter().map(|resource| ((resource.kind(), resource.name()), resource)).collect() }
    }

    pub(super) fn get(&self, kind: ResourceKind, name: &str) -> Option<&'r Resource> {
        self.by_name.get(&(kind, name)).copied()
    }

    fn names(&self, kind: ResourceKind) -> impl Iterator<Item = &'r str> {
        self.by_name.keys().filter(move |(other, _)| *other == kind).map(|(_, name)| *name)
    }
}

/// The references of one document.
struct References<'a, 'r> {
    places: &'a Places,
    index: &'a Index<'r>,
    lint: &'a mut Lint,
}

impl References<'_, '_> {
    fn need(&mut self, kind: ResourceKind, name: &str, path: impl Into<String>) {
        if self.index.get(kind, name).is_none() {
            let what = format!("there is no {kind} {}", show::quoted(name));
            let suggestion = suggest::nearest(name, self.index.names(kind));
            let problem = self.places.problem(path, what).found(name).suggestion(suggestion);
            self.lint.unknown.push(problem.expected(format!("the name of a {kind}")));
        }
    }

    /// Reports a name that, followed from `name` by `next`, comes back to `own`.
    fn circle(
        &mut self,
        own: &str,
        name: &str,
        path: String,
        next: impl Fn(&Resource) -> Vec<String>,
        kind: ResourceKind,
    ) {
        let mut seen = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            if name == own {
                let what = format!("{kind} {} leads back to itself", show::quoted(own));
                self.lint.errors.push(self.places.problem(path, what).found(own).expected("no circles"));
                return;
            }
            if let Some(resource) = self.index.get(kind, &name).filter(|_| seen.insert(name.clone())) {
                open.extend(next(resource));
            }
        }
    }

    fn sli(&mut self, spec: &SliSpec, path: &str) {
        for (below, source) in spec.sources() {
            let path = format!("{path}.{below}.metricSource");
            if let Some(name) = &source.metric_source_ref {
                self.need(ResourceKind::DataSource, name, format!("{path}.metricSourceRef"));
            }
            if let Some(own) = source.watchkeeper() {
                if let Some(model) = &own.model {
                    self.need(ResourceKind::Model, model, format!("{path}.spec.model"));
                }
                if let Some(baseline) = own.baseline.as_ref().filter(|name| *name != APPROVED) {
                    self.need(ResourceKind::Baseline, baseline, format!("{path}.spec.baseline"));
                }
            }
        }
    }

    fn policy(&mut self, spec: &AlertPolicySpec, path: &str) {
        for (index, condition) in spec.conditions.iter().enumerate() {
            if let ConditionChoice::Ref(name) = condition {
                self.need(ResourceKind::AlertCondition, name, format!("{path}.conditions[{index}].conditionRef"));
            }
        }
        for (index, target) in spec.notification_targets.iter().enumerate() {
            if let TargetChoice::Ref(name) = target {
                let path = format!("{path}.notificationTargets[{index}].targetRef");
                self.need(ResourceKind::AlertNotificationTarget, name, path);
            }
        }
    }

    fn slo(&mut self, slo: &Slo) {
        let spec = &slo.spec;
        // The service of Watchkeeper's own SLOs is a model.
        if self.index.get(ResourceKind::Model, &spec.service).is_none() {
            self.need(ResourceKind::Service, &spec.service, "spec.service");
        }
        if let Some(name) = &spec.indicator_ref {
            self.need(ResourceKind::Sli, name, "spec.indicatorRef");
        }
        if let Some(indicator) = &spec.indicator {
            self.sli(&indicator.spec, "spec.indicator.spec");
        }
        for (index, objective) in spec.objectives.iter().enumerate() {
            if let Some(name) = &objective.indicator_ref {
                self.need(ResourceKind::Sli, name, format!("spec.objectives[{index}].indicatorRef"));
            }
            if let Some(indicator) = &objective.indicator {
                self.sli(&indicator.spec, &format!("spec.objectives[{index}].indicator.spec"));
            }
        }
        for (index, policy) in spec.alert_policies.iter().enumerate() {
            match policy {
                PolicyChoice::Ref(name) => {
                    self.need(ResourceKind::AlertPolicy, name, format!("spec.alertPolicies[{index}].alertPolicyRef"));
                }
                PolicyChoice::Inline(inline) => self.policy(&inline.spec, &format!("spec.alertPolicies[{index}].spec")),
            }
        }
        if let Some(name) = slo.burn_policy()
            && name.parse::<BurnFamily>().is_err()
        {
            self.need(ResourceKind::BurnPolicy, name, format!("metadata.annotations[{ANNOTATION_BURN_POLICY:?}]"));
        }
    }
}

pub(super) fn check(resource: &Resource, index: &Index<'_>, lint: &mut Lint) {
    match resource {
        Resource::Monitor(monitor) => {
            let mut references = References { places: &monitor.places, index, lint };
            references.need(ResourceKind::Model, &monitor.spec.select.model, "spec.select.model");
            if let MonitorBaseline::Fixed(name) = &monitor.spec.baseline {
                references.need(ResourceKind::Baseline, name, "spec.baseline.fixed");
            }
            if let Detector::Composite(composite) = &monitor.spec.detector {
                for (index, name) in composite.monitors.iter().enumerate() {
                    let path = format!("spec.detector.monitors[{index}]");
                    references.need(ResourceKind::Monitor, name, path.clone());
                    let own = &monitor.metadata.name;
                    references.circle(own, name, path, monitors_of, ResourceKind::Monitor);
                }
            }
        }
        Resource::NotificationTarget(target) => {
            let mut references = References { places: &target.places, index, lint };
            if let Some(name) = &target.spec.fallback {
                let path = "spec.fallback".to_owned();
                references.need(ResourceKind::NotificationTarget, name, path.clone());
                let kind = ResourceKind::NotificationTarget;
                references.circle(&target.metadata.name, name, path, fallback_of, kind);
            }
        }
        Resource::Route(route) => {
            let mut references = References { places: &route.places, index, lint };
            for (index, name) in route.spec.targets.iter().enumerate() {
                references.need(ResourceKind::NotificationTarget, name, format!("spec.targets[{index}]"));
            }
            if let Some(name) = &route.spec.fallback {
                references.need(ResourceKind::NotificationTarget, name, "spec.fallback");
            }
        }
        Resource::Slo(slo) => References { places: &slo.places, index, lint }.slo(slo),
        Resource::Sli(sli) => References { places: &sli.places, index, lint }.sli(&sli.spec, "spec"),
        Resource::AlertPolicy(policy) => {
            References { places: &policy.places, index, lint }.policy(&policy.spec, "spec");
        }
        _ => {}
    }
}

fn monitors_of(resource: &Resource) -> Vec<String> {
    match resource {
        Resource::Monitor(monitor) => match &monitor.spec.detector {
            Detector::Composite(composite) => composite.monitors.clone(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn fallback_of(resource: &Resource) -> Vec<String> {
    match resource {
        Resource::NotificationTarget(target) => target.spec.fallback.iter().cloned().collect(),
        _ => Vec::new(),
    }
}
