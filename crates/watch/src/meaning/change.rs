//! What a change of meaning is, and how it is told.

use std::fmt;

/// What happened to the values.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Multiplied by a factor: another unit.
    Scale {
        /// Current = reference × factor.
        factor: f64,
        /// The conversion, where the factor is a known one.
        unit: Option<&'static str>,
    },
    /// Multiplied and shifted: another scale with another zero, such as °C to °F.
    Affine {
        /// Current = reference × factor + offset.
        factor: f64,
        /// See `factor`.
        offset: f64,
        /// The conversion.
        unit: &'static str,
    },
    /// Times since 1970 in another unit.
    Epoch {
        /// Unit of the reference.
        from: &'static str,
        /// Unit of the current values.
        to: &'static str,
    },
    /// Negated.
    SignFlip,
    /// `1 − x`: the probability of the other class.
    Complement,
    /// Moved round a cycle: hours by a time zone, days by another first day of the week.
    CyclicShift {
        /// Steps forward, in the unit of the column.
        by: f64,
        /// Length of the cycle.
        period: f64,
    },
    /// Counted from another first number, such as 1 to 7 instead of 0 to 6.
    Base {
        /// Added to every value.
        by: f64,
    },
    /// Two columns exchanged their contents.
    Swapped,
    /// Categories have other names, one to one.
    Renamed {
        /// Reference name to current name, largest share first.
        pairs: Vec<Renaming>,
    },
    /// `false` and `true` exchanged, or two categories.
    Exchanged {
        /// The two categories.
        pair: [String; 2],
    },
    /// A share of the values was replaced by one constant.
    ConstantFill {
        /// The constant.
        value: String,
        /// Share of current values, in `[0, 1]`.
        share: f64,
    },
    /// Missing values are now written as a value.
    NullSentinel {
        /// That value.
        value: String,
        /// Share of current rows, in `[0, 1]`.
        share: f64,
    },
    /// Values beyond a limit are written as the limit.
    Saturated {
        /// The limit.
        at: f64,
        /// Which end.
        side: Side,
        /// Share of current values at the limit, in `[0, 1]`.
        share: f64,
    },
    /// Rows with values beyond a limit are gone.
    Truncated {
        /// The limit.
        at: f64,
        /// Which end.
        side: Side,
        /// Share of reference rows beyond it, in `[0, 1]`.
        share: f64,
    },
}

/// An end of the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Values above the limit.
    High,
    /// Values below it.
    Low,
}

/// One category and its new name.
#[derive(Debug, Clone, PartialEq)]
pub struct Renaming {
    /// Name in the reference.
    pub from: String,
    /// Name in the current data.
    pub to: String,
    /// Share of reference rows.
    pub reference: f64,
    /// Share of current rows.
    pub current: f64,
    /// Whether the names themselves say so (letter case, spaces, prefix, abbreviation); else the shares alone do.
    pub by_name: bool,
}

/// What a finding rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Shares over the bins: the distance is Kolmogorov–Smirnov's over the bin edges.
    Bins,
    /// Most values lie outside the reference's range: mean, deviation and extremes; the distance is that of normal
    /// laws with these moments.
    Moments,
    /// Shares of categories: the distance is total variation.
    Categories,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It fits, and ordinary drift would be a coincidence.
    Medium,
    /// It fits within noise, and nothing else does.
    High,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}

/// A recognised change of meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct SemanticChange {
    /// The column, or the two that were swapped.
    pub columns: Vec<String>,
    /// What happened.
    pub change: Change,
    /// The proposed mapping of current values back to the reference's meaning, with `x` for the value.
    pub mapping: String,
    /// What it rests on.
    pub evidence: Evidence,
    /// Distance of current and reference, in `[0, 1]`.
    pub before: f64,
    /// The same after the mapping.
    pub after: f64,
    /// How sure it is.
    pub confidence: Confidence,
    /// One sentence for people.
    pub sentence: String,
}

impl SemanticChange {
    /// Share of the shift that the mapping explains, `1 − after/before`, in `[0, 1]`.
    #[must_use]
    pub fn explained(&self) -> f64 {
        if self.before > 0.0 { (1.0 - self.after / self.before).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// A drifted column about which mappings were considered and none could be stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The column.
    pub column: String,
    /// Why, as a sentence without a full stop.
    pub reason: String,
}

/// All that was recognised.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recognition {
    /// Changes of meaning, in the order of the columns.
    pub changes: Vec<SemanticChange>,
    /// Columns where it cannot be told.
    pub undecided: Vec<Undecided>,
}
