//! What is kept of a key, and whether a presented one is it.

use std::collections::BTreeSet;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PresentedKey, Refusal};

/// What a key may do. None implies another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Send events, labels, KPIs, changes.
    Ingest,
    /// Read profiles and resources.
    Read,
    /// Change resources, keys too.
    Admin,
}

/// What a key may be used on; `None`: on all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scopes {
    /// One tenant.
    #[serde(default)]
    pub tenant: Option<String>,
    /// One environment.
    #[serde(default)]
    pub environment: Option<String>,
    /// One model.
    #[serde(default)]
    pub model: Option<String>,
}

impl Scopes {
    /// Whether something lies within. What has no environment or model (a KPI of a whole tenant, say) lies outside of
    /// a scope that names one.
    #[must_use]
    pub fn contain(&self, tenant: &str, environment: Option<&str>, model: Option<&str>) -> bool {
        let within = |scope: &Option<String>, value: Option<&str>| scope.is_none() || scope.as_deref() == value;
        within(&self.tenant, Some(tenant)) && within(&self.environment, environment) && within(&self.model, model)
    }
}

/// What is kept of a key: the body of its resource. The secret is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyRecord {
    /// The 12 characters that find it.
    pub id: String,
    /// The environment in its text.
    pub environment: String,
    /// SHA-256 of the secret's text, in hexadecimal digits.
    pub secret_sha256: String,
    /// What it may be used on.
    pub scopes: Scopes,
    /// What it may do, at least one right.
    pub rights: BTreeSet<Right>,
    /// From when it is no longer accepted.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default)]
    pub revoked: Option<Timestamp>,
}

impl ApiKeyRecord {
    /// Whether the key may do this there. Whether it is accepted at all is [`verify`]'s question.
    #[must_use]
    pub fn permits(&self, right: Right, tenant: &str, environment: Option<&str>, model: Option<&str>) -> bool {
        self.rights.contains(&right) && self.scopes.contain(tenant, environment, model)
    }
}

/// Compared when there is no record, so that an unknown id takes the time of a wrong secret. Nothing has this digest:
/// it is no hexadecimal text.
const NOBODY: &str = "................................................................";

/// Whether a presented key is the one of the record and is accepted now.
///
/// `record`: what was found for the presented id. The secret's digests are compared in constant time, whether there is
/// a record or not.
///
/// # Errors
/// [`Refusal::Unknown`] without a record or when secret or environment is another, and only for the right secret
/// [`Refusal::Revoked`] and [`Refusal::Expired`].
pub fn verify(presented: &PresentedKey, record: Option<&ApiKeyRecord>, now: Timestamp) -> Result<(), Refusal> {
    let expected = record.map_or(NOBODY, |record| record.secret_sha256.as_str());
    let same_secret = verify_slices_are_equal(presented.secret_digest.as_bytes(), expected.as_bytes()).is_ok();
    let Some(record) = record.filter(|_| same_secret) else { return Err(Refusal::Unknown) };
    if record.id != presented.id || record.environment != presented.environment {
        return Err(Refusal::Unknown);
    }
    if record.revoked.is_some() {
        return Err(Refusal::Revoked);
    }
    if record.expires.is_some_and(|expires| now >= expires) {
        return Err(Refusal::Expired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{ENTROPY_BYTES, mint, parse};
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn only_the_right_secret_is_accepted_and_only_in_its_time() {
        let expires = time("2026-01-02T00:00:00Z");
        let rights = BTreeSet::from([Right::Ingest]);
        let made =
            |byte| mint("test", Scopes::default(), rights.clone(), Some(expires), &[byte; ENTROPY_BYTES]).unwrap();
        let (token, record) = made(1);
        let presented = parse(token.expose()).unwrap();
        let before = time("2026-01-01T23:59:59Z");
        assert_eq!(verify(&presented, Some(&record), before), Ok(()));
        assert_eq!(verify(&presented, Some(&record), expires), Err(Refusal::Expired));
        assert_eq!(verify(&presented, None, before), Err(Refusal::Unknown));
        assert_eq!(verify(&presented, Some(&made(2).1), before), Err(Refusal::Unknown));
        let elsewhere = ApiKeyRecord { environment: "other".to_owned(), ..record.clone() };
        assert_eq!(verify(&presented, Some(&elsewhere), before), Err(Refusal::Unknown));
        let renamed = ApiKeyRecord { id: "aaaaaaaaaaaa".to_owned(), ..record.clone() };
        assert_eq!(verify(&presented, Some(&renamed), before), Err(Refusal::Unknown));

        let revoked = ApiKeyRecord { revoked: Some(before), ..record };
        assert_eq!(verify(&presented, Some(&revoked), before), Err(Refusal::Revoked));
        // Who has not the secret learns nothing of the key's state.
        let guessed = parse(made(3).0.expose()).unwrap();
        assert_eq!(verify(&guessed, Some(&revoked), expires), Err(Refusal::Unknown));
    }

    #[test]
    fn nobody_cannot_be_matched() {
        assert_eq!(NOBODY.len(), crate::sha256_hex(b"").len());
        assert!(!NOBODY.bytes().any(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn scopes_and_rights() {
        let scopes = |tenant: Option<&str>, environment: Option<&str>, model: Option<&str>| Scopes {
            tenant: tenant.map(str::to_owned),
            environment: environment.map(str::to_owned),
            model: model.map(str::to_owned),
        };
        let all = scopes(None, None, None);
        assert!(all.contain("t", None, None) && all.contain("t", Some("e"), Some("m")));
        let one = scopes(Some("t"), Some("e"), Some("m"));
        assert!(one.contain("t", Some("e"), Some("m")));
        for (tenant, environment, model) in [
            ("u", Some("e"), Some("m")),
            ("t", Some("f"), Some("m")),
            ("t", None, Some("m")),
            ("t", Some("e"), Some("n")),
            ("t", Some("e"), None),
        ] {
            assert!(!one.contain(tenant, environment, model), "{tenant} {environment:?} {model:?}");
        }
        let rights = BTreeSet::from([Right::Admin]);
        let (_, record) = mint("e", one, rights, None, &[0; ENTROPY_BYTES]).unwrap();
        assert!(record.permits(Right::Admin, "t", Some("e"), Some("m")));
        assert!(!record.permits(Right::Admin, "u", Some("e"), Some("m")));
        assert!(!record.permits(Right::Read, "t", Some("e"), Some("m")));
    }

    #[test]
    fn a_record_round_trips() {
        let scopes = Scopes { model: Some("flights".to_owned()), ..Scopes::default() };
        let (_, record) = mint("e", scopes, BTreeSet::from([Right::Ingest, Right::Read]), None, &[0; 40]).unwrap();
        let text = serde_json::to_string(&record).unwrap();
        assert!(text.contains(r#""rights":["ingest","read"]"#), "{text}");
        assert_eq!(serde_json::from_str::<ApiKeyRecord>(&text).unwrap(), record);
    }
}
