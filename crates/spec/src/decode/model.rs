//! A model: which field is read as what.

use super::fields::{self, Fields};
use super::{Slot, list, scalar, thresholds};
use crate::name::NAME_RULE;
use crate::problem::{Problem, Problems};
use crate::text::{At, CheckText, ColumnText, MetadataText, ModelSpecText, ModelText};
use crate::word::Word;
use crate::yaml::Node;
use crate::{API_VERSION, KIND_MODEL, Role, Task, show, suggest};

/// Reads a model. `None` if the document is no mapping or another resource: its other fields would then only be noise.
pub(crate) fn model(node: &Node, problems: &mut Problems) -> Option<ModelText> {
    let root = Slot { path: String::new(), node };
    let mut fields = Fields::open(&root, problems)?;
    let api_version = fields.required("apiVersion", &show::one_of(&[API_VERSION]), exactly(API_VERSION));
    let kind = fields.required("kind", &show::one_of(&[KIND_MODEL]), exactly(KIND_MODEL));
    if api_version == Some(false) || kind == Some(false) {
        return None;
    }
    let model = ModelText {
        metadata: fields.required("metadata", "a mapping with `name`", metadata),
        spec: fields.required("spec", "a mapping with `task` and `columns`", spec),
        ..ModelText::default()
    };
    fields.finish();
    Some(model)
}

/// Reads a text that must be `wanted`; `false` if it is another one, which is reported.
fn exactly(wanted: &'static str) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<bool> {
    move |slot, problems| {
        let found = scalar::text(slot, problems)?.value;
        if found != wanted {
            let what = format!("unknown `{}` {}", slot.path, show::quoted(&found));
            let problem = Problem::new(slot.path.clone(), slot.node.position, what)
                .suggestion(suggest::nearest(&found, [wanted]))
                .expected(show::one_of(&[wanted]));
            problems.add(problem.found(found));
            return Some(false);
        }
        Some(true)
    }
}

fn metadata(slot: &Slot<'_>, problems: &mut Problems) -> Option<MetadataText> {
    let mut fields = Fields::open(slot, problems)?;
    let metadata = MetadataText {
        name: fields.required("name", NAME_RULE, scalar::text),
        description: fields.optional("description", scalar::text),
        labels: fields.optional("labels", labels).unwrap_or_default(),
    };
    fields.finish();
    Some(metadata)
}

fn labels(slot: &Slot<'_>, problems: &mut Problems) -> Option<Vec<(At<String>, At<String>)>> {
    let mut labels = Vec::new();
    for entry in fields::entries(slot, problems)? {
        let item = Slot { path: fields::join(&slot.path, entry.key), node: entry.value };
        let key = At { value: entry.key.to_owned(), position: entry.key_position };
        labels.extend(scalar::text(&item, problems).map(|value| (key, value)));
    }
    Some(labels)
}

fn spec(slot: &Slot<'_>, problems: &mut Problems) -> Option<ModelSpecText> {
    let mut fields = Fields::open(slot, problems)?;
    let spec = ModelSpecText {
        task: fields.required("task", &show::one_of(Task::WORDS), scalar::word),
        columns: fields.optional("columns", columns).unwrap_or_default(),
        undeclared: fields.optional("undeclared", scalar::word),
        check: fields.optional("check", check),
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
