//! The command line.

pub mod args;
mod bench;
mod check;
mod init;
pub mod reference;
mod schema;

use std::io::{self, Write};

use thiserror::Error;

use crate::check::CheckError;
use args::{Cli, Command};

/// Exit code when all is well, or below what fails.
pub const EXIT_OK: u8 = 0;
/// Exit code when the verdict is at or above `--fail-on`.
pub const EXIT_VERDICT: u8 = 1;
/// Exit code of bad usage or bad input.
pub const EXIT_USAGE: u8 = 2;
/// Exit code of a fault of the program itself.
pub const EXIT_INTERNAL: u8 = 3;

/// Why a command failed.
#[derive(Debug, Error)]
pub enum CliError {
    /// The check could not be made.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// A file could not be written.
    #[error("cannot write `{path}`: {source}")]
    Write {
        /// Which file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file could not be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// Which file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The command cannot be done as asked.
    #[error("{0}")]
    Usage(String),
    /// A fault of the program.
    #[error("internal error: {0}; please report it with the command that led here")]
    Internal(String),
}

impl CliError {
    /// The exit code that stands for it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Internal(_)) { EXIT_INTERNAL } else { EXIT_USAGE }
    }
}

/// Runs a command; returns the exit code.
///
/// # Errors
/// [`CliError`] says what went wrong, for people.
pub fn run(cli: Cli) -> Result<u8, CliError> {
    match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Schema(args) => schema::run(&args),
    }
}

/// Writes to standard output; a closed pipe is no error.
fn print(text: &str) -> Result<(), CliError> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::Write { path: "standard output".into(), source: error })
        }
        _ => Ok(()),
    }
}

fn write_file(path: &str, text: &str) -> Result<(), CliError> {
    std::fs::write(path, text).map_err(|source| CliError::Write { path: path.to_owned(), source })
}
