//! A story told to an engine.

use std::collections::BTreeMap;

use super::text::{Act, Changed, Deed};
use super::{Counted, Difference, STEPS_MAX, Scenario, Series, compare};
use crate::alert::{Change, What};
use crate::engine::{ChangeEvent, Command, Engine, Input, Output};
use crate::evaluation::{Evaluation, Rule};
use crate::slo::burn::{evaluate, evaluate_budget};
use crate::slo::{Budget, Ledger};
use crate::suppress::silence::Silence;
use crate::{Fingerprint, Notice};

/// What happens at a time, in this order: what is known, what is changed, what is done, what is expected.
enum Happening<'a> {
    Evaluation(Box<Evaluation>),
    Counts(usize, usize),
    Change(&'a Changed),
    Act(&'a Act),
    Expect(usize),
}

/// What was seen so far.
pub(super) struct Seen {
    pub(super) engine: Engine,
    pub(super) notices: Vec<Notice>,
    pub(super) restated: BTreeMap<Fingerprint, u64>,
    pub(super) budgets: BTreeMap<String, Budget>,
    pub(super) refused: Vec<String>,
}

impl Seen {
    fn take(&mut self, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Notice(notice) => self.notices.push(*notice),
                Output::Refused(why) => self.refused.push(why),
                Output::Alert(Change { fingerprint, what: What::Restated { .. }, .. }) => {
                    *self.restated.entry(fingerprint).or_default() += 1;
                }
                _ => {}
            }
        }
    }
}

impl Scenario {
    /// Runs the story; what is not as expected, in the order of time. Always the same for the same text.
    #[must_use]
    pub fn run(&self) -> Vec<Difference> {
        let mut seen = Seen {
            engine: Engine::new(self.tenant.clone()),
            notices: Vec::new(),
            restated: BTreeMap::new(),
            budgets: BTreeMap::new(),
            refused: Vec::new(),
        };
        let mut ledgers: Vec<Ledger> = self.counted.iter().map(|counted| Ledger::new(counted.every)).collect();
        seen.take_config(self);
        let mut differences = Vec::new();
        let mut now = self.start;
        let mut steps = 0_i64;
        for (at, happenings) in self.plan() {
            // Time passes in ticks; far between two happenings in longer ones, so that a year is not a million steps.
            let left = at.saturating_sub(now);
            let tick = self.tick.max(left / (STEPS_MAX / 10).max(1));
            while now.saturating_add(tick) < at && steps < STEPS_MAX {
                now = now.saturating_add(tick);
                steps += 1;
                let out = seen.engine.tick(now);
                seen.take(out);
            }
            now = at;
            let mut inputs = Vec::new();
            let mut expected = Vec::new();
            for happening in happenings {
                match happening {
                    Happening::Evaluation(evaluation) => inputs.push(Input::Evaluation(evaluation)),
                    Happening::Counts(series, index) => {
                        inputs.extend(self.counted_at(series, index, at, &mut ledgers, &mut seen.budgets));
                    }
                    Happening::Change(change) => inputs.push(Input::Change(self.change(change))),
                    Happening::Act(act) => match self.command(act, &seen.engine) {
                        Ok(command) => inputs.push(Input::Command { by: act.by.clone(), command }),
                        Err(why) => seen.refused.push(format!("{}: {why}", act.at.text)),
                    },
                    Happening::Expect(index) => expected.push(index),
                }
            }
            let out = seen.engine.apply(inputs, at);
            seen.take(out);
            for expectation in expected.into_iter().filter_map(|index| self.expect.get(index)) {
                differences.extend(compare::differences(expectation, &mut seen));
            }
        }
        differences
    }

