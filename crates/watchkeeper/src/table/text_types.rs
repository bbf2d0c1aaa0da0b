//! Types of columns that are stored as text (CSV, NDJSON): what all of the first values can be read as.

use arrow_schema::{DataType, TimeUnit};

use crate::time::parse_micros;
use watchkeeper_profile::is_null_word;

/// Narrows down the type of a text column value by value.
#[derive(Debug, Clone, Copy)]
pub(super) struct TypeGuess {
    values: usize,
    boolean: usize,
    integer: usize,
    number: usize,
    time: usize,
    date: usize,
}

/// A column is of a type when this share of its first values is; the others are then invalid, not a reason to give up.
const AGREEMENT: f64 = 0.95;

impl TypeGuess {
    pub(super) fn new() -> Self {
        Self { values: 0, boolean: 0, integer: 0, number: 0, time: 0, date: 0 }
    }

    pub(super) fn see(&mut self, text: &str) {
        let text = text.trim();
        if is_null_word(text) || text.eq_ignore_ascii_case("nan") {
            return;
        }
        self.values += 1;
        self.boolean += usize::from(matches!(text, "true" | "false" | "True" | "False" | "TRUE" | "FALSE"));
        let number = text.parse::<f64>().is_ok();
        self.number += usize::from(number);
        self.integer += usize::from(number && text.parse::<i128>().is_ok());
        if !number && text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            self.time += usize::from(parse_micros(text).is_some());
            self.date += usize::from(text.len() == 10 && parse_micros(text).is_some());
        }
    }

    pub(super) fn data_type(self) -> DataType {
        let is = |count: usize| self.values > 0 && count as f64 >= AGREEMENT * self.values as f64;
        if is(self.boolean) {
            DataType::Boolean
        } else if is(self.number) {
            // One fraction among whole numbers makes a column of fractions.
            if self.integer == self.number { DataType::Int64 } else { DataType::Float64 }
        } else if is(self.date) {
            DataType::Date32
        } else if is(self.time) {
            DataType::Timestamp(TimeUnit::Microsecond, None)
        } else {
            DataType::Utf8
        }
    }
}
