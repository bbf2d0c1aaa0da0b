//! What is made from the definitions of the configuration.

use crate::support::root;

#[test]
fn the_configuration_reference_is_made_from_the_program() {
    let path = root().join("docs/configuration.md");
    let made = watchkeeper::config::reference::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, made, "docs/configuration.md is out of date: make docs");
}
