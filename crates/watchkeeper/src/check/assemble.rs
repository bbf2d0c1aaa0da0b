//! Puts the result together: the verdict of the data set, its columns, periods and segments.

use std::collections::BTreeMap;

use watchkeeper_profile::measure::{Exactness, Measured, Measurement};
use watchkeeper_spec::{Role, Thresholds, model_name_from};
use watchkeeper_stats::interval::{newcombe, rate_increase_lcb};
use watchkeeper_watch::text::{count, percent};
use watchkeeper_watch::{ColumnVerdict, DatasetVerdict, Judged, Judgement, Verdict, judge_dataset};

use super::CheckOptions;
use super::column::ColumnOutcome;
use super::keys::{Group, Keys};
use super::plan::{ColumnPlan, Plan, SchemaChange};
use super::result::{
    CheckResult, ColumnRow, Finding, GroupColumnRow, GroupRow, MeasurementRow, ModelRef, SCHEMA, SchemaChangeRow,
    SettingsUsed, Side, Summary,
};
use super::scan::Scanned;
use super::view::{ColumnView, History};
use crate::table::Table;

/// The result, and what only the report shows.
#[derive(Debug)]
pub struct Outcome {
    /// The result.
    pub result: CheckResult,
    /// Its verdict.
    pub verdict: Verdict,
    /// Pictures by column.
    pub views: BTreeMap<String, ColumnView>,
    /// Columns over the periods.
    pub history: BTreeMap<String, History>,
}

pub(super) fn assemble(
    reference: &Table,
    current: &Table,
    options: &CheckOptions,
    plan: &Plan,
    keys: &Keys,
    mut scanned: Scanned,
) -> Outcome {
    let ids = scanned.ids.take();
    let pairs = || plan.columns.iter().zip(&scanned.columns);
    let judged: Vec<Judged> = pairs().map(|(c, o)| judged(c, &o.verdict)).collect();
    let joint = judge_dataset(&only_judged(plan, &judged), plan.settings.fdr_q);
    let schema_changes: Vec<SchemaChangeRow> = plan.schema_changes.iter().map(schema_change).collect();
    let mut measurements = vec![row_count(scanned.rows)];
    measurements.extend(ids.map(|(r, c)| duplicate_rate(r.duplicates(), c.duplicates(), plan.settings.alpha)));
    let findings = findings(plan, &scanned.columns, &joint, &schema_changes, &measurements);
    let verdict = findings.iter().map(|(v, _)| *v).chain([joint.verdict]).max().unwrap_or(Verdict::Unknown);
    let summary = summary(plan, &scanned.columns, &joint);
    let mut notes = plan.notes.clone();
    notes.extend(keys.axes().filter_map(|axis| axis.note.clone()));
    notes.extend(exactness_note(plan, &scanned));
    let result = CheckResult {
        schema: SCHEMA.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        generated_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        model: model(options, current),
        reference: side(reference, scanned.rows.0),
        current: side(current, scanned.rows.1),
        verdict: verdict.to_string(),
        reason: reason(verdict, &joint, &findings, &summary),
        settings: settings(options, plan, keys, scanned.time_ordered),
        summary,
        findings: findings.into_iter().map(|(_, finding)| finding).collect(),
        measurements,
        schema_changes,
        columns: pairs().map(|(c, o)| column_row(c, o)).collect(),
        periods: keys.periods.iter().flat_map(|axis| groups(&axis.groups, plan, &scanned.columns, 0, None)).collect(),
        segments: keys
            .segments
            .iter()
            .flat_map(|axis| {
                groups(
                    &axis.groups,
                    plan,
                    &scanned.columns,
                    usize::from(keys.periods.is_some()),
                    options.segment.as_deref(),
                )
            })
            .collect(),
        notes,
    };
    let mut outcome = Outcome { result, verdict, views: BTreeMap::new(), history: BTreeMap::new() };
    for (column, found) in plan.columns.iter().zip(scanned.columns) {
        outcome.views.insert(column.name.clone(), found.view);
        outcome.history.extend(found.history.map(|history| (column.name.clone(), history)));
    }
    outcome
}

