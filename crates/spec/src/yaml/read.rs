//! Reading a text within limits.

use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Options, alias_limits, budget, options};

use super::{ALIASED_NODES_MAX, DEPTH_MAX, NODES_MAX, Node, TEXT_BYTES_MAX, Value, refusal};
use crate::problem::{Problem, Problems};

/// Anchors and aliases of a text at most, each.
const ANCHORS_MAX: usize = 10_000;

/// The one document of `text`; `None` when there is nothing in it.
///
/// # Errors
/// What stops the reader: no YAML, more than one document, or a bound that is passed.
pub fn document(text: &str) -> Result<Option<Node>, Box<Problem>> {
    if let Some(problem) = too_large(text) {
        return Err(Box::new(problem));
    }
    let is_blank =
        |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#') || line.trim_end() == "---";
    if text.lines().all(is_blank) {
        return Ok(None);
    }
    let node =
        serde_saphyr::from_str_with_options::<Node>(text, limits()).map_err(|error| Box::new(refusal::of(&error)))?;
    Ok(Some(node).filter(|node| !matches!(node.value, Value::Null)))
}

/// The one document of `text`, or `None` with the reason in `problems`.
pub(crate) fn read(text: &str, problems: &mut Problems) -> Option<Node> {
    let read = document(text).and_then(|node| node.ok_or_else(|| Box::new(refusal::empty())));
    read.map_err(|problem| problems.add(*problem)).ok()
}

/// Every document of `text` that is not empty, at least one, or `None` with the reason in `problems`.
pub(crate) fn read_documents(text: &str, problems: &mut Problems) -> Option<Vec<Node>> {
    if let Some(problem) = too_large(text) {
        problems.add(problem);
        return None;
    }
    match serde_saphyr::from_multiple_with_options::<Node>(text, limits()) {
        Ok(nodes) if nodes.is_empty() => {
            problems.add(refusal::empty());
            None
        }
        Ok(nodes) => Some(nodes),
        Err(error) => {
            problems.add(refusal::of(&error));
            None
        }
    }
}

fn too_large(text: &str) -> Option<Problem> {
    if text.len() <= TEXT_BYTES_MAX {
        return None;
    }
    let what = format!("the text is too large, found {} bytes", text.len());
    let problem = Problem::new("", None, what).found(format!("{} bytes", text.len()));
    Some(problem.expected(format!("at most {TEXT_BYTES_MAX} bytes")))
}

/// Repeated keys and infinite numbers pass: the decoder reports them with their path, next to every other problem.
fn limits() -> Options {
    options! {
        budget: budget! {
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_nodes: NODES_MAX,
            max_events: 4 * NODES_MAX,
            max_anchors: ANCHORS_MAX,
            max_aliases: ANCHORS_MAX,
            max_merge_keys: ANCHORS_MAX,
            max_recorded_anchor_events: NODES_MAX,
            max_recorded_anchor_bytes: 4 * TEXT_BYTES_MAX,
            max_total_scalar_bytes: TEXT_BYTES_MAX,
        },
        alias_limits: alias_limits! {
            max_total_replayed_events: ALIASED_NODES_MAX,
            max_replay_stack_depth: DEPTH_MAX,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        strict_booleans: true,
        reject_unsupported_tags: true,
        emit_comments: false,
        with_snippet: false,
    }
}
