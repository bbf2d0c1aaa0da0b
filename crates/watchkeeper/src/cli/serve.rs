//! `watchkeeper serve`

use std::io::Write;

use super::service_args::ServeArgs;
use super::{CliError, EXIT_OK};
use crate::config::{ServeConfig, Surroundings};

pub(super) fn run(args: &ServeArgs) -> Result<u8, CliError> {
    let config = ServeConfig::load(&args.config, &Surroundings::of_process())?;
    if args.print_config {
        let written = write!(std::io::stdout(), "{}", config.to_yaml_redacted());
        return written.map(|()| EXIT_OK).map_err(|source| CliError::Write { path: "standard output".into(), source });
    }
    crate::serve::run(&config, |addresses| {
        for address in addresses {
            // Nobody may be reading; the log has it too.
            let _ = writeln!(std::io::stdout(), "listening on http://{address}");
        }
        let _ = std::io::stdout().flush();
    })?;
    Ok(EXIT_OK)
}