fn judged(column: &ColumnPlan, verdict: &ColumnVerdict) -> Judged {
    Judged { verdict: verdict.verdict, p_value: verdict.p_value, importance: column.rule.importance }
}

/// Ids, times and nested columns have no say unless they alarm (values that went missing).
fn only_judged(plan: &Plan, judged: &[Judged]) -> Vec<Judged> {
    let counts =
        |(column, judged): (&ColumnPlan, &Judged)| (column.judged || judged.verdict.is_alarm()).then_some(*judged);
    plan.columns.iter().zip(judged).filter_map(counts).collect()
}

fn shown_verdict(column: &ColumnPlan, verdict: Verdict) -> Verdict {
    if column.judged || verdict.is_alarm() { verdict } else { Verdict::Ok }
}

fn schema_change(change: &SchemaChange) -> SchemaChangeRow {
    let (r, c) = (change.reference_type.clone(), change.current_type.clone());
    let (kind, verdict, reason) = match (&r, &c) {
        (Some(_), None) if change.role == Role::Label => {
            ("removed", Verdict::Ok, "labels are not in the current data (they may come later)".to_owned())
        }
        (Some(t), None) => {
            ("removed", Verdict::Critical, format!("the reference has it as {t}; the current data does not have it"))
        }
        (None, Some(t)) => {
            ("added", Verdict::Ok, format!("only the current data has it, as {t}; there is nothing to compare it with"))
        }
        (Some(a), Some(b)) => {
            ("retyped", Verdict::Warning, format!("{a} in the reference, {b} in the current data; compared as {a}"))
        }
        (None, None) => ("retyped", Verdict::Unknown, String::new()),
    };
    SchemaChangeRow {
        column: change.column.clone(),
        change: kind.into(),
        reference_type: r,
        current_type: c,
        verdict: verdict.to_string(),
        reason,
    }
}

fn blank_row(metric: &str, method: &str, n: (u64, u64)) -> MeasurementRow {
    MeasurementRow {
        metric: metric.into(),
        method: method.into(),
        value: None,
        status: "ok".into(),
        detail: None,
        exactness: "exact".into(),
        lo: None,
        hi: None,
        n_reference: n.0,
        n_current: n.1,
        reference: None,
        current: None,
        threshold: None,
        decision_threshold: None,
        critical_threshold: None,
        critical_decision_threshold: None,
        p_value: None,
        ci_low: None,
        ci_high: None,
        alarm: false,
        verdict: None,
    }
}

fn row_count(rows: (u64, u64)) -> MeasurementRow {
    let mut row = blank_row("row_count_ratio", "row_count_ratio.v1", rows);
    row.value = (rows.0 > 0).then(|| rows.1 as f64 / rows.0 as f64);
    (row.reference, row.current) = (Some(rows.0 as f64), Some(rows.1 as f64));
    row
}

fn duplicate_rate(reference: Option<(u64, u64)>, current: Option<(u64, u64)>, alpha: f64) -> MeasurementRow {
    let (Some(r), Some(c)) = (reference, current) else {
        let mut row = blank_row("duplicate_rate", "duplicate_rate.newcombe.v1", (0, 0));
        row.status = "insufficient_data".into();
        row.detail = Some("too many rows to look for repeated ids".into());
        return row;
    };
    let mut row = blank_row("duplicate_rate", "duplicate_rate.newcombe.v1", (r.1, c.1));
    let share = |(n, rows): (u64, u64)| if rows == 0 { 0.0 } else { n as f64 / rows as f64 };
    let thresholds = Thresholds::for_rate(share(r));
    row.value = Some(share(c) - share(r));
    (row.reference, row.current) = (Some(share(r)), Some(share(c)));
    (row.threshold, row.critical_threshold) = (Some(thresholds.warning), Some(thresholds.critical));
    if let Some(interval) = newcombe(c.0, c.1, r.0, r.1, 0.95) {
        (row.ci_low, row.ci_high) = (Some(interval.lo), Some(interval.hi));
    }
    if let Some(bound) = rate_increase_lcb(r.0, r.1, c.0, c.1, alpha) {
        let allowance = (share(c) - share(r) - bound).max(0.0);
        row.decision_threshold = Some(thresholds.warning + allowance);
        row.critical_decision_threshold = Some(thresholds.critical + allowance);
        let verdict = match bound {
            bound if bound > thresholds.critical => Verdict::Critical,
            bound if bound > thresholds.warning => Verdict::Warning,
            _ => Verdict::Ok,
        };
        (row.alarm, row.verdict) = (true, Some(verdict.to_string()));
    }
    row
}

