//! The lengths in an Arrow IPC stream, checked before anything is allocated by them.

use arrow_buffer::{Buffer, MutableBuffer};
use arrow_ipc::{CompressionType, MessageHeader, RecordBatch, root_as_message};
use bytes::Bytes;

use super::lz4;
use crate::Limits;
use crate::decode::DecodeError;

/// Bytes to which buffers of an Arrow stream are aligned.
const ALIGNMENT: usize = 8;
/// Marks the length of a message; streams of old writers have none.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// Length of a compressed buffer that holds its bytes as they are.
const NOT_COMPRESSED: i64 = -1;

/// The body as a buffer, cut at the end of the stream, once all lengths in it are known to lie in the body and the rows
/// and decompressed bytes within the limits.
pub(super) fn checked(body: &Bytes, limits: &Limits) -> Result<Buffer, DecodeError> {
    let buffer = if body.as_ptr().align_offset(ALIGNMENT) == 0 {
        Buffer::from(body.clone())
    } else {
        let mut aligned = MutableBuffer::with_capacity(body.len());
        aligned.extend_from_slice(body);
        aligned.into()
    };
    let mut walk = Walk { bytes: &buffer, at: 0, limits, rows: 0, dictionary_rows: 0, decompressed: 0 };
    while walk.message()? {}
    let end = walk.at;
    Ok(buffer.slice_with_length(0, end))
}

struct Walk<'b> {
    bytes: &'b [u8],
    at: usize,
    limits: &'b Limits,
    rows: usize,
    dictionary_rows: usize,
    decompressed: usize,
}

impl<'b> Walk<'b> {
    fn broken(&self, expected: &'static str) -> DecodeError {
        DecodeError::malformed(format!("byte {}", self.at), expected)
    }

    fn bytes(&mut self, count: usize, expected: &'static str) -> Result<&'b [u8], DecodeError> {
        let bytes = self.at.checked_add(count).and_then(|end| self.bytes.get(self.at..end));
        let bytes = bytes.ok_or_else(|| self.broken(expected))?;
        self.at += count;
        Ok(bytes)
    }

    fn word(&mut self) -> Result<[u8; 4], DecodeError> {
        let bytes = self.bytes(4, "the length of an Arrow message")?;
        bytes.try_into().map_err(|_| self.broken("the length of an Arrow message"))
    }

    /// Goes over one message; `false` at the end of the stream.
    fn message(&mut self) -> Result<bool, DecodeError> {
        if self.at == self.bytes.len() {
            return Ok(false);
        }
        let mut word = self.word()?;
        if word == CONTINUATION {
            word = self.word()?;
        }
        let length = u32::from_le_bytes(word) as usize;
        if length == 0 {
            return Ok(false);
        }
        let start = self.at;
        let header = self.bytes(length, "an Arrow message of the length it says")?;
        let message =
            root_as_message(header).map_err(|_| DecodeError::malformed(format!("byte {start}"), "an Arrow message"))?;
        let body =
            usize::try_from(message.bodyLength()).map_err(|_| self.broken("a body length that is not negative"))?;
        let body = self.bytes(body, "a message body of the length it says")?;
        match message.header_type() {
            MessageHeader::RecordBatch => {
                let batch = message.header_as_record_batch().ok_or_else(|| self.broken("a record batch"))?;
                self.rows = self.counted(self.rows, &batch)?;
                self.buffers(&batch, body)?;
            }
            MessageHeader::DictionaryBatch => {
                let dictionary = message.header_as_dictionary_batch().ok_or_else(|| self.broken("a dictionary"))?;
                if dictionary.isDelta() {
                    return Err(DecodeError::UnsupportedFormat {
                        what: "a delta dictionary".to_owned(),
                        expected: "whole dictionaries",
                    });
                }
                let batch = dictionary.data().ok_or_else(|| self.broken("the values of a dictionary"))?;
                self.dictionary_rows = self.counted(self.dictionary_rows, &batch)?;
                self.buffers(&batch, body)?;
            }
            // The reader takes a schema without a list of fields for a bug of its own.
            MessageHeader::Schema if message.header_as_schema().is_some_and(|schema| schema.fields().is_some()) => {}
            MessageHeader::NONE => {}
            _ => return Err(self.broken("a schema with its fields, a record batch or a dictionary")),
        }
        Ok(true)
    }

    fn counted(&self, before: usize, batch: &RecordBatch<'_>) -> Result<usize, DecodeError> {
        let rows = usize::try_from(batch.length()).map_err(|_| self.broken("a number of rows that is not negative"))?;
        let rows = before.saturating_add(rows);
        if rows > self.limits.rows {
            return Err(DecodeError::more_than("rows", rows, self.limits.rows));
        }
        Ok(rows)
    }

    fn buffers(&mut self, batch: &RecordBatch<'_>, body: &[u8]) -> Result<(), DecodeError> {
        let codec = batch.compression().map(|compression| compression.codec());
        for buffer in batch.buffers().into_iter().flatten() {
            let (offset, length) = (usize::try_from(buffer.offset()), usize::try_from(buffer.length()));
            let bytes = match (offset, length) {
                (Ok(offset), Ok(length)) => offset.checked_add(length).and_then(|end| body.get(offset..end)),
                _ => None,
            };
            let bytes = bytes.ok_or_else(|| self.broken("buffers within their message"))?;
            if let Some(codec) = codec {
                self.compressed(codec, bytes)?;
            }
        }
        Ok(())
    }

    /// Counts what a compressed buffer will take.
    fn compressed(&mut self, codec: CompressionType, bytes: &[u8]) -> Result<(), DecodeError> {
        let Some((declared, bytes)) = bytes.split_first_chunk::<8>() else {
            // A buffer of no bytes needs no length.
            return if bytes.is_empty() { Ok(()) } else { Err(self.broken("the length of a compressed buffer")) };
        };
        let declared = match i64::from_le_bytes(*declared) {
            0 | NOT_COMPRESSED => return Ok(()),
            declared => usize::try_from(declared).map_err(|_| self.broken("the length of a compressed buffer"))?,
        };
        self.decompressed = self.decompressed.saturating_add(declared);
        if self.decompressed > self.limits.decompressed_bytes {
            let limit = self.limits.decompressed_bytes;
            return Err(DecodeError::more_than("decompressed bytes of the body", self.decompressed, limit));
        }
        // The reader decompresses LZ4 to the end of its frames, whatever length is declared.
        let is_lz4 = codec == CompressionType::LZ4_FRAME;
        if is_lz4 && lz4::decompressed_bytes(bytes) != Some(declared) {
            return Err(self.broken("an LZ4 frame of the length that its buffer declares"));
        }
        Ok(())
    }
}
