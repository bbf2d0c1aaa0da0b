//! Maintenance windows and silences.

use super::{monitor, value};
use crate::cron::CRON_RULE;
use crate::decode::Slot;
use crate::decode::fields::Fields;
use crate::problem::{Problem, Problems};
use crate::watch_words::MaintenanceEffect;
use crate::{MaintenanceSchedule, MaintenanceWindowSpec, Recurring, SilenceSpec, Span, TimeRange, show};

/// How long a silence is at most, in microseconds.
const SILENCE_MICROS_MAX: i64 = 30 * 86_400 * 1_000_000;

/// What a message says is expected.
pub(super) const TIME_ZONE_RULE: &str = "a time zone of the IANA database, such as `Europe/Berlin` or `UTC`";

pub(crate) fn maintenance(slot: &Slot<'_>, problems: &mut Problems) -> Option<MaintenanceWindowSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let schedule = fields.required("schedule", "a mapping with `once` or `recurring`", schedule);
    let matchers = fields.required("matchers", "a list of matchers", value::matchers(1));
    let effect = fields.optional("effect", value::word).unwrap_or(MaintenanceEffect::Suppress);
    let reason = fields.required("reason", "why, for the record", value::filled("why, for the record"));
    fields.finish();
    Some(MaintenanceWindowSpec { schedule: schedule?, matchers: matchers?, effect, reason: reason? })
}

fn schedule(slot: &Slot<'_>, problems: &mut Problems) -> Option<MaintenanceSchedule> {
    let mut fields = Fields::open(slot, problems)?;
    let both = fields.has("once") == fields.has("recurring");
    let once = fields.optional("once", monitor::from_to).map(|(from, to)| TimeRange { from, to });
    let recurring = fields.optional("recurring", recurring);
    fields.synonym("cron", "recurring");
    fields.finish();
    if both {
        let what = format!("`{}` does not hold exactly one of its fields", slot.path);
        let problem = Problem::new(slot.path.clone(), slot.node.position, what);
        problems.add(problem.expected(show::one_of(&["once", "recurring"])));
        return None;
    }
    once.map(MaintenanceSchedule::Once).or_else(|| recurring.map(MaintenanceSchedule::Recurring))
}

fn recurring(slot: &Slot<'_>, problems: &mut Problems) -> Option<Recurring> {
    let mut fields = Fields::open(slot, problems)?;
    let cron = fields.required("cron", CRON_RULE, value::parsed(CRON_RULE));
    let length = value::span(Span::minutes(1), Span::days(31));
    let duration = fields.required("duration", "a length of time such as `2h`", length);
    let time_zone = fields.optional("timeZone", time_zone).unwrap_or_else(|| "UTC".to_owned());
    fields.finish();
    Some(Recurring { cron: cron?, duration: duration?, time_zone })
}

/// The form of a name of a time zone; whether there is such a zone only its database knows.
pub(super) fn time_zone(slot: &Slot<'_>, problems: &mut Problems) -> Option<String> {
    let name = value::text(slot, problems)?;
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+'))
    };
    if name.len() > 64 || !name.split('/').all(is_part) {
        let what = format!("`{}` is {}", slot.path, show::quoted(&name));
        let problem = Problem::new(slot.path.clone(), slot.node.position, what);
        problems.add(problem.found(name.as_str()).expected(TIME_ZONE_RULE));
    }
    Some(name)
}

pub(crate) fn silence(slot: &Slot<'_>, problems: &mut Problems) -> Option<SilenceSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let matchers = fields.required("matchers", "a list of matchers", value::matchers(1));
    let author = fields.required("author", "who silences", value::filled("who silences"));
    let reason = fields.required("reason", "why, for the record", value::filled("why, for the record"));
    let starts_at = fields.required("startsAt", crate::utc::TIME_RULE, value::time);
    let ends_at = fields.required("endsAt", crate::utc::TIME_RULE, value::time);
    if let (Some(from), Some(to)) = (starts_at, ends_at) {
        if from >= to {
            let problem = fields.problem("startsAt", format!("`startsAt` `{from}` is not before `endsAt` `{to}`"));
            fields.add(problem.expected("`startsAt` before `endsAt`"));
        } else if to.micros() - from.micros() > SILENCE_MICROS_MAX {
            let problem =
                fields.problem("endsAt", format!("`endsAt` `{to}` is more than 30 days after `startsAt` `{from}`"));
            let problem = problem.found(to.to_string()).expected("at most 30 days");
            fields.add(problem.hint("what is to be quiet for longer is a change of its monitor"));
        }
    }
    fields.synonym("comment", "reason");
    fields.synonym("createdBy", "author");
    fields.finish();
    Some(SilenceSpec {
        matchers: matchers?,
        author: author?,
        reason: reason?,
        starts_at: starts_at?,
        ends_at: ends_at?,
    })
}