fn verdict_from(word: &str) -> Verdict {
    match word {
        "critical" => Verdict::Critical,
        "warning" => Verdict::Warning,
        "ok" => Verdict::Ok,
        _ => Verdict::Unknown,
    }
}

/// What to look at: schema changes, repeated ids, then columns by verdict and distance beyond their threshold.
fn findings(
    plan: &Plan,
    columns: &[ColumnOutcome],
    joint: &DatasetVerdict,
    changes: &[SchemaChangeRow],
    measurements: &[MeasurementRow],
) -> Vec<(Verdict, Finding)> {
    let mut found: Vec<(Verdict, f64, Finding)> = Vec::new();
    for change in changes.iter().filter(|change| verdict_from(&change.verdict).is_alarm()) {
        let finding = Finding {
            column: Some(change.column.clone()),
            verdict: change.verdict.clone(),
            reason: format!("{}: {}", change.change, change.reason),
        };
        found.push((verdict_from(&change.verdict), f64::INFINITY, finding));
    }
    for row in measurements.iter().filter(|row| row.alarm) {
        let verdict = row.verdict.as_deref().map_or(Verdict::Ok, verdict_from);
        if verdict.is_alarm() {
            let reason = format!(
                "repeated ids rose from {} to {} of rows",
                percent(row.reference.unwrap_or(0.0)),
                percent(row.current.unwrap_or(0.0))
            );
            found.push((verdict, f64::INFINITY, Finding { column: None, verdict: verdict.to_string(), reason }));
        }
    }
    let mut survives = joint.survives.iter();
    for (column, outcome) in plan.columns.iter().zip(columns) {
        let counted = column.judged || outcome.verdict.verdict.is_alarm();
        let survives = counted && survives.next().copied().unwrap_or(false);
        if survives {
            let verdict = outcome.verdict.verdict;
            let finding = Finding {
                column: Some(column.name.clone()),
                verdict: verdict.to_string(),
                reason: outcome.verdict.reason.clone(),
            };
            found.push((verdict, outcome.verdict.severity * column.rule.importance, finding));
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    found.into_iter().map(|(verdict, _, finding)| (verdict, finding)).collect()
}

fn summary(plan: &Plan, columns: &[ColumnOutcome], joint: &DatasetVerdict) -> Summary {
    let mut summary = Summary {
        columns: plan.columns.len(),
        tested: joint.tested,
        drifted: joint.drifted,
        drifted_share: joint.drifted_share,
        dataset_drift: joint.dataset_drift,
        ..Summary::default()
    };
    for (column, outcome) in plan.columns.iter().zip(columns) {
        let counter = match outcome.verdict.verdict {
            verdict if !column.judged && !verdict.is_alarm() => &mut summary.not_judged,
            Verdict::Ok => &mut summary.ok,
            Verdict::Warning => &mut summary.warning,
            Verdict::Critical => &mut summary.critical,
            Verdict::Unknown => &mut summary.unknown,
        };
        *counter += 1;
    }
    summary
}

fn reason(verdict: Verdict, joint: &DatasetVerdict, findings: &[(Verdict, Finding)], summary: &Summary) -> String {
    let tested = count(joint.tested as u64);
    if joint.dataset_drift {
        return format!(
            "{} of {tested} columns changed by more than matters: the data set as a whole has drifted",
            joint.drifted
        );
    }
    match (verdict, findings.first()) {
        (Verdict::Ok, _) => match summary.warning + summary.critical {
            0 => format!("no column of {tested} changed by more than matters"),
            n => {
                format!("no change stands out: {n} of {tested} columns are beyond a threshold, as chance would have it")
            }
        },
        (Verdict::Unknown, _) => "too few rows to judge".into(),
        (_, Some((_, finding))) => {
            let others = findings.len() - 1;
            let more = match others {
                0 => String::new(),
                1 => " (and 1 more finding)".into(),
                n => format!(" (and {n} more findings)"),
            };
            match &finding.column {
                Some(column) => format!("`{column}`: {}{more}", finding.reason),
                None => format!("{}{more}", finding.reason),
            }
        }
        (_, None) => String::new(),
    }
}

fn exactness_note(plan: &Plan, scanned: &Scanned) -> Option<String> {
    let limit = plan.settings.exact_rows;
    let larger = scanned.rows.0.max(scanned.rows.1);
    (larger > limit).then(|| {
        format!("rank statistics (KS, Wasserstein) come from the bins, with bounds: {} rows are more than {} (--exact-rows)", count(larger), count(limit))
    })
}

fn model(options: &CheckOptions, current: &Table) -> ModelRef {
    match &options.model {
        Some(model) => {
            ModelRef { name: model.name.clone(), source: options.model_path.clone().unwrap_or_else(|| "model".into()) }
        }
        None => {
            let stem =
                current.files.first().and_then(|file| file.file_stem()).map(|s| s.to_string_lossy().into_owned());
            ModelRef { name: model_name_from(stem.as_deref().unwrap_or("model")), source: "inferred".into() }
        }
    }
}

fn side(table: &Table, rows: u64) -> Side {
    Side { paths: table.files.iter().map(|file| file.display().to_string()).collect(), rows, bytes: table.bytes }
}

fn settings(options: &CheckOptions, plan: &Plan, keys: &Keys, time_ordered: bool) -> SettingsUsed {
    let metrics = match (options.all_metrics, options.metrics.is_empty()) {
        (true, _) => vec!["all".into()],
        (false, true) => vec!["default".into()],
        (false, false) => options.metrics.iter().map(ToString::to_string).collect(),
    };
    SettingsUsed {
        alpha: plan.settings.alpha,
        fdr_q: plan.settings.fdr_q,
        metrics,
        exact_rows: plan.settings.exact_rows,
        by: keys.by.clone(),
        segment: options.segment.clone(),
        time_ordered,
    }
}

fn column_row(column: &ColumnPlan, outcome: &ColumnOutcome) -> ColumnRow {
    ColumnRow {
        name: column.name.clone(),
        type_name: column.type_name.clone(),
        role: column.rule.role.to_string(),
        verdict: shown_verdict(column, outcome.verdict.verdict).to_string(),
        reason: outcome.verdict.reason.clone(),
        importance: column.rule.importance,
        variance_inflation: outcome.measured.variance_inflation,
        measurements: rows(&outcome.measured, &outcome.verdict)
            .into_iter()
            .map(|row| MeasurementRow {
                alarm: row.alarm && (column.judged || outcome.verdict.verdict.is_alarm()),
                ..row
            })
            .collect(),
    }
}

fn rows(measured: &Measured, verdict: &ColumnVerdict) -> Vec<MeasurementRow> {
    measured
        .measurements
        .iter()
        .zip(&verdict.judgements)
        .map(|(m, (j, alarm))| measurement_row(m, j.as_ref(), *alarm))
        .collect()
}

fn measurement_row(m: &Measurement, judgement: Option<&Judgement>, alarm: bool) -> MeasurementRow {
    let mut row = blank_row(m.metric.as_str(), &m.method, (m.n_reference, m.n_current));
    (row.value, row.status, row.detail) = (m.value, m.status.as_str().into(), m.detail.clone());
    (row.reference, row.current, row.p_value, row.alarm) = (m.reference, m.current, m.p_value, alarm);
    match m.exactness {
        Exactness::Exact => {}
        Exactness::Approximate => row.exactness = "approximate".into(),
        Exactness::Sampled { .. } => row.exactness = "sampled".into(),
        Exactness::Bounded { lo, hi } => {
            row.exactness = "bounded".into();
            (row.lo, row.hi) = (Some(lo), Some(hi));
        }
    }
    if let Some(interval) = &m.interval {
        (row.ci_low, row.ci_high) = (Some(interval.lo), Some(interval.hi));
    }
    if let Some(judgement) = judgement {
        (row.threshold, row.critical_threshold) =
            (Some(judgement.thresholds.warning), Some(judgement.thresholds.critical));
        row.decision_threshold = judgement.decision.map(|d| d.warning);
        row.critical_decision_threshold = judgement.decision.map(|d| d.critical);
        row.ci_low = row.ci_low.or(judgement.lower_bound);
        row.verdict = Some(judgement.verdict.to_string());
    }
    row
}

/// The groups of one axis; `axis` is its position among the axes, `key` a column that is the same in a whole group.
fn groups(groups: &[Group], plan: &Plan, columns: &[ColumnOutcome], axis: usize, key: Option<&str>) -> Vec<GroupRow> {
    let judged: Vec<(&ColumnPlan, &ColumnOutcome)> =
        plan.columns.iter().zip(columns).filter(|(c, _)| c.judged && Some(c.name.as_str()) != key).collect();
    groups.iter().enumerate().map(|(number, group)| group_row(number, group, plan, &judged, axis)).collect()
}

fn group_row(
    number: usize,
    group: &Group,
    plan: &Plan,
    columns: &[(&ColumnPlan, &ColumnOutcome)],
    axis: usize,
) -> GroupRow {
    let found = columns.iter().filter_map(|&(column, outcome)| {
        let (measured, verdict) = outcome.groups.get(axis)?.get(number)?.as_ref()?;
        Some((column, measured, verdict))
    });
    let found: Vec<(&ColumnPlan, &Measured, &ColumnVerdict)> = found.collect();
    let joint = judge_dataset(&found.iter().map(|(c, _, v)| judged(c, v)).collect::<Vec<_>>(), plan.settings.fdr_q);
    let worst = found
        .iter()
        .zip(&joint.survives)
        .filter(|(_, survives)| **survives)
        .map(|((c, _, v), _)| (c, v))
        .max_by(|a, b| a.1.verdict.cmp(&b.1.verdict).then(a.1.severity.total_cmp(&b.1.severity)));
    let reason = match worst {
        _ if found.is_empty() => "no rows".into(),
        Some((column, verdict)) => {
            let more = if joint.drifted > 1 {
                format!(" ({} of {} columns)", joint.drifted, joint.tested)
            } else {
                String::new()
            };
            format!("`{}`: {}{more}", column.name, verdict.reason)
        }
        None if joint.verdict == Verdict::Unknown => "too few rows to judge".into(),
        None => "no column changed by more than matters".into(),
    };
    GroupRow {
        key: group.key.clone(),
        label: group.label.clone(),
        start: group.start.clone(),
        end: group.end.clone(),
        rows: group.rows,
        verdict: joint.verdict.to_string(),
        reason,
        columns: found
            .iter()
            .map(|(c, m, v)| GroupColumnRow {
                name: c.name.clone(),
                verdict: v.verdict.to_string(),
                reason: v.reason.clone(),
                measurements: rows(m, v).into_iter().filter(|row| row.alarm).collect(),
            })
            .collect(),
    }
}
