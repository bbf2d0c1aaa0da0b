//! A monitor.

use super::{detector, value};
use crate::decode::fields::Fields;
use crate::decode::{MIN_SAMPLES, Slot, default_measure, scalar};
use crate::problem::{Problem, Problems};
use crate::shapes::BASELINE_WORDS;
use crate::word::unknown;
use crate::yaml::Value;
use crate::{
    BaselineTimes, Detector, Enter, Family, Leave, Measure, ModelMeasure, MonitorBaseline, MonitorSpec, MonitorWindow,
    Pick, SeasonWeeks, SegmentPick, Select, Severity, Span, ThresholdDetector, ThresholdOf, Trailing, show, yaml,
};

const MINUTE: Span = Span::minutes(1);

/// Windows of more than a leap year have no bucket that they are summed from.
const WINDOW_MAX: Span = Span::days(366);

pub(crate) fn spec(slot: &Slot<'_>, problems: &mut Problems) -> Option<MonitorSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let select = fields.required("select", "a mapping with `model`", select);
    let measure = fields.optional("measure", value::measure);
    let window = fields.optional("window", window).unwrap_or_default();
    let detector =
        fields.required("detector", "a mapping with `type`", |slot, problems| detector::read(slot, window, problems));
    let baseline = fields.optional("baseline", baseline).unwrap_or_default();
    let min_samples = fields.optional("minSamples", value::whole(0, u64::MAX)).unwrap_or(MIN_SAMPLES);
    let enter = fields.optional("enter", enter).unwrap_or_default();
    let leave = fields.optional("leave", leave).unwrap_or_default();
    let severity = fields.optional("severity", value::word).unwrap_or(Severity::Ticket);
    let family = fields.optional("family", family).unwrap_or_default();
    let no_data_after = fields.optional("noDataAfter", value::span(MINUTE, Span::days(3660)));
    let no_data_after = no_data_after.unwrap_or_else(|| window.every.times(3));
    let runbook = fields.optional("runbook", value::filled("what to do"));
    let summary = fields.optional("summary", value::filled("one line"));
    let spec = select.zip(detector).map(|(select, detector)| MonitorSpec {
        select,
        measure: measure.or_else(|| default_measure(&detector)),
        detector,
        window,
        baseline,
        min_samples,
        enter,
        leave,
        severity,
        family,
        no_data_after,
        runbook,
        summary,
    });
    if let Some(spec) = &spec {
        together(spec, &mut fields);
    }
    for (other, meant) in [("stat", "measure"), ("metric", "measure"), ("for", "enter"), ("schedule", "window")] {
        fields.synonym(other, meant);
    }
    fields.finish();
    spec
}

/// What relates the parts of a monitor.
fn together(spec: &MonitorSpec, fields: &mut Fields<'_, '_>) {
    let kind = spec.detector.kind();
    let Some(measure) = &spec.measure else {
        if !matches!(spec.detector, Detector::Composite(_)) && !fields.has("measure") {
            fields.missing("measure", &format!("what detector `{kind}` looks at, such as `drift` or `volume`"));
        }
        return;
    };
    let names_columns = !spec.select.columns.is_empty() || !spec.select.exclude.is_empty();
    if names_columns && !measure.is_of_columns() {
        let problem = fields.problem("select", format!("`spec.select` names columns, but `{measure}` is of the model"));
        fields.add(problem.expected("a measure of columns, or no columns"));
    }
    if let Some(expected) = unfit(&spec.detector, measure) {
        let problem = fields.problem("measure", format!("measure `{measure}` does not go with detector `{kind}`"));
        fields.add(problem.found(measure.to_string()).expected(expected));
    }
    match &spec.detector {
        Detector::Sequential(_) if spec.window.every != spec.window.size => {
            let what = format!("windows of `{}` every `{}` overlap", spec.window.size, spec.window.every);
            let problem =
                fields.problem("window", what).expected("`every` as long as `size` for detector `sequential`");
            fields.add(problem.hint("it may count each row once"));
        }
        Detector::Test(test) => {
            if let (Measure::Metric(metric), Some(effect)) = (measure, test.effect)
                && metric.effect_max().is_some_and(|max| effect > max)
            {
                let max = yaml::number(metric.effect_max().unwrap_or(f64::INFINITY));
                let what = format!("`spec.detector.effect` is `{}`", yaml::number(effect));
                let problem = fields.problem("detector", what).found(yaml::number(effect));
                fields.add(problem.expected(format!("at most {max}, the largest effect of `{metric}`")));
            }
        }
        Detector::Threshold(threshold) => limit(measure, threshold, fields),
        _ => {}
    }
}

/// Reports a limit that no value, or every value, of the measure is beyond.
fn limit(measure: &Measure, threshold: &ThresholdDetector, fields: &mut Fields<'_, '_>) {
    let Some((low, high)) = measure.bounds().filter(|_| threshold.of == ThresholdOf::Value) else { return };
    let holds = [low, high].map(|value| threshold.op.holds(value, threshold.value));
    let how_many = match holds {
        [true, true] => "every",
        [false, false] => "no",
        _ => return,
    };
    let (op, limit) = (threshold.op, yaml::number(threshold.value));
    let what = format!("{how_many} value of `{measure}` is `{op}` `{limit}`");
    let problem = fields.problem("detector", what).found(limit);
    fields.add(problem.expected(format!("a limit between {} and {}", yaml::number(low), yaml::number(high))));
}

