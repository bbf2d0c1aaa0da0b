//! What the command line takes. The reference in `docs/cli.md` is made from this.

use clap::{Args, Parser, Subcommand, ValueEnum};
use watchkeeper_spec::{FailOn, Metric, Thresholds};

use super::service_args::{
    ApplyArgs, DeleteArgs, DiffArgs, EraseArgs, ExportArgs, GetArgs, ImportArgs, KeysArgs, LintArgs, SendArgs,
    ServeArgs, TextOrJson, VerifyArgs,
};
use crate::check::By;

/// Model monitoring in one binary: what changed, how much, and whether it matters.
#[derive(Debug, Parser)]
#[command(name = "watchkeeper", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Example:\n  watchkeeper check --reference jan.parquet --current oct.parquet --html report.html\n\n\
Exit codes: 0 ok, 1 a bad verdict, rejected rows or differences, 2 bad usage or input, 3 internal error."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare current data with a reference: what changed, how much, does it matter.
    Check(Box<CheckArgs>),
    /// Write a model file inferred from data, with comments, for editing.
    Init(InitArgs),
    /// Run the service: take events in, keep them in open tables, profile them.
    Serve(Box<ServeArgs>),
    /// Send the rows of files to a server.
    Send(Box<SendArgs>),
    /// Send what other programs logged: inference logs, capture files, inference tables.
    Import(Box<ImportArgs>),
    /// Create or change resources as files say.
    Apply(ApplyArgs),
    /// Show what `apply` would change.
    Diff(DiffArgs),
    /// Check resource files, without a server.
    Lint(LintArgs),
    /// Try rules, objectives and routes on stories in files: what would be told, when, without a server.
    Test(TestArgs),
    /// Show resources.
    Get(GetArgs),
    /// Delete a resource.
    Delete(DeleteArgs),
    /// Write resources as files that `apply` takes.
    Export(ExportArgs),
    /// Erase events of a model for good.
    Erase(EraseArgs),
    /// Make, list and revoke API keys.
    Keys(KeysArgs),
    /// Prove that records were not tampered with.
    Verify(VerifyArgs),
    /// Print the JSON Schema of a file format.
    Schema(SchemaArgs),
    /// Measure the speed of a check on generated data, against the floor of decoding the files.
    Bench(BenchArgs),
}

/// `watchkeeper check`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
watchkeeper check --reference jan.parquet --current oct.parquet\n  \
watchkeeper check --reference 'ref/*.csv' --current new.csv --by ts:week --html report.html\n  \
watchkeeper check --reference a.parquet --current b.parquet --model model.yaml --junit check.xml --fail-on warning\n\n\
A column is `warning` or `critical` when its alarm metric (PSI for most) shows, at level alpha, an effect above the \
threshold; `unknown` when there are too few rows to tell. The exit code is 1 when the verdict of the data set is at \
or above --fail-on.")]
pub struct CheckArgs {
    /// The data to compare with: a file, a glob in quotes, or a folder. Parquet, CSV, NDJSON or Arrow IPC.
    #[arg(short, long, value_name = "PATH")]
    pub reference: String,
    /// The data to check, of the same or another format.
    #[arg(short, long, value_name = "PATH")]
    pub current: String,
    /// A model file: roles, types, ranges, thresholds. Without it they are inferred from the reference.
    #[arg(short, long, value_name = "FILE")]
    pub model: Option<String>,
    /// Check each period of the current data: COLUMN, or COLUMN:hour, :day, :week, :month.
    #[arg(long, value_name = "TIME[:PERIOD]")]
    pub by: Option<By>,
    /// Check each value of this column too (the 50 with most rows).
    #[arg(long, value_name = "COLUMN")]
    pub segment: Option<String>,
    /// Metrics to measure: `default`, `all`, or names separated by commas.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = metric_choice)]
    pub metrics: Vec<MetricChoice>,
    /// Only these columns.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Not these columns.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Thresholds of a metric, which then counts for the verdict: METRIC=WARNING:CRITICAL. Repeatable.
    #[arg(long = "threshold", value_name = "METRIC=W:C", value_parser = threshold)]
    pub thresholds: Vec<(Metric, Thresholds)>,
    /// Level of one minimum-effect test [default: the model's, or 0.01].
    #[arg(long, value_name = "P", value_parser = level)]
    pub alpha: Option<f64>,
    /// Rows a side up to which rank statistics are exact, or `all` [default: the model's, or 100000].
    #[arg(long, value_name = "N|all", value_parser = rows)]
    pub exact_rows: Option<u64>,
    /// The lowest verdict that makes the exit code 1 [default: the model's, or critical].
    #[arg(long, value_name = "VERDICT", value_parser = fail_on)]
    pub fail_on: Option<FailOn>,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// Write the report page: one self-contained HTML file.
    #[arg(long, value_name = "FILE")]
    pub html: Option<String>,
    /// Write JUnit XML, a test case per column.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<String>,
    /// Write a Markdown summary (for example to "$GITHUB_STEP_SUMMARY").
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<String>,
    /// Threads [default: all cores].
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// No progress bar.
    #[arg(short, long)]
    pub quiet: bool,
}

/// What `check` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// A table for people.
    Table,
    /// JSON, schema `watchkeeper.check/v1`.
    Json,
    /// Nothing: only files and the exit code.
    None,
}

/// An entry of `--metrics`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MetricChoice {
    /// The default metrics of each column.
    Default,
    /// All that suit it.
    All,
    /// This one.
    One(Metric),
}

