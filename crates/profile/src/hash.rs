//! Hashes with fixed constants: the same value gives the same hash on every machine and in every version.

use xxhash_rust::xxh3::xxh3_64;

/// A bijective 64-bit finaliser (the mixing step of SplitMix64): cheap, and good enough to rank values.
#[inline]
#[must_use]
pub fn mix(bits: u64) -> u64 {
    let mut z = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Hash of a string value's bytes (xxh3, seed 0).
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}
