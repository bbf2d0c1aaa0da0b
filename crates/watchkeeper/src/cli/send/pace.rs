//! When rows are due, when a file is sent at a multiple of the speed at which it happened.

use std::time::Duration;

/// Rows that are due within this time of each other go together.
const TICK: Duration = Duration::from_millis(200);

/// Consecutive rows that go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) from: usize,
    pub(super) rows: usize,
    /// When they are due, from the start of the sending.
    pub(super) due: Duration,
}

/// The clock of one sending: the first time it sees is its start.
#[derive(Debug)]
pub(super) struct Pace {
    speed: f64,
    start_micros: Option<i64>,
    latest: Duration,
}

impl Pace {
    /// `speed`: seconds of the file in one second, above 0.
    pub(super) fn new(speed: f64) -> Self {
        Self { speed, start_micros: None, latest: Duration::ZERO }
    }

    /// Cuts rows with these times (microseconds) where they are due at different ticks. Rows without a time, or with an
    /// earlier one than those before them, are due with the row before them.
    pub(super) fn slices(&mut self, times: &[Option<i64>]) -> Vec<Slice> {
        let mut slices: Vec<Slice> = Vec::new();
        for (row, time) in times.iter().enumerate() {
            let due = time.map_or(self.latest, |time| self.due(time)).max(self.latest);
            self.latest = due;
            match slices.last_mut() {
                Some(last) if due < last.due.saturating_add(TICK) => last.rows += 1,
                _ => slices.push(Slice { from: row, rows: 1, due }),
            }
        }
        slices
    }

    fn due(&mut self, time: i64) -> Duration {
        let start = *self.start_micros.get_or_insert(time);
        let seconds = time.saturating_sub(start) as f64 / 1e6 / self.speed;
        Duration::try_from_secs_f64(seconds).unwrap_or(if seconds > 0.0 { Duration::MAX } else { Duration::ZERO })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(from: usize, rows: usize, milliseconds: u64) -> Slice {
        Slice { from, rows, due: Duration::from_millis(milliseconds) }
    }

    #[test]
    fn rows_are_due_at_their_time_divided_by_the_speed() {
        let seconds = |list: &[i64]| list.iter().map(|s| Some(s * 1_000_000)).collect::<Vec<_>>();
        let mut pace = Pace::new(10.0);
        assert_eq!(pace.slices(&seconds(&[100, 101, 103, 110])), [slice(0, 2, 0), slice(2, 1, 300), slice(3, 1, 1000)]);
        // A later batch goes on with the same clock; what is out of order does not wait and does not turn it back.
        assert_eq!(pace.slices(&seconds(&[105, 111, 120])), [slice(0, 2, 1000), slice(2, 1, 2000)]);
        assert_eq!(pace.slices(&[None, Some(i64::MIN)]), [slice(0, 2, 2000)]);
        assert_eq!(pace.slices(&[]), []);
    }

    #[test]
    fn every_row_is_in_one_slice_whatever_the_times() {
        let times: Vec<Option<i64>> =
            (0..1000).map(|i: i64| (i % 7 != 0).then_some(i.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64))).collect();
        for speed in [1e-9, 1.0, 1e18] {
            let slices = Pace::new(speed).slices(&times);
            let mut next = 0;
            for slice in slices {
                assert_eq!(slice.from, next);
                next += slice.rows;
            }
            assert_eq!(next, times.len());
        }
    }
}
