//! Maintenance windows and silences.

use watchkeeper_spec::{MaintenanceEffect, MaintenanceSchedule, Resource};

use super::{of, one, refused};

#[test]
fn maintenance_windows() {
    let Resource::MaintenanceWindow(window) = one(&of(
        "MaintenanceWindow",
        "schedule: {recurring: {cron: \"30 1 * * 1-5\", duration: 90m}}\nmatchers: [model = m]\nreason: load",
    )) else {
        panic!()
    };
    let MaintenanceSchedule::Recurring(recurring) = &window.spec.schedule else { panic!() };
    assert_eq!((recurring.time_zone.as_str(), recurring.duration.seconds()), ("UTC", 5400));
    assert!(recurring.cron.begins_at(30, 1, 2, 1, 5) && !recurring.cron.begins_at(30, 1, 3, 1, 6));
    assert_eq!(window.spec.effect, MaintenanceEffect::Suppress);

    refused(
        &of(
            "MaintenanceWindow",
            "schedule: {once: {from: 2026-01-02, to: 2026-01-01}, recurring: {cron: daily, duration: 2s, timeZone: \"../etc\"}}\nmatchers: []\neffect: mute\nreason: \"\"",
        ),
        &[
            "w.yaml:5:13: `spec.schedule` does not hold exactly one of its fields; expected one of `once`, `recurring`",
            "w.yaml:5:27: `from` `2026-01-02T00:00:00Z` is not before `to` `2026-01-01T00:00:00Z` in `spec.schedule.once`; \
             expected `from` before `to`",
            "w.yaml:5:74: `spec.schedule.recurring.cron` is `daily`; expected five fields `minute hour day-of-month month \
             day-of-week`, such as `0 2 * * sun` or `*/15 9-17 * * 1-5`",
            "w.yaml:5:91: `spec.schedule.recurring.duration` is `2s`; expected `1m` to `31d`",
            "w.yaml:5:105: `spec.schedule.recurring.timeZone` is `../etc`; expected a time zone of the IANA database, such as \
             `Europe/Berlin` or `UTC`",
            "w.yaml:6:13: `spec.matchers` has 0 items; expected a list of at least one matcher, such as `[model = credit-risk]`",
            "w.yaml:7:11: unknown effect `mute` at `spec.effect`; did you mean `suppress`? expected one of `suppress`, `exclude`",
            "w.yaml:8:11: `spec.reason` is empty; expected why, for the record",
        ],
    );
}

#[test]
fn silences() {
    let spec = |ends: &str| {
        of(
            "Silence",
            &format!(
                "matchers: [\"column =~ \\\"shap_.*\\\"\"]\nauthor: ann\nreason: known\nstartsAt: 2026-01-01\nendsAt: {ends}"
            ),
        )
    };
    let Resource::Silence(silence) = one(&spec("2026-01-31")) else { panic!() };
    let day = 86_400_000_000_i64;
    let start = silence.spec.starts_at.micros();
    let open = [-1, 0, 30 * day - 1, 30 * day].map(|after| silence.spec.is_open_at(start + after));
    assert_eq!(open, [false, true, true, false]);
    refused(
        &spec("2026-01-31T00:00:01Z"),
        &[
            "w.yaml:9:11: `endsAt` `2026-01-31T00:00:01Z` is more than 30 days after `startsAt` `2026-01-01T00:00:00Z`; \
           expected at most 30 days; what is to be quiet for longer is a change of its monitor",
        ],
    );
    refused(
        &spec("2026-01-01"),
        &[
            "w.yaml:8:13: `startsAt` `2026-01-01T00:00:00Z` is not before `endsAt` `2026-01-01T00:00:00Z`; expected `startsAt` \
           before `endsAt`",
        ],
    );
    refused(
        &of(
            "Silence",
            "matchers: [feature = x, model, \"column =~ (\"]\ncreatedBy: ann\nreason: known\nstartsAt: 2026-01-01\nendsAt: 2026-01-02",
        ),
        &[
            "w.yaml:5:3: missing field `author` in `spec`; expected who silences",
            "w.yaml:5:14: unknown alert label `feature` at `spec.matchers[0]`; did you mean `column`? expected one of `tenant`, \
             `environment`, `model`, `version`, `segment`, `column`, `measure`, `rule`, `kind`, `severity`",
            "w.yaml:5:27: `model` is no matcher at `spec.matchers[1]`; expected a label, one of `=`, `!=`, `=~`, `!~`, and a \
             value, such as `model = credit-risk`",
            "w.yaml:5:34: `(` is no pattern at `spec.matchers[2]`; expected a regular expression that compiles to at most 256 KiB",
            "w.yaml:6:3: unknown field `createdBy` in `spec`; did you mean `author`? expected one of `matchers`, `author`, \
             `reason`, `startsAt`, `endsAt`",
        ],
    );
}
