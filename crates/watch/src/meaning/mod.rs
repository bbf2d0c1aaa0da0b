//! Recognising a change of meaning: the values are as they were, written differently.
//!
//! A unit, a sign, a time zone, a code for missing values, a column or the names of categories can change in a pipeline
//! without anything changing in the world. Such a change is one event with one remedy, so it should be one alert that
//! proposes the mapping. [`recognise`] tries the usual mappings on the reference and compares the result with the
//! current profile. A mapping is stated only when it leaves little of the drift, when ordinary drift does not explain
//! it as well, and when no other mapping does; else it is listed as undecided, or not at all.
//!
//! Profiles hold counts over bins of the reference, sums and extremes. When the values leave the range of the
//! reference, only shares beyond the range, mean, deviation and extremes speak: [`Evidence::Moments`]. A plain shift of
//! a column cannot be told from a drift by anyone, and is never reported.
//!
//! What does not belong here: verdicts (whether a drift matters) and rows.

mod categories;
mod change;
mod clipped;
mod cyclic;
mod exchanged;
mod filled;
mod names;
mod numeric;
mod scales;
mod sketch;
mod swapped;
mod units;

pub use change::{Change, Confidence, Evidence, Recognition, Renaming, SemanticChange, Side, Undecided};

use watchkeeper_profile::{Body, Grid, Profile};

use sketch::NumericPair;

/// Rows of either side below which nothing is recognised.
pub const ROWS_MIN: u64 = 100;
/// Columns that are tried against each other for an exchange; more are not (the pairs grow with the square).
const SWAP_COLUMNS_MAX: usize = 64;

/// One column on both sides, over the same grid.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Its name.
    pub name: &'a str,
    /// The baseline's grid.
    pub grid: &'a Grid,
    /// The reference over it.
    pub reference: &'a Profile,
    /// The current rows over it.
    pub current: &'a Profile,
}

/// What came of one column.
enum Outcome {
    Found(SemanticChange),
    Undecided(String),
    Nothing,
}

impl Outcome {
    /// The first that found something, else the first that could not decide.
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Found(_) => self,
            Self::Nothing => other(),
            Self::Undecided(why) => match other() {
                Self::Found(found) => Self::Found(found),
                _ => Self::Undecided(why),
            },
        }
    }
}

/// Tries the usual mappings on every column, and exchanges of two columns.
///
/// * Columns of free text and of presence only are passed over, as are those with fewer than [`ROWS_MIN`] rows a side
///   or profiles that do not lie over the grid.
/// * The result is in the order of the columns; an exchange stands at its first column and replaces what was found
///   for either.
/// * Cost: about a hundred passes over the bins of a drifted numeric column; columns without drift cost one.
#[must_use]
pub fn recognise(columns: &[Column<'_>]) -> Recognition {
    let swaps = swapped::find(columns, SWAP_COLUMNS_MAX);
    let mut recognition = Recognition::default();
    for (index, column) in columns.iter().enumerate() {
        if let Some(swap) = swaps.iter().find(|swap| swap.first == index || swap.second == index) {
            if swap.first == index {
                recognition.changes.push(swap.change.clone());
            }
            continue;
        }
        match recognise_column(column) {
            Outcome::Found(change) => recognition.changes.push(change),
            Outcome::Undecided(reason) => {
                recognition.undecided.push(Undecided { column: column.name.to_owned(), reason });
            }
            Outcome::Nothing => {}
        }
    }
    recognition
}

fn recognise_column(column: &Column<'_>) -> Outcome {
    match (column.grid, &column.reference.body, &column.current.body) {
        (Grid::Numeric(grid), Body::Numeric(reference), Body::Numeric(current)) => {
            let Some(pair) = NumericPair::new(column, grid, reference, current) else { return Outcome::Nothing };
            filled::numeric(&pair)
                .or(|| cyclic::recognise(&pair))
                .or(|| clipped::recognise(&pair))
                .or(|| numeric::recognise(&pair))
        }
        (Grid::Categorical(grid), Body::Categorical(reference), Body::Categorical(current)) => {
            let Some(pair) = categories::CategoryPair::new(column, grid, reference, current) else {
                return Outcome::Nothing;
            };
            filled::categorical(&pair).or(|| exchanged::recognise(&pair)).or(|| names::recognise(&pair))
        }
        _ => Outcome::Nothing,
    }
}
