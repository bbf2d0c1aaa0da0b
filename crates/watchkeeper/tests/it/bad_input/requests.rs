//! Requests that do not fit the data or are not well formed.

use crate::data::{rows, write};
use crate::support::Dir;

fn dir(name: &str) -> Dir {
    let dir = Dir::new(name);
    write(&dir.file("r.parquet"), &rows(1, 400, 0.0));
    write(&dir.file("c.parquet"), &rows(2, 400, 0.0));
    dir
}

#[test]
fn columns_that_are_not_there_are_named_with_a_suggestion() {
    let dir = dir("names");
    for (option, parts) in [
        ("--columns amont", &["no column `amont`", "did you mean `amount`?"][..]),
        ("--columns amount,citty", &["no column `citty`", "did you mean `city`?"]),
        ("--exclude Flag", &["no column `Flag`", "did you mean `flag`?"]),
        ("--segment ciity", &["no column `ciity`", "did you mean `city`?"]),
        ("--by tss", &["--by", "no column `tss`", "did you mean `ts`?"]),
        ("--by tss:month", &["--by", "no column `tss`", "did you mean `ts`?"]),
        ("--by amount", &["--by: column `amount` holds no times", "expected timestamps, dates or ISO 8601 text"]),
        ("--by city", &["--by: column `city` holds no times"]),
        ("--columns zzzzzz", &["there is no column `zzzzzz` in the data\n"]),
        ("--exclude id,ts,amount,count,city,flag,note", &["no column"]),
    ] {
        dir.check("r.parquet", "c.parquet", option).refused(parts);
    }
}

#[test]
fn options_that_cannot_be_read_say_what_is_expected() {
    let dir = dir("options");
    for (option, parts) in [
        ("--threshold psi", &["--threshold", "expected METRIC=WARNING:CRITICAL, for example psi=0.1:0.25"][..]),
        ("--threshold psi=0.1", &["expected METRIC=WARNING:CRITICAL"]),
        ("--threshold psi=a:b", &["`a:b` is not two numbers of at least 0"]),
        ("--threshold psi=-1:2", &["`-1:2` is not two numbers of at least 0"]),
        ("--threshold psi=nan:1", &["`nan:1` is not two numbers"]),
        ("--threshold psi=0:inf", &["`0:inf` is not two numbers"]),
        ("--threshold psi=0.3:0.2", &["warning 0.3 is above critical 0.2"]),
        ("--threshold pzi=0.1:0.2", &["pzi", "psi"]),
        ("--metrics wassertein", &["wassertein", "did you mean `wasserstein`"]),
        ("--metrics psi,nope", &["nope", "expected one of"]),
        ("--metrics default,psi", &["`default` stands alone"]),
        ("--alpha 0", &["above 0 and below 0.5"]),
        ("--alpha 0.7", &["above 0 and below 0.5"]),
        ("--alpha x", &["above 0 and below 0.5"]),
        ("--exact-rows many", &["expected a number of rows, or `all`"]),
        ("--exact-rows -5", &[]),
        ("--fail-on sometimes", &["sometimes", "warning", "critical", "never"]),
        ("--by ts:year", &["unknown period `year`", ":hour, :day, :week or :month"]),
        ("--threads two", &["--threads"]),
        ("--colums x", &["--colums", "--columns"]),
    ] {
        dir.check("r.parquet", "c.parquet", option).refused(parts);
    }
    dir.run("check -r r.parquet -c c.parquet --output yaml").refused(&["yaml", "table", "json", "none"]);
    dir.run("check --reference r.parquet").refused(&["--current"]);
    dir.run("chekc").refused(&["chekc", "check"]);
    dir.run("schema models").refused(&["models", "model", "check"]);
}

#[test]
fn places_that_cannot_be_written_are_named() {
    let dir = dir("places");
    std::fs::create_dir(dir.path().join("folder")).unwrap();
    for option in ["--html", "--junit", "--markdown"] {
        for (path, why) in [("none/there.x", "No such file or directory"), ("folder", "Is a directory")] {
            let line = format!("check -r r.parquet -c c.parquet --output none {option} {path}");
            dir.run(&line).refused(&[&format!("cannot write `{path}`"), why]);
        }
    }
    dir.run("init r.parquet --out none/model.yaml").refused(&["cannot write `none/model.yaml`"]);
}

const MODEL: &str = "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: { name: m }\nspec:\n  task: other\n";

#[test]
fn model_files_are_checked() {
    let dir = dir("model");
    let with = |spec: &str| format!("{MODEL}{spec}");
    for (text, parts) in [
        (with("  colums: []\n"), &["m.yaml:6:3", "unknown field `colums`", "did you mean `columns`?"][..]),
        (
            with("  columns:\n    - { name: amount, rolle: feature }\n"),
            &["m.yaml:7", "unknown field `rolle`", "did you mean `role`?"],
        ),
        (with("  columns:\n    - { name: amount, role: featur }\n"), &["m.yaml:7", "featur", "`feature`"]),
        (with("  check: { alpha: 2 }\n"), &["m.yaml:6", "alpha"]),
        (with("  columns: [\n"), &["m.yaml"]),
        ("kind: Model\n".into(), &["m.yaml", "apiVersion"]),
        (String::new(), &["m.yaml"]),
    ] {
        dir.write("m.yaml", text);
        dir.check("r.parquet", "c.parquet", "--model m.yaml").refused(parts);
    }
    dir.write("m.yaml", b"metadata: { name: caf\xe9 }\n");
    dir.check("r.parquet", "c.parquet", "--model m.yaml").refused(&["m.yaml", "UTF-8"]);
    dir.check("r.parquet", "c.parquet", "--model none.yaml").refused(&["cannot read `none.yaml`"]);
}

/// A model may be ahead of the data: the check goes on and says so.
#[test]
fn a_model_that_names_absent_columns_is_noted() {
    let dir = dir("absent");
    dir.write(
        "m.yaml",
        format!("{MODEL}  columns:\n    - {{ name: amounts, role: feature }}\n    - {{ name: city, role: feature }}\n"),
    );
    let result = dir.check("r.parquet", "c.parquet", "--model m.yaml").code(0).json();
    let notes: Vec<&str> = result["notes"].as_array().unwrap().iter().filter_map(|note| note.as_str()).collect();
    assert!(notes.iter().any(|note| note.contains("m.yaml:7") && note.contains("`amounts`")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("`amount`")), "{notes:?}");
}
