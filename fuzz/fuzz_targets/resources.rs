//! Files of resources of any kind: any bytes give resources or problems with places, never a panic; what reads is written
//! and read back as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchkeeper_spec::{Resource, lint};

fuzz_target!(|bytes: &[u8]| {
    match Resource::from_yaml_documents(bytes, "fuzz.yaml") {
        Ok(resources) => {
            for resource in &resources {
                let again = Resource::from_json(&resource.to_json(), "fuzz.json").expect("what is written reads back");
                assert_eq!(&again, resource);
            }
            let _ = lint(&resources);
        }
        Err(error) => assert!(!error.to_string().is_empty(), "a refusal says why"),
    }
});
