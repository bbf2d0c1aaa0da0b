//! Which period and which segment each current row belongs to.

use std::collections::HashMap;

use watchkeeper_profile::for_each_string;

use super::plan::closest;
use super::{CheckError, CheckOptions};
use crate::table::{InputError, Table};
use crate::time::{Period, is_in_calendar, micros_of, rfc3339};

/// More periods than this are refused.
const PERIODS_MAX: usize = 1000;
/// Without a unit, the shortest period that gives at most so many.
const PERIODS_AUTO: usize = 60;
/// Segments that are checked, the largest first.
const SEGMENTS_MAX: usize = 50;
/// Values of a segment column that are told apart while reading.
const SEGMENTS_KNOWN: usize = 60_000;
/// Rows without a period or outside the segments that are checked.
pub(super) const NO_GROUP: u16 = u16::MAX;

/// `--by TIME[:unit]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The time column.
    pub column: String,
    /// The period; chosen by the span of the data when absent.
    pub period: Option<Period>,
}

impl std::str::FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((column, unit)) = text.rsplit_once(':') else {
            return Ok(Self { column: text.to_owned(), period: None });
        };
        let period = Period::ALL.into_iter().find(|p| p.as_str() == unit);
        match period {
            Some(period) => Ok(Self { column: column.to_owned(), period: Some(period) }),
            None => Err(format!("unknown period `{unit}`; expected COLUMN or COLUMN:hour, :day, :week or :month")),
        }
    }
}

/// A group of current rows.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) key: String,
    pub(super) label: String,
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
    pub(super) rows: u64,
}

/// The groups of one axis, and the group of each row: two bytes a row.
#[derive(Debug, Default)]
pub(super) struct Axis {
    pub(super) groups: Vec<Group>,
    pub(super) codes: Vec<u16>,
    pub(super) note: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) periods: Option<Axis>,
    pub(super) segments: Option<Axis>,
    /// The segment of each reference row: a segment is compared with the same segment of the reference.
    pub(super) reference_segments: Option<Axis>,
    pub(super) by: Option<String>,
}

impl Keys {
    pub(super) fn read(reference: &Table, current: &Table, options: &CheckOptions) -> Result<Self, CheckError> {
        let mut keys = Self::default();
        if let Some(by) = &options.by {
            let (axis, period) = periods(current, by)?;
            keys.by = Some(format!("{}:{}", by.column, period.as_str()));
            keys.periods = Some(axis);
        }
        if let Some(segment) = &options.segment {
            let axis = segments(current, segment)?;
            keys.reference_segments = Some(same_segments(reference, segment, &axis)?);
            keys.segments = Some(axis);
        }
        Ok(keys)
    }

    pub(super) fn axes(&self) -> impl Iterator<Item = &Axis> {
        self.periods.iter().chain(&self.segments)
    }
}

fn column_index(table: &Table, name: &str, option: &str) -> Result<usize, CheckError> {
    table.index_of(name).ok_or_else(|| {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let near = closest(name, &names).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        CheckError::Usage(format!("{option}: the data has no column `{name}`{near}"))
    })
}

fn periods(table: &Table, by: &By) -> Result<(Axis, Period), CheckError> {
    let index = column_index(table, &by.column, "--by")?;
    let period = match by.period {
        Some(period) => period,
        None => fitting_period(table, index, by)?,
    };
    let mut numbering = Numbering { period, last: (1, 0, NO_GROUP), numbers: HashMap::new(), spans: Vec::new() };
    let mut codes = Vec::new();
    let mut without = 0;
    each_time(table, index, by, &mut |time| {
        let code = time.map_or(NO_GROUP, |time| numbering.code_of(time));
        without += usize::from(code == NO_GROUP);
        codes.push(code);
        // Checked while reading: a file of a billion hours ends early.
        numbering.spans.len() <= PERIODS_MAX
    })?;
    if numbering.spans.len() > PERIODS_MAX {
        let longer = Period::ALL.iter().skip_while(|p| **p != period).nth(1).map_or("month", |p| p.as_str());
        return Err(CheckError::Usage(format!(
            "--by {}:{} gives more than {PERIODS_MAX} periods; try :{longer}",
            by.column,
            period.as_str()
        )));
    }
    let groups = numbering.into_order_of_time(&mut codes);
    let note = (without > 0)
        .then(|| format!("{without} current rows have no time in `{}` and belong to no period", by.column));
    Ok((Axis { groups, codes, note }, period))
}

