use std::io::Cursor;
use std::path::PathBuf;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use clap::Parser;

use super::*;
use crate::cli::args::{Cli, Command};
use crate::cli::delivery::Part;
use crate::client::{Job, Stopped};

fn arguments(line: &str) -> SendArgs {
    let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
    let Command::Send(args) = cli.command else { panic!("{line}") };
    *args
}

/// A request: its path, its body, its rows.
struct Sent {
    path: String,
    media_type: &'static str,
    bytes: Vec<u8>,
    part: Part,
}

impl Sent {
    fn batch(&self) -> RecordBatch {
        assert_eq!(self.media_type, "application/vnd.apache.arrow.stream");
        let reader = StreamReader::try_new(Cursor::new(&self.bytes), None).unwrap();
        let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        assert_eq!(batches.len(), 1);
        batches[0].clone()
    }

    fn lines(&self) -> Vec<&str> {
        assert_eq!(self.media_type, "application/x-ndjson");
        std::str::from_utf8(&self.bytes).unwrap().lines().collect()
    }
}

/// What is sent of a file, job by job.
fn sent(line: &str, file: &std::path::Path) -> Result<Vec<Vec<Sent>>, CliError> {
    let args = arguments(line);
    let plan = Plan::new(&args)?;
    let table = Table::open(file.to_str().unwrap()).map_err(CheckError::from)?;
    plan.check(&table)?;
    let delivery = Delivery::new(None, true)?;
    let mut jobs = Vec::new();
    let mut push = |job: Job<Part>| {
        let one = |(request, part): (Request, Part)| {
            let (media_type, bytes) = request.body.unwrap();
            assert_eq!(part.numbers.len() as u64, part.rows);
            Sent { path: request.path.join("/"), media_type, bytes: bytes.to_vec(), part }
        };
        jobs.push(job.requests.into_iter().map(one).collect());
        Ok(())
    };
    file::Producer::new(&plan, &delivery, &mut push).send(&table)?;
    Ok(jobs)
}

fn temporary(name: &str, content: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("watchkeeper-send-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path
}

fn flights() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/flights/current/2013-09.parquet")
}

#[test]
fn a_month_of_flights_goes_as_predictions_and_then_labels() {
    let line = "watchkeeper send x --model flights-delay --batch-rows 5000 --labels-from-columns label,arr_delay --label-time label_ts";
    let jobs = sent(line, &flights()).unwrap();
    let table = Table::open(flights().to_str().unwrap()).unwrap();
    let (mut rows, mut labels, mut ids) = (0, 0, std::collections::BTreeSet::new());
    for job in &jobs {
        let paths: Vec<&str> = job.iter().map(|sent| sent.path.as_str()).collect();
        assert_eq!(paths, ["models/flights-delay/predictions", "models/flights-delay/labels"]);
        let (predictions, known) = (job[0].batch(), job[1].batch());
        assert!(predictions.num_rows() <= 5000 && predictions.column_by_name("label").is_none());
        assert!(predictions.column_by_name("arr_delay").is_none() && known.column_by_name("arr_delay").is_some());
        let ts = predictions.column_by_name("ts").unwrap().data_type();
        assert_eq!(ts.to_string(), "Timestamp(µs, \"UTC\")", "times are sent in UTC");
        assert_eq!(job[0].part.numbers.first(), Some(&rows));
        rows += predictions.num_rows() as u64;
        labels += known.num_rows();
        let column =
            arrow_cast::cast(known.column_by_name("prediction_id").unwrap(), &arrow_schema::DataType::Utf8).unwrap();
        let column = arrow_array::cast::AsArray::as_string::<i32>(&column);
        ids.extend(column.iter().map(|id| id.unwrap().to_owned()));
    }
    assert_eq!(Some(rows), table.rows);
    assert_eq!(jobs.len() as u64, rows.div_ceil(5000));
    assert!(labels > 20_000 && labels < rows as usize, "{labels} of {rows}: cancelled flights have no label");
    assert_eq!(ids.len(), labels, "each label once");
}

