//! `watchkeeper erase`.

use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal, Read};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::{Value, json};
use watchkeeper_server::ports::{ErasureAnswer, ErasureState};

use super::service_args::{EraseArgs, TextOrJson};
use super::{CliError, Connection, EXIT_OK, note, print};
use crate::client::{Client, ClientError, Request};

/// Ids or values of one request, and their bytes: what a server takes.
const NAMED_MAX: usize = 10_000;
const BYTES_MAX: usize = 800 << 10;
/// Bytes of a file of ids.
const FILE_BYTES: u64 = 1 << 30;
/// Between two questions for what is at work.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How long a busy server is asked again.
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) fn run(args: &EraseArgs) -> Result<u8, CliError> {
    let named = named(args)?;
    confirm(args, named.len())?;
    let client = Connection::from(&args.server).patient(PATIENCE)?;
    let bar = if args.quiet || !io::stderr().is_terminal() { ProgressBar::hidden() } else { visible() };
    let mut answers = Vec::new();
    for part in parts(&named) {
        answers.push(erase(&client, args, part, &bar)?);
    }
    bar.finish_and_clear();
    report(args, &answers)
}

/// The ids, or the values of the column, each once.
fn named(args: &EraseArgs) -> Result<Vec<String>, CliError> {
    let mut named: BTreeSet<String> = args.id.iter().chain(&args.value).cloned().collect();
    if let Some(path) = &args.ids {
        let read = |source| CliError::Read { path: path.clone(), source };
        let file: Box<dyn Read> = match path.as_str() {
            "-" => Box::new(io::stdin()),
            path => Box::new(std::fs::File::open(path).map_err(read)?),
        };
        for line in io::BufReader::new(file.take(FILE_BYTES)).lines() {
            let line = line.map_err(read)?;
            let id = line.trim_end_matches('\r');
            if !id.is_empty() {
                named.insert(id.to_owned());
            }
        }
    }
    if named.is_empty() {
        return Err(CliError::Usage("there is nothing to erase: no id was given".into()));
    }
    Ok(named.into_iter().collect())
}

fn confirm(args: &EraseArgs, named: usize) -> Result<(), CliError> {
    if args.yes {
        return Ok(());
    }
    let from_input = args.ids.as_deref() == Some("-");
    if from_input || !io::stdin().is_terminal() {
        return Err(CliError::Usage("an erasure cannot be undone, and nobody can be asked here; say --yes".into()));
    }
    let what = match &args.column {
        Some(column) => format!("all events in which `{column}` holds one of {named} values"),
        None => format!("{named} events"),
    };
    note(&format!("This erases {what} of the model `{}` for good. Type the model's name to go on: ", args.model));
    let mut typed = String::new();
    let read = io::stdin().lock().read_line(&mut typed);
    read.map_err(|source| CliError::Read { path: "standard input".into(), source })?;
    if typed.trim() == args.model {
        return Ok(());
    }
    Err(CliError::Usage("nothing was erased".into()))
}

/// What fits into one request each.
fn parts(named: &[String]) -> impl Iterator<Item = &[String]> {
    let mut rest = named;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |text: &&String| {
            bytes += text.len() + 8;
            bytes <= BYTES_MAX
        };
        let count = rest.iter().take(NAMED_MAX).take_while(fits).count().max(1).min(rest.len());
        let (part, left) = rest.split_at(count);
        rest = left;
        (!part.is_empty()).then_some(part)
    })
}

/// One request, and questions until it is done.
fn erase(client: &Client, args: &EraseArgs, part: &[String], bar: &ProgressBar) -> Result<ErasureAnswer, CliError> {
    let mut body = match &args.column {
        Some(column) => json!({ "column": column, "values": part }),
        None => json!({ "ids": part }),
    };
    if let (Some(reason), Some(body)) = (&args.reason, body.as_object_mut()) {
        body.insert("reason".into(), reason.clone().into());
    }
    let path = ["models", args.model.as_str(), "erasures"];
    let mut request = Request::new(Method::POST, &path).json(&body);
    // Asked for twice it does what asking once does.
    request.is_question = true;
    let mut answer = read(client, &request)?;
    while answer.state == ErasureState::Running {
        bar.set_length(answer.files);
        bar.set_position(answer.files_done);
        bar.set_message(answer.step.clone());
        std::thread::sleep(ASK_EVERY);
        let path = ["models", args.model.as_str(), "erasures", answer.erasure.as_str()];
        answer = read(client, &Request::new(Method::GET, &path))?;
    }
    match answer.problem {
        Some(problem) => Err(CliError::Usage(format!("the erasure failed: {problem}; run it again"))),
        None => Ok(answer),
    }
}

fn read(client: &Client, request: &Request) -> Result<ErasureAnswer, CliError> {
    let value: Value = client.json(request)?;
    let answer =
        |error: serde_json::Error| ClientError::Answer { server: client.server().into(), problem: error.to_string() };
    Ok(serde_json::from_value(value).map_err(answer)?)
}

fn visible() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}: {pos} of {len} files") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn report(args: &EraseArgs, answers: &[ErasureAnswer]) -> Result<u8, CliError> {
    if args.output == TextOrJson::Json {
        print(&format!("{}\n", json!({ "erasures": answers })))?;
        return Ok(EXIT_OK);
    }
    for name in ["predictions", "labels", "rejects"] {
        let tables = || answers.iter().flat_map(|answer| &answer.tables).filter(|table| table.table == name);
        let rows: u64 = tables().map(|table| table.rows).sum();
        let files: u64 = tables().map(|table| table.files).sum();
        let version = tables().filter_map(|table| table.version).max();
        let version = version.map(|version| format!(", gone since version {version}")).unwrap_or_default();
        print(&format!("{name}: {} rows in {} files{version}\n", HumanCount(rows), HumanCount(files)))?;
    }
    if let Some(gone) = answers.iter().filter_map(|answer| answer.gone_by).max() {
        print(&format!("the files that held them are deleted by {}\n", gone.0.strftime("%Y-%m-%d %H:%M UTC")))?;
    }
    let warnings: BTreeSet<&String> = answers.iter().flat_map(|answer| &answer.warnings).collect();
    for warning in warnings {
        note(&format!("warning: {warning}\n"));
    }
    Ok(EXIT_OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_ids_go_in_several_requests() {
        let sizes = |named: &[String]| parts(named).map(<[String]>::len).collect::<Vec<_>>();
        let ids: Vec<String> = (0..25_000).map(|n| n.to_string()).collect();
        assert_eq!(sizes(&ids), [10_000, 10_000, 5_000]);
        assert_eq!(parts(&ids).flatten().count(), 25_000);
        let long: Vec<String> = (0..3).map(|_| "x".repeat(500 << 10)).collect();
        assert_eq!(sizes(&long), [1, 1, 1]);
        assert_eq!(sizes(&[]), [0_usize; 0]);
    }
}
