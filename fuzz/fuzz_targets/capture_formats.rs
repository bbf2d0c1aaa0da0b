//! Logged predictions of other programs: any bytes through the reader of each format, and as a CloudEvent over HTTP.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchkeeper_ingest::formats::{Converted, Format, Joiner, JoinerLimits, Options, http_halves, read};

fuzz_target!(|bytes: &[u8]| {
    let options = Options::default();
    let _ = Format::sniff(bytes);
    for format in Format::ALL {
        if let Ok(converted) = read(format, bytes, Some("p/e/v/2026/11/22/10/f.jsonl"), &options) {
            check(&converted);
        }
    }
    let length = bytes.first().map_or(0, |first| usize::from(*first)).to_string();
    let headers = |side: &'static str| {
        [("ce-specversion", "1.0"), ("ce-id", "a"), ("ce-type", side), ("inference-header-content-length", &length)]
    };
    let (request, response) =
        (headers("org.kubeflow.serving.inference.request"), headers("org.kubeflow.serving.inference.response"));
    let mut joiner = Joiner::new(JoinerLimits { entries: 1, bytes: 1 << 20, age_us: 0 });
    for headers in [&request, &response] {
        if let Ok(halves) = http_halves(headers, bytes, &options)
            && let Ok(converted) = joiner.join(halves, 0, &options)
        {
            assert!(joiner.len() <= 1 && joiner.bytes() <= 1 << 20, "the joiner is bounded");
            assert_eq!(converted.events.len(), converted.event_sources.len(), "each event has its source");
        }
    }
});

fn check(converted: &Converted) {
    assert_eq!(converted.events.len(), converted.event_sources.len(), "each event has its source");
    assert_eq!(converted.labels.len(), converted.label_sources.len(), "each label has its source");
    let sources = converted.event_sources.iter().chain(&converted.label_sources).map(|source| source.row);
    let rejects = converted.rejects.iter().map(|reject| reject.row);
    assert!(sources.chain(rejects).all(|row| row < converted.rows), "rows lie within the input");
    assert!(converted.events.iter().all(|event| event.is_object()), "events are objects");
}
