//! SLIs, services and data sources.

use super::{description, exactly_one, metadata, name, source};
use crate::decode::Slot;
use crate::decode::fields::Fields;
use crate::decode::watch::value;
use crate::problem::Problems;
use crate::word::Word;
use crate::{
    DataSourceSpec, InlineSli, MetricHolder, MetricSource, MetricSpec, RatioMetric, RawType, ServiceSpec, SliSpec,
    WATCHKEEPER_SOURCE, show,
};

pub(crate) fn service(slot: &Slot<'_>, problems: &mut Problems) -> Option<ServiceSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let spec = ServiceSpec { description: fields.optional("description", description) };
    fields.finish();
    Some(spec)
}

pub(crate) fn data_source(slot: &Slot<'_>, problems: &mut Problems) -> Option<DataSourceSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let description = fields.optional("description", description);
    let kind = fields.required("type", "a word such as `Prometheus`", value::filled("a word such as `Prometheus`"));
    let connection_details = fields.optional("connectionDetails", value::verbatim);
    fields.finish();
    Some(DataSourceSpec { description, kind: kind?, connection_details })
}

pub(crate) fn sli(slot: &Slot<'_>, problems: &mut Problems) -> Option<SliSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let spec = SliSpec {
        description: fields.optional("description", description),
        threshold_metric: fields.optional("thresholdMetric", |slot, problems| holder(slot, false, problems)),
        ratio_metric: fields.optional("ratioMetric", ratio),
    };
    exactly_one(&mut fields, &slot.path, &["thresholdMetric", "ratioMetric"]);
    fields.finish();
    Some(spec)
}

/// An SLI inside an SLO.
pub(super) fn inline(slot: &Slot<'_>, problems: &mut Problems) -> Option<InlineSli> {
    let mut fields = Fields::open(slot, problems)?;
    let metadata = fields.optional("metadata", metadata);
    let spec = fields.required("spec", "a mapping with `thresholdMetric` or `ratioMetric`", sli);
    fields.finish();
    Some(InlineSli { metadata, spec: spec? })
}

fn ratio(slot: &Slot<'_>, problems: &mut Problems) -> Option<RatioMetric> {
    let mut fields = Fields::open(slot, problems)?;
    let event = |slot: &Slot<'_>, problems: &mut Problems| holder(slot, true, problems);
    let counter = fields.optional("counter", value::boolean);
    let ratio = RatioMetric {
        counter,
        good: fields.optional("good", event),
        bad: fields.optional("bad", event),
        total: fields.optional("total", |slot, problems| holder(slot, false, problems)),
        raw_type: fields.optional("rawType", value::word),
        raw: fields.optional("raw", |slot, problems| holder(slot, false, problems)),
    };
    exactly_one(&mut fields, &slot.path, &["good", "bad", "raw"]);
    if fields.has("raw") {
        if !fields.has("rawType") {
            fields.missing("rawType", &show::one_of(RawType::WORDS));
        }
        if fields.has("total") {
            let problem = fields.problem("total", format!("`{}` has `raw` and `total`", slot.path));
            fields.add(problem.expected("`total` with `good` or `bad`"));
        }
    } else if !fields.has("total") && (fields.has("good") || fields.has("bad")) {
        fields.missing("total", "a mapping with `metricSource`");
    }
    fields.finish();
    Some(ratio)
}

/// `is_event`: whether it says which single events count.
fn holder(slot: &Slot<'_>, is_event: bool, problems: &mut Problems) -> Option<MetricHolder> {
    let mut fields = Fields::open(slot, problems)?;
    let source = fields.required("metricSource", "a mapping with `type` and `spec`", |slot, problems| {
        metric_source(slot, is_event, problems)
    });
    fields.finish();
    Some(MetricHolder { metric_source: source? })
}

fn metric_source(slot: &Slot<'_>, is_event: bool, problems: &mut Problems) -> Option<MetricSource> {
    let mut fields = Fields::open(slot, problems)?;
    let metric_source_ref = fields.optional("metricSourceRef", name);
    let kind = fields.optional("type", value::filled("a word such as `Watchkeeper` or `Prometheus`"));
    let own = kind.as_ref().is_some_and(|kind| kind.eq_ignore_ascii_case(WATCHKEEPER_SOURCE));
    let spec = if own {
        let read = |slot: &Slot<'_>, problems: &mut Problems| source::source(slot, is_event, problems);
        let source = fields.required("spec", "a mapping with `kind`", read);
        source.map(|source| MetricSpec::Watchkeeper(Box::new(source)))
    } else {
        fields.optional("spec", value::verbatim).map(MetricSpec::Other)
    };
    if !fields.has("type") && !fields.has("metricSourceRef") {
        fields.missing("type", "`Watchkeeper`, another type, or `metricSourceRef`");
    }
    fields.finish();
    Some(MetricSource { metric_source_ref, kind, spec })
}
