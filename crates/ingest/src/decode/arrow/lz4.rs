//! How many bytes LZ4 frames hold, without decompressing them.
//!
//! The formats: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md> and `lz4_Block_format.md` beside it.

const MAGIC: u32 = 0x184d_2204;
/// Flags of a frame's first byte.
const HAS_DICTIONARY_ID: u8 = 1;
const HAS_CONTENT_CHECKSUM: u8 = 1 << 2;
const HAS_CONTENT_SIZE: u8 = 1 << 3;
const HAS_BLOCK_CHECKSUMS: u8 = 1 << 4;
/// The bit of a block's length that says it is stored as it is.
const IS_STORED: u32 = 1 << 31;
/// A match has at least four bytes.
const MATCH_MIN: usize = 4;

/// The sum of what all frames of `bytes` hold; `None` when they are no LZ4 frames.
pub(super) fn decompressed_bytes(mut bytes: &[u8]) -> Option<usize> {
    let mut sum = 0_usize;
    while !bytes.is_empty() {
        sum = sum.checked_add(frame(&mut bytes)?)?;
    }
    Some(sum)
}

fn frame(bytes: &mut &[u8]) -> Option<usize> {
    if word(bytes)? != MAGIC {
        return None;
    }
    let flags = *take(bytes, 2)?.first()?;
    let has = |flag: u8| flags & flag != 0;
    let optional = 8 * usize::from(has(HAS_CONTENT_SIZE)) + 4 * usize::from(has(HAS_DICTIONARY_ID));
    take(bytes, optional + 1)?;
    let mut sum = 0_usize;
    loop {
        let header = word(bytes)?;
        if header == 0 {
            take(bytes, 4 * usize::from(has(HAS_CONTENT_CHECKSUM)))?;
            return Some(sum);
        }
        let data = take(bytes, (header & !IS_STORED) as usize)?;
        let size = if header & IS_STORED == 0 { block(data)? } else { data.len() };
        sum = sum.checked_add(size)?;
        take(bytes, 4 * usize::from(has(HAS_BLOCK_CHECKSUMS)))?;
    }
}

/// The bytes of a compressed block: literals and matches, one after the other.
fn block(mut data: &[u8]) -> Option<usize> {
    let mut sum = 0_usize;
    loop {
        let token = *take(&mut data, 1)?.first()?;
        let literals = length(token >> 4, &mut data)?;
        take(&mut data, literals)?;
        sum = sum.checked_add(literals)?;
        if data.is_empty() {
            // The last sequence has no match.
            return Some(sum);
        }
        take(&mut data, 2)?;
        sum = sum.checked_add(length(token & 15, &mut data)?.checked_add(MATCH_MIN)?)?;
        if data.is_empty() {
            return Some(sum);
        }
    }
}

fn length(nibble: u8, data: &mut &[u8]) -> Option<usize> {
    let mut length = usize::from(nibble);
    if nibble == 15 {
        loop {
            let more = *take(data, 1)?.first()?;
            length = length.checked_add(usize::from(more))?;
            if more != u8::MAX {
                break;
            }
        }
    }
    Some(length)
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn word(bytes: &mut &[u8]) -> Option<u32> {
    take(bytes, 4)?.try_into().ok().map(u32::from_le_bytes)
}
