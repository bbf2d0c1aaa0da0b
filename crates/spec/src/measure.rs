//! What a monitor, a threshold or an SLI looks at.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Metric;
use crate::word::{UnknownWord, Word, unknown, words};

words! {
    /// A measure of a model as a whole.
    pub enum ModelMeasure named "measure" {
        /// Predictions in the window.
        Volume = "volume",
        /// Seconds since the newest event, at the end of the window.
        Freshness = "freshness",
        /// Share of predictions that failed, 0 to 1.
        ErrorRate = "error_rate",
        /// Share of matured predictions that have a label, 0 to 1.
        LabelCoverage = "label_coverage",
        /// Median latency, milliseconds.
        LatencyP50 = "latency_p50",
        /// 75 % of the predictions are as fast or faster, milliseconds.
        LatencyP75 = "latency_p75",
        /// 90 % of the predictions are as fast or faster, milliseconds.
        LatencyP90 = "latency_p90",
        /// 95 % of the predictions are as fast or faster, milliseconds.
        LatencyP95 = "latency_p95",
        /// 99 % of the predictions are as fast or faster, milliseconds.
        LatencyP99 = "latency_p99",
        /// 99.9 % of the predictions are as fast or faster, milliseconds.
        LatencyP999 = "latency_p99_9",
    }
    synonyms {
        "count" => "volume", "rows" => "volume", "traffic" => "volume", "throughput" => "volume", "age" => "freshness",
        "staleness" => "freshness", "errors" => "error_rate", "latency" => "latency_p95", "latency_p999" => "latency_p99_9",
        "p50" => "latency_p50", "p95" => "latency_p95", "p99" => "latency_p99",
    }
}

impl ModelMeasure {
    /// The share of predictions below the value, for a latency.
    #[must_use]
    pub const fn latency_quantile(self) -> Option<f64> {
        match self {
            Self::LatencyP50 => Some(0.5),
            Self::LatencyP75 => Some(0.75),
            Self::LatencyP90 => Some(0.9),
            Self::LatencyP95 => Some(0.95),
            Self::LatencyP99 => Some(0.99),
            Self::LatencyP999 => Some(0.999),
            Self::Volume | Self::Freshness | Self::ErrorRate | Self::LabelCoverage => None,
        }
    }
}

words! {
    /// A measure of columns that is no metric of its own.
    pub enum ColumnMeasure named "measure" {
        /// The metric by which columns of this type alarm (methods B.6).
        Drift = "drift",
        /// `drift` of the columns with role `prediction`.
        PredictionDrift = "prediction_drift",
        /// `drift` of the columns with role `score`.
        ScoreDrift = "score_drift",
        /// Mean of the current values, in the unit of the column.
        Mean = "mean",
    }
    synonyms { "feature_drift" => "drift", "average" => "mean", "output_drift" => "prediction_drift" }
}

words! {
    /// Quality of predictions against labels (methods F.1).
    pub enum Quality named "quality metric" {
        /// Share of right predictions, 0 to 1.
        Accuracy = "accuracy",
        /// Mean of the shares of right predictions of the classes, 0 to 1.
        BalancedAccuracy = "balanced_accuracy",
        /// Share of the predicted positives that are, 0 to 1.
        Precision = "precision",
        /// Share of the positives that are predicted, 0 to 1.
        Recall = "recall",
        /// Share of the negatives that are predicted, 0 to 1.
        Specificity = "specificity",
        /// Harmonic mean of precision and recall, 0 to 1.
        F1 = "f1",
        /// Matthews correlation coefficient, -1 to 1.
        Mcc = "mcc",
        /// Area under the ROC curve, 0 to 1.
        RocAuc = "roc_auc",
        /// Average precision, 0 to 1.
        AveragePrecision = "average_precision",
        /// Mean logarithmic loss, nats, ≥ 0.
        LogLoss = "log_loss",
        /// Brier score, 0 to 1.
        Brier = "brier",
        /// Expected calibration error, 0 to 1.
        Ece = "ece",
        /// Mean absolute error, in the unit of the label.
        Mae = "mae",
        /// Root of the mean squared error, in the unit of the label.
        Rmse = "rmse",
        /// Mean error, in the unit of the label.
        Bias = "bias",
        /// Mean absolute percentage error.
        Mape = "mape",
        /// Coefficient of determination, ≤ 1.
        R2 = "r2",
        /// Normalised discounted cumulative gain, 0 to 1.
        Ndcg = "ndcg",
    }
    synonyms {
        "auc" => "roc_auc", "roc" => "roc_auc", "pr_auc" => "average_precision", "ap" => "average_precision",
        "f1_score" => "f1", "logloss" => "log_loss", "cross_entropy" => "log_loss", "brier_score" => "brier",
        "calibration_error" => "ece", "mean_absolute_error" => "mae", "sensitivity" => "recall",
        "tpr" => "recall",
    }
}

