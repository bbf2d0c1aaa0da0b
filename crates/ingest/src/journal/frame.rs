//! Bytes of one append.
//!
//! `version u8 · records u32 · (table length u16 · payload length u64 · request [16] · table · payload)*`,
//! little-endian.

use super::JournalError;
use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64_with_seed;

const VERSION: u8 = 1;
const HEAD: usize = 5;
const RECORD_HEAD: usize = 2 + 8 + 16;

/// One record to append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The table that its rows go to; at most 65,535 bytes.
    pub table: &'a str,
    /// Identifies the request that brought it.
    pub request: [u8; 16],
    /// The rows, in whatever form the caller gives them.
    pub payload: &'a [u8],
}

/// A record as it was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRecord {
    /// The table that its rows go to.
    pub table: String,
    /// Identifies the request that brought it.
    pub request: [u8; 16],
    /// The rows. Shares the memory of the append that it came with.
    pub payload: Bytes,
}

/// Bytes of `records` as a frame.
pub(super) fn size(records: &[Record<'_>]) -> u64 {
    let each = records.iter().map(|r| (RECORD_HEAD + r.table.len() + r.payload.len()) as u64);
    HEAD as u64 + each.sum::<u64>()
}

pub(super) fn encode(records: &[Record<'_>]) -> Result<Vec<u8>, JournalError> {
    let mut out = Vec::with_capacity(usize::try_from(size(records)).unwrap_or(0));
    out.push(VERSION);
    out.extend_from_slice(&u32::try_from(records.len()).unwrap_or(u32::MAX).to_le_bytes());
    for record in records {
        let bytes = record.table.len();
        let length = u16::try_from(bytes).map_err(|_| JournalError::TableName { bytes })?;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(record.payload.len() as u64).to_le_bytes());
        out.extend_from_slice(&record.request);
        out.extend_from_slice(record.table.as_bytes());
        out.extend_from_slice(record.payload);
    }
    Ok(out)
}

/// The checksum knows where the frame belongs, so a whole frame in a wrong place is found too.
pub(super) fn checksum(bytes: &[u8], segment: u64, frame: u64) -> u64 {
    xxh3_64_with_seed(bytes, segment.rotate_left(32) ^ frame)
}

/// The records of a frame one after the other; an error in words ends it.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    rest: Bytes,
    left: u32,
}

impl Decoder {
    pub(super) fn new(mut bytes: Bytes) -> Result<Self, &'static str> {
        if bytes.len() < HEAD {
            return Err("it is too short");
        }
        let head = bytes.split_to(HEAD);
        match *head {
            [VERSION, a, b, c, d] => Ok(Self { rest: bytes, left: u32::from_le_bytes([a, b, c, d]) }),
            _ => Err("its version is unknown"),
        }
    }

    pub(super) fn next(&mut self) -> Option<Result<OwnedRecord, &'static str>> {
        self.left = self.left.checked_sub(1)?;
        let record = self.record();
        if record.is_none() {
            self.left = 0;
        }
        Some(record.ok_or("its lengths do not fit"))
    }

    fn record(&mut self) -> Option<OwnedRecord> {
        let (table, rest) = self.rest.split_first_chunk::<2>()?;
        let (payload, rest) = rest.split_first_chunk::<8>()?;
        let request = *rest.first_chunk::<16>()?;
        let table = usize::from(u16::from_le_bytes(*table));
        let payload = usize::try_from(u64::from_le_bytes(*payload)).ok()?;
        if self.rest.len() < RECORD_HEAD.checked_add(table)?.checked_add(payload)? {
            return None;
        }
        let _head = self.rest.split_to(RECORD_HEAD);
        let table = String::from_utf8(self.rest.split_to(table).to_vec()).ok()?;
        Some(OwnedRecord { table, request, payload: self.rest.split_to(payload) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_bytes_end_in_an_error() {
        let record = Record { table: "t", request: [7; 16], payload: b"rows" };
        let whole = encode(&[record, record]).unwrap();
        assert_eq!(size(&[record, record]), whole.len() as u64);
        for end in 0..whole.len() {
            let outcome = Decoder::new(Bytes::copy_from_slice(&whole[..end])).and_then(|mut decoder| {
                let mut all = Vec::new();
                while let Some(record) = decoder.next() {
                    all.push(record?);
                }
                Ok(all)
            });
            assert!(outcome.is_err(), "cut at {end}");
        }
        let mut long = whole.clone();
        long[HEAD + 2..HEAD + 10].fill(0xff);
        assert!(Decoder::new(Bytes::from(long)).unwrap().next().unwrap().is_err());
    }
}
