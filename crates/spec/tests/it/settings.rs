//! How events come in, how long they and their profiles are kept: defaults, values, refusals.

use watchkeeper_spec::{LearningSettings, ProfileSettings, RetentionSettings, Span};

use crate::support::{check_spec, ok, with_spec};

#[test]
fn defaults() {
    let model = ok(&with_spec("task: other"));
    assert_eq!((model.profiles, model.learning), (ProfileSettings::default(), LearningSettings::default()));
    assert_eq!(model.retention, RetentionSettings::default());
    assert!(model.segments.is_empty() && model.ingest.mapping.fields.is_empty());
    let default = ProfileSettings::default();
    let shown = [default.bucket, default.keep_buckets, default.hour, default.day].map(|span| span.to_string());
    assert_eq!(shown, ["5m", "2d", "60d", "25 months"]);
    assert_eq!(RetentionSettings::default().events, Span::days(400));
}

#[test]
fn values() {
    let model = ok(&with_spec(
        "
task: other
columns: [{name: region, role: segment, type: categorical}]
ingest:
  mapping:
    fields: {id: request.uuid, features: request.inputs}
    columns: {amount: request.body.amount}
    segments: {country: geo.country}
segments: [region, country]
profiles: {bucket: 15m, keep_buckets: 7d, hour: 90d, day: 3y}
learning: {hours: 48, rows: 1e4}
retention: {events: 2 years}
",
    ));
    let mapping = &model.ingest.mapping;
    assert_eq!(mapping.fields["id"], "request.uuid");
    assert_eq!(
        (mapping.columns["amount"].as_str(), mapping.segments["country"].as_str()),
        ("request.body.amount", "geo.country")
    );
    assert_eq!(model.segments, ["region", "country"]);
    assert_eq!((model.profiles.bucket.seconds(), model.profiles.day), (900, Span::months(36)));
    assert_eq!((model.learning.hours, model.learning.rows), (48, 10_000));
    assert_eq!(model.retention.events, Span::months(24));
}

#[test]
fn everything_wrong_at_once() {
    check_spec(
        "
task: other
columns:
  - {name: amount, role: feature, type: numeric}
  - {name: who, role: feature, privacy: drop}
ingest: {mapping: {fields: {ids: a, ts: a..b}, columns: {\"\": x}, segment: {}}}
segments: [amount, who, a, a, \"\", b]
profiles: {bucket: 7m, keep_buckets: 30m, hour: fortnight, day: 1d}
learning: {hours: 0, rows: 0}
retention: {events: 1h}
",
        &[
            "model.yaml:9:31: unknown field `ids` in `spec.ingest.mapping.fields`; did you mean `id`? expected one of \
             `id`, `ts`, `version`, `environment`, `features`, `prediction`, `score`, `latency_ms`, `trace_id`, \
             `label`, `label_ts`",
            "model.yaml:9:43: `spec.ingest.mapping.fields` maps `ts` to `a..b`; \
             expected a dotted path without empty parts, such as `request.inputs`",
            "model.yaml:9:60: `spec.ingest.mapping.columns` is empty; expected a name such as `amount`",
            "model.yaml:9:68: unknown field `segment` in `spec.ingest.mapping`; did you mean `segments`? \
             expected one of `fields`, `columns`, `segments`",
            "model.yaml:10:14: segment `amount` is a column of type `numeric`; \
             expected a column of type `categorical` or `boolean`",
            "model.yaml:10:22: segment `who` is a column whose values are not stored; \
             expected a column with another `privacy`; `hash` keeps the groups apart",
            "model.yaml:10:30: repeated segment `a` in `spec.segments`; expected each segment once",
            "model.yaml:10:33: `spec.segments` has 6 names; \
             expected at most 4: their combinations multiply the profiles",
            "model.yaml:10:33: `spec.segments` is empty; expected the name of a column or segment tag",
            "model.yaml:11:22: `spec.profiles.bucket` is `7m`; \
             expected a whole part of an hour, such as `5m`, `15m` or `1h`",
            "model.yaml:11:40: `spec.profiles.keep_buckets` is `30m`; expected at least `1h`",
            "model.yaml:11:51: `spec.profiles.hour` is `fortnight`; \
             expected a length of time such as `5m`, `48h`, `60d` or `25 months`",
            "model.yaml:11:67: `spec.profiles.day` `1d` is below `hour` `60d`; expected at least `60d`",
            "model.yaml:12:21: `spec.learning.hours` is `0`; expected 1 to 8784",
            "model.yaml:12:30: `spec.learning.rows` is `0`; expected at least 1",
            "model.yaml:13:23: `spec.retention.events` is `1h`; expected at least `1d`",
        ],
    );
}

#[test]
fn buckets_out_of_range() {
    check_spec(
        "task: other\nprofiles: {bucket: 2h}",
        &["model.yaml:6:22: `spec.profiles.bucket` is `2h`; expected `1m` to `1h`"],
    );
    check_spec(
        "task: other\nprofiles: {keep_buckets: 90d}",
        &["model.yaml:6:28: `spec.profiles.hour` `60d` is below `keep_buckets` `90d`; expected at least `90d`"],
    );
}
