use clap::{CommandFactory, Parser};
use watchkeeper_ingest::formats::Format;

use super::super::args::{Cli, Command};
use super::*;

fn parse(line: &str) -> Result<Command, String> {
    Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command).map_err(|error| error.to_string())
}

#[test]
fn the_definitions_hold_together() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_shows_an_example_and_can_print_json() {
    let mut root = Cli::command();
    root.build();
    let mut commands: Vec<clap::Command> = Vec::new();
    for command in root.get_subcommands().filter(|command| command.get_name() != "help") {
        match command.has_subcommands() {
            true => commands.extend(command.get_subcommands().filter(|c| c.get_name() != "help").cloned()),
            false => commands.push(command.clone()),
        }
    }
    assert!(commands.len() >= 15);
    for command in commands {
        let name = command.get_name().to_owned();
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.contains("Example"), "{name}");
        // `serve` answers over HTTP; its log has a JSON form.
        if !["init", "bench", "schema", "serve"].contains(&name.as_str()) {
            let output = command.get_arguments().find(|argument| argument.get_long() == Some("output"));
            let values = output.unwrap_or_else(|| panic!("{name} has no --output")).get_possible_values();
            assert!(values.iter().any(|value| value.get_name() == "json"), "{name}");
        }
    }
}

#[test]
fn send_has_bounds() {
    let Ok(Command::Send(args)) = parse("watchkeeper send a.csv b.csv -m m --labels-from-columns x,y --speed 60")
    else {
        panic!("expected send")
    };
    assert_eq!((args.files.len(), args.labels_from_columns.len(), args.speed), (2, 2, Some(60.0)));
    assert_eq!((args.batch_rows, args.concurrency, args.patience, args.format), (10_000, 4, 120, Wire::Arrow));
    for wrong in [
        "--batch-rows 0",
        "--batch-rows 1000001",
        "--speed 0",
        "--speed -1",
        "--speed inf",
        "--concurrency 0",
        "--concurrency 65",
        "--stream x",
    ] {
        assert!(parse(&format!("watchkeeper send a.csv {wrong}")).is_err(), "{wrong}");
    }
    assert!(parse("watchkeeper send").is_err());
}

#[test]
fn formats_of_imports_are_those_of_the_readers() {
    for format in Format::ALL {
        let line = format!("watchkeeper import x --format {}", format.as_str());
        assert!(matches!(parse(&line), Ok(Command::Import(args)) if args.format == format));
    }
    assert!(parse("watchkeeper import x --format kserv").unwrap_err().contains("expected one of `canonical`"));
    assert!(parse("watchkeeper import x").is_err(), "the format is not guessed");
}

#[test]
fn a_server_and_a_catalog_exclude_each_other() {
    assert!(parse("watchkeeper get model --server http://x --data-dir d").is_err());
    assert!(parse("watchkeeper get model --catalog sqlite:x --data-dir d").is_err());
    assert!(parse("watchkeeper get model --data-dir d --tenant t").is_ok());
    assert!(parse("watchkeeper export --all model").is_err());
}

#[test]
fn heads_and_times_are_checked() {
    let hash = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08";
    let ledger = |head: &str| parse(&format!("watchkeeper verify ledger --tenant t --head {head}"));
    let Ok(Command::Verify(VerifyArgs { command: VerifyCommand::Ledger(args) })) = ledger(&format!("42:{hash}")) else {
        panic!("expected ledger")
    };
    assert_eq!(args.head, Some((42, hash.to_lowercase())));
    for wrong in ["42", hash, "x:00", "-1:00", &format!("42:{}", &hash[1..])] {
        assert!(ledger(wrong).is_err(), "{wrong}");
    }
    assert!(parse(&format!("watchkeeper verify ledger --head 42:{hash}")).is_err(), "a head is of one tenant");
    assert!(parse("watchkeeper keys create --read --expires 90d").is_ok());
    for wrong in ["90", "0d", "soon"] {
        assert!(parse(&format!("watchkeeper keys create --read --expires {wrong}")).is_err(), "{wrong}");
    }
}
