//! What values take in memory, roughly, and budgets of it: a few bytes on the wire can stand for many rows.

use serde_json::{Map, Value};

use super::cells::too_long;
use super::converted::{Fault, Options};
use super::joiner::Half;
use super::outcome::Outcome;

/// Memory of the events of one input, as a multiple of the limit on its bytes.
const GROWTH_MAX: usize = 2;

/// Bytes that the events of one input may take.
pub(crate) const fn budget(decompressed_bytes: usize) -> usize {
    decompressed_bytes.saturating_mul(GROWTH_MAX)
}

/// Refuses to repeat `bytes` (of names, of ids) in each of `rows` rows when that exceeds the limit of an input.
pub(super) fn check_repeated(rows: usize, bytes: usize, field: &str, options: &Options) -> Result<(), Fault> {
    let limit = options.limits.decompressed_bytes;
    if rows.saturating_mul(bytes) > limit {
        Err(too_long(field, "bytes once it is repeated in each row", limit))
    } else {
        Ok(())
    }
}

/// Bytes of a half that waits.
pub(super) fn of_half(half: &Half) -> usize {
    const HALF: usize = 512;
    let call = &half.call;
    let features = call.features.iter().flatten().chain([&call.extras]).map(of_map);
    let outcomes = call.outcomes.iter().flatten().map(of_outcome);
    HALF + 2 * half.key.len() + of_map(&call.segments) + features.chain(outcomes).sum::<usize>()
}

fn of_outcome(outcome: &Outcome) -> usize {
    let scalars = outcome.prediction.iter().chain(&outcome.score).map(of_value);
    std::mem::size_of::<Outcome>() + of_map(&outcome.scores) + of_map(&outcome.others) + scalars.sum::<usize>()
}

/// Bytes of the members of an object.
pub(super) fn of_map(map: &Map<String, Value>) -> usize {
    const NODE: usize = 32;
    map.iter().map(|(name, value)| NODE + name.len() + of_value(value)).sum::<usize>() + NODE
}

/// Bytes of a value. Depth is that of the JSON, which its parser bounds.
pub(crate) fn of_value(value: &Value) -> usize {
    let inner = match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(of_value).sum(),
        Value::Object(members) => of_map(members),
        _ => 0,
    };
    std::mem::size_of::<Value>() + inner
}
