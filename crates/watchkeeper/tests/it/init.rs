//! `watchkeeper init`.

use crate::support::{Dir, root};

#[test]
fn roles_of_flights_are_found_and_the_model_is_accepted() {
    let folder = Dir::new("init");
    std::os::unix::fs::symlink(root().join("examples/flights"), folder.path().join("flights")).unwrap();
    folder.run("init flights/reference --name flights-delay --out model.yaml").code(0);
    let text = folder.read("model.yaml");
    let model = watchkeeper_spec::Model::from_yaml(&text, "model.yaml").unwrap();
    let role = |name: &str| model.column(name).unwrap().role.as_str();
    for (name, expected) in [
        ("prediction_id", "id"),
        ("ts", "timestamp"),
        ("score", "score"),
        ("prediction", "prediction"),
        ("label", "label"),
        ("predicted_arr_delay", "prediction"),
        ("arr_delay", "label"),
        ("carrier", "feature"),
        ("temp", "feature"),
    ] {
        assert_eq!(role(name), expected, "{name}");
    }
    let flights = "--model model.yaml --columns carrier,score";
    let result = folder.check("flights/reference", "flights/current/2013-03.parquet", flights).json();
    assert_eq!((&result["model"]["name"], &result["model"]["source"]), (&"flights-delay".into(), &"model.yaml".into()));
    folder.run("init flights/reference --out model.yaml").refused(&["`model.yaml` exists", "--force"]);
    folder.run("init flights/reference --out model.yaml --force").code(0);
}

#[test]
fn the_example_model_is_in_step_with_the_program() {
    let example = std::fs::read_to_string(root().join("examples/flights/model.yaml")).unwrap();
    watchkeeper_spec::Model::from_yaml(&example, "examples/flights/model.yaml").unwrap();
}
