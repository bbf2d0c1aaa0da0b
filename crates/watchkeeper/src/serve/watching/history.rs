//! Recent points of all series of a tenant, for rules that look back: bounded, oldest first out.

use std::collections::BTreeMap;

use watchkeeper_watch::measured::{Point, Scope, Series};

/// Points of one series: eight weeks of hours, and some.
const POINTS_MAX: usize = 1500;
/// Points of all series together; of 300 bytes each, and those with bins 600.
const ALL_MAX: usize = 200_000;

/// Points by series, ascending by the end of their windows; of one window the newest that is known.
#[derive(Debug, Default)]
pub(super) struct History {
    series: BTreeMap<Series, Vec<Point>>,
    points: usize,
}

impl History {
    /// Takes a point over; a window's newer one takes the place of its older one.
    pub(super) fn add(&mut self, series: &Series, point: Point) {
        if !self.series.contains_key(series) {
            self.series.insert(series.clone(), Vec::new());
        }
        let Some(points) = self.series.get_mut(series) else { return };
        match points.binary_search_by_key(&point.end, |known| known.end) {
            Ok(at) => {
                if let Some(known) = points.get_mut(at).filter(|known| known.known_at <= point.known_at) {
                    *known = point;
                }
            }
            Err(at) => {
                points.insert(at, point);
                self.points += 1;
                if points.len() > POINTS_MAX {
                    points.remove(0);
                    self.points -= 1;
                }
            }
        }
        self.shrink();
    }

    /// The points of a series before the window that ends at `end`, ascending.
    pub(super) fn before(&self, series: &Series, end: i64) -> &[Point] {
        let points = self.series.get(series).map_or(&[][..], Vec::as_slice);
        let until = points.partition_point(|point| point.end < end);
        points.get(..until).unwrap_or_default()
    }

    /// The point of one window.
    pub(super) fn at(&self, series: &Series, end: i64) -> Option<&Point> {
        let points = self.series.get(series)?;
        points.binary_search_by_key(&end, |point| point.end).ok().and_then(|at| points.get(at))
    }

    /// The parts of models that there are series of.
    pub(super) fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.series.keys().map(|series| &series.scope)
    }

    /// Points that are held.
    #[cfg(test)]
    const fn len(&self) -> usize {
        self.points
    }

    /// Halves the longest series when there are too many points.
    fn shrink(&mut self) {
        if self.points <= ALL_MAX {
            return;
        }
        let longest = self.series.values().map(Vec::len).max().unwrap_or(0);
        for points in self.series.values_mut().filter(|points| points.len() * 2 > longest) {
            let gone = points.len().div_ceil(2);
            points.drain(..gone);
            self.points -= gone;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_spec::Measure;

    fn series(name: &str) -> Series {
        let measure: Measure = "volume".parse().unwrap();
        Series { scope: Scope::of_model(name), column: None, measure, window: 3600, baseline: String::new() }
    }

    fn point(end: i64, known_at: i64, value: f64) -> Point {
        Point::with((end - 1, end), known_at, value, 1)
    }

    #[test]
    fn the_newest_of_a_window_counts_and_the_oldest_windows_go() {
        let mut history = History::default();
        let a = series("a");
        for (end, known_at, value) in [(5, 1, 1.0), (3, 1, 2.0), (5, 2, 3.0), (5, 1, 4.0)] {
            history.add(&a, point(end, known_at, value));
        }
        assert_eq!(history.at(&a, 5).and_then(|p| p.value), Some(3.0));
        assert_eq!(history.before(&a, 5).iter().map(|p| p.end).collect::<Vec<_>>(), [3]);
        for end in 10..10 + POINTS_MAX as i64 {
            history.add(&a, point(end, 1, 0.0));
        }
        assert_eq!((history.len(), history.at(&a, 5)), (POINTS_MAX, None));
    }

    #[test]
    fn all_together_are_bounded() {
        let mut history = History::default();
        let names: Vec<Series> = (0..200).map(|n| series(&n.to_string())).collect();
        for end in 0..1100 {
            for name in &names {
                history.add(name, point(end, 1, 0.0));
            }
        }
        assert!(history.len() <= ALL_MAX, "{}", history.len());
        assert!(names.iter().all(|name| history.at(name, 1099).is_some()));
    }
}
