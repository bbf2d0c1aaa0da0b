//! Text types → model: defaults, ranges, relations between fields.

mod check;
mod column;
mod columns;
mod thresholds;

use std::collections::BTreeMap;

use crate::model::{Model, Origin};
use crate::name::{NAME_RULE, is_name};
use crate::problem::{Problem, Problems};
use crate::text::{At, MetadataText, ModelText};
use crate::{Undeclared, model_name_from, show};

/// Lints and resolves. `None` if a field is missing without which there is no model; the decoder reported it.
pub(crate) fn model(text: ModelText, source: &str, problems: &mut Problems) -> Option<Model> {
    let named = text.metadata.map(|text| metadata(text, problems));
    let spec = text.spec?;
    let check = check::resolve(spec.check.unwrap_or_default(), problems);
    let positions = spec.columns.iter().map(|c| c.name.as_ref().map_or(c.position, |name| name.position)).collect();
    let columns = columns::resolve(spec.columns, spec.task.as_ref().map(|task| task.value), problems);
    let (name, description, labels) = named?;
    let undeclared = spec.undeclared.map_or(Undeclared::Infer, |at| at.value);
    let origin = Origin { source: source.to_owned(), columns: positions };
    Some(Model { name: name?, description, labels, task: spec.task?.value, columns, undeclared, check, origin })
}

type Named = (Option<String>, Option<String>, BTreeMap<String, String>);

fn metadata(text: MetadataText, problems: &mut Problems) -> Named {
    if let Some(At { value, position }) = &text.name
        && !is_name(value)
    {
        let problem = Problem::new("metadata.name", *position, format!("invalid model name {}", show::quoted(value)))
            .found(value.as_str())
            .suggestion(Some(model_name_from(value)));
        problems.add(problem.expected(NAME_RULE));
    }
    for (key, _) in text.labels.iter().filter(|(key, _)| key.value.is_empty()) {
        let problem = Problem::new("metadata.labels", key.position, "a label in `metadata.labels` has an empty name");
        problems.add(problem.expected("a name such as `team`"));
    }
    let labels = text.labels.into_iter().map(|(key, value)| (key.value, value.value)).collect();
    (text.name.map(|at| at.value), text.description.map(|at| at.value), labels)
}
