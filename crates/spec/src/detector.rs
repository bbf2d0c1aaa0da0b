//! How a measurement is judged.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::watch_words::{
    Decide, DetectorType, Direction, Season, SequentialMethod, SequentialStatistic, StreamAlgorithm, ThresholdOf,
    Transform,
};
use crate::{Comparison, Span};

/// How a measurement is judged; in a text, `type` is the name in snake case.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Detector {
    /// The effect is above what can be tolerated, and that is no chance (methods B.5).
    Test(TestDetector),
    /// The value is beyond a limit.
    Threshold(ThresholdDetector),
    /// The value is outside the seasonal band of its own past (methods J.1).
    Band(BandDetector),
    /// Evidence for a small or slow change has added up (methods C.3 to C.6).
    Sequential(SequentialDetector),
    /// A detector of other tools, value by value (methods D).
    Stream(StreamDetector),
    /// Nothing came.
    Absence(AbsenceDetector),
    /// Other monitors are in breach.
    Composite(CompositeDetector),
}

impl Detector {
    /// The word of `type`.
    #[must_use]
    pub const fn kind(&self) -> DetectorType {
        match self {
            Self::Test(_) => DetectorType::Test,
            Self::Threshold(_) => DetectorType::Threshold,
            Self::Band(_) => DetectorType::Band,
            Self::Sequential(_) => DetectorType::Sequential,
            Self::Stream(_) => DetectorType::Stream,
            Self::Absence(_) => DetectorType::Absence,
            Self::Composite(_) => DetectorType::Composite,
        }
    }
}

/// A minimum-effect test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "TestDetector")]
#[non_exhaustive]
pub struct TestDetector {
    /// False-alarm level of one evaluation, above 0 and below 0.5. Default: 0.01.
    #[schemars(with = "Option<f64>")]
    pub alpha: f64,
    /// Effect that can be tolerated, in the unit of the measure, ≥ 0. Default: the threshold of the model for the column,
    /// `critical` for severity `page` and `warning` for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<f64>,
}

impl Default for TestDetector {
    fn default() -> Self {
        Self { alpha: 0.01, effect: None }
    }
}

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "ThresholdDetector")]
#[non_exhaustive]
pub struct ThresholdDetector {
    /// The relation to the limit that is bad.
    pub op: Comparison,
    /// The limit, in the unit of the measure, of its difference, or as a ratio.
    pub value: f64,
    /// What is compared with the limit. Default: `value`.
    #[schemars(with = "Option<ThresholdOf>")]
    pub of: ThresholdOf,
    /// Whether all of the confidence interval must be beyond the limit. Default: `ci`.
    #[schemars(with = "Option<Decide>")]
    pub decide: Decide,
}

/// A seasonal band of median and spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "BandDetector")]
#[non_exhaustive]
pub struct BandDetector {
    /// Half width of the band in robust standard deviations, 1 to 100. Default: 4.
    #[schemars(with = "Option<f64>")]
    pub k: f64,
    /// Which side is bad. Default: `both`.
    #[schemars(with = "Option<Direction>")]
    pub direction: Direction,
    /// By which part of the week the past is split. Default: `auto`.
    #[schemars(with = "Option<Season>")]
    pub season: Season,
    /// Weeks of the past that count, 1 to 104. Default: 8.
    #[schemars(with = "Option<u64>")]
    pub weeks: u64,
    /// Points that a part of the week needs before it is judged, 1 to 1,000. Default: 3.
    #[schemars(with = "Option<u64>")]
    pub min_history: u64,
    /// What is done to the values first. Default: `auto`.
    #[schemars(with = "Option<Transform>")]
    pub transform: Transform,
    /// Alerts in 30 days that calibration may leave, above 0. Default: 0.2.
    #[serde(rename = "falseAlerts30d")]
    #[schemars(with = "Option<f64>")]
    pub false_alerts_30d: f64,
}

impl Default for BandDetector {
    fn default() -> Self {
        Self {
            k: 4.0,
            direction: Direction::Both,
            season: Season::Auto,
            weeks: 8,
            min_history: 3,
            transform: Transform::Auto,
            false_alerts_30d: 0.2,
        }
    }
}

/// An e-detector.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "SequentialDetector")]
#[non_exhaustive]
pub struct SequentialDetector {
    /// Which evidence. Default: `auto`, by the measure.
    #[schemars(with = "Option<SequentialMethod>")]
    pub method: SequentialMethod,
    /// How evidence adds up. Default: `sr`.
    #[schemars(with = "Option<SequentialStatistic>")]
    pub statistic: SequentialStatistic,
    /// Which changes count. Default: `both` for distributions, else the harmful one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Change that can be tolerated: of a proportion or loss, or of the mean rank (0 to 1) of a column; above 0 and below
    /// 1. Default: the greater of 0.01 and a tenth of the reference for losses and rates, 0.02 for columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// Sizes of change that are bet on, 1 to 8. Default: 8 for losses, else 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bets: Option<u64>,
    /// Level of the confidence bound of the reference, above 0 and below 0.5. Default: 0.01.
    #[schemars(with = "Option<f64>")]
    pub delta: f64,
    /// False alarms that all sequential series of the model together may give in `per`, above 0. Default: 1.
    #[schemars(with = "Option<f64>")]
    pub false_alarms: f64,
    /// The time for `falseAlarms`. Default: `30d`.
    #[schemars(with = "Option<Span>")]
    pub per: Span,
    /// Evaluations between two false alarms of one series at least. Default: 1000.
    #[schemars(with = "Option<u64>")]
    pub arl_min: u64,
    /// By which part of the week the reference is split, if it has a season. Default: `auto`.
    #[schemars(with = "Option<Season>")]
    pub season: Season,
}

