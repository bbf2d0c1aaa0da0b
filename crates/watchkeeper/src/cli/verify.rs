//! `watchkeeper verify`.

use serde_json::{Value, json};
use watchkeeper_catalog::{LedgerHead, LedgerReport, PAGE_ROWS_MAX};

use super::resources::{Opened, Where};
use super::service_args::{TextOrJson, VerifyArgs, VerifyCommand, VerifyLedgerArgs};
use super::{CliError, EXIT_OK, EXIT_VERDICT, print};

pub(super) fn run(args: &VerifyArgs) -> Result<u8, CliError> {
    match &args.command {
        VerifyCommand::Ledger(args) => ledger(args),
    }
}

fn ledger(args: &VerifyLedgerArgs) -> Result<u8, CliError> {
    let place = Where { data_dir: args.data_dir.clone(), url: args.catalog.clone() };
    let opened = Opened::open(&place, args.tenant.clone().unwrap_or_default(), false)?;
    let known = args.head.clone().map(|(seq, hash)| LedgerHead { seq, hash });
    let mut reports = Vec::new();
    for tenant in tenants(&opened, args.tenant.as_deref())? {
        reports.push(match &known {
            Some(known) => opened.wait(opened.catalog.verify_against(&tenant, known))?,
            None => opened.wait(opened.catalog.verify_ledger(&tenant))?,
        });
    }
    let is_intact = reports.iter().all(LedgerReport::is_intact);
    match args.output {
        TextOrJson::Json => {
            let ledgers: Vec<Value> = reports.iter().map(|report| json!(report)).collect();
            print(&format!("{}\n", json!({"intact": is_intact, "ledgers": ledgers})))?;
        }
        TextOrJson::Text if reports.is_empty() => print("there is no ledger yet\n")?,
        TextOrJson::Text => reports.iter().try_for_each(|report| print(&text(report)))?,
    }
    Ok(if is_intact { EXIT_OK } else { EXIT_VERDICT })
}

fn tenants(opened: &Opened, named: Option<&str>) -> Result<Vec<String>, CliError> {
    if let Some(tenant) = named {
        return Ok(vec![tenant.to_owned()]);
    }
    let mut all: Vec<String> = Vec::new();
    loop {
        let after = all.last().cloned();
        let page = opened.wait(opened.catalog.ledger_tenants(after.as_deref(), PAGE_ROWS_MAX))?;
        let is_last = page.len() < PAGE_ROWS_MAX as usize;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

fn text(report: &LedgerReport) -> String {
    let LedgerReport { tenant, entries, head, problems, problems_total } = report;
    let state = if report.is_intact() { "intact" } else { "NOT intact" };
    let mut text = format!("{tenant}: {state}, {entries} entries, head {}:{}\n", head.seq, head.hash);
    for problem in problems {
        text.push_str(&format!("  {problem}\n"));
    }
    let more = problems_total.saturating_sub(problems.len() as u64);
    if more > 0 {
        text.push_str(&format!("  and {more} more problems\n"));
    }
    text
}
