//! From closed windows to evaluations: what monitors and objectives say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use watchkeeper_profile::Kind;
use watchkeeper_spec::{Detector, FamilyProcedure, FamilyWeights, Measure, Monitor, MonitorBaseline};
use watchkeeper_watch::engine::Input;
use watchkeeper_watch::measured::{Point, Scope, Series};
use watchkeeper_watch::monitor::{
    About, Applied, WatchedColumn, Window, baseline_word, composite, due, evaluate, series_of,
};
use watchkeeper_watch::slo::{Budget, Ledger, burn};
use watchkeeper_watch::suppress::fdr::{Dependence, control};
use watchkeeper_watch::{Evaluation, Fingerprint};

use super::clock::Extent;
use super::measure::{self, Batch};
use super::objectives;
use super::rules::{Promise, Ruling};
use super::tenant::{TenantWatch, WatchError};
use crate::serve::answers::role;
use crate::serve::models::{Known, Models};

/// Windows of a model that one step judges: others wait for the next one, and so does nobody else for long.
const WINDOWS_A_STEP: usize = 200;
/// Slices before the newest one that are counted again, for events that came late.
const SLICES_AGAIN: i64 = 3;
/// Slices that one step counts.
const SLICES_A_STEP: i64 = 2000;

/// A model as it is in this step.
struct Watched<'a> {
    name: &'a str,
    known: Arc<Known>,
    extent: Extent,
    columns: Vec<WatchedColumn>,
    now: i64,
}

impl TenantWatch {
    /// Judges what is closed; the evaluations go to `inputs`, the new measurements are answered.
    pub(super) async fn judge(
        &mut self,
        models: &Models,
        now: i64,
        inputs: &mut Vec<Input>,
    ) -> Result<Vec<(Series, Point)>, WatchError> {
        let rules = self.rules.clone();
        let of_monitors = rules.monitors.values().map(|rule| rule.monitor.spec.select.model.clone());
        let of_promises = rules.promises.iter().filter_map(|promise| promise.objective.labels.get("model").cloned());
        let names: BTreeSet<String> = of_monitors.chain(of_promises).collect();
        let mut points = Vec::new();
        for name in &names {
            let known = models.known(&self.tenant, name).await;
            let Some(known) = known.map_err(|error| WatchError::Internal(error.to_string()))? else { continue };
            let tenant = self.tenant.clone();
            let Some(extent) = self.clocks.look(&models.lake, (&tenant, name), &known, now).await? else { continue };
            tracing::debug!(model = name, ?extent, marks = ?self.state.marks, "looked at");
            let columns = columns(&known).await?;
            let model = Watched { name, known, extent, columns, now };
            points.extend(self.monitors(&model, inputs).await?);
            for promise in rules.promises.iter().filter(|p| p.objective.labels.get("model") == Some(name)) {
                self.promise(&model, promise, inputs).await?;
            }
        }
        Ok(points)
    }

    /// Windows of the model's monitors, in the order of time.
    async fn monitors(
        &mut self,
        model: &Watched<'_>,
        inputs: &mut Vec<Input>,
    ) -> Result<Vec<(Series, Point)>, WatchError> {
        let rules = self.rules.clone();
        let mut windows: BTreeMap<(i64, i64), Vec<&Ruling>> = BTreeMap::new();
        for rule in rules.monitors.values().filter(|rule| rule.monitor.spec.select.model == model.name) {
            let monitor = &rule.monitor;
            // A rule that is younger than the first events of its model begins now: what was before is for a replay.
            let is_older = model.extent.began.is_some_and(|began| rule.made_at <= began);
            let begin = if is_older { i64::MIN } else { model.extent.until };
            let mark = *self.state.marks.entry(monitor.metadata.name.clone()).or_insert(begin);
            let first = model.extent.first_and_last.map_or(model.extent.until, |(first, _)| first);
            for Window { start, end } in due(&monitor.spec.window, mark.max(first), model.extent.until) {
                windows.entry((end, start)).or_default().push(rule);
            }
        }
        let mut points = Vec::new();
        for ((end, start), rules) in windows.into_iter().take(WINDOWS_A_STEP) {
            // Profiles that old are kept in wider buckets than the window: nobody can tell what was in it.
            let bucket = i64::from(model.known.buckets().width(start, model.now)) * 1_000_000;
            if (end - start) % bucket == 0 && end % bucket == 0 {
                points.extend(self.window(model, Window { start, end }, &rules, inputs).await?);
            }
            for rule in rules {
                self.state.marks.insert(rule.monitor.metadata.name.clone(), end);
            }
        }
        Ok(points)
    }

