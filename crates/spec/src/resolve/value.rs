//! Single values that several resources have: names, lengths of time, points in time, numbers in a range.

use crate::name::{NAME_RULE, is_name, name_from};
use crate::problem::{Problem, Problems};
use crate::span::SPAN_RULE;
use crate::text::At;
use crate::utc::TIME_RULE;
use crate::{Span, UtcTime, show};

/// The name at `path`, reported if it does not follow the rule.
pub(crate) fn name(at: &At<String>, noun: &str, path: &str, problems: &mut Problems) {
    if is_name(&at.value) {
        return;
    }
    let problem = Problem::new(path, at.position, format!("invalid {noun} name {}", show::quoted(&at.value)))
        .found(at.value.as_str())
        .suggestion(Some(name_from(&at.value, &noun.replace(' ', "-"))));
    problems.add(problem.expected(NAME_RULE));
}

/// The name of another resource, if it is there.
pub(crate) fn other_name(at: Option<At<String>>, noun: &str, path: &str, problems: &mut Problems) -> Option<String> {
    if let Some(at) = &at {
        name(at, noun, path, problems);
    }
    at.map(|at| at.value)
}

/// A text that may not be empty.
pub(crate) fn not_empty(at: &At<String>, path: &str, expected: &str, problems: &mut Problems) {
    if at.value.is_empty() {
        let problem = Problem::new(path, at.position, format!("`{path}` is empty")).found("an empty text");
        problems.add(problem.expected(expected));
    }
}

/// A length of time between `min` and `max`, or `default`.
pub(crate) fn span(
    at: Option<&At<String>>,
    path: &str,
    (min, max): (Span, Option<Span>),
    default: Span,
    problems: &mut Problems,
) -> Span {
    let Some(At { value, position }) = at else {
        return default;
    };
    let new = |what: String| Problem::new(path, *position, what).found(value.as_str());
    match value.parse::<Span>() {
        Err(_) => {
            problems.add(new(format!("`{path}` is {}", show::quoted(value))).expected(SPAN_RULE));
            default
        }
        Ok(span) if span < min || max.is_some_and(|max| span > max) => {
            let expected = max.map_or_else(|| format!("at least `{min}`"), |max| format!("`{min}` to `{max}`"));
            problems.add(new(format!("`{path}` is {}", show::quoted(value))).expected(expected));
            default
        }
        Ok(span) => span,
    }
}

/// A point in time.
pub(crate) fn time(at: &At<String>, path: &str, problems: &mut Problems) -> Option<UtcTime> {
    let time = at.value.parse().ok();
    if time.is_none() {
        let problem = Problem::new(path, at.position, format!("`{path}` is {}", show::quoted(&at.value)));
        problems.add(problem.found(at.value.as_str()).expected(TIME_RULE));
    }
    time
}

/// A whole number from `min` to `max`, or `default`.
pub(crate) fn whole(
    at: Option<&At<u64>>,
    path: &str,
    (min, max): (u64, u64),
    default: u64,
    problems: &mut Problems,
) -> u64 {
    let Some(At { value, position }) = at else {
        return default;
    };
    if (min..=max).contains(value) {
        return *value;
    }
    let expected = if max == u64::MAX { format!("at least {min}") } else { format!("{min} to {max}") };
    let problem = Problem::new(path, *position, format!("`{path}` is `{value}`")).found(value.to_string());
    problems.add(problem.expected(expected));
    default
}
