//! Alert policy, condition and notification target of OpenSLO.

use schemars::JsonSchema;
use serde::Serialize;

use super::{OpenSloMetadata, SloDuration};
use crate::word::Word;
use crate::{Comparison, Severity};

/// When an SLO alerts, and whom.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "AlertPolicySpec")]
#[non_exhaustive]
pub struct AlertPolicySpec {
    /// What it is, for people; at most 1,050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether the absence of data is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_when_no_data: Option<bool>,
    /// Whether the end is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_when_resolved: Option<bool>,
    /// Whether the beginning is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_when_breaching: Option<bool>,
    /// Exactly one condition.
    #[schemars(length(min = 1, max = 1))]
    pub conditions: Vec<ConditionChoice>,
    /// Whom it tells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<TargetChoice>>")]
    pub notification_targets: Vec<TargetChoice>,
}

/// A burn rate above which an SLO alerts.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "AlertConditionSpec")]
#[non_exhaustive]
pub struct AlertConditionSpec {
    /// What it is, for people; at most 1,050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How loud it is; own words are `info`, `ticket`, `page`.
    pub severity: String,
    /// When it alerts.
    pub condition: BurnRateCondition,
}

impl AlertConditionSpec {
    /// The severity as one of ours: the same word, or the one that `critical`, `sev1`, `warning` and the like mean;
    /// `ticket` for any other word.
    #[must_use]
    pub fn loudness(&self) -> Severity {
        let lower = self.severity.to_lowercase();
        let meant =
            Severity::SYNONYMS.iter().find(|(other, _)| *other == lower).map_or(lower.as_str(), |(_, word)| word);
        Severity::parse(meant).unwrap_or(Severity::Ticket)
    }
}

/// A burn rate in a window.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "BurnRateCondition")]
#[non_exhaustive]
pub struct BurnRateCondition {
    /// `burnrate`, which is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The relation to `threshold` that alerts. Default: `gte`. Examples of OpenSLO have `lte` and mean the opposite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<Comparison>,
    /// The burn rate, above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub threshold: f64,
    /// The window of the burn rate.
    pub lookback_window: SloDuration,
    /// How long it must hold. Default: `0m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_after: Option<SloDuration>,
}

/// Whom an SLO alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "AlertNotificationTargetSpec")]
#[non_exhaustive]
pub struct AlertNotificationTargetSpec {
    /// What it is, for people; at most 1,050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it goes: the name of a `NotificationTarget`, or a word for people, such as `slack`.
    pub target: String,
}

/// A document inside another one.
macro_rules! inline {
    ($(#[doc = $doc:literal] $name:ident: $kind:literal, $spec:ty;)+) => { $(
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $name {
            #[doc = concat!("`", $kind, "`.")]
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schemars(extend("const" = $kind))]
            pub kind: Option<String>,
            /// Name, labels and annotations.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub metadata: Option<OpenSloMetadata>,
            /// What it says.
            pub spec: $spec,
        }
    )+ };
}

inline! {
    /// A policy inside an SLO.
    InlinePolicy: "AlertPolicy", AlertPolicySpec;
    /// A condition inside a policy.
    InlineCondition: "AlertCondition", AlertConditionSpec;
    /// A notification target inside a policy.
    InlineTarget: "AlertNotificationTarget", AlertNotificationTargetSpec;
}

/// A document by its name, or the document itself.
macro_rules! choice {
    ($(#[doc = $doc:literal] $name:ident: $field:literal, $inline:ident;)+) => { $(
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            /// By its name.
            Ref(String),
            /// The document itself.
            Inline(Box<$inline>),
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    Self::Ref(name) => serializer.collect_map([($field, name)]),
                    Self::Inline(document) => document.serialize(serializer),
                }
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let inline = generator.subschema_for::<$inline>();
                schemars::json_schema!({
                    "description": $doc.trim(),
                    "anyOf": [
                        {
                            "type": "object",
                            "properties": { $field: { "type": "string", "description": "Its name." } },
                            "required": [$field],
                            "additionalProperties": false,
                        },
                        inline,
                    ],
                })
            }
        }
    )+ };
}

choice! {
    /// A policy of an SLO.
    PolicyChoice: "alertPolicyRef", InlinePolicy;
    /// The condition of a policy.
    ConditionChoice: "conditionRef", InlineCondition;
    /// A notification target of a policy.
    TargetChoice: "targetRef", InlineTarget;
}
