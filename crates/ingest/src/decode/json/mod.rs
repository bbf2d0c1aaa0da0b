//! JSON and NDJSON bodies, and JSON values.

mod keys;
mod render;
mod row;
mod scan;

use row::{Reader, Scratch};
use scan::{Fault, Scanner};

use super::cell::Problem;
use super::rows::Refusal;
use super::{Context, DecodeError};
use crate::{Decoded, RejectCode};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads one object or an array of objects. An empty body has no rows.
pub(super) fn decode_json(body: &[u8], context: &Context<'_>) -> Result<Decoded, DecodeError> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let text = std::str::from_utf8(body)
        .map_err(|error| DecodeError::malformed(format!("byte {}", error.valid_up_to()), "UTF-8"))?;
    let mut reader = Reader::new(context);
    let mut scanner = Scanner::new(text, false);
    let broken = |fault: Fault| DecodeError::malformed(position(text, fault.at), fault.expected);
    match scanner.peek() {
        None => return reader.rows.finish(),
        Some(b'{') => {
            reader.begin()?;
            reader.event(&mut scanner, &mut Scratch::default()).map_err(broken)?;
            reader.end();
        }
        Some(b'[') => {
            scanner.at += 1;
            array(&mut reader, &mut scanner, &broken)?;
        }
        Some(_) => return Err(broken(scanner.fault("an object or an array of objects"))),
    }
    match scanner.peek() {
        None => reader.rows.finish(),
        Some(_) => Err(broken(scanner.fault("the end of the body (one object a line is `application/x-ndjson`)"))),
    }
}

fn array(
    reader: &mut Reader<'_>,
    scanner: &mut Scanner<'_>,
    broken: &impl Fn(Fault) -> DecodeError,
) -> Result<(), DecodeError> {
    let mut scratch = Scratch::default();
    if scanner.take(b']') {
        return Ok(());
    }
    loop {
        reader.begin()?;
        reader.event(scanner, &mut scratch).map_err(broken)?;
        reader.end();
        if scanner.take(b']') {
            return Ok(());
        }
        if !scanner.take(b',') {
            return Err(broken(scanner.fault("`,` or `]`")));
        }
    }
}

/// Reads one object a line. A line that is not one is a row that is not taken; blank lines are no rows.
pub(super) fn decode_ndjson(body: &[u8], context: &Context<'_>) -> Result<Decoded, DecodeError> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let mut reader = Reader::new(context);
    if let Ok(text) = std::str::from_utf8(body) {
        lines(&mut reader, text)?;
        return reader.rows.finish();
    }
    for line in body.split(|byte| *byte == b'\n') {
        if let Ok(text) = std::str::from_utf8(line) {
            lines(&mut reader, text)?;
        } else {
            reader.begin()?;
            reader.rows.refuse(Refusal::row(Problem::new(RejectCode::Malformed, "UTF-8")));
            reader.end();
        }
    }
    reader.rows.finish()
}

fn lines(reader: &mut Reader<'_>, text: &str) -> Result<(), DecodeError> {
    let mut scratch = Scratch::default();
    let mut scanner = Scanner::new(text, true);
    while let Some(byte) = scanner.peek() {
        if byte == b'\n' {
            scanner.at += 1;
            continue;
        }
        let start = scanner.at;
        reader.begin()?;
        let read = reader.event(&mut scanner, &mut scratch).and_then(|()| match scanner.peek() {
            None | Some(b'\n') => Ok(()),
            Some(_) => Err(scanner.fault("the end of the line")),
        });
        if let Err(fault) = read {
            let problem = format!("{} at byte {} of the line", fault.expected, fault.at.saturating_sub(start) + 1);
            reader.rows.refuse(Refusal::row(Problem::new(RejectCode::Malformed, problem)));
            scanner.next_line(start);
        }
        reader.end();
    }
    Ok(())
}

/// Reads each value as a row.
pub(super) fn decode_values(values: &[serde_json::Value], context: &Context<'_>) -> Result<Decoded, DecodeError> {
    let mut reader = Reader::new(context);
    let mut scratch = Scratch::default();
    let mut total = 0_usize;
    for value in values {
        // Texts of JSON values are JSON, and are read by the one reader there is.
        let text = value.to_string();
        total = total.saturating_add(text.len());
        if total > context.limits.decompressed_bytes {
            let limit = context.limits.decompressed_bytes;
            return Err(DecodeError::more_than("bytes of the events", total, limit));
        }
        reader.begin()?;
        if reader.event(&mut Scanner::new(&text, false), &mut scratch).is_err() {
            reader.rows.refuse(Refusal::row(Problem::new(RejectCode::Malformed, "a JSON value")));
        }
        reader.end();
    }
    reader.rows.finish()
}

/// Line, column and byte for people, counted from 1 but for the byte.
fn position(text: &str, at: usize) -> String {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    format!("line {line}, column {column} (byte {at})")
}
