//! How events come in and how long they and their profiles are kept.

use std::collections::BTreeMap;

use super::value;
use crate::problem::{Problem, Problems};
use crate::settings::{
    EventMapping, IngestSettings, LearningSettings, ProfileSettings, RetentionSettings, SEGMENTS_MAX,
};
use crate::text::{At, IngestText, LearningText, MappingText, ProfilesText, RetentionText};
use crate::{Column, Kind, Privacy, Span, show};

pub(super) fn ingest(text: IngestText, problems: &mut Problems) -> IngestSettings {
    IngestSettings { mapping: mapping(text.mapping.unwrap_or_default(), problems) }
}

fn mapping(text: MappingText, problems: &mut Problems) -> EventMapping {
    const PATH: &str = "spec.ingest.mapping";
    EventMapping {
        fields: paths(text.fields, &format!("{PATH}.fields"), problems),
        columns: paths(text.columns, &format!("{PATH}.columns"), problems),
        segments: paths(text.segments, &format!("{PATH}.segments"), problems),
    }
}

fn paths(entries: Vec<(At<String>, At<String>)>, path: &str, problems: &mut Problems) -> BTreeMap<String, String> {
    for (name, target) in &entries {
        value::not_empty(name, path, "a name such as `amount`", problems);
        if target.value.split('.').any(|part| part.trim().is_empty()) {
            let what = format!("`{path}` maps {} to {}", show::quoted(&name.value), show::quoted(&target.value));
            let problem = Problem::new(path, target.position, what).found(target.value.as_str());
            problems.add(problem.expected("a dotted path without empty parts, such as `request.inputs`"));
        }
    }
    entries.into_iter().map(|(name, target)| (name.value, target.value)).collect()
}

/// Segments: at most four, each once, none of a kind whose values do not split rows into groups.
pub(super) fn segments(list: Vec<At<String>>, columns: &[Column], problems: &mut Problems) -> Vec<String> {
    const PATH: &str = "spec.segments";
    if let Some(first) = list.get(SEGMENTS_MAX) {
        let what = format!("`{PATH}` has {} names", list.len());
        let problem = Problem::new(PATH, first.position, what).found(format!("{} names", list.len()));
        problems.add(problem.expected(format!("at most {SEGMENTS_MAX}: their combinations multiply the profiles")));
    }
    let mut names: Vec<String> = Vec::new();
    for at in list {
        value::not_empty(&at, PATH, "the name of a column or segment tag", problems);
        if names.contains(&at.value) {
            let what = format!("repeated segment {} in `{PATH}`", show::quoted(&at.value));
            let problem = Problem::new(PATH, at.position, what).found(at.value.as_str());
            problems.add(problem.expected("each segment once"));
            continue;
        }
        if let Some(column) = columns.iter().find(|column| column.name == at.value) {
            splits(column, &at, PATH, problems);
        }
        names.push(at.value);
    }
    names
}

fn splits(column: &Column, at: &At<String>, path: &str, problems: &mut Problems) {
    let name = show::quoted(&column.name);
    if let Some(kind @ (Kind::Numeric | Kind::Timestamp | Kind::Text)) = column.kind {
        let problem = Problem::new(path, at.position, format!("segment {name} is a column of type `{kind}`"));
        problems.add(problem.found(kind.as_str()).expected("a column of type `categorical` or `boolean`"));
    }
    if matches!(column.privacy, Some(Privacy::Drop | Privacy::ProfileOnly)) {
        let problem =
            Problem::new(path, at.position, format!("segment {name} is a column whose values are not stored"));
        problems.add(problem.expected("a column with another `privacy`").hint("`hash` keeps the groups apart"));
    }
}

pub(super) fn profiles(text: &ProfilesText, problems: &mut Problems) -> ProfileSettings {
    let default = ProfileSettings::default();
    let path = |field: &str| format!("spec.profiles.{field}");
    let (minute, hour) = (Span::minutes(1), Span::hours(1));
    let span = |at: &Option<At<String>>, field: &str, limits, default, problems: &mut Problems| {
        value::span(at.as_ref(), &path(field), limits, default, problems)
    };
    let settings = ProfileSettings {
        bucket: span(&text.bucket, "bucket", (minute, Some(hour)), default.bucket, problems),
        keep_buckets: span(&text.keep_buckets, "keep_buckets", (hour, None), default.keep_buckets, problems),
        hour: span(&text.hour, "hour", (hour, None), default.hour, problems),
        day: span(&text.day, "day", (Span::days(1), None), default.day, problems),
    };
    if let Some(at) = &text.bucket
        && !hour.seconds().is_multiple_of(settings.bucket.seconds().max(1))
    {
        let what = format!("`{}` is {}", path("bucket"), show::quoted(&at.value));
        let problem = Problem::new(path("bucket"), at.position, what).found(at.value.as_str());
        problems.add(problem.expected("a whole part of an hour, such as `5m`, `15m` or `1h`"));
    }
    for (shorter, field, other, longer, at) in [
        (
            settings.keep_buckets,
            "hour",
            "keep_buckets",
            settings.hour,
            text.hour.as_ref().or(text.keep_buckets.as_ref()),
        ),
        (settings.hour, "day", "hour", settings.day, text.day.as_ref().or(text.hour.as_ref())),
    ] {
        if longer < shorter {
            let what = format!("`{}` `{longer}` is below `{other}` `{shorter}`", path(field));
            let problem = Problem::new(path(field), at.and_then(|at| at.position), what).found(longer.to_string());
            problems.add(problem.expected(format!("at least `{shorter}`")));
        }
    }
    settings
}

/// Limits of `learning`, in a model and in a baseline.
pub(super) fn learning(text: &LearningText, path: &str, problems: &mut Problems) -> LearningSettings {
    /// A leap year.
    const HOURS_MAX: u64 = 8784;
    let default = LearningSettings::default();
    let (hours, rows) = (format!("{path}.hours"), format!("{path}.rows"));
    LearningSettings {
        hours: value::whole(text.hours.as_ref(), &hours, (1, HOURS_MAX), default.hours, problems),
        rows: value::whole(text.rows.as_ref(), &rows, (1, u64::MAX), default.rows, problems),
    }
}

pub(super) fn retention(text: &RetentionText, problems: &mut Problems) -> RetentionSettings {
    let default = RetentionSettings::default();
    let limits = (Span::days(1), None);
    let events = value::span(text.events.as_ref(), "spec.retention.events", limits, default.events, problems);
    RetentionSettings { events }
}
