//! Rules that can never have enough rows for the traffic of their model.

use crate::problem::Problem;
use crate::{
    BudgetingMethod, BurnCondition, BurnPolicySpec, ColumnMeasure, Detector, Measure, Metric, Monitor, Severity, Slo,
    Span, yaml,
};

/// How much comes in, and how much there is to compare it with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traffic {
    /// Predictions in an hour, of what the rule selects (a segment has fewer than its model). A value that is no number or
    /// negative counts as 0.
    pub rows_per_hour: f64,
    /// Rows of the reference, if it is known.
    pub reference_rows: Option<u64>,
}

impl Traffic {
    fn rows_in(&self, span: Span) -> f64 {
        self.per_hour() * span.seconds() as f64 / 3600.0
    }

    /// NaN and negative values count as no traffic.
    fn per_hour(&self) -> f64 {
        self.rows_per_hour.max(0.0)
    }

    /// The shortest window, in steps of `step`, with so many rows; `None` if there is none below ten years.
    fn window_for(&self, rows: f64, step: Span) -> Option<Span> {
        let seconds = step.seconds().max(1);
        let steps = (rows / self.rows_in(Span::from_seconds(seconds))).ceil();
        let count = u32::try_from((1.0..1e9).contains(&steps).then_some(steps as u64)?).ok()?;
        Some(Span::from_seconds(seconds).times(count)).filter(|span| *span <= Span::days(3653))
    }
}

/// 95 % quantiles of the chi-squared law with one degree less than the bins.
const CHI2_95_TEN_BINS: f64 = 16.918_977_604_620_45;
const CHI2_95_FIVE_BINS: f64 = 9.487_729_036_781_154;

/// Rows of a window from which noise alone does not reach a PSI of `effect`, with ten bins (`ten_bins`) or five, to which
/// a comparison falls back before it gives up: the smallest `m` with `(1/n + 1/m) · χ²₀.₉₅(bins − 1) ≤ effect`.
///
/// * `effect`: above 0. * `reference_rows`: `n`; `None` counts as infinitely many.
/// * `None` if no window has enough rows: `n` itself is too small, or `effect` is not above 0.
///
/// Source: docs/metrics.md, and methods B.5, "Minimum sample".
#[must_use]
pub fn psi_rows_min(effect: f64, reference_rows: Option<u64>, ten_bins: bool) -> Option<u64> {
    let quantile = if ten_bins { CHI2_95_TEN_BINS } else { CHI2_95_FIVE_BINS };
    let of_reference = reference_rows.map_or(0.0, |rows| 1.0 / rows as f64);
    let left = effect / quantile - of_reference;
    let rows = (1.0 / left).ceil();
    (left > 0.0 && rows < u64::MAX as f64).then_some(rows as u64)
}

impl Monitor {
    /// Whether windows with this traffic have the rows that the monitor needs: `minSamples`, for a test of PSI (or of
    /// `drift`) more than noise, for an absence enough that silence is no chance.
    ///
    /// The effect of a test without one is taken as the default of PSI for its severity.
    #[must_use]
    pub fn lint_traffic(&self, traffic: &Traffic) -> Vec<Problem> {
        let spec = &self.spec;
        let mut problems = Vec::new();
        let (size, rows) = (spec.window.size, traffic.rows_in(spec.window.size));
        match &spec.detector {
            Detector::Composite(_) => return problems,
            Detector::Absence(absence) => {
                problems.extend(self.silence_by_chance(traffic, absence.after));
                return problems;
            }
            _ => {}
        }
        if rows < spec.min_samples as f64 {
            let needed = spec.min_samples;
            let what = format!("a window of `{size}` has about {} rows, `minSamples` is {needed}", shown(rows));
            let problem = self.places.problem("spec.window.size", what).found(size.to_string());
            problems.push(longer(problem, traffic, needed as f64, spec.window.every));
        }
        if let Detector::Test(test) = &spec.detector
            && matches!(
                spec.measure,
                Some(
                    Measure::Metric(Metric::Psi)
                        | Measure::Column(
                            ColumnMeasure::Drift | ColumnMeasure::PredictionDrift | ColumnMeasure::ScoreDrift
                        )
                )
            )
        {
            let default = Metric::Psi.default_thresholds();
            let by_severity = |limits: crate::Thresholds| match spec.severity {
                Severity::Page => limits.critical,
                _ => limits.warning,
            };
            let effect = test.effect.or(default.map(by_severity)).unwrap_or(0.0);
            problems.extend(self.noise(traffic, effect, rows));
        }
        problems
    }

