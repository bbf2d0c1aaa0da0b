//! A writer that is killed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use serde_json::json;
use watchkeeper_catalog::Catalog;

use crate::support::{Fixture, change, model, now};

const URL: &str = "WATCHKEEPER_TEST_CRASH_URL";
const ROUND: &str = "WATCHKEEPER_TEST_CRASH_ROUND";

/// What the killed program does: it writes until it is killed, and says what was acknowledged. Alone it does nothing.
#[tokio::test]
async fn writer() {
    let (Ok(url), Ok(round)) = (std::env::var(URL), std::env::var(ROUND)) else { return };
    let catalog = Catalog::open(&url).await.unwrap();
    for index in 0.. {
        let name = format!("m{round}-{index}");
        catalog.put(&change(&model(&name), json!(index), Some(0)), now()).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nacknowledged {name}").unwrap();
        out.flush().unwrap();
    }
}

pub(crate) async fn a_killed_writer_loses_nothing_acknowledged(fixture: Fixture) {
    let mut acknowledged = Vec::new();
    for round in 0..8_usize {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "crash::writer", "--nocapture"]).env(URL, &fixture.url).env(ROUND, round.to_string());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let names = lines.filter_map(|line| line.strip_prefix("acknowledged ").map(str::to_owned));
        // Each round at another place; what it says after that, until it is dead, counts as well.
        for (index, name) in names.enumerate() {
            acknowledged.push(name);
            if index == round * 3 {
                child.kill().unwrap();
            }
        }
        assert!(!child.wait().unwrap().success(), "it was killed");
        let report = fixture.catalog.verify_ledger("t").await.unwrap();
        assert_eq!(report.problems, vec![], "round {round}");
        // One more than acknowledged, at most, for each kill.
        let range = acknowledged.len() as u64..=(acknowledged.len() + round + 1) as u64;
        assert!(range.contains(&report.entries), "{} of {range:?}", report.entries);
    }
    for name in &acknowledged {
        assert!(fixture.catalog.get(&model(name)).await.unwrap().is_some(), "{name} is lost");
    }
    println!("8 kills, {} changes acknowledged", acknowledged.len());
}
