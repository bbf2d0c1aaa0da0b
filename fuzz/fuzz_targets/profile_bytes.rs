//! Grids and profiles as bytes: what decodes encodes to bytes that decode to the same bytes again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchkeeper_profile::{Grid, Profile};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(grid) = Grid::decode(bytes) {
        let once = grid.encode();
        let again = Grid::decode(&once).expect("what was encoded decodes");
        assert_eq!(again.encode(), once, "encode(decode(x)) is a fixed point for grids");
        // The empty profile over any grid that decodes is the identity.
        let mut empty = Profile::empty(&again);
        empty.merge(&Profile::empty(&again)).expect("one grid");
    }
    if let Ok(profile) = Profile::decode(bytes) {
        let once = profile.encode();
        let again = Profile::decode(&once).expect("what was encoded decodes");
        assert_eq!(again.encode(), once, "encode(decode(x)) is a fixed point for profiles");
        let mut sum = again.clone();
        if sum.merge(&again).is_ok() {
            let _ = sum.subtract(&again);
        }
    }
});
