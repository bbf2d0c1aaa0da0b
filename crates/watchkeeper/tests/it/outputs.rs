//! What the program writes: table, JSON, Markdown, JUnit, HTML, exit codes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::data::{batch, floats, normals, rows, texts, write};
use crate::support::{Dir, column};

/// The names that other programs rely on.
const METRICS: &str = "psi kl_current_reference kl_reference_current js_distance hellinger tvd linf chi2 g_test cramers_v \
    ks wasserstein wasserstein_normalized cramer_von_mises anderson_darling energy mann_whitney_auc mean_difference \
    proportion_difference missing_rate invalid_rate unseen_rate out_of_range_rate";

fn folder() -> Dir {
    let folder = Dir::new("outputs");
    write(&folder.file("r.parquet"), &rows(1, 3000, 0.0));
    write(&folder.file("c.parquet"), &rows(2, 2500, 1.0));
    write(&folder.file("same.parquet"), &rows(3, 2500, 0.0));
    folder
}

#[test]
fn all_metrics_have_their_names_and_no_value_is_nan() {
    let result = folder().check("r.parquet", "c.parquet", "--metrics all").json();
    let names: BTreeSet<&str> = result["columns"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|column| column["measurements"].as_array().unwrap())
        .map(|row| row["metric"].as_str().unwrap())
        .collect();
    assert_eq!(names, METRICS.split_whitespace().collect());
    for column in result["columns"].as_array().unwrap() {
        for key in ["name", "type", "role", "verdict", "reason"] {
            assert!(column[key].is_string(), "{key} of {column}");
        }
        for row in column["measurements"].as_array().unwrap() {
            assert_eq!(row["value"].is_null(), row["status"] != "ok", "{row:#}");
            for key in ["threshold", "decision_threshold", "p_value", "ci_low", "ci_high", "n_reference", "n_current"] {
                assert!(row[key].is_null() || row[key].is_number(), "{key} of {row:#}");
            }
        }
    }
}

#[test]
fn the_result_has_the_fields_of_its_schema() {
    let folder = folder();
    let schema: Value = serde_json::from_str(&folder.run("schema check").code(0).stdout).unwrap();
    let result = folder.check("r.parquet", "c.parquet", "--by ts --segment city").json();
    assert_eq!(result["schema"], "watchkeeper.check/v1");
    fits(&result, &schema, &schema, "result");
}

/// Objects have exactly the properties of the schema; lists and references are followed.
fn fits(value: &Value, schema: &Value, root: &Value, path: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let definition = root.pointer(reference.trim_start_matches('#')).unwrap();
        return fits(value, definition, root, path);
    }
    if let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
        let (found, known): (BTreeSet<_>, BTreeSet<_>) = (object.keys().collect(), properties.keys().collect());
        assert_eq!(found, known, "{path}");
        object.iter().for_each(|(key, value)| fits(value, &properties[key], root, &format!("{path}.{key}")));
    }
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| fits(item, &schema["items"], root, &format!("{path}[]")));
    }
}

#[test]
fn exit_codes_follow_fail_on() {
    let folder = folder();
    let run = |current: &str, fail_on: &str| {
        folder.run(&format!("check -r r.parquet -c {current} --output none --fail-on {fail_on}"))
    };
    assert_eq!(folder.check("r.parquet", "c.parquet", "").json()["verdict"], "critical");
    for (current, fail_on, code) in [
        ("c.parquet", "critical", 1),
        ("c.parquet", "warning", 1),
        ("c.parquet", "never", 0),
        ("same.parquet", "warning", 0),
    ] {
        let run = run(current, fail_on).code(code);
        assert_eq!(run.stdout, "");
    }
    run("c.parquet", "sometimes").refused(&["sometimes"]);
}

#[test]
fn the_table_keeps_to_the_width_and_has_no_colour_in_a_pipe() {
    let folder = folder();
    for width in [60, 100, 200] {
        let words = ["check", "-r", "r.parquet", "-c", "c.parquet", "--by", "ts:month"];
        let run = folder.run_words(&words, &[("COLUMNS", &width.to_string())]);
        assert!(!run.stdout.contains('\u{1b}'), "{run}");
        let table = run.stdout.split("\n\n").nth(1).unwrap();
        for line in table.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        assert!(table.contains("critical") && table.contains("amount"), "{run}");
    }
}

