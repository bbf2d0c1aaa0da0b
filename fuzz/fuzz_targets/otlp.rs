//! OTLP requests: any bytes as protobuf and as JSON, through decoding and conversion; JSON and protobuf agree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchkeeper_ingest::Limits;
use watchkeeper_ingest::otlp::{
    Encoding, KpiRule, MetricMapping, SpanMapping, SpanStore, StoreLimits, Target, decode_logs, decode_metrics,
    decode_traces, logs, metrics, models_of_logs, models_of_traces, traces,
};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let own = [("f".to_owned(), Target::Features), ("o.id".to_owned(), Target::Id), ("at".to_owned(), Target::Ts)];
    let shared = [("o.p".to_owned(), Target::Prediction), ("x".to_owned(), Target::Ignore)];
    let mapping = SpanMapping {
        attributes: shared.into(),
        default_model: Some("m".to_owned()),
        models: [("m".to_owned(), own.into())].into(),
    };
    let rules = MetricMapping { kpis: [("orders".to_owned(), KpiRule::default())].into_iter().collect() };
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        if let Ok(request) = decode_traces(bytes, encoding, &limits) {
            let found = traces(&request, &mapping, &limits);
            let named = models_of_traces(&request, &mapping);
            assert!(
                found.inferences.iter().all(|inference| named.contains(&inference.model)),
                "each model is named before"
            );
            let mut store = SpanStore::new(StoreLimits { traces: 2, spans_per_trace: 2, bytes: 4_096 });
            for span in found.spans {
                store.insert(span);
                assert!(store.len() <= 2 && store.bytes() <= 4_096, "the store is bounded");
            }
        }
        if let Ok(request) = decode_logs(bytes, encoding, &limits) {
            let found = logs(&request, &mapping, &limits);
            let named = models_of_logs(&request, &mapping);
            assert!(
                found.inferences.iter().all(|inference| named.contains(&inference.model)),
                "each model is named before"
            );
        }
        if let Ok(request) = decode_metrics(bytes, encoding, &limits) {
            let _ = metrics(&request, &rules, &limits);
        }
    }
});
