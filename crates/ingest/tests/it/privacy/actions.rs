//! What each action makes of each type.

use watchkeeper_ingest::privacy::{Gate, GatePlan};
use watchkeeper_ingest::{Stream, names};
use watchkeeper_spec::{Generalise, Model, Privacy, TimeStep};

use super::*;

/// 2024-02-29T13:14:15.000016Z
const LEAP: i64 = 1_709_212_455_000_016;

fn hash(domain: Option<&str>) -> Privacy {
    Privacy::Hash { domain: domain.map(str::to_owned) }
}

#[test]
fn kept_and_dropped() {
    let gated = gate(&[("a", Privacy::Keep), ("b", Privacy::Drop)])
        .apply(batch(vec![("a", texts(["x"])), ("b", texts(["y"])), ("c", booleans(vec![true]))]))
        .unwrap();
    assert_eq!((names(&gated), gated.batch.num_rows()), (vec!["a".to_owned(), "c".to_owned()], 1));
    assert_eq!(text_column(&gated, "a"), [Some("x".to_owned())]);
    let none = gate(&[("b", Privacy::Drop)]).apply(batch(vec![("b", texts(["y", "z"]))])).unwrap();
    assert_eq!((none.batch.num_columns(), none.batch.num_rows()), (0, 2));
    assert!(none.withheld.is_empty());
}

#[test]
fn hashes_join() {
    let gate = gate(&[("a", hash(None)), ("b", hash(Some("a"))), ("c", hash(None)), ("n", hash(Some("a")))]);
    let columns = vec![
        ("a", texts(["12345", "x", "12345"])),
        ("b", texts(["12345", "", "X"])),
        ("c", texts(["12345", "x", "y"])),
        ("n", numbers([12345.0, 0.5, -1.0])),
    ];
    let gated = gate.apply(batch(columns)).unwrap();
    let (a, b) = (text_column(&gated, "a"), text_column(&gated, "b"));
    assert_eq!((&a[0], &a[0]), (&a[2], &b[0]));
    // A number has the hash of its text, another column another hash.
    assert_eq!(text_column(&gated, "n")[0], a[0]);
    assert_ne!(text_column(&gated, "c")[0], a[0]);
    assert_ne!(a[1], a[0]);
    assert!(a.iter().flatten().all(|hash| hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())));
    // Computed with Python's `hmac` from the documented derivation.
    let known = gate_of_email().apply(batch(vec![("email", texts(["ada@example.org"]))])).unwrap();
    assert_eq!(text_column(&known, "email"), [Some("c369c1f37caadd4a9a264222720a422f".to_owned())]);
}

fn gate_of_email() -> Gate {
    Gate::new(plan(&[("email", hash(None))]), &Secret::new([7; 32]).unwrap())
}

#[test]
fn nulls_stay_null() {
    let array: ArrayRef = Arc::new(StringArray::from(vec![None, Some("a")]));
    let all = [hash(None), Privacy::Mask { last: 0 }, Privacy::Generalise(Generalise::Text { prefix: 1 })];
    for privacy in all {
        let gated = gate(&[("a", privacy)]).apply(batch(vec![("a", Arc::clone(&array))])).unwrap();
        assert_eq!(gated.batch.column(0).null_count(), 1);
        assert!(gated.batch.column(0).is_null(0));
    }
    let gated = gate(&[("a", Privacy::ProfileOnly)]).apply(batch(vec![("a", array)])).unwrap();
    assert_eq!(number_column(&gated, "a.length"), [None, Some(1.0)]);
}

#[test]
fn masks() {
    for (last, value, expect) in [
        (0, "secret", "***"),
        (4, "4111111111111111", "***1111"),
        (4, "12345678", "***5678"),
        (4, "1234567", "***"),
        (2, "äöüß", "***üß"),
        (2, "", "***"),
        (1, "👩‍🔬", "***🔬"),
    ] {
        let gated = gate(&[("a", Privacy::Mask { last })]).apply(batch(vec![("a", texts([value]))])).unwrap();
        assert_eq!(text_column(&gated, "a"), [Some(expect.to_owned())], "{last} {value}");
    }
    let gated = gate(&[("a", Privacy::Mask { last: 2 })]).apply(batch(vec![("a", numbers([12345.0]))])).unwrap();
    assert_eq!(text_column(&gated, "a"), [Some("***45".to_owned())]);
}

