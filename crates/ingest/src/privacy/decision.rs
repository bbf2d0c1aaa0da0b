//! What happens with a column that declares no action.

use serde::{Deserialize, Serialize};

use super::class::{Class, Evidence, Finding};
use super::tracker::CardinalityTracker;
use super::words::class_of_name;

/// Values from which classes are told by values.
const CLASS_MIN: u64 = 20;

/// Share of different values above which a column has many.
const DISTINCT_SHARE_MAX: f64 = 0.5;

/// Characters on average above which a text is free text.
const LENGTH_MEAN_MAX: f64 = 40.0;

/// Share of numbers that look like one of a phone, card or account, for a column that is named so.
const LONG_INTEGER_SHARE_MIN: f64 = 0.5;

/// What the gate does without a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultAction {
    /// Stored as it is.
    Keep,
    /// Not stored.
    Drop,
    /// Replaced by a keyed hash.
    Hash,
    /// Only what a distribution needs is stored.
    ProfileOnly,
}

/// Why an action was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The name or the values speak of personal data.
    Personal,
    /// Most values are different.
    ManyValues,
    /// Values are long.
    FreeText,
    /// Few different values, none of which looks personal.
    FewValues,
    /// Numbers, or a column whose part in the event is known, without a sign of personal data.
    Unsuspicious,
}

/// A decision about one column. It is made once; the caller keeps it and gives it back after a restart, so that a column
/// does not change what it holds. A declared action wins over it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDecision {
    /// The column.
    pub column: String,
    /// What happens with its values.
    pub action: DefaultAction,
    /// Why.
    pub reason: Reason,
    /// What the column may hold, if anything personal.
    pub finding: Option<Finding>,
    /// Values that were looked at.
    pub seen: u64,
    /// Different texts among them, at most [`super::DISTINCT_MAX`].
    pub distinct: u64,
}

/// What is known of a column before its values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// A text that nothing declares: nothing of it is stored until it is decided.
    UnknownText,
    /// A text whose part in the event is known (prediction, label, declared column): free text is found, not many values.
    KnownText,
    /// A segment tag: if it must not be stored, neither is its length.
    Segment,
    /// Numbers.
    Number,
    /// An id: findings are reported, the values are the identity of the event.
    Id,
}

/// Decides about `column`, or not yet. `values_min`: values from which a column without findings is decided.
pub(super) fn decide(
    column: &str,
    standing: Standing,
    tracker: &CardinalityTracker,
    values_min: u64,
    has_key: bool,
) -> Option<ColumnDecision> {
    let finding = finding(column, class_of_name(column), standing, tracker);
    let class = finding.as_ref().map(|finding| finding.class);
    let is_settled = tracker.seen() >= values_min;
    let (action, reason) = match (standing, class) {
        (Standing::Id, _) if is_settled => (DefaultAction::Keep, Reason::Unsuspicious),
        (Standing::Id, _) => return None,
        (_, Some(Class::Credential)) => (DefaultAction::Drop, Reason::Personal),
        // A hash is a text: the type of the column would change with the decision.
        (Standing::Number, Some(class)) if class.is_direct() => (DefaultAction::ProfileOnly, Reason::Personal),
        (_, Some(class)) if class.is_direct() && has_key => (DefaultAction::Hash, Reason::Personal),
        (_, Some(class)) if class.is_direct() => (DefaultAction::ProfileOnly, Reason::Personal),
        _ if !is_settled => return None,
        (Standing::Number, _) => (DefaultAction::Keep, Reason::Unsuspicious),
        _ if tracker.length_mean() > LENGTH_MEAN_MAX => (DefaultAction::ProfileOnly, Reason::FreeText),
        (Standing::UnknownText, _) if tracker.distinct_share() > DISTINCT_SHARE_MAX => {
            (DefaultAction::ProfileOnly, Reason::ManyValues)
        }
        (Standing::UnknownText, _) => (DefaultAction::Keep, Reason::FewValues),
        _ => (DefaultAction::Keep, Reason::Unsuspicious),
    };
    let action = match (standing, action) {
        (Standing::Segment, DefaultAction::ProfileOnly) => DefaultAction::Drop,
        (_, action) => action,
    };
    let (seen, distinct) = (tracker.seen(), tracker.distinct());
    Some(ColumnDecision { column: column.to_owned(), action, reason, finding, seen, distinct })
}

/// Values speak first: a column named `phone` may hold `mobile` and `landline`, one named `contact` e-mail addresses.
fn finding(column: &str, named: Option<Class>, standing: Standing, tracker: &CardinalityTracker) -> Option<Finding> {
    let new = |class: Class, share, by| Finding { column: column.to_owned(), class, level: class.level(), share, by };
    let by_values = tracker.class().filter(|_| tracker.seen() >= CLASS_MIN);
    if let Some((class, share)) = by_values
        && (class.is_direct() || named.is_none())
    {
        return Some(new(class, share, Evidence::Values));
    }
    // A column of numbers that is named `card` counts cards, unless its numbers are long.
    let class = named.filter(|class| {
        standing != Standing::Number
            || !(class.is_direct() || *class == Class::Credential)
            || (tracker.seen() > 0 && tracker.long_integer_share() >= LONG_INTEGER_SHARE_MIN)
    })?;
    Some(new(class, 0.0, Evidence::Name))
}
