//! What Watchkeeper measures for an SLI.

use crate::decode::Slot;
use crate::decode::fields::Fields;
use crate::decode::watch::value;
use crate::problem::Problems;
use crate::watch_words::SliKind;
use crate::word::Word;
use crate::{ColumnMeasure, Maturity, Measure, ModelMeasure, Span, WatchkeeperSource, show, yaml};

/// `is_event`: whether it says which single events are good or bad, and not a value of a slice.
pub(super) fn source(slot: &Slot<'_>, is_event: bool, problems: &mut Problems) -> Option<WatchkeeperSource> {
    let mut fields = Fields::open(slot, problems)?;
    let kind = fields.required("kind", &show::one_of(SliKind::WORDS), value::word);
    let source = WatchkeeperSource {
        // Where it is missing, which is reported, one that asks for nothing.
        kind: kind.unwrap_or(SliKind::Monitoring),
        metric: fields.optional("metric", value::measure),
        model: fields.optional("model", value::name("model")),
        version: fields.optional("version", value::filled("a version, or `champion`")),
        environment: fields.optional("environment", value::name("environment")),
        segment: fields.optional("segment", value::filled("`name:value`, or `*`")),
        column: fields.optional("column", value::filled("the name of a column")),
        op: fields.optional("op", value::word),
        value: fields.optional("value", value::number(|_| true, "a number")),
        baseline: fields.optional("baseline", value::name("baseline")),
        maturity: fields.optional("maturity", maturity),
        min_samples: fields.optional("minSamples", value::whole(0, u64::MAX)),
        min_positives: fields.optional("minPositives", value::whole(0, u64::MAX)),
        decide: fields.optional("decide", value::word),
        unknown: fields.optional("unknown", value::word),
    };
    together(&source, is_event, &mut fields);
    for (other, meant) in [("measure", "metric"), ("env", "environment"), ("feature", "column"), ("threshold", "value")]
    {
        fields.synonym(other, meant);
    }
    fields.finish();
    Some(source)
}

fn together(source: &WatchkeeperSource, is_event: bool, fields: &mut Fields<'_, '_>) {
    let kind = source.kind;
    match (fields.has("op"), fields.has("value")) {
        (true, false) => fields.missing("value", "the limit of `op`"),
        (false, true) => fields.missing("op", "`lt`, `lte`, `gt` or `gte`"),
        (false, false) if is_event && kind == SliKind::Latency => {
            fields.missing("op", "`lte` and a `value` in milliseconds: which latency is good");
        }
        _ => {}
    }
    let limit = source.op.is_some() && !is_event;
    if limit {
        let what = format!("`{}` is set, but the objective holds the limit", fields.path_of("op"));
        let problem = fields.problem("op", what).expected("it only under `good` or `bad`");
        fields.add(problem);
    }
    let Some(measure) = &source.metric else {
        let needs = match kind {
            SliKind::Quality | SliKind::EstimatedQuality | SliKind::Fairness => Some("a quality such as `roc_auc`"),
            SliKind::Kpi => Some("a KPI, `kpi:NAME`"),
            // A slice of drift is judged by the metric by which the column alarms.
            _ => None,
        };
        if let Some(expected) = needs.filter(|_| !fields.has("metric")) {
            fields.missing("metric", expected);
        }
        return;
    };
    if let Some(expected) = unfit(kind, measure, is_event) {
        let problem = fields.problem("metric", format!("metric `{measure}` does not go with kind `{kind}`"));
        fields.add(problem.found(measure.to_string()).expected(expected));
    }
    if source.column.is_some() && !measure.is_of_columns() && !matches!(kind, SliKind::DataQuality) {
        let problem = fields.problem("column", format!("a column is set, but `{measure}` is of the model"));
        fields.add(problem.expected("a metric of columns, or no column"));
    }
    if let (Some(value), true) = (source.value, matches!(measure, Measure::Quality(quality) if is_share(*quality)))
        && !(0.0..=1.0).contains(&value)
    {
        let found = yaml::number(value);
        let problem = fields.problem("value", format!("`{}` is `{found}`", fields.path_of("value"))).found(found);
        fields.add(problem.expected(format!("0 to 1, where `{measure}` lies")));
    }
}

const fn is_share(quality: crate::Quality) -> bool {
    use crate::Quality;
    matches!(quality, Quality::Accuracy | Quality::Brier)
}

/// What a kind of SLI needs, if the measure is not that.
fn unfit(kind: SliKind, measure: &Measure, is_event: bool) -> Option<&'static str> {
    let fits = match (kind, measure) {
        (SliKind::Quality | SliKind::EstimatedQuality | SliKind::Fairness, Measure::Quality(quality)) => {
            if is_event && !quality.is_per_row() {
                return Some("under `good` or `bad` a quality that is a mean over rows, such as `accuracy` or `mae`");
            }
            true
        }
        (SliKind::Quality | SliKind::EstimatedQuality | SliKind::Fairness, _) => {
            return Some("a quality such as `roc_auc`");
        }
        (SliKind::Kpi, Measure::Kpi(_)) => true,
        (SliKind::Kpi, _) => return Some("a KPI, `kpi:NAME`"),
        (SliKind::Latency, Measure::Model(measure)) => measure.latency_quantile().is_some(),
        (SliKind::Latency, _) => return Some("a latency such as `latency_p95`"),
        (SliKind::Availability, measure) => *measure == Measure::Model(ModelMeasure::ErrorRate),
        (SliKind::Throughput, measure) => *measure == Measure::Model(ModelMeasure::Volume),
        (SliKind::Freshness, measure) => *measure == Measure::Model(ModelMeasure::Freshness),
        (SliKind::LabelCoverage, measure) => *measure == Measure::Model(ModelMeasure::LabelCoverage),
        (SliKind::DataQuality, Measure::Metric(metric)) => metric.is_rate(),
        (SliKind::Drift, Measure::Column(measure)) => *measure != ColumnMeasure::Mean,
        (SliKind::Drift, measure) => measure.is_comparison(),
        (SliKind::DataQuality, _) => false,
        (SliKind::Monitoring, _) => true,
    };
    let expected = match kind {
        SliKind::Availability => "`error_rate`",
        SliKind::Latency => "a latency such as `latency_p95`",
        SliKind::Throughput => "`volume`",
        SliKind::Freshness => "`freshness`",
        SliKind::LabelCoverage => "`label_coverage`",
        SliKind::DataQuality => "a rate such as `missing_rate`",
        _ => "a measure that compares with a reference, such as `drift` or `psi`",
    };
    (!fits).then_some(expected)
}

fn maturity(slot: &Slot<'_>, problems: &mut Problems) -> Option<Maturity> {
    let mut fields = Fields::open(slot, problems)?;
    let horizon = value::span(Span::minutes(1), Span::days(3660));
    let horizon = fields.required("horizon", "a length of time such as `30d`", horizon);
    let share = value::number(|value| value > 0.0 && value <= 1.0, "a number above 0 and at most 1");
    let min_coverage = fields.optional("minCoverage", share);
    fields.finish();
    Some(Maturity { horizon: horizon?, min_coverage })
}