#[test]
fn numbers_in_bins() {
    let way = |width, cap| Privacy::Generalise(Generalise::Number { width, cap });
    for (privacy, value, expect) in [
        (way(Some(10.0), None), 37.0, 30.0),
        (way(Some(10.0), None), -1.0, -10.0),
        (way(None, Some(89.0)), 104.0, 89.0),
        (way(Some(5.0), Some(89.0)), 104.0, 85.0),
        (way(Some(0.5), None), 0.75, 0.5),
    ] {
        let gate = gate(&[("a", privacy)]);
        let gated = gate.apply(batch(vec![("a", numbers([value]))])).unwrap();
        assert_eq!(number_column(&gated, "a"), [Some(expect)], "{value}");
        // The same numbers as texts stay texts; what is no number is gone.
        let text = value.to_string();
        let gated = gate.apply(batch(vec![("a", texts([text.as_str(), "secret"]))])).unwrap();
        assert_eq!(text_column(&gated, "a"), [Some(expect.to_string()), None]);
    }
}

#[test]
fn times_in_steps() {
    for (step, micros, text) in [
        (TimeStep::Hour, 1_709_211_600_000_000, "2024-02-29T13:00:00Z"),
        (TimeStep::Day, 1_709_164_800_000_000, "2024-02-29T00:00:00Z"),
        (TimeStep::Month, 1_706_745_600_000_000, "2024-02-01T00:00:00Z"),
        (TimeStep::Year, 1_704_067_200_000_000, "2024-01-01T00:00:00Z"),
    ] {
        let gate = gate(&[("a", Privacy::Generalise(Generalise::Time { step }))]);
        let gated = gate.apply(batch(vec![("a", times([LEAP, -1]))])).unwrap();
        let array = gated.batch.column(0);
        assert_eq!(array.data_type(), times([0]).data_type());
        assert_eq!(array.as_primitive::<arrow_array::types::TimestampMicrosecondType>().value(0), micros, "{step}");
        let gated = gate.apply(batch(vec![("a", texts(["2024-02-29T13:14:15.000016Z", "last week"]))])).unwrap();
        assert_eq!(text_column(&gated, "a"), [Some(text.to_owned()), None]);
    }
}

#[test]
fn texts_by_prefix() {
    let gate = gate(&[("a", Privacy::Generalise(Generalise::Text { prefix: 3 }))]);
    let gated = gate.apply(batch(vec![("a", texts(["02139", "äöüß", "", "ab"]))])).unwrap();
    let expect: Vec<Option<String>> = ["021", "äöü", "", "ab"].iter().map(|text| Some((*text).to_owned())).collect();
    assert_eq!(text_column(&gated, "a"), expect);
}

#[test]
fn what_cannot_be_coarser_is_withheld() {
    let number = Privacy::Generalise(Generalise::Number { width: Some(1.0), cap: None });
    let prefix = Privacy::Generalise(Generalise::Text { prefix: 1 });
    let gated = gate(&[("a", number.clone()), ("b", number), ("c", prefix)])
        .apply(batch(vec![
            ("a", times([LEAP])),
            ("b", booleans(vec![true])),
            ("c", times([LEAP])),
            ("d", numbers([1.0])),
        ]))
        .unwrap();
    assert_eq!(
        (names(&gated), gated.withheld),
        (vec!["d".to_owned()], vec!["a".to_owned(), "b".to_owned(), "c".to_owned()])
    );
}

