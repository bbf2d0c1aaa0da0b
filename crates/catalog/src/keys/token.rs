//! The text of a key.

use std::collections::BTreeSet;
use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use jiff::Timestamp;

use super::{ApiKeyRecord, KeyError, Right, Scopes};
use crate::canonical::sha256_hex;

/// Random bytes of a key: 8 for the id, 32 for the secret.
pub const ENTROPY_BYTES: usize = 40;

const PREFIX: &str = "watchkeeper";
const ENVIRONMENT_CHARS_MAX: usize = 63;
const ID_CHARS: usize = 12;
const SECRET_CHARS: usize = 52;
const CHECKSUM_CHARS: usize = 6;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The text of a key. It is shown once, to who asked for the key; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(***)")
    }
}

/// A key as someone presented it: well-formed, not yet checked. Only the digest of its secret is held.
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedKey {
    /// The environment in its text.
    pub environment: String,
    /// Its id: may be shown and logged.
    pub id: String,
    pub(super) secret_digest: String,
}

impl fmt::Debug for PresentedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PresentedKey({} {} ***)", self.environment, self.id)
    }
}

/// Random bytes for [`mint`], from the operating system.
///
/// # Errors
/// [`KeyError::Entropy`] if it has none.
pub fn entropy() -> Result<[u8; ENTROPY_BYTES], KeyError> {
    let mut bytes = [0; ENTROPY_BYTES];
    rand::fill(&mut bytes).map_err(|_unspecified| KeyError::Entropy)?;
    Ok(bytes)
}

/// Makes a key: its text, and the record to be stored.
///
/// * `environment`: the word in its text, which keeps keys of different environments apart; `scopes` say what the key
///   is for.
/// * `expires`: when it ends to be accepted; `None`: never.
/// * `random`: [`entropy`], never used twice.
///
/// # Errors
/// [`KeyError::Environment`], [`KeyError::NoRights`].
pub fn mint(
    environment: &str,
    scopes: Scopes,
    rights: BTreeSet<Right>,
    expires: Option<Timestamp>,
    random: &[u8; ENTROPY_BYTES],
) -> Result<(Token, ApiKeyRecord), KeyError> {
    if !is_environment(environment) {
        return Err(KeyError::Environment { environment: environment.chars().take(64).collect() });
    }
    if rights.is_empty() {
        return Err(KeyError::NoRights);
    }
    let (id, secret) = random.split_at(8);
    let id: String = base32(id).chars().take(ID_CHARS).collect();
    let secret = base32(secret);
    let text = format!("{PREFIX}_{environment}_{id}_{secret}");
    let token = Token(format!("{text}{}", checksum(&text)));
    let secret_sha256 = sha256_hex(secret.as_bytes());
    let environment = environment.to_owned();
    Ok((token, ApiKeyRecord { id, environment, secret_sha256, scopes, rights, expires, revoked: None }))
}

/// Reads the text of a key, without looking it up.
///
/// # Errors
/// [`KeyError::Form`] and [`KeyError::Checksum`]; neither shows a part of the text.
pub fn parse(text: &str) -> Result<PresentedKey, KeyError> {
    let form = |problem| KeyError::Form { problem };
    let rest = text.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix('_'));
    let rest = rest.ok_or_else(|| form("it does not begin with `watchkeeper_`"))?;
    let mut parts = rest.split('_');
    let (Some(environment), Some(id), Some(secret), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(form("it has not four parts"));
    };
    if !is_environment(environment) {
        return Err(form("its environment is not a name"));
    }
    if id.len() != ID_CHARS || secret.len() != SECRET_CHARS + CHECKSUM_CHARS {
        return Err(form("it has another length"));
    }
    if !id.bytes().chain(secret.bytes()).all(|byte| ALPHABET.contains(&byte)) {
        return Err(form("it has a character that keys do not have"));
    }
    // All characters are ASCII by now.
    let (covered, sum) = text.split_at(text.len() - CHECKSUM_CHARS);
    if sum != checksum(covered) {
        return Err(KeyError::Checksum);
    }
    let (secret, _) = secret.split_at(SECRET_CHARS);
    let secret_digest = sha256_hex(secret.as_bytes());
    Ok(PresentedKey { environment: environment.to_owned(), id: id.to_owned(), secret_digest })
}

/// The first 30 bits of SHA-256, in base 32: one typing error in 2^30 is not told.
fn checksum(text: &str) -> String {
    base32(digest(&SHA256, text.as_bytes()).as_ref()).chars().take(CHECKSUM_CHARS).collect()
}

