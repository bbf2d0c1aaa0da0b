//! The other resources: names, exactly one source, times in order, rights once.

use super::{metadata, settings, value};
use crate::problem::{Position, Problem, Problems};
use crate::resource::{
    ApiKey, Baseline, BaselineFile, BaselineRange, BaselineSource, Environment, Metadata, Resource, Tenant,
};
use crate::show;
use crate::text::{
    ApiKeyText, At, BaselineFileText, BaselineRangeText, BaselineSourceText, BaselineText, MetadataText, ResourceText,
};

/// Lints and resolves a document of any kind.
pub(crate) fn resource(text: ResourceText, source: &str, problems: &mut Problems) -> Option<Resource> {
    match text {
        ResourceText::Model(text) => {
            super::model(*text, source, problems).map(|model| Resource::Model(Box::new(model)))
        }
        ResourceText::Baseline(text) => baseline(*text, problems).map(Resource::Baseline),
        ResourceText::Tenant(text) => {
            named(text.metadata, "tenant", problems).map(|metadata| Resource::Tenant(Tenant { metadata }))
        }
        ResourceText::Environment(text) => named(text.metadata, "environment", problems)
            .map(|metadata| Resource::Environment(Environment { metadata })),
        ResourceText::ApiKey(text) => api_key(text, problems).map(Resource::ApiKey),
        ResourceText::Watched { resource, .. } => resource.map(|resource| *resource),
    }
}

pub(crate) fn named(text: Option<MetadataText>, noun: &str, problems: &mut Problems) -> Option<Metadata> {
    let (name, description, labels) = metadata(text?, noun, problems);
    Some(Metadata { name: name?, description, labels })
}

fn baseline(text: BaselineText, problems: &mut Problems) -> Option<Baseline> {
    let metadata = named(text.metadata, "baseline", problems);
    let spec = text.spec?;
    let model = value::other_name(spec.model, "model", "spec.model", problems);
    let source = spec.source.and_then(|source| baseline_source(source, problems));
    Some(Baseline { metadata: metadata?, model: model?, source: source? })
}

fn baseline_source(text: BaselineSourceText, problems: &mut Problems) -> Option<BaselineSource> {
    const PATH: &str = "spec.source";
    match (text.file, text.range, text.learning) {
        (Some(text), None, None) => file(text, problems).map(BaselineSource::File),
        (None, Some(text), None) => range(text, problems).map(BaselineSource::Range),
        (None, None, Some(text)) => {
            Some(BaselineSource::Learning(settings::learning(&text, "spec.source.learning", problems)))
        }
        _ => {
            not_one(PATH, text.position, &["file", "range", "learning"], problems);
            None
        }
    }
}

fn not_one(path: &str, position: Option<Position>, words: &[&str], problems: &mut Problems) {
    let problem = Problem::new(path, position, format!("`{path}` does not hold exactly one of its fields"));
    problems.add(problem.expected(show::one_of(words)));
}

fn file(text: BaselineFileText, problems: &mut Problems) -> Option<BaselineFile> {
    const PATH: &str = "spec.source.file";
    match (text.path, text.url) {
        (Some(at), None) => {
            value::not_empty(&at, &format!("{PATH}.path"), "a file, a folder or a glob", problems);
            Some(BaselineFile::Path(at.value))
        }
        (None, Some(at)) => {
            let scheme = at.value.split_once("://").map_or("", |(scheme, _)| scheme);
            if scheme.is_empty() {
                let (path, found) = (format!("{PATH}.url"), show::quoted(&at.value));
                let problem = Problem::new(path.clone(), at.position, format!("`{path}` is {found}"));
                let problem =
                    problem.found(at.value.as_str()).expected("a URL such as `s3://bucket/reference.parquet`");
                problems.add(problem.hint("a file of the server's machine is a `path`"));
            }
            Some(BaselineFile::Url(at.value))
        }
        _ => {
            not_one(PATH, text.position, &["path", "url"], problems);
            None
        }
    }
}

fn range(text: BaselineRangeText, problems: &mut Problems) -> Option<BaselineRange> {
    const PATH: &str = "spec.source.range";
    let time = |at: &Option<At<String>>, field: &str, problems: &mut Problems| {
        at.as_ref().and_then(|at| value::time(at, &format!("{PATH}.{field}"), problems))
    };
    let (from, to) = (time(&text.from, "from", problems), time(&text.to, "to", problems));
    if let Some(at) = &text.version {
        value::not_empty(at, &format!("{PATH}.version"), "a version of the model", problems);
    }
    let environment = value::other_name(text.environment, "environment", &format!("{PATH}.environment"), problems);
    let (from, to) = (from?, to?);
    if from >= to {
        let what = format!("`from` `{from}` is not before `to` `{to}` in `{PATH}`");
        let position = text.from.and_then(|at| at.position);
        problems.add(Problem::new(format!("{PATH}.from"), position, what).expected("`from` before `to`"));
    }
    Some(BaselineRange { from, to, version: text.version.map(|at| at.value), environment })
}

fn api_key(text: ApiKeyText, problems: &mut Problems) -> Option<ApiKey> {
    let metadata = named(text.metadata, "key", problems);
    let spec = text.spec?;
    let environment = value::other_name(spec.environment, "environment", "spec.environment", problems);
    let model = value::other_name(spec.model, "model", "spec.model", problems);
    let mut rights = Vec::new();
    for at in spec.rights.unwrap_or_default() {
        if rights.contains(&at.value) {
            let what = format!("repeated right `{}` in `spec.rights`", at.value);
            let problem = Problem::new("spec.rights", at.position, what).found(at.value.as_str());
            problems.add(problem.expected("each right once"));
        } else {
            rights.push(at.value);
        }
    }
    // The order does not matter, so two keys with the same rights are equal.
    rights.sort_unstable();
    let expires = spec.expires.and_then(|at| value::time(&at, "spec.expires", problems));
    Some(ApiKey { metadata: metadata?, environment, model, rights, expires })
}
