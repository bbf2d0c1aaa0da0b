//! The settings among the environment variables.

use std::collections::BTreeMap;

use super::PREFIX;
use super::keys::{self, KEYS};
use super::raw::{Fault, Layer, Origin, Raw, overlay};
use super::read;
use super::suggest::{did_you_mean, quoted};

/// Variables of other commands.
const OTHERS: [&str; 3] = ["WATCHKEEPER_SERVER", "WATCHKEEPER_API_KEY", "WATCHKEEPER_CONFIG"];

/// What begins the variables of single options of the store.
const OPTION_PREFIX: &str = "WATCHKEEPER_LAKE_OPTIONS_";

/// Reads the variables; what is wrong is added to `faults`.
pub(super) fn layer(variables: &BTreeMap<String, String>, faults: &mut Vec<Fault>) -> Layer {
    let mut layer = Layer::new();
    let ours = variables.range(PREFIX.to_owned()..).take_while(|(name, _)| name.starts_with(PREFIX));
    for (variable, text) in ours {
        let origin = Origin::Environment(variable.clone());
        if let Some(name) = variable.strip_prefix(OPTION_PREFIX)
            && let Some(key) = keys::find("lake.options")
        {
            overlay(&mut layer, Layer::from([(key.path, read::named(key, name, text, origin))]));
        } else if let Some(key) = KEYS.iter().find(|key| keys::variable(key.path) == *variable) {
            match read::from_text(key, text, &origin) {
                Ok(value) => {
                    layer.insert(key.path, Raw { value, origin });
                }
                Err(text) => faults.push(Fault { origin, text }),
            }
        } else if !OTHERS.contains(&variable.as_str()) && !is_of_orchestrator(variable) {
            let known: Vec<String> = KEYS.iter().map(|key| keys::variable(key.path)).collect();
            let near = did_you_mean(variable.trim_start_matches(PREFIX), known.iter().map(|name| bare(name)));
            let near = near.replacen('`', &format!("`{PREFIX}"), 1);
            let text = format!("unknown variable {}{near}", quoted(variable));
            faults.push(Fault { origin: Origin::Default, text });
        }
    }
    layer
}

fn bare(variable: &str) -> &str {
    variable.strip_prefix(PREFIX).unwrap_or(variable)
}

/// Kubernetes sets variables named after each service of the namespace: `WATCHKEEPER_SERVICE_HOST`,
/// `WATCHKEEPER_PORT_8470_TCP_ADDR`. A service of our name must not stop the program.
fn is_of_orchestrator(variable: &str) -> bool {
    variable.contains("_SERVICE_HOST")
        || variable.contains("_SERVICE_PORT")
        || variable.ends_with("_PORT")
        || variable.split_once("_PORT_").is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()))
}