/// Hands the time of every row to `see` until it returns false.
///
/// # Errors
/// When there are rows and none has a time.
fn each_time(table: &Table, index: usize, by: &By, see: &mut dyn FnMut(Option<i64>) -> bool) -> Result<(), CheckError> {
    let (mut any, mut rows) = (false, 0);
    let outcome = table.scan_batches(&[index], &mut |_, batch| {
        rows += batch.num_rows();
        // A later file may hold the column as another type: its rows have no time, but they are rows.
        let times = micros_of(batch.column(0)).unwrap_or_else(|| vec![None; batch.num_rows()]);
        for time in times {
            any |= time.is_some();
            if !see(time) {
                return Err(InputError::Enough);
            }
        }
        Ok(())
    });
    match outcome {
        Ok(()) | Err(InputError::Enough) if any || rows == 0 => Ok(()),
        Err(error) if !matches!(error, InputError::Enough) => Err(error.into()),
        _ => Err(CheckError::Usage(format!(
            "--by: column `{}` holds no times; expected timestamps, dates or ISO 8601 text",
            by.column
        ))),
    }
}

/// Periods numbered as they appear, then renumbered in order of time.
struct Numbering {
    period: Period,
    /// The period of the last row, which is nearly always that of the next: start, end, code.
    last: (i64, i64, u16),
    numbers: HashMap<i64, u16>,
    /// Start, end, rows.
    spans: Vec<(i64, i64, u64)>,
}

impl Numbering {
    fn code_of(&mut self, time: i64) -> u16 {
        if time < self.last.0 || time >= self.last.1 {
            let Some((start, end)) = self.period.around(time) else { return NO_GROUP };
            let next = u16::try_from(self.spans.len()).unwrap_or(NO_GROUP);
            let code = *self.numbers.entry(start).or_insert(next);
            if code == next {
                self.spans.push((start, end, 0));
            }
            self.last = (start, end, code);
        }
        if let Some(span) = self.spans.get_mut(usize::from(self.last.2)) {
            span.2 += 1;
        }
        self.last.2
    }

    fn into_order_of_time(self, codes: &mut [u16]) -> Vec<Group> {
        let mut order: Vec<usize> = (0..self.spans.len()).collect();
        order.sort_by_key(|&at| self.spans.get(at).map(|span| span.0));
        let mut renumbered = vec![NO_GROUP; order.len()];
        for (new, &old) in order.iter().enumerate() {
            if let Some(slot) = renumbered.get_mut(old) {
                *slot = new as u16;
            }
        }
        codes.iter_mut().for_each(|code| *code = renumbered.get(usize::from(*code)).copied().unwrap_or(NO_GROUP));
        let spans = order.into_iter().filter_map(|at| self.spans.get(at).copied());
        spans
            .map(|(start, end, rows)| Group {
                key: rfc3339(start),
                label: self.period.label(start),
                start: Some(rfc3339(start)),
                end: Some(rfc3339(end)),
                rows,
            })
            .collect()
    }
}

