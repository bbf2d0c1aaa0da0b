//! `watchkeeper init`.

use watchkeeper_spec::Model;

use super::args::InitArgs;
use super::{CliError, EXIT_OK, print, write_file};
use crate::check::CheckError;
use crate::infer::{infer_columns, inferred_model};
use crate::table::Table;

pub(super) fn run(args: &InitArgs) -> Result<u8, CliError> {
    let table = Table::open(&args.data).map_err(CheckError::from)?;
    let columns = infer_columns(&table).map_err(CheckError::from)?;
    let text = Model::to_yaml_commented(&inferred_model(&table, &columns, args.name.as_deref()));
    match &args.out {
        None => print(&text)?,
        Some(path) if !args.force && std::path::Path::new(path).exists() => {
            return Err(CliError::Usage(format!("`{path}` exists; --force overwrites it")));
        }
        Some(path) => {
            write_file(path, &text)?;
            print(&format!(
                "{path}: {} columns. Read it through, then: watchkeeper check --model {path} …\n",
                columns.len()
            ))?;
        }
    }
    Ok(EXIT_OK)
}
