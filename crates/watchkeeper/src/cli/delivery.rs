//! Rows on their way to a server: progress, counts, what is said in the end.

use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde::Serialize;

use super::service_args::TextOrJson;
use super::{CliError, EXIT_OK, EXIT_VERDICT, print};
use crate::client::{AppendAnswer, ClientError, Job, RejectedRow, Stopped, send_all};

pub(super) use crate::client::Request;

/// Rejected rows that are told one by one.
const REJECTS_MAX: usize = 20;
/// Of these, the ones that people are shown.
const SHOWN_MAX: usize = 5;

/// The rows of one request.
#[derive(Debug)]
pub(super) struct Part {
    /// Where they come from.
    pub(super) file: String,
    /// Whether they count for the progress: labels made from rows that do, do not.
    pub(super) is_progress: bool,
    /// How many.
    pub(super) rows: u64,
    /// The row of the file of each, from 0.
    pub(super) numbers: Vec<u64>,
}

/// Hands requests to the workers; blocks while they are busy.
pub(super) type Push<'p> = dyn FnMut(Job<Part>) -> Result<(), Stopped> + 'p;

/// A rejected row, by its place in the file.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Rejected {
    file: String,
    /// From 1.
    row: u64,
    field: Option<String>,
    value: Option<String>,
    expected: String,
    code: String,
}

#[derive(Debug, Default)]
struct Totals {
    requests: u64,
    rows: u64,
    bytes: u64,
    accepted: u64,
    duplicate: u64,
    corrected: u64,
    rejected: u64,
    rejects: Vec<Rejected>,
}

/// One sending from its beginning to its report.
pub(super) struct Delivery {
    /// Begins the idempotency keys of this run: random, so that a later run is not taken for a repetition of this one.
    run: String,
    requests: AtomicU64,
    totals: Mutex<Totals>,
    bar: ProgressBar,
    started: Instant,
}

