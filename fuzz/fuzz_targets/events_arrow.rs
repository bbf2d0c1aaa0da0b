//! Events as an Arrow IPC stream: refused with a reason or read, within the limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchkeeper_ingest::decode::BodyFormat;

fuzz_target!(init: watchkeeper_fuzz::guarded_panics_unwind(), |bytes: &[u8]| {
    watchkeeper_fuzz::read_events(BodyFormat::ArrowStream, bytes);
});
