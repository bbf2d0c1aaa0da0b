//! What `watchkeeper erase` takes.

use clap::{ArgGroup, Args};

use super::{ServerArgs, TextOrJson};

/// `watchkeeper erase`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("events").args(["id", "ids", "column"]).required(true).multiple(true))]
#[command(after_help = "Examples:\n  \
watchkeeper erase --model flights-delay --id p-1 --id p-2\n  \
watchkeeper erase --model flights-delay --ids ids.txt --reason 'request 2026-117' --yes\n  \
watchkeeper erase --model churn --column customer_id --value c-4711\n\n\
Takes the events out of predictions, labels and rejects, and out of the profiles. It cannot be undone, and events with these \
ids that come later count as duplicates. The files that held them are deleted by the vacuum; the answer says by when. What \
was interrupted is simply run again. Needs the right admin.")]
pub struct EraseArgs {
    /// The model.
    #[arg(short, long, value_name = "NAME")]
    pub model: String,
    /// Id of a prediction; its labels go too. Repeatable.
    #[arg(long, value_name = "ID", conflicts_with = "column")]
    pub id: Vec<String>,
    /// File with an id a line; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "column")]
    pub ids: Option<String>,
    /// Instead of ids: a column. Events in which it holds one of the values are erased, with all that has their ids.
    #[arg(long, value_name = "COLUMN", requires = "value")]
    pub column: Option<String>,
    /// With --column: a value as it was sent. Repeatable.
    #[arg(long, value_name = "VALUE", requires = "column")]
    pub value: Vec<String>,
    /// Why, for the ledger. It stays there: no personal data.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask.
    #[arg(short, long)]
    pub yes: bool,
    /// The server and the key to it.
    #[command(flatten)]
    pub server: ServerArgs,
    /// What to print in the end.
    #[arg(short, long, value_enum, default_value_t = TextOrJson::Text)]
    pub output: TextOrJson,
    /// No progress.
    #[arg(short, long)]
    pub quiet: bool,
}
