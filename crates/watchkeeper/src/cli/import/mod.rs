//! `watchkeeper import`.

mod convert;
mod places;

use std::time::Duration;

use super::delivery::Delivery;
use super::service_args::ImportArgs;
use super::{CliError, Connection};
use crate::client::Client;
use crate::config::Surroundings;

pub(super) fn run(args: &ImportArgs) -> Result<u8, CliError> {
    let places = places::find(&args.paths, &args.store_option, &Surroundings::of_process())?;
    let client = Connection::from(&args.server).patient(Duration::from_secs(args.patience))?;
    let delivery = Delivery::new(None, args.quiet)?;
    let append = |request: &_| Client::append(&client, request);
    delivery.run(usize::from(args.concurrency), append, |push| {
        let mut converter = convert::Converter::new(args, &delivery, push);
        for place in &places {
            converter.file(&place.open()?)?;
        }
        converter.finish()
    })?;
    delivery.report(client.server(), args.output)
}