impl Delivery {
    /// `rows`: how many there will be, if that is known.
    pub(super) fn new(rows: Option<u64>, quiet: bool) -> Result<Self, CliError> {
        let mut random = [0u8; 8];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| CliError::Internal("no random numbers".into()))?;
        let bar = if quiet || !stderr().is_terminal() { ProgressBar::hidden() } else { visible(rows) };
        let run = format!("{:016x}", u64::from_le_bytes(random));
        let requests = AtomicU64::new(0);
        Ok(Self { run, requests, totals: Mutex::default(), bar, started: Instant::now() })
    }

    /// A key that no other request has.
    pub(super) fn next_key(&self) -> String {
        format!("{}-{}", self.run, self.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// Sends what `produce` pushes; returns when every request was answered or one failed for good.
    pub(super) fn run(
        &self,
        workers: usize,
        append: impl Fn(&Request) -> Result<AppendAnswer, ClientError> + Sync,
        produce: impl FnOnce(&mut Push<'_>) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        let outcome =
            send_all(workers, append, |request, part, answer| self.count(request, &part, answer), |push| produce(push));
        self.bar.finish_and_clear();
        // What was taken before a failure is taken: say so.
        outcome.map_err(|error| match self.totals().accepted {
            0 => error,
            _ if matches!(error, CliError::Internal(_)) => error,
            accepted => CliError::Usage(format!(
                "{error}\n{} rows had been accepted before; sending all again is safe where rows have ids",
                HumanCount(accepted)
            )),
        })
    }

    /// Adds rows that were rejected before they were sent.
    pub(super) fn reject(&self, file: &str, rejects: Vec<RejectedRow>) {
        let mut totals = self.totals();
        totals.rejected += rejects.len() as u64;
        for row in rejects {
            let number = row.row;
            totals.keep(file, number, row);
        }
    }

    fn totals(&self) -> std::sync::MutexGuard<'_, Totals> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, request: &Request, part: &Part, answer: AppendAnswer) {
        let mut totals = self.totals();
        totals.requests += 1;
        totals.rows += part.rows;
        totals.bytes += request.body.as_ref().map_or(0, |(_, bytes)| bytes.len() as u64);
        totals.accepted += answer.accepted;
        totals.duplicate += answer.duplicate;
        totals.corrected += answer.corrected;
        totals.rejected += answer.rejected;
        for row in answer.rejects {
            let number = usize::try_from(row.row).ok().and_then(|at| part.numbers.get(at)).copied();
            totals.keep(&part.file, number.unwrap_or(row.row), row);
        }
        drop(totals);
        if part.is_progress {
            self.bar.inc(part.rows);
        }
    }

    /// What became of the rows so far.
    #[cfg(test)]
    pub(super) fn json(&self) -> String {
        self.totals().json("", 1.0).to_string()
    }

    /// Says what became of the rows; the exit code is 1 when some were rejected.
    pub(super) fn report(self, server: &str, output: TextOrJson) -> Result<u8, CliError> {
        let seconds = self.started.elapsed().as_secs_f64();
        let totals = self.totals.into_inner().unwrap_or_else(PoisonError::into_inner);
        match output {
            TextOrJson::Json => print(&format!("{}\n", totals.json(server, seconds)))?,
            TextOrJson::Text => print(&totals.text(server, seconds))?,
        }
        Ok(if totals.rejected > 0 { EXIT_VERDICT } else { EXIT_OK })
    }
}

impl Totals {
    fn keep(&mut self, file: &str, row: u64, reject: RejectedRow) {
        // Workers answer in any order: the first rows are kept, not the first answers.
        let RejectedRow { field, value, expected, code, .. } = reject;
        self.rejects.push(Rejected { file: file.to_owned(), row: row + 1, field, value, expected, code });
        if self.rejects.len() >= 8 * REJECTS_MAX {
            self.first_rejects();
        }
    }

    fn first_rejects(&mut self) {
        self.rejects.sort_by(|a, b| (&a.file, a.row).cmp(&(&b.file, b.row)));
        self.rejects.truncate(REJECTS_MAX);
    }

    fn json(&self, server: &str, seconds: f64) -> serde_json::Value {
        let mut rejects = Self { rejects: self.rejects.clone(), ..Self::default() };
        rejects.first_rejects();
        serde_json::json!({
            "server": server, "requests": self.requests, "rows": self.rows, "bytes": self.bytes, "seconds": seconds,
            "accepted": self.accepted, "duplicate": self.duplicate, "corrected": self.corrected,
            "rejected": self.rejected, "rejects": rejects.rejects,
        })
    }

    fn text(&self, server: &str, seconds: f64) -> String {
        let mut first = Self { rejects: self.rejects.clone(), ..Self::default() };
        first.first_rejects();
        let rate = HumanCount((self.rows as f64 / seconds.max(1e-3)) as u64);
        let mut text = format!(
            "{server}: {} rows in {} requests, {seconds:.1} s ({rate} rows/s)\n{} accepted, {} duplicate, {} corrected, {} rejected\n",
            HumanCount(self.rows),
            self.requests,
            HumanCount(self.accepted),
            HumanCount(self.duplicate),
            HumanCount(self.corrected),
            HumanCount(self.rejected),
        );
        for reject in first.rejects.iter().take(SHOWN_MAX) {
            text.push_str(&format!("  {reject}\n"));
        }
        let more = self.rejected.saturating_sub(first.rejects.len().min(SHOWN_MAX) as u64);
        if more > 0 {
            text.push_str(&format!("  and {} more rejected rows\n", HumanCount(more)));
        }
        text
    }
}

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, row {}: ", self.file, self.row)?;
        match (&self.field, &self.value) {
            (Some(field), Some(value)) => write!(f, "`{field}` is `{value}`; ")?,
            (Some(field), None) => write!(f, "`{field}`: ")?,
            (None, _) => {}
        }
        write!(f, "expected {}", self.expected)?;
        if self.code.is_empty() { Ok(()) } else { write!(f, " ({})", self.code) }
    }
}

