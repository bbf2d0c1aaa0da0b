//! Files of records to requests.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use arrow_json::LineDelimitedWriter;
use reqwest::Method;
use serde_json::Value;
use watchkeeper_ingest::formats::{Converted, Format, Joiner, JoinerLimits, Options, Source, halves, read};
use watchkeeper_ingest::{Limits, Stream};
use watchkeeper_spec::model_name_from;

use super::places::Reading;
use crate::check::CheckError;
use crate::cli::CliError;
use crate::cli::delivery::{Delivery, Part, Push, Request};
use crate::cli::send::{Body, objects};
use crate::cli::service_args::ImportArgs;
use crate::client::{Job, RejectedRow};
use crate::table::{InputError, Table};

/// Bytes of whole lines that are converted at once.
const PART_BYTES: usize = 16 << 20;
/// Events of a request.
const REQUEST_ROWS: usize = 10_000;

/// Converts files, one after the other, and hands the requests on.
pub(super) struct Converter<'a, 'p> {
    args: &'a ImportArgs,
    options: Options,
    /// For formats whose requests and responses are apart, also in different files.
    joiner: Joiner,
    delivery: &'a Delivery,
    push: &'a mut Push<'p>,
    /// The file that is read, for messages.
    file: String,
    /// Rows of the file before the part that is converted.
    rows_before: u64,
    is_over: bool,
}

impl<'a, 'p> Converter<'a, 'p> {
    pub(super) fn new(args: &'a ImportArgs, delivery: &'a Delivery, push: &'a mut Push<'p>) -> Self {
        let options = Options {
            feature_names: args.feature_names.clone(),
            output_names: args.output_names.clone(),
            id_column: args.id_column.clone(),
            version: args.model_version.clone(),
            environment: args.environment.clone(),
            limits: Limits::default(),
        };
        // History has no "now": halves wait for room, not for time.
        let joiner = Joiner::new(JoinerLimits { age_us: i64::MAX, ..JoinerLimits::default() });
        Self { args, options, joiner, delivery, push, file: String::new(), rows_before: 0, is_over: false }
    }

    /// Converts and sends a file.
    pub(super) fn file(&mut self, reading: &Reading) -> Result<(), CliError> {
        if self.is_over {
            return Ok(());
        }
        self.file.clone_from(&reading.name);
        self.rows_before = 0;
        let mut start = [0u8; 6];
        let failed = |source| CliError::Read { path: reading.name.clone(), source };
        let mut content = File::open(&reading.path).map_err(failed)?;
        let length = content.read(&mut start).map_err(failed)?;
        match start.get(..length).unwrap_or_default() {
            [] => Ok(()),
            [b'P', b'A', b'R', b'1', ..] | [b'A', b'R', b'R', b'O', b'W', b'1'] => self.table(reading),
            [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                Err(CliError::Usage(format!("`{}` is compressed; unpack it first", reading.name)))
            }
            _ => self.lines(reading),
        }
    }

    /// What still waits for another half goes alone.
    pub(super) fn finish(&mut self) -> Result<(), CliError> {
        let mut rest = Converted::default();
        self.joiner.drain(&self.options, &mut rest).map_err(|error| CliError::Usage(error.to_string()))?;
        self.send(rest)
    }

    /// A table: its rows as lines.
    fn table(&mut self, reading: &Reading) -> Result<(), CliError> {
        let table = Table::open(&reading.path.to_string_lossy()).map_err(CheckError::from)?;
        let all: Vec<usize> = (0..table.columns.len()).collect();
        let mut failure = None;
        let scanned = table.scan_batches(&all, &mut |_, batch| {
            let mut writer = LineDelimitedWriter::new(Vec::new());
            let written = writer.write(batch).and_then(|()| writer.finish());
            let converted = match written {
                Ok(()) => self.part(&writer.into_inner()),
                Err(error) => Err(CliError::Usage(format!("cannot read `{}`: {error}", self.file))),
            };
            match converted {
                Ok(()) if !self.is_over => Ok(()),
                outcome => {
                    failure = outcome.err();
                    Err(InputError::Enough)
                }
            }
        });
        match (failure, scanned) {
            (Some(error), _) => Err(error),
            (None, Ok(()) | Err(InputError::Enough)) => Ok(()),
            (None, Err(error)) => Err(CheckError::from(error).into()),
        }
    }

