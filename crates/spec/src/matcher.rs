//! Matchers: which alerts a route, a silence or a maintenance window means.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use regex_lite::{Regex, RegexBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::word::UnknownWord;
use crate::{AlertLabel, show};

/// Bytes that a compiled pattern may take.
const PATTERN_BYTES_MAX: usize = 256 * 1024;

/// What a message says is expected.
pub(crate) const MATCHER_RULE: &str =
    "a label, one of `=`, `!=`, `=~`, `!~`, and a value, such as `model = credit-risk`";

/// How a matcher compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchOp {
    /// `=`: the label has this value; an empty value means that it is absent.
    Equal,
    /// `!=`: the label has another value, or is absent.
    NotEqual,
    /// `=~`: the whole value fits the pattern.
    Fits,
    /// `!~`: it does not.
    FitsNot,
}

impl MatchOp {
    /// The sign.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Fits => "=~",
            Self::FitsNot => "!~",
        }
    }
}

/// One condition on the labels of an alert, written as Alertmanager does: `model = credit-risk`, `column =~ "shap_.*"`.
///
/// A pattern must fit the whole value. A label that an alert does not have counts as empty.
#[derive(Debug, Clone)]
pub struct Matcher {
    label: AlertLabel,
    op: MatchOp,
    value: String,
    pattern: Option<Regex>,
}

/// A text that is no matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMatcher {
    /// There is no sign in it, or quotes are not closed.
    #[error("{} is no matcher; expected {MATCHER_RULE}", show::quoted(.0))]
    Form(String),
    /// The label is none of an alert.
    #[error(transparent)]
    Label(UnknownWord),
    /// The pattern is none.
    #[error("{} is no pattern; expected a regular expression that compiles to at most 256 KiB", show::quoted(.0))]
    Pattern(String),
}

impl Matcher {
    /// A matcher of its parts.
    ///
    /// # Errors
    /// For a pattern that is none.
    pub fn new(label: AlertLabel, op: MatchOp, value: impl Into<String>) -> Result<Self, InvalidMatcher> {
        let value = value.into();
        let pattern = match op {
            MatchOp::Equal | MatchOp::NotEqual => None,
            MatchOp::Fits | MatchOp::FitsNot => {
                let whole = RegexBuilder::new(&format!("^(?:{value})$"))
                    .dot_matches_new_line(true)
                    .size_limit(PATTERN_BYTES_MAX)
                    .build();
                // Alone as well: `a)(b` is only a pattern between our brackets.
                let alone = RegexBuilder::new(&value).size_limit(PATTERN_BYTES_MAX).build();
                Some(whole.and_then(|whole| alone.map(|_| whole)).map_err(|_| InvalidMatcher::Pattern(value.clone()))?)
            }
        };
        Ok(Self { label, op, value, pattern })
    }

    /// The label that is looked at.
    #[must_use]
    pub const fn label(&self) -> AlertLabel {
        self.label
    }

    /// How it compares.
    #[must_use]
    pub const fn op(&self) -> MatchOp {
        self.op
    }

    /// The value or pattern.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether a label with this value matches; an absent label has the value "".
    #[must_use]
    pub fn is_match(&self, value: &str) -> bool {
        match (self.op, &self.pattern) {
            (MatchOp::NotEqual, _) => value != self.value,
            (MatchOp::Fits, Some(pattern)) => pattern.is_match(value),
            (MatchOp::FitsNot, Some(pattern)) => !pattern.is_match(value),
            _ => value == self.value,
        }
    }

    /// Whether the labels of an alert, by the words of [`AlertLabel`], match.
    #[must_use]
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.is_match(labels.get(self.label.as_str()).map_or("", String::as_str))
    }

    /// Whether all of `matchers` match; true for none.
    #[must_use]
    pub fn all_match(matchers: &[Self], labels: &BTreeMap<String, String>) -> bool {
        matchers.iter().all(|matcher| matcher.matches(labels))
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        // The pattern follows from the rest.
        (self.label, self.op, &self.value) == (other.label, other.op, &other.value)
    }
}

impl Eq for Matcher {}

impl fmt::Display for Matcher {
    /// The form that reads back: `model="credit-risk"`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.replace('\\', "\\\\").replace('"', "\\\"");
        write!(formatter, "{}{}\"{value}\"", self.label, self.op.as_str())
    }
}

impl FromStr for Matcher {
    type Err = InvalidMatcher;

