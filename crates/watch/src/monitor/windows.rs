//! Which windows are due.

use watchkeeper_spec::MonitorWindow;

/// Windows that are judged in one go after a pause, at most: the oldest ones.
pub const CAUGHT_UP_MAX: usize = 500;

/// A window of event time, µs since 1970, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// Start.
    pub start: i64,
    /// End: a multiple of the rule's `every`.
    pub end: i64,
}

/// The windows that end after `after` and are closed at `now`, ascending, at most [`CAUGHT_UP_MAX`]. Windows end at whole
/// multiples of `every` since 1970, so that every rule with the same step has the same windows.
#[must_use]
pub fn due(window: &MonitorWindow, after: i64, now: i64) -> Vec<Window> {
    let (size, every) = (window.size.micros(), window.every.micros().max(1));
    let closed = now.saturating_sub(window.lateness.micros());
    let first = after.div_euclid(every).saturating_add(1).saturating_mul(every);
    let ends = (0..CAUGHT_UP_MAX as i64).map(|step| first.saturating_add(step.saturating_mul(every)));
    ends.take_while(|end| *end <= closed).map(|end| Window { start: end.saturating_sub(size), end }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_spec::Span;

    const HOUR: i64 = 3_600_000_000;

    fn hourly() -> MonitorWindow {
        let mut window = MonitorWindow::default();
        (window.size, window.every, window.lateness) = (Span::hours(6), Span::hours(1), Span::minutes(15));
        window
    }

    #[test]
    fn windows_end_at_whole_steps_and_wait_for_late_events() {
        let quarter = HOUR / 4;
        assert!(due(&hourly(), 10 * HOUR, 11 * HOUR + quarter - 1).is_empty());
        let expected = Window { start: 5 * HOUR, end: 11 * HOUR };
        assert_eq!(due(&hourly(), 10 * HOUR, 11 * HOUR + quarter), [expected]);
        assert_eq!(due(&hourly(), 10 * HOUR + 1, 11 * HOUR + quarter), [expected]);
        assert_eq!(due(&hourly(), 11 * HOUR - 1, 11 * HOUR + quarter), [expected]);
    }

    #[test]
    fn long_pauses_are_caught_up_in_steps() {
        let windows = due(&hourly(), 0, 10_000 * HOUR);
        assert_eq!(windows.len(), CAUGHT_UP_MAX);
        assert_eq!(windows[0].end, HOUR);
        let next = due(&hourly(), windows[CAUGHT_UP_MAX - 1].end, 10_000 * HOUR);
        assert_eq!(next[0].end, (CAUGHT_UP_MAX as i64 + 1) * HOUR);
    }
}
