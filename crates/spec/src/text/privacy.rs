//! What happens with personal values, as users write it.

use schemars::JsonSchema;

use super::At;
use crate::Position;
use crate::words::{PrivacyAction, TimeStep};

/// `privacy: hash`, or `privacy: { hash: { domain: customer } }`.
#[derive(Debug)]
pub(crate) enum PrivacyText {
    /// A word alone.
    Word(At<PrivacyAction>),
    /// An action with options.
    Options(Box<PrivacyOptionsText>),
}

/// An action with options: exactly one of them.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "PrivacyOptions", extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct PrivacyOptionsText {
    #[schemars(skip)]
    pub(crate) position: Option<Position>,
    /// A keyed hash.
    pub(crate) hash: Option<HashText>,
    /// `***` and the last characters.
    pub(crate) mask: Option<MaskText>,
    /// Coarser values.
    pub(crate) generalise: Option<GeneraliseText>,
}

/// Options of a keyed hash.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Hash")]
pub(crate) struct HashText {
    /// Columns with the same domain have the same hash for the same value. Default: the name of the column.
    #[schemars(length(min = 1))]
    pub(crate) domain: Option<At<String>>,
}

/// Options of a mask.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Mask")]
pub(crate) struct MaskText {
    /// How many characters at the end are kept, 0 to 8. Default: 0.
    #[schemars(range(min = 0, max = 8))]
    pub(crate) last: Option<At<u64>>,
}

/// How values are made coarser: `width` and `cap` for numbers, `time` for times, `prefix` for texts.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Generalise")]
pub(crate) struct GeneraliseText {
    #[schemars(skip)]
    pub(crate) position: Option<Position>,
    /// Width of the bins of numbers, above 0; a value becomes the lower edge of its bin. Example: 10.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(crate) width: Option<At<f64>>,
    /// Numbers above become this one. Example: 89 for an age.
    pub(crate) cap: Option<At<f64>>,
    /// Times become the start of their hour, day, month or year.
    pub(crate) time: Option<At<TimeStep>>,
    /// Texts become their first characters, 1 to 64 of them. Example: 3 for a postal code.
    #[schemars(range(min = 1, max = 64))]
    pub(crate) prefix: Option<At<u64>>,
}
