//! Enums whose values are words in the text: one declaration gives the spelling, the docs and the parser.

use crate::show;

/// A word that none of the allowed ones is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {noun} {};{} expected {}", show::quoted(found), did_you_mean(*suggestion), show::one_of(expected))]
pub struct UnknownWord {
    /// What the word should name, such as `role`.
    pub noun: &'static str,
    /// The word that was found.
    pub found: String,
    /// The allowed word nearest to it, if one is near.
    pub suggestion: Option<&'static str>,
    /// Every allowed word.
    pub expected: &'static [&'static str],
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |word| format!(" did you mean `{word}`?"))
}

/// An enum of words, as the decoder sees it.
pub(crate) trait Word: Copy + 'static {
    /// What the words name, such as `role`.
    const NOUN: &'static str;
    /// Every word, in the order of the declaration.
    const WORDS: &'static [&'static str];
    /// What users of other tools write, and the word that it means here. It is suggested, not accepted.
    const SYNONYMS: &'static [(&'static str, &'static str)];

    /// The value of `text`.
    fn parse(text: &str) -> Result<Self, UnknownWord>;
}

/// The error for `text`; the suggestion comes from `synonyms` first, then from the spelling.
pub(crate) fn unknown(
    noun: &'static str,
    words: &'static [&'static str],
    synonyms: &[(&str, &'static str)],
    text: &str,
) -> UnknownWord {
    let lower = text.to_lowercase();
    let meant = synonyms.iter().find(|(other, _)| *other == lower).map(|(_, word)| *word);
    let suggestion = meant.or_else(|| crate::suggest::nearest(text, words.iter().copied()));
    UnknownWord { noun, found: text.to_owned(), suggestion, expected: words }
}

/// Declares an enum of words with `ALL`, `as_str`, `about`, `Display`, `FromStr`, serialisation and JSON Schema.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident named $noun:literal {
            $( $(#[doc = $doc:literal])+ $variant:ident = $text:literal, )+
        }
        synonyms { $( $other:literal => $meant:literal ),* $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize,
            serde::Deserialize, schemars::JsonSchema,
        )]
        pub enum $name {
            $( $(#[doc = $doc])+ #[serde(rename = $text)] $variant, )+
        }

        impl $name {
            /// Every value, in the order in which messages and docs list them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The word that users write.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }

            /// What it means, as help texts print it: the doc comment of the value.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $( Self::$variant => concat!($($doc),+).trim_ascii(), )+ }
            }
        }

        impl $crate::word::Word for $name {
            const NOUN: &'static str = $noun;
            const WORDS: &'static [&'static str] = &[ $( $text, )+ ];
            const SYNONYMS: &'static [(&'static str, &'static str)] = &[ $( ($other, $meant) ),* ];

            fn parse(text: &str) -> Result<Self, $crate::UnknownWord> {
                text.parse()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                use $crate::word::{Word, unknown};
                match text {
                    $( $text => Ok(Self::$variant), )+
                    _ => Err(unknown(Self::NOUN, Self::WORDS, Self::SYNONYMS, text)),
                }
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::Word;
    use crate::watch_words::{
        AlertLabel, BudgetDeed, BurnFamily, Comparison, Decide, DetectorType, Direction, FamilyProcedure,
        FamilyWeights, MaintenanceEffect, Season, SequentialMethod, SequentialStatistic, Severity, SliKind,
        StreamAlgorithm, TargetKind, ThresholdOf, Transform, UnknownSlices,
    };
    use crate::{FailOn, Kind, Metric, PrivacyAction, ResourceKind, Right, Role, Task, TimeStep, Undeclared};

    fn check<W: Word>() {
        for (other, meant) in W::SYNONYMS {
            assert!(W::WORDS.contains(meant), "{other} suggests {meant}, which is no {}", W::NOUN);
            assert!(!W::WORDS.contains(other), "{other} is a {} itself", W::NOUN);
        }
        for word in W::WORDS {
            assert!(W::parse(word).is_ok());
        }
    }

    #[test]
    fn synonyms_mean_words() {
        check::<Task>();
        check::<Role>();
        check::<Kind>();
        check::<Undeclared>();
        check::<FailOn>();
        check::<Metric>();
        check::<PrivacyAction>();
        check::<TimeStep>();
        check::<Right>();
        check::<ResourceKind>();
    }

    #[test]
    fn synonyms_of_the_watch_mean_words() {
        check::<AlertLabel>();
        check::<BudgetDeed>();
        check::<BurnFamily>();
        check::<Comparison>();
        check::<Decide>();
        check::<DetectorType>();
        check::<Direction>();
        check::<FamilyProcedure>();
        check::<FamilyWeights>();
        check::<MaintenanceEffect>();
        check::<Season>();
        check::<SequentialMethod>();
        check::<SequentialStatistic>();
        check::<Severity>();
        check::<SliKind>();
        check::<StreamAlgorithm>();
        check::<TargetKind>();
        check::<ThresholdOf>();
        check::<Transform>();
        check::<UnknownSlices>();
        check::<crate::ColumnMeasure>();
        check::<crate::ModelMeasure>();
        check::<crate::Quality>();
        check::<crate::BudgetingMethod>();
        check::<crate::RawType>();
    }
}
