//! Keyed hashes of values: the same value has the same hash within a tenant, domain and epoch, and no other relation
//! between value and hash can be found without the key. A plain hash could be undone by trying every phone number.

use aws_lc_rs::hmac;

use super::key::Secret;

/// Bytes of a hash that are kept: 128 bits. Two of a billion values share one with a chance below 10⁻²⁰.
const HASH_BYTES: usize = 16;

/// Hashes the values of one domain.
pub(super) struct Hasher(hmac::Key);

impl Hasher {
    /// The key of a domain: `HMAC-SHA-256(key, "watchkeeper/hash/v1" ‖ tenant ‖ domain ‖ epoch)`, each part after its
    /// length in 8 bytes, so that no two lists of parts are the same bytes.
    pub(super) fn new(key: &Secret, tenant: &str, domain: &str, epoch: u32) -> Self {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.bytes()));
        let epoch = epoch.to_be_bytes();
        for part in [b"watchkeeper/hash/v1".as_slice(), tenant.as_bytes(), domain.as_bytes(), &epoch] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        Self(hmac::Key::new(hmac::HMAC_SHA256, context.sign().as_ref()))
    }

    /// Appends the hash of `value`, 32 hexadecimal digits.
    pub(super) fn write(&self, value: &str, text: &mut String) {
        const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        let digit = |nibble: u8| DIGITS.get(usize::from(nibble & 15)).copied().unwrap_or('0');
        for byte in hmac::sign(&self.0, value.as_bytes()).as_ref().iter().take(HASH_BYTES) {
            text.push(digit(byte >> 4));
            text.push(digit(*byte));
        }
    }
}

/// `HMAC-SHA-256(key, "watchkeeper/digest/v1" ‖ bytes)`, 64 hexadecimal digits: proves to who has the key and the bytes that
/// they are the same, and tells nobody else anything.
#[must_use]
pub fn keyed_digest(key: &Secret, bytes: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.bytes()));
    context.update(b"watchkeeper/digest/v1");
    context.update(bytes);
    context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;

    use super::Hasher;
    use crate::privacy::Secret;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The primitive is the one of RFC 4231, test cases 1, 2, 6 and 7.
    #[test]
    fn rfc_4231() {
        for (key, data, expect) in [
            (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to \
                  be hashed before being used by the HMAC algorithm."
                    .to_vec(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ] {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &data);
            assert_eq!(hex(tag.as_ref()), expect);
        }
    }

    fn hash(key: u8, tenant: &str, domain: &str, epoch: u32, value: &str) -> String {
        let mut text = String::new();
        Hasher::new(&Secret::new([key; 32]).unwrap(), tenant, domain, epoch).write(value, &mut text);
        text
    }

    /// The stored form must never change: hashes of years would no longer join. Computed with Python's `hmac`.
    #[test]
    fn known_hash() {
        assert_eq!(hash(7, "default", "email", 0, "ada@example.org"), "c369c1f37caadd4a9a264222720a422f");
    }

    #[test]
    fn every_part_counts() {
        let all = [
            hash(7, "default", "email", 0, "a"),
            hash(8, "default", "email", 0, "a"),
            hash(7, "other", "email", 0, "a"),
            hash(7, "default", "mail", 0, "a"),
            hash(7, "default", "email", 1, "a"),
            hash(7, "default", "email", 0, "b"),
            // The border between tenant and domain is part of the hash.
            hash(7, "defaulte", "mail", 0, "a"),
        ];
        for (index, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 32);
            assert!(all.iter().skip(index + 1).all(|other| other != one), "{index}");
        }
        assert_eq!(hash(7, "default", "email", 0, "a"), all[0]);
    }
}
