//! The rows of a file to requests.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::time::Instant;

use arrow_array::RecordBatch;
use serde_json::{Map, Value};
use watchkeeper_ingest::Stream;

use super::Plan;
use super::encode::{self, Body, Lines};
use super::pace::Pace;
use super::regroup::Regroup;
use super::typed::{Rows, typed};
use crate::check::CheckError;
use crate::cli::CliError;
use crate::cli::delivery::{Delivery, Part, Push};
use crate::client::Job;
use crate::table::{Format, InputError, Table};
use crate::time::micros_of;

/// Bytes of a line at most: what a server takes as one body.
const LINE_BYTES_MAX: usize = encode::BODY_BYTES_MAX;

/// Makes requests of tables, one after the other.
pub(super) struct Producer<'a, 'p> {
    plan: &'a Plan<'a>,
    delivery: &'a Delivery,
    push: &'a mut Push<'p>,
    pace: Option<Pace>,
    started: Instant,
    /// Set when a push or an encoding failed inside a scan, which knows no other errors than its own.
    stopped: Option<CliError>,
    is_over: bool,
}

impl<'a, 'p> Producer<'a, 'p> {
    pub(super) fn new(plan: &'a Plan<'a>, delivery: &'a Delivery, push: &'a mut Push<'p>) -> Self {
        let pace = plan.args.speed.map(Pace::new);
        Self { plan, delivery, push, pace, started: Instant::now(), stopped: None, is_over: false }
    }

    /// Sends all rows of a table, in its order.
    pub(super) fn send(&mut self, table: &Table) -> Result<(), CliError> {
        if self.is_over {
            return Ok(());
        }
        if table.format == Format::Ndjson {
            // Objects may be nested, and a broken line is the server's to reject: lines go as they are.
            return table.files.iter().try_for_each(|file| self.lines(file));
        }
        self.columns(table)
    }

    fn columns(&mut self, table: &Table) -> Result<(), CliError> {
        let all: Vec<usize> = (0..table.columns.len()).collect();
        let mut regroup = Regroup::new(self.plan.args.batch_rows);
        let mut next_row = 0;
        let scanned = table.scan_batches(&all, &mut |_, batch| {
            let outcome = regroup.push(batch).map_err(internal);
            let sent = outcome.and_then(|ready| ready.iter().try_for_each(|b| self.batch(table, b, &mut next_row)));
            match sent {
                Ok(()) if !self.is_over => Ok(()),
                Ok(()) => Err(InputError::Enough),
                Err(error) => {
                    self.stopped = Some(error);
                    Err(InputError::Enough)
                }
            }
        });
        if let Some(error) = self.stopped.take() {
            return Err(error);
        }
        match scanned {
            Ok(()) | Err(InputError::Enough) => {}
            Err(error) => return Err(CheckError::from(error).into()),
        }
        match regroup.finish().map_err(internal)? {
            Some(rest) if !self.is_over => self.batch(table, &rest, &mut next_row),
            _ => Ok(()),
        }
    }

    fn batch(&mut self, table: &Table, batch: &RecordBatch, next_row: &mut u64) -> Result<(), CliError> {
        let first_row = *next_row;
        *next_row += batch.num_rows() as u64;
        let Some(pace) = &mut self.pace else { return self.rows(table, batch, first_row) };
        let times = self.plan.time_column(table).and_then(|at| batch.columns().get(at)).and_then(micros_of);
        for slice in pace.slices(&times.unwrap_or_else(|| vec![None; batch.num_rows()])) {
            if let Some(wait) = slice.due.checked_sub(self.started.elapsed()) {
                std::thread::sleep(wait);
            }
            self.rows(table, &batch.slice(slice.from, slice.rows), first_row + slice.from as u64)?;
            if self.is_over {
                break;
            }
        }
        Ok(())
    }

    fn rows(&mut self, table: &Table, batch: &RecordBatch, first_row: u64) -> Result<(), CliError> {
        let wire = self.plan.args.format;
        match typed(batch, &table.columns).map_err(internal)? {
            Rows::Columns(batch) => match &self.plan.labels {
                Some(columns) => {
                    let (predictions, (labels, rows)) = columns.split(&batch, first_row).map_err(internal)?;
                    let labels =
                        if rows.is_empty() { Vec::new() } else { encode::batch(&labels, wire).map_err(internal)? };
                    let predictions = encode::batch(&predictions, wire).map_err(internal)?;
                    self.job(&table.files, predictions, first_row, Some((labels, rows)));
                }
                None => {
                    let bodies = encode::batch(&batch, wire).map_err(internal)?;
                    self.job(&table.files, bodies, first_row, None);
                }
            },
            Rows::Objects(rows) => self.objects(&table.files, rows, first_row),
        }
        Ok(())
    }

