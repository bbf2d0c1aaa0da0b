//! Arbitrary and damaged input: never a panic, always within the input.

use proptest::prelude::*;
use serde_json::{Value, json};
use watchkeeper_ingest::formats::{Converted, Format, Options, http_halves};

use super::{call, read_ok};

/// Bytes that look enough like a format to get past its first checks.
fn nearly(format: Format) -> Vec<u8> {
    match format {
        Format::Kserve | Format::Canonical => fixture!("kserve/events.jsonl").to_vec(),
        Format::Seldon => fixture!("seldon/events.jsonl").to_vec(),
        Format::Sagemaker => fixture!("sagemaker/capture.jsonl").to_vec(),
        Format::Azureml => fixture!("azureml/payload.jsonl").to_vec(),
        Format::Databricks => fixture!("databricks/rows.jsonl").to_vec(),
        Format::Vertex => fixture!("vertex/rows.jsonl").to_vec(),
    }
}

/// What holds for every input: all rows are counted, sources and rejects lie within them.
fn holds(converted: &Converted) {
    for row in converted.event_sources.iter().chain(&converted.label_sources).map(|source| source.row) {
        assert!(row < converted.rows);
    }
    for reject in &converted.rejects {
        assert!(reject.row < converted.rows);
        assert!(reject.value.as_ref().is_none_or(|value| value.chars().count() <= 64));
    }
    for event in converted.events.iter().chain(&converted.labels) {
        assert!(event.is_object());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in Format::ALL {
            holds(&read_ok(format, &bytes));
        }
        let headers = [("ce-specversion", "1.0"), ("ce-id", "a"), ("ce-type", "org.kubeflow.serving.inference.request"),
            ("inference-header-content-length", "5")];
        http_halves(&headers, &bytes, &Options::default()).unwrap();
        let _ = Format::sniff(&bytes);
    }

    #[test]
    fn damaged_files_never_panic(
        format in proptest::sample::select(Format::ALL.to_vec()),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            Just(b'"'), Just(b'['), Just(b']'), Just(b'{'), Just(b'}'), Just(b','), Just(b'0'), Just(b'\n'), any::<u8>()
        ]), 1..6),
    ) {
        let mut bytes = nearly(format);
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        holds(&read_ok(format, &bytes));
    }

    #[test]
    fn arbitrary_json_in_a_call_never_panics(request in json_value(), response in json_value()) {
        holds(&call(&request, &response));
        holds(&call(&json!({"inputs": request, "instances": response}), &json!({"outputs": response})));
        let tensor = json!({"name": "x", "shape": request, "datatype": "FP32", "data": response});
        holds(&call(&json!({"inputs": [tensor]}), &response));
        let tensor = json!({"data": {"tensor": {"shape": request, "values": response}}});
        holds(&call(&tensor, &json!({"data": {"ndarray": request}})));
        let split = json!({"dataframe_split": {"columns": request, "data": response}});
        holds(&call(&split, &json!({"predictions": request})));
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..5).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            Just("data".to_owned()),
            Just("inputs".to_owned()),
            Just("instances".to_owned()),
            Just("names".to_owned()),
            Just("columns".to_owned()),
            Just("features".to_owned()),
            Just("score".to_owned()),
            Just("classes".to_owned()),
            Just("prediction".to_owned()),
            Just("jsonData".to_owned()),
            "[0-9a-c]{1}",
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((key, inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