fn is_environment(text: &str) -> bool {
    (1..=ENVIRONMENT_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
}

/// Base 32 of RFC 4648 in lower case, without padding.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    let mut push = |value: u32| {
        let character = ALPHABET.get((value & 31) as usize).copied().unwrap_or_default();
        text.push(char::from(character));
    };
    for byte in bytes {
        // At most 4 bits are left from before.
        buffer = ((buffer & 0xf) << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(buffer >> bits);
        }
    }
    if bits > 0 {
        push(buffer << (5 - bits));
    }
    text
}

impl PresentedKey {
    /// The record of this key, when a key that was made elsewhere (a configured first key) is to be known from now on.
    #[must_use]
    pub fn record(&self, scopes: Scopes, rights: BTreeSet<Right>) -> ApiKeyRecord {
        ApiKeyRecord {
            id: self.id.clone(),
            environment: self.environment.clone(),
            secret_sha256: self.secret_digest.clone(),
            scopes,
            rights,
            expires: None,
            revoked: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minted(random: &[u8; ENTROPY_BYTES]) -> (Token, ApiKeyRecord) {
        mint("production", Scopes::default(), BTreeSet::from([Right::Read]), None, random).unwrap()
    }

    #[test]
    fn base_32_of_the_standard() {
        // RFC 4648, section 10.
        let cases =
            [("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"), ("fooba", "mzxw6ytb")];
        for (bytes, text) in cases {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(base32(b"foobar"), "mzxw6ytboi");
        assert_eq!(base32(&[0xff; 32]).len(), SECRET_CHARS);
    }

    #[test]
    fn a_key_has_its_form() {
        let (token, record) = minted(&std::array::from_fn(|index| index as u8));
        let text = token.expose();
        assert_eq!(text.len(), "watchkeeper_production_".len() + 12 + 1 + 52 + 6);
        assert_eq!(text.split('_').nth(2), Some(record.id.as_str()));
        let presented = parse(text).unwrap();
        assert_eq!((presented.id, presented.environment), (record.id.clone(), "production".to_owned()));
        assert_eq!(presented.secret_digest, record.secret_sha256);
        let secret = text.split('_').nth(3).unwrap();
        assert!(!format!("{token:?} {record:?} {:?}", parse(text)).contains(&secret[..8]));
    }

    #[test]
    fn what_is_no_key_is_told_without_showing_it() {
        let (token, _) = minted(&[7; ENTROPY_BYTES]);
        let text = token.expose();
        let cases = [
            ("", "it does not begin with `watchkeeper_`"),
            ("watchkeeper", "it does not begin with `watchkeeper_`"),
            ("watchkeeper_", "it has not four parts"),
            ("watchkeeper_a_b", "it has not four parts"),
            (&format!("{text}_x"), "it has not four parts"),
            ("watchkeeper__b_c", "its environment is not a name"),
            ("watchkeeper_Ä_b_c", "its environment is not a name"),
            (&text[..text.len() - 1], "it has another length"),
            (&format!("{text}a"), "it has another length"),
            (&text.to_uppercase().replace("WATCHKEEPER_PRODUCTION", "watchkeeper_production"), "it has a character"),
        ];
        for (given, problem) in cases {
            let error = parse(given).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn environments_and_rights_are_checked() {
        let read = BTreeSet::from([Right::Read]);
        for bad in ["", "a_b", "A", "ä", &"a".repeat(64)] {
            let refused = mint(bad, Scopes::default(), read.clone(), None, &[0; ENTROPY_BYTES]);
            assert!(matches!(refused, Err(KeyError::Environment { .. })), "{bad}");
        }
        let refused = mint("a", Scopes::default(), BTreeSet::new(), None, &[0; ENTROPY_BYTES]);
        assert_eq!(refused.unwrap_err(), KeyError::NoRights);
        assert_ne!(entropy().unwrap(), entropy().unwrap());
    }

    proptest! {
        #[test]
        fn minted_keys_parse(random in proptest::array::uniform32(any::<u8>()), id in any::<[u8; 8]>()) {
            let mut bytes = [0; ENTROPY_BYTES];
            bytes[..8].copy_from_slice(&id);
            bytes[8..].copy_from_slice(&random);
            let (token, record) = minted(&bytes);
            prop_assert_eq!(parse(token.expose()).unwrap().id, record.id);
        }

        #[test]
        fn any_changed_character_is_told(at in 0_usize..93, character in "[a-z2-7]") {
            let (token, _) = minted(&[42; ENTROPY_BYTES]);
            let mut text = token.expose().to_owned();
            prop_assume!(text[at..=at] != character);
            text.replace_range(at..=at, &character);
            prop_assert!(parse(&text).is_err());
        }

        #[test]
        fn no_text_panics(text in any::<String>(), tail in "_{0,4}.{0,90}") {
            prop_assert!(parse(&text).is_err());
            let text = format!("watchkeeper_{tail}");
            prop_assert!(parse(&text).is_err());
        }
    }
}
