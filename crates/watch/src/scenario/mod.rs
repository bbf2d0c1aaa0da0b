//! Rules tried on a story: text files with a series of evaluations or counts, commands at times, and what is expected of
//! alerts, incidents, notices and budgets. The same engine as in the service, in the time of the story.
//!
//! ```
//! use watchkeeper_watch::scenario::Scenario;
//!
//! let text = "
//! name: one breach is not enough
//! rules: [{ name: drift }]
//! series:
//!   - { rule: drift, labels: { model: credit }, values: 'clear breach clear clear' }
//! expect:
//!   - { at: 2h, alerts: [{ rule: drift, state: pending }] }
//!   - { at: 4h, alerts: [], notices: [] }
//! ";
//! let scenario = Scenario::read(text, "drift.yaml", &|name| Err(format!("no file `{name}`"))).unwrap();
//! assert!(scenario.run().is_empty());
//! ```

mod compare;
mod notation;
mod run;
mod text;
mod times;

use std::fmt;

use thiserror::Error;
use watchkeeper_spec::Resource;

use crate::engine::{Config, Route, RuleConfig};
use crate::evaluation::Labels;
use crate::slo::{Counts, Objective, objectives};
use crate::suppress::lineage::Edge;

/// Values of all series of a scenario at most.
pub const VALUES_MAX: usize = 1_000_000;
/// Steps of time that a scenario takes at most.
pub const STEPS_MAX: i64 = 1_000_000;
/// Bytes of a scenario at most.
pub const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Why a scenario cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{source_name}: {problem}")]
pub struct InvalidScenario {
    /// The file.
    pub source_name: String,
    /// What is wrong, where, and what was expected.
    pub problem: String,
}

/// What was expected at a time and is not so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// When, as written: `3h`.
    pub at: String,
    /// Of what: `alerts`, `incidents`, `notices`, `budgets` or `held`.
    pub of: &'static str,
    /// Lines that were expected and lines that were found: `- …` and `+ …`, and those that are the same: `  …`.
    pub lines: Vec<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {} differ (- expected, + found)", self.at, self.of)?;
        self.lines.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

/// A story and what is expected of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    name: String,
    tenant: String,
    start: i64,
    tick: i64,
    config: Config,
    series: Vec<Series>,
    counted: Vec<Counted>,
    acts: Vec<text::Act>,
    changes: Vec<text::Changed>,
    expect: Vec<text::Expectation>,
}

/// Evaluations of one series.
#[derive(Debug, Clone)]
struct Series {
    text: text::SeriesText,
    labels: Labels,
    /// One per window.
    outcomes: Vec<notation::Said>,
    every: i64,
    delay: i64,
}

/// Counts of the slices of one objective.
#[derive(Debug, Clone)]
struct Counted {
    objective: Objective,
    counts: Vec<Option<Counts>>,
    every: i64,
    delay: i64,
}

impl Scenario {
    /// Reads a scenario from YAML; `source` is its name in messages, and `load` gives the content of a file that it names.
    ///
    /// # Errors
    /// [`InvalidScenario`] with the first problem: a text that is no YAML or too long, unknown fields, values, times or
    /// names, resources with problems.
    pub fn read(
        text: &str,
        source: &str,
        load: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Self, InvalidScenario> {
        let invalid = |problem: String| InvalidScenario { source_name: source.to_owned(), problem };
        if text.len() > TEXT_BYTES_MAX {
            return Err(invalid(format!("{} bytes; expected at most {TEXT_BYTES_MAX}", text.len())));
        }
        let file: text::File = serde_saphyr::from_str(text).map_err(|error| invalid(error.to_string()))?;
        let mut resources = Vec::new();
        if let Some(inline) = &file.resources {
            resources.extend(read_resources(inline, &format!("{source} (resources)")).map_err(invalid)?);
        }
        for name in &file.files {
            let text = load(name).map_err(invalid)?;
            resources.extend(read_resources(&text, name).map_err(invalid)?);
        }
        Self::build(file, &resources).map_err(invalid)
    }

    /// What it is about.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn build(file: text::File, resources: &[Resource]) -> Result<Self, String> {
        let mut config = Config::from_resources(resources);
        config.lineage = file.lineage.iter().map(Edge::try_from).collect::<Result<Vec<_>, _>>()?.into();
        for rule in &file.rules {
            let settings = rule.settings()?;
            config.rules.push(RuleConfig { rule: rule.rule(), settings, runbook: rule.runbook.clone() });
        }
        if config.routes.is_empty() {
            config.routes.push(Route { group_wait: 0, ..Route::new("default", vec!["default".to_owned()]) });
        }
        let start = file.start.micros();
        let mut budget = VALUES_MAX;
        let mut series = Vec::new();
        for one in file.series {
            let known = config.rules.iter().any(|rule| rule.rule.name == one.rule);
            if !known {
                let names: Vec<&str> = config.rules.iter().map(|rule| rule.rule.name.as_str()).collect();
                return Err(format!("series of unknown rule `{}`; expected one of {names:?}", one.rule));
            }
            let outcomes = notation::outcomes(&one.values, one.limit, one.clear, &mut budget)?;
            let every = one.every.map_or(file.every.0, |every| every.0);
            let labels = one.labels.clone();
            series.push(Series { labels, outcomes, every, delay: one.delay.0, text: one });
        }
        let all = objectives(resources, 1);
        let mut counted = Vec::new();
        for one in file.counts {
            let found = all.iter().find(|(objective, _)| objective.rule.name == one.slo);
            let Some((objective, width)) = found else {
                let names: Vec<&str> = all.iter().map(|(objective, _)| objective.rule.name.as_str()).collect();
                return Err(format!("counts of unknown SLO `{}`; expected one of {names:?}", one.slo));
            };
            let counts = notation::counts(&one.values, &mut budget)?;
            let every = one.every.map_or(*width, |every| every.0);
            counted.push(Counted { objective: objective.clone(), counts, every, delay: one.delay.0 });
        }
        Ok(Self {
            name: file.name,
            tenant: file.tenant,
            start,
            tick: file.tick.0.max(1),
            config,
            series,
            counted,
            acts: file.commands,
            changes: file.changes,
            expect: file.expect,
        })
    }
}

fn read_resources(text: &str, source: &str) -> Result<Vec<Resource>, String> {
    Resource::from_yaml_documents(text.as_bytes(), source).map_err(|error| error.to_string())
}
