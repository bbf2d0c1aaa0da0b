//! Additive Holt–Winters: level, trend and season that follow the series.

use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// A deviation of a normal in units of its mean absolute deviation's robust stand-in.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// Weight of the newest absolute error.
const ERROR_WEIGHT: f64 = 0.05;
/// Errors enter the state up to so many deviations.
const CLIP: f64 = 3.0;

/// Values count up to this size, so that the state stays finite.
const LARGEST: f64 = 1e300;

/// Weights of the newest error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smoothing {
    /// Of the level, in `[0, 1]`.
    pub level: f64,
    /// Of the trend, as a share of the level's.
    pub trend: f64,
    /// Of the season.
    pub season: f64,
}

impl Default for Smoothing {
    fn default() -> Self {
        Self { level: 0.2, trend: 0.05, season: 0.1 }
    }
}

/// A one-step forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// The forecast.
    pub value: f64,
    /// One deviation of its error; 0 while none is known. The band is `value ± k·deviation`.
    pub deviation: f64,
}

/// State in error-correction form: `f = l + b + s`, `e = x − f`, `l' = l + b + αe`, `b' = b + αβe`, `s' = s + γ(1−α)e`.
///
/// Source: Hyndman et al. 2008, *Forecasting with Exponential Smoothing*, <https://doi.org/10.1007/978-3-540-71918-2>.
#[derive(Debug, Clone, PartialEq)]
pub struct HoltWinters {
    smoothing: Smoothing,
    level: f64,
    trend: f64,
    season: Vec<f64>,
    at: usize,
    /// Mean absolute error and how many went in.
    error: f64,
    errors: u64,
}

impl HoltWinters {
    /// A state from the first two seasons of a series, `2·period` values: level is the mean of the first season, trend
    /// the difference of the two means per step, season what the first leaves; then the second is run through.
    ///
    /// `None` for another number of values, `period = 0`, or values that are not finite.
    #[must_use]
    pub fn fit(first_two_seasons: &[f64], period: usize, smoothing: Smoothing) -> Option<Self> {
        let is_finite = first_two_seasons.iter().all(|value| value.is_finite());
        if period == 0 || first_two_seasons.len() != period.saturating_mul(2) || !is_finite {
            return None;
        }
        let bounded: Vec<f64> = first_two_seasons.iter().map(|value| value.clamp(-LARGEST, LARGEST)).collect();
        let (first, second) = bounded.split_at(period);
        let mean = |values: &[f64]| values.iter().sum::<f64>() / period as f64;
        let level = mean(first);
        let trend = (mean(second) - level) / period as f64;
        let season = first.iter().map(|value| value - level).collect();
        let mut state = Self { smoothing, level, trend, season, at: 0, error: 0.0, errors: 0 };
        for &value in second {
            state.advance(Some(value), false);
        }
        Some(state)
    }

    /// The forecast of the next value.
    #[must_use]
    pub fn forecast(&self) -> Forecast {
        let value = self.level + self.trend + self.season[self.at];
        Forecast { value, deviation: MAD_TO_DEVIATION * self.error }
    }

    /// Takes the next value, or its absence: then the state moves on as if the forecast had come true. Errors enter up
    /// to ±3 deviations, so that an anomaly does not become the norm. Returns the forecast that was made for it.
    pub fn update(&mut self, value: Option<f64>) -> Forecast {
        self.advance(value, true)
    }

    fn advance(&mut self, value: Option<f64>, is_clipped: bool) -> Forecast {
        let forecast = self.forecast();
        let mut error = 0.0;
        if let Some(value) = value.filter(|value| value.is_finite()) {
            error = value.clamp(-LARGEST, LARGEST) - forecast.value;
            if is_clipped && forecast.deviation > 0.0 {
                error = error.clamp(-CLIP * forecast.deviation, CLIP * forecast.deviation);
            }
            self.errors = self.errors.saturating_add(1);
            // A plain mean until there are enough errors for the weight.
            let weight = ERROR_WEIGHT.max(1.0 / self.errors as f64);
            self.error += weight * (error.abs() - self.error);
        }
        let Smoothing { level, trend, season } = self.smoothing;
        let bounded = |value: f64| value.clamp(-LARGEST, LARGEST);
        self.level = bounded(self.level + self.trend + level * error);
        self.trend = bounded(self.trend + level * trend * error);
        self.season[self.at] = bounded(self.season[self.at] + season * (1.0 - level) * error);
        self.at = (self.at + 1) % self.season.len();
        forecast
    }
}

