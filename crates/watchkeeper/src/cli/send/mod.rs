//! `watchkeeper send`.

mod encode;
mod file;
mod labels;
mod pace;
mod regroup;
#[cfg(test)]
mod tests;
mod typed;

use std::time::Duration;

use reqwest::Method;
use watchkeeper_ingest::{Stream, names};

use super::delivery::{Delivery, Request};
use super::service_args::{AckArg, SendArgs};
use super::{CliError, Connection};
use crate::check::CheckError;
use crate::client::Client;
use crate::table::Table;
use labels::LabelColumns;

pub(super) use encode::{Body, objects};

pub(super) fn run(args: &SendArgs) -> Result<u8, CliError> {
    let plan = Plan::new(args)?;
    let tables = args.files.iter().map(|file| Table::open(file).map_err(CheckError::from));
    let tables = tables.collect::<Result<Vec<Table>, CheckError>>()?;
    for table in &tables {
        plan.check(table)?;
    }
    let client = Connection::from(&args.server).patient(Duration::from_secs(args.patience))?;
    let rows = tables.iter().map(|table| table.rows).sum::<Option<u64>>();
    let delivery = Delivery::new(rows, args.quiet)?;
    let append = |request: &_| Client::append(&client, request);
    delivery.run(usize::from(args.concurrency), append, |push| {
        let mut producer = file::Producer::new(&plan, &delivery, push);
        for table in &tables {
            producer.send(table)?;
        }
        Ok(())
    })?;
    delivery.report(client.server(), args.output)
}

/// What is sent where.
#[derive(Debug)]
struct Plan<'a> {
    args: &'a SendArgs,
    stream: Stream,
    labels: Option<LabelColumns>,
}

impl<'a> Plan<'a> {
    fn new(args: &'a SendArgs) -> Result<Self, CliError> {
        let usage = |text: &str| Err(CliError::Usage(text.into()));
        let stream = args.stream.stream();
        let of_model = matches!(stream, Stream::Predictions | Stream::Labels);
        if of_model && args.model.is_none() {
            return usage(&format!("--stream {} needs --model NAME", stream.as_str()));
        }
        if !of_model && args.model.is_some() {
            return usage(&format!(
                "--stream {} is of no model: leave --model out; a row may name one",
                stream.as_str()
            ));
        }
        let labels = &args.labels_from_columns;
        if !labels.is_empty() && stream != Stream::Predictions {
            return usage("--labels-from-columns is for files of predictions: leave --stream out");
        }
        if labels.is_empty() && args.label_time.is_some() {
            return usage("--label-time needs --labels-from-columns");
        }
        let labels = LabelColumns { labels: labels.clone(), time: args.label_time.clone() };
        Ok(Self { args, stream, labels: Some(labels).filter(|labels| !labels.labels.is_empty()) })
    }

    /// Whether a table has the columns that are asked for.
    fn check(&self, table: &Table) -> Result<(), CliError> {
        let file = table.files.first().map(|file| file.display().to_string()).unwrap_or_default();
        let missing = |column: &str, why: &str| {
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            let nearest = columns.iter().min_by_key(|name| strsim::damerau_levenshtein(name, column));
            let nearest = nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            Err(CliError::Usage(format!("there is no column `{column}` in `{file}`{nearest} {why}").trim_end().into()))
        };
        for column in self.labels.iter().flat_map(|labels| labels.labels.iter().chain(&labels.time)) {
            if table.index_of(column).is_none() {
                return missing(column, "");
            }
        }
        let has_id = [self.stream.id_column(), "id"].iter().any(|name| table.index_of(name).is_some());
        if self.labels.is_some() && !has_id {
            return missing(names::PREDICTION_ID, "(labels are joined to predictions by it)");
        }
        if self.args.speed.is_some() && self.time_column(table).is_none() {
            return missing(self.stream.time_column(), "(--speed goes by it)");
        }
        Ok(())
    }

    fn time_column(&self, table: &Table) -> Option<usize> {
        [self.stream.time_column(), "timestamp"].iter().find_map(|name| table.index_of(name))
    }

    fn request(&self, stream: Stream, body: Body, delivery: &Delivery) -> Request {
        let path = match (&self.args.model, stream) {
            (Some(model), Stream::Predictions | Stream::Labels) => vec!["models", model, stream.as_str()],
            _ => vec![stream.as_str()],
        };
        let mut request = Request::new(Method::POST, &path);
        request.query.extend(self.args.environment.iter().map(|name| ("environment".to_owned(), name.clone())));
        if self.args.ack == AckArg::Commit {
            request.query.push(("ack".into(), "commit".into()));
        }
        request.body = Some((body.media_type, body.bytes));
        request.idempotency_key = Some(delivery.next_key());
        request
    }
}