#[test]
fn several_outputs_at_once() {
    let folder = folder();
    folder.check("r.parquet", "c.parquet", "--html a.html --junit a.xml --markdown a.md --by ts:month").code(1);
    let markdown = folder.read("a.md");
    assert!(markdown.starts_with("## ✗ "), "{markdown}");
    assert_eq!(markdown.matches("| `city` |").count() + markdown.matches("| city |").count(), 1, "{markdown}");
    let junit = folder.read("a.xml");
    assert!(junit.contains("<testsuites") && junit.contains("failures=\"") && junit.contains("name=\"amount\""));
    assert!(folder.read("a.html").contains("watchkeeper.report/v1"));
}

#[test]
fn hostile_names_stay_text() {
    let folder = Dir::new("hostile");
    let evil = "</script><img src=x onerror=alert(1)>|`\"&";
    let side = |seed, share: usize| {
        let category = move |i: usize| if i % 10 < share { evil } else { "b" };
        batch(vec![(evil, texts((0..2000).map(category))), ("x", normals(seed, 2000, 0.0))])
    };
    write(&folder.file("r.parquet"), &side(1, 2));
    write(&folder.file("c.parquet"), &side(2, 8));
    folder.check("r.parquet", "c.parquet", "--html a.html --junit a.xml --markdown a.md").code(1);
    let page = folder.read("a.html");
    assert!(!page.contains(evil) && !page.contains("<img src=x"), "the label became markup");
    assert!(folder.read("a.md").contains("\\|"));
    assert!(!folder.read("a.xml").contains("<img"));
}

#[test]
fn the_report_of_200_columns_is_small_and_asks_for_nothing() {
    let folder = Dir::new("wide");
    let names: Vec<String> = (0..200).map(|i| format!("feature_{i:03}")).collect();
    let side = |seed: u64| {
        let columns = names.iter().zip(0..).map(|(name, i)| {
            let array = if i % 4 == 0 {
                texts((0..1500).map(|row| format!("level {}", (row * (i + 3) + seed as usize) % 30)))
            } else {
                normals(seed * 1000 + i as u64, 1500, 0.0)
            };
            (name.as_str(), array)
        });
        batch(columns.collect())
    };
    write(&folder.file("r.parquet"), &side(1));
    write(&folder.file("c.parquet"), &side(2));
    folder.run("check -r r.parquet -c c.parquet --output none --html a.html --fail-on never").code(0);
    let page = folder.read("a.html");
    assert!(page.len() <= 1_500_000, "{} bytes", page.len());
    for outside in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let data = page.split("id=\"wk-data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let report: Value = serde_json::from_str(data).unwrap();
    assert_eq!(report["check"]["columns"].as_array().unwrap().len(), 200);
}

#[test]
fn reasons_say_what_moved() {
    let folder = Dir::new("reasons");
    let share = |lax: usize| move |i: usize| if i % 100 < lax { "LAX" } else { ["BOS", "ORD", "SFO"][i % 3] };
    let side = |lax: usize, level: f64| {
        batch(vec![
            ("dest", texts((0..9000).map(share(lax)))),
            ("temp", floats((0..9000).map(|i| level + f64::from(i % 97)))),
        ])
    };
    write(&folder.file("r.parquet"), &side(40, 0.0));
    write(&folder.file("c.parquet"), &side(3, 60.0));
    let result = folder.check("r.parquet", "c.parquet", "").code(1).json();
    let reason = |name: &str| column(&result, name)["reason"].as_str().unwrap().to_owned();
    assert!(
        reason("dest").ends_with("above 0.25 even allowing for 9,000 rows; `LAX` fell from 40 % to 3 %"),
        "{}",
        reason("dest")
    );
    assert!(reason("temp").contains("median 48 → 107"), "{}", reason("temp"));
}
