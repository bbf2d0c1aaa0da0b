//! Readers of single values with their limits.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::decode::{Slot, fields, list, scalar};
use crate::problem::{Problem, Problems};
use crate::resolve::value;
use crate::word::Word;
use crate::yaml::{Node, Value};
use crate::{InvalidMatcher, Matcher, Measure, Span, TextOrSecret, UtcTime, show, yaml};

/// Items of a list at most, where nothing else is said.
const ITEMS_MAX: usize = 10_000;

/// One of the words of `W`.
pub(crate) fn word<W: Word>(slot: &Slot<'_>, problems: &mut Problems) -> Option<W> {
    scalar::word(slot, problems).map(|at| at.value)
}

/// Any text.
pub(crate) fn text(slot: &Slot<'_>, problems: &mut Problems) -> Option<String> {
    scalar::text(slot, problems).map(|at| at.value)
}

/// `true` or `false`.
pub(crate) fn boolean(slot: &Slot<'_>, problems: &mut Problems) -> Option<bool> {
    scalar::boolean(slot, problems).map(|at| at.value)
}

/// A text that is not empty.
pub(crate) fn filled(expected: &'static str) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<String> {
    move |slot, problems| {
        let at = scalar::text(slot, problems)?;
        value::not_empty(&at, &slot.path, expected, problems);
        Some(at.value)
    }
}

/// The name of another resource.
pub(crate) fn name(noun: &'static str) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<String> {
    move |slot, problems| {
        let at = scalar::text(slot, problems)?;
        value::name(&at, noun, &slot.path, problems);
        Some(at.value)
    }
}

/// A length of time between two others.
pub(crate) fn span(min: Span, max: Span) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<Span> {
    move |slot, problems| {
        let at = scalar::text(slot, problems)?;
        Some(value::span(Some(&at), &slot.path, (min, Some(max)), min, problems))
    }
}

/// A point in time.
pub(crate) fn time(slot: &Slot<'_>, problems: &mut Problems) -> Option<UtcTime> {
    let at = scalar::text(slot, problems)?;
    value::time(&at, &slot.path, problems)
}

/// A whole number between two others.
pub(crate) fn whole(min: u64, max: u64) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<u64> {
    move |slot, problems| {
        let at = scalar::whole(slot, problems)?;
        Some(value::whole(Some(&at), &slot.path, (min, max), min, problems))
    }
}

/// A whole number between two others, as a small one.
pub(crate) fn small(min: u32, max: u32) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<u32> {
    move |slot, problems| whole(min.into(), max.into())(slot, problems).and_then(|number| u32::try_from(number).ok())
}

/// A finite number for which `fits` holds, which `expected` says in words.
pub(crate) fn number(
    fits: impl Fn(f64) -> bool,
    expected: &'static str,
) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<f64> {
    move |slot, problems| {
        let at = scalar::number(slot, problems)?;
        if !fits(at.value) {
            let found = yaml::number(at.value);
            let what = format!("`{}` is `{found}`", slot.path);
            problems.add(Problem::new(slot.path.clone(), at.position, what).found(found).expected(expected));
        }
        // Adding zero turns -0.0 into 0.0: both are equal, so both are written the same.
        Some(at.value + 0.0)
    }
}

/// A text that parses; `expected` says what as.
pub(crate) fn parsed<T: FromStr>(expected: &'static str) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<T> {
    move |slot, problems| {
        let at = scalar::text(slot, problems)?;
        let parsed = at.value.parse().ok();
        if parsed.is_none() {
            let what = format!("`{}` is {}", slot.path, show::quoted(&at.value));
            problems.add(Problem::new(slot.path.clone(), at.position, what).found(at.value).expected(expected));
        }
        parsed
    }
}

/// As [`parsed`], without the text in the message: it may be a secret.
pub(crate) fn hidden<T>(
    parse: impl Fn(&str) -> Option<T>,
    expected: &'static str,
) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<T> {
    move |slot, problems| {
        let at = scalar::text(slot, problems)?;
        let parsed = parse(&at.value);
        if parsed.is_none() {
            let what = format!("`{}` is something else", slot.path);
            problems.add(Problem::new(slot.path.clone(), at.position, what).expected(expected));
        }
        parsed
    }
}

/// A text, or a reference to a secret.
pub(crate) fn text_or_secret(slot: &Slot<'_>, problems: &mut Problems) -> Option<TextOrSecret> {
    hidden(|text| TextOrSecret::parse(text).ok(), "a text, or a reference to a secret, `env:NAME` or `file:PATH`")(
        slot, problems,
    )
}

