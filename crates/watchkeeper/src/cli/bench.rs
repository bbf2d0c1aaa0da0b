//! `watchkeeper bench`.

use super::args::BenchArgs;
use super::{CliError, EXIT_OK, print};
use crate::bench::{Bench, Shape};

pub(super) fn run(args: &BenchArgs) -> Result<u8, CliError> {
    let dir = args.dir.clone().unwrap_or_else(|| std::env::temp_dir().join("watchkeeper-bench").display().to_string());
    let shape = Shape { rows: args.rows, numeric: args.numeric, categorical: args.categorical, seed: args.seed };
    let bench =
        Bench { shape, dir: dir.clone().into(), repeat: args.repeat, threads: args.threads, all_exact: args.all_exact };
    let paths = bench.prepare().map_err(|source| CliError::Write { path: dir, source })?;
    if args.generate_only {
        print(&format!("{}\n{}\n", paths.0.display(), paths.1.display()))?;
        return Ok(EXIT_OK);
    }
    print(&bench.run((&paths.0, &paths.1))?)?;
    Ok(EXIT_OK)
}