#[test]
fn a_bad_value_of_a_csv_file_reaches_the_server_and_costs_no_other_row() {
    let mut content = String::from("prediction_id,x,late\n");
    for row in 0..100 {
        content.push_str(&format!("{row:03},{row}.5,{}\n", row % 2));
    }
    content.push_str("100,oops,1\n");
    let file = temporary("bad.csv", &content);
    let jobs = sent("watchkeeper send x --model m --batch-rows 50 --labels-from-columns late", &file).unwrap();
    std::fs::remove_file(file).unwrap();
    assert_eq!(jobs.len(), 3);
    let first = jobs[0][0].batch();
    assert_eq!(first.schema().field_with_name("x").unwrap().data_type(), &arrow_schema::DataType::Float64);
    assert_eq!(first.schema().field_with_name("prediction_id").unwrap().data_type(), &arrow_schema::DataType::Utf8);
    assert_eq!(jobs[2][0].lines(), [r#"{"prediction_id":"100","x":"oops"}"#]);
    assert_eq!(jobs[2][1].lines(), [r#"{"label":1,"prediction_id":"100"}"#]);
    assert_eq!(
        (jobs[2][0].part.numbers.as_slice(), jobs[2][1].part.numbers.as_slice()),
        ([100].as_slice(), [100].as_slice())
    );
}

#[test]
fn lines_of_json_go_as_they_are() {
    let content = "{\"id\":\"a\",\"features\":{\"x\":[1,2]}}\r\n\n  {\"id\":\"b\", \"x\" : 1e2}\n{\"id\":\"c\"}";
    let file = temporary("as-is.ndjson", content);
    let jobs = sent("watchkeeper send x --model m --batch-rows 2", &file).unwrap();
    std::fs::remove_file(file).unwrap();
    let lines: Vec<Vec<&str>> = jobs.iter().map(|job| job[0].lines()).collect();
    assert_eq!(
        lines,
        [vec!["{\"id\":\"a\",\"features\":{\"x\":[1,2]}}", "{\"id\":\"b\", \"x\" : 1e2}"], vec!["{\"id\":\"c\"}"]]
    );
    assert_eq!(jobs[1][0].part.numbers, [2]);
}

#[test]
fn labels_are_taken_out_of_lines_of_json() {
    let content = "{\"id\":\"a\",\"late\":1,\"x\":1}\n{\"id\":\"b\",\"late\":null}\n{\"id\":\"c\",\"late\":0}\n";
    let file = temporary("split.ndjson", content);
    let jobs = sent("watchkeeper send x --model m --labels-from-columns late", &file).unwrap();
    std::fs::remove_file(file).unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0][0].lines(), ["{\"id\":\"a\",\"x\":1}", "{\"id\":\"b\"}", "{\"id\":\"c\"}"]);
    assert_eq!(jobs[0][1].lines(), ["{\"id\":\"a\",\"label\":1}", "{\"id\":\"c\",\"label\":0}"]);
    assert_eq!((jobs[0][1].part.numbers.as_slice(), jobs[0][1].part.is_progress), ([0, 2].as_slice(), false));
}

#[test]
fn a_stopped_sending_reads_no_further() {
    let args = arguments("watchkeeper send x --model m --batch-rows 100");
    let plan = Plan::new(&args).unwrap();
    let table = Table::open(flights().to_str().unwrap()).unwrap();
    let delivery = Delivery::new(None, true).unwrap();
    let mut pushes = 0;
    let mut push = |_: Job<Part>| {
        pushes += 1;
        if pushes == 3 { Err(Stopped) } else { Ok(()) }
    };
    let mut producer = file::Producer::new(&plan, &delivery, &mut push);
    producer.send(&table).unwrap();
    producer.send(&table).unwrap();
    // What was cut of the batch at hand may still be offered, nothing of the next one.
    assert!((3..90).contains(&pushes), "{pushes}");
}

#[test]
fn rows_that_are_due_at_once_are_sent_at_once() {
    let file = temporary("pace.csv", "kpi_id,ts,value\na,2026-01-01T00:00:00Z,1\nb,2026-01-01T10:00:00Z,2\n");
    let jobs = sent("watchkeeper send x --stream kpis --speed 1000000000", &file).unwrap();
    std::fs::remove_file(file).unwrap();
    assert_eq!((jobs.len(), jobs[0][0].part.rows, jobs[0][0].path.as_str()), (1, 2, "kpis"));
}

#[test]
fn what_does_not_go_together_is_refused() {
    for (line, expected) in [
        ("", "--stream predictions needs --model NAME"),
        ("--stream labels", "--stream labels needs --model NAME"),
        ("--stream kpis --model m", "--stream kpis is of no model"),
        ("--stream labels --model m --labels-from-columns a", "--labels-from-columns is for files of predictions"),
        ("--model m --label-time a", "--label-time needs --labels-from-columns"),
        ("--model m --labels-from-columns lable", "there is no column `lable` in"),
        ("--model m --labels-from-columns label --label-time labels_ts", "did you mean `label_ts`?"),
    ] {
        let outcome = sent(&format!("watchkeeper send x {line} --batch-rows 1000000"), &flights());
        match outcome {
            Ok(_) => assert_eq!(expected, "", "{line}"),
            Err(error) => assert!(!expected.is_empty() && error.to_string().contains(expected), "{line}: {error}"),
        }
    }
}
