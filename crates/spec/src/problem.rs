//! What is wrong with a text: where, what was found, what is expected.

use std::fmt;

use serde::Serialize;

use crate::show;

/// Problems that one error carries; further ones are counted.
const PROBLEMS_MAX: usize = 100;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
}

/// One thing that is wrong in a text, with the remedy as far as it is known.
///
/// `Display` gives one line:
///
/// ```text
/// model.yaml:7:5: unknown field `colums` in `spec`; did you mean `columns`? expected one of `task`, …
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The name of the text, usually the file.
    pub source: String,
    /// Where it is, if the text has such a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The field, such as `spec.columns[3].role`; empty for the whole document.
    pub path: String,
    /// What is wrong, as a lowercase fragment that names the value and the field.
    pub what: String,
    /// The value that was found, bare or as "number `7`"; `None` where something is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What is expected there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The known name nearest to the one that was found, bare.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Problem {
    /// A problem at `path`; the source is filled in by [`Problems::add`].
    pub(crate) fn new(path: impl Into<String>, position: Option<Position>, what: impl Into<String>) -> Self {
        let (path, what) = (path.into(), what.into());
        let (source, found, expected, suggestion, hint) = (String::new(), None, None, None, None);
        Self { source, position, path, what, found, expected, suggestion, hint }
    }

    pub(crate) fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn suggestion(mut self, suggestion: Option<impl Into<String>>) -> Self {
        self.suggestion = suggestion.map(Into::into);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&show::one_line(&self.source))?;
        if let Some(Position { line, column }) = self.position {
            write!(formatter, ":{line}:{column}")?;
        }
        write!(formatter, ": {}", self.what)?;
        if let Some(suggestion) = &self.suggestion {
            write!(formatter, "; did you mean {}?", show::quoted(suggestion))?;
        }
        if let Some(expected) = &self.expected {
            let separator = if self.suggestion.is_some() { " " } else { "; " };
            write!(formatter, "{separator}expected {expected}")?;
        }
        if let Some(hint) = &self.hint {
            write!(formatter, "; {hint}")?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a text. `Display` gives one line for each problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    problems: Vec<Problem>,
    omitted: usize,
}

impl SpecError {
    /// The problems in the order of the text: never empty, at most 100.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many more problems there are.
    #[must_use]
    pub const fn omitted(&self) -> usize {
        self.omitted
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(formatter, "{line_break}{problem}")?;
        }
        if self.omitted > 0 {
            write!(formatter, "\nand {} more problems", self.omitted)?;
        }
        Ok(())
    }
}

impl std::error::Error for SpecError {}

/// Collects problems of one text.
#[derive(Debug)]
pub(crate) struct Problems {
    source: String,
    list: Vec<Problem>,
    omitted: usize,
}

impl Problems {
    pub(crate) fn new(source: &str) -> Self {
        Self { source: source.to_owned(), list: Vec::new(), omitted: 0 }
    }

    /// The name of the text.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn add(&mut self, mut problem: Problem) {
        if self.is_full() {
            self.omitted += 1;
            return;
        }
        problem.source.clone_from(&self.source);
        self.list.push(problem);
    }

    /// Whether further problems are only counted, so that costly suggestions are in vain.
    pub(crate) const fn is_full(&self) -> bool {
        self.list.len() >= PROBLEMS_MAX
    }

    /// `value` if there was no problem, and every problem in the order of the text if there was one.
    pub(crate) fn into_result<T>(mut self, value: Option<T>) -> Result<T, SpecError> {
        match value {
            Some(value) if self.list.is_empty() => Ok(value),
            _ => {
                if self.list.is_empty() {
                    self.add(Problem::new("", None, "the document could not be read"));
                }
                // Stable, so problems at one place stay in the order in which they were found.
                self.list.sort_by_key(|problem| problem.position);
                Err(SpecError { problems: self.list, omitted: self.omitted })
            }
        }
    }
}
