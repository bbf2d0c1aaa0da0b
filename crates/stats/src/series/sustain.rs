//! From scores to alarms: two of three windows off, or one far off; and when a new level has come to stay.

/// The limit `k` to begin with, until it is calibrated.
pub const DEFAULT_LIMIT: f64 = 4.0;

/// By how much a single window must exceed `k`.
const FAR: f64 = 2.0;
/// Windows on one side after which a new baseline is proposed.
const SHIFT_WINDOWS: u32 = 24;

/// What the newest windows say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Two of the last three windows have `|z| > k`, or this one has `|z| > k + 2`.
    pub is_alarm: bool,
    /// The last 24 windows all lie beyond `k` on one side: propose a new baseline, never take one by oneself.
    pub is_level_shift: bool,
}

/// Fold over the scores of a series in time order; windows without a score are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sustain {
    /// Whether the last window and the one before it were off.
    pub recent: [bool; 2],
    /// Windows in a row beyond `k`, negative below.
    pub run: i32,
}

impl Sustain {
    /// Takes the next score. A NaN score is a window without one: it changes nothing and alarms nothing.
    pub fn next(&mut self, z: f64, k: f64) -> Judgement {
        if z.is_nan() {
            return Judgement::default();
        }
        let is_off = z.abs() > k;
        let side = if z > 0.0 { 1 } else { -1 };
        let is_alarm = z.abs() > k + FAR || is_off && (self.recent[0] || self.recent[1]);
        self.run = match (is_off, self.run.signum() == side) {
            (false, _) => 0,
            (true, true) => self.run.saturating_add(side),
            (true, false) => side,
        };
        self.recent = [is_off, self.recent[0]];
        Judgement { is_alarm, is_level_shift: self.run.unsigned_abs() >= SHIFT_WINDOWS }
    }
}

/// Alarms that a series of scores raises: each run of alarms counts once, and no new one begins within `cooldown`
/// windows of the last one's end.
#[must_use]
pub fn count_alarms(scores: &[f64], k: f64, cooldown: usize) -> u64 {
    let mut sustain = Sustain::default();
    let mut alarms = 0;
    let mut quiet = usize::MAX;
    for &z in scores {
        if sustain.next(z, k).is_alarm {
            alarms += u64::from(quiet >= cooldown.max(1));
            quiet = 0;
        } else {
            quiet = quiet.saturating_add(1);
        }
    }
    alarms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarms(scores: &[f64]) -> Vec<bool> {
        let mut sustain = Sustain::default();
        scores.iter().map(|&z| sustain.next(z, 4.0).is_alarm).collect()
    }

    #[test]
    fn two_of_three_or_one_far_off() {
        assert_eq!(alarms(&[5.0, 0.0, -5.0, 0.0, 0.0, 5.0]), [false, false, true, false, false, false]);
        assert_eq!(alarms(&[0.0, 6.5, 0.0]), [false, true, false]);
        assert_eq!(alarms(&[5.0, f64::NAN, 0.0, 5.0]), [false, false, false, true]);
        assert_eq!(alarms(&[4.0, 4.0, 4.0]), [false; 3]);
        assert_eq!(alarms(&[f64::INFINITY]), [true]);
    }

    #[test]
    fn a_level_that_stays() {
        let mut sustain = Sustain::default();
        let mut shifts: Vec<bool> = (0..30).map(|_| sustain.next(-5.0, 4.0).is_level_shift).collect();
        assert_eq!(shifts.iter().position(|&shift| shift), Some(23));
        shifts = (0..30).map(|hour| sustain.next(if hour == 10 { 0.0 } else { 5.0 }, 4.0).is_level_shift).collect();
        assert!(!shifts.contains(&true));
    }

    #[test]
    fn runs_count_once() {
        let mut scores = vec![0.0; 20];
        scores[2..6].fill(9.0);
        scores[8] = 9.0;
        scores[15] = 9.0;
        assert_eq!([0, 2, 3, 6].map(|cooldown| count_alarms(&scores, 4.0, cooldown)), [3, 3, 2, 2]);
        assert_eq!(count_alarms(&[], 4.0, 0), 0);
    }
}
