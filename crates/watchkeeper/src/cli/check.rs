//! `watchkeeper check`.

use std::io::{IsTerminal, stderr, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use watchkeeper_spec::{FailOn, Model};
use watchkeeper_watch::Verdict;

use super::args::{CheckArgs, MetricChoice, Output};
use super::{CliError, EXIT_OK, EXIT_VERDICT, print, write_file};
use crate::check::{CheckError, CheckOptions, Outcome, Progress, check};
use crate::output::{html, junit, markdown, terminal};
use crate::table::Table;

pub(super) fn run(args: &CheckArgs) -> Result<u8, CliError> {
    let options = options(args)?;
    let reference = Table::open(&args.reference).map_err(CheckError::from)?;
    let current = Table::open(&args.current).map_err(CheckError::from)?;
    let outcome = with_progress(args.quiet, |progress| check(&reference, &current, &options, progress))?;
    let fail_on = args.fail_on.or(options.model.as_ref().map(|model| model.check.fail_on)).unwrap_or(FailOn::Critical);
    write_outputs(args, &outcome, fail_on)?;
    Ok(if fails(outcome.verdict, fail_on) { EXIT_VERDICT } else { EXIT_OK })
}

fn options(args: &CheckArgs) -> Result<CheckOptions, CliError> {
    let mut model = None;
    if let Some(path) = &args.model {
        let bytes = std::fs::read(path).map_err(|source| CliError::Read { path: path.clone(), source })?;
        model = Some(Model::from_yaml_bytes(&bytes, path).map_err(CheckError::from)?);
    }
    let named = args
        .metrics
        .iter()
        .filter_map(|choice| if let MetricChoice::One(metric) = choice { Some(*metric) } else { None });
    let metrics: Vec<_> = named.collect();
    if args.metrics.contains(&MetricChoice::Default) && !metrics.is_empty() {
        return Err(CliError::Usage("--metrics: `default` stands alone; name the metrics, or use `all`".into()));
    }
    Ok(CheckOptions {
        model,
        model_path: args.model.clone(),
        by: args.by.clone(),
        segment: args.segment.clone(),
        metrics,
        all_metrics: args.metrics.contains(&MetricChoice::All),
        columns: args.columns.clone(),
        exclude: args.exclude.clone(),
        thresholds: args.thresholds.iter().copied().collect(),
        alpha: args.alpha,
        exact_rows: args.exact_rows,
        threads: args.threads,
    })
}

/// Runs `work` beside a progress bar, when there is a terminal to draw it on.
fn with_progress<T: Send>(
    quiet: bool,
    work: impl FnOnce(&Progress) -> Result<T, CheckError> + Send,
) -> Result<T, CheckError> {
    let progress = Progress::default();
    if quiet || !stderr().is_terminal() {
        return work(&progress);
    }
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{bar:40} {percent:>3} % {human_pos} values {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            while !finished.load(Ordering::Acquire) {
                let (done, total) = progress.read();
                bar.set_length(total.max(done));
                bar.set_position(done);
                std::thread::park_timeout(Duration::from_millis(60));
            }
            bar.finish_and_clear();
        });
        let outcome = work(&progress);
        finished.store(true, Ordering::Release);
        outcome
    })
}

fn write_outputs(args: &CheckArgs, outcome: &Outcome, fail_on: FailOn) -> Result<(), CliError> {
    if let Some(path) = &args.html {
        let page = html::render(outcome).map_err(|error| CliError::Internal(error.to_string()))?;
        write_file(path, &page)?;
    }
    if let Some(path) = &args.junit {
        let at_fault = |verdict: &str| match verdict {
            "critical" => fails(Verdict::Critical, fail_on),
            "warning" => fails(Verdict::Warning, fail_on),
            _ => false,
        };
        let xml = junit::render(&outcome.result, &at_fault).map_err(|error| CliError::Internal(error.to_string()))?;
        write_file(path, &xml)?;
    }
    if let Some(path) = &args.markdown {
        write_file(path, &markdown::render(&outcome.result))?;
    }
    match args.output {
        Output::None => Ok(()),
        Output::Json => {
            let json =
                serde_json::to_string_pretty(&outcome.result).map_err(|error| CliError::Internal(error.to_string()))?;
            print(&format!("{json}\n"))
        }
        Output::Table => {
            let terminal = stdout().is_terminal();
            let color = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
            let width = columns.or_else(|| terminal.then(terminal_width).flatten());
            print(&terminal::render(&outcome.result, terminal::Style { color, width }))?;
            match &args.html {
                Some(path) => print(&format!("report: {path}\n")),
                None => Ok(()),
            }
        }
    }
}

fn terminal_width() -> Option<u16> {
    comfy_table::Table::new().width()
}

fn fails(verdict: Verdict, fail_on: FailOn) -> bool {
    match fail_on {
        FailOn::Warning => verdict >= Verdict::Warning,
        FailOn::Critical => verdict >= Verdict::Critical,
        FailOn::Never => false,
    }
}
