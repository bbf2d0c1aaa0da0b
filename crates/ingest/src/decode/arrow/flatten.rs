//! Columns of a record batch → columns of the stream by name: structs and maps are opened.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, MapArray, UInt32Array};
use arrow_schema::DataType;

use super::Batches;
use crate::RejectCode;
use crate::decode::DecodeError;
use crate::decode::cell::{Problem, Role};
use crate::decode::place::{Inner, Leaf, Place};
use crate::decode::rows::Refusal;

/// A column with its place in the stream, not yet typed.
pub(super) struct LeafColumn {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) array: ArrayRef,
}

/// The columns that `array`, found under `key` in `place`, becomes.
pub(super) fn flatten(
    batches: &mut Batches<'_>,
    place: &Place,
    key: &str,
    array: &ArrayRef,
    level: usize,
) -> Result<Vec<LeafColumn>, DecodeError> {
    let limit = batches.context.limits.nesting;
    if level > limit {
        return Err(DecodeError::more_than("levels of nested columns", level, limit));
    }
    let is_object = matches!(array.data_type(), DataType::Struct(_) | DataType::Map(..));
    if !is_object {
        return Ok(match batches.places.leaf(place, key) {
            Leaf::Column { name, role } => vec![LeafColumn { name, role, array: Arc::clone(array) }],
            Leaf::Ignored => Vec::new(),
            Leaf::Refused { name, problem } => {
                refuse_values(batches, &name, array, &problem);
                Vec::new()
            }
        });
    }
    match batches.places.inner(place, key) {
        Inner::Text { name, role } => Ok(vec![LeafColumn { name, role, array: Arc::clone(array) }]),
        Inner::Ignored => Ok(Vec::new()),
        Inner::Refused { name, problem } => {
            refuse_values(batches, &name, array, &problem);
            Ok(Vec::new())
        }
        Inner::Place(place) => {
            let members = match array.as_map_opt() {
                Some(map) => map_members(batches, key, map)?,
                None => struct_members(array),
            };
            let mut leaves = Vec::new();
            for (name, member) in members {
                leaves.extend(flatten(batches, &place, &name, &member, level + 1)?);
            }
            Ok(leaves)
        }
    }
}

/// Gives up the rows that have a value where none may be.
fn refuse_values(batches: &mut Batches<'_>, name: &str, array: &ArrayRef, problem: &Problem) {
    let nulls = array.logical_nulls();
    for row in 0..array.len() {
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            batches.refuse(row, Refusal::of(name, problem.clone()));
        }
    }
}

/// The members of a struct, null where the struct is.
fn struct_members(array: &ArrayRef) -> Vec<(String, ArrayRef)> {
    let Some(members) = array.as_struct_opt() else { return Vec::new() };
    let is_null =
        members.nulls().filter(|nulls| nulls.null_count() > 0).map(|nulls| BooleanArray::new(!nulls.inner(), None));
    let visible = |member: &ArrayRef| match &is_null {
        // An error is a type that has no nulls: no column takes one.
        Some(is_null) => arrow_select::nullif::nullif(member.as_ref(), is_null).unwrap_or_else(|_| Arc::clone(member)),
        None => Arc::clone(member),
    };
    members
        .fields()
        .iter()
        .zip(members.columns())
        .map(|(field, member)| (field.name().clone(), visible(member)))
        .collect()
}

/// The members of a map with text keys: one array a key.
fn map_members(batches: &mut Batches<'_>, name: &str, map: &MapArray) -> Result<Vec<(String, ArrayRef)>, DecodeError> {
    let Some(keys) = map.keys().as_string_opt::<i32>() else {
        let problem = Problem::new(RejectCode::WrongType, "a map of texts to values");
        refuse_values(batches, name, &(Arc::new(map.clone()) as ArrayRef), &problem);
        return Ok(Vec::new());
    };
    let mut index: HashMap<&str, usize> = HashMap::new();
    // For each key, where its value of each row is.
    let mut members: Vec<(&str, Vec<Option<u32>>)> = Vec::new();
    for (row, range) in map.offsets().windows(2).enumerate() {
        let [start, end] = range else { continue };
        if map.is_null(row) {
            continue;
        }
        for at in usize::try_from(*start).unwrap_or_default()..usize::try_from(*end).unwrap_or_default() {
            let key = keys.value(at);
            let member = *index.entry(key).or_insert(members.len());
            if member == members.len() {
                let limit = batches.context.limits.columns;
                if member >= limit {
                    return Err(DecodeError::more_than("columns", member + 1, limit));
                }
                batches.spend(map.len().saturating_mul(size_of::<Option<u32>>()))?;
                members.push((key, vec![None; map.len()]));
            }
            let place = members.get_mut(member).and_then(|(_, places)| places.get_mut(row));
            if place.and_then(|place| place.replace(u32::try_from(at).unwrap_or(u32::MAX))).is_some() {
                batches.refuse(row, Refusal::twice(key));
            }
        }
    }
    members
        .into_iter()
        .map(|(key, places)| {
            arrow_select::take::take(map.values(), &UInt32Array::from(places), None)
                .map(|values| (key.to_owned(), values))
                .map_err(|_| DecodeError::malformed("a map column", "values of a known type"))
        })
        .collect()
}
