//! The sentence that tells a person why.

use watchkeeper_profile::measure::Measurement;
use watchkeeper_spec::Metric;

use crate::{ColumnFacts, Judgement, Verdict};

/// A number for reading: three significant digits, thousands separated.
pub fn number(x: f64) -> String {
    let size = x.abs();
    if size != 0.0 && !(1e-3..1e7).contains(&size) {
        return format!("{x:.2e}");
    }
    let decimals = if size >= 100.0 || x == 0.0 {
        0
    } else if size >= 10.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        3
    };
    let text = format!("{x:.decimals$}");
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let whole = thousands(whole);
    match fraction.map(|f| f.trim_end_matches('0')) {
        None | Some("") => whole,
        Some(fraction) => format!("{whole}.{fraction}"),
    }
}

fn thousands(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    format!("{sign}{}", groups.join(","))
}

/// A count with thousands separated.
pub fn count(n: u64) -> String {
    thousands(&n.to_string())
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    let p = share * 100.0;
    let text = if p != 0.0 && p.abs() < 0.1 {
        format!("{p:.2}")
    } else if p.abs() < 10.0 {
        format!("{p:.1}")
    } else {
        format!("{p:.0}")
    };
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::Psi => "PSI",
        Metric::Ks => "KS distance",
        Metric::JsDistance => "Jensen-Shannon distance",
        Metric::WassersteinNormalized => "normalised Wasserstein distance",
        Metric::Hellinger => "Hellinger distance",
        Metric::Tvd => "total variation distance",
        Metric::Linf => "largest change of a share",
        Metric::CramersV => "Cramér's V",
        Metric::ProportionDifference => "share of true",
        other => other.as_str(),
    }
}

/// Why a column got its verdict, led by the alarm metric that decided it.
pub(crate) fn sentence(m: &Measurement, j: &Judgement, verdict: Verdict, facts: &ColumnFacts) -> String {
    let text = match m.metric {
        Metric::MissingRate => moved("missing values", m, "of rows"),
        Metric::InvalidRate => moved("values that do not fit the type", m, "of rows"),
        Metric::OutOfRangeRate => out_of_range(m, facts),
        Metric::UnseenRate => unseen(m, facts),
        Metric::ProportionDifference => moved("true", m, "of rows"),
        _ => distance(m, j, verdict),
    };
    let quality =
        matches!(m.metric, Metric::MissingRate | Metric::InvalidRate | Metric::OutOfRangeRate | Metric::UnseenRate);
    match verdict {
        Verdict::Unknown => unknown(m, j),
        _ if quality && !verdict.is_alarm() => text,
        _ if quality || m.metric == Metric::ProportionDifference => format!("{text}{}", limit(m, j, verdict)),
        _ => format!("{text}{}", story(verdict, facts)),
    }
}

fn distance(m: &Measurement, j: &Judgement, verdict: Verdict) -> String {
    let value = m.value.map_or(0.0, |v| m.metric.effect(v));
    let (name, rows) = (name(m.metric), count(m.n_current));
    let shown = number(value);
    let crossed = if verdict == Verdict::Critical { j.thresholds.critical } else { j.thresholds.warning };
    if verdict.is_alarm() {
        return format!("{name} {shown}, above {} even allowing for {rows} rows", number(crossed));
    }
    match j.decision {
        Some(decision) if value > j.thresholds.warning => {
            format!(
                "{name} {shown} is above {}, but {rows} rows allow for {}",
                number(j.thresholds.warning),
                number(decision.warning)
            )
        }
        _ => format!("{name} {shown}, below {}", number(j.thresholds.warning)),
    }
}

/// What moved, for verdicts that need it.
fn story(verdict: Verdict, facts: &ColumnFacts) -> String {
    if !verdict.is_alarm() {
        return String::new();
    }
    if facts.became_constant {
        return "; the column has become constant".into();
    }
    if let Some((label, r, c)) = facts.movers.first() {
        let verb = if c > r { "rose" } else { "fell" };
        return format!("; {} {verb} from {} to {}", quoted(label), percent(*r), percent(*c));
    }
    match facts.medians {
        Some((r, c)) if number(r) != number(c) => format!("; median {} → {}", number(r), number(c)),
        Some((r, _)) => format!("; the median stayed at {}, the shape changed", number(r)),
        None => String::new(),
    }
}

fn quoted(label: &str) -> String {
    if label.is_empty() { "the empty text".into() } else { format!("`{label}`") }
}

fn moved(what: &str, m: &Measurement, of: &str) -> String {
    match (m.reference, m.current) {
        (Some(r), Some(c)) if percent(r) == percent(c) => format!("{what} stayed at {} {of}", percent(c)),
        (Some(r), Some(c)) => {
            format!("{what} {} from {} to {} {of}", if c > r { "rose" } else { "fell" }, percent(r), percent(c))
        }
        _ => format!("{what}: nothing to compare"),
    }
}

fn out_of_range(m: &Measurement, facts: &ColumnFacts) -> String {
    let range = facts.range.map_or(String::new(), |(lo, hi)| format!(" {} to {}", number(lo), number(hi)));
    format!("{} of values are outside the range{range}", percent(m.current.unwrap_or(0.0)))
}

fn unseen(m: &Measurement, facts: &ColumnFacts) -> String {
    let share = percent(m.current.unwrap_or(0.0));
    match &facts.unseen_example {
        Some(example) => format!("{share} of values are not in the reference, most often {}", quoted(example)),
        None => format!("{share} of values are not in the reference"),
    }
}

fn limit(m: &Measurement, j: &Judgement, verdict: Verdict) -> String {
    if !verdict.is_alarm() {
        return String::new();
    }
    let crossed = if verdict == Verdict::Critical { j.thresholds.critical } else { j.thresholds.warning };
    let change = if m.metric == Metric::ProportionDifference { "a change" } else { "an increase" };
    format!(": more than {change} by {} even allowing for {} rows", percent(crossed), count(m.n_current))
}

fn unknown(m: &Measurement, j: &Judgement) -> String {
    let rows = count(m.n_reference.min(m.n_current));
    match j.decision {
        Some(decision) => format!(
            "cannot be judged: with {rows} rows noise alone moves {} by up to {}, and {} would matter",
            name(m.metric),
            number((decision.warning - j.thresholds.warning).max(0.0)),
            number(j.thresholds.warning)
        ),
        None => format!("cannot be judged with {rows} rows"),
    }
}

/// The reason when no alarm metric has a value.
pub(crate) fn without_judgement<'a>(mut alarms: impl Iterator<Item = &'a Measurement>) -> String {
    match alarms.find_map(|m| m.detail.as_deref()) {
        Some(detail) => format!("cannot be judged: {detail}"),
        None => "cannot be judged: no metric applies".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_reading() {
        let cases = [
            (0.0, "0"),
            (0.3127, "0.313"),
            (1234567.0, "1,234,567"),
            (12.345, "12.3"),
            (-4210.0, "-4,210"),
            (0.00012, "1.20e-4"),
            (0.0123, "0.012"),
        ];
        for (x, text) in cases {
            assert_eq!(number(x), text);
        }
        assert_eq!(
            [percent(0.123), percent(0.0312), percent(0.0004), percent(0.0)],
            ["12 %", "3.1 %", "0.04 %", "0 %"]
        );
    }
}
