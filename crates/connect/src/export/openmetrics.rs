//! Exposition text, to be scraped: OpenMetrics 1.0, and the older text format of Prometheus.
//!
//! Source: <https://prometheus.io/docs/specs/om/open_metrics_spec/>,
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::Write as _;

use super::registry::{Kind, metric};
use super::sample::{Sample, Series, series};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics: families of counters have no `_total`, times are seconds, the text ends in `# EOF`.
    OpenMetrics,
    /// The text format 0.0.4: times are milliseconds.
    Text,
}

impl Format {
    /// The media type of the answer.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// The newest sample of each series. With `times`, each carries its own; without, it counts as of the scrape.
#[must_use]
pub fn render(samples: &[Sample], format: Format, times: bool) -> String {
    let mut text = String::new();
    let mut family = None;
    for (series, values) in series(samples) {
        if family != Some(series.0) {
            family = Some(series.0);
            head(&mut text, series.0, format);
        }
        if let Some((at, value)) = values.last_key_value() {
            line(&mut text, &series, *value, times.then_some(*at), format);
        }
    }
    if format == Format::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn head(text: &mut String, name: &str, format: Format) {
    let known = metric(name);
    let kind = known.map_or(Kind::Gauge, |known| known.kind);
    let family = match format {
        Format::OpenMetrics if kind == Kind::Counter => name.strip_suffix("_total").unwrap_or(name),
        _ => name,
    };
    if let Some(known) = known {
        let _ = writeln!(text, "# HELP {family} {}", escape_help(known.help));
    }
    let _ = writeln!(text, "# TYPE {family} {}", kind.as_str());
}

fn line(text: &mut String, series: &Series<'_>, value: f64, at: Option<i64>, format: Format) {
    text.push_str(series.0);
    for (index, (name, value)) in series.1.iter().enumerate() {
        let before = if index == 0 { '{' } else { ',' };
        let _ = write!(text, "{before}{name}=\"{}\"", escape_value(value));
    }
    if !series.1.is_empty() {
        text.push('}');
    }
    let _ = write!(text, " {}", number(value));
    match at {
        None => {}
        Some(at) if format == Format::OpenMetrics => {
            let sign = if at < 0 { "-" } else { "" };
            let _ = write!(text, " {sign}{}.{:06}", at.unsigned_abs() / 1_000_000, at.unsigned_abs() % 1_000_000);
        }
        Some(at) => {
            let _ = write!(text, " {}", at.div_euclid(1_000));
        }
    }
    text.push('\n');
}

/// As both formats write numbers; the shortest text that reads back the same.
fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

fn escape_value(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn escape_help(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::{Format, render};
    use crate::export::sample::tests::sample;

    #[test]
    fn both_formats_say_the_same() {
        let samples = [
            sample(
                "watchkeeper_predictions_total",
                &[("tenant", "a"), ("model", "m"), ("segment", "")],
                12.0,
                2_500_000,
            ),
            sample("watchkeeper_predictions_total", &[("tenant", "a"), ("model", "m")], 10.0, 1_500_000),
            sample("watchkeeper_event_age_seconds", &[("model", "q\"uo\\te\n")], 0.25, 1_500_000),
            sample("other", &[], f64::NEG_INFINITY, -1_500_000),
        ];
        assert_eq!(
            render(&samples, Format::OpenMetrics, true),
            "# TYPE other gauge\n\
             other -Inf -1.500000\n\
             # HELP watchkeeper_event_age_seconds Age of the newest event at the last evaluation.\n\
             # TYPE watchkeeper_event_age_seconds gauge\n\
             watchkeeper_event_age_seconds{model=\"q\\\"uo\\\\te\\n\"} 0.25 1.500000\n\
             # HELP watchkeeper_predictions Predictions that were taken in.\n\
             # TYPE watchkeeper_predictions counter\n\
             watchkeeper_predictions_total{model=\"m\",tenant=\"a\"} 12 2.500000\n\
             # EOF\n"
        );
        assert_eq!(
            render(&samples[..2], Format::Text, true),
            "# HELP watchkeeper_predictions_total Predictions that were taken in.\n\
             # TYPE watchkeeper_predictions_total counter\n\
             watchkeeper_predictions_total{model=\"m\",tenant=\"a\"} 12 2500\n"
        );
        assert_eq!(render(&[], Format::OpenMetrics, false), "# EOF\n");
    }
}
