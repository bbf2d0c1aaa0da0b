//! How large a request may be.

/// Bounds of one request. Each has a clear answer when it is passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body as sent.
    pub body_bytes: usize,
    /// Bytes of the body after decompression.
    pub decompressed_bytes: usize,
    /// Bytes out per byte in, checked once a MiB came out.
    pub decompression_ratio: u32,
    /// Rows of one request.
    pub rows: usize,
    /// Columns of one model.
    pub columns: usize,
    /// Depth of nested objects and arrays.
    pub nesting: usize,
    /// Bytes of one text value.
    pub string_bytes: usize,
    /// How far an event may lie in the past, in seconds.
    pub past_seconds: i64,
    /// How far an event may lie in the future, in seconds.
    pub future_seconds: i64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        const DAY: i64 = 86_400;
        Self {
            body_bytes: 32 * MIB,
            decompressed_bytes: 256 * MIB,
            decompression_ratio: 50,
            rows: 1_000_000,
            columns: 2_000,
            nesting: 32,
            string_bytes: 64 << 10,
            past_seconds: 400 * DAY,
            future_seconds: DAY,
        }
    }
}
