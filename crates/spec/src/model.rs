//! A model after every lint, with defaults filled in.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::problem::{Position, Problem, Problems, SpecError};
use crate::settings::{IngestSettings, LearningSettings, ProfileSettings, RetentionSettings};
use crate::text::ResourceText;
use crate::{
    FailOn, InferredModel, Kind, Metric, Privacy, ResourceKind, Role, Task, ThresholdOverrides, Thresholds, Undeclared,
    decode, resolve, write, yaml,
};

/// A model and how it is watched. It is only made from a text or an inferred model, so it passed every lint.
///
/// Two models are equal if they say the same; where they were written does not count.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Model {
    /// Name: `[a-z0-9]([a-z0-9.-]*[a-z0-9])?`, at most 63 characters.
    pub name: String,
    /// What the model does, for people.
    pub description: Option<String>,
    /// Free labels that group models.
    pub labels: BTreeMap<String, String>,
    /// What the model predicts.
    pub task: Task,
    /// The declared columns in the order of the text; names are unique and not empty.
    pub columns: Vec<Column>,
    /// What happens with columns of the data that are not declared.
    pub undeclared: Undeclared,
    /// How two data sets are compared.
    pub check: CheckSettings,
    /// How events come in.
    pub ingest: IngestSettings,
    /// Columns and segment tags whose values split profiles: at most [`crate::SEGMENTS_MAX`], each once.
    pub segments: Vec<String>,
    /// How fine profiles are and how long they are kept.
    pub profiles: ProfileSettings,
    /// From what the first grids are made if there is no baseline.
    pub learning: LearningSettings,
    /// How long data is kept.
    pub retention: RetentionSettings,
    /// Where it was written.
    #[serde(skip)]
    pub(crate) origin: Origin,
}

/// Where a model was written, for messages.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) source: String,
    /// The position of each column's name, in the order of the columns.
    pub(crate) columns: Vec<Option<Position>>,
}

/// A declared column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Column {
    /// Name, exactly as in the data.
    pub name: String,
    /// What it means for the model.
    pub role: Role,
    /// How values are read and compared; `None`: inferred from the data.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// Smallest valid value in the unit of the column; `None`: the smallest of the reference. Finite, ≤ `max`.
    pub min: Option<f64>,
    /// Largest valid value in the unit of the column; `None`: the largest of the reference. Finite.
    pub max: Option<f64>,
    /// Weight in the verdict of the data set: finite, > 0.
    pub importance: f64,
    /// Whether missing values are one more bin of the distribution.
    pub missing_as_bin: bool,
    /// Whether an empty text counts as missing.
    pub empty_is_null: bool,
    /// Thresholds of this column.
    pub thresholds: ThresholdOverrides,
    /// What happens with the values before anything is stored; `None`: decided from the name and the first values.
    pub privacy: Option<Privacy>,
}

/// How two data sets are compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CheckSettings {
    /// Which metrics are computed.
    pub metrics: MetricSelection,
    /// False-alarm level of one minimum-effect test, in (0, 0.5).
    pub alpha: f64,
    /// Level of the false discovery rate over columns, in (0, 1).
    pub fdr_q: f64,
    /// The least severity at which the check fails.
    pub fail_on: FailOn,
    /// Rank statistics are exact up to this many rows a side.
    pub exact_rows: u64,
    /// Thresholds for every column.
    pub thresholds: ThresholdOverrides,
}

/// Which metrics are computed for a column, as far as its type allows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MetricSelection {
    /// Whether the metrics that suit the type of the column are (methods B.6).
    pub default: bool,
    /// Metrics that are computed anyway, each once, in the order of the text; all of them for `all`.
    pub named: Vec<Metric>,
}

impl MetricSelection {
    /// Whether `metric` is computed for a column for whose type it is a default one or not.
    #[must_use]
    pub fn wants(&self, metric: Metric, is_default_for_column: bool) -> bool {
        (self.default && is_default_for_column) || self.named.contains(&metric)
    }
}

impl Default for MetricSelection {
    fn default() -> Self {
        Self { default: true, named: Vec::new() }
    }
}

impl Default for CheckSettings {
    fn default() -> Self {
        Self {
            metrics: MetricSelection::default(),
            alpha: 0.01,
            fdr_q: 0.05,
            fail_on: FailOn::Critical,
            exact_rows: 100_000,
            thresholds: ThresholdOverrides::new(),
        }
    }
}

