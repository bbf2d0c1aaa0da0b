//! One column: measured, judged, and prepared for showing.

use watchkeeper_profile::measure::{MeasureOptions, Measured, measure};
use watchkeeper_profile::{Baseline, Grid, Profile};
use watchkeeper_spec::{Metric, Role};
use watchkeeper_stats::null::NullDraws;
use watchkeeper_watch::{ColumnFacts, ColumnVerdict, judge_column};

use super::keys::Keys;
use super::plan::{ColumnPlan, Plan};
use super::scan::CurrentProfiles;
use super::view::{self, ColumnView, History};

/// Shown changes of share are at least this large.
const MOVER_MIN: f64 = 0.002;

/// What every column is judged with.
pub(super) struct ColumnContext<'a> {
    pub(super) plan: &'a Plan,
    pub(super) keys: &'a Keys,
    pub(super) nulls: &'a NullDraws,
    pub(super) time_ordered: bool,
}

/// All that is known of a column in the end.
pub(super) struct ColumnOutcome {
    pub(super) measured: Measured,
    pub(super) verdict: ColumnVerdict,
    pub(super) view: ColumnView,
    pub(super) history: Option<History>,
    /// Per axis and group, in the order of [`Keys::axes`]; `None` for groups without rows.
    pub(super) groups: Vec<Vec<Option<(Measured, ColumnVerdict)>>>,
}

pub(super) fn finish_column(
    column: &ColumnPlan,
    baseline: &Baseline,
    current: &CurrentProfiles,
    context: &ColumnContext<'_>,
) -> ColumnOutcome {
    let judge = |reference: &Profile, profile: &Profile, values: Option<(&[f64], &[f64])>, metrics: &[Metric]| {
        let options = MeasureOptions {
            metrics,
            psi_effect: column.rule.thresholds(Metric::Psi, None).map_or(0.1, |thresholds| thresholds.warning),
            // Stretches are of the whole reference: they say nothing of a segment of it.
            time_ordered: context.time_ordered && std::ptr::eq(reference, &baseline.profile),
            missing_as_bin: column.missing_as_bin,
            seed: watchkeeper_profile::hash::hash_bytes(column.name.as_bytes()),
            nulls: context.nulls,
        };
        let measured = measure(baseline, reference, profile, values, &options);
        let verdict = judge_column(&measured, &column.rule, &facts(column, baseline, reference, profile));
        (measured, verdict)
    };
    let values = baseline.values.as_deref().zip(current.values.as_deref());
    let (measured, mut verdict) = judge(&baseline.profile, &current.all, values, &column.metrics);
    if let Some(note) = &column.note
        && !verdict.verdict.is_alarm()
    {
        verdict.reason = note.clone();
    }
    let alarms: Vec<Metric> = column.metrics.iter().copied().filter(|&m| column.rule.alarms(m)).collect();
    let nothing = Profile::empty(&baseline.grid);
    let segments = usize::from(context.keys.periods.is_some());
    let reference = |axis: usize, number: usize| match axis == segments {
        true => current.reference_segments.get(number).and_then(Option::as_ref).unwrap_or(&nothing),
        false => &baseline.profile,
    };
    let judge_axis = |(axis, profiles): (usize, &Vec<Option<Profile>>)| -> Vec<_> {
        let one = |(number, p): (usize, &Option<Profile>)| {
            p.as_ref().map(|profile| judge(reference(axis, number), profile, None, &alarms))
        };
        profiles.iter().enumerate().map(one).collect()
    };
    let groups = current.groups.iter().enumerate().map(judge_axis).collect();
    let history =
        context.keys.periods.as_ref().and(current.groups.first()).map(|profiles| view::history(baseline, profiles));
    let view = view::column_view(baseline, current, context.plan.columns.len(), &column.type_name);
    ColumnOutcome { measured, verdict, view, history, groups }
}

/// What the sentence of a verdict may mention.
fn facts(column: &ColumnPlan, baseline: &Baseline, reference: &Profile, current: &Profile) -> ColumnFacts {
    let mut facts = ColumnFacts::default();
    match &baseline.grid {
        Grid::Numeric(grid) => {
            if let (Some(r), Some(c)) = (reference.numeric(), current.numeric()) {
                facts.medians = r.quantile(grid, 0.5).zip(c.quantile(grid, 0.5));
                facts.range = Some((grid.limits().lo, grid.limits().hi));
                let (before, now) = (r.summary(grid), c.summary(grid));
                facts.became_constant =
                    now.n > 1 && now.min == now.max && before.min != before.max && column.rule.role != Role::Id;
            }
        }
        Grid::Categorical(grid) => {
            if let (Some(r), Some(c)) = (reference.categorical(), current.categorical()) {
                facts.movers =
                    view::movers(grid, r, c).into_iter().filter(|(_, r, c)| (r - c).abs() >= MOVER_MIN).collect();
                facts.unseen_example = c.unseen_names().first().map(|(name, _)| (*name).to_owned());
                let used = |counts: &[u64]| counts.iter().filter(|&&n| n > 0).count();
                facts.became_constant = c.n() > 1 && used(c.counts()) == 1 && used(r.counts()) > 1;
            }
        }
        Grid::Text(_) | Grid::Presence => {}
    }
    facts
}
