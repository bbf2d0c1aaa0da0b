//! Errors of the YAML library in our words.

use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::granit_parser::ErrorKind;
use serde_saphyr::{Error, ExternalMessageSource};

use super::{ALIASED_NODES_MAX, DEPTH_MAX, NODES_MAX, TEXT_BYTES_MAX};
use crate::problem::{Position, Problem};
use crate::show;

const ONE_DOCUMENT: &str = "exactly one document";

/// There is no document: nothing, blanks or comments, or `null`.
pub(super) fn empty() -> Problem {
    Problem::new("", None, "the document is empty").expected("a mapping with `apiVersion`, `kind`, `metadata`, `spec`")
}

/// What stopped the reader. There is one such problem at most: nothing after it was read.
pub(super) fn of(error: &Error) -> Problem {
    let error = error.without_snippet();
    let at = error.location().filter(|location| location.line() > 0);
    let position = at.map(|location| Position { line: location.line(), column: location.column() });
    let new = |what: &str| Problem::new("", position, what);
    match error {
        Error::Eof { .. } => empty(),
        Error::MultipleDocuments { .. } => new("found a second document")
            .found("a second document")
            .expected(ONE_DOCUMENT)
            .hint("remove the `---` or split the file"),
        Error::Budget { breach, .. } => over_budget(breach, position),
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => aliases(position),
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            new("an anchor contains itself").expected("an alias to a value that ends before it")
        }
        Error::UnknownAnchor { .. } => new("unknown anchor").expected("an alias to an anchor above it"),
        Error::AliasError { error, .. } => of(error),
        Error::Message { msg, .. } => Problem::new("", position, show::one_line(msg)),
        Error::ExternalMessage { source, msg, .. } => match &**source {
            ExternalMessageSource::Parser(error) if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) => {
                too_deep(position)
            }
            _ => syntax(msg, position),
        },
        Error::InvalidScalar { .. } | Error::InvalidBinaryBase64 { .. } | Error::BinaryNotUtf8 { .. } => {
            new("the value does not fit its tag").hint("remove the tag")
        }
        other => syntax(&without_place(&other.to_string(), position), position),
    }
}

/// The library ends its messages with the place; ours begin with it.
fn without_place(message: &str, position: Option<Position>) -> String {
    let place = position.map(|Position { line, column }| format!(" at line {line}, column {column}"));
    place.and_then(|place| message.strip_suffix(&place)).unwrap_or(message).to_owned()
}

fn syntax(message: &str, position: Option<Position>) -> Problem {
    Problem::new("", position, format!("invalid YAML: {}", show::one_line(message)))
}

fn aliases(position: Option<Position>) -> Problem {
    Problem::new("", position, "aliases repeat too many values")
        .expected(format!("at most {ALIASED_NODES_MAX}"))
        .hint("write the values out")
}

fn too_deep(position: Option<Position>) -> Problem {
    Problem::new("", position, "lists and mappings are nested too deep")
        .expected(format!("at most {DEPTH_MAX} inside each other"))
}

fn over_budget(breach: &BudgetBreach, position: Option<Position>) -> Problem {
    match breach {
        BudgetBreach::Depth { .. } => too_deep(position),
        BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. } => {
            Problem::new("", position, "the document has too many values").expected(format!("at most {NODES_MAX}"))
        }
        BudgetBreach::SequenceUnbalanced => syntax("a list or mapping is not closed", position),
        BudgetBreach::ScalarBytes { .. } | BudgetBreach::InputBytes { .. } => {
            Problem::new("", position, "the values are too large, aliases counted at each use")
                .expected(format!("at most {TEXT_BYTES_MAX} bytes"))
        }
        _ => aliases(position),
    }
}
