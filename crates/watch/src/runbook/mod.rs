//! The runbook of an incident: Markdown from the facts, for somebody who was just woken.
//!
//! The same facts give the same text. Texts of users are shortened and kept to one line, so that no value of the data can
//! change the structure of the page; names in commands are quoted for a POSIX shell.

mod facts;
mod words;

pub use facts::{Affected, FindingKind, RunbookFacts, RunbookFinding};

use crate::meaning::SemanticChange;
use crate::suspect::{Strength, SuspectKind};
use crate::text::{count, number, percent};
use words::{DAY, date, line, matcher, name, path, resource_name, shell, span, utc, yaml};

/// Findings, suspects and others that a list shows.
const SHOWN: usize = 10;
/// For how long the proposed silence holds, in microseconds: two hours.
const SILENCE: i64 = 2 * 3_600_000_000;

/// Writes the runbook. Every section is there only if there is something to say; the order is: what, since when, how
/// sure, who is affected, suspects, what to do first, commands, silence, going back.
#[must_use]
pub fn runbook(facts: &RunbookFacts) -> String {
    let mut page = Page::default();
    page.line(&format!("# {}", line(&facts.title)));
    page.line(&what(facts));
    findings(&mut page, facts);
    affected(&mut page, &facts.affected);
    suspects(&mut page, facts);
    changes(&mut page, facts);
    first_checks(&mut page, facts);
    commands(&mut page, facts);
    silence(&mut page, facts);
    going_back(&mut page, facts);
    page.text
}

/// Paragraphs with an empty line between them.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn section(&mut self, title: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.line(&format!("## {title}"));
        let shown = items.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n");
        let more = items.len().saturating_sub(SHOWN);
        let rest = if more > 0 { format!("\n- and {more} more") } else { String::new() };
        self.line(&format!("{shown}{rest}"));
    }

    fn code(&mut self, language: &str, lines: &[String]) {
        self.line(&format!("```{language}\n{}\n```", lines.join("\n")));
    }
}

fn what(facts: &RunbookFacts) -> String {
    let (onset, uncertainty) = facts.onset;
    let mut text = format!(
        "Incident `{}`, {}, model `{}` in `{}`. It began about {}",
        name(&facts.incident),
        line(&facts.severity),
        name(&facts.model),
        name(&facts.environment),
        utc(onset)
    );
    if uncertainty > 0 {
        text += &format!(" (± {})", span(uncertainty));
    }
    text += &format!(
        " and was found {} later, at {}.",
        span(facts.found_at.saturating_sub(onset).max(0)),
        utc(facts.found_at)
    );
    if let Some(url) = &facts.url {
        text += &format!(" Page: <{}>.", line(url).replace(['<', '>', ' '], ""));
    }
    if let Some(own) = &facts.team_runbook {
        text += &format!(" The team's own runbook: <{}>.", line(own).replace(['<', '>', ' '], ""));
    }
    text
}

fn findings(page: &mut Page, facts: &RunbookFacts) {
    let mut sorted: Vec<&RunbookFinding> = facts.findings.iter().collect();
    sorted.sort_by(|a, b| a.kind.cmp(&b.kind).then_with(|| a.rule.cmp(&b.rule)).then_with(|| a.column.cmp(&b.column)));
    let items: Vec<String> = sorted
        .into_iter()
        .map(|f| {
            let mut text = format!("- **{}**", line(&f.rule));
            if let Some(column) = &f.column {
                text += &format!(" of `{}`", name(column));
            }
            if let Some(segment) = &f.segment {
                text += &format!(" in `{}`", name(segment));
            }
            text += &format!(": {}", line(&f.sentence));
            text += &sureness(f);
            text
        })
        .collect();
    page.section("What was found, and how sure it is", &items);
}

fn sureness(finding: &RunbookFinding) -> String {
    let mut parts = Vec::new();
    if let Some((value, limit)) = finding.value {
        parts.push(format!("{} against a limit of {}", number(value), number(limit)));
    }
    if let Some(rows) = finding.rows {
        parts.push(format!("{} rows", count(rows)));
    }
    if let Some(p) = finding.p_value {
        let odds = if p < 1e-6 { "less than one in a million".to_owned() } else { format!("about {}", percent(p)) };
        parts.push(format!("chance that noise alone does this: {odds}"));
    }
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) }
}

