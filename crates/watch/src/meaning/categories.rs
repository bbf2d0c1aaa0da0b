//! Both sides of a categorical column, by name.

use watchkeeper_profile::grid::CategoryGrid;
use watchkeeper_profile::{CategoricalProfile, ValueClasses};

use super::{Column, ROWS_MIN};

/// A category with its rows on both sides.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Category {
    pub(super) name: String,
    pub(super) reference: f64,
    pub(super) current: f64,
}

/// What is known of a categorical column: kept categories, and the unseen ones whose names are remembered.
pub(super) struct CategoryPair<'a> {
    pub(super) name: &'a str,
    pub(super) categories: Vec<Category>,
    /// Rows with a value.
    pub(super) rows: (u64, u64),
    pub(super) classes: (ValueClasses, ValueClasses),
    /// Total variation distance of the named categories and the rest.
    pub(super) before: f64,
    /// What the distance is by noise alone, about.
    pub(super) noise: f64,
    pub(super) is_boolean: bool,
    /// Share of current rows with a category that the reference does not have, named or not.
    pub(super) unseen: f64,
}

impl<'a> CategoryPair<'a> {
    /// `None` with fewer than [`ROWS_MIN`] rows a side, or counts that are not the grid's.
    pub(super) fn new(
        column: &Column<'a>,
        grid: &CategoryGrid,
        reference: &CategoricalProfile,
        current: &CategoricalProfile,
    ) -> Option<Self> {
        let (n, m) = (reference.n(), current.n());
        if n < ROWS_MIN
            || m < ROWS_MIN
            || reference.counts().len() != grid.bins()
            || current.counts().len() != grid.bins()
        {
            return None;
        }
        let mut categories: Vec<Category> = grid
            .labels()
            .iter()
            .zip(reference.counts().iter().zip(current.counts()))
            .map(|(name, (r, c))| Category { name: name.clone(), reference: *r as f64, current: *c as f64 })
            .collect();
        let unseen = current.unseen_names().into_iter();
        categories.extend(unseen.map(|(name, count)| Category {
            name: name.to_owned(),
            reference: 0.0,
            current: count as f64,
        }));
        let (n_, m_) = (n as f64, m as f64);
        let named: f64 = categories.iter().map(|c| (c.reference / n_ - c.current / m_).abs()).sum();
        let rest =
            |all: f64, part: fn(&Category) -> f64| (all - categories.iter().map(part).sum::<f64>()).max(0.0) / all;
        let others = (rest(n_, |c| c.reference) - rest(m_, |c| c.current)).abs();
        let s = 1.0 / n_ + 1.0 / m_;
        // E|p̂ − q̂| summed over the bins, and 2.33 deviations of the sum at most.
        let expected: f64 = categories
            .iter()
            .map(|c| {
                let p = (c.reference + c.current) / (n_ + m_);
                (p * (1.0 - p).max(0.0) * s * 2.0 / std::f64::consts::PI).sqrt()
            })
            .sum();
        Some(Self {
            name: column.name,
            is_boolean: *grid == CategoryGrid::boolean(),
            rows: (n, m),
            unseen: current.counts().get(grid.unseen_bin()).map_or(0.0, |&count| count as f64 / m_),
            classes: (column.reference.classes, column.current.classes),
            before: 0.5 * (named + others),
            noise: 0.5 * expected + 1.2 * s.sqrt(),
            categories,
        })
    }

    /// Standard error of a difference of shares around `p`.
    pub(super) fn error(&self, p: f64) -> f64 {
        let s = 1.0 / self.rows.0 as f64 + 1.0 / self.rows.1 as f64;
        (p * (1.0 - p).max(0.0) * s).sqrt()
    }
}