impl Model {
    /// Parses, lints and resolves the one document of `text`; `source` is its name in messages, usually the file.
    ///
    /// Limits: [`crate::TEXT_BYTES_MAX`], [`crate::SCALAR_BYTES_MAX`], [`crate::DEPTH_MAX`], [`crate::NODES_MAX`].
    ///
    /// # Errors
    /// Every problem in the order of the text. Invalid YAML, a breached limit or a second document is one problem:
    /// nothing else is then looked at. So is another `apiVersion` or `kind`.
    pub fn from_yaml(text: &str, source: &str) -> Result<Self, SpecError> {
        let mut problems = Problems::new(source);
        let model = yaml::read(text, &mut problems)
            .and_then(|node| decode::resource(&node, &[ResourceKind::Model], &mut problems))
            .and_then(|text| match text {
                ResourceText::Model(text) => resolve::model(*text, source, &mut problems),
                _ => None,
            });
        problems.into_result(model)
    }

    /// As [`Model::from_yaml`], for bytes of any kind.
    ///
    /// # Errors
    /// As there; bytes that are not UTF-8 are one problem, at the first of them.
    pub fn from_yaml_bytes(bytes: &[u8], source: &str) -> Result<Self, SpecError> {
        let mut problems = Problems::new(source);
        match text_of(bytes, &mut problems) {
            Some(text) => Self::from_yaml(text, source),
            None => problems.into_result(None),
        }
    }

    /// The model that was inferred from data: the same that [`Model::to_yaml_commented`] writes and
    /// [`Model::from_yaml`] reads back.
    ///
    /// # Errors
    /// As for a text, without positions: repeated columns, a bad name, two ids.
    pub fn from_inferred(inferred: &InferredModel) -> Result<Self, SpecError> {
        const SOURCE: &str = "inferred model";
        let mut problems = Problems::new(SOURCE);
        let model = resolve::model(inferred.to_text(), SOURCE, &mut problems);
        problems.into_result(model)
    }

    /// A commented text of a model that was inferred from data, for `model.yaml`.
    ///
    /// Names are quoted where YAML could take them for something else; comments are kept on one line. The text reads
    /// back as [`Model::from_inferred`] of the same argument, names and descriptions up to [`crate::SCALAR_BYTES_MAX`].
    #[must_use]
    pub fn to_yaml_commented(inferred: &InferredModel) -> String {
        write::model(inferred)
    }

    /// The declared column of this name. Looks through all of them: index [`Model::columns`] for many look-ups.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The thresholds of `metric`: those of the column if it is declared, else of `check`, else the default.
    ///
    /// `reference_rate` is the value of a rate in the reference (0 to 1); other metrics ignore it.
    /// `None`: the metric is reported and never alarms.
    #[must_use]
    pub fn thresholds(&self, column: Option<&Column>, metric: Metric, reference_rate: f64) -> Option<Thresholds> {
        let declared = column.and_then(|column| column.thresholds.get(&metric));
        declared.or_else(|| self.check.thresholds.get(&metric)).copied().or_else(|| {
            if metric.is_rate() { Some(Thresholds::for_rate(reference_rate)) } else { metric.default_thresholds() }
        })
    }
}

impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        // Without `..`, so that a new field is not forgotten here.
        let Self {
            name,
            description,
            labels,
            task,
            columns,
            undeclared,
            check,
            ingest,
            segments,
            profiles,
            learning,
            retention,
            origin: _,
        } = self;
        (name, description, labels, task) == (&other.name, &other.description, &other.labels, &other.task)
            && (columns, undeclared, check) == (&other.columns, &other.undeclared, &other.check)
            && (ingest, segments, profiles) == (&other.ingest, &other.segments, &other.profiles)
            && (learning, retention) == (&other.learning, &other.retention)
    }
}

/// The bytes as text, or `None` with the place of the first byte that is none in `problems`.
pub(crate) fn text_of<'b>(bytes: &'b [u8], problems: &mut Problems) -> Option<&'b str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let what = format!("invalid UTF-8 after {} bytes", error.valid_up_to());
            let position = end_of(bytes.get(..error.valid_up_to()).unwrap_or_default());
            problems.add(Problem::new("", Some(position), what).expected("UTF-8 text"));
            None
        }
    }
}

/// The position behind valid UTF-8 text.
fn end_of(text: &[u8]) -> Position {
    let text = String::from_utf8_lossy(text);
    let last = text.rsplit('\n').next().unwrap_or_default();
    let line = 1 + text.matches('\n').count() as u64;
    Position { line, column: 1 + last.chars().count() as u64 }
}
