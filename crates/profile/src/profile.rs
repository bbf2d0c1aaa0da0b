//! The profile of one column over any set of rows, whatever the column's kind.

use crate::grid::{CategoryGrid, NumericGrid};
use crate::{CategoricalProfile, Distinct, HashSample, NumericProfile, ProfileError, ValueClasses};

/// How a column is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Integers, floats, decimals; times and dates as numbers.
    Numeric,
    /// `false` and `true`.
    Boolean,
    /// Strings with few distinct values.
    Categorical,
    /// Free text: counted by its length in characters and its number of tokens.
    Text,
    /// Only whether a value is there (ids, timestamps, nested values).
    Presence,
}

/// The frozen bins of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Grid {
    /// Quantile bins.
    Numeric(Box<NumericGrid>),
    /// A dictionary.
    Categorical(CategoryGrid),
    /// Lengths in characters, then tokens.
    Text(Box<[NumericGrid; 2]>),
    /// No bins: nothing to compare but the value classes.
    Presence,
}

/// The part of a profile that lies over a grid.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Over a [`NumericGrid`].
    Numeric(Box<NumericProfile>),
    /// Over a [`CategoryGrid`].
    Categorical(CategoricalProfile),
    /// Over the grids of lengths and tokens.
    Text(Box<[NumericProfile; 2]>),
    /// Value classes only.
    Presence,
}

/// Summary of one column over a set of rows: `profile(A ∪ B) = profile(A) + profile(B)`, to the bit.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Rows per value class.
    pub classes: ValueClasses,
    /// Counts and sums over the grid.
    pub body: Body,
    /// Distinct values, when counted. Merges; does not subtract.
    pub distinct: Option<Distinct>,
    /// A sample of rows, when taken. Merges; does not subtract.
    pub sample: Option<HashSample>,
}

impl Profile {
    /// The empty profile over `grid`.
    #[must_use]
    pub fn empty(grid: &Grid) -> Self {
        let body = match grid {
            Grid::Numeric(grid) => Body::Numeric(Box::new(NumericProfile::empty(grid))),
            Grid::Categorical(grid) => Body::Categorical(CategoricalProfile::empty(grid)),
            Grid::Text(grids) => Body::Text(Box::new(grids.each_ref().map(NumericProfile::empty))),
            Grid::Presence => Body::Presence,
        };
        Self { classes: ValueClasses::default(), body, distinct: None, sample: None }
    }

    /// Adds all of `other`.
    ///
    /// # Errors
    /// [`ProfileError::GridMismatch`] when the two lie over different grids; then `self` is unchanged.
    pub fn merge(&mut self, other: &Self) -> Result<(), ProfileError> {
        match (&mut self.body, &other.body) {
            (Body::Numeric(a), Body::Numeric(b)) => a.merge(b)?,
            (Body::Categorical(a), Body::Categorical(b)) => a.merge(b)?,
            (Body::Text(a), Body::Text(b)) => {
                let mut sums = a.clone();
                sums.iter_mut().zip(b.iter()).try_for_each(|(a, b)| a.merge(b))?;
                *a = sums;
            }
            (Body::Presence, Body::Presence) => {}
            _ => return Err(ProfileError::GridMismatch),
        }
        self.classes.combine(other.classes, u64::wrapping_add);
        if let Some(more) = &other.distinct {
            let distinct = self.distinct.get_or_insert_default();
            distinct.merge(more);
            distinct.settle();
        }
        if let Some(more) = &other.sample {
            self.sample.get_or_insert_default().merge(more);
        }
        Ok(())
    }

    /// Takes away `other`, which must have been added before: all counts and sums return to the bit. Extremes,
    /// distinct values and the row sample cannot forget; they stay those of the larger set.
    ///
    /// # Errors
    /// [`ProfileError::GridMismatch`] or [`ProfileError::NotContained`]; then `self` is unchanged.
    pub fn subtract(&mut self, other: &Self) -> Result<(), ProfileError> {
        let contained = self.classes.to_array().iter().zip(other.classes.to_array()).all(|(a, b)| *a >= b);
        if !contained {
            return Err(ProfileError::NotContained);
        }
        match (&mut self.body, &other.body) {
            (Body::Numeric(a), Body::Numeric(b)) => a.subtract(b)?,
            (Body::Categorical(a), Body::Categorical(b)) => a.subtract(b)?,
            (Body::Text(a), Body::Text(b)) => {
                let mut rest = a.clone();
                rest.iter_mut().zip(b.iter()).try_for_each(|(a, b)| a.subtract(b))?;
                *a = rest;
            }
            (Body::Presence, Body::Presence) => {}
            _ => return Err(ProfileError::GridMismatch),
        }
        self.classes.combine(other.classes, u64::wrapping_sub);
        Ok(())
    }

    /// The numeric part, when the column is numeric.
    #[must_use]
    pub fn numeric(&self) -> Option<&NumericProfile> {
        if let Body::Numeric(profile) = &self.body { Some(profile) } else { None }
    }

    /// The categorical part, when the column is categorical or boolean.
    #[must_use]
    pub fn categorical(&self) -> Option<&CategoricalProfile> {
        if let Body::Categorical(profile) = &self.body { Some(profile) } else { None }
    }
}
