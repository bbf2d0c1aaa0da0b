//! Lists: of columns, of metrics.

use super::{Slot, scalar};
use crate::Metric;
use crate::problem::{Problem, Problems};
use crate::show;
use crate::suggest;
use crate::text::{At, MetricsText};
use crate::word::Word;
use crate::yaml::Value;

/// The word for the metrics that suit each column.
pub(crate) const METRICS_DEFAULT: &str = "default";

/// The word for every metric.
pub(crate) const METRICS_ALL: &str = "all";

/// The items of a list; reports anything else.
pub(super) fn items<'n>(slot: &Slot<'n>, expected: &str, problems: &mut Problems) -> Option<Vec<Slot<'n>>> {
    let Value::List(list) = &slot.node.value else {
        let problem = scalar::mismatch(slot, expected);
        problems.add(match &slot.node.value {
            Value::Text(_) => problem.hint("put it in `[` and `]`"),
            _ => problem,
        });
        return None;
    };
    let item = |(index, node)| Slot { path: format!("{}[{index}]", slot.path), node };
    Some(list.iter().enumerate().map(item).collect())
}

/// `default`, `all` and names of metrics; at least one, each once.
pub(super) fn metrics(slot: &Slot<'_>, problems: &mut Problems) -> Option<MetricsText> {
    let items = items(slot, "a list of `default`, `all` or names of metrics", problems)?;
    if items.is_empty() {
        let what = format!("`{}` is an empty list", slot.path);
        let problem = Problem::new(slot.path.clone(), slot.node.position, what).found("an empty list");
        problems.add(problem.expected("at least one metric").hint("leave the field out for the default metrics"));
        return None;
    }
    let mut metrics = MetricsText { position: slot.node.position, ..MetricsText::default() };
    for item in items {
        match &item.node.value {
            Value::Text(text) if text == METRICS_DEFAULT => metrics.default = true,
            Value::Text(text) if text == METRICS_ALL => metrics.all = true,
            Value::Text(text) => match text.parse::<Metric>() {
                Ok(value) => metrics.named.push(At { value, position: item.node.position }),
                Err(unknown) => problems.add(unknown_metric(unknown, &item)),
            },
            _ => problems.add(scalar::mismatch(&item, "the name of a metric")),
        }
    }
    Some(metrics)
}

/// As for any word, and the two words for groups of metrics are allowed too.
fn unknown_metric(mut unknown: crate::UnknownWord, item: &Slot<'_>) -> Problem {
    const GROUPS: &[&str] = &[METRICS_DEFAULT, METRICS_ALL];
    if unknown.suggestion.is_none() {
        unknown.suggestion = suggest::nearest(&unknown.found, GROUPS.iter().copied());
    }
    let words: Vec<&str> = GROUPS.iter().chain(Metric::WORDS).copied().collect();
    let problem = scalar::unknown_word(&unknown, item, &format!("at `{}`", item.path));
    problem.expected(show::one_of(&words))
}
