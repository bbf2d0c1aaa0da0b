//! Notification targets, routes, inhibit rules.

use std::collections::BTreeMap;

use watchkeeper_spec::{Repeat, Resource, SecretReference, Span, TextOrSecret};

use super::{of, one, refused};

#[track_caller]
fn check(spec: &str, expect: &[&str]) {
    refused(&of("NotificationTarget", spec), expect);
}

#[test]
fn targets() {
    let Resource::NotificationTarget(slack) = one(&of("NotificationTarget", "type: slack\nurl: env:SLACK_URL")) else {
        panic!()
    };
    let reference = SecretReference::Env("SLACK_URL".into());
    assert_eq!(slack.spec.url, Some(TextOrSecret::Secret(reference)));
    assert_eq!((slack.spec.timeout, slack.spec.send_resolved), (Span::from_seconds(10), true));
    // PagerDuty and Opsgenie have their own place.
    one(&of("NotificationTarget", "type: pagerduty\nsecrets: {routing_key: \"env:KEY\"}"));
    one(&of("NotificationTarget", "type: opsgenie\nsecrets: {api_key: \"file:/run/secrets/opsgenie\"}"));
}

#[test]
fn secrets_never_stand_in_a_resource() {
    for (spec, expect) in [
        (
            "type: slack\nurl: https://hooks.slack.com/services/T0/B0/hunter2",
            "w.yaml:6:8: `spec.url` holds a secret; expected a reference to a secret, `env:NAME` or `file:PATH`: who has the \
             URL can write there",
        ),
        (
            "type: webhook\nurl: https://user:hunter2@example.org/hook",
            "w.yaml:6:8: `spec.url` holds a secret; expected a URL without a user; passwords stand under `secrets`",
        ),
        (
            "type: webhook\nurl: https://example.org/hook\nsecrets: {signing_key: hunter2}",
            "w.yaml:7:26: `spec.secrets.signing_key` is something else; expected a reference to a secret, `env:NAME` or `file:PATH`",
        ),
        (
            "type: webhook\nurl: https://example.org/hook\nheaders: {X-Key: \"env:hunter2 \"}",
            "w.yaml:7:20: `spec.headers.X-Key` is something else; expected a text, or a reference to a secret, `env:NAME` or `file:PATH`",
        ),
    ] {
        check(spec, &[expect]);
        assert!(!expect.contains("hunter2"));
    }
}

#[test]
fn parts_of_a_target() {
    check(
        "type: pagerduty\nsecrets: {routingkey: \"env:K\"}",
        &[
            "w.yaml:6:12: target `pagerduty` has no secret `routing_key`; expected `routing_key: env:NAME` or `routing_key: \
             file:PATH` in `secrets`",
            "w.yaml:6:13: unknown secret `routingkey` of target `pagerduty`; did you mean `routing_key`? expected `routing_key`",
        ],
    );
    check(
        "type: email\nurl: https://example.org\nto: [nobody]\nheaders: {A: b}",
        &[
            "w.yaml:5:3: missing field `from` in `spec`; expected an address such as `watch@example.org`",
            "w.yaml:6:8: `spec.url` is `https://example.org`; expected `smtp://host:587` or `smtps://host:465`",
            "w.yaml:7:8: `spec.to[0]` is `nobody`; expected an address such as `watch@example.org`",
            "w.yaml:8:12: HTTP headers are set for target `email`; expected them only for targets with HTTP",
        ],
    );
    check(
        "type: webhook\nfrom: a@b\nheaders: {\"X A\": b}\ntimeout: 5m\nsecret: x",
        &[
            "w.yaml:5:3: missing field `url` in `spec`; expected a URL such as `https://host/path`",
            "w.yaml:6:9: `spec.from` is set for target `webhook`; expected it only for `email`",
            "w.yaml:7:13: `X A` is no name of an HTTP header; expected letters, digits and `-`",
            "w.yaml:8:12: `spec.timeout` is `5m`; expected `1s` to `2m`",
            "w.yaml:9:3: unknown field `secret` in `spec`; did you mean `secrets`? expected one of `type`, `url`, `secrets`, \
             `headers`, `from`, `to`, `template`, `timeout`, `sendResolved`, `fallback`",
        ],
    );
    check(
        "type: jira\nurl: ftp://example.org\nsecrets: {token: \"env:T\"}",
        &[
            "w.yaml:5:3: missing field `template` in `spec`; expected the body of the request that makes an issue",
            "w.yaml:6:8: `spec.url` is `ftp://example.org`; expected a URL such as `https://host/path`",
        ],
    );
    check(
        "type: pager\nurl: x",
        &[
            "w.yaml:5:9: unknown target `pager` at `spec.type`; expected one of `alertmanager`, `pagerduty`, `slack`, `teams`, \
           `email`, `opsgenie`, `jira`, `webhook`",
        ],
    );
}

#[test]
fn routes() {
    let Resource::Route(route) = one(&of("Route", "targets: [on-call]")) else { panic!() };
    let spec = route.spec;
    assert_eq!((spec.group_wait, spec.group_interval), (Span::minutes(2), Span::minutes(5)));
    assert_eq!(spec.repeat, Repeat::default());
    assert_eq!((spec.repeat.page, spec.repeat.ticket), (Span::hours(4), Span::hours(24)));
    assert_eq!((spec.alert_budget.pages, spec.alert_budget.tickets, spec.order), (2, 10, 100));
    assert!(spec.resolved && !spec.goes_on);
    refused(
        &of("Route", "receiver: a\ntargets: [a, a]\nfallback: a\nrepeat: {pages: 1h}"),
        &[
            "w.yaml:5:3: unknown field `receiver` in `spec`; did you mean `targets`? expected one of `matchers`, `targets`, \
             `fallback`, `order`, `continue`, `groupWait`, `groupInterval`, `repeat`, `resolved`, `alertBudget`",
            "w.yaml:6:16: `spec.targets[1]` repeats an item; expected each item once",
            "w.yaml:7:13: fallback `a` is one of the targets; expected another target",
            "w.yaml:8:12: unknown field `pages` in `spec.repeat`; did you mean `page`? expected one of `page`, `ticket`",
        ],
    );
}

#[test]
fn labels_that_are_absent_on_both_sides_are_not_equal() {
    let Resource::InhibitRule(rule) =
        one(&of("InhibitRule", "source: [measure = volume]\ntarget: [measure != volume]\nequal: [model, environment]"))
    else {
        panic!()
    };
    let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
    };
    let source = labels(&[("measure", "volume"), ("model", "m"), ("environment", "e")]);
    let target = labels(&[("measure", "psi"), ("model", "m"), ("environment", "e")]);
    assert!(rule.spec.inhibits(&source, &target));
    assert!(!rule.spec.inhibits(&target, &source));
    assert!(!rule.spec.inhibits(&source, &labels(&[("measure", "psi"), ("model", "m"), ("environment", "f")])));
    let bare = |measure| labels(&[("measure", measure), ("model", "m")]);
    assert!(!rule.spec.inhibits(&bare("volume"), &bare("psi")));
    let empty = |measure| labels(&[("measure", measure), ("model", "m"), ("environment", "")]);
    assert!(!rule.spec.inhibits(&empty("volume"), &empty("psi")));
}