impl Quality {
    /// Whether greater values are better.
    #[must_use]
    pub const fn is_better_when_greater(self) -> bool {
        !matches!(self, Self::LogLoss | Self::Brier | Self::Ece | Self::Mae | Self::Rmse | Self::Bias | Self::Mape)
    }

    /// Whether it is a mean over rows, so that a single prediction can be good or bad by it.
    #[must_use]
    pub const fn is_per_row(self) -> bool {
        matches!(self, Self::Accuracy | Self::LogLoss | Self::Brier | Self::Mae | Self::Mape)
    }
}

/// A quantile of a column: a level above 0 and below 1 in ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnQuantile {
    per_10_000: u16,
}

impl ColumnQuantile {
    /// The quantile at `level`; `None` outside (0, 1) and for more than four digits behind the point.
    #[must_use]
    pub fn at(level: f64) -> Option<Self> {
        let scaled = (level * 10_000.0).round();
        let is_exact = (scaled / 10_000.0 - level).abs() < 1e-9;
        // In range, so the conversion is exact.
        (is_exact && (1.0..=9_999.0).contains(&scaled)).then_some(Self { per_10_000: scaled as u16 })
    }

    /// The share of values below it, above 0 and below 1.
    #[must_use]
    pub fn level(self) -> f64 {
        f64::from(self.per_10_000) / 10_000.0
    }
}

/// What a monitor, a threshold or an SLI looks at, as one word: `psi`, `volume`, `latency_p99`, `quantile:0.9`,
/// `roc_auc`, `kpi:revenue`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// A metric of a column, reference against current.
    Metric(Metric),
    /// Another measure of columns.
    Column(ColumnMeasure),
    /// A quantile of a column, in its unit.
    Quantile(ColumnQuantile),
    /// A measure of the model.
    Model(ModelMeasure),
    /// Quality against labels.
    Quality(Quality),
    /// A KPI by its name, which is not empty.
    Kpi(String),
}

const QUANTILE: &str = "quantile:";
const KPI: &str = "kpi:";

/// Every word, and the two forms with a value.
static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    [ColumnMeasure::WORDS, ModelMeasure::WORDS, Metric::WORDS, Quality::WORDS, &["quantile:0.9", "kpi:NAME"]].concat()
});

/// What users of other tools write.
static SYNONYMS: LazyLock<Vec<(&'static str, &'static str)>> =
    LazyLock::new(|| [ColumnMeasure::SYNONYMS, ModelMeasure::SYNONYMS, Metric::SYNONYMS, Quality::SYNONYMS].concat());

impl Measure {
    /// The metric by which columns alarm.
    pub const DRIFT: Self = Self::Column(ColumnMeasure::Drift);

    /// Whether it is measured for columns; else for the model (of a version, a segment) as a whole.
    #[must_use]
    pub const fn is_of_columns(&self) -> bool {
        matches!(self, Self::Metric(_) | Self::Column(_) | Self::Quantile(_))
    }

