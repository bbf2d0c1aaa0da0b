//! Bounds of what is stored, and their checks.

use crate::error::CatalogError;

/// Bytes of a tenant, a name of a resource or a key of the state, at most.
pub const NAME_BYTES_MAX: usize = 128;
/// Bytes of an actor, at most.
pub const ACTOR_BYTES_MAX: usize = 256;
/// Bytes of a ledger entry's detail, at most.
pub const DETAIL_BYTES_MAX: usize = 4096;
/// Bytes of a resource's canonical JSON text, at most (1 MiB).
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Levels of nesting of a resource's body, at most.
pub const BODY_DEPTH_MAX: usize = 64;
/// Bytes of a value of the state, at most (1 MiB).
pub const STATE_BYTES_MAX: usize = 1 << 20;
/// Changes of one [`Catalog::put_all`](crate::Catalog::put_all), at most.
pub const CHANGES_MAX: usize = 1000;
/// Rows of one page of any list, at most; a larger limit is lowered to it.
pub const PAGE_ROWS_MAX: u32 = 200;

/// Characters of a value that an error text shows.
const SHOWN_CHARS_MAX: usize = 64;

/// Checks a text that identifies something: 1 to `bytes_max` bytes without control characters.
pub(crate) fn check_name(field: &'static str, value: &str, bytes_max: usize) -> Result<(), CatalogError> {
    if value.is_empty() || value.len() > bytes_max || value.chars().any(char::is_control) {
        let expected = format!("1 to {bytes_max} bytes without control characters");
        return Err(CatalogError::Invalid { field, value: shown(value), expected });
    }
    Ok(())
}

/// Checks a free text: up to [`DETAIL_BYTES_MAX`] bytes, without the character NUL, which PostgreSQL cannot store.
pub(crate) fn check_detail(value: &str) -> Result<(), CatalogError> {
    if value.contains('\0') {
        let expected = "a text without NUL".to_owned();
        return Err(CatalogError::Invalid { field: "detail", value: shown(value), expected });
    }
    check_size("detail", value.len(), DETAIL_BYTES_MAX)
}

/// Checks a size in bytes.
pub(crate) fn check_size(what: &'static str, bytes: usize, bytes_max: usize) -> Result<(), CatalogError> {
    if bytes > bytes_max {
        return Err(CatalogError::TooLarge { what, found: bytes, bound: bytes_max, unit: "bytes" });
    }
    Ok(())
}

/// A limit of rows within 1 and [`PAGE_ROWS_MAX`].
pub(crate) fn page_rows(limit: u32) -> i64 {
    i64::from(limit.clamp(1, PAGE_ROWS_MAX))
}

/// The start of a value, for messages.
fn shown(value: &str) -> String {
    let mut text: String = value.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if value.chars().nth(SHOWN_CHARS_MAX).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_shown_short() {
        assert!(check_name("tenant", "a", 3).is_ok());
        assert!(check_name("tenant", "aaa", 3).is_ok());
        for bad in ["", "aaaa", "a\n", "a\0"] {
            assert!(check_name("tenant", bad, 3).is_err(), "{bad:?}");
        }
        let error = check_name("name", &"x".repeat(500), NAME_BYTES_MAX).unwrap_err().to_string();
        let start = "x".repeat(64);
        assert_eq!(error, format!("name `{start}…`, expected 1 to 128 bytes without control characters"));
    }

    #[test]
    fn details_are_bounded() {
        assert!(check_detail("").is_ok());
        assert!(check_detail("two\nlines").is_ok());
        assert!(check_detail("nul\0").is_err());
        assert!(check_detail(&"x".repeat(DETAIL_BYTES_MAX)).is_ok());
        let error = check_detail(&"x".repeat(DETAIL_BYTES_MAX + 1)).unwrap_err().to_string();
        assert_eq!(error, "detail of 4097 bytes, expected at most 4096");
    }

    #[test]
    fn pages_are_bounded() {
        assert_eq!(page_rows(0), 1);
        assert_eq!(page_rows(7), 7);
        assert_eq!(page_rows(u32::MAX), 200);
    }
}
