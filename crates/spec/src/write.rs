//! A commented text of an inferred model.

use crate::decode::METRICS_DEFAULT;
use crate::model::CheckSettings;
use crate::show::one_line;
use crate::word::Word;
use crate::yaml::{number, scalar};
use crate::{API_VERSION, FailOn, InferredColumn, InferredModel, KIND_MODEL, Kind, Role, Task, Undeclared};

/// Writes the text; every comment stays on its line.
pub(crate) fn model(inferred: &InferredModel) -> String {
    let mut lines = Lines::default();
    for comment in &inferred.header {
        lines.comment(0, comment);
    }
    lines.field(0, "apiVersion", API_VERSION, "");
    lines.field(0, "kind", KIND_MODEL, "");
    lines.open(0, "metadata:");
    lines.field(2, "name", &scalar(&inferred.name), "");
    if let Some(description) = &inferred.description {
        lines.field(2, "description", &scalar(description), "");
    }
    lines.open(0, "spec:");
    lines.comment(2, &list("task", Task::WORDS));
    lines.field(2, "task", inferred.task.as_str(), &inferred.task_reason);
    columns(&inferred.columns, &mut lines);
    lines.comment(2, "undeclared: what happens with columns of the data that are not listed above.");
    lines.field(2, "undeclared", Undeclared::Infer.as_str(), &Undeclared::WORDS.join(" | "));
    check(&mut lines);
    lines.text
}

fn columns(columns: &[InferredColumn], lines: &mut Lines) {
    lines.comment(2, &list("role", Role::WORDS));
    lines.comment(2, &list("type", Kind::WORDS));
    lines.comment(
        2,
        "also: importance, missing_as_bin, empty_is_null, thresholds: { psi: { warning: 0.1, critical: 0.25 } }",
    );
    if columns.is_empty() {
        lines.field(2, "columns", "[]", "");
        return;
    }
    lines.open(2, "columns:");
    for column in columns {
        lines.field(4, "- name", &scalar(&column.name), &column.example);
        lines.field(6, "role", column.role.as_str(), &column.reason);
        if let Some(kind) = column.kind {
            lines.field(6, "type", kind.as_str(), "");
        }
        let (min, max) = column.range();
        for (field, end) in [("min", min), ("max", max)] {
            if let Some(value) = end {
                lines.field(6, field, &number(value), "");
            }
        }
    }
}

fn check(lines: &mut Lines) {
    let check = CheckSettings::default();
    lines.open(2, "check:");
    lines.field(4, "metrics", &format!("[{METRICS_DEFAULT}]"), "default | all | names of metrics");
    lines.field(4, "alpha", &number(check.alpha), "false-alarm level of one minimum-effect test");
    lines.field(4, "fdr_q", &number(check.fdr_q), "level of the false discovery rate over columns");
    lines.field(4, "fail_on", check.fail_on.as_str(), &FailOn::WORDS.join(" | "));
    lines.field(
        4,
        "exact_rows",
        &check.exact_rows.to_string(),
        "rank statistics are exact up to this many rows a side",
    );
}

fn list(noun: &str, words: &[&str]) -> String {
    format!("{noun}: {}", words.join(" | "))
}

/// The text so far.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn open(&mut self, indent: usize, line: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn comment(&mut self, indent: usize, comment: &str) {
        self.open(indent, format!("# {}", one_line(comment)).trim_end());
    }

    /// One field; `value` is valid YAML on one line.
    fn field(&mut self, indent: usize, name: &str, value: &str, comment: &str) {
        let comment = one_line(comment);
        if comment.is_empty() {
            self.open(indent, &format!("{name}: {value}"));
        } else {
            self.open(indent, &format!("{name}: {value}  # {comment}"));
        }
    }
}
