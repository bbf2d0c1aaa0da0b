//! Compressed bodies → bytes, within bounds.

use std::io::Read;

use bytes::Bytes;

use super::{DecodeError, Encoding};
use crate::Limits;

/// Bytes that come out before the ratio is looked at: small bodies of one repeated row compress well.
const RATIO_FREE_BYTES: usize = 1 << 20;
/// Bytes decompressed between two looks at the bounds.
const STEP_BYTES: usize = 64 << 10;
/// Largest window of a zstd frame, as a power of two: what `zstd` itself takes without `--long`.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// Decompresses a body and stops at the limits: bytes as sent, bytes out, bytes out per byte in.
///
/// Gzip may have several members and zstd several frames, one after the other. Not more than the limit plus 64 KiB is
/// ever held.
///
/// # Errors
///
/// [`DecodeError::TooLarge`] at a limit, [`DecodeError::Malformed`] when the bytes are not of the encoding or end early.
pub fn decompress(encoding: Encoding, body: Bytes, limits: &Limits) -> Result<Bytes, DecodeError> {
    if body.len() > limits.body_bytes {
        return Err(DecodeError::too_large("bytes of the body", body.len(), limits.body_bytes));
    }
    match encoding {
        Encoding::Identity if body.len() > limits.decompressed_bytes => {
            Err(DecodeError::too_large("bytes of the body", body.len(), limits.decompressed_bytes))
        }
        Encoding::Identity => Ok(body),
        // No bytes are no events, and some clients compress nothing to nothing.
        _ if body.is_empty() => Ok(body),
        Encoding::Gzip => bounded(flate2::bufread::MultiGzDecoder::new(body.as_ref()), "gzip", body.len(), limits),
        Encoding::Zstd => {
            let broken = |_| DecodeError::malformed("the start", "a zstd frame");
            let mut reader = zstd::stream::read::Decoder::with_buffer(body.as_ref()).map_err(broken)?;
            reader.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(broken)?;
            bounded(reader, "zstd", body.len(), limits)
        }
    }
}

fn bounded(mut reader: impl Read, name: &str, sent: usize, limits: &Limits) -> Result<Bytes, DecodeError> {
    let ratio = usize::try_from(limits.decompression_ratio).unwrap_or(usize::MAX);
    let by_ratio = sent.saturating_mul(ratio).max(RATIO_FREE_BYTES);
    let mut out = Vec::new();
    loop {
        let read =
            reader.by_ref().take(STEP_BYTES as u64).read_to_end(&mut out).map_err(|_| {
                DecodeError::malformed(format!("decompressed byte {}", out.len()), format!("{name} data"))
            })?;
        if out.len() > limits.decompressed_bytes {
            return Err(DecodeError::more_than("decompressed bytes of the body", out.len(), limits.decompressed_bytes));
        }
        if out.len() > by_ratio {
            return Err(DecodeError::more_than("decompressed bytes per byte sent", out.len().div_ceil(sent), ratio));
        }
        if read == 0 {
            return Ok(Bytes::from(out));
        }
    }
}
