//! The server's port for alerts, incidents and measurements.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use watchkeeper_catalog::{IncidentQuery, IncidentRow};
use watchkeeper_lake::query::{Caps, Scan};
use watchkeeper_server::Caller;
use watchkeeper_server::ports::{
    AlertInfo, AlertsAnswer, IncidentAnswer, IncidentCommand, IncidentInfo, IncidentsPage, IncidentsQuery,
    MeasurementPoint, MeasurementSeries, MeasurementsAnswer, MeasurementsQuery, Page, ReadError, Time, TimelineEntry,
    Watch,
};
use watchkeeper_watch::alert::{Alert, Health, Phase};
use watchkeeper_watch::engine::{Command, Input};
use watchkeeper_watch::incident::{Event, Incident, Member, Status};
use watchkeeper_watch::measured::{Point, Series};

use super::tenant::{WatchError, measurements};
use super::{Watching, rows};
use crate::serve::answers::{serialised, unavailable};
use crate::serve::resources::actor;

/// Alerts of one answer.
const ALERTS_MAX: usize = 1000;
/// Measurements of one answer.
const POINTS_MAX: usize = 100_000;
const BYTES_MAX: usize = 64 << 20;

/// Answers of the watch.
pub(in crate::serve) struct WatchAnswers(pub(in crate::serve) Arc<Watching>);

fn missing(incident: &str) -> ReadError {
    ReadError::NotFound { what: format!("incident `{incident}`") }
}

