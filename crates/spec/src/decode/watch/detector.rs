//! The detector of a monitor: `type` beside the fields of that type.

use std::collections::BTreeMap;

use super::value;
use crate::decode::Slot;
use crate::decode::fields::{self, Fields};
use crate::decode::scalar;
use crate::problem::{Problem, Problems};
use crate::watch_words::{Decide, DetectorType, StreamAlgorithm, ThresholdOf};
use crate::word::Word;
use crate::yaml::Value;
use crate::{
    AbsenceDetector, BandDetector, Comparison, CompositeDetector, Detector, MonitorWindow, SequentialDetector, Span,
    StreamDetector, TestDetector, ThresholdDetector, show, suggest, yaml,
};

/// Monitors of a composite at most.
const MONITORS_MAX: usize = 100;

pub(super) fn read(slot: &Slot<'_>, window: MonitorWindow, problems: &mut Problems) -> Option<Detector> {
    let mut fields = Fields::open(slot, problems)?;
    let kind = fields.required("type", &show::one_of(DetectorType::WORDS), value::word)?;
    let detector = match kind {
        DetectorType::Test => Some(Detector::Test(test(&mut fields))),
        DetectorType::Threshold => threshold(&mut fields).map(Detector::Threshold),
        DetectorType::Band => Some(Detector::Band(band(&mut fields))),
        DetectorType::Sequential => Some(Detector::Sequential(sequential(&mut fields))),
        DetectorType::Stream => stream(&mut fields).map(Detector::Stream),
        DetectorType::Absence => Some(Detector::Absence(absence(&mut fields, window))),
        DetectorType::Composite => composite(&mut fields).map(Detector::Composite),
    };
    fields.finish();
    detector
}

fn test(fields: &mut Fields<'_, '_>) -> TestDetector {
    let level = value::number(|value| value > 0.0 && value < 0.5, "a number above 0 and below 0.5");
    let test = TestDetector {
        alpha: fields.optional("alpha", level).unwrap_or(TestDetector::default().alpha),
        effect: fields.optional("effect", value::number(|value| value >= 0.0, "a number from 0")),
    };
    fields.synonym("effectFloor", "effect");
    fields.synonym("threshold", "effect");
    test
}

fn threshold(fields: &mut Fields<'_, '_>) -> Option<ThresholdDetector> {
    let op = fields.required("op", &show::one_of(Comparison::WORDS), value::word);
    let limit = fields.required("value", "a number", value::number(|_| true, "a number"));
    let of = fields.optional("of", value::word).unwrap_or(ThresholdOf::Value);
    let decide = fields.optional("decide", value::word).unwrap_or(Decide::Ci);
    fields.synonym("threshold", "value");
    fields.synonym("limit", "value");
    Some(ThresholdDetector { op: op?, value: limit?, of, decide })
}

fn band(fields: &mut Fields<'_, '_>) -> BandDetector {
    let default = BandDetector::default();
    let width = value::number(|value| (1.0..=100.0).contains(&value), "1 to 100");
    let rate = value::number(|value| value > 0.0, "a number above 0");
    BandDetector {
        k: fields.optional("k", width).unwrap_or(default.k),
        direction: fields.optional("direction", value::word).unwrap_or(default.direction),
        season: fields.optional("season", value::word).unwrap_or(default.season),
        weeks: fields.optional("weeks", value::whole(1, 104)).unwrap_or(default.weeks),
        min_history: fields.optional("minHistory", value::whole(1, 1_000)).unwrap_or(default.min_history),
        transform: fields.optional("transform", value::word).unwrap_or(default.transform),
        false_alerts_30d: fields.optional("falseAlerts30d", rate).unwrap_or(default.false_alerts_30d),
    }
}

fn sequential(fields: &mut Fields<'_, '_>) -> SequentialDetector {
    let default = SequentialDetector::default();
    let inside = value::number(|value| value > 0.0 && value < 1.0, "a number above 0 and below 1");
    let level = value::number(|value| value > 0.0 && value < 0.5, "a number above 0 and below 0.5");
    let positive = value::number(|value| value > 0.0, "a number above 0");
    let detector = SequentialDetector {
        method: fields.optional("method", value::word).unwrap_or(default.method),
        statistic: fields.optional("statistic", value::word).unwrap_or(default.statistic),
        direction: fields.optional("direction", value::word),
        tolerance: fields.optional("tolerance", inside),
        bets: fields.optional("bets", value::whole(1, 8)),
        delta: fields.optional("delta", level).unwrap_or(default.delta),
        false_alarms: fields.optional("falseAlarms", positive).unwrap_or(default.false_alarms),
        per: fields.optional("per", value::span(Span::hours(1), Span::days(3660))).unwrap_or(default.per),
        arl_min: fields.optional("arlMin", value::whole(2, 1_000_000_000)).unwrap_or(default.arl_min),
        season: fields.optional("season", value::word).unwrap_or(default.season),
    };
    fields.synonym("arl", "arlMin");
    fields.synonym("arl0", "arlMin");
    detector
}

