//! Keys: references, lengths, and that nothing shows them.

use std::error::Error;

use watchkeeper_ingest::privacy::{Gate, GateError, KeyError, KeyReference, KeySource, NoKey, Secret};
use watchkeeper_spec::Privacy;

use super::*;

const HASH: Privacy = Privacy::Hash { domain: None };

#[test]
fn references() {
    assert_eq!("env:WATCHKEEPER_KEY".parse::<KeyReference>().unwrap(), KeyReference::Env("WATCHKEEPER_KEY".to_owned()));
    assert_eq!("file:/etc/key".parse::<KeyReference>().unwrap(), KeyReference::File("/etc/key".into()));
    for text in ["", "file:", "env:", "my-secret-key-itself", "vault:x"] {
        let error = text.parse::<KeyReference>().unwrap_err().to_string();
        assert_eq!(error, "invalid reference to a key; expected `file:PATH` or `env:NAME`");
    }
}

#[test]
fn key_files() {
    let folder = std::env::temp_dir().join(format!("watchkeeper-keys-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        KeyReference::File(path).key()
    };
    let key = b"0123456789abcdef0123456789abcdef".as_slice();
    assert_eq!(write("exact", key).unwrap(), Some(Secret::new(key).unwrap()));
    assert_eq!(write("line", b"0123456789abcdef0123456789abcdef\r\n").unwrap(), Some(Secret::new(key).unwrap()));
    // Blanks are part of a key: it may be any bytes.
    assert_ne!(write("blank", b"0123456789abcdef0123456789abcdef ").unwrap(), Some(Secret::new(key).unwrap()));
    assert!(matches!(write("short", b"0123456789abcdef0123456789abcde\n"), Err(KeyError::Short { found: 31 })));
    assert!(matches!(write("empty", b""), Err(KeyError::Short { found: 0 })));
    assert!(matches!(write("long", &[b'x'; 70_000]), Err(KeyError::Long { found: 70_000, .. })));
    assert!(matches!(KeyReference::File(folder.join("absent")).key(), Err(KeyError::Unreadable { .. })));
    let unset = KeyReference::Env("WATCHKEEPER_TEST_KEY_THAT_NOBODY_SETS".to_owned()).key();
    assert!(matches!(unset, Err(KeyError::Unset { .. })));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_request_that_needs_a_missing_key_is_refused() {
    let columns = || batch(vec![("a", texts(["canary"])), ("b", numbers([1.0]))]);
    let gate = Gate::new(plan(&[("a", HASH)]), &NoKey);
    let error = gate.apply(columns()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "column `a` asks for a keyed hash and no key is configured; expected `file:PATH` or `env:NAME`"
    );
    // A request without the column passes.
    assert_eq!(gate.apply(batch(vec![("b", numbers([1.0]))])).unwrap().batch.num_columns(), 1);
}

#[test]
fn a_request_that_needs_a_broken_key_is_refused() {
    let broken = KeyReference::File("/nonexistent/watchkeeper/key".into());
    let gate = Gate::new(plan(&[("a", HASH)]), &broken);
    let error = gate.apply(batch(vec![("a", texts(["canary"]))])).unwrap_err();
    assert!(matches!(error, GateError::Key { .. }));
    assert!(error.source().unwrap().to_string().contains("/nonexistent/watchkeeper/key"));
    // The key will be there again: a column that would be hashed is refused too, and not kept in another way for ever.
    let undeclared = Gate::new(plan(&[]), &broken);
    assert!(undeclared.apply(batch(vec![("email", texts(["a@b.co"]))])).is_err());
}

#[test]
fn keys_are_not_shown() {
    let text = "0123456789abcdef0123456789abcdef";
    let gate = gate(&[("a", HASH)]);
    let shown = format!("{gate:?} {:?} {:?}", key(), Secret::new("short-canary").unwrap_err());
    assert!(!shown.contains(text) && !shown.contains("48, 49") && !shown.contains("canary"), "{shown}");
    assert!(shown.contains("***"));
}
