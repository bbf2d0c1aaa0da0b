//! JUnit XML: each column a test case, for CI systems that show tests.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::worst_first;
use crate::check::result::CheckResult;

/// The result as JUnit XML. Columns at or above `fails` are failures; those that cannot be judged are skipped.
///
/// # Errors
/// When the XML cannot be written.
pub fn render(result: &CheckResult, fails: &dyn Fn(&str) -> bool) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("watchkeeper check");
    let mut suite = TestSuite::new(format!("{}.columns", result.model.name));
    for column in worst_first(&result.columns) {
        let name = &column.name;
        suite.add_test_case(case(name, &column.verdict, &column.reason, fails));
    }
    report.add_test_suite(suite);
    if !result.schema_changes.is_empty() {
        let mut suite = TestSuite::new(format!("{}.schema", result.model.name));
        for change in &result.schema_changes {
            suite.add_test_case(case(
                &change.column,
                &change.verdict,
                &format!("{}: {}", change.change, change.reason),
                fails,
            ));
        }
        report.add_test_suite(suite);
    }
    for (title, groups) in [("periods", &result.periods), ("segments", &result.segments)] {
        if groups.is_empty() {
            continue;
        }
        let mut suite = TestSuite::new(format!("{}.{title}", result.model.name));
        for group in groups {
            suite.add_test_case(case(&group.label, &group.verdict, &group.reason, fails));
        }
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn case(name: &str, verdict: &str, reason: &str, fails: &dyn Fn(&str) -> bool) -> TestCase {
    let mut status = match verdict {
        _ if fails(verdict) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        "unknown" => TestCaseStatus::skipped(),
        _ => TestCaseStatus::success(),
    };
    if fails(verdict) || verdict == "unknown" {
        status.set_message(reason).set_type(verdict);
    }
    TestCase::new(name, status)
}
