//! Which values a column takes, and as what they are stored.

use std::borrow::Cow;

use super::{Context, text, time};
use crate::{ColumnType, NAME_RULE, RejectCode, is_name};

/// A value as it came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'t> {
    Bool(bool),
    Int(i64),
    /// Digits of an integer beyond 64 bits.
    Big(&'t str),
    Float(f64),
    Text(&'t str),
    /// Microseconds since 1970, UTC.
    Time(i64),
    /// Text of an array or object.
    Json(&'t str),
}

/// A value as it is stored.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'t> {
    Number(f64),
    Boolean(bool),
    Text(Cow<'t, str>),
    Time(i64),
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Identity of the row: a text that is not empty, or a number as text.
    Id,
    /// A time within the bounds of the limits.
    EventTime,
    /// A text; numbers and booleans become one.
    Label,
    /// A text by the rule of names.
    Name,
    /// The kind of a change.
    ChangeKind,
    /// Any value, as JSON text.
    Json,
    /// A number.
    Number,
    /// A number that is neither infinite nor NaN.
    FiniteNumber,
    /// What the shape says, or the type of the first value.
    Open,
}

impl Role {
    /// How the column is stored, when the role alone says so.
    pub(super) const fn kind(self) -> Option<ColumnType> {
        match self {
            Self::Id | Self::Label | Self::Name | Self::ChangeKind | Self::Json => Some(ColumnType::Text),
            Self::EventTime => Some(ColumnType::Time),
            Self::Number | Self::FiniteNumber => Some(ColumnType::Number),
            Self::Open => None,
        }
    }
}

/// The words of `kind`.
const CHANGE_KINDS: [&str; 5] = ["deploy", "baseline", "config", "pipeline_run", "other"];

/// Why a value is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) expected: Cow<'static, str>,
    pub(super) code: RejectCode,
}

impl Problem {
    pub(super) fn new(code: RejectCode, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { expected: expected.into(), code }
    }

    fn wrong_type(expected: &'static str) -> Self {
        Self::new(RejectCode::WrongType, expected)
    }
}

/// Bounds of values, computed once a request.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    pub(super) earliest_us: i64,
    pub(super) latest_us: i64,
    pub(super) string_bytes: usize,
    past_seconds: i64,
    future_seconds: i64,
}

impl Bounds {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let limits = context.limits;
        let micros = |seconds: i64| seconds.saturating_mul(1_000_000);
        Self {
            earliest_us: context.now_us.saturating_sub(micros(limits.past_seconds)),
            latest_us: context.now_us.saturating_add(micros(limits.future_seconds)),
            string_bytes: limits.string_bytes,
            past_seconds: limits.past_seconds,
            future_seconds: limits.future_seconds,
        }
    }

    pub(super) const fn has_time(&self, micros: i64) -> bool {
        self.earliest_us <= micros && micros <= self.latest_us
    }

    fn time_problem(&self) -> Problem {
        let days = |seconds: i64| seconds / 86_400;
        Problem::new(
            RejectCode::OutOfBounds,
            format!("a time from {} days ago to {} days ahead", days(self.past_seconds), days(self.future_seconds)),
        )
    }
}

/// The type of a column whose first value is `cell`.
pub(super) const fn kind_of(cell: &Cell<'_>) -> ColumnType {
    match cell {
        Cell::Bool(_) => ColumnType::Boolean,
        Cell::Int(_) | Cell::Big(_) | Cell::Float(_) => ColumnType::Number,
        Cell::Text(_) | Cell::Json(_) => ColumnType::Text,
        Cell::Time(_) => ColumnType::Time,
    }
}

/// What a column of `role` stored as `kind` makes of a value.
#[inline]
pub(super) fn take<'t>(cell: Cell<'t>, role: Role, kind: ColumnType, bounds: &Bounds) -> Result<Value<'t>, Problem> {
    match kind {
        ColumnType::Number => match cell {
            Cell::Float(number) if role != Role::FiniteNumber || number.is_finite() => Ok(Value::Number(number)),
            _ => as_number(cell).map(Value::Number),
        },
        ColumnType::Boolean => match cell {
            Cell::Bool(value) => Ok(Value::Boolean(value)),
            _ => Err(Problem::wrong_type(kind.as_expected())),
        },
        ColumnType::Text => as_text(cell, role, bounds).map(Value::Text),
        ColumnType::Time => {
            let micros = as_time(cell)?;
            if role == Role::EventTime && !bounds.has_time(micros) {
                return Err(bounds.time_problem());
            }
            Ok(Value::Time(micros))
        }
    }
}

