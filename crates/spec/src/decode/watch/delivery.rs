//! Notification targets, routes and inhibit rules.

use std::collections::BTreeMap;

use super::value;
use crate::decode::fields::{self, Fields};
use crate::decode::{GROUP_INTERVAL, GROUP_WAIT, ORDER, Slot, TIMEOUT};
use crate::problem::{Problem, Problems};
use crate::secret::SECRET_RULE;
use crate::watch_words::TargetKind;
use crate::word::Word;
use crate::{
    AlertBudget, AlertLabel, InhibitRuleSpec, NotificationTargetSpec, Repeat, RouteSpec, SecretReference, Span,
    TextOrSecret, show, suggest,
};

const MINUTE: Span = Span::minutes(1);
const YEAR: Span = Span::days(366);

/// The secrets of a kind of target: those that it needs, and those that it may have.
const fn secrets_of(kind: TargetKind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        TargetKind::Alertmanager => (&[], &["user", "password", "bearer"]),
        TargetKind::Pagerduty => (&["routing_key"], &[]),
        TargetKind::Slack | TargetKind::Teams => (&[], &[]),
        TargetKind::Email => (&[], &["user", "password"]),
        TargetKind::Opsgenie => (&["api_key"], &[]),
        TargetKind::Jira => (&["token"], &["user"]),
        TargetKind::Webhook => (&[], &["signing_key", "user", "password", "bearer"]),
    }
}

pub(crate) fn target(slot: &Slot<'_>, problems: &mut Problems) -> Option<NotificationTargetSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let kind: TargetKind = fields.required("type", &show::one_of(TargetKind::WORDS), value::word)?;
    let url = fields.optional("url", value::text_or_secret);
    let secrets = fields.optional("secrets", |slot, problems| secrets(slot, kind, problems)).unwrap_or_default();
    let headers = fields.optional("headers", headers).unwrap_or_default();
    let from = fields.optional("from", value::filled("an address"));
    let addresses = value::list(address, (1, 100), "a list of 1 to 100 addresses");
    let to = fields.optional("to", addresses).unwrap_or_default();
    let spec = NotificationTargetSpec {
        kind,
        url,
        secrets,
        headers,
        from,
        to,
        template: fields.optional("template", value::filled("a body with placeholders")),
        timeout: fields.optional("timeout", value::span(Span::from_seconds(1), Span::minutes(2))).unwrap_or(TIMEOUT),
        send_resolved: fields.optional("sendResolved", value::boolean).unwrap_or(true),
        fallback: fields.optional("fallback", value::name("target")),
    };
    place(&spec, &mut fields);
    parts(&spec, &mut fields);
    fields.synonym("kind", "type");
    fields.synonym("endpoint", "url");
    fields.finish();
    Some(spec)
}

/// The URL: there if the kind has none of its own, of a scheme that the kind speaks, a secret where it is one.
fn place(spec: &NotificationTargetSpec, fields: &mut Fields<'_, '_>) {
    let kind = spec.kind;
    let is_secret = matches!(kind, TargetKind::Slack | TargetKind::Teams);
    let schemes: &[&str] = if kind == TargetKind::Email { &["smtp", "smtps"] } else { &["https", "http"] };
    let expected = match kind {
        TargetKind::Email => "`smtp://host:587` or `smtps://host:465`",
        _ if is_secret => "a reference to a secret, `env:NAME` or `file:PATH`: who has the URL can write there",
        _ => "a URL such as `https://host/path`",
    };
    match &spec.url {
        None if !fields.has("url") && !matches!(kind, TargetKind::Pagerduty | TargetKind::Opsgenie) => {
            fields.missing("url", expected);
        }
        Some(TextOrSecret::Text(url)) => {
            let scheme = url.split_once("://").filter(|(_, rest)| !rest.is_empty()).map(|(scheme, _)| scheme);
            let has_user = url.split_once("://").is_some_and(|(_, rest)| {
                rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
            });
            let path = fields.path_of("url");
            if is_secret || has_user {
                let problem = fields.problem("url", format!("`{path}` holds a secret")).expected(if is_secret {
                    expected
                } else {
                    "a URL without a user; passwords stand under `secrets`"
                });
                fields.add(problem);
            } else if !scheme.is_some_and(|scheme| schemes.contains(&scheme)) {
                let problem = fields.problem("url", format!("`{path}` is {}", show::quoted(url)));
                fields.add(problem.found(url.as_str()).expected(expected));
            }
        }
        _ => {}
    }
}

