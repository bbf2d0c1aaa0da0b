//! Change events by nearness in time, distance in the lineage and match of scope.

use super::{Strength, Suspect, SuspectKind};
use crate::text::number;

/// Microseconds of an hour.
const HOUR: f64 = 3.6e9;
/// Hours in which nearness in time falls to 1/e.
const FADE_HOURS: f64 = 6.0;
/// Events longer before the onset than this are not listed.
const REACH_HOURS: f64 = 48.0;

/// Something that was done: a deployment, a change of a schema, of a source, of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeEvent {
    /// What identifies it to people, such as `deploy 4.2` or a commit.
    pub name: String,
    /// When, in microseconds since 1970 (UTC).
    pub at: i64,
    /// Steps in the lineage from the model to where it happened: 0 the model itself, 1 its direct sources.
    pub distance: u32,
    /// Version that it is about.
    pub version: Option<String>,
    /// Columns that it names.
    pub columns: Vec<String>,
    /// Segments that it names, as `column=value`.
    pub segments: Vec<String>,
}

/// When and where the harm is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentScope {
    /// Estimated onset, in microseconds since 1970 (UTC).
    pub onset: i64,
    /// By how much the onset may be wrong, in microseconds: usually the length of a window.
    pub uncertainty: i64,
    /// Columns with findings.
    pub columns: Vec<String>,
    /// Segments with findings, as `column=value`.
    pub segments: Vec<String>,
    /// Versions with findings; empty when all are concerned.
    pub versions: Vec<String>,
}

pub(super) fn rank(events: &[ChangeEvent], scope: &IncidentScope) -> Vec<Suspect> {
    events.iter().filter_map(|event| suspect(event, scope)).collect()
}

fn suspect(event: &ChangeEvent, scope: &IncidentScope) -> Option<Suspect> {
    // Positive: before the onset.
    let before = scope.onset as f64 - event.at as f64;
    let slack = scope.uncertainty.max(0) as f64;
    let hours = (before.abs() - slack).max(0.0) / HOUR;
    if (before < 0.0 && hours > 0.0) || hours > REACH_HOURS {
        return None;
    }
    let time = (-hours / FADE_HOURS).exp();
    let lineage = 1.0 / (1.0 + 0.3 * f64::from(event.distance));
    let (matched, said) = scope_match(event, scope);
    let score = (time * lineage * matched).clamp(0.0, 0.96);
    let when = if before >= 0.0 {
        format!("{} h before the onset", number(before / HOUR))
    } else {
        "at the onset, as nearly as it is known".to_owned()
    };
    let place = match event.distance {
        0 => "on the model itself".to_owned(),
        1 => "one step upstream".to_owned(),
        steps => format!("{steps} steps upstream"),
    };
    Some(Suspect {
        kind: SuspectKind::Change,
        name: event.name.clone(),
        strength: Strength::of(score),
        score,
        evidence: vec![("hours_before_onset", before / HOUR), ("time", time), ("lineage", lineage), ("scope", matched)],
        sentence: format!("`{}` happened {when}, {place}, {said}", event.name),
    })
}

/// How well the event's scope fits: 1 when it names what is affected, 0.7 when it names nothing, 0.25 when it names
/// other things only.
fn scope_match(event: &ChangeEvent, scope: &IncidentScope) -> (f64, String) {
    let common = |a: &[String], b: &[String]| a.iter().find(|x| b.contains(x)).cloned();
    if let Some(column) = common(&event.columns, &scope.columns) {
        return (1.0, format!("and names the affected column `{column}`"));
    }
    if let Some(segment) = common(&event.segments, &scope.segments) {
        return (1.0, format!("and names the affected segment `{segment}`"));
    }
    if let Some(version) = event.version.as_ref().filter(|v| scope.versions.contains(v)) {
        return (1.0, format!("and is about the affected version `{version}`"));
    }
    let elsewhere = |named: bool, known: bool| named && known;
    let other = elsewhere(!event.columns.is_empty(), !scope.columns.is_empty())
        || elsewhere(!event.segments.is_empty(), !scope.segments.is_empty())
        || elsewhere(event.version.is_some(), !scope.versions.is_empty());
    if other {
        (0.25, "but names other things than those affected".to_owned())
    } else {
        (0.7, "without saying what it touched".to_owned())
    }
}