/// The shortest period of which the data spans at most 60.
fn fitting_period(table: &Table, index: usize, by: &By) -> Result<Period, CheckError> {
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    each_time(table, index, by, &mut |time| {
        if let Some(time) = time.filter(|&time| is_in_calendar(time)) {
            (first, last) = (first.min(time), last.max(time));
        }
        true
    })?;
    let fits = |period: &Period| {
        let (Some((start, end)), Some((_, last))) = (period.around(first), period.around(last)) else { return false };
        (last - start) / (end - start).max(1) <= PERIODS_AUTO as i64
    };
    Ok(Period::ALL.into_iter().find(fits).unwrap_or(Period::Month))
}

fn segments(table: &Table, column: &str) -> Result<Axis, CheckError> {
    let index = column_index(table, column, "--segment")?;
    let mut numbers: HashMap<String, u16> = HashMap::new();
    let mut values: Vec<(String, u64)> = Vec::new();
    let mut codes: Vec<u16> = Vec::new();
    let mut readable = true;
    table.scan_batches(&[index], &mut |_, batch| {
        let array = plain_strings(batch.column(0));
        readable &= for_each_string(&array, &mut |text, _| {
            let Some(text) = text else { return codes.push(NO_GROUP) };
            let code = match numbers.get(text) {
                Some(&code) => code,
                None if values.len() >= SEGMENTS_KNOWN => NO_GROUP,
                None => {
                    let code = values.len() as u16;
                    numbers.insert(text.to_owned(), code);
                    values.push((text.to_owned(), 0));
                    code
                }
            };
            if let Some(value) = values.get_mut(usize::from(code)) {
                value.1 += 1;
            }
            codes.push(code);
        });
        Ok(())
    })?;
    if !readable {
        return Err(CheckError::Usage(format!("--segment: column `{column}` cannot be read as text")));
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    let size = |i: usize| values.get(i).map_or(0, |v| v.1);
    order.sort_by(|&a, &b| {
        size(b).cmp(&size(a)).then_with(|| values.get(a).map(|v| &v.0).cmp(&values.get(b).map(|v| &v.0)))
    });
    order.truncate(SEGMENTS_MAX);
    let mut renumbered = vec![NO_GROUP; values.len()];
    for (new, &old) in order.iter().enumerate() {
        if let Some(slot) = renumbered.get_mut(old) {
            *slot = new as u16;
        }
    }
    codes.iter_mut().for_each(|code| *code = renumbered.get(usize::from(*code)).copied().unwrap_or(NO_GROUP));
    let note = (values.len() > SEGMENTS_MAX).then(|| {
        format!("`{column}` has {} values; the {SEGMENTS_MAX} with most rows are checked as segments", values.len())
    });
    let groups = order.iter().filter_map(|&i| values.get(i)).map(|(value, rows)| Group {
        key: value.clone(),
        label: value.clone(),
        start: None,
        end: None,
        rows: *rows,
    });
    Ok(Axis { groups: groups.collect(), codes, note })
}

/// The reference's rows by the segments of the current data.
fn same_segments(table: &Table, column: &str, current: &Axis) -> Result<Axis, CheckError> {
    let index = column_index(table, column, "--segment")?;
    let numbers: HashMap<&str, u16> =
        current.groups.iter().enumerate().map(|(i, g)| (g.key.as_str(), i as u16)).collect();
    let (mut codes, mut rows) = (Vec::new(), 0);
    table.scan_batches(&[index], &mut |_, batch| {
        for_each_string(&plain_strings(batch.column(0)), &mut |text, _| {
            codes.push(text.and_then(|text| numbers.get(text).copied()).unwrap_or(NO_GROUP));
        });
        // Rows that cannot be read as text are in no segment, and the rows after them stay in theirs.
        rows += batch.num_rows();
        codes.resize(rows, NO_GROUP);
        Ok(())
    })?;
    Ok(Axis { groups: current.groups.clone(), codes, note: None })
}

/// Dictionaries lose the order of rows when visited value by value.
fn plain_strings(array: &arrow_array::ArrayRef) -> arrow_array::ArrayRef {
    arrow_cast::cast(array, &arrow_schema::DataType::Utf8).unwrap_or_else(|_| array.clone())
}
