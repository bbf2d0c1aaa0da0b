//! Appending events, and what the server says of each request.

use serde::{Deserialize, Serialize};

use super::{Client, ClientError, Problem, Request};

/// The answer to an append.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct AppendAnswer {
    /// Rows taken.
    pub accepted: u64,
    /// Rows that were there before, with the same content.
    #[serde(default)]
    pub duplicate: u64,
    /// Rows that replace an earlier one of the same id.
    #[serde(default)]
    pub corrected: u64,
    /// Rows not taken.
    pub rejected: u64,
    /// The first of them, with the reason.
    #[serde(default)]
    pub rejects: Vec<RejectedRow>,
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// Index of the row in the request, from 0.
    pub row: u64,
    /// The field to blame.
    #[serde(default)]
    pub field: Option<String>,
    /// The value found, shortened or hidden by the server.
    #[serde(default)]
    pub value: Option<String>,
    /// What was expected.
    #[serde(default)]
    pub expected: String,
    /// Why, as a word.
    #[serde(default)]
    pub code: String,
}

impl Client {
    /// Appends the rows of a request; an answer that rejects every row is an answer too.
    ///
    /// # Errors
    /// As [`Client::json`].
    pub fn append(&self, request: &Request) -> Result<AppendAnswer, ClientError> {
        let answer = self.send(request)?;
        let parsed = serde_json::from_slice::<AppendAnswer>(&answer.body);
        match (answer.status, parsed) {
            (200..300 | 422, Ok(parsed)) => Ok(parsed),
            (200..300, Err(error)) => Err(ClientError::Answer {
                server: self.server().into(),
                problem: format!("expected the counts of an append: {error}"),
            }),
            _ => Err(ClientError::Refused(Problem::of(&answer))),
        }
    }
}
