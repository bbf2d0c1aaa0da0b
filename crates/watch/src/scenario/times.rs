//! Lengths of time and times in scenarios.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use watchkeeper_spec::{Span, UtcTime};

use crate::time::HOUR;

/// A length of time, µs: `90m`, `3h`, `0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length(pub(super) i64);

/// A time after the start as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At {
    /// After the start, µs.
    pub(super) after: i64,
    /// As written.
    pub(super) text: String,
}

/// Monday, 5 January 2026, 00:00 UTC.
const A_MONDAY: i64 = 1_767_571_200_000_000;

/// When a story begins, µs UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start(i64);

impl Start {
    pub(super) const fn micros(self) -> i64 {
        self.0
    }
}

impl Default for Start {
    fn default() -> Self {
        Self(A_MONDAY)
    }
}

pub(super) const fn an_hour() -> Length {
    Length(HOUR)
}

pub(super) const fn a_minute() -> Length {
    Length(crate::time::MINUTE)
}

/// `0`, or lengths one after another: `1h30m`, `2d 4h`.
fn length(text: &str) -> Result<i64, String> {
    if text == "0" {
        return Ok(0);
    }
    let invalid = || format!("`{text}`; expected a length of time such as `90m`, `3h` or `1h30m`");
    let mut total = 0_i64;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(invalid)?;
        let behind = rest.get(digits..).ok_or_else(invalid)?;
        let word = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (one, next) = rest.split_at_checked(digits + word).ok_or_else(invalid)?;
        let span: Span = one.trim().parse().map_err(|_| invalid())?;
        total = total.checked_add(span.micros()).ok_or_else(invalid)?;
        rest = next;
    }
    Ok(total)
}

/// Numbers stand for their text: `0`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Number(u64),
}

impl Written {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Written::deserialize(deserializer)?.into_text();
        length(&text).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Written::deserialize(deserializer)?.into_text();
        length(&text).map(|after| Self { after, text }).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Start {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<UtcTime>().map(|time| Self(time.micros())).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY, MINUTE};

    #[test]
    fn lengths() {
        assert_eq!((length("0"), length("90m"), length("1h30m")), (Ok(0), Ok(90 * MINUTE), Ok(90 * MINUTE)));
        assert_eq!(length("2d 4h"), Ok(2 * DAY + 4 * HOUR));
        for text in ["h", "3", "3 parsecs", "-1h"] {
            assert!(length(text).unwrap_err().starts_with(&format!("`{text}`; expected")), "{text}");
        }
    }
}
