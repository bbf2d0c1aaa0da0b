//! What an attempt came to.

use jiff::fmt::rfc2822;

use crate::egress::Response;
use crate::show::{cut, one_line};

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The target has it.
    Delivered,
    /// The target is not told such notices.
    Skipped {
        /// Why.
        why: &'static str,
    },
    /// Not this time: no answer, too many requests, or a fault of the server.
    Failed {
        /// The wait that the target asked for, in milliseconds.
        retry_after_ms: Option<u64>,
        /// What happened.
        why: String,
    },
    /// Never: the same request would be refused again.
    Rejected {
        /// What happened.
        why: String,
    },
    /// The target is no more (status 410): nothing is to be sent there again.
    Gone {
        /// What happened.
        why: String,
    },
}

/// Characters of a target's answer that are kept.
const ANSWER_CHARS: usize = 200;

/// Judges an answer that came at `now` (microseconds since 1970): 2xx is delivered; 408, 425, 429 and 5xx are tried again,
/// after the `Retry-After` if there is one; 410 is gone; all else is rejected, redirects too.
#[must_use]
pub fn outcome_of(response: &Response, now: i64) -> Outcome {
    let why = || {
        let said = cut(&one_line(&String::from_utf8_lossy(&response.body)), ANSWER_CHARS);
        let hint = if (300..400).contains(&response.status) { " (redirects are not followed)" } else { "" };
        if said.is_empty() {
            format!("status {}{hint}", response.status)
        } else {
            format!("status {}{hint}: {said}", response.status)
        }
    };
    match response.status {
        200..=299 => Outcome::Delivered,
        408 | 425 | 429 | 500..=599 => {
            let retry_after_ms = response.header("retry-after").and_then(|text| retry_after_ms(text, now));
            Outcome::Failed { retry_after_ms, why: why() }
        }
        410 => Outcome::Gone { why: why() },
        _ => Outcome::Rejected { why: why() },
    }
}

/// The wait that a `Retry-After` header asks for at `now`: whole seconds or a date; `None` if it is neither. A date that is
/// past is a wait of 0. Source: RFC 9110 section 10.2.3.
#[must_use]
pub fn retry_after_ms(text: &str, now: i64) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let at = rfc2822::parse(text).ok()?.timestamp().as_microsecond();
    Some(u64::try_from(at.saturating_sub(now)).unwrap_or_default().div_ceil(1_000))
}

#[cfg(test)]
mod tests {
    use super::{Outcome, outcome_of, retry_after_ms};
    use crate::egress::Response;

    fn response(status: u16, retry_after: Option<&str>, body: &str) -> Response {
        let headers = retry_after.map(|value| ("retry-after".to_owned(), value.to_owned())).into_iter().collect();
        Response { status, headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn each_status_has_its_outcome() {
        let kind = |status| match outcome_of(&response(status, None, ""), 0) {
            Outcome::Delivered => "delivered",
            Outcome::Failed { .. } => "failed",
            Outcome::Rejected { .. } => "rejected",
            Outcome::Gone { .. } => "gone",
            Outcome::Skipped { .. } => "skipped",
        };
        for (status, expected) in [
            (200, "delivered"),
            (202, "delivered"),
            (204, "delivered"),
            (301, "rejected"),
            (307, "rejected"),
            (400, "rejected"),
            (401, "rejected"),
            (404, "rejected"),
            (408, "failed"),
            (410, "gone"),
            (425, "failed"),
            (429, "failed"),
            (500, "failed"),
            (503, "failed"),
            (599, "failed"),
        ] {
            assert_eq!(kind(status), expected, "{status}");
        }
    }

    #[test]
    fn the_answer_is_kept_short_and_on_one_line() {
        assert_eq!(
            outcome_of(&response(400, None, "invalid\npayload"), 0),
            Outcome::Rejected { why: "status 400: invalid payload".to_owned() }
        );
        let Outcome::Rejected { why } = outcome_of(&response(302, None, &"x".repeat(9_999)), 0) else { panic!() };
        assert!(why.starts_with("status 302 (redirects are not followed): xxx") && why.chars().count() < 260);
    }

    #[test]
    fn waits_are_seconds_or_dates() {
        let now = 1_445_412_420_000_000; // 2015-10-21T07:27:00Z
        assert_eq!(retry_after_ms("120", now), Some(120_000));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(60_000));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2015 07:26:00 GMT", now), Some(0));
        assert_eq!(retry_after_ms("soon", now), None);
        assert_eq!(retry_after_ms("-5", now), None);
        let outcome = outcome_of(&response(429, Some("7"), "slow down"), now);
        assert_eq!(outcome, Outcome::Failed { retry_after_ms: Some(7_000), why: "status 429: slow down".to_owned() });
    }
}
