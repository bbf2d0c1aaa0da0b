//! Many values in a few signs, as in the rule tests of Prometheus.

use crate::evaluation::Outcome;
use crate::slo::Counts;

/// What is said of a window, and the value behind it; `None`: no evaluation.
pub(super) type Said = Option<(Outcome, Option<f64>)>;

/// `a+bxn` is `a`, `a+b`, … `a+n·b`; `a-bxn` the other way; `axn` is `a`, n+1 times; `_` is no evaluation, `_xn` none n
/// times. Besides numbers, which are held against `limit`, there are the words `breach near clear unknown error`.
pub(super) fn outcomes(text: &str, limit: Option<f64>, clear: f64, room: &mut usize) -> Result<Vec<Said>, String> {
    let mut all = Vec::new();
    for token in text.split_whitespace() {
        let (what, times) = repeated(token)?;
        if what == "_" {
            push(&mut all, room, (0..times.max(1)).map(|_| None))?;
            continue;
        }
        if let Some(outcome) = word(what) {
            push(&mut all, room, (0..=times).map(|_| Some((outcome.clone(), None))))?;
            continue;
        }
        let (first, step) = progression(what).ok_or_else(|| {
            format!("value `{token}`; expected a number, `a+bxn`, `_`, or one of `breach near clear unknown error`")
        })?;
        let limit = limit.ok_or_else(|| format!("value `{token}` without `limit`; expected a limit of the series"))?;
        let judged = (0..=times).map(|index| {
            let value = first + step * index as f64;
            let outcome = if value > limit {
                Outcome::Breach
            } else if value > clear * limit {
                Outcome::Near
            } else {
                Outcome::Clear
            };
            Some((outcome, Some(value)))
        });
        push(&mut all, room, judged)?;
    }
    Ok(all)
}

/// `bad/total` for each slice, with `xn` as above; `_` is a slice without a record, `?` one of which nothing is known.
pub(super) fn counts(text: &str, room: &mut usize) -> Result<Vec<Option<Counts>>, String> {
    let mut all = Vec::new();
    for token in text.split_whitespace() {
        let (what, times) = repeated(token)?;
        if what == "_" {
            push(&mut all, room, (0..times.max(1)).map(|_| None))?;
            continue;
        }
        let read = || {
            if what == "?" {
                return Some(Counts { good: 0, bad: 0, unknown: 1 });
            }
            let (bad, total) = what.split_once('/')?;
            let (bad, total): (u64, u64) = (bad.parse().ok()?, total.parse().ok()?);
            Some(Counts { good: total.checked_sub(bad)?, bad, unknown: 0 })
        };
        let counts =
            read().ok_or_else(|| format!("counts `{token}`; expected `bad/total`, `?` or `_`, as `3/100x11`"))?;
        push(&mut all, room, (0..=times).map(|_| Some(counts)))?;
    }
    Ok(all)
}

fn push<T>(all: &mut Vec<T>, room: &mut usize, values: impl Iterator<Item = T>) -> Result<(), String> {
    for value in values {
        *room = room
            .checked_sub(1)
            .ok_or_else(|| format!("too many values; expected at most {} in a scenario", super::VALUES_MAX))?;
        all.push(value);
    }
    Ok(())
}

/// The token without `xn`, and n.
fn repeated(token: &str) -> Result<(&str, u64), String> {
    match token.rsplit_once('x') {
        Some((what, times)) => {
            let times = times.parse().map_err(|_| format!("value `{token}`; expected a number behind `x`"))?;
            Ok((what, times))
        }
        None => Ok((token, 0)),
    }
}

fn word(text: &str) -> Option<Outcome> {
    match text {
        "breach" => Some(Outcome::Breach),
        "near" => Some(Outcome::Near),
        "clear" => Some(Outcome::Clear),
        "unknown" => Some(Outcome::Unknown("as the scenario says".to_owned())),
        "error" => Some(Outcome::Error("as the scenario says".to_owned())),
        _ => None,
    }
}

/// First value and step: `a`, `a+b`, `a-b`.
fn progression(text: &str) -> Option<(f64, f64)> {
    let finite = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
    if let Some(value) = finite(text) {
        return Some((value, 0.0));
    }
    // Behind the first sign, which may be that of the value; not behind an `e`.
    let sign = text.char_indices().skip(1).find(|&(at, sign)| {
        matches!(sign, '+' | '-') && !text.get(..at).is_some_and(|before| before.ends_with(['e', 'E']))
    });
    let (at, _) = sign?;
    let (first, step) = text.split_at_checked(at)?;
    Some((finite(first)?, finite(step)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Option<f64>> {
        let mut room = 100;
        outcomes(text, Some(0.1), 0.8, &mut room).unwrap().into_iter().map(|one| one.and_then(|(_, v)| v)).collect()
    }

    #[test]
    fn as_in_prometheus() {
        assert_eq!(values("0x5 1 0"), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0].map(Some));
        assert_eq!(values("1+2x3 -1-1x1"), [1.0, 3.0, 5.0, 7.0, -1.0, -2.0].map(Some));
        assert_eq!(values("1e-3 _ _x2 2"), [Some(0.001), None, None, None, Some(2.0)]);
        let mut room = 100;
        let kinds: Vec<Outcome> = outcomes("0.05 0.09 0.1 0.11 breachx1", Some(0.1), 0.8, &mut room)
            .unwrap()
            .into_iter()
            .flatten()
            .map(|(outcome, _)| outcome)
            .collect();
        use Outcome::{Breach, Clear, Near};
        assert_eq!(kinds, [Clear, Near, Near, Breach, Breach, Breach]);
    }

    #[test]
    fn counts_of_slices() {
        let mut room = 10;
        let all = counts("3/100x1 _ ?", &mut room).unwrap();
        let some = Some(Counts { good: 97, bad: 3, unknown: 0 });
        assert_eq!(all, [some, some, None, Some(Counts { good: 0, bad: 0, unknown: 1 })]);
        assert_eq!(room, 6);
        assert!(counts("1/2x99", &mut room).unwrap_err().starts_with("too many values"));
        for text in ["5/3", "a/b", "7"] {
            assert!(counts(text, &mut 10).unwrap_err().contains("expected `bad/total`"), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read() {
        let read = |text: &str, limit| outcomes(text, limit, 0.8, &mut 10).unwrap_err();
        assert!(read("brech", Some(1.0)).contains("one of `breach near"));
        assert!(read("1xy", Some(1.0)).contains("a number behind `x`"));
        assert!(read("1", None).contains("without `limit`"));
        assert!(read("nan", Some(1.0)).contains("expected a number"));
    }
}
