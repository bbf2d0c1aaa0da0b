//! JSON lines: the non-blank lines of a file.

/// The non-blank lines of `bytes` with their index among these, from 0: a byte order mark and line ends taken off.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    (0..).zip(lines)
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn blank_lines_marks_and_ends_do_not_count() {
        let found: Vec<_> = lines(b"\xEF\xBB\xBFa\r\n\n  \r\nb").collect();
        assert_eq!(found, vec![(0, b"a".as_slice()), (1, b"b".as_slice())]);
        assert_eq!(lines(b"\n \n").count(), 0, "nothing but blanks");
    }
}
