//! A model as inference from data proposes it, with reasons.

use crate::text::{At, ColumnText, MetadataText, ModelSpecText, ModelText};
use crate::{Kind, Role, Task};

/// A model that was inferred from data, before a person looked at it.
#[derive(Debug, Clone, PartialEq)]
pub struct InferredModel {
    /// Comment lines on top of the text: where the model comes from, what to do with it.
    pub header: Vec<String>,
    /// Name of the model; see [`crate::model_name_from`] for a valid one.
    pub name: String,
    /// What the model does.
    pub description: Option<String>,
    /// What the model predicts.
    pub task: Task,
    /// Why this task, as a comment; may be empty.
    pub task_reason: String,
    /// The columns in the order of the data; names must be unique.
    pub columns: Vec<InferredColumn>,
}

/// A column that was inferred from data.
#[derive(Debug, Clone, PartialEq)]
pub struct InferredColumn {
    /// Name, exactly as in the data.
    pub name: String,
    /// What it means for the model.
    pub role: Role,
    /// How values are read; `None` leaves it to the data.
    pub kind: Option<Kind>,
    /// Why this role and type, as a comment; may be empty.
    pub reason: String,
    /// Smallest valid value; only written for a numeric column, if finite.
    pub min: Option<f64>,
    /// Largest valid value; only written for a numeric column, if finite.
    pub max: Option<f64>,
    /// An example or a statistic, as a comment; may be empty.
    pub example: String,
}

impl InferredColumn {
    /// The range that is written: finite ends of a numeric column.
    pub(crate) fn range(&self) -> (Option<f64>, Option<f64>) {
        let kept = |end: Option<f64>| end.filter(|value| value.is_finite() && self.kind == Some(Kind::Numeric));
        (kept(self.min), kept(self.max))
    }

    fn to_text(&self) -> ColumnText {
        let (min, max) = self.range();
        ColumnText {
            name: Some(At::nowhere(self.name.clone())),
            role: Some(At::nowhere(self.role)),
            kind: self.kind.map(At::nowhere),
            min: min.map(At::nowhere),
            max: max.map(At::nowhere),
            ..ColumnText::default()
        }
    }
}

impl InferredModel {
    pub(crate) fn to_text(&self) -> ModelText {
        let metadata = MetadataText {
            name: Some(At::nowhere(self.name.clone())),
            description: self.description.clone().map(At::nowhere),
            ..MetadataText::default()
        };
        let spec = ModelSpecText {
            task: Some(At::nowhere(self.task)),
            columns: self.columns.iter().map(InferredColumn::to_text).collect(),
            ..ModelSpecText::default()
        };
        ModelText { metadata: Some(metadata), spec: Some(spec), ..ModelText::default() }
    }
}
