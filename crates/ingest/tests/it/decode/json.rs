//! JSON and NDJSON: syntax, names, types, times.

use super::*;
use watchkeeper_ingest::decode::{DecodeErrorKind, decode_values};

#[test]
fn nothing_is_no_rows() {
    for body in ["", " \n\t", "\u{feff}", "[]", " [ ] "] {
        assert_eq!(predictions().json(body).rows, 0, "{body:?}");
    }
    for body in ["", "\n\n", " \r\n \r\n", "\u{feff}\n"] {
        assert_eq!(predictions().ndjson(body).rows, 0, "{body:?}");
    }
    for format in [BodyFormat::ArrowStream, BodyFormat::Parquet] {
        let empty = predictions().read(format, "").unwrap();
        assert_eq!(columns(&empty.batch), ["prediction_id", "ts", "environment"]);
    }
}

#[test]
fn the_canonical_event() {
    let decoded = predictions().json(
        r#"{"id":"a","ts":"2025-12-31T23:00:00Z","version":"3","environment":"staging",
            "features":{"x":1.5,"deep":{"er":{"y":true}},"list":[1, 2.0,"z",null,{"a":null,"b":[]}],"ts":7,"n":null},
            "prediction":"yes","scores":{"yes":0.75,"no":0.25},"latency_ms":12,"segments":{"country":"DE","tier":1},
            "trace_id":"t"}"#,
    );
    let batch = &decoded.batch;
    assert_eq!(
        columns(batch),
        [
            "prediction_id",
            "ts",
            "version",
            "environment",
            "trace_id",
            "latency_ms",
            "prediction",
            "deep.er.y",
            "feature.ts",
            "list",
            "score.no",
            "score.yes",
            "segment.country",
            "segment.tier",
            "x"
        ]
    );
    assert_eq!(text(batch, "list", 0).unwrap(), r#"[1,2,"z",null,{"b":[]}]"#);
    assert_eq!(text(batch, "segment.tier", 0).unwrap(), "1");
    assert_eq!(time(batch, "ts", 0), Some(NOW - 3_600_000_000));
    assert_eq!(number(batch, "feature.ts", 0), Some(7.0));
    assert!(batch.schema().metadata().is_empty());
}

#[test]
fn flat_rows_are_as_good() {
    let flat = predictions().json(
        r#"[{"timestamp":1767222000,"prediction_id":7,"x":1,"segment.country":"DE","score.yes":0.5,"date":"d"}]"#,
    );
    let nested = predictions().json(
        r#"{"ts":1767222000000,"id":"7","features":{"x":1,"date":"d"},"segments":{"country":"DE"},"scores":{"yes":0.5}}"#,
    );
    assert_eq!(flat.batch, nested.batch);
    assert!(columns(&flat.batch).contains(&"feature.date".to_owned()));
}

#[test]
fn what_is_missing_is_filled_or_refused() {
    let decoded = predictions().ndjson("{\"x\":1}\n{\"id\":null}\n{\"id\":\"\"}\n{\"id\":true}\n{\"id\":1e20}\n{}");
    let expected = [
        (0, RejectCode::Missing),
        (1, RejectCode::Missing),
        (2, RejectCode::Missing),
        (3, RejectCode::WrongType),
        (5, RejectCode::Missing),
    ];
    assert_eq!(codes(&decoded.rejects), expected);
    assert_eq!(text(&decoded.batch, "prediction_id", 0).unwrap(), "1e20");
    assert_eq!(text(&decoded.batch, "environment", 0).unwrap(), "production");
    assert_eq!(time(&decoded.batch, "ts", 0), Some(NOW));
    assert_eq!(columns(&decoded.batch), ["prediction_id", "ts", "environment"], "x was in no row that was taken");
}

