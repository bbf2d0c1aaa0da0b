//! Bytes written by earlier versions stay readable. A new version adds a fixture; none is ever rewritten.

use watchkeeper_profile::{ENCODING_VERSION, Grid, Kind, Profile};

use crate::sources::{baseline, current, floats, strings};

/// What the fixtures of version 1 hold.
fn version_1() -> Vec<(&'static str, Grid, Profile)> {
    let numbers = floats((0..3000).map(|i| f64::from(i * 7919 % 3001) / 3.0));
    let texts = strings((0..500).map(|i| format!("level {}", i * i % 37)));
    let mut made = Vec::new();
    for (name, kind, reference, rows) in [
        ("numeric", Kind::Numeric, &numbers, floats((0..400).map(|i| f64::from(i) * 5.0 - 300.0))),
        ("categorical", Kind::Categorical, &texts, strings((0..90).map(|i| format!("level {}", i % 45)))),
        ("text", Kind::Text, &texts, strings(["one", "two words", ""])),
        ("presence", Kind::Presence, &texts, strings(["a"])),
    ] {
        let baseline = baseline(kind, reference, 0);
        let (profile, _) = current(&baseline, &rows, 0);
        made.push((name, baseline.grid, profile));
    }
    made
}

#[test]
fn fixtures_of_every_version_are_read() {
    assert_eq!(ENCODING_VERSION, 1, "a new version needs fixtures of its own beside the old ones");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    for (name, grid, profile) in version_1() {
        for (part, bytes) in [("grid", grid.encode()), ("profile", profile.encode())] {
            let path = format!("{folder}/v1-{name}.{part}");
            if std::env::var_os("WRITE_FIXTURES").is_some() {
                std::fs::write(&path, &bytes).expect("writable");
            }
            let stored = std::fs::read(&path).expect(&path);
            assert!(stored == bytes, "{path}: this version writes other bytes for the same rows");
        }
        assert_eq!(Grid::decode(&std::fs::read(format!("{folder}/v1-{name}.grid")).unwrap()).unwrap(), grid);
        assert_eq!(Profile::decode(&std::fs::read(format!("{folder}/v1-{name}.profile")).unwrap()).unwrap(), profile);
    }
}