    /// One window: measured once for all its rules, then judged by each.
    async fn window(
        &mut self,
        model: &Watched<'_>,
        window: Window,
        rules: &[&Ruling],
        inputs: &mut Vec<Input>,
    ) -> Result<Vec<(Series, Point)>, WatchError> {
        let picked = self.picked(model, window, rules).await?;
        let of_rule = |rule: &Ruling| picked.get(&rule.monitor.metadata.name).into_iter().flatten();
        let with_bins: BTreeSet<Series> =
            rules.iter().filter(|rule| is_sequential(rule)).flat_map(|rule| of_rule(rule)).cloned().collect();
        let mut new = Vec::new();
        for (baseline, series) in by_baseline(rules, &picked) {
            let missing: BTreeSet<Series> =
                series.iter().filter(|series| self.history.at(series, window.end).is_none()).cloned().collect();
            if missing.is_empty() {
                continue;
            }
            let batch = Batch {
                window,
                baseline: &baseline,
                series: &missing,
                with_bins: &with_bins,
                known_at: model.now,
                first_and_last_event: model.extent.first_and_last,
                learned: i64::try_from(model.known.model.learning.hours).unwrap_or(24) * 3_600_000_000,
            };
            new.extend(measure::measure(&model.known.profiles, &batch).await?);
        }
        for (series, point) in &new {
            self.history.add(series, point.clone());
        }
        // They share the budget of false alarms.
        let sequential: usize = rules.iter().filter(|rule| is_sequential(rule)).map(|rule| of_rule(rule).count()).sum();
        let sequential = (sequential as u64).max(1);
        let mut families: BTreeMap<String, Vec<Evaluation>> = BTreeMap::new();
        for rule in rules.iter().copied() {
            let found = self.evaluations(model, rule, of_rule(rule), window, sequential);
            families.entry(family(&rule.monitor)).or_default().extend(found);
        }
        let mut evaluations = Vec::new();
        for (name, mut family) in families {
            self.control(model, rules, &name, &mut family);
            evaluations.append(&mut family);
        }
        for rule in rules {
            evaluations.extend(composite(applied(rule), &evaluations));
        }
        inputs.extend(evaluations.into_iter().map(|evaluation| Input::Evaluation(Box::new(evaluation))));
        Ok(new)
    }

    /// The series of each rule: of parts that have events in the window, and of those that had some before.
    async fn picked(
        &self,
        model: &Watched<'_>,
        window: Window,
        rules: &[&Ruling],
    ) -> Result<BTreeMap<String, BTreeSet<Series>>, WatchError> {
        let now = measure::scopes(&model.known.profiles, model.name, (window.start, window.end)).await?;
        let before = self.history.scopes().filter(|scope| scope.model == model.name);
        let whole = Scope::of_model(model.name);
        let scopes: BTreeSet<&Scope> = now.iter().chain(before).chain([&whole]).collect();
        let of = |rule: &&Ruling| {
            let series = series_of(&rule.monitor, &model.columns, scopes.iter().copied());
            (rule.monitor.metadata.name.clone(), series)
        };
        Ok(rules.iter().map(of).collect())
    }

