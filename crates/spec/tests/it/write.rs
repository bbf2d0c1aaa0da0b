//! The commented text of an inferred model reads back as the same model.

use watchkeeper_spec::{InferredColumn, InferredModel, Kind, Model, Role, Task, model_name_from};

use crate::support::ok;

fn column(name: &str) -> InferredColumn {
    InferredColumn {
        name: name.to_owned(),
        role: Role::Feature,
        kind: Some(Kind::Numeric),
        reason: "numbers, 12 distinct".to_owned(),
        min: Some(0.0),
        max: Some(1.5),
        example: "mean 0.7".to_owned(),
    }
}

fn inferred(columns: Vec<InferredColumn>) -> InferredModel {
    InferredModel {
        header: vec!["Inferred from reference.csv.".to_owned(), "Check roles before use.".to_owned()],
        name: "flights-delay".to_owned(),
        description: None,
        task: Task::BinaryClassification,
        task_reason: "the label has 2 values".to_owned(),
        columns,
    }
}

#[track_caller]
pub(crate) fn reads_back(inferred: &InferredModel) {
    let text = Model::to_yaml_commented(inferred);
    assert_eq!(ok(&text), Model::from_inferred(inferred).unwrap(), "\n{text}");
}

#[test]
fn text() {
    let model = inferred(vec![column("distance"), InferredColumn { kind: None, ..column("9 lives: \"é\"") }]);
    let expect = r#"# Inferred from reference.csv.
# Check roles before use.
apiVersion: watchkeeper/v1
kind: Model
metadata:
  name: flights-delay
spec:
  # task: binary_classification | multiclass_classification | regression | ranking | forecasting | other
  task: binary_classification  # the label has 2 values
  # role: feature | prediction | score | label | segment | id | timestamp | latency | attribution | embedding | ignore
  # type: numeric | boolean | categorical | text | timestamp
  # also: importance, missing_as_bin, empty_is_null, thresholds: { psi: { warning: 0.1, critical: 0.25 } }
  columns:
    - name: distance  # mean 0.7
      role: feature  # numbers, 12 distinct
      type: numeric
      min: 0
      max: 1.5
    - name: "9 lives: \"é\""  # mean 0.7
      role: feature  # numbers, 12 distinct
  # undeclared: what happens with columns of the data that are not listed above.
  undeclared: infer  # infer | ignore
  check:
    metrics: [default]  # default | all | names of metrics
    alpha: 0.01  # false-alarm level of one minimum-effect test
    fdr_q: 0.05  # level of the false discovery rate over columns
    fail_on: critical  # warning | critical | never
    exact_rows: 100000  # rank statistics are exact up to this many rows a side
"#;
    assert_eq!(Model::to_yaml_commented(&model), expect);
    reads_back(&model);
}

#[test]
fn awkward_names() {
    let names = [
        "a: b",
        "a #b",
        "#",
        "- a",
        "?",
        "? a",
        "\"",
        "'",
        "\\",
        "yes",
        "No",
        "null",
        "~",
        "true",
        "1",
        "1e3",
        "0x1F",
        "1_000",
        ".5",
        ".inf",
        "2024-01-01",
        "12:30:45",
        "",
        " ",
        " a ",
        "a\nb",
        "a\r\nb",
        "\t",
        "\0",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{feff}",
        "\u{feff}a",
        "é",
        "日本",
        "🦀",
        "👩\u{200d}🔬",
        "\u{202e}x",
        "*a",
        "&a",
        "!a",
        "!!str a",
        "%a",
        "@a",
        "`a",
        "|",
        ">",
        "{a}",
        "[a]",
        "a,b",
        "---",
        "...",
        "<<",
        "=",
        "\u{fffe}",
        "\u{10ffff}",
        "e\u{301}",
        "-",
        "-1",
        "y",
        "n",
        "on",
        "Infinity",
        "NaN",
    ];
    let columns = names.iter().filter(|name| !name.is_empty()).map(|name| column(name)).collect();
    reads_back(&inferred(columns));
}

#[test]
fn comments_cannot_leave_their_line() {
    let mut model = inferred(vec![InferredColumn {
        reason: "x\n  undeclared: ignore".to_owned(),
        example: "a\r\u{85}\u{2028}b: c\0".to_owned(),
        ..column("a")
    }]);
    model.header.push("one\nspec: two".to_owned());
    model.description = Some("first\nsecond # third".to_owned());
    model.task_reason = "\n---\n".to_owned();
    reads_back(&model);
}

#[test]
fn ranges_that_cannot_be_written_are_left_out() {
    let model = inferred(vec![
        InferredColumn { min: Some(f64::NEG_INFINITY), max: Some(f64::NAN), ..column("a") },
        InferredColumn { kind: Some(Kind::Categorical), ..column("b") },
        InferredColumn { min: Some(-1e300), max: Some(5e-324), ..column("c") },
    ]);
    reads_back(&model);
    let read = ok(&Model::to_yaml_commented(&model));
    assert_eq!((read.columns[0].min, read.columns[0].max, read.columns[1].min), (None, None, None));
    assert_eq!((read.columns[2].min, read.columns[2].max), (Some(-1e300), Some(5e-324)));
}

#[test]
fn inferred_models_are_linted() {
    let error = Model::from_inferred(&inferred(vec![column("a"), column("a")])).unwrap_err().to_string();
    assert_eq!(error, "inferred model: repeated column `a`, first at `spec.columns[0]`; expected each column once");
}

#[test]
fn model_names() {
    for (text, name) in [
        ("flights", "flights"),
        ("Flights Delay (v2).csv", "flights-delay-v2-csv"),
        ("__", "model"),
        ("日本", "model"),
        ("a..b", "a.b"),
    ] {
        assert_eq!(model_name_from(text), name);
    }
}