/// What only some kinds have.
fn parts(spec: &NotificationTargetSpec, fields: &mut Fields<'_, '_>) {
    let kind = spec.kind;
    for needed in secrets_of(kind).0.iter().filter(|name| !spec.secrets.contains_key(**name)) {
        let problem = fields.problem("secrets", format!("target `{kind}` has no secret `{needed}`"));
        fields.add(problem.expected(format!("`{needed}: env:NAME` or `{needed}: file:PATH` in `secrets`")));
    }
    let is_email = kind == TargetKind::Email;
    for (name, is_there) in [("from", spec.from.is_some()), ("to", !spec.to.is_empty())] {
        if is_email && !fields.has(name) {
            fields.missing(name, "an address such as `watch@example.org`");
        } else if !is_email && is_there {
            let problem = fields.problem(name, format!("`{}` is set for target `{kind}`", fields.path_of(name)));
            fields.add(problem.expected("it only for `email`"));
        }
    }
    if is_email && !spec.headers.is_empty() {
        let problem = fields.problem("headers", "HTTP headers are set for target `email`");
        fields.add(problem.expected("them only for targets with HTTP"));
    }
    if kind == TargetKind::Jira && !fields.has("template") {
        fields.missing("template", "the body of the request that makes an issue");
    }
}

fn address(slot: &Slot<'_>, problems: &mut Problems) -> Option<String> {
    let text = value::text(slot, problems)?;
    let is_address = text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    if !is_address || text.contains(['\r', '\n']) {
        let what = format!("`{}` is {}", slot.path, show::quoted(&text));
        let problem = Problem::new(slot.path.clone(), slot.node.position, what).found(text.as_str());
        problems.add(problem.expected("an address such as `watch@example.org`"));
    }
    Some(text)
}

fn secrets(slot: &Slot<'_>, kind: TargetKind, problems: &mut Problems) -> Option<BTreeMap<String, SecretReference>> {
    let (needed, allowed) = secrets_of(kind);
    let known: Vec<&str> = needed.iter().chain(allowed).copied().collect();
    for entry in fields::entries(slot, problems)? {
        if !known.contains(&entry.key) {
            let what = format!("unknown secret {} of target `{kind}`", show::quoted(entry.key));
            let path = fields::join(&slot.path, entry.key);
            let problem = Problem::new(path, entry.key_position, what).found(entry.key);
            let expected = if known.is_empty() { "no secrets".to_owned() } else { show::one_of(&known) };
            problems.add(problem.suggestion(suggest::nearest(entry.key, known.iter().copied())).expected(expected));
        }
    }
    value::by_name(slot, value::hidden(|text| text.parse().ok(), SECRET_RULE), problems)
}

fn headers(slot: &Slot<'_>, problems: &mut Problems) -> Option<BTreeMap<String, TextOrSecret>> {
    for entry in fields::entries(slot, problems)? {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if !entry.key.bytes().all(is_token) {
            let what = format!("{} is no name of an HTTP header", show::quoted(entry.key));
            let problem = Problem::new(slot.path.clone(), entry.key_position, what).found(entry.key);
            problems.add(problem.expected("letters, digits and `-`"));
        }
    }
    let read = |slot: &Slot<'_>, problems: &mut Problems| {
        let header = value::text_or_secret(slot, problems)?;
        if let TextOrSecret::Text(text) = &header
            && text.chars().any(char::is_control)
        {
            let what = format!("`{}` holds control characters", slot.path);
            problems.add(Problem::new(slot.path.clone(), slot.node.position, what).expected("one line"));
        }
        Some(header)
    };
    value::by_name(slot, read, problems)
}

