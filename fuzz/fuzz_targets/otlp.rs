//! OTLP requests: any bytes as protobuf and as JSON, through decoding and conversion; JSON and protobuf agree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchkeeper_ingest::Limits;
use watchkeeper_ingest::otlp::{
    Encoding, KpiRule, MetricMapping, SpanMapping, SpanStore, StoreLimits, decode_logs, decode_metrics, decode_traces,
    logs, metrics, traces,
};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let mapping = SpanMapping { default_model: Some("m".to_owned()), ..SpanMapping::default() };
    let rules = MetricMapping { kpis: [("orders".to_owned(), KpiRule::default())].into_iter().collect() };
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        if let Ok(request) = decode_traces(bytes, encoding, &limits) {
            let found = traces(&request, &mapping, &limits);
            let mut store = SpanStore::new(StoreLimits { traces: 2, spans_per_trace: 2, bytes: 4_096 });
            for span in found.spans {
                store.insert(span);
                assert!(store.len() <= 2 && store.bytes() <= 4_096, "the store is bounded");
            }
        }
        if let Ok(request) = decode_logs(bytes, encoding, &limits) {
            let _ = logs(&request, &mapping, &limits);
        }
        if let Ok(request) = decode_metrics(bytes, encoding, &limits) {
            let _ = metrics(&request, &rules, &limits);
        }
    }
});
