//! The kinds of OpenSLO: every field as it was written, with the rules of that specification.

mod alert;
mod sli;
mod slo;
mod source;

use std::collections::BTreeMap;

pub(crate) use alert::{condition, policy, target};
pub(crate) use sli::{data_source, service, sli};
pub(crate) use slo::slo;

use super::value;
use crate::decode::fields::Fields;
use crate::decode::{Slot, scalar};
use crate::name::name_from;
use crate::openslo::{DURATION_RULE, OPENSLO_NAME_RULE, is_openslo_name};
use crate::problem::{Problem, Problems};
use crate::yaml::Value;
use crate::{ANNOTATION_BURN_POLICY, ANNOTATION_TIER, LabelValue, OpenSloMetadata, SloDuration, show};

/// Characters of a description at most.
const DESCRIPTION_CHARS_MAX: usize = 1050;

pub(crate) fn metadata(slot: &Slot<'_>, problems: &mut Problems) -> Option<OpenSloMetadata> {
    let mut fields = Fields::open(slot, problems)?;
    let name = fields.required("name", OPENSLO_NAME_RULE, name);
    let metadata = OpenSloMetadata {
        name: name.unwrap_or_default(),
        display_name: fields.optional("displayName", value::text),
        labels: fields.optional("labels", labels).unwrap_or_default(),
        annotations: fields.optional("annotations", value::texts_by_name).unwrap_or_default(),
    };
    own_annotations(&metadata.annotations, &mut fields);
    fields.synonym("description", "displayName");
    fields.finish();
    Some(metadata)
}

/// The annotations that this program reads.
fn own_annotations(annotations: &BTreeMap<String, String>, fields: &mut Fields<'_, '_>) {
    if let Some(tier) = annotations.get(ANNOTATION_TIER)
        && !tier.parse().is_ok_and(|tier: u64| (1..=100).contains(&tier))
    {
        let problem =
            fields.problem("annotations", format!("annotation `{ANNOTATION_TIER}` is {}", show::quoted(tier)));
        fields.add(problem.found(tier.as_str()).expected("`1` (the most important) to `100`"));
    }
    if let Some(policy) = annotations.get(ANNOTATION_BURN_POLICY)
        && !crate::is_name(policy)
    {
        let what = format!("annotation `{ANNOTATION_BURN_POLICY}` is {}", show::quoted(policy));
        let problem = fields.problem("annotations", what).found(policy.as_str());
        fields.add(problem.expected("`stream`, `hourly`, `daily`, `cohort`, or the name of a BurnPolicy"));
    }
}

/// The name of a document, or of another one.
fn name(slot: &Slot<'_>, problems: &mut Problems) -> Option<String> {
    let name = value::text(slot, problems)?;
    if !is_openslo_name(&name) {
        let what = format!("`{}` is {}", slot.path, show::quoted(&name));
        let problem = Problem::new(slot.path.clone(), slot.node.position, what).found(name.as_str());
        problems.add(problem.suggestion(Some(name_from(&name, "name"))).expected(OPENSLO_NAME_RULE));
    }
    Some(name)
}

fn labels(slot: &Slot<'_>, problems: &mut Problems) -> Option<BTreeMap<String, LabelValue>> {
    let read = |slot: &Slot<'_>, problems: &mut Problems| match &slot.node.value {
        Value::List(_) => {
            let items = crate::decode::list::items(slot, "a list of texts", problems)?;
            Some(LabelValue::Many(items.iter().filter_map(|item| value::text(item, problems)).collect()))
        }
        _ => value::text(slot, problems).map(LabelValue::One),
    };
    value::by_name(slot, read, problems)
}

fn description(slot: &Slot<'_>, problems: &mut Problems) -> Option<String> {
    let text = value::text(slot, problems)?;
    let count = text.chars().count();
    if count > DESCRIPTION_CHARS_MAX {
        let what = format!("`{}` has {count} characters", slot.path);
        let problem = Problem::new(slot.path.clone(), slot.node.position, what).found(format!("{count} characters"));
        problems.add(problem.expected(format!("at most {DESCRIPTION_CHARS_MAX}")));
    }
    Some(text)
}

/// A length of time from `0m` if `may_be_zero`.
fn duration(may_be_zero: bool) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<SloDuration> {
    move |slot, problems| {
        let duration: SloDuration = value::parsed(DURATION_RULE)(slot, problems)?;
        if duration.count() == 0 && !may_be_zero {
            let what = format!("`{}` is `{duration}`", slot.path);
            let problem = Problem::new(slot.path.clone(), slot.node.position, what).found(duration.to_string());
            problems.add(problem.expected("a length of time above zero"));
        }
        Some(duration)
    }
}

/// Items of a list, which may repeat.
fn items<T>(
    read: impl Fn(&Slot<'_>, &mut Problems) -> Option<T>,
    (min, max): (usize, usize),
    expected: &'static str,
) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<Vec<T>> {
    move |slot, problems| {
        let items = crate::decode::list::items(slot, expected, problems)?;
        if items.len() < min || items.len() > max {
            let what = format!("`{}` has {} items", slot.path, items.len());
            let problem = Problem::new(slot.path.clone(), slot.node.position, what);
            problems.add(problem.found(format!("{} items", items.len())).expected(expected));
        }
        Some(items.iter().filter_map(|item| read(item, problems)).collect())
    }
}

/// The `kind` of a document inside another one.
fn kind(wanted: &'static str) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<String> {
    move |slot, problems| {
        let found = scalar::text(slot, problems)?;
        if found.value != wanted {
            let what = format!("`{}` is {}", slot.path, show::quoted(&found.value));
            let problem = Problem::new(slot.path.clone(), found.position, what).found(found.value.as_str());
            problems.add(problem.expected(show::one_of(&[wanted])));
        }
        Some(found.value)
    }
}

/// Reports a mapping that does not hold exactly one of `names`.
fn exactly_one(fields: &mut Fields<'_, '_>, path: &str, names: &[&'static str]) {
    let there = names.iter().filter(|name| fields.has(name)).count();
    if there != 1 {
        let last = names.iter().rev().find(|name| fields.has(name)).copied();
        let what = format!("`{path}` does not hold exactly one of its fields");
        let problem = match last {
            Some(last) => fields.problem(last, what),
            None => fields.whole_problem(what),
        };
        fields.add(problem.expected(show::one_of(names)));
    }
}