#[test]
fn a_broken_line_costs_that_line_only() {
    let lines = [
        r#"{"id":1,"x":1}"#,
        r#"{"id":2,"x":1,}"#,
        r#"{"id":3 "x":1}"#,
        r#"{"id":4}{"id":5}"#,
        r#"{"id":6,"x":01}"#,
        r#"{"id":7,"x":NaN}"#,
        r#"{"id":8,"x":"\ud800"}"#,
        r#"{"id":9,"x":"\ud800\u0041"}"#,
        r#"{"id":10,"x":"\q"}"#,
        "{\"id\":11,\"x\":\"\u{1}\"}",
        r#"{"id":12"#,
        r"[1]",
        r"5",
        r#"{"id":13,'x':1}"#,
        r#"{"id":14,"x":+1}"#,
        r#"{"id":15,"x":.5}"#,
        r#"{"id":16,"x":1.}"#,
        r#"{"id":17,"x":1,"x":1}"#,
        r#"{"id":18,"prediction_id":18}"#,
        r#"{"id":19,"features":{},"features":{}}"#,
        r#"{"id":20,"":1}"#,
        r#"{"id":21,"x":2}"#,
    ];
    let decoded = predictions().ndjson(lines.join("\r\n"));
    let refused: Vec<_> = (1..21).map(|row| (row, RejectCode::Malformed)).collect();
    assert_eq!(codes(&decoded.rejects), refused);
    assert_eq!(number(&decoded.batch, "x", 1), Some(2.0));
    let position = &decoded.rejects[1].expected;
    assert!(position.contains("byte 9 of the line"), "{position}");
}

#[test]
fn a_line_that_is_not_utf8_costs_that_line_only() {
    let decoded = predictions().ndjson(b"{\"id\":\"a\"}\n{\"id\":\"\xff\"}\n\n{\"id\":\"c\"}");
    assert_eq!(codes(&decoded.rejects), [(1, RejectCode::Malformed)]);
    assert_eq!(text(&decoded.batch, "prediction_id", 1).unwrap(), "c");
}

#[test]
fn broken_json_is_refused_with_its_place() {
    for (body, place) in [
        ("[{\"id\":1},\n {\"id\":2},]", "line 2, column 11"),
        ("{\"id\":1} {\"id\":2}", "line 1, column 10"),
        ("[{\"id\":1}", "line 1, column 10"),
        ("7", "line 1, column 1"),
        ("[{\"id\":\"\\ud800\"}]", "line 1, column 15"),
    ] {
        let error = predictions().read(BodyFormat::Json, body).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::Malformed);
        assert!(error.to_string().contains(place), "{body:?}: {error}");
    }
    let error = predictions().read(BodyFormat::Json, b"{\"id\":\"\xff\"}").unwrap_err();
    assert_eq!(error.to_string(), "body is broken at byte 7, expected UTF-8");
}

