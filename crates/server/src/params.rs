//! Parameters of path and query, each checked, each refusal saying what was found and expected.

use url::form_urlencoded;
use watchkeeper_ingest::{NAME_RULE, is_name};

use crate::ports::{Page, SegmentFilter, Step};
use crate::problem::{Code, Problem};

/// Characters of a value shown in a message.
const SHOWN_CHARS: usize = 64;
/// Characters of a parameter at most.
const VALUE_CHARS: usize = 512;
/// Parameters of one query at most.
const PARAMETERS: usize = 64;
/// Characters of a kind at most.
const KIND_CHARS: usize = 63;

/// `value` for a message: shortened, without control characters.
pub(crate) fn shown(value: &str) -> String {
    let mut text: String =
        value.chars().take(SHOWN_CHARS).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if value.chars().nth(SHOWN_CHARS).is_some() {
        text.push('…');
    }
    text
}

/// A refused parameter.
pub(crate) fn refusal(name: &str, value: &str, expected: &str) -> Problem {
    let detail = format!("the parameter `{name}` is `{}`; expected {expected}", shown(value));
    Problem::new(Code::InvalidParameter, detail)
}

/// `value` if it is a name of a tenant, an environment or a model.
pub(crate) fn name<'a>(parameter: &str, value: &'a str) -> Result<&'a str, Problem> {
    if is_name(value) { Ok(value) } else { Err(refusal(parameter, value, NAME_RULE)) }
}

/// `value` if it can be a kind of resources.
pub(crate) fn kind(value: &str) -> Result<&str, Problem> {
    if (1..=KIND_CHARS).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(value);
    }
    Err(refusal("kind", value, "1 to 63 letters and digits, such as `Model`"))
}

/// The parameters of a query.
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query; parameters beyond `known` are refused, so that a typing error does not widen an answer.
    pub(crate) fn parse(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let mut pairs = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if !known.contains(&name.as_ref()) {
                let what = format!("there is no parameter `{}`", shown(&name));
                let expected = if known.is_empty() { "none".to_owned() } else { format!("`{}`", known.join("`, `")) };
                return Err(Problem::new(Code::InvalidParameter, format!("{what}; expected {expected}")));
            }
            if value.chars().count() > VALUE_CHARS || pairs.len() >= PARAMETERS {
                let expected = format!("at most {PARAMETERS} parameters of {VALUE_CHARS} characters each");
                return Err(refusal(&name, &value, &expected));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// Every value of `name`.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of `name`, which may be given once.
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (first, None) => Ok(first),
            (_, Some(second)) => Err(refusal(name, second, "the parameter once")),
        }
    }

    /// The value of `name`, which must be given.
    pub(crate) fn needed(&self, name: &str) -> Result<&str, Problem> {
        self.one(name)?
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Problem::new(Code::InvalidParameter, format!("the parameter `{name}` is missing")))
    }

    /// The name given as `parameter`.
    pub(crate) fn name(&self, parameter: &str) -> Result<Option<&str>, Problem> {
        self.one(parameter)?.map(|value| name(parameter, value)).transpose()
    }

    /// `limit` and `cursor`.
    pub(crate) fn page(&self) -> Result<Page, Problem> {
        let limit = match self.one("limit")? {
            None => 100,
            Some(text) => match text.parse() {
                Ok(limit @ 1..=1_000) => limit,
                _ => return Err(refusal("limit", text, "a whole number from 1 to 1000")),
            },
        };
        Ok(Page { limit, after: self.one("cursor")?.map(str::to_owned) })
    }

    /// `segment=name:value`, any number of times.
    pub(crate) fn segments(&self) -> Result<Vec<SegmentFilter>, Problem> {
        let one = |text: &str| match text.split_once(':') {
            Some((name, value)) if !name.is_empty() => {
                Ok(SegmentFilter { name: name.to_owned(), value: value.to_owned() })
            }
            _ => Err(refusal("segment", text, "`name:value`, such as `country:de`")),
        };
        self.all("segment").map(one).collect()
    }

    /// `by`.
    pub(crate) fn step(&self) -> Result<Option<Step>, Problem> {
        match self.one("by")? {
            None => Ok(None),
            Some("hour") => Ok(Some(Step::Hour)),
            Some("day") => Ok(Some(Step::Day)),
            Some("month") => Ok(Some(Step::Month)),
            Some(other) => Err(refusal("by", other, "`hour`, `day` or `month`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule() {
        for fine in ["a", "9", "churn-2.1", &"a".repeat(63)] {
            assert!(name("model", fine).is_ok(), "{fine}");
        }
        for wrong in ["", "-a", "a.", "A", "a_b", "a/b", "ä", "..", &"a".repeat(64)] {
            assert!(name("model", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused() {
        let refused = Params::parse(Some("colum=x"), &["column"]).unwrap_err();
        assert_eq!(refused.detail, "there is no parameter `colum`; expected `column`");
        let twice = Params::parse(Some("a=1&a=2"), &["a"]).unwrap();
        assert_eq!(twice.one("a").unwrap_err().detail, "the parameter `a` is `2`; expected the parameter once");
        assert!(Params::parse(Some(&format!("a={}", "x".repeat(513))), &["a"]).is_err());
        assert!(Params::parse(Some(&"a=&".repeat(65)), &["a"]).is_err());
    }

    #[test]
    fn messages_do_not_carry_long_or_raw_values() {
        let long = shown(&"é\n".repeat(100));
        assert_eq!(long.chars().count(), 65);
        assert!(!long.contains('\n'));
        assert_eq!(shown(&"x".repeat(64)), "x".repeat(64));
    }

    #[test]
    fn pages_and_segments() {
        let params = |query| Params::parse(Some(query), &["limit", "cursor", "segment"]).unwrap();
        assert_eq!(params("").page().unwrap(), Page { limit: 100, after: None });
        assert_eq!(params("limit=1000&cursor=a%20b").page().unwrap(), Page { limit: 1000, after: Some("a b".into()) });
        for wrong in ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit="] {
            assert!(params(wrong).page().is_err(), "{wrong}");
        }
        let segments = params("segment=country:de&segment=t:12:30").segments().unwrap();
        assert_eq!(segments[1], SegmentFilter { name: "t".into(), value: "12:30".into() });
        assert!(params("segment=de").segments().is_err());
    }
}
