//! "did you mean": the known name nearest to one that is not known.

/// Longer names get no suggestion: the distance costs the product of the lengths.
const NAME_BYTES_MAX: usize = 128;

/// `; did you mean `x`?` for the candidate nearest to `found`, or nothing when none is near.
///
/// Near is a Damerau-Levenshtein distance of at most a third of the longer name, case and `_ - .` left aside.
pub(super) fn did_you_mean<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    if found.len() > NAME_BYTES_MAX {
        return String::new();
    }
    let wanted = fold(found);
    let near = candidates.into_iter().filter_map(|candidate| {
        let other = fold(candidate);
        let distance = strsim::damerau_levenshtein(&wanted, &other);
        (distance <= wanted.len().max(other.len()) / 3).then_some((distance, candidate))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// A text of the user between backticks: one line of at most 64 characters.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(64).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(64).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// "one of `a`, `b`".
pub(super) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let list: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    if list.len() == 1 { list.concat() } else { format!("one of {}", list.join(", ")) }
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | '.')).flat_map(char::to_lowercase).collect()
}
