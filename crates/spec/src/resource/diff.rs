//! What changed between two resources, field by field.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::Resource;

/// One field that two resources do not share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// The field, such as `spec.check.alpha`; items of a list that have names stand as `spec.columns[amount].max`.
    pub path: String,
    /// The value before; `None`: there was none, so the default held.
    pub old: Option<Value>,
    /// The value after; `None`: there is none, so the default holds.
    pub new: Option<Value>,
}

/// The fields in which `new` is not `old`, by path; empty exactly if the two are equal.
///
/// `None` stands for a resource that does not exist: then every field of the other one is a change. Columns are
/// compared by their name; another order of the same columns is one change of `spec.columns` that lists the names.
#[must_use]
pub fn diff(old: Option<&Resource>, new: Option<&Resource>) -> Vec<FieldChange> {
    let (old, new) = (old.map(Resource::to_value), new.map(Resource::to_value));
    let mut changes = Vec::new();
    compare("", old.as_ref(), new.as_ref(), &mut changes);
    changes
}

fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<FieldChange>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Some(Value::Object(_)) | None, Some(Value::Object(_))) | (Some(Value::Object(_)), None) => {
            for key in keys(old, new) {
                let of = |value: Option<&Value>| value.and_then(|value| value.get(key)).cloned();
                compare(&join(path, key), of(old).as_ref(), of(new).as_ref(), changes);
            }
        }
        _ => match (named_items(old), named_items(new)) {
            (Some(before), Some(after)) => items(path, &before, &after, changes),
            _ => changes.push(FieldChange { path: path.to_owned(), old: old.cloned(), new: new.cloned() }),
        },
    }
}

/// The keys of both mappings, sorted, each once.
fn keys<'v>(old: Option<&'v Value>, new: Option<&'v Value>) -> Vec<&'v str> {
    let maps = [old, new].into_iter().flatten().filter_map(Value::as_object);
    let mut keys: Vec<&str> = maps.flat_map(|map| map.keys().map(String::as_str)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

type Named<'v> = Vec<(&'v str, &'v Value)>;

/// The items of a list by their `name`; a list that is not there has no items. `None`: not such a list.
fn named_items(value: Option<&Value>) -> Option<Named<'_>> {
    match value {
        None => Some(Vec::new()),
        Some(Value::Array(items)) if items.is_empty() => Some(Vec::new()),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.get("name").and_then(Value::as_str).map(|name| (name, item))).collect()
        }
        Some(_) => None,
    }
}

fn items(path: &str, old: &Named<'_>, new: &Named<'_>, changes: &mut Vec<FieldChange>) {
    let before: BTreeMap<&str, &Value> = old.iter().copied().collect();
    let after: BTreeMap<&str, &Value> = new.iter().copied().collect();
    let mut names: Vec<&str> = before.keys().chain(after.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        compare(&format!("{path}[{name}]"), before.get(name).copied(), after.get(name).copied(), changes);
    }
    let order = |list: &Named<'_>, other: &BTreeMap<&str, &Value>| -> Vec<Value> {
        list.iter().filter(|(name, _)| other.contains_key(name)).map(|(name, _)| Value::from(*name)).collect()
    };
    let (order_before, order_after) = (order(old, &after), order(new, &before));
    if order_before != order_after {
        let (old, new) = (Some(Value::Array(order_before)), Some(Value::Array(order_after)));
        changes.push(FieldChange { path: path.to_owned(), old, new });
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
