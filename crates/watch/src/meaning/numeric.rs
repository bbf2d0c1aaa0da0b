//! Units, signs and temperature scales.

use super::Outcome;
use super::change::{Change, Confidence, Evidence, SemanticChange};
use super::scales::{Fit, MARGIN, Map, NEAR_ZERO, SMALL_FACTOR, Scales};
use super::sketch::NumericPair;
use super::units::{AFFINE, EPOCH_SECONDS, EPOCHS, FACTORS};
use crate::text::number;

/// A factor that is no known conversion is stated from here on.
const FREE_FACTOR: f64 = 2.5;

pub(super) fn recognise(pair: &NumericPair<'_>) -> Outcome {
    if !pair.drifted(0.05) {
        return Outcome::Nothing;
    }
    if let Some(change) = epoch(pair) {
        return Outcome::Found(change);
    }
    let Some(scales) = Scales::of(pair) else { return Outcome::Nothing };
    let mut fits: Vec<(Fit, Change)> =
        known(pair).into_iter().filter_map(|(map, change)| Some((scales.fit(map)?, change))).collect();
    fits.retain(|(fit, change)| scales.is_acceptable(fit, change));
    if fits.iter().any(|(fit, _)| scales.extremes_agree(fit.map)) {
        fits.retain(|(fit, _)| scales.extremes_agree(fit.map));
    }
    fits.sort_by(|a, b| a.0.score.total_cmp(&b.0.score));
    let Some((best, change)) = fits.first().cloned() else { return free(&scales) };
    if scales.evidence == Evidence::Moments && scales.ratio() > NEAR_ZERO && best.map.offset == 0.0 {
        let reason = format!(
            "{} would fit, but the mean is near zero and most values left the range of the reference: only the deviation \
             speaks, and a drift could have changed it",
            what(&change)
        );
        return Outcome::Undecided(reason);
    }
    let close = |fit: &Fit| fit.score <= best.score + MARGIN + 0.5 * pair.noise;
    let apart = |fit: &Fit| {
        fit.map.offset == 0.0 && best.map.offset == 0.0 && scales.is_told_apart(best.map.factor, fit.map.factor)
    };
    // Moments alone do not tell a factor from a factor near it that an ordinary drift would turn into it.
    let by_moments = scales.evidence == Evidence::Moments;
    let both_scale = |fit: &Fit| fit.map.offset == 0.0 && best.map.offset == 0.0 && fit.map.factor > 0.0;
    let rival = fits.iter().skip(1).find(|(fit, _)| !apart(fit) && (close(fit) || (by_moments && both_scale(fit))));
    if let Some((_, other)) = rival {
        let reason = format!("{} and {} fit about equally well", what(&change), what(other));
        return Outcome::Undecided(reason);
    }
    Outcome::Found(tell(&scales, &best, change))
}

fn tell(scales: &Scales<'_, '_>, fit: &Fit, change: Change) -> SemanticChange {
    let pair = scales.pair;
    let named = !matches!(change, Change::Scale { unit: None, .. });
    let is_small =
        fit.map.offset == 0.0 && (1.0..SMALL_FACTOR.ln().exp()).contains(&fit.map.factor.max(1.0 / fit.map.factor));
    let within = fit.after <= (1.2 * pair.noise).max(0.05);
    let sure = named && within && (!is_small || matches!(change, Change::SignFlip | Change::Complement));
    let confidence = if sure { Confidence::High } else { Confidence::Medium };
    let mapping = mapping(fit.map);
    let sentence = format!(
        "`{}` looks like {}: the mapping {mapping} takes its distance to the reference from {} to {}{}",
        pair.name,
        what(&change),
        number(pair.before),
        number(fit.after),
        basis(scales.evidence),
    );
    SemanticChange {
        columns: vec![pair.name.to_owned()],
        change,
        mapping,
        evidence: scales.evidence,
        before: pair.before,
        after: fit.after,
        confidence,
        sentence,
    }
}

fn basis(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Moments => ", by mean and deviation, as the values left the range of the reference",
        _ => "",
    }
}

/// The mapping back, as people would write it.
fn mapping(map: Map) -> String {
    let Map { factor, offset } = map;
    let value = match offset {
        0.0 => "x".to_owned(),
        offset if offset > 0.0 => format!("(x − {})", short(offset)),
        offset => format!("(x + {})", short(-offset)),
    };
    match factor {
        1.0 => value.trim_matches(['(', ')']).to_owned(),
        -1.0 if offset == 0.0 => "−x".to_owned(),
        -1.0 => format!("{} − x", short(offset)),
        factor if factor.abs() < 1.0 => format!("{value} × {}", short(1.0 / factor)),
        factor => format!("{value} / {}", short(factor)),
    }
}

