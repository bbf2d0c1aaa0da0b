//! InfluxDB line protocol, for versions 1 to 3 and the stores that read it.
//!
//! A metric is a measurement, labels are tags, the value is the field `value`, times are nanoseconds. Source:
//! <https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/>.

use std::fmt::Write as _;

use url::Url;

use super::sample::{Sample, series};
use crate::Secret;
use crate::targets::Request;

/// Lines of one request, as InfluxData advises.
pub const LINES_MAX: usize = 5_000;

/// A body, and how many samples could not be written: the protocol has no infinities and no "not a number".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    /// Lines, each with its end.
    pub text: String,
    /// How many.
    pub lines: usize,
    /// Samples left out.
    pub skipped: usize,
}

/// The lines of `samples`, at most [`LINES_MAX`] a body.
#[must_use]
pub fn bodies(samples: &[Sample]) -> Vec<Lines> {
    let mut bodies = vec![Lines::default()];
    for ((name, labels), values) in series(samples) {
        let mut head = escape(name, &[',', ' ']);
        for (label, value) in labels {
            let _ = write!(head, ",{}={}", escape(label, &[',', ' ', '=']), escape(value, &[',', ' ', '=']));
        }
        for (at, value) in values {
            if bodies.last().is_none_or(|body| body.lines >= LINES_MAX) {
                bodies.push(Lines::default());
            }
            let Some(body) = bodies.last_mut() else { continue };
            if value.is_finite() {
                let _ = writeln!(body.text, "{head} value={value} {}", at.saturating_mul(1_000));
                body.lines += 1;
            } else {
                body.skipped += 1;
            }
        }
    }
    bodies
}

/// The request for a body. `url` is the whole address with its query: `/write?db=` of version 1, `/api/v2/write?org=&bucket=`
/// of version 2, `/api/v3/write_lp?db=` of version 3; `authorization` is the value of that header, such as `Token …`.
#[must_use]
pub fn request(url: &Url, authorization: Option<&Secret>, body: &Lines) -> Request {
    let mut request = Request {
        url: url.clone(),
        headers: vec![("content-type".to_owned(), Secret::from("text/plain; charset=utf-8"))],
        body: body.text.clone().into_bytes(),
    };
    if let Some(value) = authorization {
        request = request.with_header("authorization", value.clone());
    }
    request
}

/// Line ends have no escape in tags: they become spaces. A `\` at the end would escape what follows.
fn escape(text: &str, special: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        let letter = if matches!(letter, '\n' | '\r') { ' ' } else { letter };
        if special.contains(&letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    if escaped.ends_with('\\') {
        escaped.push('_');
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{LINES_MAX, bodies};
    use crate::export::sample::tests::sample;

    #[test]
    fn samples_are_lines() {
        let samples = [
            sample(
                "drift",
                &[("column", "in come,=x\\"), ("tenant", "a\nb"), ("empty", "")],
                0.31,
                1_790_000_000_000_001,
            ),
            sample("drift", &[], 1.0, 5),
            sample("drift", &[], f64::NAN, 6),
        ];
        let bodies = bodies(&samples);
        assert_eq!(
            bodies[0].text,
            "drift value=1 5000\ndrift,column=in\\ come\\,\\=x\\_,tenant=a\\ b value=0.31 1790000000000001000\n"
        );
        assert_eq!((bodies.len(), bodies[0].lines, bodies[0].skipped), (1, 2, 1));
    }

    #[test]
    fn long_batches_are_several_requests() {
        let samples: Vec<_> = (0..12_000).map(|at| sample("a", &[], 1.0, at)).collect();
        let lines: Vec<usize> = bodies(&samples).iter().map(|body| body.lines).collect();
        assert_eq!(lines, [LINES_MAX, LINES_MAX, 2_000]);
    }
}
