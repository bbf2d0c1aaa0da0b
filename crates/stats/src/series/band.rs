//! The seasonal robust band: what a window value usually is at this hour, from medians.

use super::median;
use super::season::{Season, WEEK};

/// A deviation of a normal in units of its median absolute deviation.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// The least scale of a slot, as a share of the median scale of all slots.
const LEAST_SCALE: f64 = 0.1;

/// A past value on the transformed scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Start of the window, µs.
    pub at: i64,
    /// Transformed value.
    pub value: f64,
    /// Whether it is left out: anomalous, or inside a known incident.
    pub is_excluded: bool,
}

/// How a band is made and read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandSettings {
    /// Length of the past that counts, µs.
    pub past: i64,
    /// The least points of a slot with its neighbours; below it is still learning.
    pub min_points: usize,
    /// The least rows of a judged window.
    pub min_rows: u64,
}

impl Default for BandSettings {
    fn default() -> Self {
        Self { past: 8 * WEEK, min_points: 3, min_rows: 30 }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Slot {
    points: usize,
    median: f64,
    scale: f64,
}

/// What a band makes of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// The slot has too few points yet.
    Learning {
        /// How many it has, with its neighbours.
        points: usize,
    },
    /// The window has too few rows.
    TooFewRows,
    /// Neither the past nor the window shows any noise, and the value differs from the median.
    NoScale {
        /// The median.
        median: f64,
    },
    /// `z = (x − median)/scale`.
    Score {
        /// How many deviations the value is off.
        z: f64,
        /// What it usually is, on the transformed scale.
        median: f64,
        /// One deviation.
        scale: f64,
    },
}

/// Medians and scales of all season slots. O(slots) of state, made from a history and thrown away.
#[derive(Debug, Clone, PartialEq)]
pub struct SeasonalBand {
    season: Season,
    settings: BandSettings,
    slots: Vec<Slot>,
}

impl SeasonalBand {
    /// The band as known at `until` (µs): from points in `[until − past, until)` that are not excluded and finite.
    ///
    /// Each slot takes the points of its two neighbours too. Its scale is `max(1.4826·MAD, 0.1·median over slots)`.
    #[must_use]
    pub fn fit(season: Season, history: &[Point], until: i64, settings: BandSettings) -> Self {
        let from = until.saturating_sub(settings.past);
        let mut values = vec![Vec::new(); season.slots()];
        for point in history {
            if point.at >= from && point.at < until && !point.is_excluded && point.value.is_finite() {
                values[season.slot(point.at)].push(point.value);
            }
        }
        let mut slots: Vec<Slot> = (0..season.slots()).map(|slot| robust(season, slot, &values)).collect();
        let mut scales: Vec<f64> =
            slots.iter().filter(|slot| slot.points >= settings.min_points).map(|slot| slot.scale).collect();
        let least = LEAST_SCALE * median(&mut scales).unwrap_or(0.0);
        slots.iter_mut().for_each(|slot| slot.scale = slot.scale.max(least));
        Self { season, settings, slots }
    }

    /// Reads a transformed value of the window that begins at `at` (µs).
    ///
    /// * `noise`: its sampling noise ([`Transform::noise`](super::Transform::noise)); the scale is never less.
    /// * `rows`: rows of the window; `None` when the value is no statistic of rows, such as a volume.
    #[must_use]
    pub fn read(&self, at: i64, value: f64, noise: f64, rows: Option<u64>) -> Reading {
        if rows.is_some_and(|rows| rows < self.settings.min_rows) {
            return Reading::TooFewRows;
        }
        let Slot { points, median, scale } = self.slots[self.season.slot(at)];
        if points < self.settings.min_points {
            return Reading::Learning { points };
        }
        let scale = if noise.is_finite() { scale.max(noise) } else { scale };
        let off = value - median;
        if off == 0.0 {
            return Reading::Score { z: 0.0, median, scale };
        }
        let z = off / scale;
        if scale > 0.0 && !z.is_nan() { Reading::Score { z, median, scale } } else { Reading::NoScale { median } }
    }

    /// The season in use.
    #[must_use]
    pub fn season(&self) -> Season {
        self.season
    }

