//! Resources: files, a catalog without a server, a server.

use serde_json::json;

use super::server::Server;
use crate::support::Dir;

const MODEL: &str = "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: { name: churn }\nspec:\n  task: binary_classification\n  columns:\n    - { name: age, role: feature, type: numeric }\n";

#[test]
fn a_catalog_without_a_server_takes_shows_and_gives_back_resources() {
    let folder = Dir::new("offline");
    folder.write("all/model.yaml", MODEL);
    folder.write("all/more/env.yaml", "# two of them\napiVersion: watchkeeper/v1\nkind: Environment\nmetadata: { name: staging }\n---\napiVersion: watchkeeper/v1\nkind: Tenant\nmetadata: { name: default }\n");
    folder.run("get model --data-dir data").refused(&["there is no catalog `", "data/catalog.db`"]);
    let diff = folder.run("apply -f all --data-dir data --dry-run");
    diff.refused(&["there is no catalog"]);

    let applied = folder.run("apply -f all --data-dir data").code(0).stdout;
    let lines: Vec<&str> = applied.lines().collect();
    assert_eq!(
        lines,
        [
            "tenant/default created (revision 1)",
            "environment/staging created (revision 1)",
            "model/churn created (revision 1)"
        ]
    );
    let again = folder.run("apply -f all --data-dir data -o json").code(0).json();
    let outcomes: Vec<&str> =
        again["resources"].as_array().unwrap().iter().map(|r| r["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["unchanged"; 3]);
    assert!(folder.run("diff -f all --data-dir data").code(0).stdout.is_empty());

    folder.write("all/model.yaml", MODEL.replace("type: numeric", "type: numeric, max: 120"));
    let diff = folder.run("diff -f all --data-dir data").code(1).stdout;
    assert!(diff.starts_with("model/churn\n") && diff.contains("max") && diff.contains("120"), "{diff}");
    folder.run("apply -f all --data-dir data --dry-run").code(0);
    assert_eq!(folder.run("diff -f all --data-dir data").code(1).stdout, diff, "a dry run changes nothing");
    let applied = folder.run("apply -f all --data-dir data").code(0).stdout;
    assert!(
        applied.contains("model/churn updated (revision 2)") && applied.contains("tenant/default unchanged"),
        "{applied}"
    );

    let model = folder.run("get model churn --data-dir data -o json").code(0).json();
    assert_eq!(
        (model["kind"].as_str(), model["revision"].as_u64(), model["body"]["metadata"]["name"].as_str()),
        (Some("Model"), Some(2), Some("churn"))
    );
    let table = folder.run("get models --data-dir data").code(0).stdout;
    assert!(table.starts_with("KIND") && table.contains("churn"), "{table}");

    let exported = folder.run("export --data-dir data").code(0).stdout;
    folder.write("exported.yaml", &exported);
    assert!(folder.run("diff -f exported.yaml --data-dir data").code(0).stdout.is_empty(), "{exported}");
    folder.run("apply -f exported.yaml --data-dir other").code(0);
    assert_eq!(folder.run("export --data-dir other").code(0).stdout, exported);
    let other = folder.run("get model --data-dir data --tenant acme -o json").code(0).json();
    assert_eq!(other.as_array().map(Vec::len), Some(0), "a tenant sees its own");

    assert_eq!(folder.run("delete model churn --data-dir data").code(0).stdout, "model/churn deleted\n");
    folder.run("delete model churn --data-dir data").refused(&["there is no model `churn`"]);
    folder.run("get model churn --data-dir data").refused(&["there is no model `churn`"]);
    folder.run("get modle --data-dir data").refused(&["there is no kind `modle`"]);
}

#[test]
fn files_with_problems_are_told_whole_and_change_nothing() {
    let folder = Dir::new("lint");
    folder.write("a.yaml", MODEL);
    folder.write("b.yaml", MODEL.replace("columns", "colums"));
    folder.write("c.yaml", MODEL);
    let lint = folder.run("lint -f a.yaml -f b.yaml -f c.yaml").code(1).stdout;
    assert!(lint.contains("b.yaml:6:3: unknown field `colums` in `spec`; did you mean `columns`?"), "{lint}");
    assert!(lint.contains("c.yaml: Model `churn` is also in a.yaml"), "{lint}");
    let json = folder.run("lint -f a.yaml -o json").code(0).json();
    assert_eq!((json["resources"].as_u64(), json["problems"].as_array().map(Vec::len)), (Some(1), Some(0)));
    folder.run("apply -f . --data-dir data").refused(&["b.yaml:6:3: unknown field", "is also in"]);
    let stored = folder.run("get model --data-dir data -o json").code(0).json();
    assert_eq!(stored, json!([]));
    folder.run("lint -f nothing").refused(&["cannot read `nothing`"]);
}

#[test]
fn resources_are_linted_together() {
    let folder = Dir::new("lint-together");
    let slo = |target: &str| {
        format!(
            "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name}\nspec:\n  service: churn\n  indicatorRef: errors\n  \
             budgetingMethod: Occurrences\n  objectives: [{{target: {target}}}]\n",
            name = "{name: s, annotations: {watchkeeper.dev/burn-policy: stream}}",
        )
    };
    folder.write("model.yaml", MODEL);
    folder.write("slo.yaml", slo("0.99"));
    let lint = folder.run("lint -f model.yaml -f slo.yaml").code(0).stdout;
    assert!(lint.contains("warning: slo.yaml:6:17: there is no SLI `errors`"), "{lint}");
    assert!(lint.ends_with("2 resources in 2 files, no problems\n"), "{lint}");
    let json = folder.run("lint -f slo.yaml -o json").code(0).json();
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(2), "{json}");

    folder.write("slo.yaml", slo("0.9"));
    let lint = folder.run("lint -f model.yaml -f slo.yaml").code(1).stdout;
    assert!(lint.contains("needs a burn rate of 13.4, but with target 0.9 it is 10 at most"), "{lint}");
    folder.run("apply -f slo.yaml --data-dir data").refused(&["use burn policy `hourly`"]);
}

#[test]
fn a_server_is_asked_before_it_is_told() {
    let server = Server::start(|_, asked| match asked.line.as_str() {
        "POST /api/v1/resources/model/churn/diff" => (
            "200 OK",
            json!({"exists": true, "changes": [{"path": "spec.task", "before": "other", "after": "x"}]}).to_string(),
        ),
        "PUT /api/v1/resources/model/churn" => {
            ("200 OK", json!({"kind": "Model", "name": "churn", "revision": 7}).to_string())
        }
        "GET /api/v1/resources/model?limit=200" => {
            ("200 OK", json!({"items": [{"kind": "Model", "name": "a"}], "next": "a"}).to_string())
        }
        "GET /api/v1/resources/model?limit=200&cursor=a" => {
            ("200 OK", json!({"items": [{"kind": "Model", "name": "b"}]}).to_string())
        }
        _ => ("404 Not Found", json!({"title": "not found", "detail": "nothing here"}).to_string()),
    });
    let folder = Dir::new("remote");
    folder.write("model.yaml", MODEL);
    let variables = [("WATCHKEEPER_SERVER", server.url.as_str())];
    let run = |line: &str| folder.run_words(&line.split_whitespace().collect::<Vec<_>>(), &variables);
    assert_eq!(run("apply -f model.yaml").code(0).stdout, "model/churn updated (revision 7)\n");
    let put = server.asked().into_iter().find(|asked| asked.line.starts_with("PUT")).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&put.body).unwrap();
    assert_eq!((body["kind"].as_str(), body["metadata"]["name"].as_str()), (Some("Model"), Some("churn")));
    assert_eq!(run("diff -f model.yaml").code(1).stdout, "model/churn\n  ~ spec.task: \"other\" → \"x\"\n");
    let table = run("get model").code(0).stdout;
    assert_eq!(table.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1)).collect::<Vec<_>>(), ["a", "b"]);
    run("get model gone").refused(&["there is no model `gone`"]);
    run("delete model gone").refused(&["there is no model `gone`"]);
    run("get model --tenant t").refused(&["--tenant goes with --data-dir or --catalog"]);
}
