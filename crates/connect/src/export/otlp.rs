//! OTLP metrics: gauges, and sums that only grow. Source: <https://opentelemetry.io/docs/specs/otlp/>.
//!
//! Names are those of the other ways out; units are given where the name has one, so that a store that appends units to
//! names changes none.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use url::Url;

use super::registry::{Kind, metric};
use super::sample::{Sample, series};
use crate::Secret;
use crate::targets::Request;

/// The export of `samples`. `instance` names this process (`service.instance.id`); counters count since `started_at`
/// (microseconds since 1970).
#[must_use]
pub fn export(samples: &[Sample], instance: &str, started_at: i64) -> ExportMetricsServiceRequest {
    let mut metrics: Vec<Metric> = Vec::new();
    for ((name, labels), values) in series(samples) {
        let attributes: Vec<KeyValue> = labels.iter().map(|(name, value)| attribute(name, value)).collect();
        let points = values.into_iter().map(|(at, value)| NumberDataPoint {
            attributes: attributes.clone(),
            start_time_unix_nano: if is_counter(name) { nanos(started_at.min(at)) } else { 0 },
            time_unix_nano: nanos(at),
            value: Some(number_data_point::Value::AsDouble(value)),
            ..NumberDataPoint::default()
        });
        if metrics.last().is_none_or(|last| last.name != name) {
            metrics.push(empty(name));
        }
        match metrics.last_mut().and_then(|last| last.data.as_mut()) {
            Some(Data::Gauge(gauge)) => gauge.data_points.extend(points),
            Some(Data::Sum(sum)) => sum.data_points.extend(points),
            _ => {}
        }
    }
    let scope = InstrumentationScope {
        name: "watchkeeper".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let resource = Resource {
        attributes: vec![attribute("service.name", "watchkeeper"), attribute("service.instance.id", instance)],
        ..Resource::default()
    };
    let scope_metrics = vec![ScopeMetrics { scope: Some(scope), metrics, ..ScopeMetrics::default() }];
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource),
            scope_metrics,
            ..ResourceMetrics::default()
        }],
    }
}

/// The request by HTTP, as Protobuf. `url` is the whole address, such as `https://collector:4318/v1/metrics`.
#[must_use]
pub fn request(url: &Url, export: &ExportMetricsServiceRequest) -> Request {
    Request {
        url: url.clone(),
        headers: vec![("content-type".to_owned(), Secret::from("application/x-protobuf"))],
        body: export.encode_to_vec(),
    }
}

fn empty(name: &str) -> Metric {
    let data = if is_counter(name) {
        let aggregation_temporality = AggregationTemporality::Cumulative.into();
        Data::Sum(Sum { aggregation_temporality, is_monotonic: true, ..Sum::default() })
    } else {
        Data::Gauge(Gauge::default())
    };
    let unit = if name.ends_with("_seconds") { "s" } else { "" };
    let description = metric(name).map(|known| known.help).unwrap_or_default();
    Metric {
        name: name.to_owned(),
        description: description.to_owned(),
        unit: unit.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

fn is_counter(name: &str) -> bool {
    metric(name).is_some_and(|known| known.kind == Kind::Counter)
}

fn attribute(name: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: name.to_owned(), value, ..KeyValue::default() }
}

fn nanos(micros: i64) -> u64 {
    u64::try_from(micros).unwrap_or_default().saturating_mul(1_000)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
    use prost::Message as _;

    use super::{export, request};
    use crate::export::sample::tests::sample;
    use crate::targets::parse_url;

    #[test]
    fn gauges_are_gauges_and_counters_sums() {
        let samples = [
            sample("watchkeeper_predictions_total", &[("model", "a")], 12.0, 2_000),
            sample("watchkeeper_predictions_total", &[("model", "b")], 3.0, 2_000),
            sample("watchkeeper_event_age_seconds", &[("model", "a")], 0.5, 2_000),
        ];
        let export = export(&samples, "host-1", 1_000);
        let metrics = &export.resource_metrics[0].scope_metrics[0].metrics;
        let names: Vec<_> = metrics.iter().map(|metric| (metric.name.as_str(), metric.unit.as_str())).collect();
        assert_eq!(names, [("watchkeeper_event_age_seconds", "s"), ("watchkeeper_predictions_total", "")]);
        let Some(Data::Sum(sum)) = &metrics[1].data else { panic!("no sum") };
        assert!(sum.is_monotonic && sum.aggregation_temporality == 2 && sum.data_points.len() == 2);
        let point = &sum.data_points[0];
        assert_eq!((point.start_time_unix_nano, point.time_unix_nano), (1_000_000, 2_000_000));
        assert_eq!(point.value, Some(Value::AsDouble(12.0)));
        let request = request(&parse_url("http://127.0.0.1:4318/v1/metrics").unwrap(), &export);
        let read = super::ExportMetricsServiceRequest::decode(request.body.as_slice()).unwrap();
        assert_eq!(read, export);
    }
}
