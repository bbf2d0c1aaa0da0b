//! Single values: text, numbers, booleans, words.

use super::Slot;
use crate::problem::{Problem, Problems};
use crate::show;
use crate::text::At;
use crate::word::{UnknownWord, Word};
use crate::yaml::Value;

/// The problem of a value that has another type than `expected`.
pub(super) fn mismatch(slot: &Slot<'_>, expected: &str) -> Problem {
    let found = slot.node.describe();
    let field = if slot.path.is_empty() { "the document".to_owned() } else { format!("`{}`", slot.path) };
    Problem::new(slot.path.clone(), slot.node.position, format!("{field} is {found}")).found(found).expected(expected)
}

/// Any text. A number or boolean is not taken for text: what it reads as depends on its spelling.
pub(super) fn text(slot: &Slot<'_>, problems: &mut Problems) -> Option<At<String>> {
    match &slot.node.value {
        Value::Text(text) => Some(At { value: text.clone(), position: slot.node.position }),
        Value::Boolean(_) | Value::Whole(_) | Value::Number(_) => {
            problems.add(mismatch(slot, "text").hint("put it in quotes"));
            None
        }
        _ => {
            problems.add(mismatch(slot, "text"));
            None
        }
    }
}

/// A finite number.
pub(super) fn number(slot: &Slot<'_>, problems: &mut Problems) -> Option<At<f64>> {
    let value = match &slot.node.value {
        Value::Whole(value) => *value as f64,
        Value::Number(value) if value.is_finite() => *value,
        Value::Number(_) => {
            problems.add(mismatch(slot, "a finite number"));
            return None;
        }
        Value::Text(text) if text.trim().parse::<f64>().is_ok() => {
            problems.add(mismatch(slot, "a number").hint("remove the quotes"));
            return None;
        }
        _ => {
            problems.add(mismatch(slot, "a number"));
            return None;
        }
    };
    Some(At { value, position: slot.node.position })
}

/// A whole number from 0.
pub(super) fn whole(slot: &Slot<'_>, problems: &mut Problems) -> Option<At<u64>> {
    /// Every whole number up to this is exact as a number with a point.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    let value = match &slot.node.value {
        Value::Whole(value) => *value,
        // `1e5` is a whole number that YAML reads as one with a point.
        Value::Number(value) if value.fract() == 0.0 && (0.0..=EXACT_MAX).contains(value) => *value as u64,
        _ => {
            problems.add(mismatch(slot, "a whole number from 0"));
            return None;
        }
    };
    Some(At { value, position: slot.node.position })
}

/// `true` or `false`; no other spelling.
pub(super) fn boolean(slot: &Slot<'_>, problems: &mut Problems) -> Option<At<bool>> {
    if let Value::Boolean(value) = slot.node.value {
        return Some(At { value, position: slot.node.position });
    }
    let meant = match &slot.node.value {
        Value::Text(text) => match text.to_ascii_lowercase().as_str() {
            "yes" | "y" | "on" | "true" => Some("true"),
            "no" | "n" | "off" | "false" => Some("false"),
            _ => None,
        },
        _ => None,
    };
    problems.add(mismatch(slot, "`true` or `false` without quotes").suggestion(meant));
    None
}

/// One of the words of `W`.
pub(super) fn word<W: Word>(slot: &Slot<'_>, problems: &mut Problems) -> Option<At<W>> {
    let Value::Text(text) = &slot.node.value else {
        problems.add(mismatch(slot, &show::one_of(W::WORDS)));
        return None;
    };
    match W::parse(text) {
        Ok(value) => Some(At { value, position: slot.node.position }),
        Err(unknown) => {
            let place = format!("at `{}`", slot.path);
            problems.add(unknown_word(&unknown, slot, &place));
            None
        }
    }
}

/// The problem of a word that is not known.
pub(super) fn unknown_word(unknown: &UnknownWord, slot: &Slot<'_>, place: &str) -> Problem {
    let what = format!("unknown {} {} {place}", unknown.noun, show::quoted(&unknown.found));
    Problem::new(slot.path.clone(), slot.node.position, what)
        .found(unknown.found.clone())
        .suggestion(unknown.suggestion)
        .expected(show::one_of(unknown.expected))
}