    /// Share of the slots that have enough points.
    #[must_use]
    pub fn learned(&self) -> f64 {
        let enough = self.slots.iter().filter(|slot| slot.points >= self.settings.min_points).count();
        enough as f64 / self.slots.len() as f64
    }
}

fn robust(season: Season, slot: usize, values: &[Vec<f64>]) -> Slot {
    let mut all: Vec<f64> =
        season.with_neighbours(slot).iter().flat_map(|&near| values[near].iter().copied()).collect();
    // A slot that has no points of its own knows nothing of its hour: daily windows have no neighbours.
    let points = if values[slot].is_empty() { 0 } else { all.len() };
    let Some(middle) = median(&mut all) else { return Slot::default() };
    all.iter_mut().for_each(|value| *value = (*value - middle).abs());
    let scale = MAD_TO_DEVIATION * median(&mut all).unwrap_or(0.0);
    Slot { points, median: middle, scale }
}

#[cfg(test)]
mod tests {
    use super::super::season::HOUR;
    use super::*;

    fn point(at: i64, value: f64) -> Point {
        Point { at, value, is_excluded: false }
    }

    fn score(reading: Reading) -> f64 {
        match reading {
            Reading::Score { z, .. } => z,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn example_of_the_specification() {
        let values = [10.0, 12.0, 11.0, 13.0, 40.0];
        let history: Vec<Point> = values.iter().enumerate().map(|(i, &x)| point(i as i64 * HOUR, x)).collect();
        let band = SeasonalBand::fit(Season::None, &history, 5 * HOUR, BandSettings::default());
        assert!((score(band.read(9 * HOUR, 40.0, 0.0, None)) - 18.886).abs() < 1e-3);
        assert_eq!(score(band.read(9 * HOUR, 40.0, 28.0, None)), 1.0);
        assert_eq!(band.read(9 * HOUR, 40.0, 0.0, Some(29)), Reading::TooFewRows);
    }

    /// Ten weeks of hourly data: 20 by night, 100 by day, a spread of ±2.
    fn weeks() -> Vec<Point> {
        let value = |hour: i64| if hour % 24 < 8 { 20.0 } else { 100.0 } + [-2.0, 0.0, 2.0][(hour * 7 % 3) as usize];
        (0..10 * 168).map(|hour| point(hour * HOUR, value(hour))).collect()
    }

    #[test]
    fn knows_the_hour() {
        let until = 10 * WEEK;
        let band = SeasonalBand::fit(Season::HourOfWeek, &weeks(), until, BandSettings::default());
        assert_eq!((band.learned(), band.season()), (1.0, Season::HourOfWeek));
        assert!(score(band.read(until + 3 * HOUR, 20.0, 0.0, None)).abs() < 1.0);
        assert!(score(band.read(until + 3 * HOUR, 100.0, 0.0, None)) > 10.0);
        assert!(score(band.read(until + 15 * HOUR, 20.0, 0.0, None)) < -10.0);
    }

    #[test]
    fn excluded_and_old_points_do_not_count() {
        let mut history = weeks();
        history.iter_mut().for_each(|point| point.is_excluded = point.at >= 3 * WEEK);
        // Eight weeks back from the tenth: only the third one is left, which has one point a slot and its neighbours'.
        let band = SeasonalBand::fit(Season::HourOfWeek, &history, 10 * WEEK, BandSettings::default());
        assert_eq!(band.learned(), 1.0);
        let strict = BandSettings { min_points: 4, ..Default::default() };
        let band = SeasonalBand::fit(Season::HourOfWeek, &history, 10 * WEEK, strict);
        assert_eq!(band.read(0, 1.0, 0.0, None), Reading::Learning { points: 3 });
        let nothing = SeasonalBand::fit(Season::HourOfDay, &[], 0, BandSettings::default());
        assert_eq!((nothing.learned(), nothing.read(0, 1.0, 0.0, None)), (0.0, Reading::Learning { points: 0 }));
    }

    #[test]
    fn constant_series_and_odd_values() {
        let history: Vec<Point> = (0..50).map(|hour| point(hour * HOUR, 5.0)).collect();
        let band = SeasonalBand::fit(Season::None, &history, 50 * HOUR, BandSettings::default());
        assert_eq!(score(band.read(0, 5.0, 0.0, None)), 0.0);
        assert_eq!(band.read(0, 5.1, 0.0, None), Reading::NoScale { median: 5.0 });
        assert!((score(band.read(0, 5.5, 0.25, None)) - 2.0).abs() < 1e-12);
        assert_eq!(band.read(0, f64::NAN, 1.0, None), Reading::NoScale { median: 5.0 });
        let daily: Vec<Point> = (0..60).map(|day| point(day * 24 * HOUR, day as f64)).collect();
        let band = SeasonalBand::fit(Season::HourOfWeek, &daily, 60 * 24 * HOUR, BandSettings::default());
        assert_eq!(band.read(HOUR, 1.0, 0.0, None), Reading::Learning { points: 0 });
        assert!(matches!(band.read(0, 1.0, 0.0, None), Reading::Score { .. }));
    }
}