/// What a detector needs, if the measure is not that.
fn unfit(detector: &Detector, measure: &Measure) -> Option<&'static str> {
    match (detector, measure) {
        (Detector::Composite(_), _) => Some("no measure: those of its monitors count"),
        (Detector::Test(_), measure) if !measure.is_comparison() => {
            Some("a measure that compares with a reference, such as `drift` or `psi`")
        }
        (Detector::Sequential(_), Measure::Quality(quality)) if quality.is_per_row() => None,
        (Detector::Sequential(_), Measure::Model(ModelMeasure::ErrorRate | ModelMeasure::LabelCoverage)) => None,
        (Detector::Sequential(_), Measure::Quantile(_)) => None,
        (Detector::Sequential(_), measure) if !measure.is_comparison() => {
            Some("`drift`, a rate, a quantile, or a quality that is a mean over rows")
        }
        (Detector::Absence(_), Measure::Model(ModelMeasure::ErrorRate)) => {
            Some("`volume`, `freshness`, or another one")
        }
        _ => None,
    }
}

fn select(slot: &Slot<'_>, problems: &mut Problems) -> Option<Select> {
    let mut fields = Fields::open(slot, problems)?;
    let names = || {
        value::list(value::filled("the name of a column"), (0, 10_000), "a list of names of columns, at most 10,000")
    };
    let model = fields.required("model", "the name of a model", value::name("model"));
    let select = Select {
        model: model.unwrap_or_default(),
        environment: fields.optional("environment", pick).unwrap_or_default(),
        version: fields.optional("version", pick).unwrap_or_default(),
        segment: fields.optional("segment", segment).unwrap_or_default(),
        columns: fields.optional("columns", names()).unwrap_or_default(),
        exclude: fields.optional("exclude", names()).unwrap_or_default(),
    };
    for (other, meant) in
        [("env", "environment"), ("features", "columns"), ("segments", "segment"), ("column", "columns")]
    {
        fields.synonym(other, meant);
    }
    fields.finish();
    Some(select)
}

fn pick(slot: &Slot<'_>, problems: &mut Problems) -> Option<Pick> {
    let name = value::filled("a name, or `*` for each on its own")(slot, problems)?;
    Some(if name == "*" { Pick::Each } else { Pick::One(name) })
}

fn segment(slot: &Slot<'_>, problems: &mut Problems) -> Option<SegmentPick> {
    const EXPECTED: &str = "`name:value`, `name`, or `*`";
    let text = value::filled(EXPECTED)(slot, problems)?;
    if text.starts_with(':') {
        let problem = Problem::new(slot.path.clone(), slot.node.position, format!("`{}` has no name", slot.path));
        problems.add(problem.found(text.as_str()).expected(EXPECTED));
    }
    Some(SegmentPick::parse(&text))
}

fn window(slot: &Slot<'_>, problems: &mut Problems) -> Option<MonitorWindow> {
    let mut fields = Fields::open(slot, problems)?;
    let default = MonitorWindow::default();
    let size = fields.optional("size", value::span(MINUTE, WINDOW_MAX)).unwrap_or(default.size);
    let every = fields.optional("every", value::span(MINUTE, WINDOW_MAX)).unwrap_or(size);
    let zero = Span::from_seconds(0);
    let lateness = fields.optional("lateness", value::span(zero, WINDOW_MAX)).unwrap_or(default.lateness);
    if !size.seconds().is_multiple_of(every.seconds()) {
        let what = format!("`size` `{size}` is no multiple of `every` `{every}` in `{}`", slot.path);
        let problem = fields.problem("every", what).found(every.to_string());
        fields.add(problem.expected("a whole part of `size`"));
    }
    fields.finish();
    Some(MonitorWindow { size, every, lateness })
}

fn enter(slot: &Slot<'_>, problems: &mut Problems) -> Option<Enter> {
    let mut fields = Fields::open(slot, problems)?;
    let default = Enter::default();
    let (k, n) = (fields.optional("k", value::small(1, 100)), fields.optional("n", value::small(1, 100)));
    // What is not said goes with what is.
    let n = n.unwrap_or_else(|| default.n.max(k.unwrap_or(0)));
    let k = k.unwrap_or_else(|| default.k.min(n));
    if k > n {
        let problem = fields.problem("k", format!("`k` `{k}` is above `n` `{n}` in `{}`", slot.path));
        fields.add(problem.found(k.to_string()).expected("`k` not above `n`").hint("so many breaches can never be"));
    }
    fields.finish();
    Some(Enter { k, n })
}

