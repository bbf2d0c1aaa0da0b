//! "did you mean": the nearest known name to a name that is not known.

/// Longer names get no suggestion: the distance costs the product of the lengths.
const NAME_BYTES_MAX: usize = 128;

/// The candidate nearest to `found`, or `None` if none is near.
///
/// Equal up to case and `_ - . space` wins; else the smallest Damerau-Levenshtein distance of at most a third of the
/// longer name. The first candidate wins a tie, so the answer does not depend on anything but its arguments.
pub(crate) fn nearest<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if found.len() > NAME_BYTES_MAX {
        return None;
    }
    let folded = fold(found);
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        if candidate.len() > NAME_BYTES_MAX {
            continue;
        }
        let other = fold(candidate);
        if other == folded && !folded.is_empty() {
            return Some(candidate);
        }
        let limit = folded.len().max(other.len()) / 3;
        if folded.len().abs_diff(other.len()) > limit {
            continue;
        }
        let distance = strsim::damerau_levenshtein(&folded, &other);
        if distance <= limit && best.is_none_or(|(smallest, _)| distance < smallest) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | '.' | ' ')).flat_map(char::to_lowercase).collect()
}
