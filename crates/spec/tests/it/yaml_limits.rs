//! Invalid YAML, several documents, and texts that are made to be expensive.

use watchkeeper_spec::{DEPTH_MAX, Model, SCALAR_BYTES_MAX, TEXT_BYTES_MAX};

use crate::support::{check, ok, parse, with_spec};

const EMPTY: &str =
    "model.yaml: the document is empty; expected a mapping with `apiVersion`, `kind`, `metadata`, `spec`";

#[track_caller]
fn only_problem(text: &str) -> String {
    let error = parse(text).unwrap_err();
    assert_eq!(error.problems().len(), 1, "{error}");
    error.to_string()
}

#[test]
fn empty_documents() {
    for text in ["", "\n \n", "# only a comment\n", "---\n", "null", "\u{feff}"] {
        check(text, &[EMPTY]);
    }
}

#[test]
fn several_documents() {
    let model = with_spec("task: other");
    assert_eq!(
        only_problem(&format!("{model}---\n{model}")),
        "model.yaml:7:1: found a second document; expected exactly one document; remove the `---` or split the file"
    );
    ok(&format!("---\n{model}...\n"));
    // Nothing is behind the marker, but it opens a document.
    assert!(only_problem(&format!("{model}---\n")).contains("found a second document"));
}

#[test]
fn syntax() {
    for (text, expect) in [
        ("a: [1, 2", "1:4: invalid YAML: unclosed bracket '['"),
        ("a: b: c", "1:5: invalid YAML: mapping values are not allowed in this context"),
        ("a:\n\t- b\n", "2:2: invalid YAML: tabs disallowed within this context (block indentation)"),
        ("a: \"\\q\"", "1:4: invalid YAML: while parsing a quoted scalar, found unknown escape character"),
        ("a: *x", "1:4: unknown anchor; expected an alias to an anchor above it"),
        ("a: &a [*a]", "1:8: an anchor contains itself; expected an alias to a value that ends before it"),
        ("a: !!float x", "1:12: the value does not fit its tag; remove the tag"),
        ("<<: 3", "1:5: invalid YAML: YAML merge value must be mapping or sequence of mappings"),
        ("just text", "1:1: the document is text `just text`; expected a mapping of fields"),
        ("- a", "1:1: the document is a list; expected a mapping of fields"),
    ] {
        assert_eq!(only_problem(text), format!("model.yaml:{expect}"));
    }
    assert!(only_problem("a: !custom b").starts_with("model.yaml:1:"), "{}", only_problem("a: !custom b"));
}

#[test]
fn byte_order_mark_and_carriage_returns() {
    let text = with_spec("task: other\ncolumns:\n  - {name: a, role: feature}");
    assert_eq!(ok(&format!("\u{feff}{}", text.replace('\n', "\r\n"))), ok(&text));
}

#[test]
fn invalid_utf8() {
    let error = Model::from_yaml_bytes(b"kind: Model\nname: \xff", "model.yaml").unwrap_err().to_string();
    assert_eq!(error, "model.yaml:2:7: invalid UTF-8 after 18 bytes; expected UTF-8 text");
}

#[test]
fn anchors_and_merge_keys_work() {
    let model = ok(&with_spec(
        "
task: other
columns:
  - &first {name: a, role: feature, thresholds: &t {psi: {warning: 0.1, critical: 0.2}}}
  - {name: b, role: feature, thresholds: *t}
  - {<<: *first, name: c}
",
    ));
    assert_eq!(model.columns[0].thresholds, model.columns[1].thresholds);
    assert_eq!((model.columns[2].name.as_str(), model.columns[2].role), ("c", model.columns[0].role));
}

#[test]
fn alias_bombs() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let error = only_problem(&bomb);
    assert!(error.ends_with("aliases repeat too many values; expected at most 10000; write the values out"), "{error}");

    let quoted = format!("a: &a \"{}\\n\"\nb: [{}]\n", "x".repeat(SCALAR_BYTES_MAX - 1), "*a,".repeat(20_000));
    let error = only_problem(&quoted);
    assert!(
        error.ends_with("the values are too large, aliases counted at each use; expected at most 4194304 bytes"),
        "{error}"
    );
}

#[test]
fn depth() {
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(
        only_problem(&nested).contains(&format!("nested too deep; expected at most {DEPTH_MAX}")),
        "{}",
        only_problem(&nested)
    );
    let block: String = (0..2000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    assert!(only_problem(&block).contains("nested too deep"), "{}", only_problem(&block));
    let dashes = "- ".repeat(10_000);
    assert!(only_problem(&dashes).contains("nested too deep"), "{}", only_problem(&dashes));
}

#[test]
fn size() {
    let error = only_problem(&" ".repeat(TEXT_BYTES_MAX + 1));
    assert_eq!(error, "model.yaml: the text is too large, found 4194305 bytes; expected at most 4194304 bytes");
    let error = only_problem(&format!("a: {}", "x".repeat(SCALAR_BYTES_MAX + 1)));
    assert_eq!(error, "model.yaml:1:4: a value of 8193 bytes is too long; expected at most 8192");
    let error = only_problem(&format!("[{}]", "1,".repeat(TEXT_BYTES_MAX / 2 - 1)));
    assert!(error.ends_with("the document has too many values; expected at most 500000"), "{error}");
}

#[test]
fn wide_models_are_read() {
    let columns: String =
        (0..20_000).map(|i| format!("  - {{name: column_{i}, role: feature, type: numeric}}\n")).collect();
    let model = ok(&with_spec(&format!("task: other\ncolumns:\n{columns}")));
    assert_eq!(model.columns.len(), 20_000);
}