fn stream(fields: &mut Fields<'_, '_>) -> Option<StreamDetector> {
    let algorithm: StreamAlgorithm =
        fields.required("algorithm", &show::one_of(StreamAlgorithm::WORDS), value::word)?;
    let set = fields.optional("parameters", |slot, problems| parameters(slot, algorithm, problems)).unwrap_or_default();
    let mut parameters: BTreeMap<String, f64> = StreamDetector::parameters_of(algorithm)
        .iter()
        .map(|(name, default, ..)| ((*name).to_owned(), *default))
        .collect();
    parameters.extend(set);
    Some(StreamDetector { algorithm, parameters })
}

fn parameters(slot: &Slot<'_>, algorithm: StreamAlgorithm, problems: &mut Problems) -> Option<BTreeMap<String, f64>> {
    let known = StreamDetector::parameters_of(algorithm);
    let names: Vec<&str> = known.iter().map(|(name, ..)| *name).collect();
    let mut set = BTreeMap::new();
    for entry in fields::entries(slot, problems)? {
        let item = Slot { path: fields::join(&slot.path, entry.key), node: entry.value };
        let Some((name, _, min, max)) = known.iter().find(|(name, ..)| *name == entry.key) else {
            let what = format!("unknown parameter {} of `{algorithm}`", show::quoted(entry.key));
            let problem = Problem::new(item.path.clone(), entry.key_position, what).found(entry.key);
            problems.add(
                problem.suggestion(suggest::nearest(entry.key, names.iter().copied())).expected(show::one_of(&names)),
            );
            continue;
        };
        let Some(at) = scalar::number(&item, problems) else { continue };
        if !(*min..=*max).contains(&at.value) {
            let found = yaml::number(at.value);
            let problem = Problem::new(item.path.clone(), at.position, format!("`{}` is `{found}`", item.path));
            let expected = format!("{} to {}", yaml::number(*min), yaml::number(*max));
            problems.add(problem.found(found).expected(expected));
        }
        set.insert((*name).to_owned(), at.value + 0.0);
    }
    Some(set)
}

fn absence(fields: &mut Fields<'_, '_>, window: MonitorWindow) -> AbsenceDetector {
    let after = fields.optional("after", value::span(Span::minutes(1), Span::days(3660)));
    fields.synonym("for", "after");
    AbsenceDetector { after: after.unwrap_or_else(|| window.every.times(2)) }
}

fn composite(fields: &mut Fields<'_, '_>) -> Option<CompositeDetector> {
    let names = value::list(value::name("monitor"), (1, MONITORS_MAX), "a list of 1 to 100 names of monitors");
    let monitors = fields.required("monitors", "a list of names of monitors", names);
    let need = fields.required("need", "`any`, `all` or a number", need);
    fields.synonym("of", "monitors");
    fields.synonym("atLeast", "need");
    let (monitors, need) = (monitors?, need?);
    let count = u64::try_from(monitors.len()).unwrap_or(u64::MAX);
    let at_least = match need {
        Need::Any => 1,
        Need::All => count,
        Need::Number(number) => number,
    };
    if at_least > count {
        let problem = fields.problem("need", format!("`need` is `{at_least}` of {count} monitors"));
        fields.add(problem.found(at_least.to_string()).expected(format!("1 to {count}, `any` or `all`")));
    }
    Some(CompositeDetector { monitors, at_least })
}

enum Need {
    Any,
    All,
    Number(u64),
}

fn need(slot: &Slot<'_>, problems: &mut Problems) -> Option<Need> {
    match &slot.node.value {
        Value::Text(text) if text == "any" => Some(Need::Any),
        Value::Text(text) if text == "all" => Some(Need::All),
        Value::Whole(number) if *number > 0 => Some(Need::Number(*number)),
        _ => {
            problems.add(scalar::mismatch(slot, "`any`, `all` or a number from 1"));
            None
        }
    }
}
