//! The binary form of grids and profiles: versioned, compact, the same bytes for the same state.
//!
//! Layout: the four bytes `WKPF`, a format version, a tag (grid or profile), then the fields in a fixed order.
//! Integers are LEB128 varints (signed ones zigzag), floats 8 bytes little-endian, lists are prefixed by their length.
//! Empty cells of a profile are run-length coded, so a sparse profile is small. Reading checks every length against
//! what is left, so hostile bytes cost no memory and never panic.

mod bytes;
mod grid;
mod profile;

use crate::ProfileError;
use bytes::{Reader, Writer};

/// Format version that is written. Older ones stay readable; each has a fixture in `tests/fixtures`.
pub const ENCODING_VERSION: u8 = 1;
const MAGIC: [u8; 4] = *b"WKPF";

#[derive(Clone, Copy, PartialEq)]
enum Tag {
    Grid = 1,
    Profile = 2,
}

fn header(tag: Tag) -> Writer {
    let mut writer = Writer::default();
    MAGIC.iter().for_each(|&byte| writer.byte(byte));
    writer.byte(ENCODING_VERSION);
    writer.byte(tag as u8);
    writer
}

fn open(bytes: &[u8], tag: Tag) -> Result<Reader<'_>, ProfileError> {
    let mut reader = Reader::new(bytes);
    for expected in MAGIC {
        if reader.byte()? != expected {
            return Err(ProfileError::Encoding("it does not begin with WKPF".into()));
        }
    }
    let version = reader.byte()?;
    if version != ENCODING_VERSION {
        return Err(ProfileError::Encoding(format!("format version {version}, expected {ENCODING_VERSION}")));
    }
    let found = reader.byte()?;
    if found != tag as u8 {
        return Err(ProfileError::Encoding(format!("part {found}, expected {}", tag as u8)));
    }
    Ok(reader)
}
