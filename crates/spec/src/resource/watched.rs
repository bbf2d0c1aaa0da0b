//! Specs of the watch as values: what equals its default is left out, so that equal resources have equal texts.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::document::metadata_of;
use crate::burn::{BurnPolicySpec, default_actions, default_tiers};
use crate::decode::Slot;
use crate::decode::watch::{burn, delivery, metadata, monitor, openslo, quiet};
use crate::document::{Part, Spec};
use crate::openslo::{
    AlertConditionSpec, AlertNotificationTargetSpec, AlertPolicySpec, DataSourceSpec, OpenSloMetadata, ServiceSpec,
    SliSpec, SloSpec,
};
use crate::problem::Problems;
use crate::{
    AbsenceDetector, BandDetector, Detector, Enter, Family, InhibitRuleSpec, Leave, MaintenanceSchedule,
    MaintenanceWindowSpec, Metadata, MonitorBaseline, MonitorSpec, MonitorWindow, NotificationTargetSpec, RouteSpec,
    SeasonWeeks, SequentialDetector, SilenceSpec, StreamDetector, TestDetector, Trailing,
};

/// Any of our types as a value. None of them can fail: no map of theirs has keys that are no text.
fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

/// The fields of a value.
fn fields(of: &impl Serialize) -> Map<String, Value> {
    match value(of) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// The fields that are not those of `defaults`.
fn without(mut fields: Map<String, Value>, defaults: &Value) -> Map<String, Value> {
    fields.retain(|name, value| !value.is_null() && defaults.get(name) != Some(value));
    fields
}

/// The fields of a value that are no defaults; not there if there are none.
fn put_changed(fields: &mut Map<String, Value>, name: &str, of: &impl Serialize, default: &impl Serialize) {
    let changed = without(self::fields(of), &value(default));
    if changed.is_empty() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), Value::Object(changed));
    }
}

/// The reader of a part.
macro_rules! read_by {
    ($read:path) => {
        fn read(slot: &Slot<'_>, problems: &mut Problems) -> Option<Self> {
            $read(slot, problems)
        }
    };
}

impl Part for Metadata {
    read_by!(metadata);

    fn to_value(&self) -> Value {
        metadata_of(self)
    }
}

impl Part for MonitorSpec {
    read_by!(monitor::spec);

    fn to_value(&self) -> Value {
        let every = self.window.every;
        let defaults = json!({
            "measure": crate::decode::default_measure(&self.detector),
            "minSamples": crate::decode::MIN_SAMPLES,
            "severity": "ticket",
            "noDataAfter": every.times(3),
        });
        let mut fields = without(fields(self), &defaults);
        let detector = detector(&self.detector, every.times(2));
        fields.insert("detector".to_owned(), detector);
        let window =
            MonitorWindow { every: self.window.size, size: MonitorWindow::default().size, ..MonitorWindow::default() };
        put_changed(&mut fields, "window", &self.window, &window);
        put_changed(&mut fields, "enter", &self.enter, &Enter::default());
        put_changed(&mut fields, "leave", &self.leave, &Leave::default());
        put_changed(&mut fields, "family", &self.family, &Family::default());
        match baseline(&self.baseline) {
            Some(baseline) => fields.insert("baseline".to_owned(), baseline),
            None => fields.remove("baseline"),
        };
        Value::Object(fields)
    }
}

fn detector(detector: &Detector, absent_after: crate::Span) -> Value {
    let defaults = match detector {
        Detector::Test(_) => value(&TestDetector::default()),
        Detector::Band(_) => value(&BandDetector::default()),
        Detector::Sequential(_) => value(&SequentialDetector::default()),
        Detector::Absence(_) => value(&AbsenceDetector { after: absent_after }),
        Detector::Threshold(_) => json!({ "of": "value", "decide": "ci" }),
        Detector::Stream(_) | Detector::Composite(_) => Value::Null,
    };
    let mut fields = without(fields(detector), &defaults);
    if let Detector::Stream(stream) = detector {
        let set: Map<String, Value> = StreamDetector::parameters_of(stream.algorithm)
            .iter()
            .filter_map(|(name, default, ..)| {
                let set = stream.parameter(name).filter(|value| value != default)?;
                Some(((*name).to_owned(), set.into()))
            })
            .collect();
        if set.is_empty() {
            fields.remove("parameters");
        } else {
            fields.insert("parameters".to_owned(), Value::Object(set));
        }
    }
    Value::Object(fields)
}

fn baseline(baseline: &MonitorBaseline) -> Option<Value> {
    let changed = |word: &str, of: &Value, default: &Value| {
        let changed = without(fields(of), default);
        if changed.is_empty() { Value::from(word) } else { json!({ word: changed }) }
    };
    Some(match baseline {
        MonitorBaseline::Training => return None,
        MonitorBaseline::PreviousVersion => "previous_version".into(),
        MonitorBaseline::Fixed(name) => json!({ "fixed": name }),
        MonitorBaseline::Range(range) => json!({ "range": range }),
        MonitorBaseline::Trailing(trailing) => changed("trailing", &value(trailing), &value(&Trailing::default())),
        MonitorBaseline::Season(season) => changed("season", &value(season), &value(&SeasonWeeks::default())),
    })
}

