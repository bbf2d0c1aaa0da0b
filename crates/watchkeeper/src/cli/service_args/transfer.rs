//! What `send` and `import` take.

use clap::{Args, ValueEnum};
use watchkeeper_ingest::Stream;
use watchkeeper_ingest::formats::Format;

use super::{ServerArgs, TextOrJson};

/// A stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum StreamArg {
    /// What a model answered.
    #[default]
    Predictions,
    /// What turned out to be true.
    Labels,
    /// What the business counted.
    Kpis,
    /// Deploys, baseline and configuration changes, pipeline runs.
    Changes,
}

impl StreamArg {
    /// The stream.
    #[must_use]
    pub const fn stream(self) -> Stream {
        match self {
            Self::Predictions => Stream::Predictions,
            Self::Labels => Stream::Labels,
            Self::Kpis => Stream::Kpis,
            Self::Changes => Stream::Changes,
        }
    }
}

/// What an answer of the server guarantees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum AckArg {
    /// The rows are on its disk.
    #[default]
    Journal,
    /// The rows are in their tables; slower.
    Commit,
}

/// Form of the request bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Wire {
    /// Arrow IPC streams.
    #[default]
    Arrow,
    /// One JSON object a line.
    Ndjson,
}

/// `watchkeeper send`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
watchkeeper send october.parquet --model flights-delay\n  \
watchkeeper send 'flights/*.parquet' --model flights-delay --labels-from-columns label,arr_delay --label-time label_ts\n  \
watchkeeper send kpis.csv --stream kpis --server https://watchkeeper.example.com --key-file key\n\n\
Rows with an id are counted once however often they are sent. A request is sent again after a broken connection or \
when the server is busy, with the same idempotency key. NDJSON files are sent line by line as they are. A CSV column \
that looks like numbers or times is sent as such. The exit code is 1 when rows were rejected.")]
pub struct SendArgs {
    /// What to send: files, globs in quotes, folders. Parquet, CSV, NDJSON or Arrow IPC.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// The server and the key to it.
    #[command(flatten)]
    pub server: ServerArgs,
    /// The model whose predictions or labels they are.
    #[arg(short, long, value_name = "NAME")]
    pub model: Option<String>,
    /// What the rows are.
    #[arg(long, value_enum, default_value_t = StreamArg::Predictions)]
    pub stream: StreamArg,
    /// Environment of rows that name none [default: the key's, or the server's].
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
    /// When the server answers.
    #[arg(long, value_enum, default_value_t = AckArg::Journal)]
    pub ack: AckArg,
    /// Form of the request bodies. NDJSON files, and rows with a value that does not fit its column, go as ndjson.
    #[arg(long, value_enum, default_value_t = Wire::Arrow)]
    pub format: Wire,
    /// Rows of a request; a request is smaller when its body would exceed 24 MiB.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = batch_rows)]
    pub batch_rows: usize,
    /// Requests at once.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub concurrency: u8,
    /// For files that hold both: columns that are labels, the first one being the label. They are not sent with the
    /// predictions, but after them as labels; rows where the first one is null have none.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub labels_from_columns: Vec<String>,
    /// With --labels-from-columns: the column that says when the label became known.
    #[arg(long, value_name = "COLUMN")]
    pub label_time: Option<String>,
    /// Send rows when they are due, at N times the speed at which they happened [default: as fast as possible].
    #[arg(long, value_name = "N", value_parser = speed)]
    pub speed: Option<f64>,
    /// Seconds that one request is tried again before giving up.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub patience: u64,
    /// What to print in the end.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
    /// No progress bar.
    #[arg(short, long)]
    pub quiet: bool,
}

/// `watchkeeper import`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
watchkeeper import capture/ --format sagemaker --model churn\n  \
watchkeeper import s3://bucket/capture/churn --format sagemaker --store-option region=eu-central-1\n  \
watchkeeper import inference.parquet --format databricks --model churn\n\n\
Reads what other programs logged, and sends it as events. Without --model the model is the one that the records or \
their paths name. It keeps no state: ids are those of the records, so an import that was interrupted is simply run \
again, and what the server has is counted as duplicate. The exit code is 1 when records were rejected.")]
pub struct ImportArgs {
    /// Files, folders (with all below them), globs in quotes, or s3://bucket/prefix.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<String>,
    /// What they are: canonical, kserve, seldon, sagemaker, azureml, databricks or vertex.
    #[arg(long, value_name = "FORMAT", value_parser = import_format)]
    pub format: Format,
    /// The server and the key to it.
    #[command(flatten)]
    pub server: ServerArgs,
    /// The model, whatever the records name.
    #[arg(short, long, value_name = "NAME")]
    pub model: Option<String>,
    /// Names of inputs that the records do not name, in their order.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub feature_names: Vec<String>,
    /// Names of outputs that the records do not name, such as `prediction,score`.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub output_names: Vec<String>,
    /// Input that holds the prediction's id, where the records have none of their own.
    #[arg(long, value_name = "COLUMN")]
    pub id_column: Option<String>,
    /// Version of the model where the records name none.
    #[arg(long, value_name = "VERSION")]
    pub model_version: Option<String>,
    /// Environment where the records name none.
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
    /// Option of the object store, NAME=VALUE; a value may be env:NAME or file:PATH. Repeatable.
    #[arg(long, value_name = "NAME=VALUE")]
    pub store_option: Vec<String>,
    /// Requests at once.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub concurrency: u8,
    /// Seconds that one request is tried again before giving up.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub patience: u64,
    /// What to print in the end.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
    /// No progress bar.
    #[arg(short, long)]
    pub quiet: bool,
}

fn batch_rows(text: &str) -> Result<usize, String> {
    match text.replace('_', "").parse() {
        Ok(rows) if (1..=1_000_000).contains(&rows) => Ok(rows),
        _ => Err("expected 1 to 1000000 rows".into()),
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed.is_finite() => Ok(speed),
        _ => Err("expected a number above 0, such as 60 for an hour in a minute".into()),
    }
}

fn import_format(text: &str) -> Result<Format, String> {
    text.parse().map_err(|error| format!("{error}"))
}