fn leave(slot: &Slot<'_>, problems: &mut Problems) -> Option<Leave> {
    let mut fields = Fields::open(slot, problems)?;
    let default = Leave::default();
    let share = value::number(|value| value > 0.0 && value <= 1.0, "a number above 0 and at most 1");
    let leave = Leave {
        clear: fields.optional("clear", share).unwrap_or(default.clear),
        keep_firing: fields.optional("keepFiring", value::small(1, 1_000)).unwrap_or(default.keep_firing),
    };
    fields.finish();
    Some(leave)
}

fn family(slot: &Slot<'_>, problems: &mut Problems) -> Option<Family> {
    let mut fields = Fields::open(slot, problems)?;
    let default = Family::default();
    let level = value::number(|value| value > 0.0 && value < 1.0, "a number above 0 and below 1");
    let family = Family {
        name: fields.optional("name", value::name("family")),
        procedure: fields.optional("procedure", value::word).unwrap_or(default.procedure),
        q: fields.optional("q", level).unwrap_or(default.q),
        weights: fields.optional("weights", value::word).unwrap_or(default.weights),
    };
    fields.finish();
    Some(family)
}

/// A word, or a mapping with exactly one field.
fn baseline(slot: &Slot<'_>, problems: &mut Problems) -> Option<MonitorBaseline> {
    match &slot.node.value {
        Value::Text(text) => match text.as_str() {
            "training" => Some(MonitorBaseline::Training),
            "trailing" => Some(MonitorBaseline::Trailing(Trailing::default())),
            "previous_version" => Some(MonitorBaseline::PreviousVersion),
            "season" => Some(MonitorBaseline::Season(SeasonWeeks::default())),
            _ => {
                let synonyms = [
                    ("previous", "previous_version"),
                    ("reference", "training"),
                    ("rolling", "trailing"),
                    ("seasonal", "season"),
                ];
                let unknown = unknown("baseline", BASELINE_WORDS, &synonyms, text);
                let problem = scalar::unknown_word(&unknown, slot, &format!("at `{}`", slot.path));
                problems.add(problem.hint("one that has a name is `{ fixed: NAME }`"));
                None
            }
        },
        Value::Mapping(entries) if entries.len() == 1 => one_baseline(slot, problems),
        Value::Mapping(_) => {
            let what = format!("`{}` does not hold exactly one of its fields", slot.path);
            let problem = Problem::new(slot.path.clone(), slot.node.position, what);
            problems.add(problem.expected(show::one_of(&["fixed", "range", "trailing", "season"])));
            None
        }
        _ => {
            problems.add(scalar::mismatch(slot, &format!("{}, or a mapping", show::one_of(BASELINE_WORDS))));
            None
        }
    }
}

fn one_baseline(slot: &Slot<'_>, problems: &mut Problems) -> Option<MonitorBaseline> {
    let mut fields = Fields::open(slot, problems)?;
    let fixed = fields.optional("fixed", value::name("baseline")).map(MonitorBaseline::Fixed);
    let range = fields.optional("range", times).map(MonitorBaseline::Range);
    let trailing = fields.optional("trailing", trailing).map(MonitorBaseline::Trailing);
    let season = fields.optional("season", season).map(MonitorBaseline::Season);
    fields.synonym("ref", "fixed");
    fields.synonym("name", "fixed");
    fields.finish();
    fixed.or(range).or(trailing).or(season)
}

fn times(slot: &Slot<'_>, problems: &mut Problems) -> Option<BaselineTimes> {
    let (from, to) = from_to(slot, problems)?;
    Some(BaselineTimes { from, to })
}

/// `from` and `to`, in this order.
pub(super) fn from_to(slot: &Slot<'_>, problems: &mut Problems) -> Option<(crate::UtcTime, crate::UtcTime)> {
    let mut fields = Fields::open(slot, problems)?;
    let from = fields.required("from", crate::utc::TIME_RULE, value::time);
    let to = fields.required("to", crate::utc::TIME_RULE, value::time);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        let problem = fields.problem("from", format!("`from` `{from}` is not before `to` `{to}` in `{}`", slot.path));
        fields.add(problem.expected("`from` before `to`"));
    }
    fields.finish();
    Some((from?, to?))
}

fn trailing(slot: &Slot<'_>, problems: &mut Problems) -> Option<Trailing> {
    let mut fields = Fields::open(slot, problems)?;
    let (default, max) = (Trailing::default(), Span::days(731));
    let trailing = Trailing {
        length: fields.optional("length", value::span(Span::hours(1), max)).unwrap_or(default.length),
        offset: fields.optional("offset", value::span(Span::from_seconds(0), max)).unwrap_or(default.offset),
        exclude_incidents: fields.optional("excludeIncidents", value::boolean).unwrap_or(default.exclude_incidents),
    };
    fields.finish();
    Some(trailing)
}

fn season(slot: &Slot<'_>, problems: &mut Problems) -> Option<SeasonWeeks> {
    let mut fields = Fields::open(slot, problems)?;
    let default = SeasonWeeks::default();
    let season = SeasonWeeks {
        weeks: fields.optional("weeks", value::whole(1, 104)).unwrap_or(default.weeks),
        exclude_incidents: fields.optional("excludeIncidents", value::boolean).unwrap_or(default.exclude_incidents),
    };
    fields.finish();
    Some(season)
}
