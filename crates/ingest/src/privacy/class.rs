//! What personal data a column may hold, and how sure that is.

use serde::{Deserialize, Serialize};

/// A class of personal or otherwise protected data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Class {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A bank account.
    Iban,
    /// A payment card.
    Card,
    /// A number that a state gave a person.
    NationalId,
    /// The name of a person.
    PersonName,
    /// Where a person lives or is.
    Address,
    /// When a person was born.
    BirthDate,
    /// An address of the Internet protocol.
    Ip,
    /// The address of a network card, or the number of a device.
    Mac,
    /// An address of the web.
    Url,
    /// A number that somebody gave a person: customer, user, patient.
    PersonId,
    /// Health, religion, origin and the like (GDPR article 9).
    Special,
    /// A password, a token.
    Credential,
}

impl Class {
    /// How much a value of this class must be protected.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::Url => Level::Internal,
            Self::Iban | Self::Card | Self::NationalId | Self::Special => Level::Sensitive,
            Self::Credential => Level::Secret,
            _ => Level::Personal,
        }
    }

    /// Whether a column of this class is not stored as it is unless its action says so: its values name one person
    /// wherever they appear.
    #[must_use]
    pub const fn is_direct(self) -> bool {
        matches!(self, Self::Email | Self::Phone | Self::Iban | Self::Card | Self::NationalId)
    }

    /// The share of values from which a column is taken for one of this class. Numbers without punctuation pass their
    /// checks by chance now and then; the other forms do not.
    pub(super) const fn share_min(self) -> f64 {
        match self {
            Self::Card | Self::NationalId => 0.2,
            _ => 0.05,
        }
    }
}

/// How much data must be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Anybody may see it.
    Public,
    /// Not for outside.
    Internal,
    /// About a person.
    Personal,
    /// About a person, with harm if it is known.
    Sensitive,
    /// Opens something.
    Secret,
}

/// What a finding rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The name of the column.
    Name,
    /// A sample of its values.
    Values,
}

/// A column that may hold personal data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The column.
    pub column: String,
    /// What it may hold.
    pub class: Class,
    /// How much that must be protected.
    pub level: Level,
    /// Share of the sampled values that have the form of the class, 0 to 1; 0 if none was looked at.
    pub share: f64,
    /// What the finding rests on.
    pub by: Evidence,
}