    fn objects(&mut self, files: &[std::path::PathBuf], mut rows: Vec<Map<String, Value>>, first_row: u64) {
        let mut labels = (Vec::new(), Vec::new());
        if let Some(columns) = &self.plan.labels {
            for (row, object) in (first_row..).zip(&mut rows) {
                if let Some(label) = columns.split_object(object) {
                    labels.0.push(label);
                    labels.1.push(row);
                }
            }
        }
        let told = self.plan.labels.as_ref().map(|_| (encode::objects(&labels.0), labels.1));
        self.job(files, encode::objects(&rows), first_row, told);
    }

    /// Lines of a file as they are, or split into prediction and label.
    fn lines(&mut self, file: &Path) -> Result<(), CliError> {
        let path = file.display().to_string();
        let read = |source| CliError::Read { path: path.clone(), source };
        let mut reader = BufReader::with_capacity(1 << 18, File::open(file).map_err(read)?);
        let mut pending = Pending::default();
        let mut line = Vec::new();
        while !self.is_over {
            line.clear();
            let found = reader.by_ref().take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line).map_err(read)?;
            if found == 0 {
                self.flush(file, &mut pending);
                return Ok(());
            }
            if line.len() > LINE_BYTES_MAX {
                let row = pending.first_row + pending.rows + 1;
                let what = format!("`{path}`: row {row} is a line of more than {LINE_BYTES_MAX} bytes");
                return Err(CliError::Usage(what));
            }
            let content = line.trim_ascii();
            let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
            if content.is_empty() {
                continue;
            }
            let is_full = pending.bytes + content.len() > LINE_BYTES_MAX;
            if is_full || pending.rows >= self.plan.args.batch_rows as u64 {
                self.flush(file, &mut pending);
            }
            pending.push(content, self.split_line(content));
        }
        Ok(())
    }

    /// Sends what waits, predictions before their labels.
    fn flush(&mut self, file: &Path, pending: &mut Pending) {
        let mut sent =
            std::mem::replace(pending, Pending { first_row: pending.first_row + pending.rows, ..Pending::default() });
        sent.bodies.extend(sent.lines.finish());
        sent.label_bodies.extend(sent.labels.finish());
        if !sent.bodies.is_empty() {
            self.job(&[file.to_owned()], sent.bodies, sent.first_row, Some((sent.label_bodies, sent.numbers)));
        }
    }

    /// The prediction and, when it has one, the label of a line; `None` for a line that is sent as it is.
    fn split_line(&self, line: &[u8]) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let columns = self.plan.labels.as_ref()?;
        let mut object: Map<String, Value> = serde_json::from_slice(line).ok()?;
        let label = columns.split_object(&mut object);
        let label = label.and_then(|label| serde_json::to_vec(&label).ok());
        Some((serde_json::to_vec(&object).ok()?, label))
    }

    /// Hands on the predictions and then their labels: one worker sends them, in this order.
    fn job(
        &mut self,
        files: &[std::path::PathBuf],
        bodies: Vec<Body>,
        first_row: u64,
        labels: Option<(Vec<Body>, Vec<u64>)>,
    ) {
        // With several files in a table, rows are counted over all of them.
        let file = match files {
            [one] => one.display().to_string(),
            several => several.first().map(|file| format!("{} …", file.display())).unwrap_or_default(),
        };
        let mut requests = Vec::with_capacity(bodies.len());
        let mut row = first_row;
        for body in bodies {
            let rows = body.rows as u64;
            let part = Part { file: file.clone(), is_progress: true, rows, numbers: (row..row + rows).collect() };
            requests.push((self.plan.request(self.plan.stream, body, self.delivery), part));
            row += rows;
        }
        let (label_bodies, mut numbers) = labels.unwrap_or_default();
        for body in label_bodies {
            let rest = numbers.split_off(body.rows.min(numbers.len()));
            let numbers = std::mem::replace(&mut numbers, rest);
            let part = Part { file: file.clone(), is_progress: false, rows: body.rows as u64, numbers };
            requests.push((self.plan.request(Stream::Labels, body, self.delivery), part));
        }
        self.is_over |= (self.push)(Job { requests }).is_err();
    }
}

/// Lines that wait to be sent together.
#[derive(Debug, Default)]
struct Pending {
    first_row: u64,
    rows: u64,
    bytes: usize,
    lines: Lines,
    labels: Lines,
    /// Rows of the labels.
    numbers: Vec<u64>,
    bodies: Vec<Body>,
    label_bodies: Vec<Body>,
}

impl Pending {
    /// Takes a line as it is, or its prediction and label.
    fn push(&mut self, line: &[u8], split: Option<(Vec<u8>, Option<Vec<u8>>)>) {
        let (prediction, label) = split.map_or((None, None), |(prediction, label)| (Some(prediction), label));
        self.bodies.extend(self.lines.push(prediction.as_deref().unwrap_or(line)));
        if let Some(label) = label {
            self.label_bodies.extend(self.labels.push(&label));
            self.numbers.push(self.first_row + self.rows);
        }
        self.bytes += line.len();
        self.rows += 1;
    }
}

fn internal(error: arrow_schema::ArrowError) -> CliError {
    CliError::Internal(error.to_string())
}
