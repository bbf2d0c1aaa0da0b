//! Which format a file or body has: by its word, by its columns, by its first bytes.

use std::str::FromStr;

use serde_json::Value;

use super::lines;

/// A format of logged predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Watchkeeper's own event, one JSON object a row.
    Canonical,
    /// KServe's inference logger: CloudEvents with Open Inference Protocol V1 or V2 bodies.
    Kserve,
    /// Seldon's request logger: CloudEvents with Seldon or V2 bodies.
    Seldon,
    /// SageMaker data capture, ground truth and merged files, JSON lines.
    Sagemaker,
    /// Azure ML data collector, JSON lines.
    Azureml,
    /// Rows of a Databricks inference table.
    Databricks,
    /// Rows of a Vertex AI request-response logging table.
    Vertex,
}

impl Format {
    /// All formats, in the order in which they are listed to users.
    pub const ALL: [Self; 7] =
        [Self::Canonical, Self::Kserve, Self::Seldon, Self::Sagemaker, Self::Azureml, Self::Databricks, Self::Vertex];

    /// The word for `--format`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canonical => "canonical",
            Self::Kserve => "kserve",
            Self::Seldon => "seldon",
            Self::Sagemaker => "sagemaker",
            Self::Azureml => "azureml",
            Self::Databricks => "databricks",
            Self::Vertex => "vertex",
        }
    }

    /// The format of a table with these columns; `None` when they name none.
    #[must_use]
    pub fn of_columns<S: AsRef<str>>(columns: &[S]) -> Option<Self> {
        let has = |name: &str| columns.iter().any(|column| column.as_ref() == name);
        if (has("captureData") || has("groundTruthData")) && has("eventMetadata") {
            Some(Self::Sagemaker)
        } else if has("databricks_request_id") || (has("invocation_id") && has("event_time")) {
            Some(Self::Databricks)
        } else if has("deployed_model_id") && has("logging_time") {
            Some(Self::Vertex)
        } else if has("features") || has("prediction_id") || (has("id") && has("prediction")) {
            Some(Self::Canonical)
        } else {
            None
        }
    }

    /// The format of a JSON lines file or body that begins with `first`; `None` when its first row names none.
    ///
    /// The first row has to be complete in `first`, or be the first element of a JSON array that is.
    #[must_use]
    pub fn sniff(first: &[u8]) -> Option<Self> {
        let (_, line) = lines::lines(first).next()?;
        let value: Value = serde_json::from_slice(line).or_else(|_| serde_json::from_slice(first)).ok()?;
        let row = match &value {
            Value::Array(rows) => rows.first()?,
            row => row,
        };
        let row = row.as_object()?;
        if row.contains_key("specversion") {
            return Self::of_event_type(row.get("type")?.as_str()?);
        }
        Self::of_columns(&row.keys().collect::<Vec<_>>())
    }

    /// The format whose CloudEvents have this `type`.
    #[must_use]
    pub fn of_event_type(kind: &str) -> Option<Self> {
        if kind.starts_with("org.kubeflow.serving.inference.") {
            Some(Self::Kserve)
        } else if kind.starts_with("io.seldon.serving.") {
            Some(Self::Seldon)
        } else if kind.starts_with("azureml.inference.") {
            Some(Self::Azureml)
        } else {
            None
        }
    }
}

/// A word that is none of [`Format::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown format `{0}`, expected one of {list}",
    list = Format::ALL.map(|format| format!("`{}`", format.as_str())).join(", ")
)]
pub struct UnknownFormat(
    /// The word.
    pub String,
);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.as_str() == word).ok_or_else(|| UnknownFormat(word.to_owned()))
    }
}
