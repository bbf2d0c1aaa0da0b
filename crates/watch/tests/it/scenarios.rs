//! The examples that users start from, and what is said when a scenario does not hold.

use std::path::Path;

use watchkeeper_watch::scenario::Scenario;

fn read(text: &str) -> Result<Scenario, String> {
    Scenario::read(text, "story.yaml", &|name| Err(format!("no file `{name}`"))).map_err(|error| error.to_string())
}

#[test]
fn every_example_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/scenarios");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|name| name.extension().is_some_and(|suffix| suffix == "yaml"));
    names.sort();
    assert!(names.len() >= 7);
    let mut failures = Vec::new();
    for path in names {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        match Scenario::read(&text, &name, &|file| Err(format!("no file `{file}`"))) {
            Err(error) => failures.push(error.to_string()),
            Ok(scenario) => failures.extend(scenario.run().iter().map(|one| format!("{name}: {one}"))),
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn a_difference_shows_both_sides() {
    let text = "
name: wrong
rules: [{ name: drift, enter: 1 of 1 }]
series: [{ rule: drift, labels: { model: credit }, values: breach }]
expect:
  - { at: 1h, alerts: [{ rule: drift, state: pending }], notices: [], held: { silence: 2 } }
";
    let shown: Vec<String> = read(text).unwrap().run().iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "at 1h: alerts differ (- expected, + found)\n    - drift: pending\n    + drift {model=credit}: firing, \
             ticket, health ok",
            "at 1h: notices differ (- expected, + found)\n    + default: trigger, ticket, 1 alerts \
             (2026-01-05T01:00:00Z, credit: `drift` is beyond its limit)",
            "at 1h: held differ (- expected, + found)\n    - silence: 2\n    + silence: 0",
        ]
    );
}

#[test]
fn what_cannot_be_run_says_why() {
    for (text, part) in [
        ("name: a\nexpect: []\nrulse: []\n", "rulse"),
        ("name: a\nexpect: []\nseries: [{ rule: x, values: clear }]\n", "series of unknown rule `x`"),
        ("name: a\nexpect: []\ncounts: [{ slo: x, values: '0/1' }]\n", "counts of unknown SLO `x`"),
        ("name: a\nexpect: []\nrules: [{ name: x, enter: 3 of 2 }]\n", "rule `x`: 3 breaches of 2 windows"),
        ("name: a\nexpect: []\nrules: [{ name: x, enter: two }]\n", "expected `2 of 3`"),
        ("name: a\nexpect: []\nfiles: [rules.yaml]\n", "no file `rules.yaml`"),
        ("name: a\nexpect: []\nresources: 'kind: Nothing'\n", "story.yaml (resources)"),
        ("name: a\nexpect: [{ at: soon }]\n", "expected a length of time"),
        ("name: a\nexpect: []\nlineage: [{ from: orders, to: 'model:a' }]\n", "`source:NAME` or `model:NAME`"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with("story.yaml: ") && error.contains(part), "{error}");
    }
}

#[test]
fn commands_about_nothing_are_told() {
    let text = "
name: nobody there
rules: [{ name: drift }]
commands: [{ at: 1h, do: acknowledge, rule: drift }]
expect: [{ at: 2h, alerts: [] }]
";
    let found = read(text).unwrap().run();
    assert_eq!(found.len(), 1);
    assert!(found[0].to_string().contains("no open incident of rule `drift`"), "{}", found[0]);
}

proptest::proptest! {
    /// Whatever is written, it is refused or run.
    #[test]
    fn no_text_panics(values in "[0-9xbreach_+.e/? -]{0,40}", at in "[0-9hmd ]{1,6}", limit in proptest::num::f64::ANY) {
        let text = format!(
            "name: any\ntick: 1d\nrules: [{{ name: drift }}]\n\
             series: [{{ rule: drift, limit: {limit:?}, values: '{values}' }}]\nexpect: [{{ at: '{at}', alerts: [] }}]\n"
        );
        if let Ok(scenario) = read(&text) {
            // Whatever it finds, the same is found again.
            proptest::prop_assert_eq!(scenario.run(), scenario.run());
        }
    }
}
