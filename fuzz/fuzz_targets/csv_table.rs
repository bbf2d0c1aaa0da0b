//! A CSV file of any content: refused with a reason, or read to its end.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| watchkeeper_fuzz::read_table(bytes, "csv"));