impl Default for SequentialDetector {
    fn default() -> Self {
        Self {
            method: SequentialMethod::Auto,
            statistic: SequentialStatistic::Sr,
            direction: None,
            tolerance: None,
            bets: None,
            delta: 0.01,
            false_alarms: 1.0,
            per: Span::days(30),
            arl_min: 1000,
            season: Season::Auto,
        }
    }
}

impl SequentialDetector {
    /// Evaluations between two false alarms of one series on average, at least: `series · per / (falseAlarms · every)`,
    /// and never below `arlMin` (methods C.3, "Units").
    #[must_use]
    pub fn run_length(&self, series: u64, every: Span) -> f64 {
        let evaluations = self.per.seconds() as f64 / every.seconds().max(1) as f64;
        (series.max(1) as f64 * evaluations / self.false_alarms).max(self.arl_min as f64)
    }
}

/// A stream detector with all of its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "StreamDetector")]
#[non_exhaustive]
pub struct StreamDetector {
    /// Which one.
    pub algorithm: StreamAlgorithm,
    /// Its parameters by their names in River, for instance `delta: 0.002` for `adwin`. Default: those of River 0.26.
    #[schemars(with = "Option<BTreeMap<String, f64>>")]
    pub parameters: BTreeMap<String, f64>,
}

/// A parameter of a stream detector: name, default, smallest and greatest value.
pub(crate) type Parameter = (&'static str, f64, f64, f64);

impl StreamDetector {
    /// The parameters of an algorithm with their defaults and bounds (River 0.26.1; CUSUM: methods D.9).
    pub(crate) const fn parameters_of(algorithm: StreamAlgorithm) -> &'static [Parameter] {
        const CONFIDENCE: (f64, f64) = (1e-12, 0.999_999);
        const COUNT_MAX: f64 = 1e6;
        match algorithm {
            StreamAlgorithm::Adwin => &[
                ("delta", 0.002, CONFIDENCE.0, CONFIDENCE.1),
                ("clock", 32.0, 1.0, COUNT_MAX),
                ("max_buckets", 5.0, 1.0, 100.0),
                ("min_window_length", 5.0, 1.0, COUNT_MAX),
                ("grace_period", 10.0, 0.0, COUNT_MAX),
            ],
            StreamAlgorithm::Ddm => &[
                ("warm_start", 30.0, 1.0, COUNT_MAX),
                ("warning_threshold", 2.0, 0.0, 1e3),
                ("drift_threshold", 3.0, 0.0, 1e3),
            ],
            StreamAlgorithm::Eddm => {
                &[("warm_start", 30.0, 1.0, COUNT_MAX), ("alpha", 0.95, 0.0, 1.0), ("beta", 0.9, 0.0, 1.0)]
            }
            StreamAlgorithm::HddmA => &[
                ("drift_confidence", 0.001, CONFIDENCE.0, CONFIDENCE.1),
                ("warning_confidence", 0.005, CONFIDENCE.0, CONFIDENCE.1),
                ("two_sided_test", 0.0, 0.0, 1.0),
            ],
            StreamAlgorithm::HddmW => &[
                ("drift_confidence", 0.001, CONFIDENCE.0, CONFIDENCE.1),
                ("warning_confidence", 0.005, CONFIDENCE.0, CONFIDENCE.1),
                ("lambda_val", 0.05, 1e-6, 1.0),
                ("two_sided_test", 0.0, 0.0, 1.0),
            ],
            StreamAlgorithm::PageHinkley => &[
                ("min_instances", 30.0, 1.0, COUNT_MAX),
                ("delta", 0.005, 0.0, 1e9),
                ("threshold", 50.0, 0.0, 1e9),
                ("alpha", 0.9999, 0.0, 1.0),
            ],
            StreamAlgorithm::Kswin => &[
                ("alpha", 0.005, 1e-9, 0.999),
                ("window_size", 100.0, 2.0, 10_000.0),
                ("stat_size", 30.0, 1.0, 5_000.0),
            ],
            StreamAlgorithm::Fhddm => &[
                ("sliding_window_size", 100.0, 2.0, COUNT_MAX),
                ("confidence_level", 1e-6, CONFIDENCE.0, CONFIDENCE.1),
            ],
            StreamAlgorithm::Cusum => &[("k", 0.5, 0.0, 100.0), ("h", 5.0, 0.1, 1e6)],
        }
    }

    /// The value of a parameter; `None` if the algorithm has none of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<f64> {
        self.parameters.get(name).copied()
    }
}

/// Nothing came for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "AbsenceDetector")]
#[non_exhaustive]
pub struct AbsenceDetector {
    /// How long nothing may come, at least 1 minute. Default: twice `window.every`.
    #[schemars(with = "Option<Span>")]
    pub after: Span,
}

impl Default for AbsenceDetector {
    fn default() -> Self {
        Self { after: Span::days(2) }
    }
}

/// Other monitors.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompositeDetector {
    /// Names of monitors, 1 to 100, each once.
    pub monitors: Vec<String>,
    /// How many of them must be in breach, 1 to their number.
    pub at_least: u64,
}
