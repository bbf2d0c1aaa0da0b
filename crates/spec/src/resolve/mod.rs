//! Text types → model: defaults, ranges, relations between fields.

mod check;
mod column;
mod columns;
mod privacy;
mod resource;
mod settings;
mod thresholds;
pub(crate) mod value;

use std::collections::BTreeMap;

pub(crate) use resource::{named, resource};

use crate::Undeclared;
use crate::model::{Model, Origin};
use crate::problem::{Problem, Problems};
use crate::text::{MetadataText, ModelText};

/// Lints and resolves. `None` if a field is missing without which there is no model; the decoder reported it.
pub(crate) fn model(text: ModelText, source: &str, problems: &mut Problems) -> Option<Model> {
    let named = text.metadata.map(|text| metadata(text, "model", problems));
    let spec = text.spec?;
    let check = check::resolve(spec.check.unwrap_or_default(), problems);
    let positions = spec.columns.iter().map(|c| c.name.as_ref().map_or(c.position, |name| name.position)).collect();
    let columns = columns::resolve(spec.columns, spec.task.as_ref().map(|task| task.value), problems);
    let ingest = settings::ingest(spec.ingest.unwrap_or_default(), problems);
    let segments = settings::segments(spec.segments, &columns, problems);
    let profiles = settings::profiles(&spec.profiles.unwrap_or_default(), problems);
    let learning = settings::learning(&spec.learning.unwrap_or_default(), "spec.learning", problems);
    let retention = settings::retention(&spec.retention.unwrap_or_default(), problems);
    let (name, description, labels) = named?;
    Some(Model {
        name: name?,
        description,
        labels,
        task: spec.task?.value,
        columns,
        undeclared: spec.undeclared.map_or(Undeclared::Infer, |at| at.value),
        check,
        ingest,
        segments,
        profiles,
        learning,
        retention,
        origin: Origin { source: source.to_owned(), columns: positions },
    })
}

type Named = (Option<String>, Option<String>, BTreeMap<String, String>);

fn metadata(text: MetadataText, noun: &str, problems: &mut Problems) -> Named {
    if let Some(at) = &text.name {
        value::name(at, noun, "metadata.name", problems);
    }
    for (key, _) in text.labels.iter().filter(|(key, _)| key.value.is_empty()) {
        let problem = Problem::new("metadata.labels", key.position, "a label in `metadata.labels` has an empty name");
        problems.add(problem.expected("a name such as `team`"));
    }
    let labels = text.labels.into_iter().map(|(key, value)| (key.value, value.value)).collect();
    (text.name.map(|at| at.value), text.description.map(|at| at.value), labels)
}