#[test]
fn profile_only() {
    let mut plan = plan(&[
        ("t", Privacy::ProfileOnly),
        ("n", Privacy::ProfileOnly),
        ("r", Privacy::ProfileOnly),
        ("d", Privacy::ProfileOnly),
        ("b", Privacy::ProfileOnly),
    ]);
    plan.declared.get_mut("r").unwrap().range = Some((0.0, 128.0));
    let columns = vec![
        ("t", texts(["two  words\n", "äöü"])),
        ("n", numbers([54_321.0, -3.0])),
        ("r", numbers([3.0, 1000.0])),
        ("d", times([LEAP, 0])),
        ("b", booleans(vec![true, false])),
    ];
    let gated = Gate::new(plan, &NoKey).apply(batch(columns)).unwrap();
    assert_eq!(names(&gated), ["t.length", "t.tokens", "n", "r", "d", "b"]);
    assert_eq!(number_column(&gated, "t.length"), [Some(11.0), Some(3.0)]);
    assert_eq!(number_column(&gated, "t.tokens"), [Some(2.0), Some(1.0)]);
    assert_eq!(number_column(&gated, "n"), [Some(32_768.0), Some(-2.0)]);
    assert_eq!(number_column(&gated, "r"), [Some(3.0), Some(129.0)]);
    let month = gated.batch.column_by_name("d").unwrap().as_primitive::<arrow_array::types::TimestampMicrosecondType>();
    assert_eq!(month.values().to_vec(), [1_706_745_600_000_000, 0]);
}

#[test]
fn a_column_of_the_request_keeps_its_name() {
    let gated = gate(&[("t", Privacy::ProfileOnly)])
        .apply(batch(vec![("t.length", numbers([7.0])), ("t", texts(["abc"]))]))
        .unwrap();
    assert_eq!(names(&gated), ["t.length", "t.tokens"]);
    assert_eq!(number_column(&gated, "t.length"), [Some(7.0)]);
}

#[test]
fn other_types_are_refused() {
    let whole: ArrayRef = Arc::new(arrow_array::Int64Array::from(vec![1]));
    let error = gate(&[]).apply(batch(vec![("a", whole)])).unwrap_err().to_string();
    assert_eq!(error, "column `a` has type Int64; expected a number, true or false, a text or a time");
}

#[test]
fn metadata_does_not_pass() {
    let field = arrow_schema::Field::new("a", arrow_schema::DataType::Float64, true)
        .with_metadata([("first".to_owned(), "secret".to_owned())].into());
    let schema =
        arrow_schema::Schema::new_with_metadata(vec![field], [("pandas".to_owned(), "secret".to_owned())].into());
    let batch = RecordBatch::try_new(Arc::new(schema), vec![numbers([1.0])]).unwrap();
    let gated = gate(&[("a", Privacy::Keep)]).apply(batch).unwrap();
    assert!(!format!("{:?}", gated.batch.schema()).contains("secret"));
}

#[test]
fn plans_of_models() {
    let text = "
apiVersion: watchkeeper/v1
kind: Model
metadata: {name: m}
spec:
  task: other
  columns:
    - {name: order, role: id, privacy: hash}
    - {name: p, role: score}
    - {name: region, role: segment, privacy: keep}
    - {name: ts, role: feature, privacy: drop}
    - {name: amount, role: feature, type: numeric, min: 0, max: 10, privacy: profile_only}
";
    let model = Model::from_yaml(text, "m").unwrap();
    let plan = GatePlan::of_model("acme", Stream::Predictions, &model, Vec::new());
    let privacy = |column: &str| plan.declared.get(column).and_then(|declared| declared.privacy.clone());
    assert_eq!(privacy(names::PREDICTION_ID), Some(Privacy::Hash { domain: None }));
    assert_eq!(privacy("order"), Some(Privacy::Hash { domain: None }));
    assert_eq!(privacy("segment.region"), Some(Privacy::Keep));
    // The feature `ts` is stored behind a prefix: the time of the event is not dropped.
    assert_eq!((privacy("feature.ts"), privacy("ts")), (Some(Privacy::Drop), None));
    assert_eq!(plan.declared["amount"].range, Some((0.0, 10.0)));
    assert!(plan.declared.contains_key("score"));
}

#[test]
fn messages_do_not_show_personal_columns() {
    let gate = gate(&[("a", Privacy::Keep), ("b", Privacy::Mask { last: 0 })]);
    let shown = ["a", "prediction_id", "version", "segment.region", "prediction"];
    let hidden = ["b", "unknown", "segment.email"];
    assert!(shown.iter().all(|column| !gate.is_personal(column)));
    assert!(hidden.iter().all(|column| gate.is_personal(column)));
    let few: Vec<&str> = std::iter::repeat_n("x", 300).collect();
    gate.apply(batch(vec![("unknown", texts(few))])).unwrap();
    assert!(!gate.is_personal("unknown"));
}