    /// A window or reference in which noise alone reaches the effect.
    fn noise(&self, traffic: &Traffic, effect: f64, rows: f64) -> Option<Problem> {
        let (size, shown_effect) = (self.spec.window.size, yaml::number(effect));
        let Some(needed) = psi_rows_min(effect, traffic.reference_rows, false) else {
            let what = match traffic.reference_rows.filter(|_| effect > 0.0) {
                Some(reference) => {
                    format!(
                        "a reference of {reference} rows can never show a PSI of {shown_effect}: noise alone reaches it"
                    )
                }
                None => "an effect of 0 is reached by noise alone".to_owned(),
            };
            let expected = psi_rows_min(effect, None, false).map_or_else(
                || "an effect above 0".to_owned(),
                |rows| format!("a reference of more than {rows} rows, or a greater effect"),
            );
            return Some(self.places.problem("spec.detector.effect", what).expected(expected));
        };
        (rows < needed as f64).then(|| {
            let what = format!(
                "a window of `{size}` has about {} rows, and below {needed} noise alone reaches a PSI of {shown_effect}",
                shown(rows)
            );
            let problem = self.places.problem("spec.window.size", what).found(size.to_string());
            longer(problem, traffic, needed as f64, self.spec.window.every)
        })
    }

    /// An absence that comes by chance: with `λ` rows expected, none come with probability `e^−λ`.
    fn silence_by_chance(&self, traffic: &Traffic, after: Span) -> Option<Problem> {
        /// Once in a thousand windows.
        const CHANCE_MAX: f64 = 1e-3;
        let expected_rows = traffic.rows_in(after);
        let chance = (-expected_rows).exp();
        (chance > CHANCE_MAX).then(|| {
            let what = format!(
                "about {} rows come in `{after}`: none come by chance in {} % of the cases",
                shown(expected_rows),
                shown(100.0 * chance)
            );
            let problem = self.places.problem("spec.detector.after", what).found(after.to_string());
            longer(problem, traffic, -CHANCE_MAX.ln(), self.spec.window.every)
        })
    }
}

impl Slo {
    /// Whether slices with this traffic have the rows that own SLIs need, and long windows of `policy` the events.
    #[must_use]
    pub fn lint_traffic(&self, traffic: &Traffic, policy: Option<&BurnPolicySpec>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let slice = self.spec.objectives.iter().filter_map(|objective| objective.time_slice_window).next();
        let sources = self.spec.indicator.iter().flat_map(|indicator| indicator.spec.sources());
        for (below, source) in sources {
            let (Some(own), Some(slice)) = (source.watchkeeper(), slice) else { continue };
            let (needed, rows) = (own.min_samples_or_default(), traffic.rows_in(slice.span()));
            if rows < needed as f64 {
                let path = format!("spec.indicator.spec.{below}.metricSource.spec.minSamples");
                let what =
                    format!("a slice of `{}` has about {} rows, `minSamples` is {needed}", slice.span(), shown(rows));
                let problem = self.places.problem(path, what).found(needed.to_string());
                problems.push(longer(problem, traffic, needed as f64, slice.span()));
            }
        }
        if self.spec.budgeting_method == BudgetingMethod::Occurrences {
            problems.extend(policy.into_iter().flat_map(|policy| self.too_few_events(traffic, policy)));
        }
        problems
    }

    fn too_few_events(&self, traffic: &Traffic, policy: &BurnPolicySpec) -> Vec<Problem> {
        let tiers = policy.tiers.iter().filter_map(|tier| match tier.condition {
            BurnCondition::Budget { long, .. } => Some((tier.severity, long)),
            BurnCondition::Slices { .. } => None,
        });
        let mut problems = Vec::new();
        for (severity, long) in tiers.filter(|(_, long)| traffic.rows_in(*long) < policy.min_total as f64) {
            let what = format!(
                "the {severity} tier of `{long}` sees about {} events, `minTotal` is {}",
                shown(traffic.rows_in(long)),
                policy.min_total
            );
            let problem = self
                .places
                .problem(format!("metadata.annotations[{:?}]", crate::ANNOTATION_BURN_POLICY), what)
                .found(long.to_string());
            problems.push(longer(problem, traffic, policy.min_total as f64, Span::hours(1)));
        }
        problems
    }
}

/// What to do about too few rows: a longer window, if there is one.
fn longer(problem: Problem, traffic: &Traffic, rows: f64, step: Span) -> Problem {
    match traffic.window_for(rows, step) {
        Some(window) => {
            problem.expected(format!("at least `{window}` with {} rows an hour", shown(traffic.per_hour())))
        }
        None => problem.expected("more traffic").hint("it can never be judged as it is"),
    }
}

/// A number for people: whole from 10, one digit behind the point below.
fn shown(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}") } else { yaml::number((value * 10.0).round() / 10.0) }
}