/// `watchkeeper init`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  watchkeeper init training.parquet --out model.yaml")]
pub struct InitArgs {
    /// Data to infer from: a file, a glob in quotes, or a folder.
    #[arg(value_name = "PATH")]
    pub data: String,
    /// Where to write; standard output when absent.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
    /// Name of the model [default: the file's].
    #[arg(long)]
    pub name: Option<String>,
    /// Overwrite an existing file.
    #[arg(long)]
    pub force: bool,
}

/// `watchkeeper bench`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  watchkeeper bench --rows 100000 --numeric 8 --categorical 2")]
pub struct BenchArgs {
    /// Rows a side.
    #[arg(long, default_value_t = 1_000_000)]
    pub rows: usize,
    /// Numeric columns.
    #[arg(long, default_value_t = 40)]
    pub numeric: usize,
    /// Categorical columns.
    #[arg(long, default_value_t = 10)]
    pub categorical: usize,
    /// Seed of the data.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where to keep the data [default: in the system's temporary folder].
    #[arg(long, value_name = "DIR")]
    pub dir: Option<String>,
    /// Runs of each measurement; the median counts.
    #[arg(long, default_value_t = 5)]
    pub repeat: usize,
    /// Threads [default: all cores].
    #[arg(long)]
    pub threads: Option<usize>,
    /// Also measure all metrics with exact rank statistics.
    #[arg(long)]
    pub all_exact: bool,
    /// Only write the data.
    #[arg(long)]
    pub generate_only: bool,
}

/// `watchkeeper test`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  watchkeeper test examples/scenarios/\n\n\
A scenario has series of evaluations or counts, commands at times, and the alerts, incidents, notices and budgets that \
are expected. It runs in its own time, with the engine of the service. The exit code is 1 when something is not as \
expected.")]
pub struct TestArgs {
    /// Files with a scenario, or folders with such files.
    #[arg(required = true, value_name = "FILE")]
    pub file: Vec<String>,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
}

/// `watchkeeper schema`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  watchkeeper schema model > model.schema.json")]
pub struct SchemaArgs {
    /// Of which format.
    #[arg(value_enum)]
    pub format: SchemaFormat,
}

/// The formats with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// The model file.
    Model,
    /// A baseline.
    Baseline,
    /// A tenant.
    Tenant,
    /// An environment.
    Environment,
    /// An API key.
    #[value(name = "apikey")]
    ApiKey,
    /// A rule over measurements of a model.
    #[value(name = "monitor")]
    Monitor,
    /// How fast an error budget may be spent.
    #[value(name = "burnpolicy")]
    BurnPolicy,
    /// Where notices go.
    #[value(name = "notificationtarget")]
    NotificationTarget,
    /// Which incidents go to which targets.
    #[value(name = "route")]
    Route,
    /// Which alerts speak for others.
    #[value(name = "inhibitrule")]
    InhibitRule,
    /// When something is worked on.
    #[value(name = "maintenancewindow")]
    MaintenanceWindow,
    /// What is not told for a while.
    #[value(name = "silence")]
    Silence,
    /// What SLOs are of (OpenSLO).
    #[value(name = "service")]
    Service,
    /// Where metrics of other systems are (OpenSLO).
    #[value(name = "datasource")]
    DataSource,
    /// A target for an SLI over a time (OpenSLO).
    #[value(name = "slo")]
    Slo,
    /// What is measured (OpenSLO).
    #[value(name = "sli")]
    Sli,
    /// When an SLO alerts, and whom (OpenSLO).
    #[value(name = "alertpolicy")]
    AlertPolicy,
    /// A burn rate above which an SLO alerts (OpenSLO).
    #[value(name = "alertcondition")]
    AlertCondition,
    /// Whom an SLO alerts (OpenSLO).
    #[value(name = "alertnotificationtarget")]
    AlertNotificationTarget,
    /// The JSON output of `check`.
    Check,
}

fn metric_choice(text: &str) -> Result<MetricChoice, String> {
    match text {
        "default" => Ok(MetricChoice::Default),
        "all" => Ok(MetricChoice::All),
        name => name.parse().map(MetricChoice::One).map_err(|error| format!("{error}")),
    }
}

fn threshold(text: &str) -> Result<(Metric, Thresholds), String> {
    let form = "expected METRIC=WARNING:CRITICAL, for example psi=0.1:0.25";
    let (metric, limits) = text.split_once('=').ok_or(form)?;
    let (warning, critical) = limits.split_once(':').ok_or(form)?;
    let metric: Metric = metric.parse().map_err(|error| format!("{error}"))?;
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 0.0);
    let (Some(warning), Some(critical)) = (number(warning), number(critical)) else {
        return Err(format!("`{limits}` is not two numbers of at least 0; {form}"));
    };
    if warning > critical {
        return Err(format!("warning {warning} is above critical {critical}"));
    }
    Ok((metric, Thresholds { warning, critical }))
}

fn level(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(level) if level > 0.0 && level < 0.5 => Ok(level),
        _ => Err("expected a number above 0 and below 0.5".into()),
    }
}

fn rows(text: &str) -> Result<u64, String> {
    if text == "all" {
        return Ok(u64::MAX);
    }
    text.replace('_', "").parse().map_err(|_| "expected a number of rows, or `all`".into())
}

fn fail_on(text: &str) -> Result<FailOn, String> {
    text.parse::<FailOn>().map_err(|error| format!("{error}"))
}