fn visible(rows: Option<u64>) -> ProgressBar {
    let (bar, template) = match rows {
        Some(rows) => (ProgressBar::new(rows), "{bar:40} {percent:>3} % {human_pos} rows {per_sec} {elapsed}"),
        None => (ProgressBar::new_spinner(), "{spinner} {human_pos} rows {per_sec} {elapsed}"),
    };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use reqwest::Method;

    use super::*;

    fn reject(row: u64, field: &str) -> RejectedRow {
        let (field, value) = (Some(field.to_owned()), Some("abc".to_owned()));
        RejectedRow { row, field, value, expected: "a number".into(), code: "wrong_type".into() }
    }

    fn request() -> Request {
        let mut request = Request::new(Method::POST, &["kpis"]);
        request.body = Some(("application/x-ndjson", Bytes::from("{}\n")));
        request
    }

    #[test]
    fn rejected_rows_are_told_by_their_place_in_the_file() {
        let delivery = Delivery::new(None, true).unwrap();
        let part = |numbers: std::ops::Range<u64>| Part {
            file: "a.csv".into(),
            is_progress: true,
            rows: 100,
            numbers: numbers.collect(),
        };
        let answer = |rejects: Vec<RejectedRow>| AppendAnswer {
            accepted: 100 - rejects.len() as u64,
            rejected: rejects.len() as u64,
            rejects,
            ..AppendAnswer::default()
        };
        // The second request is answered first.
        delivery.count(&request(), &part(100..200), answer((0..30).map(|row| reject(row, "x")).collect()));
        delivery.count(&request(), &part(0..100), answer(vec![reject(7, "y")]));
        delivery.reject("b.jsonl", vec![RejectedRow { field: None, value: None, ..reject(3, "") }]);
        let totals = delivery.totals.into_inner().unwrap();
        let json = totals.json("http://s", 2.0);
        assert_eq!(
            (json["rows"].as_u64(), json["rejected"].as_u64(), json["accepted"].as_u64()),
            (Some(200), Some(32), Some(169))
        );
        assert_eq!((json["bytes"].as_u64(), json["requests"].as_u64()), (Some(6), Some(2)));
        let rows: Vec<u64> = json["rejects"].as_array().unwrap().iter().map(|r| r["row"].as_u64().unwrap()).collect();
        assert_eq!((rows.len(), rows[0], rows[1]), (REJECTS_MAX, 8, 101));
        let text = totals.text("http://s", 2.0);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "http://s: 200 rows in 2 requests, 2.0 s (100 rows/s)");
        assert_eq!(lines[1], "169 accepted, 0 duplicate, 0 corrected, 32 rejected");
        assert_eq!(lines[2], "  a.csv, row 8: `y` is `abc`; expected a number (wrong_type)");
        assert_eq!((lines.len(), *lines.last().unwrap()), (8, "  and 27 more rejected rows"));
    }

    #[test]
    fn keys_of_requests_differ_within_and_between_runs() {
        let (a, b) = (Delivery::new(None, true).unwrap(), Delivery::new(None, true).unwrap());
        let keys: std::collections::BTreeSet<String> = (0..100).flat_map(|_| [a.next_key(), b.next_key()]).collect();
        assert_eq!(keys.len(), 200);
    }

    #[test]
    fn what_was_taken_before_a_failure_is_said() {
        let delivery = Delivery::new(None, true).unwrap();
        let sent = AtomicU64::new(0);
        let append = |_: &Request| match sent.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(AppendAnswer { accepted: 5, ..AppendAnswer::default() }),
            _ => Err(ClientError::Key("gone".into())),
        };
        let part = || Part { file: String::new(), is_progress: true, rows: 5, numbers: Vec::new() };
        let outcome = delivery.run(1, append, |push| {
            let _ = push(Job { requests: vec![(request(), part()), (request(), part())] });
            Ok(())
        });
        let text = outcome.unwrap_err().to_string();
        assert_eq!(
            text,
            "cannot use the API key: gone\n5 rows had been accepted before; sending all again is safe where rows have ids"
        );
    }
}
