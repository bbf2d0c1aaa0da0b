//! The command line.

pub mod args;
mod bench;
mod check;
mod delivery;
mod erase;
mod import;
mod init;
mod keys;
pub mod reference;
mod resources;
mod schema;
mod send;
mod serve;
pub mod service_args;
mod test;
mod verify;

use std::io::{self, Write};
use std::time::Duration;

use thiserror::Error;
use watchkeeper_catalog::CatalogError;

use crate::check::CheckError;
use crate::client::{Client, ClientError, RetryPolicy};
use crate::config::{ConfigError, Surroundings};
use args::{Cli, Command};
use service_args::ServerArgs;

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
    /// A server did not do what was asked of it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// There is no configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A catalog did not do what was asked of it.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The command cannot be done as asked.
    #[error("{0}")]
    Usage(String),
    /// The service cannot run.
    #[error(transparent)]
    Serve(#[from] crate::serve::ServeError),
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
        Command::Serve(args) => serve::run(&args),
        Command::Send(args) => send::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Apply(args) => resources::apply(&args),
        Command::Diff(args) => resources::diff(&args),
        Command::Lint(args) => resources::lint(&args),
        Command::Test(args) => test::run(&args),
        Command::Get(args) => resources::get(&args),
        Command::Delete(args) => resources::delete(&args),
        Command::Export(args) => resources::export(&args),
        Command::Erase(args) => erase::run(&args),
        Command::Keys(args) => keys::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Schema(args) => schema::run(&args),
    }
}

/// The server that a command talks to.
struct Connection<'a>(&'a ServerArgs);

impl<'a> From<&'a ServerArgs> for Connection<'a> {
    fn from(args: &'a ServerArgs) -> Self {
        Self(args)
    }
}

impl Connection<'_> {
    /// For one question that somebody waits for.
    fn interactive(&self) -> Result<Client, CliError> {
        self.open(RetryPolicy::INTERACTIVE)
    }

    /// For many requests: each is tried again for this long.
    fn patient(&self, patience: Duration) -> Result<Client, CliError> {
        self.open(RetryPolicy::with_patience(patience))
    }

    fn open(&self, policy: RetryPolicy) -> Result<Client, CliError> {
        let ServerArgs { server, key_file } = self.0;
        Ok(Client::new(server.as_deref(), key_file.as_deref(), policy, &Surroundings::of_process())?)
    }
}

/// Writes to standard error, for what is not the result of a command.
fn note(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
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
