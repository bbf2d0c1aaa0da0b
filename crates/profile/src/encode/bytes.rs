//! Varints and bounded reading.

use crate::ProfileError;

#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn unsigned(&mut self, mut value: u128) {
        while value >= 0x80 {
            self.bytes.push((value as u8 & 0x7f) | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    pub(super) fn count(&mut self, value: u64) {
        self.unsigned(u128::from(value));
    }

    pub(super) fn len(&mut self, value: usize) {
        self.unsigned(value as u128);
    }

    pub(super) fn signed(&mut self, value: i128) {
        self.unsigned(((value << 1) ^ (value >> 127)).cast_unsigned());
    }

    pub(super) fn float(&mut self, value: f64) {
        self.bytes.extend(value.to_bits().to_le_bytes());
    }

    pub(super) fn word(&mut self, value: u64) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.len(text.len());
        self.bytes.extend(text.as_bytes());
    }
}

pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], ProfileError> {
        let (taken, rest) =
            self.rest.split_at_checked(len).ok_or_else(|| ProfileError::Encoding("it ends too early".into()))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, ProfileError> {
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    pub(super) fn unsigned(&mut self) -> Result<u128, ProfileError> {
        let mut value = 0u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7f);
            if shift == 126 && bits > 3 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(ProfileError::Encoding("a number is too long".into()))
    }

    pub(super) fn count(&mut self) -> Result<u64, ProfileError> {
        u64::try_from(self.unsigned()?).map_err(|_| ProfileError::Encoding("a count is above 2^64".into()))
    }

    /// A list length; each element takes at least one byte, so more than the bytes left cannot be true.
    pub(super) fn len(&mut self) -> Result<usize, ProfileError> {
        let len = self.unsigned()?;
        match usize::try_from(len) {
            Ok(len) if len <= self.rest.len() => Ok(len),
            _ => Err(ProfileError::Encoding(format!("a list of {len} entries is longer than the bytes left"))),
        }
    }

    pub(super) fn signed(&mut self) -> Result<i128, ProfileError> {
        let value = self.unsigned()?;
        Ok((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    pub(super) fn word(&mut self) -> Result<u64, ProfileError> {
        let bytes = self.take(8)?.first_chunk::<8>().copied().unwrap_or_default();
        Ok(u64::from_le_bytes(bytes))
    }

    pub(super) fn float(&mut self) -> Result<f64, ProfileError> {
        Ok(f64::from_bits(self.word()?))
    }

    pub(super) fn text(&mut self) -> Result<String, ProfileError> {
        let len = self.len()?;
        let bytes = self.take(len)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| ProfileError::Encoding("a text is not UTF-8".into()))
    }

    pub(super) fn end(&self) -> Result<(), ProfileError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(ProfileError::Encoding(format!("{} bytes are left over", self.rest.len())))
        }
    }
}
