//! The files that CI systems read: JUnit XML and Markdown, parsed as they would parse them.

use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value;

use crate::data::{batch, normals, rows, texts, write};
use crate::support::Dir;

const HOSTILE: &str = "a|b<c>&\"'`\\\n]]>é";

fn folder() -> Dir {
    let folder = Dir::new("ci");
    write(&folder.file("r.parquet"), &rows(1, 2000, 0.0));
    write(&folder.file("c.parquet"), &rows(2, 2000, 0.4));
    let side = |seed, name: &str| {
        let labels = (0..2000).map(|i| if i % 3 == 0 { name.to_owned() } else { format!("level {}", i % 5) });
        batch(vec![
            (HOSTILE, normals(seed, 2000, seed as f64)),
            ("label", texts(labels)),
            ("few", normals(7, 2000, 0.0)),
        ])
    };
    write(&folder.file("hostile-r.parquet"), &side(1, "plain"));
    write(&folder.file("hostile-c.parquet"), &side(3, HOSTILE));
    folder
}

fn verdicts(rows: &Value, verdicts: &[&str]) -> usize {
    rows.as_array().unwrap().iter().filter(|row| verdicts.contains(&row["verdict"].as_str().unwrap())).count()
}

#[test]
fn junit_is_xml_with_a_case_for_each_column_period_and_segment() {
    let folder = folder();
    for (fail_on, at_fault) in [("never", &[][..]), ("critical", &["critical"]), ("warning", &["warning", "critical"])]
    {
        let more = format!("--junit a.xml --by ts:week --segment city --fail-on {fail_on}");
        let result = folder.check("r.parquet", "c.parquet", &more).json();
        let report = Report::deserialize_from_str(&folder.read("a.xml")).unwrap();
        for (suite, key) in [("columns", "columns"), ("periods", "periods"), ("segments", "segments")] {
            let suite = report.test_suites.iter().find(|s| s.name.as_str().ends_with(&format!(".{suite}"))).unwrap();
            let rows = &result[key];
            assert_eq!(suite.test_cases.len(), rows.as_array().unwrap().len(), "{key}");
            assert_eq!(suite.failures, verdicts(rows, at_fault), "{key} --fail-on {fail_on}");
            let skipped =
                suite.test_cases.iter().filter(|c| matches!(c.status, TestCaseStatus::Skipped { .. })).count();
            assert_eq!(skipped, verdicts(rows, &["unknown"]), "{key}");
            assert_eq!(suite.errors, 0);
        }
    }
}

#[test]
fn junit_keeps_names_and_reasons_whatever_they_hold() {
    let folder = folder();
    let result = folder.check("hostile-r.parquet", "hostile-c.parquet", "--junit a.xml --segment label").code(1).json();
    let report = Report::deserialize_from_str(&folder.read("a.xml")).unwrap();
    let suite = &report.test_suites[0];
    let case = suite.test_cases.iter().find(|case| case.name.as_str() == HOSTILE).expect("the name is kept");
    let TestCaseStatus::NonSuccess { kind, message, .. } = &case.status else { panic!("{:?}", case.status) };
    assert_eq!(*kind, NonSuccessKind::Failure);
    assert_eq!(message.as_ref().map(|m| m.as_str()), crate::support::column(&result, HOSTILE)["reason"].as_str());
}

/// Cells of a row of a Markdown table: bars that are escaped do not count.
fn cells(line: &str) -> usize {
    line.replace("\\\\", "").replace("\\|", "").matches('|').count() - 1
}

#[test]
fn markdown_tables_have_whole_rows() {
    let folder = folder();
    for (r, c, more, columns) in [
        ("r.parquet", "c.parquet", "--by ts:week --segment city", 7),
        ("hostile-r.parquet", "hostile-c.parquet", "--segment label", 3),
    ] {
        folder.check(r, c, &format!("--markdown a.md {more}"));
        let markdown = folder.read("a.md");
        assert!(!markdown.contains("<c>"), "{markdown}");
        let tables: Vec<Vec<&str>> = markdown
            .split("\n\n")
            .map(|part| part.lines().filter(|line| line.starts_with('|')).collect::<Vec<_>>())
            .filter(|lines| !lines.is_empty())
            .collect();
        assert_eq!(tables[0].len(), 2 + columns, "a row for each column: {markdown}");
        for table in &tables {
            let width = cells(table[0]);
            assert!(table.iter().all(|line| cells(line) == width && line.ends_with('|')), "{table:#?}");
        }
    }
}