    fn plan(&self) -> BTreeMap<i64, Vec<Happening<'_>>> {
        let mut plan: BTreeMap<i64, Vec<Happening<'_>>> = BTreeMap::new();
        let mut put = |at: i64, happening| plan.entry(at).or_default().push(happening);
        for series in &self.series {
            for (index, outcome) in series.outcomes.iter().enumerate() {
                if let Some((outcome, value)) = outcome {
                    let evaluation = self.evaluation(series, index, outcome.clone(), *value);
                    put(evaluation.known_at, Happening::Evaluation(Box::new(evaluation)));
                }
            }
        }
        for (number, counted) in self.counted.iter().enumerate() {
            for index in
                (0..counted.counts.len()).filter(|index| counted.counts.get(*index).is_some_and(Option::is_some))
            {
                put(self.known_at(index, counted.every, counted.delay), Happening::Counts(number, index));
            }
        }
        for change in &self.changes {
            put(self.start.saturating_add(change.at.after), Happening::Change(change));
        }
        for act in &self.acts {
            put(self.start.saturating_add(act.at.after), Happening::Act(act));
        }
        for (index, expectation) in self.expect.iter().enumerate() {
            put(self.start.saturating_add(expectation.at.after), Happening::Expect(index));
        }
        plan
    }

    fn window_end(&self, index: usize, every: i64) -> i64 {
        let windows = i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1);
        self.start.saturating_add(windows.saturating_mul(every))
    }

    fn known_at(&self, index: usize, every: i64, delay: i64) -> i64 {
        self.window_end(index, every).saturating_add(delay)
    }

    fn evaluation(&self, series: &Series, index: usize, outcome: crate::Outcome, value: Option<f64>) -> Evaluation {
        let text = &series.text;
        let sentence = text.sentence.clone().unwrap_or_else(|| format!("`{}` is beyond its limit", text.rule));
        Evaluation {
            rule: Rule { kind: text.kind, name: text.rule.clone() },
            revision: 1,
            labels: series.labels.clone(),
            window_end: self.window_end(index, series.every),
            window: series.every,
            known_at: self.known_at(index, series.every, series.delay),
            outcome,
            severity: text.severity,
            rank: text.rank,
            value,
            limit: text.limit,
            score: None,
            p_value: None,
            sentence,
            onset: None,
            evidence: BTreeMap::new(),
        }
    }

    fn counted_at(
        &self,
        number: usize,
        index: usize,
        at: i64,
        ledgers: &mut [Ledger],
        budgets: &mut BTreeMap<String, Budget>,
    ) -> Vec<Input> {
        let (Some(Counted { objective, counts, every, .. }), Some(ledger)) =
            (self.counted.get(number), ledgers.get_mut(number))
        else {
            return Vec::new();
        };
        let end = self.window_end(index, *every);
        if let Some(Some(counts)) = counts.get(index) {
            ledger.record(end.saturating_sub(*every), at, *counts);
        }
        let labels = &objective.labels;
        let excluded = |from: i64, to: i64| self.config.maintenance.iter().any(|one| one.excludes(labels, from, to));
        let mut inputs = vec![Input::Evaluation(Box::new(evaluate(objective, ledger, end, at, &excluded)))];
        if let Ok(Some(budget)) = Budget::of(objective, ledger, end, at, &excluded) {
            inputs.push(Input::Evaluation(Box::new(evaluate_budget(objective, ledger, &budget))));
            budgets.insert(objective.rule.name.clone(), budget);
        }
        inputs
    }

    fn change(&self, change: &Changed) -> ChangeEvent {
        ChangeEvent {
            id: change.id.clone(),
            at: self.start.saturating_add(change.at.after),
            kind: change.kind.clone(),
            labels: change.labels.clone(),
            summary: change.summary.clone(),
        }
    }

    fn command(&self, act: &Act, engine: &Engine) -> Result<Command, String> {
        let until = act.until.as_ref().map(|until| self.start.saturating_add(until.after));
        let text = act.text.clone();
        let incident = || {
            let name = act.rule.as_deref().unwrap_or_default();
            let open = engine.incidents().find(|incident| {
                incident.is_open() && incident.members.values().any(|member| member.rule.name == name)
            });
            open.map(|incident| incident.id.clone()).ok_or_else(|| format!("no open incident of rule `{name}`"))
        };
        Ok(match act.deed {
            Deed::Acknowledge => Command::Acknowledge { incident: incident()?, until },
            Deed::Assign => Command::Assign { incident: incident()?, to: text },
            Deed::Comment => Command::Comment { incident: incident()?, text },
            Deed::Mitigate => Command::Mitigate { incident: incident()?, text },
            Deed::Unsilence => Command::Unsilence { name: text },
            Deed::Silence => {
                let starts_at = self.start.saturating_add(act.at.after);
                let parsed = act.matchers.iter().map(|matcher| matcher.parse().map_err(|error| format!("{error}")));
                Command::Silence(Silence {
                    name: if text.is_empty() { "scenario".to_owned() } else { text },
                    matchers: parsed.collect::<Result<_, _>>()?,
                    author: act.by.clone(),
                    reason: "scenario".to_owned(),
                    starts_at,
                    ends_at: until.unwrap_or_else(|| starts_at.saturating_add(crate::time::HOUR)),
                })
            }
        })
    }
}

impl Seen {
    fn take_config(&mut self, scenario: &Scenario) {
        let out = self.engine.apply(vec![Input::Config(Box::new(scenario.config.clone()))], scenario.start);
        self.take(out);
    }
}
