//! Texts cut and written as the tools of others take them.

use jiff::Timestamp;

/// `text` in at most `chars` characters; a cut text ends in `…`.
pub(crate) fn cut(text: &str, chars: usize) -> String {
    if text.chars().nth(chars).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(chars.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    if chars > 0 {
        short.push('…');
    }
    short
}

/// `text` on one line: control characters, line ends too, become spaces.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect::<String>().trim().to_owned()
}

/// RFC 3339 in UTC of microseconds since 1970; times beyond what can be written become the nearest that can.
pub(crate) fn time(micros: i64) -> String {
    instant(micros).to_string()
}

/// The instant of microseconds since 1970, clamped.
pub(crate) fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// A time for people: minutes are enough.
pub(crate) fn time_for_people(micros: i64) -> String {
    instant(micros).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A number for people: four significant digits, without needless zeros.
pub(crate) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { value.to_string() };
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..9.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    // Between 0 and 7 digits behind the point.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0..=7 by the check above")]
    let digits = (3.0 - magnitude).max(0.0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// How long something took, for people: the two largest units.
pub(crate) fn duration(micros: i64) -> String {
    let seconds = micros.max(0) / 1_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, 0) => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        (_, 0, _) => format!("{days} d"),
        (_, _, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, duration, number, one_line, time};

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("äbcd", 3), "äb…");
        assert_eq!(cut("a bcd", 3), "a…");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(one_line(" a\r\nBcc: x\u{7} "), "a  Bcc: x");
    }

    #[test]
    fn numbers_and_times_are_for_people() {
        let shown = [0.31, 0.0, 12_345.678, 1e12, -0.000_02, 1.0, 0.1].map(number);
        assert_eq!(shown, ["0.31", "0", "12346", "1.000e12", "-2.000e-5", "1", "0.1"]);
        assert_eq!(time(1_790_000_000_000_000), "2026-09-21T14:13:20Z");
        assert_eq!(time(i64::MIN), "-009999-01-02T01:59:59Z");
        let shown = [5, 300, 3_600, 5_400, 86_400, 100_000].map(|seconds| duration(seconds * 1_000_000));
        assert_eq!(shown, ["5 s", "5 min", "1 h", "1 h 30 min", "1 d", "1 d 3 h"]);
    }
}
