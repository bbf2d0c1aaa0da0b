//! Any receiver of webhooks, by the Standard Webhooks specification: three headers say which message it is, when it was
//! sent, and that we sent it.
//!
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>. `webhook-id` is
//! the notice's key: the same in each attempt, so receivers can drop repetitions.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;
use watchkeeper_watch::notice::{Action, Notice};

use super::Request;
use crate::Secret;
use crate::show::time;

/// What a webhook needs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to.
    pub url: Url,
    /// Keys to sign with, the current one first; several while they are changed. Without one nothing is signed.
    pub keys: Vec<SigningKey>,
}

/// A key of 24 to 64 bytes. It is never shown.
#[derive(Clone)]
pub struct SigningKey(hmac::Key);

/// A text that is no signing key. It is not repeated here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the signing key {0}; expected `whsec_` and 24 to 64 bytes in Base64")]
pub struct InvalidKey(&'static str);

impl SigningKey {
    /// Reads `whsec_` and Base64.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn parse(text: &Secret) -> Result<Self, InvalidKey> {
        let encoded = text.expose().trim().strip_prefix("whsec_").ok_or(InvalidKey("does not begin with `whsec_`"))?;
        let bytes = STANDARD.decode(encoded).map_err(|_| InvalidKey("is not Base64"))?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(InvalidKey("has another length"));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// `v1,` and the Base64 of HMAC-SHA256 over `{id}.{seconds}.{body}`.
    #[must_use]
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{seconds}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SigningKey(..)")
    }
}

/// The signed request of an attempt at `now` (microseconds since 1970), with the body of the user's template if there is
/// one, else `{"type", "timestamp", "data"}`, `data` being the whole notice.
#[must_use]
pub fn render(notice: &Notice, settings: &Settings, own: Option<&Value>, now: i64) -> Request {
    let request = match own {
        Some(body) => Request::json(settings.url.clone(), body),
        None => Request::json(settings.url.clone(), &body(notice)),
    };
    signed(request, &settings.keys, &notice.key, now)
}

/// `request` with the three headers.
pub(crate) fn signed(request: Request, keys: &[SigningKey], id: &str, now: i64) -> Request {
    let seconds = now.div_euclid(1_000_000);
    let signatures: Vec<String> = keys.iter().map(|key| key.sign(id, seconds, &request.body)).collect();
    let request = request
        .with_header("webhook-id", Secret::from(id))
        .with_header("webhook-timestamp", Secret::new(seconds.to_string()));
    if signatures.is_empty() {
        request
    } else {
        request.with_header("webhook-signature", Secret::new(signatures.join(" ")))
    }
}

fn body(notice: &Notice) -> Value {
    let kind = match notice.action {
        Action::Trigger => "incident.triggered",
        Action::Update => "incident.updated",
        Action::Acknowledge => "incident.acknowledged",
        Action::Resolve => "incident.resolved",
    };
    json!({"type": kind, "timestamp": time(notice.at), "data": notice})
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use watchkeeper_watch::notice::Notice;

    use super::{Settings, SigningKey, render};
    use crate::Secret;
    use crate::targets::parse_url;
    use crate::targets::sample::{AT, notice};

    fn key() -> SigningKey {
        SigningKey::parse(&Secret::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap()
    }

    /// The vector that the specification's own libraries test against.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let signature = key().sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b"{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn attempts_differ_in_time_and_signature_only() {
        let settings = Settings { url: parse_url("https://example.com/in").unwrap(), keys: vec![key(), key()] };
        let first = render(&notice(), &settings, None, AT);
        let second = render(&notice(), &settings, None, AT + 1_000_000);
        assert_eq!(first.body, second.body);
        assert_eq!(first.header("webhook-id"), Some("0011aabb"));
        assert_eq!(second.header("webhook-id"), Some("0011aabb"));
        assert_eq!(first.header("webhook-timestamp"), Some("1790000000"));
        assert_ne!(first.header("webhook-signature"), second.header("webhook-signature"));
        assert_eq!(first.header("webhook-signature").unwrap().split(' ').count(), 2);
        let body: Value = serde_json::from_slice(&first.body).unwrap();
        assert_eq!(
            (body["type"].as_str(), body["timestamp"].as_str()),
            (Some("incident.triggered"), Some("2026-09-21T14:15:20Z"))
        );
        assert_eq!(serde_json::from_value::<Notice>(body["data"].clone()).unwrap(), notice());
    }

    #[test]
    fn keys_are_read_strictly_and_never_shown() {
        for (text, reason) in [
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "does not begin with `whsec_`"),
            ("whsec_!!", "is not Base64"),
            ("whsec_c2hvcnQ=", "has another length"),
        ] {
            let error = SigningKey::parse(&Secret::from(text)).unwrap_err().to_string();
            assert!(error.contains(reason) && !error.contains(text), "{error}");
        }
        assert_eq!(format!("{:?}", key()), "SigningKey(..)");
    }
}