/// What is measured.
pub(crate) fn measure(slot: &Slot<'_>, problems: &mut Problems) -> Option<Measure> {
    let at = scalar::text(slot, problems)?;
    match at.value.parse() {
        Ok(measure) => Some(measure),
        Err(unknown) => {
            problems.add(scalar::unknown_word(&unknown, slot, &format!("at `{}`", slot.path)));
            None
        }
    }
}

/// A condition on a label.
pub(crate) fn matcher(slot: &Slot<'_>, problems: &mut Problems) -> Option<Matcher> {
    let at = scalar::text(slot, problems)?;
    match at.value.parse() {
        Ok(matcher) => Some(matcher),
        Err(InvalidMatcher::Label(unknown)) => {
            problems.add(scalar::unknown_word(&unknown, slot, &format!("at `{}`", slot.path)));
            None
        }
        Err(error) => {
            let what = error.to_string();
            let (what, expected) = what.split_once("; expected ").unwrap_or((&what, crate::matcher::MATCHER_RULE));
            let problem = Problem::new(slot.path.clone(), at.position, format!("{what} at `{}`", slot.path));
            problems.add(problem.found(at.value).expected(expected));
            None
        }
    }
}

/// A list, each item read by `read`, each once. `min`: how many there must be.
pub(crate) fn list<T: PartialEq>(
    read: impl Fn(&Slot<'_>, &mut Problems) -> Option<T>,
    (min, max): (usize, usize),
    expected: &'static str,
) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<Vec<T>> {
    move |slot, problems| {
        let slots = list::items(slot, expected, problems)?;
        if slots.len() < min || slots.len() > max.min(ITEMS_MAX) {
            let what = format!("`{}` has {} items", slot.path, slots.len());
            let problem = Problem::new(slot.path.clone(), slot.node.position, what);
            problems.add(problem.found(format!("{} items", slots.len())).expected(expected));
            return None;
        }
        let mut items: Vec<T> = Vec::with_capacity(slots.len());
        for slot in &slots {
            let Some(item) = read(slot, problems) else { continue };
            // Looking through all of them is quick enough for lists that people write.
            if slots.len() <= 1_000 && items.contains(&item) {
                let what = format!("`{}` repeats an item", slot.path);
                problems.add(Problem::new(slot.path.clone(), slot.node.position, what).expected("each item once"));
            } else {
                items.push(item);
            }
        }
        Some(items)
    }
}

/// Conditions on labels, at least `min`.
pub(crate) fn matchers(min: usize) -> impl Fn(&Slot<'_>, &mut Problems) -> Option<Vec<Matcher>> {
    list(
        matcher,
        (min, 100),
        if min == 0 { "a list of matchers" } else { "a list of at least one matcher, such as `[model = credit-risk]`" },
    )
}

/// A mapping from names to texts.
pub(crate) fn texts_by_name(slot: &Slot<'_>, problems: &mut Problems) -> Option<BTreeMap<String, String>> {
    by_name(slot, text, problems)
}

/// A mapping from names that are not empty to values.
pub(crate) fn by_name<T>(
    slot: &Slot<'_>,
    read: impl Fn(&Slot<'_>, &mut Problems) -> Option<T>,
    problems: &mut Problems,
) -> Option<BTreeMap<String, T>> {
    let mut map = BTreeMap::new();
    for entry in fields::entries(slot, problems)? {
        let item = Slot { path: fields::join(&slot.path, entry.key), node: entry.value };
        if entry.key.is_empty() {
            let what = format!("a name in `{}` is empty", slot.path);
            problems.add(Problem::new(slot.path.clone(), entry.key_position, what).expected("a name"));
        }
        map.extend(read(&item, problems).map(|value| (entry.key.to_owned(), value)));
    }
    Some(map)
}

/// Any value, as it was written.
pub(crate) fn verbatim(slot: &Slot<'_>, problems: &mut Problems) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    Some(match &slot.node.value {
        Value::Null => Json::Null,
        Value::Boolean(value) => Json::Bool(*value),
        Value::Whole(value) => Json::from(*value),
        Value::Number(value) if value.is_finite() => Json::from(*value + 0.0),
        Value::Number(_) => {
            problems.add(scalar::mismatch(slot, "a finite number"));
            return None;
        }
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => {
            let item = |(index, node): (usize, &Node)| {
                verbatim(&Slot { path: format!("{}[{index}]", slot.path), node }, problems)
            };
            Json::Array(items.iter().enumerate().filter_map(item).collect())
        }
        Value::Mapping(_) => {
            let mut object = serde_json::Map::new();
            for entry in fields::entries(slot, problems)? {
                let item = Slot { path: fields::join(&slot.path, entry.key), node: entry.value };
                object.extend(verbatim(&item, problems).map(|value| (entry.key.to_owned(), value)));
            }
            Json::Object(object)
        }
    })
}