fn affected(page: &mut Page, affected: &Affected) {
    let mut items = Vec::new();
    if let Some((rows, share)) = affected.rows {
        items.push(format!("- {} predictions since the onset, {} of the traffic", count(rows), percent(share)));
    }
    let list = |names: &[String]| {
        let shown: Vec<String> = names.iter().take(SHOWN).map(|n| format!("`{}`", name(n))).collect();
        let more = names.len().saturating_sub(SHOWN);
        if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
    };
    for (what, names) in
        [("versions", &affected.versions), ("segments", &affected.segments), ("downstream", &affected.downstream)]
    {
        if !names.is_empty() {
            items.push(format!("- {what}: {}", list(names)));
        }
    }
    for (objective, left) in affected.objectives.iter().take(SHOWN) {
        let state = if *left > 0.0 {
            format!("{} of its budget is left", percent(*left))
        } else {
            "its budget is spent".to_owned()
        };
        items.push(format!("- objective `{}`: {state}", name(objective)));
    }
    page.section("Who is affected", &items);
}

fn suspects(page: &mut Page, facts: &RunbookFacts) {
    let items: Vec<String> = facts
        .suspects
        .iter()
        .enumerate()
        .map(|(i, s)| {
            format!("{}. {} ({}, {}): {}", i + 1, line(&s.name), s.kind.as_str(), s.strength, line(&s.sentence))
        })
        .collect();
    page.section("Suspects", &items);
    if !items.is_empty() {
        page.line(
            "Suspects are what changed at the same time and place. They say where to look, not what made it happen.",
        );
    }
}

fn changes(page: &mut Page, facts: &RunbookFacts) {
    let told = facts.changes.iter().map(|c| {
        format!(
            "- {}. Proposed mapping: {} (confidence {}, explains {} of the shift)",
            line(&c.sentence),
            line(&c.mapping),
            c.confidence,
            percent(c.explained())
        )
    });
    let open = facts.undecided.iter().map(|u| format!("- `{}`: {}", name(&u.column), line(&u.reason)));
    page.section("Changes of meaning", &told.chain(open).collect::<Vec<_>>());
}

fn first_checks(page: &mut Page, facts: &RunbookFacts) {
    let mut kinds: Vec<FindingKind> = facts.findings.iter().map(|f| f.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut items: Vec<String> = Vec::new();
    if let Some(change) = facts.changes.first() {
        items.push(format!("1. Ask whoever fills {} whether it is written differently now. If so, mend it there, or apply the mapping before the model reads it.", columns(change)));
    }
    let event = facts.suspects.iter().find(|s| s.kind == SuspectKind::Change && s.strength > Strength::Weak);
    if let Some(event) = event {
        items.push(format!("1. Look at what `{}` changed.", name(&event.name)));
    }
    items.extend(kinds.into_iter().map(|kind| format!("1. {}", advice(kind))));
    page.section("What to check first", &items);
}

fn columns(change: &SemanticChange) -> String {
    change.columns.iter().map(|c| format!("`{}`", name(c))).collect::<Vec<_>>().join(" and ")
}

/// What to check first for each kind of finding.
fn advice(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Source => {
            "Does the sender run, and does it reach the server? Compare its own counts with those below; look at rejected rows."
        }
        FindingKind::Quality => {
            "Which upstream table or service fills these columns, and when did it last change? Look at the values themselves in the source."
        }
        FindingKind::Drift => {
            "Is the shift real (season, campaign, new customers) or made by the pipeline? Compare the same days of the weeks before, and the segments."
        }
        FindingKind::Prediction => {
            "Did the inputs drift too? If not, look at the version that serves, its preprocessing and its threshold."
        }
        FindingKind::Service => "Look at the service itself first: its deployment, its host, what it depends on.",
        FindingKind::Performance => {
            "Are the labels complete and right? Then compare segments: a fall in one has another remedy than a fall in all."
        }
        FindingKind::Kpi => {
            "Did anything besides the model change for the business? Compare with the model's performance in the same hours."
        }
        FindingKind::Unknown => "A rule that cannot judge protects nobody: look why its data are missing.",
    }
}

