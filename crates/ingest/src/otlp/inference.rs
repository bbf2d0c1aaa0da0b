//! A span or log record that is an inference, as canonical events.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde_json::Value;

use super::attributes::{as_text, json, text};
use super::mapping::{SpanMapping, Target, View};
use super::parts::Parts;
use crate::formats::{Fault, Options};

/// A canonical event and the model that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Inference {
    /// Name of the model, as sent: to be checked against the rule for names.
    pub model: String,
    /// The canonical event.
    pub event: Value,
}

/// What the resource says of all its spans.
#[derive(Debug, Clone, Default)]
pub(super) struct Service<'a> {
    /// All attributes: what is mapped or built in holds for each inference that does not say otherwise.
    attributes: &'a [KeyValue],
    pub(super) name: Option<String>,
    version: Option<String>,
    environment: Option<String>,
}

impl<'a> Service<'a> {
    pub(super) fn of(attributes: &'a [KeyValue]) -> Self {
        Self {
            attributes,
            name: text(attributes, &["service.name"]),
            version: text(attributes, &["service.version"]),
            environment: text(attributes, &["deployment.environment.name", "deployment.environment"]),
        }
    }

    pub(super) fn attribute(&self, key: &str) -> Option<String> {
        text(self.attributes, &[key])
    }

    pub(super) fn version(&self) -> Option<&String> {
        self.version.as_ref()
    }

    pub(super) fn environment(&self) -> Option<&String> {
        self.environment.as_ref()
    }
}

/// What a span or record says outside of its attributes.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    /// Id of the prediction when no attribute has one.
    pub(super) id: String,
    pub(super) ts: Option<String>,
    pub(super) latency_ms: Option<f64>,
    pub(super) trace_id: Option<String>,
}

/// The model of a span or record, whether it is an inference or not: what the resource says holds until the span says
/// otherwise. Which attributes name it is the same for all models.
pub(super) fn model_of<'a>(
    attributes: impl IntoIterator<Item = &'a KeyValue>,
    service: &Service<'a>,
    mapping: &SpanMapping,
) -> Option<String> {
    let view = mapping.of(None);
    let mut named = None;
    // OpenInference's names of the model, the strongest first.
    let (mut is_of_decision, mut by_decision) = (false, [None, None, None]);
    for attribute in service.attributes.iter().chain(attributes) {
        let Some(value) = &attribute.value else { continue };
        is_of_decision |= is_decision(attribute);
        match attribute.key.as_str() {
            "decision.model_name" => by_decision[0] = as_text(&json(value)),
            "decision.response.model_name" => by_decision[1] = as_text(&json(value)),
            "decision.request.model_name" => by_decision[2] = as_text(&json(value)),
            _ => {}
        }
        each(&attribute.key, value, view, &mut |_, target, value| {
            if target == Some(Target::Model) {
                named = as_text(&json(value));
            }
        });
    }
    let by_decision = by_decision.into_iter().flatten().next().filter(|_| is_of_decision);
    named.or(by_decision).or_else(|| mapping.default_model.clone())
}

/// Whether attributes are those of an inference of `model`.
pub(super) fn is_inference<'a>(
    attributes: impl IntoIterator<Item = &'a KeyValue>,
    model: Option<&str>,
    mapping: &SpanMapping,
) -> bool {
    let view = mapping.of(model);
    attributes.into_iter().any(|attribute| {
        let mut found = is_decision(attribute);
        let mut look = |target: Option<&Target>| found |= target.is_some_and(Target::makes_inference);
        match &attribute.value {
            Some(value) => each(&attribute.key, value, view, &mut |_, target, _| look(target.as_ref())),
            None => look(view.target(&attribute.key).as_ref()),
        }
        found
    })
}

/// Calls `visit` with an attribute, or with the members of one that is an object and that the mapping leads into. Depth is
/// bounded by the decoders and by the names that are mapped.
fn each<'a>(
    name: &str,
    value: &'a AnyValue,
    view: View<'_>,
    visit: &mut dyn FnMut(&str, Option<Target>, &'a AnyValue),
) {
    let target = view.target(name);
    match &value.value {
        Some(Any::KvlistValue(list)) if target.is_none() && view.leads_into(name) => {
            for entry in &list.values {
                if let Some(value) = &entry.value {
                    each(&format!("{name}.{}", entry.key), value, view, visit);
                }
            }
        }
        _ => visit(name, target, value),
    }
}

fn is_decision(attribute: &KeyValue) -> bool {
    attribute.key == "openinference.span.kind"
        && attribute.value.as_ref().map(json).is_some_and(|kind| kind.as_str() == Some("DECISION"))
}

/// The events of an inference of `model`: one, or one a row when OpenInference's input has several.
pub(super) fn read<'a>(
    attributes: impl IntoIterator<Item = &'a KeyValue>,
    model: Option<String>,
    service: &Service<'a>,
    frame: Frame,
    mapping: &SpanMapping,
    options: &Options,
) -> Result<Vec<Inference>, Fault> {
    let model = model.ok_or_else(|| Fault::missing("ml.model.name", "the name of the model"))?;
    let view = mapping.of(Some(&model));
    let mut parts = Parts::default();
    let mut fault = None;
    // What the span says comes last and holds.
    for attribute in service.attributes.iter().chain(attributes) {
        let Some(value) = &attribute.value else {
            continue;
        };
        parts.decision |= is_decision(attribute);
        each(&attribute.key, value, view, &mut |name, target, value| match target {
            Some(target) => {
                if let Err(refused) = parts.put(name, target, json(value)) {
                    fault.get_or_insert(refused);
                }
            }
            None => parts.open_inference(name, || json(value)),
        });
    }
    if let Some(fault) = fault {
        return Err(fault);
    }
    let call = parts.into_call(service, frame, options)?;
    let events = call.into_events(options)?;
    Ok(events.into_iter().map(|event| Inference { model: model.clone(), event }).collect())
}
