//! The two messages, as the specifications number their fields.

use std::collections::BTreeMap;

use prost::Message;
use url::Url;

use crate::Secret;
use crate::export::registry::{Kind, metric};
use crate::export::sample::{Sample, Series, series};
use crate::targets::Request;

/// The version of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// 1.0.
    V1,
    /// 2.0: labels as numbers into one table of texts, and what a metric is.
    V2,
}

/// The value that ends a series: a certain "not a number".
pub const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

#[derive(Clone, PartialEq, Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
    #[prost(message, repeated, tag = "3")]
    metadata: Vec<MetricMetadata>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Point>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

/// The same in both versions.
#[derive(Clone, PartialEq, Message)]
struct Point {
    #[prost(double, tag = "1")]
    value: f64,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

#[derive(Clone, PartialEq, Message)]
struct MetricMetadata {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(string, tag = "2")]
    metric_family_name: String,
    #[prost(string, tag = "4")]
    help: String,
}

#[derive(Clone, PartialEq, Message)]
struct RequestV2 {
    #[prost(string, repeated, tag = "4")]
    symbols: Vec<String>,
    #[prost(message, repeated, tag = "5")]
    timeseries: Vec<TimeSeriesV2>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeriesV2 {
    #[prost(uint32, repeated, tag = "1")]
    labels_refs: Vec<u32>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Point>,
    #[prost(message, optional, tag = "5")]
    metadata: Option<MetadataV2>,
}

#[derive(Clone, PartialEq, Message)]
struct MetadataV2 {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(uint32, tag = "3")]
    help_ref: u32,
}

/// The request for `samples`: Protobuf, in one block of Snappy.
///
/// # Errors
/// What Snappy says of a message beyond 4 GiB.
pub fn request(url: &Url, protocol: Protocol, samples: &[Sample]) -> Result<Request, snap::Error> {
    let (message, media_type, version) = match protocol {
        Protocol::V1 => (v1(samples).encode_to_vec(), "application/x-protobuf", "0.1.0"),
        Protocol::V2 => {
            (v2(samples).encode_to_vec(), "application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0")
        }
    };
    let body = snap::raw::Encoder::new().compress_vec(&message)?;
    let headers =
        [("content-type", media_type), ("content-encoding", "snappy"), ("x-prometheus-remote-write-version", version)];
    let headers = headers.map(|(name, value)| (name.to_owned(), Secret::from(value))).into();
    Ok(Request { url: url.clone(), headers, body })
}

/// All labels of a series by name; the name of the metric is one of them.
fn labels<'a>(series: &Series<'a>) -> BTreeMap<&'a str, &'a str> {
    let mut labels: BTreeMap<&str, &str> = series.1.iter().copied().collect();
    labels.insert("__name__", series.0);
    labels
}

fn points(values: &BTreeMap<i64, f64>) -> Vec<Point> {
    // Two microseconds of one millisecond are one sample there: the later counts.
    let by_millisecond: BTreeMap<i64, f64> = values.iter().map(|(at, value)| (at.div_euclid(1_000), *value)).collect();
    by_millisecond.into_iter().map(|(timestamp, value)| Point { value, timestamp }).collect()
}

/// Both versions number counters 1 and gauges 2.
const fn kind(kind: Kind) -> i32 {
    match kind {
        Kind::Counter => 1,
        Kind::Gauge => 2,
    }
}

fn v1(samples: &[Sample]) -> WriteRequest {
    let all = series(samples);
    let mut names: Vec<&str> = all.keys().map(|(name, _)| *name).collect();
    names.dedup();
    let metadata = names.into_iter().filter_map(metric).map(|metric| MetricMetadata {
        kind: kind(metric.kind),
        metric_family_name: metric.name.to_owned(),
        help: metric.help.to_owned(),
    });
    let label = |(name, value): (&str, &str)| Label { name: name.to_owned(), value: value.to_owned() };
    let timeseries = all.iter().map(|(series, values)| TimeSeries {
        labels: labels(series).into_iter().map(label).collect(),
        samples: points(values),
    });
    WriteRequest { timeseries: timeseries.collect(), metadata: metadata.collect() }
}

fn v2(samples: &[Sample]) -> RequestV2 {
    let mut symbols = Symbols::default();
    // The first symbol is always the empty one.
    symbols.number("");
    let timeseries = series(samples)
        .iter()
        .map(|(series, values)| TimeSeriesV2 {
            labels_refs: labels(series)
                .into_iter()
                .flat_map(|(name, value)| [symbols.number(name), symbols.number(value)])
                .collect(),
            samples: points(values),
            metadata: metric(series.0)
                .map(|metric| MetadataV2 { kind: kind(metric.kind), help_ref: symbols.number(metric.help) }),
        })
        .collect();
    RequestV2 { symbols: symbols.texts, timeseries }
}

/// Each text once, by number.
#[derive(Default)]
struct Symbols {
    texts: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Symbols {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::{Protocol, RequestV2, STALE, WriteRequest, request};
    use crate::export::sample::tests::sample;
    use crate::targets::parse_url;

    fn message(protocol: Protocol) -> Vec<u8> {
        let samples = [
            sample("watchkeeper_predictions_total", &[("model", "b"), ("Zone", "z"), ("empty", "")], 2.0, 3_000_000),
            sample("watchkeeper_predictions_total", &[("model", "b"), ("Zone", "z")], 1.0, 2_000_000),
            sample("other", &[], 0.5, 1_000),
            sample("other", &[], 0.75, 1_999),
        ];
        let request = request(&parse_url("http://127.0.0.1:9090/api/v1/write").unwrap(), protocol, &samples).unwrap();
        assert_eq!(request.header("content-encoding"), Some("snappy"));
        snap::raw::Decoder::new().decompress_vec(&request.body).unwrap()
    }

    #[test]
    fn version_1_has_sorted_labels_and_samples_in_order_of_time() {
        let read = WriteRequest::decode(message(Protocol::V1).as_slice()).unwrap();
        let labels: Vec<_> =
            read.timeseries[1].labels.iter().map(|label| (label.name.as_str(), label.value.as_str())).collect();
        assert_eq!(labels, [("Zone", "z"), ("__name__", "watchkeeper_predictions_total"), ("model", "b")]);
        let points: Vec<_> = read.timeseries[1].samples.iter().map(|point| (point.timestamp, point.value)).collect();
        assert_eq!(points, [(2_000, 1.0), (3_000, 2.0)]);
        let points: Vec<_> = read.timeseries[0].samples.iter().map(|point| (point.timestamp, point.value)).collect();
        assert_eq!(points, [(1, 0.75)], "one sample a millisecond");
        assert_eq!((read.metadata.len(), read.metadata[0].kind), (1, 1));
    }

    #[test]
    fn version_2_has_each_text_once() {
        let read = RequestV2::decode(message(Protocol::V2).as_slice()).unwrap();
        assert_eq!(read.symbols[0], "");
        let mut unique = read.symbols.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), read.symbols.len());
        let text = |number: u32| read.symbols[number as usize].as_str();
        let labels: Vec<&str> = read.timeseries[1].labels_refs.iter().map(|number| text(*number)).collect();
        assert_eq!(labels, ["Zone", "z", "__name__", "watchkeeper_predictions_total", "model", "b"]);
        let metadata = read.timeseries[1].metadata.as_ref().unwrap();
        assert_eq!((metadata.kind, text(metadata.help_ref)), (1, "Predictions that were taken in."));
    }

    #[test]
    fn the_end_of_a_series_has_its_bits() {
        assert!(STALE.is_nan() && STALE.to_bits() == 0x7ff0_0000_0000_0002);
    }
}
