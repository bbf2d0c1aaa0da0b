//! The `watchkeeper` program.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use watchkeeper::cli::{self, args::Cli};

fn main() -> ExitCode {
    // A panic is a fault of the program, not of the input: it has an exit code of its own.
    let outcome = std::panic::catch_unwind(|| cli::run(Cli::parse()));
    let code = match outcome {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            error.exit_code()
        }
        Err(_) => cli::EXIT_INTERNAL,
    };
    ExitCode::from(code)
}
