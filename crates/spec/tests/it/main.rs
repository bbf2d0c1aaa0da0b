//! Tests through the public API, one module per concern.

#![cfg(test)]

mod decode;
mod lint;
mod lint_against;
mod metrics;
mod never_panics;
mod privacy;
mod resolve;
mod resource_json;
mod resources;
mod schema;
mod settings;
mod support;
mod watch;
mod words;
mod write;
mod write_property;
mod yaml_limits;