fn commands(page: &mut Page, facts: &RunbookFacts) {
    let model = shell(&facts.model);
    let mut lines = vec![
        "export WATCHKEEPER_SERVER=${WATCHKEEPER_SERVER:-http://127.0.0.1:8470}".to_owned(),
        format!("watchkeeper get model {model} -o yaml"),
    ];
    let mut columns: Vec<&String> = facts.findings.iter().filter_map(|f| f.column.as_ref()).collect();
    columns.extend(facts.changes.iter().flat_map(|c| &c.columns));
    columns.sort();
    columns.dedup();
    let from = facts.onset.0.saturating_sub(facts.onset.0.rem_euclid(DAY));
    let to = facts.found_at.saturating_sub(facts.found_at.rem_euclid(DAY)).saturating_add(DAY);
    for column in columns.into_iter().take(5) {
        lines.push(format!(
            "curl -sG \"$WATCHKEEPER_SERVER/api/v1/models/{}/distribution\" --data-urlencode {} --data-urlencode {} -d window={}/{}",
            path(&facts.model),
            shell(&format!("column={column}")),
            shell(&format!("environment={}", facts.environment)),
            date(from),
            date(to)
        ));
    }
    if facts.findings.iter().any(|f| matches!(f.kind, FindingKind::Source | FindingKind::Quality)) {
        lines.push(format!("curl -s \"$WATCHKEEPER_SERVER/api/v1/models/{}\"", path(&facts.model)));
    }
    page.line("## Commands");
    page.code("sh", &lines);
}

/// The label values of the findings decide what is silenced: this incident's, not all of the model's.
fn silence(page: &mut Page, facts: &RunbookFacts) {
    let mut matchers = vec![matcher("model", &facts.model), matcher("environment", &facts.environment)];
    let mut columns: Vec<&String> = facts.findings.iter().filter_map(|f| f.column.as_ref()).collect();
    columns.sort();
    columns.dedup();
    if let [column] = columns.as_slice()
        && facts.findings.iter().all(|f| f.column.is_some())
    {
        matchers.push(matcher("column", column));
    }
    let (from, to) = (facts.found_at, facts.found_at.saturating_add(SILENCE));
    page.line("## To silence it for two hours");
    page.line("Alerts go on being recorded; nobody is told of them. Save as `silence.yaml`, put your name in, and run `watchkeeper apply -f silence.yaml`:");
    page.code(
        "yaml",
        &[
            "apiVersion: watchkeeper/v1".to_owned(),
            "kind: Silence".to_owned(),
            "metadata:".to_owned(),
            format!("  name: {}", yaml(&format!("incident-{}", resource_name(&facts.incident)))),
            "spec:".to_owned(),
            format!("  matchers: [{}]", matchers.join(", ")),
            "  author: you".to_owned(),
            format!("  reason: {}", yaml(&format!("incident {} is being worked on", name(&facts.incident)))),
            format!("  startsAt: {}", utc(from)),
            format!("  endsAt: {}", utc(to)),
        ],
    );
}

fn going_back(page: &mut Page, facts: &RunbookFacts) {
    let version = facts.suspects.iter().find(|s| s.kind == SuspectKind::Version);
    let data = facts.changes.first();
    let mut items = Vec::new();
    if let (Some(previous), Some(suspect)) = (&facts.previous_version, version) {
        items.push(format!(
            "- Version `{}` is a suspect: serve `{}` again where the model is served. The comparison of versions shows within a window whether it helped.",
            name(&suspect.name),
            name(previous)
        ));
    } else if let Some(previous) = &facts.previous_version {
        items.push(format!(
            "- No version is a suspect: going back to `{}` would change what did not change. Mend the data first.",
            name(previous)
        ));
    }
    if let Some(change) = data {
        items.push(format!(
            "- Predictions made since {} read {} wrongly: send corrected events with the same ids once it is mended, and their windows are counted again.",
            utc(facts.onset.0),
            columns(change)
        ));
    }
    page.section("Going back", &items);
}
