//! Versions: difference in differences between those that ran at the same time, and before against after a start.

use watchkeeper_stats::attribution::slice::got_worse;
use watchkeeper_stats::special::normal_sf;

use super::segments::{Sums, against};
use super::{Strength, Suspect, SuspectKind};
use crate::text::{count, number};

/// What is known of a version.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VersionEvidence {
    /// The version.
    pub version: String,
    /// Its rows of the reference; none when it started later.
    pub reference: Sums,
    /// Its current rows.
    pub current: Sums,
}

/// Standard errors below which a difference is noise: with a handful of versions, a false one in about a thousand.
const Z_MIN: f64 = 3.3;

pub(super) fn rank(versions: &[VersionEvidence]) -> Vec<Suspect> {
    let all = |side: fn(&VersionEvidence) -> Sums| versions.iter().map(side).fold(Sums::default(), Sums::plus);
    let (reference, current) = (all(|v| v.reference), all(|v| v.current));
    let mut suspects: Vec<Suspect> =
        versions.iter().filter_map(|version| suspect(version, reference, current)).collect();
    // The others look better beside a bad one: only those that are worse are suspects.
    suspects.retain(|s| s.evidence.first().is_some_and(|(_, difference)| *difference > 0.0));
    suspects
}

fn suspect(version: &VersionEvidence, reference: Sums, current: Sums) -> Option<Suspect> {
    let name = &version.version;
    let (own, others) = against(
        (version.reference, version.current),
        (reference.minus(version.reference), current.minus(version.current)),
    );
    if let Some(worse) = got_worse(own, others) {
        let sentence = format!(
            "version `{name}` went from {} to {} while the others went from {} to {}: {} more ({} standard errors)",
            number(own.reference.mean),
            number(own.current.mean),
            number(others.reference.mean),
            number(others.current.mean),
            number(worse.difference),
            number(worse.z)
        );
        return told(name, (worse.difference, worse.error), own.current.mean, sentence);
    }
    if own.reference.n >= 2 || own.current.n < 2 {
        return None;
    }
    // A new version: against those beside it, else against what was before it.
    let (base, what) = if others.current.n >= own.current.n / 20 && others.current.n >= 30 {
        (others.current, "the versions that ran beside it")
    } else {
        (reference.cell(), "those before it")
    };
    let difference = own.current.mean - base.mean;
    let error = (own.current.variance / own.current.n as f64 + base.variance / base.n.max(1) as f64).sqrt();
    let sentence = format!(
        "version `{name}` is new, with {} over {} rows against {} of {what} ({} standard errors)",
        number(own.current.mean),
        count(own.current.n),
        number(base.mean),
        number(difference / error)
    );
    if base.n < 2 { None } else { told(name, (difference, error), own.current.mean, sentence) }
}

fn told(name: &str, (difference, error): (f64, f64), level: f64, sentence: String) -> Option<Suspect> {
    let z = difference / error;
    if !(z.is_finite() && z.abs() >= Z_MIN) {
        return None;
    }
    // How large it is beside the level, and how sure that it is there.
    let size = difference.abs() / (difference.abs() + 0.5 * level.abs()).max(f64::MIN_POSITIVE);
    let score = ((1.0 - 1.0 / (1.0 + (z.abs() - Z_MIN) / 3.0)) * 0.5 + 0.5 * size.min(1.0)).clamp(0.0, 0.96);
    Some(Suspect {
        kind: SuspectKind::Version,
        name: name.to_owned(),
        strength: Strength::of(score),
        score,
        evidence: vec![("difference", difference), ("error", error), ("z", z), ("p_value", 2.0 * normal_sf(z.abs()))],
        sentence,
    })
}
