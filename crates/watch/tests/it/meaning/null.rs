//! Unchanged and merely drifted data: nothing may be recognised.

use proptest::prelude::*;
use watchkeeper_stats::random::Xoshiro256;
use watchkeeper_watch::meaning::{Column, recognise};

use crate::data::{LAWS, Sides, Values, draw, numbers};

/// Ordinary drifts: the data moved, or its spread or mix changed; its meaning did not.
fn drift(kind: u64, values: Vec<f64>, random: &mut Xoshiro256) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    let by = 4.0 * random.uniform() - 2.0;
    let stretch = 0.7 + random.uniform() * 0.75;
    let part = 0.05 + 0.6 * random.uniform();
    let mut keep = |x: f64| if random.uniform() < part { x } else { x + by * deviation };
    match kind {
        0 => values,
        1 => values.into_iter().map(|x| x + by * deviation).collect(),
        2 => values.into_iter().map(|x| mean + (x - mean) * stretch).collect(),
        3 => values.into_iter().map(|x| x * stretch).collect(),
        4 => values.into_iter().map(&mut keep).collect(),
        // Rows with large values become rarer or more frequent.
        _ => {
            let heavy: Vec<f64> = values.iter().copied().filter(|x| *x > mean).collect();
            values.into_iter().chain(heavy).collect()
        }
    }
}

#[test]
fn drifts_are_not_changes_of_meaning() {
    let mut random = Xoshiro256::new(2024);
    let (mut told, mut tried) = (Vec::new(), 0);
    for seed in 0..40 {
        for law in LAWS {
            let kind = random.below(6);
            let rows = [300, 1_000, 4_000][random.below(3) as usize];
            let reference = numbers(&draw(law, 5_000, &mut random));
            let current = draw(law, rows, &mut random);
            let current = numbers(&drift(kind, current, &mut random));
            let sides = Sides::new("amount", &reference, &current);
            tried += 1;
            for change in recognise(&[sides.column()]).changes {
                told.push(format!("{seed} {law} drift {kind}, {rows} rows: {}", change.sentence));
            }
        }
    }
    println!("{} of {tried} drifted or unchanged columns were told as changes of meaning: {told:#?}", told.len());
    assert!(told.len() * 100 <= tried, "{} of {tried}", told.len());
}

#[test]
fn categories_drift_come_and_go() {
    let mut random = Xoshiro256::new(77);
    let mut told = Vec::new();
    for seed in 0..200 {
        let k = 3 + random.below(30) as usize;
        let weights: Vec<f64> = (0..k).map(|_| -(1.0 - random.uniform()).ln()).collect();
        let mut side = |noise: f64, rows: f64, gone: usize, new: usize| {
            let total: f64 = weights.iter().sum();
            let mut counts: Vec<(Option<String>, u64)> = weights
                .iter()
                .enumerate()
                .skip(gone)
                .map(|(i, w)| (Some(format!("k{i}")), (w / total * rows * (noise * random.normal()).exp()) as u64))
                .collect();
            counts.extend((0..new).map(|i| (Some(format!("n{i}")), (rows * 0.04 * random.uniform()) as u64)));
            Values::Texts(counts)
        };
        let (gone, new) = ([0, 0, 1][seed % 3], [0, 1, 2][seed / 3 % 3]);
        let sides = Sides::new("kind", &side(0.0, 20_000.0, 0, 0), &side(0.25, 3_000.0, gone, new));
        told.extend(recognise(&[sides.column()]).changes.into_iter().map(|c| c.sentence));
    }
    println!("{} of 200 drifted categorical columns were told as changes of meaning: {told:#?}", told.len());
    assert!(told.len() <= 6, "{}", told.len());
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => (-50i32..50).prop_map(f64::from),
        2 => -1e3..1e3f64,
        1 => prop::num::f64::NORMAL,
        1 => prop::sample::select(vec![0.0, -0.0, 1e308, -1e308, 5e-324, 1.7e9, 1.7e12]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever the values: no panic, no number that is not one, the same answer again.
    #[test]
    fn any_values_give_sound_answers(
        columns in prop::collection::vec((prop::collection::vec(number(), 100..160), prop::collection::vec(number(), 100..160)), 1..4),
    ) {
        let sides: Vec<Sides> = columns.iter().map(|(r, c)| Sides::new("hour", &numbers(r), &numbers(c))).collect();
        let columns: Vec<Column<'_>> = sides.iter().map(Sides::column).collect();
        let found = recognise(&columns);
        for change in &found.changes {
            prop_assert!((0.0..=1.0 + 1e-9).contains(&change.before) && (0.0..=1.0 + 1e-9).contains(&change.after), "{change:?}");
            prop_assert!((0.0..=1.0).contains(&change.explained()));
            prop_assert!(!change.sentence.is_empty() && !change.mapping.is_empty());
        }
        prop_assert_eq!(recognise(&columns), found);
    }
}
