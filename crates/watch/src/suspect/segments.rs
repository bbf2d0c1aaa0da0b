//! Segments by how much more they changed than the rest, and by their part in the change of the whole.

use watchkeeper_stats::attribution::kitagawa::{Contribution, decompose};
use watchkeeper_stats::attribution::slice::got_worse;
use watchkeeper_stats::attribution::{Cell, Segment};
use watchkeeper_stats::multiple::{benjamini_hochberg, benjamini_yekutieli};
use watchkeeper_stats::special::normal_sf;

use super::{Strength, Suspect, SuspectKind};
use crate::text::{number, percent};

/// Sums of what is harmed over some rows: they add and subtract.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// Rows.
    pub n: u64,
    /// Sum of the loss (or of an indicator) over them.
    pub sum: f64,
    /// Sum of its squares.
    pub squares: f64,
}

impl Sums {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { n: self.n + other.n, sum: self.sum + other.sum, squares: self.squares + other.squares }
    }

    /// Without `other`, which is a part of it.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            n: self.n.saturating_sub(other.n),
            sum: self.sum - other.sum,
            squares: (self.squares - other.squares).max(0.0),
        }
    }

    /// Rows with mean and sample variance.
    pub(super) fn cell(self) -> Cell {
        if self.n == 0 {
            return Cell::default();
        }
        let n = self.n as f64;
        let mean = self.sum / n;
        let spread = (self.squares - n * mean * mean).max(0.0);
        Cell { n: self.n, mean, variance: if self.n < 2 { 0.0 } else { spread / (n - 1.0) } }
    }
}

/// A segment and the rest of the rows. Variances are at least those of half an event of the largest mean, so that a side
/// without any event so far, or with nothing but events, is not taken for certain.
pub(super) fn against(segment: (Sums, Sums), rest: (Sums, Sums)) -> (Segment, Segment) {
    let mut cells = [segment.0.cell(), segment.1.cell(), rest.0.cell(), rest.1.cell()];
    let unit = cells.iter().map(|cell| cell.mean.abs()).fold(0.0, f64::max);
    for cell in &mut cells {
        cell.variance = cell.variance.max(0.5 * unit * unit / cell.n.max(1) as f64);
    }
    let [a, b, c, d] = cells;
    (Segment { reference: a, current: b }, Segment { reference: c, current: d })
}

/// Which rows: terms `column = value`, one or two, in the order of the columns.
pub type SegmentKey = Vec<(String, String)>;

/// A segment on both sides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SegmentEvidence {
    /// Its terms. The empty key is the whole, and must be there.
    pub key: SegmentKey,
    /// Its rows of the reference.
    pub reference: Sums,
    /// Its current rows.
    pub current: Sums,
}

/// Least rows of a segment, and least share of all rows.
const ROWS_MIN: u64 = 50;
const SHARE_MIN: f64 = 0.005;
/// False discovery rate of the search.
const FDR: f64 = 0.01;
/// A segment with this share of another's rows is the same finding.
const OVERLAP: f64 = 0.8;
/// Change of a segment's share of rows, relative to the share, from which the change of mix is a finding.
const MIX_MIN: f64 = 0.3;

/// What was found about one segment.
struct Finding<'a> {
    evidence: &'a SegmentEvidence,
    /// Rise of the mean beyond the rest's, with its z; `None` when it cannot be tested.
    worse: Option<(f64, f64)>,
    /// z of the change of its share of rows.
    mix: f64,
    p_value: f64,
    adjusted: f64,
    contribution: Contribution,
}

/// The segments that got worse, or whose share of rows changed, beyond chance over all segments examined.
pub(super) fn rank(segments: &[SegmentEvidence]) -> Vec<Suspect> {
    let Some(whole) = segments.iter().find(|s| s.key.is_empty()) else { return Vec::new() };
    let mut findings: Vec<Finding<'_>> =
        segments.iter().filter(|s| !s.key.is_empty()).filter_map(|s| examine(s, whole)).collect();
    adjust(&mut findings);
    findings.retain(|f| f.adjusted <= FDR);
    findings.sort_by(|a, b| {
        strength_of(b, whole).total_cmp(&strength_of(a, whole)).then_with(|| a.evidence.key.cmp(&b.evidence.key))
    });
    let mut reported: Vec<&Finding<'_>> = Vec::new();
    for finding in &findings {
        if !findings.iter().any(|other| is_explained_by(finding, other))
            && !reported.iter().any(|other| overlaps(finding, other))
        {
            reported.push(finding);
        }
    }
    reported.into_iter().map(|finding| suspect(finding, whole)).collect()
}

fn examine<'a>(segment: &'a SegmentEvidence, whole: &SegmentEvidence) -> Option<Finding<'a>> {
    let (n, m) = (whole.reference.n, whole.current.n);
    let support = segment.reference.n.max(segment.current.n);
    let share = (segment.reference.n as f64 / n.max(1) as f64).max(segment.current.n as f64 / m.max(1) as f64);
    if support < ROWS_MIN || share < SHARE_MIN || n == 0 || m == 0 {
        return None;
    }
    let others = (whole.reference.minus(segment.reference), whole.current.minus(segment.current));
    let (own, rest) = against((segment.reference, segment.current), others);
    let worse = got_worse(own, rest).map(|w| (w.difference, w.z));
    let (p, q) = (segment.reference.n as f64 / n as f64, segment.current.n as f64 / m as f64);
    let pooled = (segment.reference.n + segment.current.n) as f64 / (n + m) as f64;
    let error = (pooled * (1.0 - pooled) * (1.0 / n as f64 + 1.0 / m as f64)).sqrt();
    let changed = (q - p).abs() >= MIX_MIN * p.max(q);
    let mix = if error > 0.0 && changed { (q - p) / error } else { 0.0 };
    // Either may speak, so the smaller p counts twice. A fall of the loss is no harm.
    let by_mean = worse.map_or(1.0, |(_, z)| normal_sf(z));
    let p_value = (2.0 * by_mean.min(2.0 * normal_sf(mix.abs()))).min(1.0);
    let contribution = *decompose(&[own, rest])?.segments.first()?;
    Some(Finding { evidence: segment, worse, mix, p_value, adjusted: 1.0, contribution })
}