/// Up to seven digits, without the noise of the last ones.
fn short(x: f64) -> String {
    let text = format!("{x:.6}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.to_owned()
}

fn what(change: &Change) -> String {
    match change {
        Change::Scale { factor, unit: Some(unit) } => format!("a multiplication by {} ({unit})", short(*factor)),
        Change::Scale { factor, unit: None } => format!("a multiplication by about {}", number(*factor)),
        Change::Affine { unit, .. } => format!("a conversion from {unit}"),
        Change::SignFlip => "a change of sign".to_owned(),
        Change::Complement => "the complement 1 − x".to_owned(),
        _ => "another mapping".to_owned(),
    }
}

/// All known maps, with what they mean.
fn known(pair: &NumericPair<'_>) -> Vec<(Map, Change)> {
    let scale = |factor: f64, unit| (Map { factor, offset: 0.0 }, Change::Scale { factor, unit: Some(unit) });
    let factors = FACTORS.iter().flat_map(|f| [scale(f.factor, f.forward), scale(1.0 / f.factor, f.backward)]);
    let affine =
        AFFINE.iter().map(|&(factor, offset, unit)| (Map { factor, offset }, Change::Affine { factor, offset, unit }));
    let mut maps: Vec<(Map, Change)> = factors.chain(affine).collect();
    maps.push((Map { factor: -1.0, offset: 0.0 }, Change::SignFlip));
    let unit_interval =
        |s: &watchkeeper_profile::Summary| s.min.is_some_and(|x| x >= 0.0) && s.max.is_some_and(|x| x <= 1.0);
    if unit_interval(&pair.reference) && unit_interval(&pair.now) {
        maps.push((Map { factor: -1.0, offset: 1.0 }, Change::Complement));
    }
    maps
}

/// A factor that is no known conversion, or one that is not pinned down: stated only when it is large, and fits as
/// nothing else does.
fn free(scales: &Scales<'_, '_>) -> Outcome {
    let pair = scales.pair;
    let (log_factor, error) = scales.log_factor();
    let factor = log_factor.exp();
    if scales.mean.0 * scales.mean.1 <= 0.0 || !(factor > 0.0 && factor.is_finite()) {
        return unexplained(scales);
    }
    let Some(fit) = scales.fit(Map { factor, offset: 0.0 }) else { return Outcome::Nothing };
    let fits = fit.after <= (1.2 * pair.noise).max(0.03)
        && fit.after <= 0.2 * pair.before
        && fit.spread.abs() <= 0.1 + 3.0 * scales.spread_error.min(0.1)
        && fit.score + MARGIN < scales.shifted;
    let near: Vec<(Map, Change)> = known(pair)
        .into_iter()
        .filter(|(map, change)| matches!(change, Change::Scale { .. }) && scales.miss(map.factor) <= 3.0 * error + 0.01)
        .collect();
    let is_large = log_factor.abs() >= FREE_FACTOR.ln();
    match near.as_slice() {
        _ if !fits => unexplained(scales),
        [] if is_large => Outcome::Found(tell(scales, &fit, Change::Scale { factor, unit: None })),
        [(map, change)] if is_large => match scales.fit(*map) {
            Some(fit) => Outcome::Found(tell(scales, &fit, change.clone())),
            None => Outcome::Nothing,
        },
        [] => unexplained(scales),
        [(_, first), ..] => Outcome::Undecided(format!(
            "the values are about {} times what they were: {} is near, but so is an ordinary drift",
            number(factor),
            what(first)
        )),
    }
}

/// Says so where values left the range and only a shift or a stretch is left to explain it.
fn unexplained(scales: &Scales<'_, '_>) -> Outcome {
    if scales.evidence != Evidence::Moments {
        return Outcome::Nothing;
    }
    Outcome::Undecided(format!(
        "most values left the range of the reference (mean {} to {}, deviation {} to {}) and no usual conversion fits: \
         a change of meaning cannot be told from a real one",
        number(scales.mean.0),
        number(scales.mean.1),
        number(scales.deviation.0),
        number(scales.deviation.1)
    ))
}

/// Times since 1970 in another unit: told by their size, as time goes on by itself.
fn epoch(pair: &NumericPair<'_>) -> Option<SemanticChange> {
    let unit = |s: &watchkeeper_profile::Summary| {
        let (lo, hi) = (s.min?, s.max?);
        EPOCHS.iter().find(|(_, exponent)| {
            let scale = 10f64.powi(*exponent);
            EPOCH_SECONDS.0 * scale <= lo && hi <= EPOCH_SECONDS.1 * scale
        })
    };
    let (from, to) = (unit(&pair.reference)?, unit(&pair.now)?);
    let factor = 10f64.powi(to.1 - from.1);
    let (r, c) = (pair.reference.mean?, pair.now.mean?);
    if from == to {
        return None;
    }
    let map = Map { factor, offset: 0.0 };
    let after = (c / factor / r - 1.0).abs().min(1.0);
    Some(SemanticChange {
        columns: vec![pair.name.to_owned()],
        change: Change::Epoch { from: from.0, to: to.0 },
        mapping: mapping(map),
        evidence: Evidence::Moments,
        before: pair.before,
        after,
        confidence: Confidence::High,
        sentence: format!(
            "`{}` holds times since 1970 that were in {} and are now in {}: the mapping is {}",
            pair.name,
            from.0,
            to.0,
            mapping(map)
        ),
    })
}
