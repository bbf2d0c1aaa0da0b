//! Columns with two sides, made from plain values.

use watchkeeper_profile::grid::{CategoryGrid, NumericGrid};
use watchkeeper_profile::{Body, CategoricalProfile, CategoryCensus, Grid, NumericCounter, Profile, ValueClasses};
use watchkeeper_stats::random::Xoshiro256;
use watchkeeper_watch::meaning::Column;

/// The values of one side of a column; `None` is a missing one.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    Numbers(Vec<Option<f64>>),
    Texts(Vec<(Option<String>, u64)>),
}

#[derive(Debug, Clone)]
pub(crate) struct Sides {
    pub(crate) name: String,
    pub(crate) grid: Grid,
    pub(crate) reference: Profile,
    pub(crate) current: Profile,
}

impl Sides {
    pub(crate) fn new(name: &str, reference: &Values, current: &Values) -> Self {
        let grid = grid(reference);
        let (reference, current) = (profile(&grid, reference), profile(&grid, current));
        Self { name: name.to_owned(), grid, reference, current }
    }

    pub(crate) fn column(&self) -> Column<'_> {
        Column { name: &self.name, grid: &self.grid, reference: &self.reference, current: &self.current }
    }
}

pub(crate) fn numbers(values: &[f64]) -> Values {
    Values::Numbers(values.iter().map(|&x| Some(x)).collect())
}

pub(crate) fn texts(counts: &[(&str, u64)]) -> Values {
    Values::Texts(counts.iter().map(|(text, n)| (Some((*text).to_owned()), *n)).collect())
}

pub(crate) fn grid(values: &Values) -> Grid {
    match values {
        Values::Numbers(values) => {
            let mut sorted: Vec<f64> = values.iter().flatten().copied().collect();
            sorted.sort_by(f64::total_cmp);
            NumericGrid::from_sorted(&sorted, None).map_or(Grid::Presence, |grid| Grid::Numeric(Box::new(grid)))
        }
        Values::Texts(counts) => {
            let mut census = CategoryCensus::default();
            for (text, n) in counts {
                if let Some(text) = text {
                    census.add(text, *n);
                }
            }
            Grid::Categorical(census.finish().0)
        }
    }
}

pub(crate) fn profile(grid: &Grid, values: &Values) -> Profile {
    let (body, value, null) = match (grid, values) {
        (Grid::Numeric(grid), Values::Numbers(values)) => {
            let mut counter = NumericCounter::new(grid, false);
            let present: Vec<f64> = values.iter().flatten().copied().collect();
            counter.add(&present);
            let null = values.len() - present.len();
            (Body::Numeric(Box::new(counter.finish().0)), present.len() as u64, null as u64)
        }
        (Grid::Categorical(grid), Values::Texts(counts)) => {
            let mut profile = CategoricalProfile::empty(grid);
            let mut null = 0;
            for (text, n) in counts {
                match text {
                    Some(text) => profile.add(grid, text, *n),
                    None => null += n,
                }
            }
            let n = profile.n();
            (Body::Categorical(profile), n, null)
        }
        _ => (Body::Presence, 0, 0),
    };
    let classes = ValueClasses { value, null, ..ValueClasses::default() };
    Profile { classes, body, distinct: None, sample: None }
}

pub(crate) fn booleans(no: u64, yes: u64) -> (Grid, Profile) {
    let dictionary = CategoryGrid::boolean();
    let mut counts = CategoricalProfile::empty(&dictionary);
    counts.add(&dictionary, "false", no);
    counts.add(&dictionary, "true", yes);
    let classes = ValueClasses { value: no + yes, ..ValueClasses::default() };
    let profile = Profile { classes, body: Body::Categorical(counts), distinct: None, sample: None };
    (Grid::Categorical(dictionary), profile)
}

/// Laws that columns follow.
pub(crate) const LAWS: [&str; 8] =
    ["normal", "lognormal", "exponential", "uniform", "beta", "bimodal", "counts", "zero_inflated"];

/// `n` draws of a law, in a scale of its own.
pub(crate) fn draw(law: &str, n: usize, random: &mut Xoshiro256) -> Vec<f64> {
    let one = |random: &mut Xoshiro256| match law {
        "normal" => 60.0 + 12.0 * random.normal(),
        "lognormal" => 40.0 * (0.6 * random.normal()).exp(),
        "exponential" => -25.0 * (1.0 - random.uniform()).ln(),
        "uniform" => 10.0 + 80.0 * random.uniform(),
        "beta" => (0..3).map(|_| random.uniform()).fold(1.0, f64::min),
        "bimodal" => {
            if random.uniform() < 0.4 {
                20.0 + 3.0 * random.normal()
            } else {
                55.0 + 6.0 * random.normal()
            }
        }
        "counts" => (0..12).map(|_| f64::from(u8::from(random.uniform() < 0.35))).sum::<f64>() + 1.0,
        _ => {
            if random.uniform() < 0.6 {
                0.0
            } else {
                8.0 * (0.5 * random.normal()).exp()
            }
        }
    };
    (0..n).map(|_| one(random)).collect()
}
