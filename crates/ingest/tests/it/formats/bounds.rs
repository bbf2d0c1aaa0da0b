//! Limits of a request, and the joiner's.

use base64::Engine as _;
use serde_json::{Value, json};
use watchkeeper_ingest::Limits;
use watchkeeper_ingest::formats::{
    Converted, Format, FormatError, Halves, Joiner, JoinerLimits, Options, halves, read,
};

use super::only_reject;

#[test]
fn limits_of_a_request() {
    let options = |rows: usize, bytes: usize| Options {
        limits: Limits { rows, decompressed_bytes: bytes, ..Limits::default() },
        ..Options::default()
    };
    let line = br#"{"databricks_request_id":"d","timestamp_ms":1,"request":"{\"instances\":[1,2]}","response":null}"#;
    let lines = [&line[..], b"\n", line].concat();
    let read = |bytes: &[u8], options: &Options| read(Format::Databricks, bytes, None, options);
    assert_eq!(read(&lines, &options(4, 1 << 20)).unwrap().events.len(), 4);
    assert_eq!(read(&lines, &options(3, 1 << 20)), Err(FormatError::TooManyRows { limit: 3 }));
    assert_eq!(read(b"1\n2\n3", &options(2, 1 << 20)), Err(FormatError::TooManyRows { limit: 2 }), "bad rows count");
    assert_eq!(read(&lines, &options(4, 10)), Err(FormatError::TooLarge { found: lines.len(), limit: 10 }));
    // Short bytes, much memory: values are counted before they are parsed, and over the whole input.
    let zeros = "0,".repeat(4_000_001);
    let long = format!(r#"{{"databricks_request_id":"d","timestamp_ms":1,"request":{{"instances":[{zeros}0]}}}}"#);
    let converted = read(long.as_bytes(), &Options::default()).unwrap();
    assert_eq!(only_reject(&converted), (Some("line"), None, "at most 4000000 values"));
    let row = format!(
        r#"{{"databricks_request_id":"d","timestamp_ms":1,"request":{{"instances":[[{}0]]}}}}"#,
        "0,".repeat(1_900)
    );
    let many = format!("{row}\n").repeat(200);
    let small = options(1_000, 1 << 20);
    assert_eq!(read(many.as_bytes(), &small), Err(FormatError::TooMuchMemory { limit: 2 << 20 }), "{}", many.len());
    let deep = format!(
        r#"{{"databricks_request_id":"d","timestamp_ms":1,"request":{}1{}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    assert_eq!(only_reject(&read(deep.as_bytes(), &Options::default()).unwrap()).2, "JSON");
}

/// Long names and ids are repeated in each row: a megabyte could become a terabyte.
#[test]
fn what_rows_repeat_is_bounded() {
    let (long, rows) = ("x".repeat(60_000), vec![json!([1]); 10_000]);
    let scalars = vec![json!(1); 10_000];
    let columns = json!({"a": scalars, long.as_str(): scalars});
    let tensor = json!({"name": long, "shape": [10_000], "datatype": "INT8", "data": scalars});
    for (request, field) in [
        (json!({"dataframe_split": {"columns": [long], "data": rows}}), "dataframe_split"),
        (json!({"inputs": columns}), "inputs"),
        (json!({"inputs": [tensor]}), "inputs.name"),
        (json!({"data": {"names": [long], "ndarray": rows}}), "data.names"),
        (json!({"data": {"names": [long], "tensor": {"shape": [10_000, 1], "values": scalars}}}), "data.names"),
    ] {
        let row = json!({"databricks_request_id": "d", "timestamp_ms": 1, "request": request});
        let converted = read(Format::Databricks, row.to_string().as_bytes(), None, &Options::default()).unwrap();
        assert_eq!(
            only_reject(&converted),
            (Some(field), None, "at most 268435456 bytes once it is repeated in each row")
        );
    }
    let row = json!({"databricks_request_id": long, "timestamp_ms": 1, "request": {"instances": scalars}});
    let converted = read(Format::Databricks, row.to_string().as_bytes(), None, &Options::default()).unwrap();
    assert_eq!(only_reject(&converted).0, Some("rows"), "a long id");
    let attributes: Vec<String> = (0..2_000).map(|index| format!("k{index}=v")).collect();
    let line = json!({"captureData": {"endpointInput": {"data": "1\n".repeat(100_000), "encoding": "CSV"}},
        "eventMetadata": {"eventId": "e", "customAttributes": attributes}});
    let converted = read(Format::Sagemaker, line.to_string().as_bytes(), None, &Options::default()).unwrap();
    assert_eq!(only_reject(&converted).0, Some("rows"), "many attributes");
    let row = json!({"databricks_request_id": "d", "timestamp_ms": 1, "response": {"predictions": [vec![0.5; 3_000]]}});
    let converted = read(Format::Databricks, row.to_string().as_bytes(), None, &Options::default()).unwrap();
    assert_eq!(only_reject(&converted), (Some("response"), Some("3000"), "at most 2000 columns"));
    let cells = base64::engine::general_purpose::STANDARD.encode(format!("{}1\n", "1,".repeat(1_999)).repeat(2_001));
    let line = json!({"captureData": {"endpointInput": {"data": cells, "encoding": "BASE64"}},
        "eventMetadata": {"eventId": "e"}});
    let converted = read(Format::Sagemaker, line.to_string().as_bytes(), None, &Options::default()).unwrap();
    assert_eq!(only_reject(&converted), (Some("endpointInput.data"), None, "at most 4000000 values"));
}

/// Half of the call `id` over HTTP, of about `size` bytes.
fn half(id: &str, side: &str, value: &Value) -> Halves {
    let body = if side == "request" { json!({"instances": [value]}) } else { json!({"predictions": [value]}) };
    let event = json!({"specversion": "1.0", "id": id, "source": "s",
        "type": format!("org.kubeflow.serving.inference.{side}"), "data": body});
    halves(Format::Kserve, event.to_string().as_bytes(), None, &Options::default()).unwrap()
}

fn ids(converted: &Converted) -> Vec<&str> {
    converted.events.iter().map(|event| event["id"].as_str().unwrap()).collect()
}

#[test]
fn the_joiner_waits_as_long_as_it_is_told() {
    let options = Options::default();
    let mut joiner = Joiner::new(JoinerLimits { age_us: 100, ..JoinerLimits::default() });
    assert_eq!(ids(&joiner.join(half("a", "request", &json!(1)), 0, &options).unwrap()), [""; 0]);
    assert_eq!(ids(&joiner.join(half("b", "response", &json!(1)), 50, &options).unwrap()), [""; 0]);
    let mut late = Converted::default();
    joiner.expire(100, &options, &mut late).unwrap();
    joiner.expire(-1_000, &options, &mut late).unwrap();
    assert_eq!((ids(&late), joiner.len()), (vec![], 2), "not older than the window; a clock back in time");
    joiner.expire(101, &options, &mut late).unwrap();
    assert_eq!(late.events, [json!({"id": "a", "features": {"f0": 1}})], "a request alone: no prediction");
    joiner.expire(i64::MAX, &options, &mut late).unwrap();
    assert_eq!(late.events[1], json!({"id": "b", "prediction": 1}), "a response alone: no features");
    assert!(joiner.is_empty());
    assert_eq!(joiner.bytes(), 0);
}

#[test]
fn the_joiner_is_bounded() {
    let options = Options::default();
    let mut joiner = Joiner::new(JoinerLimits { entries: 2, ..JoinerLimits::default() });
    assert_eq!(ids(&joiner.join(half("a", "request", &json!(1)), 0, &options).unwrap()), [""; 0]);
    assert_eq!(ids(&joiner.join(half("b", "request", &json!(1)), 0, &options).unwrap()), [""; 0]);
    assert_eq!(ids(&joiner.join(half("c", "request", &json!(1)), 0, &options).unwrap()), ["a"], "the oldest leaves");
    assert_eq!(ids(&joiner.join(half("b", "response", &json!(1)), 0, &options).unwrap()), ["b"]);
    assert_eq!(joiner.len(), 1);

    let mut small = Joiner::new(JoinerLimits { bytes: 20_000, ..JoinerLimits::default() });
    let mut left = 0;
    for index in 0..1_000 {
        let converted = small.join(half(&index.to_string(), "request", &json!("x".repeat(500))), 0, &options).unwrap();
        left += converted.events.len();
        assert!(small.bytes() <= 20_000, "{} bytes", small.bytes());
    }
    assert_eq!(left + small.len(), 1_000, "nothing is lost");
    assert!(small.len() > 5, "{} wait", small.len());
    let huge = small.join(half("huge", "request", &json!("x".repeat(50_000))), 0, &options).unwrap();
    assert!(ids(&huge).contains(&"huge"), "what never fits leaves at once");
    assert_eq!(small.bytes(), 0);
}

#[test]
fn halves_that_come_again() {
    let options = Options::default();
    let mut joiner = Joiner::new(JoinerLimits::default());
    joiner.join(half("a", "request", &json!(1)), 0, &options).unwrap();
    let same = joiner.join(half("a", "request", &json!(1)), 5, &options).unwrap();
    assert_eq!((same.events.len(), joiner.len()), (0, 1), "the same half again is one half");
    let other = joiner.join(half("a", "request", &json!(2)), 6, &options).unwrap();
    assert_eq!(other.events, [json!({"id": "a", "features": {"f0": 1}})], "other content: the older one leaves");
    let joined = joiner.join(half("a", "response", &json!(3)), 7, &options).unwrap();
    assert_eq!(joined.events, [json!({"id": "a", "features": {"f0": 2}, "prediction": 3})]);
    assert!(joiner.is_empty());
}