#[test]
fn strings_are_unescaped() {
    let decoded =
        predictions().json(r#"{"id":"\u00e9\ud83d\ude00\n\"","\u0078":"tab\t","long key without escapes":"ok"}"#);
    assert_eq!(text(&decoded.batch, "prediction_id", 0).unwrap(), "é😀\n\"");
    assert_eq!(text(&decoded.batch, "x", 0).unwrap(), "tab\t");
}

#[test]
fn numbers_are_the_nearest_double() {
    for digits in [
        "0.1",
        "-0.0",
        "3.141592653589793",
        "0.30000000000000004",
        "123456789.12345679",
        "5e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "9007199254740993.5",
        "0.000000000000000000000012345",
        "8.41e21",
        "1E5",
        "1e-7",
        "9007199254740992",
    ] {
        let decoded = predictions().json(format!("{{\"id\":1,\"x\":{digits}}}"));
        let expected: f64 = digits.parse().unwrap();
        assert_eq!(number(&decoded.batch, "x", 0).unwrap().to_bits(), expected.to_bits(), "{digits}");
    }
}

#[test]
fn numbers_beyond_doubles_are_refused() {
    for digits in
        ["9007199254740993", "-9007199254740993", "9223372036854775807", "18446744073709551617", "1e309", "-1e999"]
    {
        let refused = predictions().refused(&format!("{{\"id\":1,\"x\":{digits}}}"));
        assert_eq!(refused, (RejectCode::OutOfBounds, Some("x".to_owned())), "{digits}");
    }
    for digits in ["9007199254740994", "9223372036854775808", "-9223372036854775808", "18446744073709551616"] {
        let decoded = predictions().json(format!("{{\"id\":{digits},\"x\":{digits}}}"));
        assert_eq!(number(&decoded.batch, "x", 0), Some(digits.parse().unwrap()));
        assert_eq!(text(&decoded.batch, "prediction_id", 0).unwrap(), digits);
    }
}

#[test]
fn times() {
    let second = NOW / 1_000_000;
    for ts in [
        format!("{second}"),
        format!("{second}000"),
        format!("{second}000000"),
        format!("{second}000000999"),
        format!("{second}.0"),
        format!("{}e3", second),
        "\"2026-01-01T00:00:00Z\"".to_owned(),
        "\"2026-01-01T02:00:00.0000009+02:00\"".to_owned(),
        "null".to_owned(),
    ] {
        let decoded = predictions().json(format!("{{\"id\":1,\"ts\":{ts}}}"));
        assert_eq!(time(&decoded.batch, "ts", 0), Some(NOW), "{ts}");
    }
    for (ts, code) in [
        ("\"2026-01-01T00:00:00\"", RejectCode::WrongType),
        ("\"yesterday\"", RejectCode::WrongType),
        ("true", RejectCode::WrongType),
        ("[1]", RejectCode::WrongType),
        ("{}", RejectCode::WrongType),
        ("0", RejectCode::OutOfBounds),
        ("1e300", RejectCode::OutOfBounds),
        ("99999999999999999999", RejectCode::OutOfBounds),
    ] {
        assert_eq!(predictions().refused(&format!("{{\"id\":1,\"ts\":{ts}}}")), (code, Some("ts".to_owned())), "{ts}");
    }
    let edges = |seconds: i64| predictions().json(format!("{{\"id\":1,\"ts\":{}}}", second + seconds)).rejects.len();
    assert_eq!([edges(86_400), edges(86_401), edges(-400 * 86_400), edges(-400 * 86_400 - 1)], [0, 1, 0, 1]);
}

#[test]
fn types_of_known_and_new_columns() {
    let case = predictions()
        .column("n", ColumnType::Number, false)
        .column("b", ColumnType::Boolean, false)
        .column("s", ColumnType::Text, false)
        .column("t", ColumnType::Time, false);
    let taken = case.json(r#"{"id":1,"n":1,"b":true,"s":1.50,"t":"1999-12-31T00:00:00Z"}"#);
    assert_eq!(text(&taken.batch, "s", 0).unwrap(), "1.5");
    assert_eq!(time(&taken.batch, "t", 0), Some(946_598_400_000_000));
    for (field, value) in [("n", "\"1\""), ("n", "true"), ("n", "[1]"), ("b", "1"), ("b", "\"true\""), ("t", "false")] {
        assert_eq!(
            case.refused(&format!("{{\"id\":1,\"{field}\":{value}}}")),
            (RejectCode::WrongType, Some(field.to_owned()))
        );
    }
    // A row that is not taken has no say in the type of a new column.
    let first = predictions().ndjson(
        "{\"new\":\"text\"}\n{\"id\":2,\"new\":1}\n{\"id\":3,\"new\":\"text\"}\n{\"id\":4}\n{\"id\":5,\"new\":2}",
    );
    assert_eq!(codes(&first.rejects), [(0, RejectCode::Missing), (2, RejectCode::WrongType)]);
    assert_eq!([0, 1, 2].map(|row| number(&first.batch, "new", row)), [Some(1.0), None, Some(2.0)]);
    // Texts take what comes later.
    let widened = predictions().ndjson("{\"id\":1,\"new\":\"a\"}\n{\"id\":2,\"new\":false}\n{\"id\":3,\"new\":[1]}");
    assert_eq!(text(&widened.batch, "new", 2).unwrap(), "[1]");
}

#[test]
fn names_are_found_whatever_their_order() {
    let rows = "{\"id\":1,\"a\":{\"x\":1},\"x\":2}\n{\"id\":2,\"a\":{},\"x\":3}\n{\"x\":4,\"id\":3}\n{\"a\":{\"x\":6},\"id\":4 , \"y\" :7}\n{\"y\":8,\"id\":5,\"a\":{\"x\":9}}";
    let batch = predictions().ndjson(rows).batch;
    assert_eq!([0, 1, 2, 3, 4].map(|row| number(&batch, "x", row)), [Some(2.0), Some(3.0), Some(4.0), None, None]);
    assert_eq!([0, 1, 2, 3, 4].map(|row| number(&batch, "a.x", row)), [Some(1.0), None, None, Some(6.0), Some(9.0)]);
    // A refused row leaves no names behind that lead to columns which are gone.
    let batch = predictions()
        .ndjson("{\"p\":1,\"q\":{\"r\":2}}\n{\"id\":1,\"other\":5,\"q\":{\"s\":1}}\n{\"id\":2,\"p\":6,\"q\":{\"r\":7}}")
        .batch;
    assert_eq!(columns(&batch)[3..], ["other", "p", "q.r", "q.s"]);
    assert_eq!(
        [number(&batch, "p", 1), number(&batch, "q.r", 1), number(&batch, "other", 0)],
        [Some(6.0), Some(7.0), Some(5.0)]
    );
}

#[test]
fn mapping() {
    let mut case = predictions();
    case.shape.mapping.fields =
        [("id", "meta.request"), ("features", "in.row"), ("prediction", "out.y"), ("ts", "meta.at")]
            .map(|(field, path)| (field.to_owned(), path.to_owned()))
            .into();
    case.shape.mapping.columns = [("model_name".to_owned(), "meta.model".to_owned())].into();
    case.shape.mapping.segments = [("region".to_owned(), "meta.where.region".to_owned())].into();
    let batch = case
        .json(
            r#"{"meta":{"request":"r1","at":1767225600,"model":"m","where":{"region":"eu"},"noise":{"deep":[[[1]]]}},
                "in":{"row":{"id":5,"prediction":2,"z":{"w":1}},"other":1},"out":{"y":0.5},"id":"not this","more":1}"#,
        )
        .batch;
    assert_eq!(
        columns(&batch),
        [
            "prediction_id",
            "ts",
            "environment",
            "prediction",
            "feature.prediction",
            "id",
            "model_name",
            "segment.region",
            "z.w"
        ]
    );
    assert_eq!(text(&batch, "prediction_id", 0).unwrap(), "r1");
    assert_eq!(case.refused(r#"{"meta":{"request":{"x":1}}}"#).0, RejectCode::WrongType);
    assert_eq!(case.refused(r#"{"id":"a"}"#).0, RejectCode::Missing);
}

#[test]
fn values_of_personal_columns_are_not_shown() {
    let case = predictions().column("ssn", ColumnType::Number, true).column("age", ColumnType::Number, false);
    let decoded = case.ndjson("{\"id\":1,\"ssn\":\"123-45\"}\n{\"id\":2,\"age\":\"old\"}\n{\"id\":3,\"ssn\":1e400}\n");
    let values: Vec<_> = decoded.rejects.iter().map(|reject| reject.value.as_deref().unwrap()).collect();
    assert_eq!(values, ["***", "old", "***"]);
}

#[test]
fn values_are_read_like_their_text() {
    let rows = r#"[{"id":1,"x":0.1,"l":[1.0],"big":18446744073709551615},{"x":1},5,{"id":"é\"","f":{"g":null}}]"#;
    let case = predictions().column("big", ColumnType::Text, false);
    let values: Vec<serde_json::Value> = serde_json::from_str(rows).unwrap();
    let (text, values) = (case.json(rows), decode_values(&values, &case.context()).unwrap());
    assert_eq!(text.batch, values.batch);
    assert_eq!(codes(&text.rejects), codes(&values.rejects));
    assert_eq!(super::text(&text.batch, "big", 0).unwrap(), "18446744073709551615");
}
