//! The model file: any bytes give a model or problems with places, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchkeeper_spec::Model;

fuzz_target!(|bytes: &[u8]| {
    match Model::from_yaml_bytes(bytes, "fuzz.yaml") {
        Ok(model) => {
            let names: Vec<&str> = model.columns.iter().map(|column| column.name.as_str()).collect();
            assert!(model.lint_against(&names).is_empty(), "a model agrees with its own columns");
        }
        Err(error) => assert!(!error.to_string().is_empty(), "a refusal says why"),
    }
});
