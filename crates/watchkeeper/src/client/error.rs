//! What can go wrong between a command and a server, said so that it can be mended.

use std::fmt;

use serde::Deserialize;
use thiserror::Error;

use super::{Answer, KEY_VARIABLE};

/// Characters of an answer that is no problem document that a message shows.
const SHOWN_CHARS_MAX: usize = 200;
/// Single faults that a message shows.
const ERRORS_SHOWN_MAX: usize = 20;

/// Why a request brought nothing.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The server's URL is not one.
    #[error("`{url}` is no server: {problem}")]
    Server {
        /// What was given.
        url: String,
        /// Why not.
        problem: String,
    },
    /// The API key cannot be used.
    #[error("cannot use the API key: {0}")]
    Key(String),
    /// There was no answer.
    #[error("no answer from {server}: {problem}")]
    Unreachable {
        /// Which server.
        server: String,
        /// What the last try met.
        problem: String,
    },
    /// The server said "later" for too long.
    #[error("{server} stays busy: {problem}")]
    Busy {
        /// Which server.
        server: String,
        /// Its last answer.
        problem: Box<Problem>,
    },
    /// The server said no.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The answer is not what a server of this version says.
    #[error("unexpected answer from {server}: {problem}")]
    Answer {
        /// Which server.
        server: String,
        /// What is unexpected.
        problem: String,
    },
}

impl ClientError {
    /// Whether the server answered that there is no such thing.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == 404)
    }
}

/// A problem document of RFC 9457, as far as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// The kind of problem, as a stable word.
    pub code: String,
    /// The kind of problem, for people.
    pub title: String,
    /// What is wrong this time.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Single faults, where there are several.
    pub errors: Vec<FieldProblem>,
}

/// One of several faults of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FieldProblem {
    /// The field; empty for the whole document.
    pub path: String,
    /// Line in the document, from 1.
    pub line: Option<u64>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// The problem that an answer tells; the beginning of its text when it is no problem document.
    #[must_use]
    pub fn of(answer: &Answer) -> Box<Self> {
        let parsed = if answer.is_json { serde_json::from_slice::<Self>(&answer.body).ok() } else { None };
        let mut problem = parsed.filter(|problem| !problem.title.is_empty() || !problem.detail.is_empty());
        let text = || {
            let text = String::from_utf8_lossy(&answer.body);
            text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN_CHARS_MAX).collect()
        };
        if let Some(problem) = &mut problem {
            problem.status = answer.status;
        }
        Box::new(problem.unwrap_or_else(|| Self { status: answer.status, detail: text(), ..Self::default() }))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.detail.is_empty() { &self.title } else { &self.detail };
        match (what.is_empty(), self.status) {
            (true, status) => write!(f, "the server answered {status}")?,
            (false, status) => write!(f, "{what} ({status})")?,
        }
        for FieldProblem { path, line, message, hint } in self.errors.iter().take(ERRORS_SHOWN_MAX) {
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            let place = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
            let hint = hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
            write!(f, "\n  {line}{place}{message}{hint}")?;
        }
        if self.errors.len() > ERRORS_SHOWN_MAX {
            write!(f, "\n  and {} more", self.errors.len() - ERRORS_SHOWN_MAX)?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n{hint}")?;
        } else if matches!(self.status, 401 | 403) {
            write!(f, "\nset ${KEY_VARIABLE} or --key-file to a key that may do this")?;
        }
        Ok(())
    }
}

/// The innermost cause: the outer layers repeat the URL and say "error sending request".
pub(super) fn chain(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".into();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string().to_lowercase()
}