    fn evaluations<'a>(
        &mut self,
        model: &Watched<'_>,
        rule: &Ruling,
        series: impl Iterator<Item = &'a Series>,
        window: Window,
        sequential: u64,
    ) -> Vec<Evaluation> {
        let mut found = Vec::new();
        for series in series {
            let Some(point) = self.history.at(series, window.end).cloned() else { continue };
            let column = series.column.as_ref().and_then(|name| model.columns.iter().find(|c| c.name == *name));
            let declared = series.column.as_ref().and_then(|name| model.known.model.column(name));
            let thresholds = match (&series.measure, declared) {
                (Measure::Metric(metric), Some(column)) => {
                    column.thresholds.get(metric).or_else(|| model.known.model.check.thresholds.get(metric)).copied()
                }
                _ => None,
            };
            let about = About {
                series,
                role: column.map(|column| column.role),
                thresholds,
                sequential_series: sequential,
                is_categorical: column.is_some_and(|column| matches!(column.kind, Kind::Categorical | Kind::Boolean)),
            };
            let key = (rule.monitor.metadata.name.clone(), series.clone());
            let mut memory = self.state.memories.remove(&key).unwrap_or_default();
            let history = self.history.before(series, window.end);
            found.extend(evaluate(applied(rule), about, history, &point, &mut memory));
            if memory.is_worth_keeping() {
                self.state.memories.insert(key, memory);
            }
        }
        found
    }

    /// Keeps the false discoveries of a family down.
    fn control(&mut self, model: &Watched<'_>, rules: &[&Ruling], name: &str, family: &mut [Evaluation]) {
        let Some(rule) = rules.iter().find(|rule| self::family(&rule.monitor) == name) else { return };
        let settings = &rule.monitor.spec.family;
        let dependence = match settings.procedure {
            FamilyProcedure::None => return,
            FamilyProcedure::By => Dependence::Any,
            FamilyProcedure::Bh | FamilyProcedure::EBh => Dependence::Positive,
        };
        let importance = |evaluation: &Evaluation| match settings.weights {
            FamilyWeights::Equal => 1.0,
            FamilyWeights::Importance => {
                let column = evaluation.labels.get("column");
                model.columns.iter().find(|c| Some(&c.name) == column).map_or(1.0, |column| column.importance)
            }
        };
        let turned = control(family, settings.q, dependence, importance);
        self.state.engine.count_discoveries(turned as u64);
    }

    /// Counts the slices of an objective that are new or may have changed, and says how its budget is used.
    async fn promise(
        &mut self,
        model: &Watched<'_>,
        promise: &Promise,
        inputs: &mut Vec<Input>,
    ) -> Result<(), WatchError> {
        let rules = self.rules.clone();
        let Some(counted) = objectives::counted(&promise.slo, &rules.slis) else { return Ok(()) };
        let (objective, width) = (&promise.objective, promise.width.max(1));
        let key = Fingerprint::of(&objective.rule, &objective.labels).to_string();
        let newest = model.extent.until.div_euclid(width);
        let first = model.extent.first_and_last.map_or(newest, |(first, _)| first.div_euclid(width));
        let known = self.state.ledgers.get(&key).filter(|ledger| ledger.width() == width);
        let from = match known.and_then(Ledger::last) {
            Some(last) => last.div_euclid(width).saturating_sub(SLICES_AGAIN),
            None => first.max(newest.saturating_sub(objective.period.length().div_euclid(width))),
        };
        let last = newest.min(from.saturating_add(SLICES_A_STEP));
        // Counted before the ledger is touched: what cannot be read changes nothing.
        let mut slices = Vec::new();
        for slice in from.max(first)..=last {
            let start = slice.saturating_mul(width);
            let window = (start, start.saturating_add(width));
            slices.push((start, objectives::counts(&model.known.profiles, &counted, window).await?));
        }
        let ledger = self.state.ledgers.entry(key).or_insert_with(|| Ledger::new(width));
        if ledger.width() != width {
            *ledger = Ledger::new(width);
        }
        let mut news = false;
        for (start, counts) in slices {
            news |= ledger.record(start, model.now, counts);
        }
        let at = last.saturating_add(1).saturating_mul(width);
        if news {
            let maintenance = &rules.config.maintenance;
            let excluded = |from, to| maintenance.iter().any(|one| one.excludes(&objective.labels, from, to));
            let evaluation = burn::evaluate(objective, ledger, at, model.now, &excluded);
            inputs.push(Input::Evaluation(Box::new(evaluation)));
            match Budget::of(objective, ledger, at, model.now, &excluded) {
                Ok(None) => {}
                Ok(Some(budget)) => {
                    let evaluation = burn::evaluate_budget(objective, ledger, &budget);
                    inputs.push(Input::Evaluation(Box::new(evaluation)));
                }
                Err(error) => tracing::error!(%error, slo = objective.rule.name, "the budget of an SLO cannot be told"),
            }
        }
        Ok(())
    }
}

fn is_sequential(rule: &Ruling) -> bool {
    matches!(rule.monitor.spec.detector, Detector::Sequential(_))
}

const fn applied(rule: &Ruling) -> Applied<'_> {
    Applied { monitor: &rule.monitor, revision: rule.revision }
}

/// Rules whose tests are controlled together.
fn family(monitor: &Monitor) -> String {
    let spec = &monitor.spec;
    spec.family.name.clone().unwrap_or_else(|| {
        let tested = matches!(spec.detector, Detector::Test(_));
        if tested {
            format!("{}/{}", spec.window.size, spec.family.q)
        } else {
            format!("alone/{}", monitor.metadata.name)
        }
    })
}

/// The series of each baseline that rules name.
fn by_baseline(
    rules: &[&Ruling],
    picked: &BTreeMap<String, BTreeSet<Series>>,
) -> Vec<(MonitorBaseline, BTreeSet<Series>)> {
    let mut groups: BTreeMap<String, (MonitorBaseline, BTreeSet<Series>)> = BTreeMap::new();
    for Ruling { monitor, .. } in rules.iter().copied() {
        let group = groups
            .entry(baseline_word(&monitor.spec.baseline))
            .or_insert_with(|| (monitor.spec.baseline.clone(), BTreeSet::new()));
        group.1.extend(picked.get(monitor.metadata.name.as_str()).into_iter().flatten().cloned());
    }
    groups.into_values().collect()
}

/// The columns of a model as rules see them.
async fn columns(known: &Known) -> Result<Vec<WatchedColumn>, WatchError> {
    let (grids, _) = known.profiles.grids().await?;
    let column = |(name, grid): (String, watchkeeper_lake::profiles::ColumnGrid)| {
        let declared = known.model.column(&name);
        let role = declared.map_or_else(|| role(&name), |column| column.role);
        let importance = declared.map_or(1.0, |column| column.importance);
        WatchedColumn { name, role, kind: grid.kind, importance }
    };
    Ok(grids.into_iter().map(column).collect())
}
