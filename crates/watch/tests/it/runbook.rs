//! What the runbook says, and that nothing in the data can change its structure.

use watchkeeper_watch::meaning::{Change, Confidence, Evidence, SemanticChange, Undecided};
use watchkeeper_watch::runbook::{Affected, FindingKind, RunbookFacts, RunbookFinding, runbook};
use watchkeeper_watch::suspect::{Strength, Suspect, SuspectKind};

const NOON: i64 = 1_381_579_200_000_000;
const HOUR: i64 = 3_600_000_000;

fn facts() -> RunbookFacts {
    let finding = |kind, rule: &str, column: &str, sentence: &str| RunbookFinding {
        kind,
        rule: rule.into(),
        column: Some(column.into()),
        segment: None,
        sentence: sentence.into(),
        value: Some((0.42, 0.26)),
        rows: Some(12_345),
        p_value: Some(1e-9),
    };
    RunbookFacts {
        incident: "inc-17".into(),
        title: "`distance` drifted in flights-delay".into(),
        severity: "page".into(),
        model: "flights-delay".into(),
        environment: "production".into(),
        onset: (NOON, HOUR),
        found_at: NOON + 3 * HOUR,
        findings: vec![
            finding(FindingKind::Performance, "accuracy", "label", "accuracy fell"),
            finding(FindingKind::Drift, "drift", "distance", "PSI 0.42, above 0.25"),
        ],
        suspects: vec![Suspect {
            kind: SuspectKind::Change,
            name: "deploy 4.2".into(),
            strength: Strength::Strong,
            score: 0.9,
            evidence: vec![("time", 0.9)],
            sentence: "`deploy 4.2` happened 1 h before the onset".into(),
        }],
        changes: vec![SemanticChange {
            columns: vec!["distance".into()],
            change: Change::Scale { factor: 1.609_344, unit: Some("miles to kilometres") },
            mapping: "x / 1.609344".into(),
            evidence: Evidence::Bins,
            before: 0.4,
            after: 0.02,
            confidence: Confidence::High,
            sentence: "`distance` looks like miles to kilometres".into(),
        }],
        undecided: vec![Undecided { column: "temp".into(), reason: "it cannot be told".into() }],
        affected: Affected {
            rows: Some((40_000, 1.0)),
            versions: vec!["7".into()],
            segments: vec![],
            objectives: vec![("accuracy".into(), 0.35), ("fresh".into(), -0.1)],
            downstream: vec!["pricing".into()],
        },
        previous_version: Some("6".into()),
        url: Some("https://watch.example.com/incidents/inc-17".into()),
        team_runbook: None,
    }
}

#[test]
fn it_says_what_since_when_how_sure_who_and_what_to_do() {
    let text = runbook(&facts());
    for part in [
        "Incident `inc-17`, page, model `flights-delay` in `production`. It began about 2013-10-12T12:00:00Z (± 60 min) and was found 3 h later, at 2013-10-12T15:00:00Z.",
        "- **drift** of `distance`: PSI 0.42, above 0.25 (0.42 against a limit of 0.26; 12,345 rows; chance that noise alone does this: less than one in a million)",
        "- 40,000 predictions since the onset, 100 % of the traffic",
        "- objective `accuracy`: 35 % of its budget is left",
        "- objective `fresh`: its budget is spent",
        "1. deploy 4.2 (change, strong): `deploy 4.2` happened 1 h before the onset",
        "Proposed mapping: x / 1.609344 (confidence high, explains 95 % of the shift)",
        "- `temp`: it cannot be told",
        "1. Ask whoever fills `distance` whether it is written differently now.",
        "1. Look at what `deploy 4.2` changed.",
        "watchkeeper get model flights-delay -o yaml",
        "--data-urlencode column=distance --data-urlencode environment=production -d window=2013-10-12/2013-10-13",
        "  matchers: [\"model = flights-delay\", \"environment = production\"]",
        "  endsAt: 2013-10-12T17:00:00Z",
        "- No version is a suspect: going back to `6` would change what did not change.",
        "- Predictions made since 2013-10-12T12:00:00Z read `distance` wrongly",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    let order: Vec<&str> = text.lines().filter(|l| l.starts_with("## ")).collect();
    let expected = [
        "## What was found, and how sure it is",
        "## Who is affected",
        "## Suspects",
        "## Changes of meaning",
        "## What to check first",
        "## Commands",
        "## To silence it for two hours",
        "## Going back",
    ];
    assert_eq!(order, expected);
    // In causal order: the drift stands before the fall of performance.
    assert!(text.find("**drift**") < text.find("**accuracy**"));
    assert!(!text.to_lowercase().contains("cause"), "suspects, never more");
    assert_eq!(text, runbook(&facts()));
}

#[test]
fn a_suspected_version_has_a_way_back() {
    let mut facts = facts();
    facts.suspects.insert(0, Suspect { kind: SuspectKind::Version, name: "7".into(), ..facts.suspects[0].clone() });
    let text = runbook(&facts);
    assert!(text.contains("- Version `7` is a suspect: serve `6` again where the model is served."), "{text}");
}

#[test]
fn few_facts_make_a_short_page() {
    let text = runbook(&RunbookFacts { model: "m".into(), ..RunbookFacts::default() });
    assert!(!text.contains("## Suspects") && !text.contains("## Going back") && text.contains("## Commands"), "{text}");
}

#[test]
fn data_cannot_write_the_page() {
    let mut facts = facts();
    let hostile = "x`\n\n## Commands\n```sh\nrm -rf /\n```\n'; $(reboot) <img src=x>";
    facts.findings[1].column = Some(hostile.into());
    facts.model = hostile.into();
    facts.suspects[0].name = hostile.into();
    facts.suspects[0].sentence = hostile.into();
    facts.changes[0].columns = vec![hostile.into()];
    let text = runbook(&facts);
    assert_eq!(text.lines().filter(|l| l.starts_with("## Commands")).count(), 1, "{text}");
    assert_eq!(text.lines().filter(|l| l.starts_with("```")).count(), 4, "{text}");
    let mut in_code = false;
    for line in text.lines() {
        in_code ^= line.starts_with("```");
        assert!(in_code || !line.contains("<img"), "{line}");
    }
    let command = text.lines().find(|l| l.starts_with("watchkeeper get")).unwrap();
    assert!(command.ends_with("' -o yaml") && command.contains("'\\''"), "{command}");
}

#[test]
fn long_lists_are_cut() {
    let mut facts = facts();
    facts.findings = vec![facts.findings[0].clone(); 50];
    assert!(runbook(&facts).contains("- and 40 more"));
}
