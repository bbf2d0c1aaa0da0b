//! How events come in and how long they are kept.

use super::fields::Fields;
use super::model::texts_by_name;
use super::{Slot, list, scalar};
use crate::EventMapping;
use crate::problem::Problems;
use crate::text::{At, IngestText, LearningText, MappingText, ProfilesText, RetentionText};

pub(super) fn ingest(slot: &Slot<'_>, problems: &mut Problems) -> Option<IngestText> {
    let mut fields = Fields::open(slot, problems)?;
    let ingest = IngestText { mapping: fields.optional("mapping", mapping) };
    fields.finish();
    Some(ingest)
}

fn mapping(slot: &Slot<'_>, problems: &mut Problems) -> Option<MappingText> {
    let mut fields = Fields::open(slot, problems)?;
    let mapping = MappingText {
        fields: fields.optional("fields", mapped_fields).unwrap_or_default(),
        columns: fields.optional("columns", texts_by_name).unwrap_or_default(),
        segments: fields.optional("segments", texts_by_name).unwrap_or_default(),
    };
    fields.finish();
    Some(mapping)
}

fn mapped_fields(slot: &Slot<'_>, problems: &mut Problems) -> Option<Vec<(At<String>, At<String>)>> {
    let mut fields = Fields::open(slot, problems)?;
    let mut mapped = Vec::new();
    for name in EventMapping::FIELDS {
        mapped.extend(fields.optional(name, scalar::text).map(|path| (At::nowhere(name.to_owned()), path)));
    }
    fields.finish();
    Some(mapped)
}

pub(super) fn segments(slot: &Slot<'_>, problems: &mut Problems) -> Option<Vec<At<String>>> {
    let items = list::items(slot, "a list of names of columns or segment tags", problems)?;
    Some(items.iter().filter_map(|item| scalar::text(item, problems)).collect())
}

pub(super) fn profiles(slot: &Slot<'_>, problems: &mut Problems) -> Option<ProfilesText> {
    let mut fields = Fields::open(slot, problems)?;
    let profiles = ProfilesText {
        bucket: fields.optional("bucket", scalar::text),
        keep_buckets: fields.optional("keep_buckets", scalar::text),
        hour: fields.optional("hour", scalar::text),
        day: fields.optional("day", scalar::text),
    };
    fields.finish();
    Some(profiles)
}

pub(super) fn learning(slot: &Slot<'_>, problems: &mut Problems) -> Option<LearningText> {
    let mut fields = Fields::open(slot, problems)?;
    let learning =
        LearningText { hours: fields.optional("hours", scalar::whole), rows: fields.optional("rows", scalar::whole) };
    fields.finish();
    Some(learning)
}

pub(super) fn retention(slot: &Slot<'_>, problems: &mut Problems) -> Option<RetentionText> {
    let mut fields = Fields::open(slot, problems)?;
    let retention = RetentionText { events: fields.optional("events", scalar::text) };
    fields.finish();
    Some(retention)
}
