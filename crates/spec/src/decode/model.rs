//! A model: which field is read as what.

use super::fields::{self, Fields};
use super::{Slot, list, privacy, scalar, settings, thresholds};
use crate::name::NAME_RULE;
use crate::problem::Problems;
use crate::text::{At, CheckText, ColumnText, MetadataText, ModelSpecText, ModelText};
use crate::word::Word;
use crate::{Role, Task, show};

/// Reads what stands beside the head of a model.
pub(super) fn body(metadata: Option<MetadataText>, fields: &mut Fields<'_, '_>) -> ModelText {
    let spec = fields.required("spec", "a mapping with `task` and `columns`", spec);
    ModelText { metadata, spec, ..ModelText::default() }
}

pub(super) fn metadata(slot: &Slot<'_>, problems: &mut Problems) -> Option<MetadataText> {
    let mut fields = Fields::open(slot, problems)?;
    let metadata = MetadataText {
        name: fields.required("name", NAME_RULE, scalar::text),
        description: fields.optional("description", scalar::text),
        labels: fields.optional("labels", texts_by_name).unwrap_or_default(),
    };
    fields.finish();
    Some(metadata)
}

/// A mapping from any name to a text.
pub(super) fn texts_by_name(slot: &Slot<'_>, problems: &mut Problems) -> Option<Vec<(At<String>, At<String>)>> {
    let mut texts = Vec::new();
    for entry in fields::entries(slot, problems)? {
        let item = Slot { path: fields::join(&slot.path, entry.key), node: entry.value };
        let key = At { value: entry.key.to_owned(), position: entry.key_position };
        texts.extend(scalar::text(&item, problems).map(|value| (key, value)));
    }
    Some(texts)
}

fn spec(slot: &Slot<'_>, problems: &mut Problems) -> Option<ModelSpecText> {
    let mut fields = Fields::open(slot, problems)?;
    let spec = ModelSpecText {
        task: fields.required("task", &show::one_of(Task::WORDS), scalar::word),
        columns: fields.optional("columns", columns).unwrap_or_default(),
        undeclared: fields.optional("undeclared", scalar::word),
        check: fields.optional("check", check),
        ingest: fields.optional("ingest", settings::ingest),
        segments: fields.optional("segments", settings::segments).unwrap_or_default(),
        profiles: fields.optional("profiles", settings::profiles),
        learning: fields.optional("learning", settings::learning),
        retention: fields.optional("retention", settings::retention),
    };
    fields.finish();
    Some(spec)
}

fn columns(slot: &Slot<'_>, problems: &mut Problems) -> Option<Vec<ColumnText>> {
    let items = list::items(slot, "a list of columns", problems)?;
    // A column that cannot be read keeps its place, so that the paths of those behind it stay right.
    Some(items.iter().map(|item| column(item, problems).unwrap_or_default()).collect())
}

fn column(slot: &Slot<'_>, problems: &mut Problems) -> Option<ColumnText> {
    let mut fields = Fields::open(slot, problems)?;
    let column = ColumnText {
        position: slot.node.position,
        name: fields.required("name", "the name of a column of the data", scalar::text),
        role: fields.required("role", &show::one_of(Role::WORDS), scalar::word),
        kind: fields.optional("type", scalar::word),
        min: fields.optional("min", scalar::number),
        max: fields.optional("max", scalar::number),
        importance: fields.optional("importance", scalar::number),
        missing_as_bin: fields.optional("missing_as_bin", scalar::boolean),
        empty_is_null: fields.optional("empty_is_null", scalar::boolean),
        thresholds: fields.optional("thresholds", thresholds::by_metric).unwrap_or_default(),
        privacy: fields.optional("privacy", privacy::privacy),
    };
    fields.finish();
    Some(column)
}

fn check(slot: &Slot<'_>, problems: &mut Problems) -> Option<CheckText> {
    let mut fields = Fields::open(slot, problems)?;
    let check = CheckText {
        metrics: fields.optional("metrics", list::metrics),
        alpha: fields.optional("alpha", scalar::number),
        fdr_q: fields.optional("fdr_q", scalar::number),
        fail_on: fields.optional("fail_on", scalar::word),
        exact_rows: fields.optional("exact_rows", scalar::whole),
        thresholds: fields.optional("thresholds", thresholds::by_metric).unwrap_or_default(),
    };
    fields.finish();
    Some(check)
}
