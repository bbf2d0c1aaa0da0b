use std::path::{Path, PathBuf};

use clap::Parser;

use super::*;
use crate::cli::args::{Cli, Command};

fn arguments(line: &str) -> ImportArgs {
    let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
    let Command::Import(args) = cli.command else { panic!("{line}") };
    *args
}

/// Path, rows and body of a request.
type Sent = (String, Vec<u64>, String);

/// Converts files with these contents; gives back the requests, and what was rejected.
fn convert(line: &str, contents: &[&str]) -> Result<(Vec<Sent>, String), CliError> {
    let args = arguments(line);
    let delivery = Delivery::new(None, true).unwrap();
    let mut requests = Vec::new();
    let mut push = |job: Job<Part>| {
        for (request, part) in job.requests {
            assert_eq!(part.rows as usize, part.numbers.len());
            let (_, body) = request.body.unwrap();
            assert!(request.idempotency_key.is_some());
            requests.push((request.path.join("/"), part.numbers, String::from_utf8(body.to_vec()).unwrap()));
        }
        Ok(())
    };
    let mut converter = Converter::new(&args, &delivery, &mut push);
    let outcome = contents.iter().enumerate().try_for_each(|(number, content)| {
        let path =
            std::env::temp_dir().join(format!("watchkeeper-import-{}-{number}-{}", std::process::id(), content.len()));
        std::fs::write(&path, content).unwrap();
        let reading = Reading::of_file(&path, &format!("file-{number}"));
        let outcome = converter.file(&reading);
        std::fs::remove_file(&path).unwrap();
        outcome
    });
    outcome.and_then(|()| converter.finish())?;
    let path = delivery.json();
    Ok((requests, path))
}

#[test]
fn canonical_events_go_on_by_their_rows_and_broken_lines_are_rejected() {
    let content = "{\"id\":\"a\",\"x\":1}\n\nnot json\n{\"id\":\"b\"}\n";
    let (requests, report) = convert("watchkeeper import x --format canonical --model m", &[content]).unwrap();
    assert_eq!(requests.len(), 1);
    let (path, rows, body) = &requests[0];
    assert_eq!((path.as_str(), body.lines().count()), ("models/m/predictions", 2));
    assert_eq!(rows.len(), 2);
    assert!(report.contains("\"rejected\":1") && report.contains("file-0"), "{report}");
    let none = convert("watchkeeper import x --format canonical", &[content]).unwrap_err().to_string();
    assert_eq!(none, "`file-0`, row 1: it names no model; give --model NAME");
}

#[test]
fn an_array_over_several_lines_is_one_input() {
    let (requests, _) =
        convert("watchkeeper import x --format canonical --model m", &[" [\n{\"id\":\"a\"},\n{\"id\":\"b\"}\n]\n"])
            .unwrap();
    assert_eq!(requests.iter().map(|(_, rows, _)| rows.len()).sum::<usize>(), 2);
}

#[test]
fn compressed_and_empty_files_are_told_apart() {
    let gzip = convert("watchkeeper import x --format canonical --model m", &["\u{1f}\u{8b}"]);
    assert!(gzip.is_ok(), "the two characters are three bytes: no gzip");
    let (requests, _) = convert("watchkeeper import x --format canonical --model m", &["", "\n\n"]).unwrap();
    assert!(requests.is_empty());
    let path = std::env::temp_dir().join(format!("watchkeeper-import-{}.gz", std::process::id()));
    std::fs::write(&path, [0x1f, 0x8b, 8, 0]).unwrap();
    let args = arguments("watchkeeper import x --format canonical --model m");
    let delivery = Delivery::new(None, true).unwrap();
    let mut push = |_: Job<Part>| Ok(());
    let outcome = Converter::new(&args, &delivery, &mut push).file(&Reading::of_file(&path, "a.gz"));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(outcome.unwrap_err().to_string(), "`a.gz` is compressed; unpack it first");
}

#[test]
fn real_flights_are_imported_from_parquet() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/flights/current/2013-09.parquet");
    let args = arguments("watchkeeper import x --format canonical --model flights-delay");
    let delivery = Delivery::new(None, true).unwrap();
    let mut rows = Vec::new();
    let mut push = |job: Job<Part>| {
        for (request, part) in job.requests {
            let body = String::from_utf8(request.body.unwrap().1.to_vec()).unwrap();
            assert_eq!(body.lines().count() as u64, part.rows);
            rows.extend(part.numbers);
        }
        Ok(())
    };
    let mut converter = Converter::new(&args, &delivery, &mut push);
    converter.file(&Reading::of_file(Path::new(&file), "flights")).unwrap();
    converter.finish().unwrap();
    // Several batches: rows are counted over the whole file.
    let table = Table::open(file.to_str().unwrap()).unwrap();
    assert_eq!(rows, (0..table.rows.unwrap()).collect::<Vec<u64>>());
}
