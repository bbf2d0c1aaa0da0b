//! Series of window values (volume, latency, rates, mean scores, any metric) against their own past.
//!
//! Times are microseconds since 1970-01-01 UTC (`i64`); hours and weekdays are those of UTC. The usual way:
//! [`Transform`] → [`SeasonalBand`] → z → [`Sustain`], with `k` from [`calibrate`](calibrate::calibrate).

pub mod band;
pub mod bootstrap;
pub mod calibrate;
pub mod effective;
pub mod holt_winters;
pub mod kruskal_wallis;
pub mod season;
pub mod sustain;
pub mod transform;

pub use band::{BandSettings, Point, Reading, SeasonalBand};
pub use calibrate::Calibration;
pub use holt_winters::{Forecast, HoltWinters, Smoothing};
pub use season::Season;
pub use sustain::{Judgement, Sustain};
pub use transform::Transform;

/// Median of finite values: the middle one, or the mean of the middle two. `None` without values.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let (half, length) = (values.len() / 2, values.len());
    match length {
        0 => None,
        _ if length % 2 == 1 => Some(values[half]),
        _ => Some(0.5 * values[half - 1] + 0.5 * values[half]),
    }
}