impl Checkpoint for HoltWinters {
    fn save(&self) -> Vec<u64> {
        let head = [self.at as u64, self.errors, self.error.to_bits(), self.level.to_bits(), self.trend.to_bits()];
        head.into_iter().chain(self.season.iter().map(|value| value.to_bits())).collect()
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("Holt-Winters", words);
        let at = reader.length(self.season.len() - 1)?;
        let errors = reader.count()?;
        let (error, level, trend) = (reader.float()?, reader.float()?, reader.float()?);
        let season = self.season.iter().map(|_| reader.float()).collect::<Result<Vec<f64>, _>>()?;
        reader.end()?;
        *self = Self { smoothing: self.smoothing, level, trend, season, at, error, errors };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Xoshiro256;

    #[test]
    fn example_of_the_specification() {
        let mut state = HoltWinters {
            smoothing: Smoothing::default(),
            level: 100.0,
            trend: 1.0,
            season: vec![5.0],
            at: 0,
            error: 0.0,
            errors: 0,
        };
        assert_eq!(state.update(Some(108.0)).value, 106.0);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(near(state.level, 101.4) && near(state.trend, 1.02) && near(state.season[0], 5.16), "{state:?}");
        // No value: on along the trend.
        state.update(None);
        assert!(near(state.level, 102.42) && near(state.trend, 1.02) && state.errors == 1);
    }

    fn series(hour: usize, noise: f64) -> f64 {
        50.0 + 0.01 * hour as f64 + 10.0 * (hour as f64 * std::f64::consts::TAU / 24.0).sin() + noise
    }

    #[test]
    fn follows_a_season_and_is_not_carried_off() {
        let mut generator = Xoshiro256::new(14);
        let mut noise = || generator.normal();
        let start: Vec<f64> = (0..48).map(|hour| series(hour, noise())).collect();
        let mut state = HoltWinters::fit(&start, 24, Smoothing::default()).unwrap();
        let mut outside = 0;
        for hour in 48..1_000 {
            let value = series(hour, noise());
            let forecast = state.update(Some(value));
            outside += u32::from(hour > 200 && (value - forecast.value).abs() > 4.0 * forecast.deviation);
        }
        assert!(outside <= 3, "{outside}");
        let before = state.forecast();
        state.update(Some(1e6));
        assert!((state.forecast().value - series(1_001, 0.0)).abs() < 4.0 * before.deviation + 3.0);
        let mut copy = HoltWinters::fit(&[0.0; 48], 24, Smoothing::default()).unwrap();
        copy.load(&state.save()).unwrap();
        assert_eq!(copy, state);
        assert!(copy.load(&[24; 29]).is_err() && copy.load(&[0]).is_err());
    }

    #[test]
    fn survives_anything() {
        let mut state = HoltWinters::fit(&[f64::MAX, f64::MIN, 0.0, f64::MAX], 2, Smoothing::default()).unwrap();
        for value in [f64::MAX, f64::MIN, f64::NAN, f64::INFINITY, f64::MIN, 0.0, f64::MAX] {
            state.update(Some(value));
            let words = state.save();
            assert!(state.load(&words).is_ok() && state.forecast().value.is_finite());
        }
    }

    #[test]
    fn refused() {
        let fit = |values: &[f64], period| HoltWinters::fit(values, period, Smoothing::default()).is_some();
        assert!(!fit(&[], 0) && !fit(&[1.0; 3], 1) && !fit(&[1.0, f64::NAN], 1) && fit(&[1.0; 2], 1));
    }
}
