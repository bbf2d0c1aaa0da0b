//! What the gate knows of a stream before its events come.

use std::collections::BTreeMap;

use watchkeeper_spec::{Kind, Model, Privacy, Role};

use super::decision::{ColumnDecision, Standing};
use crate::{ColumnType, Stream, names};

/// Values from which a column is decided by how many of them are different.
const VALUES_MIN: u64 = 200;

/// What is declared of a column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declared {
    /// What happens with its values; `None`: decided from its name and values.
    pub privacy: Option<Privacy>,
    /// How its values are read.
    pub kind: Option<Kind>,
    /// Smallest and largest valid value, if both are declared: the scale of a profile-only number.
    pub range: Option<(f64, f64)>,
}

/// What the gate of one stream of one model does.
#[derive(Debug, Clone, PartialEq)]
pub struct GatePlan {
    /// The tenant: the same value has another hash in another tenant.
    pub tenant: String,
    /// The stream.
    pub stream: Stream,
    /// Which series of hashes; another number makes old and new hashes unrelated.
    pub epoch: u32,
    /// What is declared, by the name of the stored column.
    pub declared: BTreeMap<String, Declared>,
    /// Decisions that were made before.
    pub decisions: Vec<ColumnDecision>,
    /// Values from which an undeclared column is decided; a text is held back until then.
    pub values_min: u64,
}

impl GatePlan {
    /// A plan that declares nothing.
    #[must_use]
    pub fn new(tenant: &str, stream: Stream) -> Self {
        let (declared, decisions) = (BTreeMap::new(), Vec::new());
        Self { tenant: tenant.to_owned(), stream, epoch: 0, declared, decisions, values_min: VALUES_MIN }
    }

    /// The plan of a model: its columns under the names under which they are stored.
    ///
    /// A column with the role `id`, `prediction`, `label`, `latency`, or the only one with `score`, is also stored under the
    /// system name of its role; one that is a segment also behind `segment.`; a feature that has the name of a system column
    /// behind `feature.`. Segments of the model and of its mapping count as declared.
    #[must_use]
    pub fn of_model(tenant: &str, stream: Stream, model: &Model, decisions: Vec<ColumnDecision>) -> Self {
        let mut plan = Self { decisions, ..Self::new(tenant, stream) };
        let scores = model.columns.iter().filter(|column| column.role == Role::Score).count();
        for column in &model.columns {
            let range = column.min.zip(column.max);
            let declared = Declared { privacy: column.privacy.clone(), kind: column.kind, range };
            let system = match column.role {
                Role::Id => Some(names::PREDICTION_ID.to_owned()),
                Role::Prediction => Some(names::PREDICTION.to_owned()),
                Role::Label => Some(names::LABEL.to_owned()),
                Role::Latency => Some(names::LATENCY_MS.to_owned()),
                Role::Score if scores == 1 => Some(names::SCORE.to_owned()),
                Role::Segment => Some(format!("{}{}", names::SEGMENT_PREFIX, column.name)),
                Role::Feature if names::PREDICTION_COLUMNS.contains(&column.name.as_str()) => {
                    Some(format!("{}{}", names::FEATURE_PREFIX, column.name))
                }
                _ => None,
            };
            let is_renamed = column.role == Role::Feature && system.is_some();
            plan.declared.extend(system.map(|name| (name, declared.clone())));
            if !is_renamed {
                plan.declared.insert(column.name.clone(), declared);
            }
        }
        plan
    }

    /// How an undeclared action of `column` is found; `None`: its values are not looked at, they are stored.
    pub(super) fn standing(&self, column: &str, kind: ColumnType) -> Option<Standing> {
        if !matches!(self.stream, Stream::Predictions | Stream::Labels) {
            return None;
        }
        let is_text = match kind {
            ColumnType::Text => true,
            ColumnType::Number => false,
            ColumnType::Boolean | ColumnType::Time => return None,
        };
        if matches!(column, names::PREDICTION_ID | names::TRACE_ID) {
            return is_text.then_some(Standing::Id);
        }
        let is_system = matches!(column, names::VERSION | names::ENVIRONMENT | names::LATENCY_MS | names::SCORE)
            || column.strip_prefix(names::SCORE).is_some_and(|class| class.starts_with('.'));
        if is_system {
            return None;
        }
        Some(match is_text {
            false => Standing::Number,
            true if column.starts_with(names::SEGMENT_PREFIX) => Standing::Segment,
            true if matches!(column, names::PREDICTION | names::LABEL) => Standing::KnownText,
            true if self.declared.contains_key(column) => Standing::KnownText,
            true => Standing::UnknownText,
        })
    }
}