pub(crate) fn route(slot: &Slot<'_>, problems: &mut Problems) -> Option<RouteSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let names = value::list(value::name("target"), (1, 20), "a list of 1 to 20 names of notification targets");
    let matchers = fields.optional("matchers", value::matchers(0)).unwrap_or_default();
    let targets = fields.required("targets", "a list of names of notification targets", names);
    let spec = RouteSpec {
        matchers,
        targets: targets.unwrap_or_default(),
        fallback: fields.optional("fallback", value::name("target")),
        order: fields.optional("order", value::whole(0, 1_000_000)).unwrap_or(ORDER),
        goes_on: fields.optional("continue", value::boolean).unwrap_or(false),
        group_wait: fields
            .optional("groupWait", value::span(Span::from_seconds(0), Span::days(1)))
            .unwrap_or(GROUP_WAIT),
        group_interval: fields
            .optional("groupInterval", value::span(Span::from_seconds(1), YEAR))
            .unwrap_or(GROUP_INTERVAL),
        repeat: fields.optional("repeat", repeat).unwrap_or_default(),
        resolved: fields.optional("resolved", value::boolean).unwrap_or(true),
        alert_budget: fields.optional("alertBudget", alert_budget).unwrap_or_default(),
    };
    if let Some(fallback) = spec.fallback.as_ref().filter(|fallback| spec.targets.contains(fallback)) {
        let what = format!("fallback {} is one of the targets", show::quoted(fallback));
        let problem = fields.problem("fallback", what).found(fallback.as_str());
        fields.add(problem.expected("another target"));
    }
    for (other, meant) in [
        ("receiver", "targets"),
        ("receivers", "targets"),
        ("group_wait", "groupWait"),
        ("group_interval", "groupInterval"),
        ("repeat_interval", "repeat"),
        ("match", "matchers"),
    ] {
        fields.synonym(other, meant);
    }
    fields.finish();
    Some(spec)
}

fn repeat(slot: &Slot<'_>, problems: &mut Problems) -> Option<Repeat> {
    let mut fields = Fields::open(slot, problems)?;
    let default = Repeat::default();
    let repeat = Repeat {
        page: fields.optional("page", value::span(MINUTE, YEAR)).unwrap_or(default.page),
        ticket: fields.optional("ticket", value::span(MINUTE, YEAR)).unwrap_or(default.ticket),
    };
    fields.finish();
    Some(repeat)
}

fn alert_budget(slot: &Slot<'_>, problems: &mut Problems) -> Option<AlertBudget> {
    let mut fields = Fields::open(slot, problems)?;
    let default = AlertBudget::default();
    let budget = AlertBudget {
        pages: fields.optional("pages", value::whole(0, 1_000_000)).unwrap_or(default.pages),
        tickets: fields.optional("tickets", value::whole(0, 1_000_000)).unwrap_or(default.tickets),
    };
    fields.finish();
    Some(budget)
}

pub(crate) fn inhibit(slot: &Slot<'_>, problems: &mut Problems) -> Option<InhibitRuleSpec> {
    let mut fields = Fields::open(slot, problems)?;
    let source = fields.required("source", "a list of matchers", value::matchers(1));
    let target = fields.required("target", "a list of matchers", value::matchers(1));
    let labels = value::list(value::word::<AlertLabel>, (0, AlertLabel::ALL.len()), "a list of alert labels");
    let equal = fields.optional("equal", labels).unwrap_or_default();
    fields.synonym("source_matchers", "source");
    fields.synonym("target_matchers", "target");
    fields.finish();
    Some(InhibitRuleSpec { source: source?, target: target?, equal })
}