/// Over everything that was examined; conjunctions depend on their parts, so then under any dependence.
fn adjust(findings: &mut [Finding<'_>]) {
    let p_values: Vec<f64> = findings.iter().map(|f| f.p_value).collect();
    let nested = findings.iter().any(|f| f.evidence.key.len() > 1);
    let adjusted = if nested { benjamini_yekutieli(&p_values) } else { benjamini_hochberg(&p_values) };
    findings.iter_mut().zip(adjusted).for_each(|(finding, p)| finding.adjusted = p);
}

/// Part of the change of the whole that the segment brings, and how far its share of rows moved.
fn strength_of(finding: &Finding<'_>, whole: &SegmentEvidence) -> f64 {
    let (before, after) = (whole.reference.cell().mean, whole.current.cell().mean);
    let scale = (after - before).abs().max(0.1 * before.abs()).max(f64::MIN_POSITIVE);
    let rate = (finding.contribution.rate.max(0.0) / scale).min(1.0);
    let (p, q) = shares(finding.evidence, whole);
    let moved = if finding.mix == 0.0 { 0.0 } else { (q - p).abs() / p.max(q) * (p.max(q) / 0.1).min(1.0) };
    rate.max(moved)
}

fn shares(segment: &SegmentEvidence, whole: &SegmentEvidence) -> (f64, f64) {
    (
        segment.reference.n as f64 / whole.reference.n.max(1) as f64,
        segment.current.n as f64 / whole.current.n.max(1) as f64,
    )
}

fn is_part_of(part: &SegmentKey, whole: &SegmentKey) -> bool {
    part.len() > whole.len() && whole.iter().all(|term| part.contains(term))
}

/// Whether nothing is left of `finding` once `other` is known: a part that did as its whole did, or a whole in which only
/// the part did anything.
fn is_explained_by(finding: &Finding<'_>, other: &Finding<'_>) -> bool {
    let (own, its) = (finding.evidence, other.evidence);
    let z = |a: &SegmentEvidence, b: (Sums, Sums)| {
        let (segment, rest) = against((a.reference, a.current), b);
        got_worse(segment, rest).map(|w| w.z)
    };
    if is_part_of(&own.key, &its.key) {
        let rest = (its.reference.minus(own.reference), its.current.minus(own.current));
        // A part is told beside its whole only when it is worse than the rest of the whole.
        return match (finding.mix != 0.0 && other.mix != 0.0, z(own, rest)) {
            (true, _) => other.worse.is_none_or(|(_, z)| z < 3.0) || finding.worse.is_none_or(|(_, z)| z < 3.0),
            (false, Some(z)) => z < 3.0,
            (false, None) => true,
        };
    }
    if is_part_of(&its.key, &own.key) && finding.mix == 0.0 {
        // A whole that is only as bad as its part: without the part, it is like all others.
        let rest = Segment {
            reference: own.reference.minus(its.reference).cell(),
            current: own.current.minus(its.current).cell(),
        };
        let (worse, _) = finding.worse.unwrap_or((0.0, 0.0));
        let left = rest.current.mean - rest.reference.mean;
        return other.worse.is_some_and(|(part, _)| part > 1.5 * worse && left < 0.25 * part);
    }
    false
}

/// Other terms for nearly the same rows cannot be seen in sums; a part that is nearly its whole can.
fn overlaps(finding: &Finding<'_>, other: &Finding<'_>) -> bool {
    let (a, b) = (finding.evidence, other.evidence);
    let (part, whole) = if is_part_of(&a.key, &b.key) { (a, b) } else { (b, a) };
    is_part_of(&part.key, &whole.key) && part.current.n as f64 >= OVERLAP * whole.current.n as f64
}

fn suspect(finding: &Finding<'_>, whole: &SegmentEvidence) -> Suspect {
    let segment = finding.evidence;
    let (p, q) = shares(segment, whole);
    let score = (0.3 + 0.65 * strength_of(finding, whole)).clamp(0.0, 0.95);
    let name = segment.key.iter().map(|(column, value)| format!("{column}={value}")).collect::<Vec<_>>().join(" and ");
    let mut said = Vec::new();
    let (before, after) = (segment.reference.cell(), segment.current.cell());
    if let Some((difference, z)) = finding.worse.filter(|(_, z)| *z >= 3.0) {
        said.push(format!(
            "went from {} to {}, {} more than the rest ({} standard errors)",
            number(before.mean),
            number(after.mean),
            number(difference),
            number(z)
        ));
    }
    if finding.mix != 0.0 {
        said.push(format!("its share of rows went from {} to {}", percent(p), percent(q)));
    }
    let Contribution { composition, rate, .. } = finding.contribution;
    said.push(format!("it brings {} by itself and {} by its share", number(rate), number(composition)));
    let (difference, z) = finding.worse.unwrap_or((0.0, 0.0));
    Suspect {
        kind: SuspectKind::Segment,
        strength: Strength::of(score),
        score,
        evidence: vec![
            ("rate", rate),
            ("composition", composition),
            ("rate_error", finding.contribution.rate_error),
            ("difference", difference),
            ("z", z),
            ("share_reference", p),
            ("share_current", q),
            ("p_value_adjusted", finding.adjusted),
        ],
        sentence: format!("`{name}` {}", said.join("; ")),
        name,
    }
}
