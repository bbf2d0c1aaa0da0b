//! The published schemas accept what the program takes: the resources of the documents and those that it writes itself.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::docs::documents;
use crate::support::{Dir, root};

/// Why a value is not of a schema; empty when it is. Panics on a keyword that it does not know.
fn problems(root: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let Some(keywords) = schema.as_object() else {
        return if schema == &json!(false) { vec![format!("{place}: not allowed")] } else { Vec::new() };
    };
    let mut found = Vec::new();
    for (keyword, rule) in keywords {
        let alternatives =
            || rule.as_array().unwrap().iter().filter(|one| problems(root, one, value, place).is_empty());
        let is_met = match keyword.as_str() {
            "description" | "$defs" | "$schema" | "title" | "format" | "default" => true,
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap();
                found.extend(problems(root, target, value, place));
                true
            }
            "anyOf" => alternatives().count() > 0,
            "oneOf" => alternatives().count() == 1,
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "type" => match rule {
                Value::Array(types) => types.iter().any(|one| is_of(value, one)),
                one => is_of(value, one),
            },
            "pattern" => value.as_str().is_none_or(|text| fits(rule.as_str().unwrap(), text)),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= rule.as_u64().unwrap()),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 <= rule.as_u64().unwrap()),
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
            "exclusiveMinimum" => value.as_f64().is_none_or(|number| number > rule.as_f64().unwrap()),
            "exclusiveMaximum" => value.as_f64().is_none_or(|number| number < rule.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
            "minProperties" => value.as_object().is_none_or(|members| members.len() as u64 >= rule.as_u64().unwrap()),
            "maxProperties" => value.as_object().is_none_or(|members| members.len() as u64 <= rule.as_u64().unwrap()),
            "uniqueItems" => value.as_array().is_none_or(|items| {
                items.iter().enumerate().all(|(at, item)| items.iter().skip(at + 1).all(|other| other != item))
            }),
            "required" => value.as_object().is_none_or(|members| {
                rule.as_array().unwrap().iter().all(|name| members.contains_key(name.as_str().unwrap()))
            }),
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(problems(root, rule, item, &format!("{place}[{at}]")));
                }
                true
            }
            "properties" => {
                for (name, inner) in rule.as_object().unwrap() {
                    let member =
                        value.get(name).map(|member| problems(root, inner, member, &format!("{place}.{name}")));
                    found.extend(member.into_iter().flatten());
                }
                true
            }
            "additionalProperties" => {
                let known = |name: &String| keywords.get("properties").is_some_and(|own| own.get(name).is_some());
                for (name, member) in value.as_object().into_iter().flatten().filter(|(name, _)| !known(name)) {
                    found.extend(problems(root, rule, member, &format!("{place}.{name}")));
                }
                true
            }
            other => panic!("unknown keyword `{other}`"),
        };
        if !is_met {
            found.push(format!("{place}: `{keyword}` is {rule}, found {value}"));
        }
    }
    found
}

fn is_of(value: &Value, word: &Value) -> bool {
    match word.as_str().unwrap() {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type `{other}`"),
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    regex_lite::Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).is_match(text)
}

/// The schema of a kind, as it is published and as the program prints it.
fn schema_of(kind: &str) -> Value {
    let path = root().join(format!("docs/schemas/{}.schema.json", kind.to_lowercase()));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()
}

/// The documents of a YAML text that name a kind.
fn resources(text: &str) -> Vec<Value> {
    let documents = text.split("\n---\n").map(|document| serde_saphyr::from_str::<Value>(document).unwrap());
    documents.filter(|document| document["kind"].is_string()).collect()
}

#[test]
fn every_resource_of_the_documents_and_examples_is_of_its_schema() {
    let folder = Dir::new("schema-examples");
    std::os::unix::fs::symlink(root().join("examples"), folder.path().join("examples")).unwrap();
    folder.run("init examples/flights/reference --name flights-delay --out made.yaml --force").code(0);
    let mut texts =
        vec![("made by init".to_owned(), std::fs::read_to_string(folder.path().join("made.yaml")).unwrap())];
    let example = root().join("examples/flights/model.yaml");
    texts.push((example.display().to_string(), std::fs::read_to_string(example).unwrap()));
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        let blocks = text.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
        texts.extend(
            blocks.filter(|block| block.contains("apiVersion:")).map(|block| (document.display().to_string(), block)),
        );
    }
    let mut kinds = BTreeSet::new();
    for (name, text) in texts {
        for resource in resources(&text) {
            let kind = resource["kind"].as_str().unwrap();
            let schema = schema_of(kind);
            assert_eq!(problems(&schema, &schema, &resource, kind), Vec::<String>::new(), "{name}");
            kinds.insert(kind.to_owned());

            let mut wrong = resource.clone();
            wrong["spec"] = json!({"nonsense": 1});
            assert!(!problems(&schema, &schema, &wrong, kind).is_empty(), "{kind} with an unknown field");
        }
    }
    let all: BTreeSet<String> = watchkeeper_spec::ResourceKind::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(kinds, all, "each kind has an example");
}
