//! What the watch of a tenant remembers, as it is saved.

use std::collections::BTreeMap;
use std::io::Read;

use serde::{Deserialize, Serialize};
use watchkeeper_watch::engine::Engine;
use watchkeeper_watch::measured::Series;
use watchkeeper_watch::monitor::Memory;
use watchkeeper_watch::slo::Ledger;

/// Bytes that a saved state may unpack to.
const UNPACKED_MAX: u64 = 1 << 30;
const LEVEL: i32 = 3;

/// Everything that the next step depends on, beside resources and measurements.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) engine: Engine,
    /// End of the last window that each monitor has judged, µs since 1970; the least number: none, and it begins with the
    /// first event.
    pub(super) marks: BTreeMap<String, i64>,
    /// By monitor and series.
    #[serde(with = "pairs")]
    pub(super) memories: BTreeMap<(String, Series), Memory>,
    /// By objective.
    pub(super) ledgers: BTreeMap<String, Ledger>,
    /// Newest change event that was told, µs since 1970.
    #[serde(default)]
    pub(super) changes_to: i64,
}

impl State {
    pub(super) fn new(tenant: &str) -> Self {
        Self {
            engine: Engine::new(tenant),
            marks: BTreeMap::new(),
            memories: BTreeMap::new(),
            ledgers: BTreeMap::new(),
            changes_to: 0,
        }
    }

    /// The state as bytes.
    pub(super) fn save(&self) -> Result<Vec<u8>, String> {
        let text = serde_json::to_vec(self).map_err(|error| error.to_string())?;
        zstd::bulk::compress(&text, LEVEL).map_err(|error| error.to_string())
    }

    /// The state of bytes.
    pub(super) fn load(bytes: &[u8]) -> Result<Self, String> {
        let mut text = Vec::new();
        let decoder = zstd::stream::Decoder::new(bytes).map_err(|error| error.to_string())?;
        decoder.take(UNPACKED_MAX).read_to_end(&mut text).map_err(|error| error.to_string())?;
        serde_json::from_slice(&text).map_err(|error| error.to_string())
    }
}

mod pairs {
    //! A map whose keys are no texts, as a list of pairs.

    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use watchkeeper_watch::measured::Scope;

    use super::*;

    #[test]
    fn a_state_comes_back() {
        let mut state = State::new("t");
        let series = Series {
            scope: Scope::of_model("m"),
            column: None,
            measure: "volume".parse().unwrap(),
            window: 60,
            baseline: String::new(),
        };
        state.memories.insert(("rule".into(), series), Memory::default());
        state.marks.insert("rule".into(), i64::MIN);
        let bytes = state.save().unwrap();
        let back = State::load(&bytes).unwrap();
        assert_eq!((back.marks, back.memories), (state.marks, state.memories));
        assert_eq!(back.engine, state.engine);
        assert!(State::load(&bytes[..bytes.len() / 2]).is_err());
    }
}