fn time(micros: i64) -> Time {
    Time(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// Whether a caller may see what is about a model and an environment; empty ones are of the whole tenant.
fn sees(caller: &Caller, model: Option<&str>, environment: Option<&str>) -> bool {
    let model = match model {
        Some(model) if !model.is_empty() => caller.sees_model(model),
        _ => caller.model.is_none(),
    };
    let environment = match environment {
        Some(environment) if !environment.is_empty() => caller.sees_environment(environment),
        _ => true,
    };
    model && environment
}

impl WatchAnswers {
    async fn found(&self, caller: &Caller, id: &str) -> Result<Incident, ReadError> {
        let row = self.0.models.catalog.incident(&caller.tenant, id).await.map_err(|error| unavailable(&error))?;
        let row =
            row.filter(|row| sees(caller, Some(&row.model), Some(&row.environment))).ok_or_else(|| missing(id))?;
        read(&row)
    }
}

fn read(row: &IncidentRow) -> Result<Incident, ReadError> {
    serde_json::from_str(&row.body)
        .map_err(|error| ReadError::Internal { detail: format!("incident `{}`: {error}", row.id) })
}

#[async_trait]
impl Watch for WatchAnswers {
    async fn alerts(&self, caller: &Caller, model: Option<&str>) -> Result<AlertsAnswer, ReadError> {
        let watch = self.0.tenant(&caller.tenant).await.map_err(|error| unavailable(&error))?;
        let watch = watch.lock().await;
        let engine = &watch.state.engine;
        let label = |alert: &Alert, name: &str| alert.labels.get(name).cloned();
        let mut found: Vec<&Alert> = engine
            .alerts()
            .filter(|alert| alert.phase != Phase::Inactive || alert.health != Health::Ok)
            .filter(|alert| model.is_none_or(|model| label(alert, "model").as_deref() == Some(model)))
            .filter(|alert| sees(caller, label(alert, "model").as_deref(), label(alert, "environment").as_deref()))
            .collect();
        found.sort_by_key(|alert| (!alert.phase.is_active(), std::cmp::Reverse(alert.severity), alert.fingerprint));
        let more = found.len().saturating_sub(ALERTS_MAX) as u64;
        let alerts = found.into_iter().take(ALERTS_MAX).map(|alert| {
            let incident = engine.incident_of(alert.fingerprint).map(|incident| incident.id.clone());
            alert_info(alert, incident)
        });
        Ok(AlertsAnswer { alerts: alerts.collect(), more })
    }

    async fn incidents(
        &self,
        caller: &Caller,
        query: &IncidentsQuery,
        page: &Page,
    ) -> Result<IncidentsPage, ReadError> {
        let before = match page.after.as_deref() {
            None => None,
            Some(cursor) => {
                let wrong =
                    || ReadError::Invalid { parameter: "cursor".into(), detail: "`cursor` is not one of ours".into() };
                let (at, id) = cursor.split_once('.').ok_or_else(wrong)?;
                Some((at.parse().map_err(|_| wrong())?, id.to_owned()))
            }
        };
        let model = query.model.clone().or_else(|| caller.model.clone());
        let limit = u32::try_from(page.limit).unwrap_or(u32::MAX).min(watchkeeper_catalog::PAGE_ROWS_MAX);
        let asked = IncidentQuery { model, environment: caller.environment.clone(), open: query.open, before, limit };
        let rows =
            self.0.models.catalog.incidents(&caller.tenant, &asked).await.map_err(|error| unavailable(&error))?;
        let last = rows.last().map(|row| format!("{}.{}", row.opened, row.id));
        let next = last.filter(|_| rows.len() >= limit as usize);
        let seen = rows.iter().filter(|row| sees(caller, Some(&row.model), Some(&row.environment)));
        let incidents = seen.map(|row| Ok(incident_info(&read(row)?, row))).collect::<Result<_, ReadError>>()?;
        Ok(IncidentsPage { incidents, next })
    }

    async fn incident(&self, caller: &Caller, incident: &str) -> Result<IncidentAnswer, ReadError> {
        let found = self.found(caller, incident).await?;
        Ok(answer(&found))
    }

    async fn command(
        &self,
        caller: &Caller,
        incident: &str,
        command: IncidentCommand,
    ) -> Result<IncidentAnswer, ReadError> {
        self.found(caller, incident).await?;
        let id = incident.to_owned();
        let command = match command {
            IncidentCommand::Acknowledge { until } => {
                Command::Acknowledge { incident: id, until: until.map(|until| until.0.as_microsecond()) }
            }
            IncidentCommand::Assign { to } => Command::Assign { incident: id, to },
            IncidentCommand::Comment { text } => Command::Comment { incident: id, text },
            IncidentCommand::Hypothesis { text } => Command::Hypothesis { incident: id, text },
            IncidentCommand::Mitigate { text } => Command::Mitigate { incident: id, text },
            IncidentCommand::Review { verdict } => Command::Review { incident: id, verdict },
        };
        let by = actor(caller);
        let watch = self.0.tenant(&caller.tenant).await.map_err(|error| unavailable(&error))?;
        let outputs = {
            let mut watch = watch.lock().await;
            watch.apply(&self.0.models, vec![Input::Command { by, command }], crate::serve::now()).await
        };
        let outputs = outputs.map_err(|error: WatchError| unavailable(&error))?;
        let refused = outputs.into_iter().find_map(|output| match output {
            watchkeeper_watch::engine::Output::Refused(why) => Some(why),
            _ => None,
        });
        match refused {
            Some(detail) => Err(ReadError::Invalid { parameter: "action".into(), detail }),
            None => Ok(answer(&self.found(caller, incident).await?)),
        }
    }

    async fn measurements(&self, caller: &Caller, query: &MeasurementsQuery) -> Result<MeasurementsAnswer, ReadError> {
        if !caller.sees_model(&query.model) {
            return Err(ReadError::NotFound { what: format!("model `{}`", query.model) });
        }
        let mut equals = vec![("model".to_owned(), query.model.clone())];
        equals.extend(query.column.iter().map(|column| ("column".to_owned(), column.clone())));
        equals.extend(query.measure.iter().map(|measure| ("measure".to_owned(), measure.clone())));
        let (start, end) = (query.window.start.0.as_microsecond(), query.window.end.0.as_microsecond());
        let scan = Scan {
            from_us: Some(start),
            to_us: Some(end),
            environment: caller.environment.clone(),
            equals,
            ..Scan::default()
        };
        let rows = self.0.models.lake.scan(&measurements(&caller.tenant), &scan).await;
        let rows = rows.map_err(|error| unavailable(&error))?;
        let found =
            rows.collect(Caps { rows: POINTS_MAX, bytes: BYTES_MAX }).await.map_err(|error| unavailable(&error))?;
        let mut series: BTreeMap<Series, BTreeMap<i64, Point>> = BTreeMap::new();
        let known = query.known_at.map_or(i64::MAX, |at| at.0.as_microsecond());
        for batch in &found.batches {
            let internal = |column| ReadError::Internal { detail: format!("measurements have no column `{column}`") };
            for (of, point) in rows::points(batch).map_err(internal)? {
                if point.known_at > known || point.end > end {
                    continue;
                }
                let points = series.entry(of).or_default();
                if points.get(&point.end).is_none_or(|old| old.known_at <= point.known_at) {
                    points.insert(point.end, point);
                }
            }
        }
        let shown = series.into_iter().take(ALERTS_MAX).map(|(series, points)| MeasurementSeries {
            labels: series.labels(),
            window_seconds: series.window,
            baseline: series.baseline.clone(),
            points: points.into_values().map(|point| measurement(&point)).collect(),
        });
        Ok(MeasurementsAnswer { series: shown.collect(), truncated: found.truncated })
    }
}

fn measurement(point: &Point) -> MeasurementPoint {
    MeasurementPoint {
        start: time(point.start),
        end: time(point.end),
        known_at: time(point.known_at),
        value: point.value,
        status: point.status.as_str().to_owned(),
        rows: point.n_current,
        lo: point.interval.map(|(low, _)| low),
        hi: point.interval.map(|(_, high)| high),
    }
}

fn alert_info(alert: &Alert, incident: Option<String>) -> AlertInfo {
    let facts = alert.facts.as_ref();
    AlertInfo {
        fingerprint: alert.fingerprint.to_string(),
        rule: alert.rule.name.clone(),
        kind: alert.rule.kind.as_str().to_owned(),
        state: alert.phase.as_str().to_owned(),
        health: serialised(&alert.health),
        severity: alert.severity.as_str().to_owned(),
        labels: alert.labels.clone(),
        sentence: facts.map(|facts| facts.sentence.clone()),
        value: facts.and_then(|facts| facts.value),
        limit: facts.and_then(|facts| facts.limit),
        fired_at: facts.and_then(|facts| facts.fired).map(time),
        incident,
    }
}

fn member_info(fingerprint: String, member: &Member, incident: &Incident) -> AlertInfo {
    let state = if member.ended.is_some() { Phase::Resolved } else { Phase::Firing };
    AlertInfo {
        fingerprint,
        rule: member.rule.name.clone(),
        kind: member.rule.kind.as_str().to_owned(),
        state: state.as_str().to_owned(),
        health: "ok".to_owned(),
        severity: member.severity.as_str().to_owned(),
        labels: member.labels.clone(),
        sentence: Some(member.sentence.clone()),
        value: member.value,
        limit: member.limit,
        fired_at: Some(time(member.starts_at)),
        incident: Some(incident.id.clone()),
    }
}

fn incident_info(incident: &Incident, row: &IncidentRow) -> IncidentInfo {
    let named = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    IncidentInfo {
        model: named(&row.model),
        environment: named(&row.environment),
        opened_at: time(row.opened),
        closed_at: row.closed.map(time),
        ..info(incident)
    }
}

fn info(incident: &Incident) -> IncidentInfo {
    let labels = incident.common_labels();
    let root = incident.members.get(&incident.root);
    IncidentInfo {
        id: incident.id.clone(),
        status: match &incident.status {
            Status::Open => "open",
            Status::Resolved => "resolved",
            Status::Merged { .. } => "merged",
        }
        .to_owned(),
        severity: incident.severity.as_str().to_owned(),
        title: root.map_or_else(String::new, |member| member.sentence.clone()),
        model: labels.get("model").cloned(),
        environment: labels.get("environment").cloned(),
        opened_at: time(incident.stamps.fired.or(incident.stamps.first_breach).unwrap_or(0)),
        closed_at: incident.stamps.resolved.map(time),
        alerts_total: incident.members.len() as u64 + incident.members_lost,
        suspects: incident.suspects.clone(),
        acknowledged_by: incident.ack.as_ref().map(|ack| ack.by.clone()),
        assignee: incident.assignee.clone(),
    }
}

fn answer(incident: &Incident) -> IncidentAnswer {
    let stamps = &incident.stamps;
    let times = [
        ("onset", stamps.onset),
        ("first_breach", stamps.first_breach),
        ("fired", stamps.fired),
        ("notified", stamps.notified),
        ("delivered", stamps.delivered),
        ("acked", stamps.acked),
        ("mitigated", stamps.mitigated),
        ("recovered", stamps.recovered),
        ("resolved", stamps.resolved),
    ];
    let lengths = stamps.durations();
    let durations = [
        ("detect", lengths.detect),
        ("acknowledge", lengths.acknowledge),
        ("mitigate", lengths.mitigate),
        ("recover", lengths.recover),
        ("open", lengths.open),
    ];
    let alerts = incident.members.iter().take(ALERTS_MAX);
    IncidentAnswer {
        incident: info(incident),
        alerts: alerts.map(|(id, member)| member_info(id.to_string(), member, incident)).collect(),
        timeline: incident
            .timeline
            .iter()
            .map(|entry| TimelineEntry {
                at: time(entry.at),
                what: what(&entry.event),
                text: text(&entry.event, incident),
            })
            .collect(),
        times: times.into_iter().filter_map(|(name, at)| Some((name.to_owned(), time(at?)))).collect(),
        durations: durations
            .into_iter()
            .filter_map(|(name, micros)| Some((name.to_owned(), micros? as f64 / 1e6)))
            .collect(),
        runbook: incident.runbook.clone(),
    }
}

/// The word of an event.
fn what(event: &Event) -> String {
    let value = serde_json::to_value(event).unwrap_or_default();
    value.get("what").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// An event for people.
fn text(event: &Event, incident: &Incident) -> String {
    let of = |fingerprint| incident.members.get(fingerprint).map_or_else(String::new, |member| member.sentence.clone());
    match event {
        Event::Onset { alert } | Event::Breach { alert } | Event::Survived { alert } | Event::Flapping { alert } => {
            of(alert)
        }
        Event::Ended { alert, .. } | Event::Restated { alert, .. } => of(alert),
        Event::Fired { sentence, .. } => sentence.clone(),
        Event::Absorbed { alert, by } => format!("{} (explained by: {})", of(alert), of(by)),
        Event::Escalated { severity } => format!("to {severity}"),
        Event::Change { summary, .. } => summary.clone(),
        Event::Merged { incident } => format!("{incident} is a part of it"),
        Event::MergedInto { incident } => format!("into {incident}"),
        Event::Notified { target, sequence, .. } => format!("{target}, notice {sequence}"),
        Event::Delivered { target, sequence } => format!("{target}, notice {sequence}"),
        Event::Acknowledged { by } => by.clone(),
        Event::Assigned { to, by } => format!("to {to}, by {by}"),
        Event::Comment { by, text } | Event::Hypothesis { by, text } | Event::Mitigated { by, text } => {
            format!("{text} ({by})")
        }
        Event::Reviewed { by, verdict } => format!("{verdict} ({by})"),
        Event::Recovered | Event::Resolved => String::new(),
    }
}
