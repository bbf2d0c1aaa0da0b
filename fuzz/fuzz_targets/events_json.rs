//! Events as JSON and NDJSON: refused with a reason or read, and then the two agree with `serde_json` on what is JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchkeeper_ingest::decode::BodyFormat;

fuzz_target!(|bytes: &[u8]| {
    watchkeeper_fuzz::read_events(BodyFormat::Ndjson, bytes);
    let is_read = watchkeeper_fuzz::read_events(BodyFormat::Json, bytes);
    // `serde_json` stops at 128 levels and knows no byte order mark; ours stops at limits that are rows' own.
    if serde_json::from_slice::<serde_json::Value>(bytes).is_ok_and(|value| value.is_array() || value.is_object()) {
        assert!(is_read, "what is JSON is read");
    }
});
