//! Any split and any order of the same rows gives the same bits; subtraction undoes addition; bytes round-trip.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray};
use proptest::prelude::*;
use watchkeeper_profile::{Baseline, BaselineBuilder, BaselineOptions, Counter, Grid, Keep, Kind, Profile};

const KEEP: Keep = Keep { distinct: true, sample: false, values_max: 0 };

fn numbers(values: &[Option<f64>]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn texts(values: &[Option<String>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn baseline(kind: Kind, array: &ArrayRef) -> Baseline {
    let mut builder = BaselineBuilder::new(kind, BaselineOptions::default());
    builder.push(0, array);
    builder.finish()
}

fn profile(kind: Kind, grid: &Grid, parts: &[ArrayRef]) -> Profile {
    let mut counter = Counter::new(kind, grid, KEEP);
    parts.iter().for_each(|part| counter.push(0, part));
    counter.finish().0
}

/// Numbers with all that hurts: nulls, NaN, infinities, zeros of both signs, ties, huge and tiny magnitudes.
fn number() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        4 => (-50i32..50).prop_map(|i| Some(f64::from(i) / 4.0)),
        4 => prop::num::f64::NORMAL.prop_map(Some),
        2 => (-1e3..1e3f64).prop_map(Some),
        1 => Just(None),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1e308, -1e308, 5e-324]).prop_map(Some),
    ]
}

fn word() -> impl Strategy<Value = Option<String>> {
    prop_oneof![8 => "[a-e]{0,2}".prop_map(Some), 1 => ".{0,100}".prop_map(Some), 1 => Just(None)]
}

/// The laws, for a kind of column, its reference, the rows, a shuffled copy of them and a cut.
fn laws(
    kind: Kind,
    reference: &ArrayRef,
    rows: &ArrayRef,
    shuffled: &ArrayRef,
    cut: usize,
) -> Result<(), TestCaseError> {
    let baseline = baseline(kind, reference);
    let grid = &baseline.grid;
    let whole = profile(kind, grid, std::slice::from_ref(rows));
    prop_assert_eq!(whole.encode(), profile(kind, grid, std::slice::from_ref(shuffled)).encode());

    let cut = cut.min(rows.len());
    let (left, right) = (rows.slice(0, cut), rows.slice(cut, rows.len() - cut));
    let (a, b) = (profile(kind, grid, std::slice::from_ref(&left)), profile(kind, grid, std::slice::from_ref(&right)));
    for (mut sum, other) in [(a.clone(), &b), (b.clone(), &a)] {
        sum.merge(other).unwrap();
        prop_assert_eq!(sum.encode(), whole.encode());
    }
    let mut identity = Profile::empty(grid);
    identity.merge(&whole).unwrap();
    prop_assert_eq!(identity.encode(), whole.encode());

    // What cannot be forgotten (extremes, distinct values) is left out of the comparison.
    let mut rest = whole.clone();
    rest.subtract(&b).unwrap();
    prop_assert_eq!(additive(&rest), additive(&a));
    prop_assert_eq!(&Profile::decode(&whole.encode()).unwrap(), &whole);
    prop_assert_eq!(&Grid::decode(&grid.encode()).unwrap(), grid);
    prop_assert_eq!(whole.classes.rows(), rows.len() as u64);
    Ok(())
}

/// A profile without extremes, distinct values and unseen names beyond the counted ones.
fn additive(profile: &Profile) -> String {
    let mut profile = profile.clone();
    profile.distinct = None;
    let text = format!("{profile:?}");
    text.split(", min: ").next().unwrap_or_default().to_owned()
}

proptest! {
    #[test]
    fn numeric_profiles(reference in prop::collection::vec(number(), 1..300),
                        rows in prop::collection::vec(number(), 0..300).prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle())),
                        cut in 0usize..300) {
        laws(Kind::Numeric, &numbers(&reference), &numbers(&rows.0), &numbers(&rows.1), cut)?;
    }

    #[test]
    fn categorical_profiles(reference in prop::collection::vec(word(), 1..200),
                            rows in prop::collection::vec(word(), 0..200).prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle())),
                            cut in 0usize..200) {
        laws(Kind::Categorical, &texts(&reference), &texts(&rows.0), &texts(&rows.1), cut)?;
        laws(Kind::Text, &texts(&reference), &texts(&rows.0), &texts(&rows.1), cut)?;
        laws(Kind::Boolean, &texts(&reference), &texts(&rows.0), &texts(&rows.1), cut)?;
        laws(Kind::Presence, &texts(&reference), &texts(&rows.0), &texts(&rows.1), cut)?;
    }

    #[test]
    fn hostile_bytes_are_refused_not_believed(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..400, flip in 1u8..) {
        prop_assert!(Profile::decode(&bytes).is_err());
        let reference = numbers(&(0..500).map(|i| Some(f64::from(i))).collect::<Vec<_>>());
        let baseline = baseline(Kind::Numeric, &reference);
        for encoded in [baseline.profile.encode(), baseline.grid.encode()] {
            let mut changed = encoded.clone();
            let at = at % changed.len();
            changed[at] ^= flip;
            // Any answer will do but a panic or an allocation beyond the input.
            let _ = (Profile::decode(&changed), Grid::decode(&changed));
            prop_assert!(Profile::decode(&encoded[..at]).is_err());
        }
    }

    #[test]
    fn moments_agree_with_two_passes(values in prop::collection::vec(-1e6..1e6f64, 2..400), shift in prop::sample::select(vec![0.0, 1e9, -1e12])) {
        let values: Vec<f64> = values.iter().map(|x| x + shift).collect();
        let rows: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let array = numbers(&rows);
        let baseline = baseline(Kind::Numeric, &array);
        let (Grid::Numeric(grid), Some(profile)) = (&baseline.grid, baseline.profile.numeric()) else { unreachable!() };
        let summary = profile.summary(grid);
        let n = values.len() as f64;
        let mean = values.iter().map(|x| (x - shift) / n).sum::<f64>() + shift;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        prop_assert!((summary.mean.unwrap() - mean).abs() <= 2e6 * 1e-11 + mean.abs() * 1e-15);
        prop_assert!((summary.variance.unwrap() - variance).abs() <= variance * 1e-9 + 1e-3, "{:?} {}", summary.variance, variance);
    }
}
