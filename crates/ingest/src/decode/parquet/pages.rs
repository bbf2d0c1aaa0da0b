//! The headers of all pages of a Parquet file, read without the pages.
//!
//! The reader takes memory for a page by what its header says. Headers are Thrift structs in the compact protocol:
//! <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift> and
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>.

use parquet::file::metadata::ParquetMetaData;

use crate::Limits;
use crate::decode::DecodeError;

/// Bytes that one value of a page is counted for: its levels.
const VALUE_BYTES: usize = 8;
/// Encodings in which a few bytes say a long text, by repeating the one before.
const DELTA_BYTE_ARRAY: i64 = 7;
/// Structs within structs of a header at most; there are three.
const DEPTH_MAX: usize = 8;

// Types of fields in the compact protocol.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const STRUCT: u8 = 12;

/// Checks that all pages lie in the body, and that they hold no more bytes and values than the limits allow.
pub(super) fn check(body: &[u8], metadata: &ParquetMetaData, limits: &Limits) -> Result<(), DecodeError> {
    let mut bytes = 0_usize;
    for group in metadata.row_groups() {
        for column in group.columns() {
            // The chunk begins with its dictionary, if it has one.
            let start = column.dictionary_page_offset().map_or(column.data_page_offset(), |dictionary| {
                if dictionary > 0 { dictionary.min(column.data_page_offset()) } else { column.data_page_offset() }
            });
            let range = usize::try_from(start).ok().zip(usize::try_from(column.compressed_size()).ok());
            let chunk = range
                .and_then(|(start, length)| Some(start..start.checked_add(length)?))
                .and_then(|range| body.get(range))
                .ok_or_else(|| super::broken("a column chunk"))?;
            let mut values = 0_usize;
            let mut rest = chunk;
            while !rest.is_empty() {
                let page = page(&mut rest).ok_or_else(|| super::broken("a page header"))?;
                bytes = bytes.saturating_add(page.uncompressed);
                values = values.saturating_add(page.values);
                check_page(&page, bytes, values, limits)?;
            }
        }
    }
    Ok(())
}

fn check_page(page: &Page, bytes: usize, values: usize, limits: &Limits) -> Result<(), DecodeError> {
    if bytes > limits.decompressed_bytes {
        return Err(DecodeError::more_than("uncompressed bytes of the body", bytes, limits.decompressed_bytes));
    }
    let limit = (limits.decompressed_bytes / VALUE_BYTES).max(limits.rows);
    if values > limit {
        return Err(DecodeError::more_than("values of a column", values, limit));
    }
    if page.encoding == Some(DELTA_BYTE_ARRAY) {
        return Err(DecodeError::UnsupportedFormat {
            what: "the Parquet encoding DELTA_BYTE_ARRAY".to_owned(),
            expected: "plain, dictionary or DELTA_LENGTH_BYTE_ARRAY pages",
        });
    }
    Ok(())
}

/// What a page's header says.
#[derive(Debug, Default)]
struct Page {
    uncompressed: usize,
    values: usize,
    encoding: Option<i64>,
}

/// Reads the next page's header and goes behind the page.
fn page(rest: &mut &[u8]) -> Option<Page> {
    let mut page = Page::default();
    let mut compressed = None;
    let mut reader = Thrift { rest };
    let mut id = 0;
    while let Some(kind) = reader.field(&mut id)? {
        match (id, kind) {
            (2, I16..=I64) => page.uncompressed = usize::try_from(reader.integer()?).ok()?,
            (3, I16..=I64) => compressed = Some(usize::try_from(reader.integer()?).ok()?),
            // The headers of data, dictionary and second version data pages.
            (5 | 7 | 8, STRUCT) => reader.inner_header(id, &mut page)?,
            _ => reader.skip(kind, 0)?,
        }
    }
    *rest = reader.rest.get(compressed?..)?;
    Some(page)
}

/// A reader of the compact protocol.
struct Thrift<'b> {
    rest: &'b [u8],
}

impl Thrift<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// An integer in zigzag form.
    fn integer(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// The type of the next field of a struct, its number in `id`; `Some(None)` at the end of the struct.
    #[expect(clippy::option_option, reason = "the outer one is the end of the bytes, the inner one of the struct")]
    fn field(&mut self, id: &mut i64) -> Option<Option<u8>> {
        let header = self.byte()?;
        if header == 0 {
            return Some(None);
        }
        *id = match header >> 4 {
            0 => self.integer()?,
            delta => id.checked_add(i64::from(delta))?,
        };
        Some(Some(header & 15))
    }

    /// Reads the number of values and the encoding: their fields have other numbers in the second version.
    fn inner_header(&mut self, header: i64, page: &mut Page) -> Option<()> {
        let encoding = if header == 8 { 4 } else { 2 };
        let mut id = 0;
        while let Some(kind) = self.field(&mut id)? {
            match (id, kind) {
                (1, I16..=I64) => page.values = usize::try_from(self.integer()?).ok()?,
                (id, I16..=I64) if id == encoding => page.encoding = Some(self.integer()?),
                _ => self.skip(kind, 1)?,
            }
        }
        Some(())
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        match kind {
            TRUE | FALSE => {}
            BYTE => {
                self.byte()?;
            }
            I16..=I64 => {
                self.unsigned()?;
            }
            DOUBLE => self.rest = self.rest.get(8..)?,
            BINARY => {
                let length = usize::try_from(self.unsigned()?).ok()?;
                self.rest = self.rest.get(length..)?;
            }
            LIST | SET => self.skip_list(depth)?,
            STRUCT => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, depth + 1)?;
                }
            }
            // Headers of pages have no maps.
            _ => return None,
        }
        Some(())
    }

    fn skip_list(&mut self, depth: usize) -> Option<()> {
        let header = self.byte()?;
        let count = match header >> 4 {
            15 => self.unsigned()?,
            count => u64::from(count),
        };
        for _ in 0..count {
            // Elements of a list of booleans are bytes, unlike fields.
            match header & 15 {
                TRUE | FALSE => {
                    self.byte()?;
                }
                kind => self.skip(kind, depth + 1)?,
            }
        }
        Some(())
    }
}
