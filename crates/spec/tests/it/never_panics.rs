//! No input makes the parser panic. The same entry serves a fuzzer: `Model::from_yaml_bytes`.

use proptest::prelude::*;
use watchkeeper_spec::Model;

use crate::support::with_spec;

/// Text near to a model: pieces that mean something, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "apiVersion: watchkeeper/v1",
        "kind: Model",
        "metadata:",
        "name: m",
        "spec:",
        "task: other",
        "columns:",
        "- ",
        "role: id",
        "check:",
        "metrics:",
        "thresholds:",
        "psi:",
        "\n",
        "\n  ",
        "\n    ",
        "{",
        "}",
        "[",
        "]",
        ",",
        ": ",
        "&a ",
        "*a",
        "<<: ",
        "? ",
        "| ",
        "> ",
        "\"",
        "'",
        "#",
        "---\n",
        "...\n",
        "!!str ",
        "!x ",
        "%YAML 1.2\n",
        ".nan",
        "1e999",
        "-0",
        "null",
        "~",
        "\t",
        "\u{feff}",
        "\u{2028}",
        "é",
        "\0",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn problems_are_well_formed(bytes: &[u8]) {
    if let Err(error) = Model::from_yaml_bytes(bytes, "m") {
        assert!(!error.problems().is_empty());
        assert_eq!(error.to_string().lines().count(), error.problems().len() + usize::from(error.omitted() > 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        problems_are_well_formed(&bytes);
    }

    #[test]
    fn arbitrary_text(text in any::<String>()) {
        problems_are_well_formed(text.as_bytes());
    }

    #[test]
    fn arbitrary_pieces(text in pieces()) {
        problems_are_well_formed(text.as_bytes());
        problems_are_well_formed(with_spec(&text).as_bytes());
    }
}