    /// Whether it compares current data with a reference, so that a minimum-effect test applies to it.
    #[must_use]
    pub const fn is_comparison(&self) -> bool {
        matches!(
            self,
            Self::Metric(_)
                | Self::Column(ColumnMeasure::Drift | ColumnMeasure::PredictionDrift | ColumnMeasure::ScoreDrift)
        )
    }

    /// The least and the greatest value, if both are bounded.
    #[must_use]
    pub const fn bounds(&self) -> Option<(f64, f64)> {
        const SHARE: Option<(f64, f64)> = Some((0.0, 1.0));
        match self {
            Self::Metric(Metric::ProportionDifference) => Some((-1.0, 1.0)),
            Self::Metric(
                Metric::JsDistance
                | Metric::Hellinger
                | Metric::Tvd
                | Metric::Linf
                | Metric::CramersV
                | Metric::Ks
                | Metric::MannWhitneyAuc
                | Metric::UnseenRate,
            )
            | Self::Model(ModelMeasure::ErrorRate | ModelMeasure::LabelCoverage) => SHARE,
            // As differences from the reference.
            Self::Metric(Metric::MissingRate | Metric::InvalidRate | Metric::OutOfRangeRate) => Some((-1.0, 1.0)),
            Self::Quality(Quality::Mcc) => Some((-1.0, 1.0)),
            Self::Quality(
                Quality::Accuracy
                | Quality::BalancedAccuracy
                | Quality::Precision
                | Quality::Recall
                | Quality::Specificity
                | Quality::F1
                | Quality::RocAuc
                | Quality::AveragePrecision
                | Quality::Brier
                | Quality::Ece
                | Quality::Ndcg,
            ) => SHARE,
            _ => None,
        }
    }

    /// Whether it needs labels.
    #[must_use]
    pub const fn needs_labels(&self) -> bool {
        matches!(self, Self::Quality(_) | Self::Model(ModelMeasure::LabelCoverage))
    }

    /// Every word, for lists in messages and documents; the last two stand for the forms with a value.
    #[must_use]
    pub fn words() -> &'static [&'static str] {
        &WORDS
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(metric) => formatter.pad(metric.as_str()),
            Self::Column(measure) => formatter.pad(measure.as_str()),
            Self::Model(measure) => formatter.pad(measure.as_str()),
            Self::Quality(metric) => formatter.pad(metric.as_str()),
            Self::Quantile(quantile) => formatter.pad(&format!("{QUANTILE}{}", quantile.level())),
            Self::Kpi(name) => formatter.pad(&format!("{KPI}{name}")),
        }
    }
}

impl FromStr for Measure {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let other = || unknown("measure", &WORDS, &SYNONYMS, text);
        if let Some(level) = text.strip_prefix(QUANTILE) {
            let quantile = level.parse().ok().and_then(ColumnQuantile::at);
            return quantile.map(Self::Quantile).ok_or_else(other);
        }
        if let Some(name) = text.strip_prefix(KPI) {
            return if name.is_empty() { Err(other()) } else { Ok(Self::Kpi(name.to_owned())) };
        }
        let metric = Metric::parse(text).map(Self::Metric);
        metric
            .or_else(|_| ColumnMeasure::parse(text).map(Self::Column))
            .or_else(|_| ModelMeasure::parse(text).map(Self::Model))
            .or_else(|_| Quality::parse(text).map(Self::Quality))
            .map_err(|_| other())
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Measure {
    fn inline_schema() -> bool {
        false
    }

    fn schema_name() -> Cow<'static, str> {
        "Measure".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let words = [
            generator.subschema_for::<ColumnMeasure>(),
            generator.subschema_for::<ModelMeasure>(),
            generator.subschema_for::<Metric>(),
            generator.subschema_for::<Quality>(),
            json_schema!({ "type": "string", "pattern": "^quantile:0?\\.[0-9]{1,4}$", "description": "A quantile of a column." }),
            json_schema!({ "type": "string", "pattern": "^kpi:.+$", "description": "A KPI by its name." }),
        ];
        json_schema!({ "anyOf": words, "description": "What is looked at." })
    }
}
