//! The bytes of an entry that its hash is taken of.

use super::LedgerEntry;
use crate::canonical::sha256_hex;

/// What stands for the hash of the entry before the first.
pub const GENESIS_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Version of the encoding; part of what is hashed.
const VERSION: &str = "watchkeeper.ledger.v1";

/// The hash of an entry: SHA-256 of its encoding, in 64 lower-case hexadecimal digits. The entry's own `hash` is not
/// read.
///
/// The encoding is a sequence of fields, each preceded by its length in bytes as a 64-bit big-endian number: the text
/// `watchkeeper.ledger.v1`, then `tenant`, `seq`, `at`, `actor`, `action`, `kind`, `name`, `revision`, `digest`,
/// `detail`, `prev_hash`. Texts are UTF-8, digests and hashes their hexadecimal texts, numbers 64-bit big-endian two's
/// complement, `at` in microseconds since the epoch. Lengths first: no two different entries have the same encoding.
#[must_use]
pub fn entry_hash(entry: &LedgerEntry) -> String {
    sha256_hex(&encode(entry))
}

pub(super) fn encode(entry: &LedgerEntry) -> Vec<u8> {
    // All fields named: a new one cannot be forgotten here.
    let LedgerEntry { tenant, seq, at, actor, action, kind, name, revision, digest, detail, prev_hash, hash: _ } =
        entry;
    let fields: [&[u8]; 12] = [
        VERSION.as_bytes(),
        tenant.as_bytes(),
        &seq.to_be_bytes(),
        &at.as_microsecond().to_be_bytes(),
        actor.as_bytes(),
        action.as_bytes(),
        kind.as_bytes(),
        name.as_bytes(),
        &revision.to_be_bytes(),
        digest.as_bytes(),
        detail.as_bytes(),
        prev_hash.as_bytes(),
    ];
    let mut bytes = Vec::with_capacity(fields.iter().map(|field| field.len() + 8).sum());
    for field in fields {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    /// Texts that would collide if they were only joined.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[ab\u{0}]{0,3}", ".{0,4}", Just("watchkeeper.ledger.v1".to_owned())]
    }

    prop_compose! {
        fn entry()(
            texts in proptest::array::uniform9(text()),
            seq in prop_oneof![0_i64..3, any::<i64>()],
            micros in prop_oneof![0_i64..3, -9_999_999_999_i64..9_999_999_999],
            revision in prop_oneof![0_i64..3, any::<i64>()],
        ) -> LedgerEntry {
            let [tenant, actor, action, kind, name, digest, detail, prev_hash, hash] = texts;
            let at = Timestamp::from_microsecond(micros).unwrap();
            LedgerEntry { tenant, seq, at, actor, action, kind, name, revision, digest, detail, prev_hash, hash }
        }
    }

    /// What the encoding says, read back by its description alone.
    fn decode(mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
            let (field, rest) = rest.split_at(usize::try_from(u64::from_be_bytes(*length)).unwrap());
            fields.push(field.to_vec());
            bytes = rest;
        }
        fields
    }

    proptest! {
        #[test]
        fn the_encoding_is_injective(entry in entry()) {
            // What can be read back without knowing the entry cannot be the encoding of two.
            let fields = decode(&encode(&entry));
            let text = |index: usize| String::from_utf8(fields[index].clone()).unwrap();
            let number = |index: usize| i64::from_be_bytes(fields[index].as_slice().try_into().unwrap());
            let back = LedgerEntry {
                tenant: text(1), seq: number(2), at: Timestamp::from_microsecond(number(3)).unwrap(), actor: text(4),
                action: text(5), kind: text(6), name: text(7), revision: number(8), digest: text(9), detail: text(10),
                prev_hash: text(11), hash: entry.hash.clone(),
            };
            prop_assert_eq!(fields.len(), 12);
            prop_assert_eq!(back, entry);
        }

        #[test]
        fn different_entries_have_different_hashes(one in entry(), other in entry()) {
            let same = LedgerEntry { hash: String::new(), ..one.clone() } == LedgerEntry { hash: String::new(), ..other.clone() };
            prop_assert_eq!(entry_hash(&one) == entry_hash(&other), same);
        }
    }

    #[test]
    fn a_known_entry() {
        let entry = LedgerEntry {
            tenant: "default".to_owned(),
            seq: 1,
            at: "2026-01-02T03:04:05.000006Z".parse().unwrap(),
            actor: "local:cli".to_owned(),
            action: "create".to_owned(),
            kind: "Model".to_owned(),
            name: "flights".to_owned(),
            revision: 1,
            digest: sha256_hex(b"{}"),
            detail: String::new(),
            prev_hash: GENESIS_HASH.to_owned(),
            hash: String::new(),
        };
        assert_eq!(encode(&entry).len(), 21 + 7 + 8 + 8 + 9 + 6 + 5 + 7 + 8 + 64 + 64 + 12 * 8);
        // Computed by an independent program from the description above: it must never change.
        assert_eq!(entry_hash(&entry), "a0c4c723caef0edaa517ea7c8540df512c9beb2b24790c531a669c0ebb0f2c4d");
    }
}
