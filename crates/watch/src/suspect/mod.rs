//! Suspects of an incident: what changed where and when the harm did.
//!
//! Features by drift times importance, segments by their part in the change, versions by difference in differences, and
//! change events by nearness in time, lineage and scope. All of it is association: a suspect is where to look first.
//! Inputs are plain numbers that stored profiles hold; nothing here reads a clock or a table.

mod events;
mod features;
mod segments;
mod versions;

pub use events::{ChangeEvent, IncidentScope};
pub use features::{Bins, FeatureEvidence};
pub use segments::{SegmentEvidence, SegmentKey, Sums};
pub use versions::VersionEvidence;

use std::fmt;

use crate::meaning::SemanticChange;

/// Suspects kept.
pub const SUSPECTS_MAX: usize = 20;

/// What is suspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuspectKind {
    /// A change of meaning of a column.
    Meaning,
    /// A feature.
    Feature,
    /// A segment of the rows.
    Segment,
    /// A version of the model.
    Version,
    /// Something that somebody did: a deployment, a change upstream.
    Change,
}

impl SuspectKind {
    /// The word in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Meaning => "meaning",
            Self::Feature => "feature",
            Self::Segment => "segment",
            Self::Version => "version",
            Self::Change => "change",
        }
    }
}

/// How much a suspect deserves a look. Ordered: `weak < medium < strong`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Among others.
    Weak,
    /// Look here soon.
    Medium,
    /// Look here first.
    Strong,
}

impl Strength {
    /// The word in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Medium => "medium",
            Self::Strong => "strong",
        }
    }

    /// By a score in `[0, 1]`: strong from 0.6, medium from 0.3.
    fn of(score: f64) -> Self {
        if score >= 0.6 {
            Self::Strong
        } else if score >= 0.3 {
            Self::Medium
        } else {
            Self::Weak
        }
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One suspect with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// What it is.
    pub kind: SuspectKind,
    /// Its name: the column, `column=value` terms joined by ` and `, the version, the event.
    pub name: String,
    /// How much it deserves a look.
    pub strength: Strength,
    /// What suspects of all kinds are ordered by, in `[0, 1]`.
    pub score: f64,
    /// Named numbers, in the order in which they matter.
    pub evidence: Vec<(&'static str, f64)>,
    /// One sentence for people.
    pub sentence: String,
}

/// All that is known about an incident.
#[derive(Debug, Clone, Default)]
pub struct Evidence<'a> {
    /// Features on both sides.
    pub features: &'a [FeatureEvidence],
    /// Changes of meaning that were recognised.
    pub meanings: &'a [SemanticChange],
    /// Segments of depth 1 and 2 with the sums of what is harmed (the loss, an error, a missing value).
    pub segments: &'a [SegmentEvidence],
    /// Versions that ran.
    pub versions: &'a [VersionEvidence],
    /// What was done around that time.
    pub events: &'a [ChangeEvent],
    /// When and where the harm is.
    pub scope: IncidentScope,
}

/// The suspects of an incident, strongest first, at most [`SUSPECTS_MAX`].
///
/// Order: by score, then kind, then name; the same evidence in any order gives the same list. A feature whose change of
/// meaning was recognised is listed once, as that.
#[must_use]
pub fn suspects(evidence: &Evidence<'_>) -> Vec<Suspect> {
    let explained: Vec<&str> = evidence.meanings.iter().flat_map(|m| &m.columns).map(String::as_str).collect();
    let mut all: Vec<Suspect> = evidence.meanings.iter().map(meaning).collect();
    all.extend(features::rank(evidence.features).into_iter().filter(|s| !explained.contains(&s.name.as_str())));
    all.extend(segments::rank(evidence.segments));
    all.extend(versions::rank(evidence.versions));
    all.extend(events::rank(evidence.events, &evidence.scope));
    all.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.kind.cmp(&b.kind)).then_with(|| a.name.cmp(&b.name)));
    all.truncate(SUSPECTS_MAX);
    all
}

fn meaning(change: &SemanticChange) -> Suspect {
    let sure = change.confidence == crate::meaning::Confidence::High;
    let score = (if sure { 0.97 } else { 0.85 }) * (0.8 + 0.2 * change.explained());
    Suspect {
        kind: SuspectKind::Meaning,
        name: change.columns.join(" and "),
        strength: Strength::of(score),
        score,
        evidence: vec![
            ("distance", change.before),
            ("distance_mapped", change.after),
            ("explained", change.explained()),
        ],
        sentence: change.sentence.clone(),
    }
}