    /// A value in double quotes is taken with `\"` and `\\` for `"` and `\`, one without as it is but for blanks around it.
    fn from_str(text: &str) -> Result<Self, InvalidMatcher> {
        let form = || InvalidMatcher::Form(text.to_owned());
        let end = text.find(['=', '!']).ok_or_else(form)?;
        let (label, rest) = text.split_at_checked(end).ok_or_else(form)?;
        let signs = [MatchOp::Fits, MatchOp::FitsNot, MatchOp::NotEqual, MatchOp::Equal];
        let (op, value) = signs
            .into_iter()
            .find_map(|op| rest.strip_prefix(op.as_str()).map(|value| (op, value)))
            .ok_or_else(form)?;
        let label = label.trim().parse().map_err(InvalidMatcher::Label)?;
        let value = value.trim();
        let value = if value.starts_with('"') { unquoted(value).ok_or_else(form)? } else { value.to_owned() };
        Self::new(label, op, value)
    }
}

fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?),
            '"' => return None,
            other => value.push(other),
        }
    }
    Some(value)
}

impl Serialize for Matcher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Matcher {
    fn schema_name() -> Cow<'static, str> {
        "Matcher".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let labels: Vec<&str> = AlertLabel::ALL.iter().map(|label| label.as_str()).collect();
        json_schema!({
            "type": "string",
            "pattern": format!("^\\s*({})\\s*(=~|!~|!=|=)", labels.join("|")),
            "description": "A condition on a label: `model = credit-risk`, `severity != info`, `column =~ \"shap_.*\"`.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn reads_writes_and_matches() {
        for (text, shown, hit, miss) in [
            ("model = credit-risk", "model=\"credit-risk\"", "credit-risk", "credit"),
            ("model!=a", "model!=\"a\"", "b", "a"),
            ("column =~ \"shap_.*\"", "column=~\"shap_.*\"", "shap_age", "x_shap_age"),
            ("column =~ a|b", "column=~\"a|b\"", "b", "ab"),
            ("segment !~ \"country:(de|at)\"", "segment!~\"country:(de|at)\"", "country:fr", "country:de"),
            ("segment = \"a\\\"\\\\b\"", "segment=\"a\\\"\\\\b\"", "a\"\\b", "ab"),
            ("version = ", "version=\"\"", "", "1"),
            ("segment=country:a=b", "segment=\"country:a=b\"", "country:a=b", "country:a"),
        ] {
            let matcher: Matcher = text.parse().unwrap();
            assert_eq!(matcher.to_string(), shown);
            assert_eq!(shown.parse::<Matcher>().unwrap(), matcher);
            assert!(matcher.is_match(hit) && !matcher.is_match(miss), "{text}");
        }
    }

    #[test]
    fn absent_labels_are_empty() {
        let of = |text: &str| text.parse::<Matcher>().unwrap();
        let alert = labels(&[("model", "m")]);
        assert!(of("version = ").matches(&alert) && of("version != 1").matches(&alert));
        assert!(!of("version =~ .+").matches(&alert));
        assert!(Matcher::all_match(&[], &alert));
        assert!(!Matcher::all_match(&[of("model = m"), of("version = 1")], &alert));
    }

    #[test]
    fn refuses() {
        for (text, expect) in [
            (
                "model",
                "`model` is no matcher; expected a label, one of `=`, `!=`, `=~`, `!~`, and a value, such as `model = credit-risk`",
            ),
            (
                "model ! x",
                "`model ! x` is no matcher; expected a label, one of `=`, `!=`, `=~`, `!~`, and a value, such as `model = credit-risk`",
            ),
            (
                "model = \"a",
                "`model = \"a` is no matcher; expected a label, one of `=`, `!=`, `=~`, `!~`, and a value, such as `model = credit-risk`",
            ),
            ("column =~ (", "`(` is no pattern; expected a regular expression that compiles to at most 256 KiB"),
            ("column =~ a)(b", "`a)(b` is no pattern; expected a regular expression that compiles to at most 256 KiB"),
        ] {
            assert_eq!(text.parse::<Matcher>().unwrap_err().to_string(), expect);
        }
        assert!(matches!(
            "column =~ \"(((a{100}){100}){100}){100}\"".parse::<Matcher>(),
            Err(InvalidMatcher::Pattern(_))
        ));
        let Err(InvalidMatcher::Label(unknown)) = "feature = x".parse::<Matcher>() else { panic!() };
        assert_eq!(unknown.suggestion, Some("column"));
    }
}
