//! Lengths of time of OpenSLO: a whole number and one of `m h d w M Q Y`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::Span;

/// What a message says is expected.
pub(crate) const DURATION_RULE: &str = "a length of time such as `5m`, `12h`, `28d`, `4w`, `1M`, `1Q`, `1Y` (minutes, hours, days, weeks, months, quarters, years)";

/// The unit of a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DurationUnit {
    /// `m`.
    Minute,
    /// `h`.
    Hour,
    /// `d`: 24 hours.
    Day,
    /// `w`: 7 days.
    Week,
    /// `M`: a calendar month; a twelfth of 365.25 days where there is no calendar.
    Month,
    /// `Q`: three months.
    Quarter,
    /// `Y`: twelve months.
    Year,
}

impl DurationUnit {
    const ALL: [(Self, char); 7] = [
        (Self::Minute, 'm'),
        (Self::Hour, 'h'),
        (Self::Day, 'd'),
        (Self::Week, 'w'),
        (Self::Month, 'M'),
        (Self::Quarter, 'Q'),
        (Self::Year, 'Y'),
    ];

    /// Its length; that of months and longer is the mean one.
    const fn span(self) -> Span {
        match self {
            Self::Minute => Span::minutes(1),
            Self::Hour => Span::hours(1),
            Self::Day => Span::days(1),
            Self::Week => Span::days(7),
            Self::Month => Span::months(1),
            Self::Quarter => Span::months(3),
            Self::Year => Span::months(12),
        }
    }
}

/// A length of time as OpenSLO writes it, kept in its own unit: a month is a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SloDuration {
    count: u32,
    unit: DurationUnit,
}

/// A text that is no such length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid length of time {}; expected {DURATION_RULE}", crate::show::quoted(.0))]
pub struct InvalidSloDuration(String);

impl SloDuration {
    /// How many units: 0 to 1,000,000.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }

    /// The unit.
    #[must_use]
    pub const fn unit(self) -> DurationUnit {
        self.unit
    }

    /// The length; a month is a twelfth of 365.25 days.
    #[must_use]
    pub const fn span(self) -> Span {
        Span::from_seconds(self.unit.span().seconds() * self.count as u64)
    }
}

impl FromStr for SloDuration {
    type Err = InvalidSloDuration;

    fn from_str(text: &str) -> Result<Self, InvalidSloDuration> {
        const COUNT_MAX: u32 = 1_000_000;
        let read = || {
            let (count, sign) = text.split_at_checked(text.len().checked_sub(1)?)?;
            let (unit, _) = DurationUnit::ALL.into_iter().find(|(_, other)| sign.starts_with(*other))?;
            let is_plain = count.bytes().all(|byte| byte.is_ascii_digit()) && (count == "0" || !count.starts_with('0'));
            let count = count.parse().ok().filter(|count| is_plain && *count <= COUNT_MAX)?;
            Some(Self { count, unit })
        };
        read().ok_or_else(|| InvalidSloDuration(text.to_owned()))
    }
}

impl fmt::Display for SloDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = DurationUnit::ALL.into_iter().find(|(unit, _)| *unit == self.unit).map_or('m', |(_, sign)| sign);
        write!(formatter, "{}{sign}", self.count)
    }
}

impl Serialize for SloDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for SloDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(0|[1-9][0-9]*)[mhdwMQY]$" })
    }
}

#[cfg(test)]
mod tests {
    use super::SloDuration;

    #[test]
    fn reads_and_writes() {
        for (text, seconds) in [
            ("0m", 0),
            ("5m", 300),
            ("12h", 43_200),
            ("365d", 31_536_000),
            ("4w", 2_419_200),
            ("1M", 2_629_800),
            ("1Q", 7_889_400),
            ("1Y", 31_557_600),
        ] {
            let duration: SloDuration = text.parse().unwrap();
            assert_eq!((duration.to_string().as_str(), duration.span().seconds()), (text, seconds));
        }
        for text in
            ["", "m", "5", "5s", "1.5h", "-1h", "+1h", "01h", "5 m", "5min", "1000001m", "5é", "1y", "9999999999m"]
        {
            assert!(text.parse::<SloDuration>().is_err(), "{text}");
        }
    }
}
