//! Resources from texts with several documents, and from canonical JSON.

use std::collections::BTreeMap;

use super::{Resource, json};
use crate::model::text_of;
use crate::problem::{Position, Problem, Problems, SpecError};
use crate::text::{MetadataText, ResourceText};
use crate::yaml::Node;
use crate::{ResourceKind, decode, resolve, show, yaml};

impl Resource {
    /// Parses, lints and resolves every document of `bytes`, which stand between lines `---`; `source` is the name of
    /// the bytes in messages, usually the file. Empty documents are skipped.
    ///
    /// Limits: those of [`crate::Model::from_yaml`], for all documents together.
    ///
    /// # Errors
    /// Every problem of every document in the order of the text, and a kind and name that stand there twice. Bytes that
    /// are not UTF-8, invalid YAML, a breached limit or no document at all are one problem.
    pub fn from_yaml_documents(bytes: &[u8], source: &str) -> Result<Vec<Self>, SpecError> {
        let mut problems = Problems::new(source);
        let nodes = text_of(bytes, &mut problems).and_then(|text| yaml::read_documents(text, &mut problems));
        let resources = nodes.map(|nodes| documents(&nodes, source, &mut problems));
        problems.into_result(resources)
    }

    /// The resource that [`Resource::to_json`] wrote; `source` is its name in messages.
    ///
    /// # Errors
    /// As for a text, without positions.
    pub fn from_json(text: &str, source: &str) -> Result<Self, SpecError> {
        let mut problems = Problems::new(source);
        let resource = json::read(text, &mut problems).and_then(|node| document(&node, source, &mut problems));
        problems.into_result(resource)
    }
}

fn documents(nodes: &[Node], source: &str, problems: &mut Problems) -> Vec<Resource> {
    let mut first: BTreeMap<(ResourceKind, String), Option<Position>> = BTreeMap::new();
    let mut resources = Vec::with_capacity(nodes.len());
    for node in nodes {
        let Some(text) = decode::resource(node, ResourceKind::ALL, problems) else {
            continue;
        };
        if let Some((kind, name, position)) = identity(&text) {
            if let Some(other) = first.get(&(kind, name.clone())) {
                let line = other.map_or_else(String::new, |at| format!(", first at line {}", at.line));
                let what = format!("repeated {kind} {}{line}", show::quoted(&name));
                problems.add(Problem::new("metadata.name", position, what).found(name).expected("each resource once"));
            } else {
                first.insert((kind, name), position);
            }
        }
        resources.extend(resolve::resource(text, source, problems));
    }
    resources
}

fn document(node: &Node, source: &str, problems: &mut Problems) -> Option<Resource> {
    decode::resource(node, ResourceKind::ALL, problems).and_then(|text| resolve::resource(text, source, problems))
}

fn identity(text: &ResourceText) -> Option<(ResourceKind, String, Option<Position>)> {
    let (kind, metadata): (_, &Option<MetadataText>) = match text {
        ResourceText::Model(text) => (ResourceKind::Model, &text.metadata),
        ResourceText::Baseline(text) => (ResourceKind::Baseline, &text.metadata),
        ResourceText::Tenant(text) => (ResourceKind::Tenant, &text.metadata),
        ResourceText::Environment(text) => (ResourceKind::Environment, &text.metadata),
        ResourceText::ApiKey(text) => (ResourceKind::ApiKey, &text.metadata),
        ResourceText::Watched { kind, name, .. } => {
            return name.as_ref().map(|name| (*kind, name.value.clone(), name.position));
        }
    };
    let name = metadata.as_ref()?.name.as_ref()?;
    Some((kind, name.value.clone(), name.position))
}
