//! Secrets that stand in what is kept as it was written: a resource is stored, shown and exported.

use serde_json::Value;

use super::Lint;
use crate::decode::join;
use crate::places::Places;
use crate::secret::SECRET_RULE;
use crate::{MetricSpec, Resource, SecretReference, SliSpec};

/// Parts of names of fields that hold secrets, lower case and without signs.
const NAMES: &[&str] = &["password", "passwd", "secret", "token", "apikey", "accesskey", "privatekey", "credential"];

pub(super) fn check(resource: &Resource, lint: &mut Lint) {
    match resource {
        Resource::DataSource(source) => {
            if let Some(details) = &source.spec.connection_details {
                look(details, "spec.connectionDetails", &source.places, lint);
            }
        }
        Resource::Sli(sli) => of_sli(&sli.spec, "spec", &sli.places, lint),
        Resource::Slo(slo) => {
            if let Some(indicator) = &slo.spec.indicator {
                of_sli(&indicator.spec, "spec.indicator.spec", &slo.places, lint);
            }
            for (index, objective) in slo.spec.objectives.iter().enumerate() {
                if let Some(indicator) = &objective.indicator {
                    of_sli(&indicator.spec, &format!("spec.objectives[{index}].indicator.spec"), &slo.places, lint);
                }
            }
        }
        _ => {}
    }
}

fn of_sli(spec: &SliSpec, path: &str, places: &Places, lint: &mut Lint) {
    for (below, source) in spec.sources() {
        if let Some(MetricSpec::Other(value)) = &source.spec {
            look(value, &format!("{path}.{below}.metricSource.spec"), places, lint);
        }
    }
}

/// The depth is that of the text, which is bounded.
fn look(value: &Value, path: &str, places: &Places, lint: &mut Lint) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = join(path, name);
                match value {
                    Value::String(text)
                        if is_secret(name) && !text.is_empty() && text.parse::<SecretReference>().is_err() =>
                    {
                        let what = format!("`{path}` looks like a secret, and resources are stored and shown");
                        lint.warnings.push(places.problem(path, what).expected(SECRET_RULE));
                    }
                    _ => look(value, &path, places, lint),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                look(item, &format!("{path}[{index}]"), places, lint);
            }
        }
        _ => {}
    }
}

fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    NAMES.iter().any(|part| plain.contains(part))
}