fn as_number(cell: Cell<'_>) -> Result<f64, Problem> {
    let inexact = || Problem::new(RejectCode::OutOfBounds, "an integer that a double holds exactly, or a float");
    match cell {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "the way back is compared")]
        Cell::Int(integer) => {
            let number = integer as f64;
            // i64::MAX as a double is 2^63, which the cast back would cut to i64::MAX again.
            if number as i128 == i128::from(integer) { Ok(number) } else { Err(inexact()) }
        }
        Cell::Big(digits) => {
            digits.parse::<f64>().ok().filter(|number| format!("{number:.0}") == digits).ok_or_else(inexact)
        }
        Cell::Float(_) => Err(Problem::new(RejectCode::OutOfBounds, "a finite number")),
        _ => Err(Problem::wrong_type(ColumnType::Number.as_expected())),
    }
}

fn as_time(cell: Cell<'_>) -> Result<i64, Problem> {
    let out_of_range = || Problem::new(RejectCode::OutOfBounds, "a time that microseconds in 64 bits hold");
    match cell {
        Cell::Time(micros) => Ok(micros),
        Cell::Int(epoch) => time::from_integer(epoch).ok_or_else(out_of_range),
        Cell::Float(epoch) => time::from_float(epoch).ok_or_else(out_of_range),
        Cell::Big(_) => Err(out_of_range()),
        Cell::Text(text) => time::from_text(text)
            .ok_or_else(|| Problem::wrong_type("a time: RFC 3339 with its offset, or epoch seconds")),
        Cell::Bool(_) | Cell::Json(_) => Err(Problem::wrong_type(ColumnType::Time.as_expected())),
    }
}

fn as_text<'t>(cell: Cell<'t>, role: Role, bounds: &Bounds) -> Result<Cow<'t, str>, Problem> {
    let text = match cell {
        Cell::Text(text) if role == Role::Json => json_of(text),
        Cell::Text(text) => Cow::Borrowed(text),
        Cell::Big(digits) => Cow::Borrowed(digits),
        Cell::Int(integer) => Cow::Owned(integer.to_string()),
        Cell::Float(number) => {
            let mut out = String::new();
            text::push_float(&mut out, number);
            Cow::Owned(out)
        }
        Cell::Bool(value) if role != Role::Id => Cow::Borrowed(if value { "true" } else { "false" }),
        Cell::Json(text) if matches!(role, Role::Open | Role::Json) => Cow::Borrowed(text),
        Cell::Bool(_) | Cell::Json(_) | Cell::Time(_) => return Err(Problem::wrong_type(expected_text(role))),
    };
    if text.len() > bounds.string_bytes {
        return Err(Problem::new(RejectCode::TooLarge, format!("at most {} bytes of text", bounds.string_bytes)));
    }
    check_text(&text, role)?;
    Ok(text)
}

/// Whether a text is one for `role`, beyond its type and size.
pub(super) fn check_text(text: &str, role: Role) -> Result<(), Problem> {
    match role {
        Role::Id if text.is_empty() => Err(Problem::new(RejectCode::Missing, "an id that is not empty")),
        Role::Name if !is_name(text) => Err(Problem::new(RejectCode::UnknownValue, NAME_RULE)),
        Role::ChangeKind if !CHANGE_KINDS.contains(&text) => {
            Err(Problem::new(RejectCode::UnknownValue, format!("one of {}", CHANGE_KINDS.join(", "))))
        }
        _ => Ok(()),
    }
}

const fn expected_text(role: Role) -> &'static str {
    match role {
        Role::Id => "an id: a text or a number",
        _ => ColumnType::Text.as_expected(),
    }
}

/// A text that is JSON already is kept, another one becomes a JSON string: both are what a table of changes holds.
fn json_of(text: &str) -> Cow<'_, str> {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    text::push_json_string(&mut out, text);
    Cow::Owned(out)
}
