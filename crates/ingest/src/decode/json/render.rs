//! Arrays and objects that are one value → their text: no spaces, shortest numbers, no members of null.

use super::scan::{Fault, Scanner, Token};
use crate::RejectCode;
use crate::decode::cell::{Cell, Problem};
use crate::decode::text::{push_float, push_json_string};

/// How rendering ended: a syntax error is the body's, a problem the row's.
pub(super) enum Rendered {
    Text,
    /// The value was read to its end all the same.
    Problem(Problem),
}

/// Bounds of one rendered value.
pub(super) struct Room {
    pub(super) bytes: usize,
    /// Levels of nesting that are left.
    pub(super) levels: usize,
}

/// Writes the value whose opening was just taken to `out`.
pub(super) fn render(
    scanner: &mut Scanner<'_>,
    is_object: bool,
    room: &Room,
    out: &mut String,
    scratch: &mut String,
) -> Result<Rendered, Fault> {
    out.clear();
    match nested(scanner, is_object, room, room.levels, out, scratch)? {
        None => Ok(Rendered::Text),
        Some(problem) => Ok(Rendered::Problem(problem)),
    }
}

fn nested(
    scanner: &mut Scanner<'_>,
    is_object: bool,
    room: &Room,
    levels: usize,
    out: &mut String,
    scratch: &mut String,
) -> Result<Option<Problem>, Fault> {
    let (open, close) = if is_object { ('{', '}') } else { ('[', ']') };
    let mut problem = room.problem(levels, out);
    out.push(open);
    let mut is_first = true;
    loop {
        if scanner.take(close as u8) {
            out.push(close);
            return Ok(problem);
        }
        if !is_first && !scanner.take(b',') {
            return Err(scanner.fault("`,` or the end of an object or array"));
        }
        if problem.is_some() {
            // Only the syntax counts from here: back to the opening, as it were, and over all of it.
            skip_members(scanner, is_object, scratch)?;
            return Ok(problem);
        }
        is_first = false;
        let before = out.len();
        if !out.ends_with(open) {
            out.push(',');
        }
        if is_object {
            push_json_string(out, scanner.key(scratch)?);
            out.push(':');
        }
        match scanner.value(scratch)? {
            Token::Null if is_object => out.truncate(before),
            Token::Null => out.push_str("null"),
            Token::Scalar(cell) => push_cell(out, cell),
            Token::Infinite(_) => problem = Some(finite()),
            Token::Object => problem = nested(scanner, true, room, levels.saturating_sub(1), out, scratch)?,
            Token::Array => problem = nested(scanner, false, room, levels.saturating_sub(1), out, scratch)?,
        }
        if problem.is_none() {
            problem = room.problem(levels, out);
        }
    }
}

/// Goes over the rest of an object or array, a member of which comes next.
fn skip_members(scanner: &mut Scanner<'_>, is_object: bool, scratch: &mut String) -> Result<(), Fault> {
    if is_object {
        scanner.key(scratch)?;
    }
    scanner.skip(scratch)?;
    let close = if is_object { b'}' } else { b']' };
    while !scanner.take(close) {
        if !scanner.take(b',') {
            return Err(scanner.fault("`,` or the end of an object or array"));
        }
        if is_object {
            scanner.key(scratch)?;
        }
        scanner.skip(scratch)?;
    }
    Ok(())
}

impl Room {
    fn problem(&self, levels: usize, out: &str) -> Option<Problem> {
        if levels == 0 {
            return Some(Problem::new(RejectCode::TooLarge, "fewer levels of objects and arrays"));
        }
        let too_long = out.len() > self.bytes;
        too_long.then(|| Problem::new(RejectCode::TooLarge, format!("at most {} bytes of text", self.bytes)))
    }
}

pub(super) fn finite() -> Problem {
    Problem::new(RejectCode::OutOfBounds, "a number within the range of doubles")
}

fn push_cell(out: &mut String, cell: Cell<'_>) {
    match cell {
        Cell::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Cell::Int(integer) => out.push_str(&integer.to_string()),
        Cell::Float(number) => push_float(out, number),
        Cell::Big(text) | Cell::Json(text) => out.push_str(text),
        Cell::Text(text) => push_json_string(out, text),
        // The scanner has no times.
        Cell::Time(_) => {}
    }
}
