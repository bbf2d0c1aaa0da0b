//! How text of the user appears in messages: one line, bounded, with invisible characters made visible.

/// Characters of a value that a message shows before it is cut.
const SHOWN_CHARS_MAX: usize = 80;

/// `text` between backticks, on one line, cut after 80 characters.
pub(crate) fn quoted(text: &str) -> String {
    format!("`{}`", visible(text))
}

/// "`a`" for one word, "one of `a`, `b`" for more.
pub(crate) fn one_of(words: &[&str]) -> String {
    let list = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    if words.len() == 1 { list } else { format!("one of {list}") }
}

/// Whether a character would break a line or hide text: control, line separator, direction mark, byte order mark.
///
/// A message with such a character could show other text than what the file holds.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
        || (character as u32) & 0xfffe == 0xfffe
}

fn visible(text: &str) -> String {
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == SHOWN_CHARS_MAX {
            shown.push('…');
            break;
        }
        if is_invisible(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// `text` as one comment line: line breaks and invisible characters become spaces.
pub(crate) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
