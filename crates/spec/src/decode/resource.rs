//! A document of any kind: its head decides how the rest is read.

use super::fields::Fields;
use super::{Slot, list, model, scalar, settings, watch};
use crate::problem::{Problem, Problems};
use crate::text::{
    ApiKeySpecText, ApiKeyText, At, BaselineFileText, BaselineRangeText, BaselineSourceText, BaselineSpecText,
    BaselineText, EnvironmentText, ResourceText, TenantText,
};
use crate::word::Word;
use crate::yaml::Node;
use crate::{ResourceKind, Right, show, suggest};

const NAME: &str = "the name of a resource";

/// Reads a document of one of `kinds`. `None` if it is no mapping or of another kind or version: its other fields would
/// then only be noise. A document without a kind is read as the only kind that is allowed.
pub(crate) fn resource(node: &Node, kinds: &[ResourceKind], problems: &mut Problems) -> Option<ResourceText> {
    let root = Slot { path: String::new(), node };
    let words: Vec<&'static str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let mut fields = Fields::open(&root, problems)?;
    let mut versions: Vec<&'static str> = kinds.iter().map(|kind| kind.api_version()).collect();
    versions.dedup();
    let api_version = fields.required("apiVersion", &show::one_of(&versions), one_of(&versions));
    let kind = fields.required("kind", &show::one_of(&words), one_of(&words));
    let found = match (api_version, kind) {
        (Some(None), _) | (_, Some(None)) => return None,
        (_, Some(Some(word))) => ResourceKind::parse(word).ok()?,
        (_, None) => match kinds {
            [only] => *only,
            _ => return None,
        },
    };
    if let Some(Some(version)) = api_version.filter(|version| *version != Some(found.api_version())) {
        let what = format!("`apiVersion` is `{version}` for `kind` `{found}`");
        let problem = fields.problem("apiVersion", what).found(version);
        fields.add(problem.expected(show::one_of(&[found.api_version()])));
        return None;
    }
    let resource = body(found, node, &mut fields);
    fields.finish();
    Some(resource)
}

fn body(kind: ResourceKind, node: &Node, fields: &mut Fields<'_, '_>) -> ResourceText {
    if let Some(watched) = watch::document(kind, node, fields) {
        return watched;
    }
    let metadata = fields.required("metadata", "a mapping with `name`", model::metadata);
    match kind {
        ResourceKind::Model => ResourceText::Model(Box::new(model::body(metadata, fields))),
        ResourceKind::Baseline => {
            let spec = fields.required("spec", "a mapping with `model` and `source`", baseline);
            ResourceText::Baseline(Box::new(BaselineText { metadata, spec, ..BaselineText::default() }))
        }
        ResourceKind::Tenant => ResourceText::Tenant(TenantText { metadata, ..TenantText::default() }),
        ResourceKind::Environment => {
            ResourceText::Environment(EnvironmentText { metadata, ..EnvironmentText::default() })
        }
        ResourceKind::ApiKey => {
            let spec = fields.required("spec", "a mapping with `rights`", api_key);
            ResourceText::ApiKey(ApiKeyText { metadata, spec, ..ApiKeyText::default() })
        }
        // Only the kinds of the watch are left, and they were read above.
        _ => ResourceText::Watched { kind, name: None, resource: None },
    }
}

/// Reads a text that must be one of `wanted`; `Some(None)` if it is another one, which is reported.
fn one_of(wanted: &[&'static str]) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<Option<&'static str>> {
    move |slot, problems| {
        let found = scalar::text(slot, problems)?.value;
        let known = wanted.iter().find(|word| **word == found).copied();
        if known.is_none() {
            let meant = ResourceKind::SYNONYMS.iter().find(|(other, _)| *other == found.to_lowercase());
            let meant = meant.map(|(_, word)| *word).filter(|word| wanted.contains(word));
            let what = format!("unknown `{}` {}", slot.path, show::quoted(&found));
            let problem = Problem::new(slot.path.clone(), slot.node.position, what)
                .suggestion(meant.or_else(|| suggest::nearest(&found, wanted.iter().copied())))
                .expected(show::one_of(wanted));
            problems.add(problem.found(found));
        }
        Some(known)
    }
}

fn baseline(slot: &Slot<'_>, problems: &mut Problems) -> Option<BaselineSpecText> {
    let mut fields = Fields::open(slot, problems)?;
    let spec = BaselineSpecText {
        model: fields.required("model", NAME, scalar::text),
        source: fields.required("source", "a mapping with one of `file`, `range`, `learning`", source),
    };
    fields.finish();
    Some(spec)
}

fn source(slot: &Slot<'_>, problems: &mut Problems) -> Option<BaselineSourceText> {
    let mut fields = Fields::open(slot, problems)?;
    let source = BaselineSourceText {
        position: slot.node.position,
        file: fields.optional("file", file),
        range: fields.optional("range", range),
        learning: fields.optional("learning", settings::learning),
    };
    fields.finish();
    Some(source)
}

fn file(slot: &Slot<'_>, problems: &mut Problems) -> Option<BaselineFileText> {
    let mut fields = Fields::open(slot, problems)?;
    let file = BaselineFileText {
        position: slot.node.position,
        path: fields.optional("path", scalar::text),
        url: fields.optional("url", scalar::text),
    };
    fields.finish();
    Some(file)
}

fn range(slot: &Slot<'_>, problems: &mut Problems) -> Option<BaselineRangeText> {
    let mut fields = Fields::open(slot, problems)?;
    let range = BaselineRangeText {
        from: fields.required("from", crate::utc::TIME_RULE, scalar::text),
        to: fields.required("to", crate::utc::TIME_RULE, scalar::text),
        version: fields.optional("version", scalar::text),
        environment: fields.optional("environment", scalar::text),
    };
    fields.finish();
    Some(range)
}

fn api_key(slot: &Slot<'_>, problems: &mut Problems) -> Option<ApiKeySpecText> {
    let mut fields = Fields::open(slot, problems)?;
    let spec = ApiKeySpecText {
        environment: fields.optional("environment", scalar::text),
        model: fields.optional("model", scalar::text),
        rights: fields.required("rights", &format!("a list of {}", show::one_of(Right::WORDS)), rights),
        expires: fields.optional("expires", scalar::text),
    };
    fields.finish();
    Some(spec)
}

fn rights(slot: &Slot<'_>, problems: &mut Problems) -> Option<Vec<At<Right>>> {
    let expected = format!("a list of {}", show::one_of(Right::WORDS));
    let items = list::items(slot, &expected, problems)?;
    if items.is_empty() {
        let what = format!("`{}` is an empty list", slot.path);
        let problem = Problem::new(slot.path.clone(), slot.node.position, what).found("an empty list");
        problems.add(problem.expected(expected));
        return None;
    }
    Some(items.iter().filter_map(|item| scalar::word(item, problems)).collect())
}
