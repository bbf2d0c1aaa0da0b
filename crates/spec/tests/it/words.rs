//! Spelling of the vocabularies.

use watchkeeper_spec::{FailOn, Kind, Role, Task, Undeclared};

#[test]
fn spelling() {
    let words = |all: Vec<&str>| all.join(" ");
    assert_eq!(
        words(Role::ALL.iter().map(|w| w.as_str()).collect()),
        "feature prediction score label segment id timestamp latency attribution embedding ignore"
    );
    assert_eq!(words(Kind::ALL.iter().map(|w| w.as_str()).collect()), "numeric boolean categorical text timestamp");
    assert_eq!(
        words(Task::ALL.iter().map(|w| w.as_str()).collect()),
        "binary_classification multiclass_classification regression ranking forecasting other"
    );
    assert_eq!(words(Undeclared::ALL.iter().map(|w| w.as_str()).collect()), "infer ignore");
    assert_eq!(words(FailOn::ALL.iter().map(|w| w.as_str()).collect()), "warning critical never");
}

#[test]
fn display_pads() {
    assert_eq!(format!("{:<8}|", Role::Id), "id      |");
}

#[test]
fn unknown_word() {
    assert_eq!(
        "bool".parse::<Kind>().unwrap_err().to_string(),
        "unknown type `bool`; did you mean `boolean`? \
         expected one of `numeric`, `boolean`, `categorical`, `text`, `timestamp`"
    );
}
