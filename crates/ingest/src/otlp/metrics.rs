//! Data points of chosen metrics, as KPI values.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Point;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, DataPointFlags, Metric, NumberDataPoint};
use prost::Message;
use serde_json::{Map, Number, Value};
use xxhash_rust::xxh3::Xxh3;

use super::attributes::{as_text, json, text, time};
use super::inference::Service;
use super::mapping::{KpiRule, MetricMapping};
use super::respond::Rejected;
use crate::{Limits, formats};

/// What a request of metrics holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kpis {
    /// KPI events: `id`, `name`, `ts`, `value`, `model`, `version`, `environment`, `segments`.
    pub events: Vec<Value>,
    /// Data points that no rule names, and those of cumulative sums, histograms and summaries.
    pub ignored: u64,
    /// Data points that a rule names and that have no number.
    pub rejected: Rejected,
}

/// Segment tags of one KPI value.
const SEGMENTS_MAX: usize = 16;
/// The attribute that names the model.
const MODEL: &str = "ml.model.name";

/// Reads the data points of a request: gauges and delta sums of the metrics that `mapping` names.
///
/// Cumulative sums are ignored: their values are no values of the interval. The id is a hash of metric, resource and
/// data point, so a retried request gives the same ids.
#[must_use]
pub fn metrics(request: &ExportMetricsServiceRequest, mapping: &MetricMapping, limits: &Limits) -> Kpis {
    let mut budget = formats::budget(limits.decompressed_bytes);
    let mut kpis = Kpis::default();
    for resource in &request.resource_metrics {
        let attributes = resource.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        let service = Service::of(attributes);
        let origin = service.attribute("service.instance.id").or_else(|| service.attribute("host.name"));
        let origin = origin.unwrap_or_default();
        for metric in resource.scope_metrics.iter().flat_map(|scope| &scope.metrics) {
            let rule = mapping.kpis.get(&metric.name);
            let (Some(points), Some(rule)) = (number_points(metric), rule) else {
                kpis.ignored += points_of(metric);
                continue;
            };
            for point in points {
                if point.flags & DataPointFlags::NoRecordedValueMask as u32 != 0 {
                    kpis.ignored += 1;
                    continue;
                }
                match kpi(metric, point, rule, &service, &origin) {
                    Some(event) => match budget.checked_sub(formats::weight_of(&event)) {
                        Some(left) => {
                            budget = left;
                            kpis.events.push(event);
                        }
                        None => kpis.rejected.add("events of the request: expected less memory".to_owned()),
                    },
                    None => kpis.rejected.add("value: expected a finite number".to_owned()),
                }
            }
        }
    }
    kpis
}

/// The points of a gauge or a delta sum.
fn number_points(metric: &Metric) -> Option<&[NumberDataPoint]> {
    match metric.data.as_ref()? {
        Data::Gauge(gauge) => Some(&gauge.data_points),
        Data::Sum(sum) if sum.aggregation_temporality == AggregationTemporality::Delta as i32 => Some(&sum.data_points),
        _ => None,
    }
}

/// How many data points a metric has; one when its data could not be read.
fn points_of(metric: &Metric) -> u64 {
    let points = match metric.data.as_ref() {
        None => 1,
        Some(Data::Gauge(data)) => data.data_points.len(),
        Some(Data::Sum(data)) => data.data_points.len(),
        Some(Data::Histogram(data)) => data.data_points.len(),
        Some(Data::ExponentialHistogram(data)) => data.data_points.len(),
        Some(Data::Summary(data)) => data.data_points.len(),
    };
    points as u64
}

fn kpi(metric: &Metric, point: &NumberDataPoint, rule: &KpiRule, service: &Service<'_>, origin: &str) -> Option<Value> {
    let value = match point.value? {
        Point::AsDouble(number) => Number::from_f64(number)?,
        Point::AsInt(number) => number.into(),
    };
    let name = rule.name.as_ref().unwrap_or(&metric.name);
    let mut event = Map::new();
    event.insert("id".to_owned(), id(metric, point, service, origin).into());
    event.insert("name".to_owned(), name.as_str().into());
    event.insert("value".to_owned(), value.into());
    let model = text(&point.attributes, &[MODEL]).or_else(|| service.attribute(MODEL)).or_else(|| rule.model.clone());
    let known = [
        ("ts", time(point.time_unix_nano)),
        ("model", model),
        ("version", text(&point.attributes, &["ml.model.version"]).or_else(|| service.version().cloned())),
        ("environment", service.environment().cloned()),
    ];
    event.extend(known.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into()))));
    let segments = segments(&point.attributes, rule);
    if !segments.is_empty() {
        event.insert("segments".to_owned(), segments.into());
    }
    Some(event.into())
}

fn segments(attributes: &[KeyValue], rule: &KpiRule) -> Map<String, Value> {
    let chosen = |key: &str| match &rule.segments {
        Some(names) => names.iter().any(|name| name == key),
        None => !key.starts_with("ml.model."),
    };
    attributes
        .iter()
        .filter(|attribute| chosen(&attribute.key))
        .filter_map(|attribute| Some((attribute.key.clone(), as_text(&json(attribute.value.as_ref()?))?.into())))
        .take(SEGMENTS_MAX)
        .collect()
}

fn id(metric: &Metric, point: &NumberDataPoint, service: &Service<'_>, origin: &str) -> String {
    let mut hash = Xxh3::new();
    for part in [metric.name.as_str(), service.name.as_deref().unwrap_or_default(), origin] {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    hash.update(&point.encode_to_vec());
    format!("otlp-{:032x}", hash.digest128())
}
