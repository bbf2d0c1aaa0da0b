//! Recurring times: the five fields of cron.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// What a message says is expected.
pub(crate) const CRON_RULE: &str =
    "five fields `minute hour day-of-month month day-of-week`, such as `0 2 * * sun` or `*/15 9-17 * * 1-5`";

/// Minutes at which something begins: `minute hour day-of-month month day-of-week`.
///
/// A field is `*`, a number, a range `a-b`, a list `a,b`, each with a step `/n`; months and days of the week may be
/// three letters; Sunday is 0 or 7. As in cron, if both days are restricted (neither begins with `*`), one of them is
/// enough. Macros such as `@daily` are not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    either_day: bool,
}

/// A text that is no recurring time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid recurring time {}; expected {CRON_RULE}", crate::show::quoted(.0))]
pub struct InvalidCron(String);

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Cron {
    /// The text, fields apart by one blank.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it begins at this minute of local time: `minute` 0-59, `hour` 0-23, `day` 1-31, `month` 1-12, `weekday`
    /// 0-6 from Sunday. Numbers outside give false.
    #[must_use]
    pub fn begins_at(&self, minute: u8, hour: u8, day: u8, month: u8, weekday: u8) -> bool {
        let has = |set: u64, number: u8| set.checked_shr(u32::from(number)).is_some_and(|rest| rest & 1 == 1);
        has(self.minutes, minute) && has(self.hours, hour) && self.is_day(day, month, weekday)
    }

    /// Whether it begins at any time of this local day; as [`Cron::begins_at`].
    #[must_use]
    pub fn is_day(&self, day: u8, month: u8, weekday: u8) -> bool {
        let has = |set: u64, number: u8| set.checked_shr(u32::from(number)).is_some_and(|rest| rest & 1 == 1);
        let (of_month, of_week) = (has(self.days, day), has(self.weekdays, weekday));
        has(self.months, month) && if self.either_day { of_month || of_week } else { of_month && of_week }
    }

    /// The minutes of a day at which it begins on days that fit, 0 to 1439, in order.
    pub fn minutes_of_day(&self) -> impl Iterator<Item = u16> + '_ {
        (0..24u16).flat_map(move |hour| (0..60u16).map(move |minute| (hour, minute))).filter_map(|(hour, minute)| {
            let fits = (self.hours >> hour) & 1 == 1 && (self.minutes >> minute) & 1 == 1;
            fits.then_some(hour * 60 + minute)
        })
    }
}

impl FromStr for Cron {
    type Err = InvalidCron;

    fn from_str(text: &str) -> Result<Self, InvalidCron> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(InvalidCron(text.to_owned()));
        };
        let read = || {
            let weekdays = field(weekday, 0, 7, &WEEKDAYS, 0)?;
            Some(Self {
                text: fields.join(" "),
                minutes: field(minute, 0, 59, &[], 0)?,
                hours: field(hour, 0, 23, &[], 0)?,
                days: field(day, 1, 31, &[], 0)?,
                months: field(month, 1, 12, &MONTHS, 1)?,
                // 7 is Sunday too.
                weekdays: (weekdays | (weekdays >> 7)) & 0x7f,
                either_day: !day.starts_with('*') && !weekday.starts_with('*'),
            })
        };
        read().ok_or_else(|| InvalidCron(text.to_owned()))
    }
}

/// The set of numbers of a field; `names` stand for numbers from `first`.
fn field(text: &str, min: u32, max: u32, names: &[&str], first: u32) -> Option<u64> {
    let mut set = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, digits(step).filter(|step| (1..=max).contains(step))?),
            None => (part, 1),
        };
        let number = |text: &str| -> Option<u32> {
            let lower = text.to_ascii_lowercase();
            let named = names.iter().zip(first..).find(|(name, _)| **name == lower).map(|(_, number)| number);
            named.or_else(|| digits(text)).filter(|number| (min..=max).contains(number))
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (min, max),
            Some((from, to)) => (number(from)?, number(to)?),
            // A number with a step begins there: `5/15`.
            None => (number(range)?, if part.contains('/') { max } else { number(range)? }),
        };
        if from > to {
            return None;
        }
        for number in (from..=to).step_by(usize::try_from(step).ok()?) {
            set |= 1 << number;
        }
    }
    Some(set)
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl fmt::Display for Cron {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Serialize for Cron {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Cron {
    fn schema_name() -> Cow<'static, str> {
        "Cron".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^\\s*(\\S+\\s+){4}\\S+\\s*$" })
    }
}

#[cfg(test)]
mod tests {
    use super::Cron;

    fn cron(text: &str) -> Cron {
        text.parse().unwrap()
    }

    #[test]
    fn begins() {
        // Minute, hour, day, month, weekday.
        for (text, hits, misses) in [
            ("0 2 * * sun", vec![(0, 2, 1, 1, 0)], vec![(1, 2, 1, 1, 0), (0, 3, 1, 1, 0), (0, 2, 1, 1, 1)]),
            (
                "*/15 9-17 * * 1-5",
                vec![(45, 17, 3, 3, 5)],
                vec![(50, 17, 3, 3, 5), (45, 18, 3, 3, 5), (45, 9, 3, 3, 6)],
            ),
            (
                "5/20 0 1,15 FEB *",
                vec![(5, 0, 1, 2, 3), (45, 0, 15, 2, 3)],
                vec![(0, 0, 1, 2, 3), (5, 0, 2, 2, 3), (5, 0, 1, 3, 3)],
            ),
            // Both days restricted: one is enough. A star with a step is no restriction here, as in cron.
            ("0 0 13 * 5", vec![(0, 0, 13, 6, 1), (0, 0, 2, 6, 5)], vec![(0, 0, 2, 6, 1)]),
            ("0 0 */2 * 5", vec![(0, 0, 13, 6, 5)], vec![(0, 0, 13, 6, 1), (0, 0, 2, 6, 5)]),
            ("0 0 * * 7", vec![(0, 0, 13, 6, 0)], vec![(0, 0, 13, 6, 6)]),
        ] {
            let cron = cron(text);
            for (minute, hour, day, month, weekday) in hits {
                assert!(cron.begins_at(minute, hour, day, month, weekday), "{text}");
            }
            for (minute, hour, day, month, weekday) in misses {
                assert!(!cron.begins_at(minute, hour, day, month, weekday), "{text}");
            }
        }
        assert_eq!(cron("0,30 1-2 * * *").minutes_of_day().collect::<Vec<_>>(), [60, 90, 120, 150]);
        assert_eq!(cron(" 0  2 * * sun ").as_str(), "0 2 * * sun");
        assert!(!cron("* * * * *").begins_at(200, 0, 1, 1, 0));
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "* * * *",
            "* * * * * *",
            "@daily",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *",
            "a * * * *",
            "1, * * * *",
            "1-2-3 * * * *",
            "+1 * * * *",
            "-1 * * * *",
        ] {
            assert!(text.parse::<Cron>().is_err(), "{text}");
        }
    }
}