    /// JSON: lines in parts, or one array as a whole.
    fn lines(&mut self, reading: &Reading) -> Result<(), CliError> {
        let path = reading.name.clone();
        let failed = |source| CliError::Read { path: path.clone(), source };
        let bytes_max = self.options.limits.decompressed_bytes as u64;
        let mut reader = BufReader::with_capacity(1 << 18, File::open(&reading.path).map_err(failed)?);
        let first = reader.fill_buf().map_err(failed)?.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
        let part_bytes = if first == Some(b'[') { usize::MAX } else { PART_BYTES };
        let mut part = Vec::new();
        loop {
            let found = reader.by_ref().take(bytes_max + 1).read_until(b'\n', &mut part).map_err(failed)?;
            if part.len() as u64 > bytes_max {
                let what = if part_bytes == usize::MAX { "one JSON array" } else { "one line" };
                let row = self.rows_before + 1;
                return Err(CliError::Usage(format!(
                    "`{path}`: from row {row} on, {what} has more than {bytes_max} bytes"
                )));
            }
            if found == 0 || part.len() >= part_bytes {
                self.part(&part)?;
                part.clear();
            }
            if found == 0 || self.is_over {
                return Ok(());
            }
        }
    }

    /// Converts and sends some whole lines.
    fn part(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        let (format, path) = (self.args.format, Some(self.file.as_str()));
        let converted = match format {
            Format::Kserve | Format::Seldon | Format::Azureml => {
                halves(format, bytes, path, &self.options).and_then(|halves| self.joiner.join(halves, 0, &self.options))
            }
            _ => read(format, bytes, path, &self.options),
        };
        let converted = converted.map_err(|error| CliError::Usage(format!("`{}`: {error}", self.file)))?;
        let rows = converted.rows;
        self.send(converted)?;
        self.rows_before += rows;
        Ok(())
    }

    fn send(&mut self, converted: Converted) -> Result<(), CliError> {
        let Converted { events, event_sources, labels, label_sources, rejects, .. } = converted;
        let rejected = rejects.into_iter().map(|reject| RejectedRow {
            row: self.rows_before + reject.row,
            field: reject.field,
            value: reject.value,
            expected: reject.expected,
            code: serde_json::to_value(reject.code)
                .ok()
                .and_then(|v| v.as_str().map(str::to_owned))
                .unwrap_or_default(),
        });
        self.delivery.reject(&self.file, rejected.collect());
        // Predictions first, so that their labels find them.
        let predictions = self.by_model(events, event_sources)?;
        let labels = self.by_model(labels, label_sources)?;
        for (stream, groups) in [(Stream::Predictions, predictions), (Stream::Labels, labels)] {
            for (model, group) in groups {
                self.group(stream, &model, group);
            }
        }
        Ok(())
    }

    /// The objects of each model with their rows.
    fn by_model(&self, values: Vec<Value>, sources: Vec<Source>) -> Result<BTreeMap<String, Group>, CliError> {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for (value, source) in values.into_iter().zip(sources) {
            let row = self.rows_before + source.row;
            let model = match (&self.args.model, &source.model) {
                (Some(model), _) => model.clone(),
                // Names elsewhere have capitals and underscores.
                (None, Some(model)) => model_name_from(model),
                (None, None) => {
                    let what = format!("`{}`, row {}: it names no model; give --model NAME", self.file, row + 1);
                    return Err(CliError::Usage(what));
                }
            };
            if let Value::Object(object) = value {
                let group = groups.entry(model).or_default();
                group.objects.push(object);
                group.numbers.push(row);
            }
        }
        Ok(groups)
    }

    fn group(&mut self, stream: Stream, model: &str, group: Group) {
        let Group { objects: all, numbers } = group;
        let mut numbers = numbers.into_iter();
        let mut requests = Vec::new();
        for chunk in all.chunks(REQUEST_ROWS) {
            for Body { media_type, bytes, rows } in objects(chunk) {
                let mut request = Request::new(Method::POST, &["models", model, stream.as_str()]);
                request.body = Some((media_type, bytes));
                request.idempotency_key = Some(self.delivery.next_key());
                let numbers = numbers.by_ref().take(rows).collect();
                let is_progress = stream == Stream::Predictions;
                requests.push((request, Part { file: self.file.clone(), is_progress, rows: rows as u64, numbers }));
            }
        }
        if !self.is_over && !requests.is_empty() {
            self.is_over = (self.push)(Job { requests }).is_err();
        }
    }
}

/// Objects of one model and the row of each.
#[derive(Debug, Default)]
struct Group {
    objects: Vec<serde_json::Map<String, Value>>,
    numbers: Vec<u64>,
}

#[cfg(test)]
mod tests;