impl Part for BurnPolicySpec {
    read_by!(burn::spec);

    fn to_value(&self) -> Value {
        let default = Self::of(self.family);
        let mut defaults = json!({
            "tiers": default_tiers(self.family),
            "actions": default_actions(),
            "minBad": default.min_bad,
            "minTotal": default.min_total,
        });
        // The tiers of a family are written out once one of them is another one.
        if self.tiers != default.tiers
            && let Some(defaults) = defaults.as_object_mut()
        {
            defaults.remove("tiers");
        }
        Value::Object(without(fields(self), &defaults))
    }
}

impl Part for NotificationTargetSpec {
    read_by!(delivery::target);

    fn to_value(&self) -> Value {
        let defaults = json!({ "timeout": crate::decode::TIMEOUT, "sendResolved": true });
        Value::Object(without(fields(self), &defaults))
    }
}

impl Part for RouteSpec {
    read_by!(delivery::route);

    fn to_value(&self) -> Value {
        let defaults = json!({
            "matchers": [], "order": crate::decode::ORDER, "continue": false, "groupWait": crate::decode::GROUP_WAIT,
            "groupInterval": crate::decode::GROUP_INTERVAL, "resolved": true,
        });
        let mut fields = without(fields(self), &defaults);
        put_changed(&mut fields, "repeat", &self.repeat, &crate::Repeat::default());
        put_changed(&mut fields, "alertBudget", &self.alert_budget, &crate::AlertBudget::default());
        Value::Object(fields)
    }
}

impl Part for InhibitRuleSpec {
    read_by!(delivery::inhibit);

    fn to_value(&self) -> Value {
        Value::Object(without(fields(self), &json!({ "equal": [] })))
    }
}

impl Part for MaintenanceWindowSpec {
    read_by!(quiet::maintenance);

    fn to_value(&self) -> Value {
        let mut fields = without(fields(self), &json!({ "effect": "suppress" }));
        if let MaintenanceSchedule::Recurring(recurring) = &self.schedule {
            let recurring = without(self::fields(recurring), &json!({ "timeZone": "UTC" }));
            fields.insert("schedule".to_owned(), json!({ "recurring": recurring }));
        }
        Value::Object(fields)
    }
}

impl Part for SilenceSpec {
    read_by!(quiet::silence);

    fn to_value(&self) -> Value {
        value(self)
    }
}

/// The kinds of OpenSLO are kept as they were written: what is not there says so itself.
macro_rules! verbatim {
    ($($type:ty, $read:path;)+) => { $(
        impl Part for $type {
            read_by!($read);

            fn to_value(&self) -> Value {
                value(self)
            }
        }
    )+ };
}

verbatim! {
    OpenSloMetadata, openslo::metadata;
    ServiceSpec, openslo::service;
    DataSourceSpec, openslo::data_source;
    SloSpec, openslo::slo;
    SliSpec, openslo::sli;
    AlertPolicySpec, openslo::policy;
    AlertConditionSpec, openslo::condition;
    AlertNotificationTargetSpec, openslo::target;
}

/// What stands beside a spec, and what a message says where the spec is missing.
macro_rules! specs {
    ($($type:ty, $metadata:ty, $expected:literal;)+) => { $(
        impl Spec for $type {
            type Metadata = $metadata;
            const EXPECTED: &'static str = $expected;
        }
    )+ };
}

specs! {
    MonitorSpec, Metadata, "a mapping with `select` and `detector`";
    BurnPolicySpec, Metadata, "a mapping with `family`";
    NotificationTargetSpec, Metadata, "a mapping with `type`";
    RouteSpec, Metadata, "a mapping with `targets`";
    InhibitRuleSpec, Metadata, "a mapping with `source` and `target`";
    MaintenanceWindowSpec, Metadata, "a mapping with `schedule`, `matchers` and `reason`";
    SilenceSpec, Metadata, "a mapping with `matchers`, `author`, `reason`, `startsAt` and `endsAt`";
    ServiceSpec, OpenSloMetadata, "a mapping";
    DataSourceSpec, OpenSloMetadata, "a mapping with `type`";
    SloSpec, OpenSloMetadata, "a mapping with `service`, `indicator`, `budgetingMethod` and `objectives`";
    SliSpec, OpenSloMetadata, "a mapping with `thresholdMetric` or `ratioMetric`";
    AlertPolicySpec, OpenSloMetadata, "a mapping with `conditions`";
    AlertConditionSpec, OpenSloMetadata, "a mapping with `severity` and `condition`";
    AlertNotificationTargetSpec, OpenSloMetadata, "a mapping with `target`";
}
