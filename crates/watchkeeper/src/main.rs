//! The `watchkeeper` program.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use watchkeeper::cli::{self, args::Cli};

/// The system's own keeps what is freed: resident memory would grow with every burst.
#[cfg(all(target_os = "linux", not(target_env = "musl")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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
