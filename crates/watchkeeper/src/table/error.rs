//! What can be wrong with an input file, said so that it can be mended.

use std::path::PathBuf;

use thiserror::Error;

use super::Format;

/// An input that cannot be read.
#[derive(Debug, Error)]
pub enum InputError {
    /// No such file.
    #[error("no file matches `{pattern}`")]
    NotFound {
        /// What was asked for.
        pattern: String,
    },
    /// A glob that is not one.
    #[error("`{pattern}` is not a valid file pattern: {problem}")]
    Pattern {
        /// What was asked for.
        pattern: String,
        /// Why not.
        problem: String,
    },
    /// The operating system says no.
    #[error("cannot read `{}`: {source}", file.display())]
    Io {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nothing in it.
    #[error("`{}` is empty (0 bytes)", file.display())]
    Empty {
        /// Which file.
        file: PathBuf,
    },
    /// The content is not what the name says.
    #[error("`{}` is not {expected}: {found}", file.display())]
    NotWhatItSays {
        /// Which file.
        file: PathBuf,
        /// By its suffix.
        expected: Format,
        /// What is there instead.
        found: String,
    },
    /// Neither suffix nor content tell the format.
    #[error("cannot tell the format of `{}`; expected a suffix .parquet, .csv, .tsv, .ndjson, .jsonl, .arrow, .feather or .ipc", file.display())]
    UnknownFormat {
        /// Which file.
        file: PathBuf,
    },
    /// Files of several formats on one side.
    #[error("`{}` is {first_format} and `{}` is {other_format}; one side of a check must be of one format", first.display(), other.display())]
    MixedFormats {
        /// A file.
        first: PathBuf,
        /// Its format.
        first_format: Format,
        /// Another.
        other: PathBuf,
        /// Its format.
        other_format: Format,
    },
    /// Damaged content.
    #[error("`{}` is damaged or not {format}: {problem}", file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// What it should be.
        format: Format,
        /// What is wrong, with the place when it is known.
        problem: String,
    },
    /// Two columns of one name.
    #[error("`{}` has two columns named `{column}`; names must be unique", file.display())]
    DuplicateColumn {
        /// Which file.
        file: PathBuf,
        /// The name.
        column: String,
    },
    /// A file without columns.
    #[error("`{}` has no columns", file.display())]
    NoColumns {
        /// Which file.
        file: PathBuf,
    },
    /// Not an error: a scan that has seen enough stops with it.
    #[error("stopped early")]
    Enough,
}
