//! A resource as metadata and spec: the shape of every kind of the watch.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::Metadata;
use crate::decode::Slot;
use crate::places::Places;
use crate::problem::Problems;

/// A resource after every lint: who it is and what it says. Only made from a text.
///
/// Two documents are equal if they say the same; where they were written does not count.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Document<S, M = Metadata> {
    /// Name, description and labels; for `openslo/v1` as written there.
    pub metadata: M,
    /// What it says.
    pub spec: S,
    #[serde(skip)]
    pub(crate) places: Places,
}

/// The metadata or spec of a document: read with every lint that needs nothing else, and written.
pub(crate) trait Part: Sized + JsonSchema {
    /// `None` if something is missing without which there is no such part; that and every other problem is reported.
    fn read(slot: &Slot<'_>, problems: &mut Problems) -> Option<Self>;

    /// As a value; what equals its default is left out.
    fn to_value(&self) -> Value;
}

/// The spec of a kind of document.
pub(crate) trait Spec: Part {
    /// What stands beside it.
    type Metadata: Part;

    /// What a message says is expected where it is missing.
    const EXPECTED: &'static str;
}
